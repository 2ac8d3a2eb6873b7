"""Related lists of items that are not worked on themselves: a new neighbour may enter them.

A list holds the best ten of either side, so an item that comes in pushes out the weakest. What is
known of the weakest of each list is kept in memory, since most candidates are too weak to enter.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple, TypeAlias

from aggregator.links import related
from aggregator.store.derived import Generation

MOST_KNOWN = 500_000  # lists whose weakest is kept in memory
ROOM = -1  # the least score of a list that is not full

Held: TypeAlias = tuple[int, int]  # minus score, item: plain, since there are many


class Offer(NamedTuple):
    """An item that may enter the list of another one."""

    owner: int
    away: bool
    score: int
    item: int


class Lists:
    """The related lists of one generation."""

    def __init__(self, generation: Generation) -> None:
        self._generation = generation
        self._least: dict[tuple[int, bool], int] = {}
        self._open: dict[tuple[int, bool], list[Held]] = {}
        self._gone: list[tuple[int, int]] = []
        self._come: list[Offer] = []

    def forget(self, items: Iterable[int]) -> None:
        """Forget what is known of lists that were changed otherwise."""
        for item in items:
            self._least.pop((item, True), None)
            self._least.pop((item, False), None)

    def offer(self, offers: Sequence[tuple[int, bool, int, int]]) -> None:
        """Let items enter the lists of others where they are better than the weakest there.

        Args:
            offers: Fields of `Offer`; most are refused, so they are not made one before. The
                vectors of their items are written.
        """
        if len(self._least) >= MOST_KNOWN:
            self._least.clear()
        least = self._least
        self._look({one[0] for one in offers if (one[0], True) not in least})
        better = [one for one in offers if one[2] >= least[one[0], one[1]]]
        self._read({(one[0], one[1]) for one in better})
        for one in better:
            if one[2] >= least[one[0], one[1]]:  # it rises as others enter
                self._enter(Offer(*one))

    def _enter(self, one: Offer) -> None:
        """Put an item into a list, and push the weakest out of one that is too long."""
        side = (one.owner, one.away)
        held = self._open[side]
        held.append((-one.score, one.item))
        self._come.append(one)
        if len(held) > related.KEPT:
            self._gone.append((one.owner, self._push_out(held)))
        self._least[side] = -max(held)[0] if len(held) >= related.KEPT else ROOM

    def _push_out(self, held: list[Held]) -> int:
        """Take the weakest out of a list; the rank counts only among equal scores."""
        last = max(held)[0]
        weakest = [one for one in held if one[0] == last]
        gone = weakest[0]
        if len(weakest) > 1:
            gone = max(weakest, key=lambda one: (self._rank(one[1]), one[1]))
        held.remove(gone)
        return gone[1]

    def _rank(self, item: int) -> str:
        row = self._generation.run("SELECT rank FROM vector_@ WHERE item = ?", (item,)).fetchone()
        return str(row["rank"])

    def write(self) -> None:
        """Write what entered and what was pushed out; belongs into a transaction."""
        pushed = set(self._gone)
        self._generation.many("DELETE FROM related_@ WHERE item = ? AND other = ?", self._gone)
        self._generation.many(
            "INSERT OR REPLACE INTO related_@ (item, other, score, away, ruled)"
            " VALUES (?, ?, ?, ?, 0)",
            [(one.owner, one.item, one.score, one.away)
             for one in self._come if (one.owner, one.item) not in pushed],
        )  # fmt: skip
        self._open.clear()
        self._gone.clear()
        self._come.clear()

    def _look(self, owners: Collection[int]) -> None:
        """Find the least scores of lists; what has as much is judged by its rank later."""
        for owner in owners:
            self._least[owner, True] = self._least[owner, False] = ROOM
        rows = self._generation.run(
            "SELECT item, away, min(score) FROM related_@"
            " WHERE item IN (SELECT value FROM json_each(?)) AND ruled = 0"
            " GROUP BY item, away HAVING count(*) >= ?",
            (json.dumps(list(owners)), related.KEPT),
        )
        rows.row_factory = None
        for owner, away, least in rows:
            self._least[owner, away == 1] = least

    def _read(self, sides: Collection[tuple[int, bool]]) -> None:
        """Read lists that will change; pairs that people decided on do not count.

        Ranks are read by need: most often no two of the weakest have the same score.
        """
        new = [side for side in sides if side not in self._open]
        for side in new:
            self._open[side] = []
        rows = self._generation.run(
            "SELECT r.item, r.away, r.other, -r.score FROM json_each(?) side"
            " JOIN related_@ r ON r.item = side.value >> 1 AND r.away = side.value & 1"
            " WHERE r.ruled = 0",
            (json.dumps([owner << 1 | away for owner, away in new]),),
        )
        rows.row_factory = None  # plain tuples: there are many
        for owner, away, other, minus_score in rows:
            self._open[owner, away == 1].append((minus_score, other))
