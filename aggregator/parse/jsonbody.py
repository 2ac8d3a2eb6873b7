"""Answers in JSON from interfaces that promise nothing: what is not as expected is absent."""

import json
from collections.abc import Mapping
from typing import Any

from aggregator.errors import ParseError
from aggregator.model import Code, Page
from aggregator.text.charset import decode


def load(page: Page) -> Mapping[str, Any]:
    """Return the object that a body holds.

    Raises:
        ParseError: No JSON, or no object; LOGIN when the interface asks for a log-in.
    """
    try:
        document = json.loads(decode(page.body, page.charset, "application/json"))
    except (ValueError, RecursionError) as error:
        raise ParseError("Die Antwort ist kein lesbares JSON", code=Code.DECODE_FAILED,
                         where=page.final_url) from error  # fmt: skip
    if not isinstance(document, dict):
        raise ParseError("Die Antwort ist kein JSON-Objekt", where=page.final_url)
    if document.get("error_type") == "not_logged_in":
        raise ParseError("Die Schnittstelle verlangt eine Anmeldung", code=Code.LOGIN,
                         where=page.final_url)  # fmt: skip
    return document


def mapping(value: object) -> Mapping[str, Any]:
    """Return an object, an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def listed(value: object) -> list[Any]:
    """Return a list, an empty one for anything else."""
    return value if isinstance(value, list) else []


def text_of(value: object) -> str | None:
    """Return text without blanks around it and without lone surrogates; numbers become text."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).encode("utf-8", "replace").decode("utf-8").strip()
    return text or None
