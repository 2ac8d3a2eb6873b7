"""What the JSON of each page holds, for the description of the interface (`/openapi.json`).

A shape is written short: a word names a type, `?` before it allows null, a list of one shape is an
array of it, a mapping an object with at least these fields. `at` is an instant or a mere day.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

Shape: TypeAlias = "str | list[Any] | Mapping[str, Any]"

WORDS: Mapping[str, dict[str, Any]] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "num": {"type": "number"},
    "bool": {"type": "boolean"},
    "at": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?Z)?$"},
    "object": {"type": "object"},
    "any": {},
    "Item": {"$ref": "#/components/schemas/Item"},
    "Error": {"$ref": "#/components/schemas/Error"},
}

ITEM: Mapping[str, Any] = {
    "id": "str", "entry_id": "?str", "source": "str", "platform": "str", "title": "str",
    "url": "str", "kind": "str", "key": "str", "sources": ["str"], "level": "?str",
    "published_at": "?at", "date_evidence": "str", "updated_at": "?at", "first_seen_at": "at",
    "last_changed_at": "at", "language": "str", "authors": ["str"], "state": "str",
    "licence": "str", "policy": "str",
}  # fmt: skip
ERROR: Mapping[str, Any] = {
    "error": {"code": "str", "message": "str", "where": "str", "remedy": "str"}
}

_SECTION = {"rows": ["object"], "recount": "str"}
_CRAWL = {
    "sources": "int", "active": "int", "fine": "int", "troubled": "int", "never": "int",
    "pending": "int", "last_run_at": "?at", "last_success_at": "?at",
}  # fmt: skip
_SOURCE = {
    "id": "str", "platform": "str", "kind": "str", "url": "?str", "health": "str", "state": "str",
    "reason": "?str", "message": "?str", "next_at": "?at", "last_run_at": "?at",
    "last_success_at": "?at", "pending": "int", "new_7_days": "int",
}  # fmt: skip
_PLATFORM = {"id": "str", "name": "str", "short_name": "str", "level": "str"}
_PROFILE = {
    **_PLATFORM, "url": "str", "operator": "any", "former": "any", "licence": "str",
    "access": "str", "items": "int", "newest_at": "?at", "crawl": _CRAWL,
}  # fmt: skip
_PAGE_OF_LINKS = {
    "from": {"id": "str", "name": "str"}, "to": {"id": "str", "name": "str"}, "total": "int",
    "links": [{"item": "Item", "target": "Item", "anchor": "str", "sentence": "str",
               "prose": "bool"}],
    "page": "int", "pages": "int",
}  # fmt: skip
_LEGAL = {"title": "str", "operator": "str", "contact": "str", "text": "?str"}
_FACET = {"value": "str", "label": "str", "count": "int", "selected": "bool", "toggle_url": "str"}
_RELATIONS = {
    "item": "Item", "excerpt": "str", "last_seen_at": "at", "links_out": ["object"],
    "links_in": [{"item": "Item", "kind": "str", "anchor": "str", "sentence": "str"}],
    "same": [{"item": "Item", "similarity": "num", "relation": "str", "differs": ["str"],
              "edition": "?object"}],
    "newer": "?object",
    "related": [{"item": "Item", "score": "num", "shown": "bool", "because": [
        {"kind": "str", "label": "str", "weight": "num"}]}],
    "references": [{"kind": "str", "key": "str", "text": "str", "start": "int", "end": "int",
                    "item": "?Item", "url": "?str"}],
    "topics": [{"topic": "str", "source": "str", "confidence": "num", "auto": "bool"}],
    "decided": ["object"], "linked": "bool", "versions": ["object"],
}  # fmt: skip

SHAPES: Mapping[str, Shape] = {
    "about.query_help": {"title": "str"},
    "about.impressum": _LEGAL,
    "about.datenschutz": _LEGAL,
    "about.barrierefreiheit": _LEGAL,
    "changes.changes": {
        "total": "int", "next": "?str",
        "changes": [{"item": "Item", "n": "int", "at": "at", "title_before": "str",
                     "what": ["str"]}],
    },
    "coverage.coverage": {
        "as_of": "at",
        "platforms": [{**_PLATFORM, "items": "int", "without_topic": "int"}],
        "topics": [{"topic": "str", "items": "int", "platforms": "int", "levels": "int"}],
        "cells": [{"topic": "str", "platform": "str", "items": "int",
                   "newest_published_at": "?at", "age_days": "?int", "blank": "?str"}],
        "level_cells": [{"topic": "str", "level": "str", "items": "int", "platforms": "int",
                         "newest_published_at": "?at", "age_days": "?int", "blank": "?str"}],
    },
    "glossary.glossary": {"entries": [{"term": "str", "names": ["str"], "url": "str"}]},
    "items.item": _RELATIONS,
    "items.lookup": {"item": "?Item"},
    "items.version": {"item": "Item", "version": "object", "next": "?object", "last": "int",
                      "diff": "?object", "passages": ["any"]},
    "items.why": "object",
    "moderation.precision": {"precision": "object"},
    "questions.questions": {
        "total": "int", "counts": "object", "next": "?str",
        "topics": [{"topic": "str", "count": "int"}],
        "questions": [{"item": "Item", "state": "str", "replies": "int"}],
    },
    "links.matrix": {
        "platforms": [_PLATFORM], "total": "int",
        "cells": [{"from_platform": "str", "to_platform": "str", "links": "int", "items": "int",
                   "url": "str"}],
        "levels": [{"from_level": "str", "to_level": "str", "links": "int", "url": "str"}],
    },
    "links.between": _PAGE_OF_LINKS,
    "links.between_levels": _PAGE_OF_LINKS,
    "links.reference": {
        "kind": "str", "key": "str", "url": "?str", "total": "int", "owners": ["Item"],
        "cited_by": [{"item": "Item", "text": "str", "sentence": "str"}],
        "keys": [{"key": "str", "total": "int"}], "wider": [{"key": "str", "keys": "int"}],
        "page": "int", "pages": "int",
    },
    "overview.start": {
        "since": "at", "seen_since": "?at", "new_total": "int",
        "new": [{"item": "Item", "same": ["Item"]}],
        "much_linked": [{"item": "Item", "links_in": "int"}], "crawl": _CRAWL,
        "platforms": "int", "items": "int", "as_of": "at",
        "topics": [{"topic": "str", "last_7_days": "int"}],
    },
    "overview.newest": {"total": "int", "items": ["Item"], "next": "?str"},
    "overview.platforms": {"platforms": [_PROFILE]},
    "overview.platform": {
        "platform": _PROFILE, "sources": [_SOURCE], "newest": ["Item"],
        "links_to": [{"platform": "str", "name": "?str", "level": "?str", "links": "int"}],
        "linked_from": [{"platform": "str", "name": "?str", "level": "?str", "links": "int"}],
        "topics": [{"topic": "str", "items": "int"}],
    },
    "overview.topics": {"topics": [{"topic": "str", "items": "int", "last_7_days": "int"}]},
    "overview.topic": {
        "topic": "str", "total": "int", "items": ["Item"], "next": "?str",
        "levels": [{"level": "str", "items": "int", "platforms": "int", "newest_at": "?at"}],
        "silent": [{"platform": "str", "name": "str", "level": "str"}],
        "platforms": [{"platform": "str", "name": "?str", "level": "?str", "items": "int",
                       "newest_at": "?at"}],
    },
    "reports.report": {
        "title": "str", "as_of": "at", "since": "at", "parameters": "object",
        "platforms": [_PLATFORM],
        **dict.fromkeys(
            ("summary", "matrix", "levels", "coverage", "freshness", "dates", "texts",
             "internal_links", "sources", "runs", "suspect", "same", "related"), _SECTION),
    },
    "search.search": {
        "query": "str", "total": "int", "total_is_exact": "bool", "took_ms": "num",
        "hits": ["Item"],
        "facets": {name: [_FACET] for name in ("platform", "level", "kind", "topic", "year")},
        "suggestion": "?object", "next": "?str", "prev": "?str",
    },
    "sources.sources": {"summary": _CRAWL, "sources": [_SOURCE]},
    "sources.source": {"source": _SOURCE, "definition": "object", "runs": ["object"],
                       "snapshots": ["object"], "accepted": ["object"]},
    "sources.how_we_crawl": {"days": "int", "hosts": ["object"]},
    "about.health": {"status": "str", "items": "int", "queue": "int", "now": "at"},
}  # fmt: skip


def schema(shape: Any) -> dict[str, Any]:
    """Write a shape as JSON Schema (draft 2020-12, as OpenAPI 3.1 has it)."""
    if isinstance(shape, str):
        word = WORDS[shape.removeprefix("?")]
        return {"anyOf": [word, {"type": "null"}]} if shape.startswith("?") else dict(word)
    if isinstance(shape, Mapping):
        return {
            "type": "object", "required": list(shape),
            "properties": {name: schema(inner) for name, inner in shape.items()},
        }  # fmt: skip
    return {"type": "array", "items": schema(shape[0])}
