"""Which items match a search: found by full-text search, filtered, put in order by date or links.

The work is bounded: at most the newest `LOOKED_AT` matches of an expression are looked at, so that
a word that stands everywhere costs no more than others; beyond that the total is a lower bound.
Words are asked for in full first; their parts, and any of them, only where that finds few.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from aggregator.store import facet_bits
from aggregator.store.derived import Generation, first_row, last_row
from aggregator.store.expression import Translation
from aggregator.store.facet_bits import Numbers
from aggregator.store.reads_beside import first_seen
from aggregator.store.search_query import SearchQuery
from aggregator.text.asked import keys_asked

LOOKED_AT = 1_000  # newest matches that are filtered and counted
ENOUGH = 100  # items with all words in full: those with their parts are not looked for
FEW = 10  # hits with all words below which those with any are added
NO_END = 1 << 62

_MATCHING = """
    SELECT e.row, e.item, e.bits FROM search_@ CROSS JOIN entry_@ e ON e.row = search_@.rowid
    WHERE search_@ MATCH :match AND search_@.rowid BETWEEN :low AND :high"""
_ALL = "SELECT e.row, e.item, e.bits FROM entry_@ e WHERE e.row BETWEEN :low AND :high"
_INSTANTS = " AND e.sort_at >= :since AND e.sort_at < :until"
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


class Match(NamedTuple):
    """One match: its search row, its item, and what it is filtered by."""

    row: int
    item: int
    bits: int


_MATCH = partial(tuple.__new__, Match)  # thousands of them: what `Match._make` does besides adds up


@dataclass(frozen=True, slots=True)
class Found:
    """Matches, newest first; those after `full` have only some of the words."""

    matches: list[Match]
    full: int
    expression: str  # that found the full ones; "" for none
    capped: bool  # there are more
    common: bool = False  # so many that it was found again with the filters

    def partial(self) -> frozenset[int]:
        """Return the items that have only some of the words."""
        return frozenset(match.item for match in self.matches[self.full :])


class Matcher:
    """Finds and filters what one search asks for."""

    def __init__(
        self,
        generation: Generation,
        query: SearchQuery,
        levels: dict[str, str],
    ) -> None:
        """Take the search, with the fields that its text names, and platform -> level."""
        self._generation = generation
        self._query = query
        self._levels = levels
        self.numbers = Numbers(generation)
        self._names = self.numbers.values("topic")
        self._more: dict[int, tuple[str, ...]] = {}  # item -> topics, where bits do not hold them

    # --- finding -------------------------------------------------------------------------------

    def find(
        self, translation: Translation | None, *, narrow: bool = False, until: str | None = None
    ) -> Found:
        """Return the newest matches.

        Args:
            translation: What is asked for; None for everything.
            narrow: Apply all filters while looking; else platform, level, kind and topic are left
                to `kept`, since the facets count beyond them.
            until: Look at this day and before only.
        """
        if translation is None:
            rows = self._rows(_ALL, "", narrow=narrow, until=until, order="e.row")
            return Found(rows[:LOOKED_AT], len(rows), "", len(rows) > LOOKED_AT)
        expression = translation.exact
        rows = self._rows(_MATCHING, expression, narrow=narrow, until=until)
        if len(rows) < ENOUGH and translation.strict != expression:
            expression = translation.strict
            rows = self._rows(_MATCHING, expression, narrow=narrow, until=until)
        capped, rows = len(rows) > LOOKED_AT, rows[:LOOKED_AT]
        full = len(rows)
        if full < FEW and translation.relaxed != translation.strict:
            known = {match.item for match in rows}
            more = self._rows(_MATCHING, translation.relaxed, narrow=narrow, until=until)
            capped = len(more) > LOOKED_AT
            rows += [match for match in more[:LOOKED_AT] if match.item not in known]
        return Found(rows, full, expression, capped)

    def _rows(
        self,
        sql: str,
        match: str,
        *,
        narrow: bool,
        until: str | None,
        order: str = "search_@.rowid",
    ) -> list[Match]:
        """Return the newest matches of an expression, one more than are looked at."""
        low, high = self._query.instants()
        last = until or (high[:10] if high != "~" else None)
        values = {
            "match": match, "most": LOOKED_AT + 1,
            "low": first_row(low[:10]) if low else 0, "high": last_row(last) if last else NO_END,
            "since": low, "until": high, "source": json.dumps(self._query.source),
            "ref": json.dumps([key for told in self._query.ref for key in keys_asked(told)]),
        }  # fmt: skip
        sql += _INSTANTS if low or high != "~" else ""
        sql += _SOURCE if self._query.source else ""
        sql += _REF if self._query.ref else ""
        if narrow:
            sql += _NARROW
            values |= {
                "platforms": json.dumps(self._wanted_platforms()),
                "kinds": json.dumps(self._query.kind), "topics": json.dumps(self._query.topic),
            }  # fmt: skip
        cursor = self._generation.run(sql + _NEWEST.format(order), values)
        cursor.row_factory = None  # thousands of plain tuples
        found = list(map(_MATCH, cursor.fetchall()))
        if len(self._names) >= facet_bits.TOPIC_BITS:
            self._read_topics([match.row for match in found if match.bits & facet_bits.MORE])
        return found

    def _read_topics(self, rows: Sequence[int]) -> None:
        """Read the topics of rows whose bits do not hold them all."""
        told = self._generation.run(
            "SELECT item, topics FROM entry_@ WHERE row IN (SELECT value FROM json_each(?))",
            (json.dumps(rows),),
        )
        self._more |= {row["item"]: tuple(row["topics"].split()) for row in told}

    def _wanted_platforms(self) -> list[str]:
        """Return the platforms that the fields platform and level allow; [] for all."""
        query = self._query
        if not query.platform and not query.level:
            return []
        wanted = [
            name for name, level in self._levels.items()
            if (not query.platform or name in query.platform)
            and (not query.level or level in query.level)
        ]  # fmt: skip
        return wanted or ["-"]

    # --- filtering -----------------------------------------------------------------------------

    def is_narrowed(self) -> bool:
        """Whether filters hold that `find` leaves to `kept`."""
        query = self._query
        return bool(query.platform or query.level or query.kind or query.topic)

    def kept(self, found: list[Match], *, besides: str = "") -> list[Match]:
        """Return the matches that pass all filters, or all but one."""
        for name, test in self._tests().items():
            if name != besides:
                found = [match for match in found if test(match)]
        return found

    def topics(self, match: Match) -> Iterable[str]:
        """Return the topics of a match."""
        if not match.bits & facet_bits.MORE:
            return [self._names[number] for number in self.numbers.topics(match.bits)]
        return self._more[match.item]

    def _tests(self) -> dict[str, Callable[[Match], bool]]:
        """Return the filters that hold."""
        query, tests = self._query, dict[str, Callable[[Match], bool]]()
        if query.platform:
            platforms = self._of("platform", query.platform)
            tests["platform"] = lambda m: facet_bits.platform_of(m.bits) in platforms
        if query.level:
            at_level = self._of(
                "platform", [name for name, level in self._levels.items() if level in query.level]
            )
            tests["level"] = lambda m: facet_bits.platform_of(m.bits) in at_level
        if query.kind:
            kinds = self._of("kind", query.kind)
            tests["kind"] = lambda m: facet_bits.kind_of(m.bits) in kinds
        if query.topic:
            tests["topic"] = self._has_topic(self._of("topic", query.topic))
        return tests

    def _has_topic(self, wanted: frozenset[int]) -> Callable[[Match], bool]:
        """Return whether a match has one of some topics; most are told by their bits alone."""
        own = sum({facet_bits.of_topic(number) for number in wanted}) & ~facet_bits.MORE
        if all(facet_bits.of_topic(number) != facet_bits.MORE for number in wanted):
            return lambda m: bool(m.bits & own)
        names = {self._names[number] for number in wanted}
        some = own | facet_bits.MORE
        return lambda m: (
            bool(m.bits & some) and (bool(m.bits & own) or not names.isdisjoint(self.topics(m)))
        )

    def _of(self, facet: str, values: Sequence[str]) -> frozenset[int]:
        """Return the numbers of values; what no item has, has none."""
        numbers = (self.numbers.number(facet, value) for value in values)
        return frozenset(number for number in numbers if number is not None)


# --- order ---------------------------------------------------------------------------------------


def by_date(generation: Generation, matches: Sequence[Match]) -> list[tuple[Match, str, str]]:
    """Return matches with instant and id, newest first, equal ones by id."""
    rows = generation.run(
        "SELECT row, sort_at, id FROM entry_@ WHERE row IN (SELECT value FROM json_each(?))",
        (json.dumps([match.row for match in matches]),),
    )
    told = {row: (sort_at, name) for row, sort_at, name in rows}
    keyed = [(match, *told[match.row]) for match in matches]
    keyed.sort(key=lambda one: one[2])
    keyed.sort(key=lambda one: one[1], reverse=True)
    return keyed


def by_links(generation: Generation, matches: Sequence[Match]) -> list[Match]:
    """Return matches by the number of items that link to them, then by date."""
    links = links_in(generation, [match.item for match in matches])
    dated = [match for match, _, _ in by_date(generation, matches)]
    return sorted(dated, key=lambda match: -links.get(match.item, 0))


def by_first_seen(
    db: sqlite3.Connection, generation: Generation, matches: Sequence[Match]
) -> list[Match]:
    """Return matches by when we saw them first, newest first, then by date."""
    seen = first_seen(db, [match.item for match in matches])
    dated = [match for match, _, _ in by_date(generation, matches)]
    return sorted(dated, key=lambda match: seen.get(match.item, ""), reverse=True)


def links_in(generation: Generation, pks: Sequence[int]) -> dict[int, int]:
    """Count the items that link to each of some items or cite one of its numbers."""
    rows = generation.run(
        "SELECT target, count(DISTINCT item) FROM ("
        " SELECT target, item FROM link_@ WHERE target IN (SELECT value FROM json_each(?1))"
        " UNION SELECT i.item, r.item FROM identifier_@ i JOIN reference_@ r USING (kind, key)"
        " WHERE i.item IN (SELECT value FROM json_each(?1)))"
        " WHERE item <> target GROUP BY target",
        (json.dumps(list(pks)),),
    )
    return dict(rows.fetchall())


def copies_of(generation: Generation, pks: Sequence[int]) -> dict[int, list[int]]:
    """Return which of some items have the same content as others, and as which."""
    copies: dict[int, list[int]] = {}
    if not generation.run("SELECT 1 FROM same_@ WHERE relation = 'copy' LIMIT 1").fetchone():
        return copies
    for item, other in generation.run(
        "SELECT item, other FROM same_@ WHERE relation = 'copy'"
        " AND item IN (SELECT value FROM json_each(?))",
        (json.dumps(list(pks)),),
    ):
        copies.setdefault(item, []).append(other)
    return copies
