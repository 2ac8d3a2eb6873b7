"""Related lists of items that are not worked on themselves: a new neighbour may enter them.

A list holds the best ten of either side, so an item that comes in pushes out the weakest. What is
known of the weakest of each list is kept in memory, since most candidates are too weak to enter.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from typing import TypeAlias

from aggregator.links import related
from aggregator.links.related import Neighbour
from aggregator.store.derived import Generation

MOST_KNOWN = 500_000  # lists whose weakest is kept in memory
ROOM = -1  # the least score of a list that is not full

Offer: TypeAlias = tuple[int, Neighbour]  # whose list, and who may enter it


class Lists:
    """The related lists of one generation."""

    def __init__(self, generation: Generation) -> None:
        self._generation = generation
        self._least: dict[tuple[int, bool], int] = {}
        self._open: dict[tuple[int, bool], list[Neighbour]] = {}
        self._gone: list[tuple[int, int]] = []
        self._come: list[tuple[int, Neighbour]] = []

    def forget(self, items: Iterable[int]) -> None:
        """Forget what is known of lists that were changed otherwise."""
        for item in items:
            self._least.pop((item, True), None)
            self._least.pop((item, False), None)

    def offer(self, offers: Sequence[Offer]) -> None:
        """Let items enter the lists of others where they are better than the weakest there."""
        if len(self._least) >= MOST_KNOWN:
            self._least.clear()
        self._look({owner for owner, _ in offers if (owner, True) not in self._least})
        least = self._least
        better = [
            (owner, one) for owner, one in offers if -one.minus_score >= least[owner, one.away]
        ]
        self._read({(owner, one.away) for owner, one in better})
        for owner, one in better:
            if -one.minus_score >= least[owner, one.away]:  # it rises as others enter
                self._enter(owner, one)

    def _enter(self, owner: int, neighbour: Neighbour) -> None:
        """Put an item into a list, and push the weakest out of one that is too long."""
        side = (owner, neighbour.away)
        held = self._open[side]
        held.append(neighbour)
        self._come.append((owner, neighbour))
        if len(held) > related.KEPT:
            self._gone.append((owner, self._push_out(held).item))
        full = len(held) >= related.KEPT
        self._least[side] = -max(one.minus_score for one in held) if full else ROOM

    def _push_out(self, held: list[Neighbour]) -> Neighbour:
        """Take the weakest out of a list; the rank counts only among equal scores."""
        last = max(one.minus_score for one in held)
        weakest = [one for one in held if one.minus_score == last]
        if len(weakest) > 1:
            weakest = sorted(one._replace(rank=self._rank(one)) for one in weakest)
        gone = weakest[-1]
        held[:] = [one for one in held if one.item != gone.item]
        return gone

    def _rank(self, neighbour: Neighbour) -> str:
        if neighbour.rank:
            return neighbour.rank
        row = self._generation.run(
            "SELECT rank FROM vector_@ WHERE item = ?", (neighbour.item,)
        ).fetchone()
        return str(row["rank"])

    def write(self) -> None:
        """Write what entered and what was pushed out; belongs into a transaction."""
        pushed = set(self._gone)
        self._generation.many("DELETE FROM related_@ WHERE item = ? AND other = ?", self._gone)
        self._generation.many(
            "INSERT OR REPLACE INTO related_@ (item, other, score, away, ruled)"
            " VALUES (?, ?, ?, ?, 0)",
            [(owner, n.item, -n.minus_score, n.away)
             for owner, n in self._come if (owner, n.item) not in pushed],
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
            self._open[owner, away == 1].append(Neighbour(minus_score, "", other, away == 1))
