"""Search: from the parameters of a query to one page of hits with facets.

At most the newest 10,000 matches are ranked and counted, so that a word that stands everywhere
costs no more than others; beyond that the total says that it is a lower bound. Hits are ranked by
bm25 over normalised columns: those with all words first, then, where these are few, those with any.
"""

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from operator import attrgetter
from typing import Any, NamedTuple, TypeAlias

from aggregator import query as queries
from aggregator.store import epochs
from aggregator.store.derived import first_row, last_row, reading, snapshot
from aggregator.store.expression import Translation, Translator
from aggregator.store.passages import best_page
from aggregator.store.reads import items_by_pk
from aggregator.store.reads_beside import first_seen
from aggregator.store.search_query import LAST_PAGE, SearchQuery
from aggregator.store.snippets import snippet
from aggregator.store.suggest import Spelling
from aggregator.text.analysis import Analyser
from aggregator.text.asked import keys_asked

RANKED = 10_000  # newest matches that are ranked and counted
FEW = 10  # hits with all words below which those with any are added
FACETS = ("platform", "level", "kind", "topic", "year")
YEARS_SHOWN = 15

_MATCHING = """
    SELECT e.item, e.id, e.platform, e.source, e.kind, e.sort_at, e.topics,
        bm25(search_@, 3.0, 1.0, 1.0, 2.0) AS score
    FROM search_@ CROSS JOIN entry_@ e ON e.row = search_@.rowid
    WHERE search_@ MATCH :match AND search_@.rowid BETWEEN :low AND :high"""
_ALL = """
    SELECT e.item, e.id, e.platform, e.source, e.kind, e.sort_at, e.topics, 0.0
    FROM entry_@ e WHERE e.row BETWEEN :low AND :high"""
_SOURCE = """
    AND (e.source IN (SELECT value FROM json_each(:source)) OR EXISTS (SELECT 1 FROM observation o
        WHERE o.item = e.item AND o.source IN (SELECT value FROM json_each(:source))))"""
_REF = """
    AND e.item IN (SELECT item FROM reference_@ WHERE key IN (SELECT value FROM json_each(:ref))
        UNION SELECT item FROM identifier_@ WHERE key IN (SELECT value FROM json_each(:ref)))"""
_NARROW = """
    AND (:platforms = '[]' OR e.platform IN (SELECT value FROM json_each(:platforms)))
    AND (:kinds = '[]' OR e.kind IN (SELECT value FROM json_each(:kinds)))
    AND (:topics = '[]' OR EXISTS (SELECT 1 FROM topic_@ t WHERE t.item = e.item AND t.auto = 1
        AND t.topic IN (SELECT value FROM json_each(:topics))))"""
_NEWEST = " ORDER BY {} DESC LIMIT :most"


Facet: TypeAlias = tuple[str, str, int, bool]  # value, label, count, selected


class Match(NamedTuple):
    """One match, with what it is filtered, counted and ordered by."""

    item: int
    id: str
    platform: str
    source: str
    kind: str
    sort_at: str
    topics: str
    score: float  # lower is better
    partial: bool  # has only some of the words


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
                     "toggle_url": query.toggled(base, name, value)}
                    for value, label, count, selected in rows
                ]
                for name, rows in self.facets.items()
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
            row["id"]: row for row in db.execute("SELECT id, name, level FROM platform")
        }
        self._capped = False
        self._copies: dict[int, list[int]] = {}
        self._last_day = query.instants()[1][:10]

    @property
    def _cursor_day(self) -> str:
        """The day at which the cursor stands, "" without one."""
        return (self._query.cursor or "")[:10]

    def run(self, asked: queries.Asked) -> SearchPage:
        """Find, count and cut out the page."""
        said = Translator(self._analyser, self._spelling.complete)
        translation = said.translate(asked.node) if asked.node else None
        nothing = bool(self._typed.text.strip()) and translation is None and not asked.fields
        found = [] if nothing else self._ordered(self._found(translation, narrow=False))
        hits = self._bundled(self._kept(found))
        if self._capped and self._is_narrowed():
            hits = self._narrowed(translation)
        total = len(hits)
        if self._capped and self._cursor_day:
            self._last_day = self._cursor_day
            hits = self._narrowed(translation)
        shown, more = self._page(hits)
        return SearchPage(
            query=self._typed, total=total, total_is_exact=not self._capped, took_ms=0,
            hits=tuple(self._hits(shown, translation)),
            facets=self._facets(found), partial=any(match.partial for match in shown),
            correction=self._correction(translation),
            cursor=f"{shown[-1].sort_at}~{shown[-1].id}" if more else None,
        )  # fmt: skip

    def _narrowed(self, translation: Translation | None) -> list[Match]:
        """Find again with all filters in the statement: more match than can be looked at."""
        return self._bundled(self._ordered(self._found(translation, narrow=True)))

    # --- finding -------------------------------------------------------------------------------

    def _found(self, translation: Translation | None, *, narrow: bool) -> list[Match]:
        """Return the matches, those with all words before those with only some."""
        if translation is None:
            return self._rows(_ALL, "", narrow=narrow, order="e.row")
        found = self._rows(_MATCHING, translation.strict, narrow=narrow)
        if len(found) < FEW and translation.relaxed != translation.strict:
            known = {match.item for match in found}
            more = self._rows(_MATCHING, translation.relaxed, narrow=narrow)
            found += [m._replace(partial=True) for m in more if m.item not in known]
        return found

    def _rows(
        self, sql: str, match: str, *, narrow: bool, order: str = "search_@.rowid"
    ) -> list[Match]:
        """Return the newest matches of an expression."""
        low, high = self._query.instants()
        values = {
            "match": match, "most": RANKED + 1,
            "low": first_row(low[:10]) if low else 0,
            "high": last_row(self._last_day) if self._last_day != "~" else 1 << 62,
            "source": json.dumps(self._query.source),
            "ref": json.dumps(self._references()),
        }  # fmt: skip
        sql += _SOURCE if self._query.source else ""
        sql += _REF if self._query.ref else ""
        if narrow:
            sql += _NARROW
            values |= {
                "platforms": json.dumps(self._wanted_platforms()),
                "kinds": json.dumps(self._query.kind), "topics": json.dumps(self._query.topic),
            }  # fmt: skip
        rows = self._generation.run(sql + _NEWEST.format(order), values).fetchall()
        self._capped = self._capped or len(rows) > RANKED
        return [Match._make((*row, False)) for row in rows[:RANKED] if low <= row["sort_at"] < high]

    def _references(self) -> list[str]:
        """Return the keys that the field `ref` names, given as a key or as written."""
        return [key for told in self._query.ref for key in keys_asked(told)]

    def _wanted_platforms(self) -> list[str]:
        """Return the platforms that the fields platform and level allow; [] for all."""
        query = self._query
        if not query.platform and not query.level:
            return []
        wanted = [
            name for name, row in self._platforms.items()
            if (not query.platform or name in query.platform)
            and (not query.level or row["level"] in query.level)
        ]  # fmt: skip
        return wanted or ["-"]

    # --- filtering, counting, ordering -----------------------------------------------------------

    def _is_narrowed(self) -> bool:
        query = self._query
        return bool(query.platform or query.level or query.kind or query.topic)

    def _kept(self, found: list[Match], *, besides: str = "") -> list[Match]:
        """Return the matches that pass all filters, or all but one."""
        query = self._query
        tests: dict[str, Callable[[Match], bool]] = {}
        if query.platform:
            tests["platform"] = lambda m: m.platform in query.platform
        if query.level:
            tests["level"] = lambda m: self._level(m) in query.level
        if query.kind:
            tests["kind"] = lambda m: m.kind in query.kind
        if query.topic:
            tests["topic"] = lambda m: any(f" {topic} " in m.topics for topic in query.topic)
        for name, test in tests.items():
            if name != besides:
                found = list(filter(test, found))
        return found

    def _level(self, match: Match) -> str:
        row = self._platforms.get(match.platform)
        return str(row["level"]) if row else ""

    def _facets(self, found: list[Match]) -> dict[str, tuple[Facet, ...]]:
        """Count the values of each facet among what all other filters let through."""
        return {name: self._facet(name, self._kept(found, besides=name)) for name in FACETS}

    def _facet(self, name: str, matches: list[Match]) -> tuple[Facet, ...]:
        """Count the values of one facet: how many hits there would be with each of them alone."""
        values = self._values(name)
        counts = Counter(chain.from_iterable(map(values, matches)))
        counts.subtract(self._left_out(matches, values))
        held = (self._query.year,) if name == "year" else getattr(self._query, name)
        selected = {value for value in held if value}
        counts.update(dict.fromkeys(selected - counts.keys(), 0))
        rows = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
        if name == "year":
            rows = sorted(counts.items(), reverse=True)[:YEARS_SHOWN]
        return tuple(
            (value, self._label(name, value), count, value in selected)
            for value, count in rows if value
        )  # fmt: skip

    def _values(self, name: str) -> Callable[[Match], Iterable[str]]:
        """Return what reads the values of a facet from a match."""
        readers: dict[str, Callable[[Match], Iterable[str]]] = {
            "platform": lambda m: (m.platform,),
            "level": lambda m: (self._level(m),),
            "kind": lambda m: (m.kind,),
            "topic": lambda m: m.topics.split(),
            "year": lambda m: (m.sort_at[:4],),
        }
        return readers[name]

    def _left_out(
        self, matches: list[Match], values: Callable[[Match], Iterable[str]]
    ) -> Iterable[str]:
        """Yield the value of each match that would be part of a hit before it with that value."""
        out: dict[str, set[int]] = {}
        for match in matches if self._copies else ():
            if match.item in self._copies:
                for value in values(match):
                    covered = out.setdefault(value, set())
                    if match.item in covered:
                        yield value
                    else:
                        covered.update(self._copies[match.item])

    def _label(self, name: str, value: str) -> str:
        if name == "platform" and value in self._platforms:
            return str(self._platforms[value]["name"])
        return value

    def _ordered(self, matches: list[Match]) -> list[Match]:
        """Order matches as asked; what is equal goes by date, newest first, then by id."""
        if self._query.bundle:
            self._read_copies([match.item for match in matches])
        matches.sort(key=attrgetter("id"))
        matches.sort(key=attrgetter("sort_at"), reverse=True)
        if self._query.sort == "linked":
            links = self._links_in([match.item for match in matches])
            matches.sort(key=lambda m: -links.get(m.item, 0))
        elif self._query.sort == "seen":
            seen = first_seen(self._db, [match.item for match in matches])
            matches.sort(key=lambda m: seen.get(m.item, ""), reverse=True)
        elif self._query.sort == "relevance":
            matches.sort(key=lambda m: (m.partial, round(m.score, 6)))
        return matches

    def _read_copies(self, pks: Sequence[int]) -> None:
        """Read which matches have the same content."""
        self._copies = {}
        for row in self._generation.run(
            "SELECT item, other FROM same_@ WHERE relation = 'copy'"
            " AND item IN (SELECT value FROM json_each(?))",
            (json.dumps(pks),),
        ):
            self._copies.setdefault(row["item"], []).append(row["other"])

    def _bundled(self, ordered: list[Match]) -> list[Match]:
        """Leave out what has the same content as a hit before it."""
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
        if query.cursor is not None:
            at, _, item_id = query.cursor.partition("~")
            start = sum((_late(m.sort_at), m.id) <= (_late(at), item_id) for m in hits)
        shown = hits[start : start + query.limit]
        return shown, query.sort == "date" and start + len(shown) < len(hits)

    def _hits(
        self, shown: Sequence[Match], translation: Translation | None
    ) -> Iterable[dict[str, Any]]:
        """Return the shown matches as items with snippets and counts."""
        pks = [match.item for match in shown]
        items = items_by_pk(self._db, pks)
        links = self._links_in(pks)
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
                "score": round(0 - match.score, 4), "same_count": same.get(match.item, 0),
                "links_in": links.get(match.item, 0),
                "passage": passage and {
                    "page": passage.page, "url": passage.address(items[match.item]["url"])
                },
            }  # fmt: skip

    def _links_in(self, pks: Sequence[int]) -> dict[int, int]:
        """Count the items that link to each of some items or cite one of its numbers."""
        rows = self._generation.run(
            "SELECT target, count(DISTINCT item) FROM ("
            " SELECT target, item FROM link_@ WHERE target IN (SELECT value FROM json_each(?1))"
            " UNION SELECT i.item, r.item FROM identifier_@ i JOIN reference_@ r USING (kind, key)"
            " WHERE i.item IN (SELECT value FROM json_each(?1)))"
            " WHERE item <> target GROUP BY target",
            (json.dumps(list(pks)),),
        )
        return dict(rows.fetchall())

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
