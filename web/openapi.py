"""The description of the interface (OpenAPI 3.1), made of the table of routes: it cannot be behind.

Pages of people alone are left out; what is described is every address that answers with data, and
every one that takes a form, with who may use it.
"""

import re
from collections.abc import Iterable
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from aggregator import __version__
from aggregator.model import Evidence, ItemKind, ItemState, Level, Policy
from web.access import Need, need_of
from web.shapes import ERROR, ITEM, SHAPES, schema

MEDIA = {
    "json": "application/json", "csv": "text/csv", "atom": "application/atom+xml",
    "jsonfeed": "application/feed+json",
}  # fmt: skip
JSON_OF_ITS_OWN = {"suggest.suggest": "application/x-suggestions+json"}
TEXTS = {400: "the request cannot be read", 401: "sign in first", 403: "not allowed",
         404: "there is none of this name", 503: "the index cannot be read right now"}  # fmt: skip
_STRINGS = {"type": "array", "items": {"type": "string", "maxLength": 200}}
_DAY = {"type": "string", "format": "date"}


def _one_of(values: Iterable[object]) -> dict[str, Any]:
    return {"type": "array", "items": {"type": "string", "enum": [str(v) for v in values]}}


_LIMIT = {"limit": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}}
_PAGED = {**_LIMIT, "page": {"type": "integer", "minimum": 1, "maximum": 50, "default": 1}}
_FILTERS: dict[str, Any] = {
    "platform": _STRINGS, "source": _STRINGS, "level": _one_of(Level), "kind": _one_of(ItemKind),
    "topic": _STRINGS, "since": _DAY, "until": _DAY,
}  # fmt: skip
_LISTED = {
    **_LIMIT, **_FILTERS, "cursor": {"type": "string"}, "dated": {"enum": ["0", "1"]},
    "state": _one_of(state for state in ItemState if state is not ItemState.HIDDEN),
    "evidence": _one_of(Evidence), "policy": _one_of(Policy), "seen_since": {"type": "string"},
}  # fmt: skip
PARAMETERS: dict[str, dict[str, Any]] = {
    "overview.start": {"since": _DAY},
    "overview.newest": _LISTED,
    "overview.topic": {**_LIMIT, "cursor": {"type": "string"}},
    "changes.changes": {
        **_LIMIT, **{n: _FILTERS[n] for n in ("platform", "level", "kind", "since")},
        "cursor": {"type": "string"},
    },
    "coverage.coverage": {"by": {"enum": ["platform", "level"]}, "view": {"enum": ["items", "age"]},
                          "level": _one_of(Level)},
    "links.matrix": {"by": {"enum": ["platform", "level"]}},
    "links.between": _PAGED,
    "links.between_levels": _PAGED,
    "links.reference": _PAGED,
    "reports.report": {"since": _DAY},
    "items.lookup": {"url": {"type": "string"}},
    "search.search": {
        **_PAGED, **_FILTERS, "q": {"type": "string"}, "ref": _STRINGS,
        "sort": {"enum": ["relevance", "date", "linked", "seen"]}, "bundle": {"enum": ["0", "1"]},
        "cursor": {"type": "string"},
    },
}  # fmt: skip


def description(app: Flask, *, server: str, title: str) -> dict[str, Any]:
    """Return the document.

    Args:
        app: With all its routes.
        server: Where the application lies, such as `/` or `/querverweis`.
        title: Of this index.
    """
    paths: dict[str, dict[str, Any]] = {}
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            if (told := _operation(app, rule, method)) is not None:
                paths.setdefault(_path(rule), {})[method.lower()] = told
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": __version__, "license": {"name": "EUPL-1.2",
                 "identifier": "EUPL-1.2"}},
        "servers": [{"url": server}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": {"Item": schema(ITEM), "Error": schema(ERROR)},
            "securitySchemes": {"session": {"type": "apiKey", "in": "cookie",
                                            "name": "qv-session"}},
        },
    }  # fmt: skip


def _path(rule: Rule) -> str:
    """Write a rule as OpenAPI does: `<int:n>` becomes `{n}`."""
    return re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule)


def _operation(app: Flask, rule: Rule, method: str) -> dict[str, Any] | None:
    """Return what one method of a rule does; None for what is made for people alone."""
    form = (rule.defaults or {}).get("form", "html")
    need = need_of(app, rule.endpoint)
    if need is None or rule.endpoint == "static" or (method == "GET" and form not in MEDIA):
        return None
    base = rule.endpoint.removesuffix(f"_{form}")
    view = app.view_functions[rule.endpoint]
    told: dict[str, Any] = {
        "operationId": f"{method.lower()}_{rule.endpoint.replace('.', '_')}",
        "summary": (view.__doc__ or rule.endpoint).strip().splitlines()[0],
        "parameters": _parameters(rule, base if method == "GET" else ""),
        "responses": _answers(base, form) if method == "GET" else _outcomes(),
    }
    if need > Need.READING:
        told["security"] = [{"session": []}]
    if method == "POST":
        told["requestBody"] = _FORM
    return told


_FORM = {
    "required": True,
    "content": {"application/x-www-form-urlencoded": {"schema": {
        "type": "object", "required": ["csrf"], "properties": {"csrf": {"type": "string"}},
        "additionalProperties": {"type": "string"},
    }}},
}  # fmt: skip


def _parameters(rule: Rule, base: str) -> list[dict[str, Any]]:
    """Return the parts of a path and, of what answers with data, the parameters of its query."""
    told = [
        {"name": name, "in": "path", "required": True,
         "schema": {"type": "integer", "minimum": 0} if f"<int:{name}>" in rule.rule
         else {"type": "string", "minLength": 1}}
        for name in sorted(rule.arguments - {"form"})
    ]  # fmt: skip
    return told + [
        {"name": name, "in": "query", "required": False, "schema": found}
        for name, found in PARAMETERS.get(base, {}).items()
    ]


def _answers(base: str, form: str) -> dict[str, Any]:
    """Return how an address with data may answer."""
    media = JSON_OF_ITS_OWN.get(base, MEDIA[form]) if form == "json" else MEDIA[form]
    inner = schema(SHAPES[base]) if form == "json" and base in SHAPES else {}
    fine = {"description": "the data", "content": {media: {"schema": inner}}}
    found = {"description": "what was asked for has this address now"}
    return {"200": fine, "301": found, "304": {"description": "as you have it"}, **_faults()}


def _outcomes() -> dict[str, Any]:
    """Return how an address that takes a form may answer: a page for people in any case."""
    pages = {
        "200": "the form was taken", "303": "taken; the page to go on with",
        "400": TEXTS[400], "401": "name and password do not fit", "403": TEXTS[403],
        "404": TEXTS[404], "409": "not possible right now", "413": "too large",
        "422": "not accepted, with the reason", "429": "too many attempts", "503": TEXTS[503],
    }  # fmt: skip
    return {status: {"description": text} for status, text in pages.items()}


def _faults() -> dict[str, Any]:
    return {
        str(status): {
            "description": text,
            "content": {MEDIA["json"]: {"schema": {"$ref": "#/components/schemas/Error"}}},
        }
        for status, text in TEXTS.items()
    }
