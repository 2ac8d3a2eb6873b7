"""What hits are filtered and counted by, packed into one integer for each search row.

Thousands of matches are counted for every search; reading four texts for each of them took longer
than finding them. Platform, kind and topics become bits by small numbers that a generation hands
out as it meets them; they order nothing and are shown to nobody. Topics that come when all bits are
given share one more, which says that the names in the row count.
"""

import sqlite3
from collections.abc import Iterable, Iterator

from aggregator.errors import StoreError
from aggregator.store.derived import Generation

TOPIC_BITS, KIND_BITS, PLATFORM_BITS = 42, 6, 14  # 62 of the 63 bits of a positive integer
TOPICS = (1 << TOPIC_BITS) - 1
MORE = 1 << TOPIC_BITS - 1  # it has topics without a bit of their own
_KIND = TOPIC_BITS
_PLATFORM = TOPIC_BITS + KIND_BITS
_MOST = {"kind": 1 << KIND_BITS, "platform": 1 << PLATFORM_BITS}
_FACETS = ("topic", "kind", "platform")


def platform_of(bits: int) -> int:
    """Return the number of the platform."""
    return bits >> _PLATFORM


def kind_of(bits: int) -> int:
    """Return the number of the kind."""
    return bits >> _KIND & (1 << KIND_BITS) - 1


def topics_of(bits: int) -> int:
    """Return the mask of the topics."""
    return bits & TOPICS


def of_topic(number: int) -> int:
    """Return the bit of a topic, or `MORE`."""
    return min(1 << number, MORE)


class Numbers:
    """The numbers of platforms, kinds and topics in one generation."""

    def __init__(self, generation: Generation) -> None:
        self._generation = generation
        self._of: dict[tuple[str, str], int] = {}
        self._next = dict.fromkeys(_FACETS, 0)
        row: sqlite3.Row
        for row in generation.run("SELECT facet, value, n FROM facet_value_@"):
            self._of[row["facet"], row["value"]] = row["n"]
            self._next[row["facet"]] = max(self._next[row["facet"]], row["n"] + 1)

    def pack(self, platform: str, kind: str, topics: Iterable[str]) -> int:
        """Return the bits of an item; values that are new get a number. In a transaction.

        Raises:
            StoreError: There are more platforms or kinds than bits for them.
        """
        mask = 0
        for topic in topics:
            mask |= of_topic(self._give("topic", topic))
        return (self._give("platform", platform) << _PLATFORM
                | self._give("kind", kind) << _KIND | mask)  # fmt: skip

    def number(self, facet: str, value: str) -> int | None:
        """Return the number of a value, None when nothing has it."""
        return self._of.get((facet, value))

    def values(self, facet: str) -> dict[int, str]:
        """Return the values of a facet by their numbers."""
        return {n: value for (name, value), n in self._of.items() if name == facet}

    def topics(self, bits: int) -> Iterator[int]:
        """Yield the numbers of the topics of an item that have bits of their own."""
        mask = topics_of(bits) & ~MORE
        while mask:
            lowest = mask & -mask
            yield lowest.bit_length() - 1
            mask ^= lowest

    def _give(self, facet: str, value: str) -> int:
        known = self._of.get((facet, value))
        if known is None:
            known = self._next[facet]
            if known >= _MOST.get(facet, known + 1):
                raise StoreError(
                    f"mehr als {_MOST[facet]} Werte des Filters „{facet}“", where=value,
                    remedy="weniger Plattformen führen, dann: aggregator rebuild",
                )  # fmt: skip
            self._next[facet] = known + 1
            self._of[facet, value] = known
            self._generation.run(
                "INSERT INTO facet_value_@ (facet, value, n) VALUES (?, ?, ?)",
                (facet, value, known),
            )
        return known
