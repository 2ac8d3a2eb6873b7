"""Search: from the parameters of a query to one page of hits with facets.

`matching` finds and filters, `ranking` puts in order, `facets` counts; here the page is cut out and
only its hits get snippets. Hits with all words come first, then, where these are few, those with
any.
"""

import json
import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from aggregator import query as queries
from aggregator.store import epochs, matching
from aggregator.store.derived import reading, snapshot
from aggregator.store.expression import Translation, Translator
from aggregator.store.facets import Facet, Facets
from aggregator.store.matching import Found, Match, Matcher
from aggregator.store.passages import best_page
from aggregator.store.ranking import by_relevance
from aggregator.store.reads import items_by_pk
from aggregator.store.search_query import LAST_PAGE, SearchQuery
from aggregator.store.snippets import snippet
from aggregator.store.suggest import Spelling
from aggregator.text.analysis import Analyser


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """One page of hits; everything that a page or a program needs of it."""

    query: SearchQuery
    total: int
    total_is_exact: bool
    took_ms: float
    hits: tuple[dict[str, Any], ...]
    facets: Mapping[str, tuple[Facet, ...]]
    partial: bool  # hits with only some of the words are among them
    correction: str | None  # the query with mistyped words corrected
    cursor: str | None  # of the next page, when sorted by date

    def document(self, base: str) -> dict[str, Any]:
        """Return the document of the contract; `base` is the path of the search page."""
        query = self.query
        return {
            "query": query.text,
            "total": self.total,
            "total_is_exact": self.total_is_exact,
            "took_ms": self.took_ms,
            "hits": list(self.hits),
            "facets": {
                name: [
                    {"value": value, "label": label, "count": count, "selected": selected,
                     "toggle_url": toggle(value)}
                    for value, label, count, selected in rows
                ]
                for name, rows in self.facets.items()
                for toggle in (query.toggles(base, name),)
            },
            "suggestion": {
                "query": self.correction,
                "url": query.url(base, text=self.correction, page=1, cursor=None),
            } if self.correction else None,
            "next": self._next(base),
            "prev": query.url(base, page=query.page - 1) if query.page > 1 else None,
        }  # fmt: skip

    def _next(self, base: str) -> str | None:
        query = self.query
        if query.sort == "date":
            return query.url(base, cursor=self.cursor) if self.cursor else None
        more = query.page * query.limit < self.total and query.page < LAST_PAGE
        return query.url(base, page=query.page + 1) if more else None


def search(db: sqlite3.Connection, analyser: Analyser, query: SearchQuery) -> SearchPage:
    """Search the live generation.

    Raises:
        QueryError: The query cannot be read.
    """
    begin = time.perf_counter()
    asked = queries.parse(query.text)
    narrowed = query.with_fields(asked.fields)
    with snapshot(db):
        page = _Search(db, analyser, query, narrowed).run(asked)
    return replace(page, took_ms=round((time.perf_counter() - begin) * 1000, 1))


class _Search:
    """One search, under way."""

    def __init__(
        self, db: sqlite3.Connection, analyser: Analyser, typed: SearchQuery, query: SearchQuery
    ) -> None:
        self._db = db
        self._generation = reading(db)
        self._analyser = analyser
        self._typed = typed  # as in the address
        self._query = query  # with the fields that the text names
        epoch = epochs.current(db)
        self._spelling = Spelling(self._generation, epoch.n if epoch else 0)
        self._platforms = {
            row["id"]: (str(row["name"]), str(row["level"]))
            for row in db.execute("SELECT id, name, level FROM platform")
        }
        levels = {name: level for name, (_, level) in self._platforms.items()}
        self._matcher = Matcher(self._generation, query, levels)
        self._copies: dict[int, list[int]] = {}
        self._scores: dict[int, float] = {}
        self._dates: dict[int, tuple[str, str]] = {}  # row -> instant and id, when sorted by date

    def run(self, asked: queries.Asked) -> SearchPage:
        """Find, count and cut out the page."""
        said = Translator(self._analyser, self._spelling.complete, self._spelling.known)
        translation = said.translate(asked.node) if asked.node else None
        nothing = bool(self._typed.text.strip()) and translation is None and not asked.fields
        found = Found([], 0, "", capped=False) if nothing else self._matcher.find(translation)
        self._read_copies(found.matches)
        facets = Facets(self._matcher, self._query, self._platforms, self._copies)
        counted = facets.count(found.matches)
        kept, capped = found, found.capped
        if capped and self._matcher.is_narrowed():
            kept = self._again(translation)
            capped = kept.capped
        hits = self._hits_of(kept, translation)
        total = len(hits)
        if capped and self._query.cursor:
            hits = self._hits_of(self._again(translation, self._query.cursor[:10]), translation)
        shown, more = self._page(hits)
        partial = kept.partial()
        return SearchPage(
            query=self._typed, total=total, total_is_exact=not capped, took_ms=0,
            hits=tuple(self._told(shown, translation)), facets=counted,
            partial=any(match.item in partial for match in shown),
            correction=self._correction(translation),
            cursor="~".join(self._dates[shown[-1].row]) if more else None,
        )  # fmt: skip

    def _again(self, translation: Translation | None, until: str | None = None) -> Found:
        """Find again with all filters in the statement: more match than can be looked at."""
        found = self._matcher.find(translation, narrow=True, until=until)
        self._read_copies(found.matches)
        return replace(found, common=True)

    def _hits_of(self, found: Found, translation: Translation | None) -> list[Match]:
        """Return the matches that pass all filters, in the order asked for, bundled."""
        kept, sort = self._matcher.kept(found.matches), self._query.sort
        if sort == "linked":
            ordered = matching.by_links(self._generation, kept)
        elif sort == "seen":
            ordered = matching.by_first_seen(self._db, self._generation, kept)
        elif sort == "date" or translation is None:
            dated = matching.by_date(self._generation, kept)
            self._dates = {match.row: (instant, name) for match, instant, name in dated}
            ordered = [match for match, _, _ in dated]
        else:
            ordered, self._scores = by_relevance(self._generation, found, kept, translation)
        return self._bundled(ordered)

    def _read_copies(self, matches: Sequence[Match]) -> None:
        """Read which matches have the same content, when they are to be one hit."""
        if self._query.bundle:
            pks = [match.item for match in matches]
            self._copies = matching.copies_of(self._generation, pks)

    def _bundled(self, ordered: list[Match]) -> list[Match]:
        """Leave out what has the same content as a hit before it."""
        if not self._copies:
            return ordered
        left_out: set[int] = set()
        kept = []
        for match in ordered:
            if match.item not in left_out:
                kept.append(match)
                left_out.update(self._copies.get(match.item, ()))
        return kept

    # --- the page ------------------------------------------------------------------------------

    def _page(self, hits: Sequence[Match]) -> tuple[Sequence[Match], bool]:
        """Return the hits of the page, and whether a cursor leads to more."""
        query = self._query
        start = (query.page - 1) * query.limit
        if query.cursor is not None and query.sort == "date":
            at, _, item_id = query.cursor.partition("~")
            keys = (self._dates[match.row] for match in hits)
            start = sum((_late(instant), name) <= (_late(at), item_id) for instant, name in keys)
        shown = hits[start : start + query.limit]
        return shown, query.sort == "date" and start + len(shown) < len(hits)

    def _told(
        self, shown: Sequence[Match], translation: Translation | None
    ) -> Iterable[dict[str, Any]]:
        """Return the shown matches as items with snippets and counts."""
        pks = [match.item for match in shown]
        items = items_by_pk(self._db, pks)
        links = matching.links_in(self._generation, pks)
        same = dict(self._generation.run(
            "SELECT item, count(*) FROM same_@ WHERE item IN (SELECT value FROM json_each(?))"
            " GROUP BY item", (json.dumps(pks),),
        ).fetchall())  # fmt: skip
        texts = {row["pk"]: row for row in self._db.execute(
            "SELECT pk, text, excerpt, iif(instr(substr(parts, 1, 40), '\"page\"'), parts, '')"
            " AS pages FROM item WHERE pk IN (SELECT value FROM json_each(?))",
            (json.dumps(pks),),
        )}  # fmt: skip
        stems = translation.stems if translation else frozenset()
        for match in shown:
            if match.item not in items:
                continue
            row = texts[match.item]
            passage = best_page(row["pages"], stems, self._analyser)
            text = passage.text if passage else row["text"] or row["excerpt"]
            piece, marks = snippet(text, stems, self._analyser)
            yield {
                **items[match.item], "snippet": piece, "marks": [list(mark) for mark in marks],
                "score": round(self._scores.get(match.item, 0.0), 4),
                "same_count": same.get(match.item, 0),
                "links_in": links.get(match.item, 0),
                "passage": passage and {
                    "page": passage.page, "url": passage.address(items[match.item]["url"])
                },
            }  # fmt: skip

    def _correction(self, translation: Translation | None) -> str | None:
        """Return the query with mistyped words corrected, None when there is nothing to correct."""
        if translation is None:
            return None
        text = self._typed.text
        for word, better in self._spelling.correct(translation.words).items():
            text = text.replace(word, better)
        return text if text != self._typed.text else None


def _late(sort_at: str) -> str:
    """Return a key that sorts later instants first."""
    return sort_at.translate(_BACKWARDS)


_BACKWARDS = str.maketrans("0123456789", "9876543210")
