"""Answers in JSON from interfaces that promise nothing: what is not as expected is absent."""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from aggregator import dates
from aggregator.errors import ParseError
from aggregator.model import Code, Evidence, Page, Source, When
from aggregator.text.charset import decode
from aggregator.urls import resolve

# How Discourse and WordPress say that one must be known to read.
_NEXT_LINK = re.compile(r"<([^<>]+)>\s*(?:;\s*[\w-]+=[^;,]+)*?;\s*rel=\"?next\b")
_STRANGERS = frozenset({"not_logged_in", "rest_not_logged_in", "rest_login_required"})


def load(page: Page) -> Mapping[str, Any]:
    """Return the object that a body holds.

    Raises:
        ParseError: No JSON, or no object; LOGIN when the interface asks for a log-in.
    """
    document = load_any(page)
    if not isinstance(document, dict):
        raise ParseError("Die Antwort ist kein JSON-Objekt", where=page.final_url)
    return document


def load_any(page: Page) -> dict[str, Any] | list[Any]:
    """Return the object or list that a body holds.

    Raises:
        ParseError: No JSON, or a mere value; LOGIN when the interface asks for a log-in.
    """
    try:
        document = json.loads(decode(page.body, page.charset, "application/json"))
    except (ValueError, RecursionError) as error:
        raise ParseError("Die Antwort ist kein lesbares JSON", where=page.final_url) from error
    if not isinstance(document, dict | list):
        raise ParseError("Die Antwort ist kein JSON-Objekt", where=page.final_url)
    if isinstance(document, dict) and _STRANGERS & {
        text_of(document.get("error_type")), text_of(document.get("code"))
    }:  # fmt: skip
        raise ParseError("Die Schnittstelle verlangt eine Anmeldung", code=Code.LOGIN,
                         where=page.final_url)  # fmt: skip
    return document


def is_json(body: bytes) -> bool:
    """Whether a body begins like a JSON object or list."""
    return body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")


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


def date_of(value: object, source: Source, page: Page) -> str | None:
    """Return a date of the source, None when it is none or absurd."""
    text = text_of(value)
    return dates.parse(text, zone=source.timezone, now=page.now) if text else None


def when_of(value: object, source: Source, page: Page) -> When | None:
    """Return a date of publication as an interface states it."""
    at = date_of(value, source, page)
    return When(at=at, evidence=Evidence.STRUCTURED) if at else None


def with_params(url: str, **params: str | int | None) -> str:
    """Return an address with parameters set, or removed by None; the others keep their order."""
    path, _, query = url.partition("#")[0].partition("?")
    told = dict(parse_qsl(query, keep_blank_values=True))
    for name, value in params.items():
        told.pop(name, None)
        if value is not None:
            told[name] = str(value)
    return f"{path}?{urlencode(told, safe='/,|:')}" if told else path


def linked_next(page: Page) -> str | None:
    """Return the next page as the `Link` header names it (RFC 8288)."""
    found = _NEXT_LINK.search(page.headers.get("link", ""))
    url = resolve(page.final_url, found[1]) if found else None
    return None if url in (page.url, page.final_url) else url
