"""What hits are counted by: how many there would be with each value of a filter chosen."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import TypeAlias

from aggregator.store import facet_bits
from aggregator.store.derived import ROW_BITS
from aggregator.store.matching import Match, Matcher
from aggregator.store.search_query import SearchQuery

FACETS = ("platform", "level", "kind", "topic", "year")
YEARS_SHOWN = 15
_TOPICS = facet_bits.TOPICS

Facet: TypeAlias = tuple[str, str, int, bool]  # value, label, count, selected
Values: TypeAlias = Callable[[Match], Iterable[str]]


class Facets:
    """Counts matches by the values of each filter, among what all other filters let through."""

    def __init__(
        self,
        matcher: Matcher,
        query: SearchQuery,
        platforms: Mapping[str, tuple[str, str]],
        copies: Mapping[int, Sequence[int]],
    ) -> None:
        """Take what is counted by.

        Args:
            matcher: That found the matches.
            query: The search, with the fields that its text names.
            platforms: Name and level of each.
            copies: Items with the same content as others; empty to count each.
        """
        self._matcher = matcher
        self._query = query
        self._platforms = platforms
        self._copies = copies
        numbers = matcher.numbers
        self._platform = numbers.values("platform")
        self._kind = numbers.values("kind")
        self._topic = numbers.values("topic")

    def count(self, found: list[Match]) -> dict[str, tuple[Facet, ...]]:
        """Return all facets of matches."""
        return {name: self._facet(name, self._matcher.kept(found, besides=name)) for name in FACETS}

    def _facet(self, name: str, matches: list[Match]) -> tuple[Facet, ...]:
        """Count the values of one facet."""
        counts = self._counted(name, matches)
        counts.subtract(self._left_out(matches, self._values(name)))
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

    def _counted(self, name: str, matches: list[Match]) -> Counter[str]:
        """Count values by their numbers first: there are few of them among thousands."""
        counts: Counter[str] = Counter()
        if name == "year":
            for day, times in Counter([row >> ROW_BITS for row, _, _ in matches]).items():
                counts[_year(day)] += times
        elif name == "topic":
            counts = self._by_topic(matches)
        else:
            shift = 0 if name == "kind" else facet_bits.KIND_BITS
            shift += facet_bits.TOPIC_BITS
            numbers = Counter([bits >> shift for _, _, bits in matches])
            for number, times in numbers.items():
                counts[self._of_place(name, number)] += times
        return counts

    def _by_topic(self, matches: list[Match]) -> Counter[str]:
        """Count topics; the rows of those without a bit of their own are looked at one by one."""
        counts: Counter[str] = Counter()
        masks = Counter([bits & _TOPICS for _, _, bits in matches])
        for mask, times in masks.items():
            if not mask & facet_bits.MORE:
                for number in self._matcher.numbers.topics(mask):
                    counts[self._topic[number]] += times
        if any(mask & facet_bits.MORE for mask in masks):
            for match in matches:
                if match.bits & facet_bits.MORE:
                    counts.update(self._matcher.topics(match))
        return counts

    def _of_place(self, name: str, number: int) -> str:
        """Return the value of a facet: of platform and kind together, or of the platform."""
        if name == "kind":
            return self._kind[number & (1 << facet_bits.KIND_BITS) - 1]
        return self._platform[number] if name == "platform" else self._level(self._platform[number])

    def _values(self, name: str) -> Values:
        """Return what reads the values of a facet from a match."""
        readers: dict[str, Values] = {
            "platform": lambda m: (self._platform[facet_bits.platform_of(m.bits)],),
            "level": lambda m: (self._level(self._platform[facet_bits.platform_of(m.bits)]),),
            "kind": lambda m: (self._kind[facet_bits.kind_of(m.bits)],),
            "topic": self._matcher.topics,
            "year": lambda m: (_year(m.row >> ROW_BITS),),
        }
        return readers[name]

    def _level(self, platform: str) -> str:
        return self._platforms[platform][1] if platform in self._platforms else ""

    def _left_out(self, matches: list[Match], values: Values) -> Iterable[str]:
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
            return self._platforms[value][0]
        return value


@lru_cache(maxsize=50_000)
def _year(day: int) -> str:
    return f"{date.fromordinal(day).year:04}"
