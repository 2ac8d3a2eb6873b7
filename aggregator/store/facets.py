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
        self._placed: tuple[list[Match], Counter[int]] | None = None

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
            masks = Counter([facet_bits.topics_of(bits) for _, _, bits in matches])
            for mask, times in masks.items():
                for topic in self._topics(mask):
                    counts[topic] += times
        else:
            value = self._of_place(name)
            for place, times in self._places(matches).items():
                counts[value(place)] += times
        return counts

    def _places(self, matches: list[Match]) -> Counter[int]:
        """Count platform and kind together, once for the facets that share their matches."""
        if self._placed is None or self._placed[0] is not matches:
            places = Counter([bits >> facet_bits.TOPIC_BITS for _, _, bits in matches])
            self._placed = (matches, places)
        return self._placed[1]

    def _of_place(self, name: str) -> Callable[[int], str]:
        """Return what reads a facet from platform and kind."""

        def platform(place: int) -> str:
            return self._platform[place >> facet_bits.KIND_BITS]

        if name == "kind":
            return lambda place: self._kind[place & (1 << facet_bits.KIND_BITS) - 1]
        return platform if name == "platform" else lambda place: self._level(platform(place))

    def _values(self, name: str) -> Values:
        """Return what reads the values of a facet from a match."""
        readers: dict[str, Values] = {
            "platform": lambda m: (self._platform[facet_bits.platform_of(m.bits)],),
            "level": lambda m: (self._level(self._platform[facet_bits.platform_of(m.bits)]),),
            "kind": lambda m: (self._kind[facet_bits.kind_of(m.bits)],),
            "topic": lambda m: self._topics(m.bits),
            "year": lambda m: (_year(m.row >> ROW_BITS),),
        }
        return readers[name]

    def _topics(self, bits: int) -> list[str]:
        return [self._topic[number] for number in self._matcher.numbers.topics(bits)]

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
