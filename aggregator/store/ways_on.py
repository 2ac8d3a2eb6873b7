"""Where a search leads on: searches beside it, and what to do when it finds nothing."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from aggregator import query as queries
from aggregator import query_forms
from aggregator.store.filters import Settled
from aggregator.store.reads_beside import shared_references
from aggregator.store.search import SearchPage, search
from aggregator.store.search_query import LISTS, SearchQuery
from aggregator.text.analysis import Analyser

NARROWING = ("level", "kind", "platform", "topic", "source", "ref", "since", "until")
RELATED = 3  # related searches of each kind

Label: TypeAlias = Callable[[str, str], str]  # name and value of a filter -> what people call it


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A search that has hits where the one that was asked has none.

    `left_out` are the filters that it does without; () for a query that asks for less.
    """

    query: SearchQuery
    total: int
    total_is_exact: bool
    left_out: tuple[str, ...] = ()


def ways_on(db: sqlite3.Connection, analyser: Analyser, query: SearchQuery) -> list[Way]:
    """Return searches near a settled one that have hits, those with the most first.

    First come those without one of the filters; only where each of them alone changes nothing, the
    one without any. Then comes the nearest looser query under the same filters, if it has hits; it
    comes without any filter where nothing else helps.
    """
    held = [name for name in NARROWING if getattr(query, name)]
    ways = list(_found(db, analyser, ((_without(query, name), (name,)) for name in held)))
    if not ways and len(held) > 1:
        ways = list(_found(db, analyser, [(_without(query, *held), tuple(held))]))
    ways.sort(key=lambda way: -way.total)
    free = _without(query, *held)
    loose = list(_found(db, analyser, _loosened(query)))[:1]
    if not ways and not loose and held:
        loose = list(_found(db, analyser, _loosened(free, tuple(held))))[:1]
    return ways + loose


def _loosened(
    query: SearchQuery, left_out: tuple[str, ...] = ()
) -> Iterator[tuple[SearchQuery, tuple[str, ...]]]:
    """Yield what asks for less, nearest first."""
    node = queries.parse(query.text).node
    if node is not None:
        for form in query_forms.looser(node):
            yield replace(query, text=query_forms.written(form)), left_out


def _without(query: SearchQuery, *names: str) -> SearchQuery:
    dropped: dict[str, Any] = {name: () if name in LISTS else None for name in names}
    return replace(query, **dropped, page=1, cursor=None)


def _found(
    db: sqlite3.Connection,
    analyser: Analyser,
    asked: Iterable[tuple[SearchQuery, tuple[str, ...]]],
) -> Iterator[Way]:
    """Yield the searches that have hits."""
    for query, left_out in asked:
        found = search(db, analyser, replace(query, limit=1, page=1, cursor=None))
        if found.total:
            yield Way(
                query=query, total=found.total, total_is_exact=found.total_is_exact,
                left_out=left_out,
            )  # fmt: skip


def document(
    db: sqlite3.Connection,
    analyser: Analyser,
    found: SearchPage,
    asked: Settled,
    base: str,
    label: Label,
) -> dict[str, Any]:
    """Return the contract's document of a search, and where it leads on.

    Args:
        db: The database.
        analyser: Of the live epoch.
        found: The page of hits.
        asked: The search in its one form.
        base: Path of the search page, for addresses.
        label: Names what filters hold.
    """
    ways = [] if found.total else ways_on(db, analyser, asked.query)
    return found.document(base) | {
        "unknown_fields": list(asked.unknown_fields),
        "related_searches": _related(db, found, base, label),
        "ways_on": [_told(asked.query, way, base, label) for way in ways],
    }


def values_of(query: SearchQuery, name: str) -> tuple[str, ...]:
    """Return the values of a filter; a day is one."""
    held = getattr(query, name)
    return held if name in LISTS else (held,) if held else ()


def _told(query: SearchQuery, way: Way, base: str, label: Label) -> dict[str, Any]:
    """Return a way on, with a label that says what it leaves out or what it asks."""
    same = way.query.text == query.text
    left_out = [label(name, value) for name in way.left_out for value in values_of(query, name)]
    return {
        "kind": "filter" if same else "both" if left_out else "query",
        "label": ", ".join(left_out) if same else way.query.text,
        "total": way.total,
        "total_is_exact": way.total_is_exact,
        "url": way.query.url(base),
    }


def _related(
    db: sqlite3.Connection, found: SearchPage, base: str, label: Label
) -> list[dict[str, Any]]:
    """Return searches beside one: topics and references that its hits share."""
    query = found.query
    if not query.text.strip():
        return []
    told = [
        {"kind": "topic", "label": label("topic", value),
         "url": SearchQuery(topic=(value,)).url(base)}
        for value, _, count, selected in found.facets["topic"]
        if count > 1 and not selected
    ][:RELATED]  # fmt: skip
    for _, key, text in shared_references(db, [hit["id"] for hit in found.hits], RELATED):
        if key not in query.ref and text not in query.text:
            told.append(
                {"kind": "reference", "label": text, "url": SearchQuery(ref=(key,)).url(base)}
            )
    return told
