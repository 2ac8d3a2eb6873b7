"""Related lists of items that are not worked on themselves: a new neighbour may enter them.

A list holds the best ten of either side, so an item that comes in pushes out the weakest. What is
known of the weakest of each list is kept in memory, since most candidates are too weak to enter.
"""

from collections.abc import Iterable

from aggregator.links import related
from aggregator.links.related import Neighbour
from aggregator.store.derived import Generation

MOST_KNOWN = 500_000  # lists whose weakest is kept in memory
ROOM = -1  # the least score of a list that is not full


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

    def offer(self, owner: int, neighbour: Neighbour) -> None:
        """Let an item enter the list of another one if it is better than the weakest there."""
        side = (owner, neighbour.away)
        least = self._least[side] if side in self._least else self._look(side)
        if -neighbour.minus_score < least:
            return
        held = self._open.get(side)
        if held is None:
            held = self._open[side] = self._read(side)
        held.append(neighbour)
        held.sort()
        self._come.append((owner, neighbour))
        if len(held) > related.KEPT:
            self._gone.append((owner, held.pop().item))
        self._least[side] = -held[-1].minus_score if len(held) >= related.KEPT else ROOM

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

    def _look(self, side: tuple[int, bool]) -> int:
        """Find the least score of a list; what has as much is judged by its rank later."""
        if len(self._least) >= MOST_KNOWN:
            self._least.clear()
        held, least = self._generation.run(
            "SELECT count(*), min(score) FROM related_@ WHERE item = ? AND away = ? AND ruled = 0",
            side,
        ).fetchone()
        self._least[side] = least if held >= related.KEPT else ROOM
        return self._least[side]

    def _read(self, side: tuple[int, bool]) -> list[Neighbour]:
        """Read one side of a list, best first; pairs that people decided on do not count."""
        rows = self._generation.run(
            "SELECT r.other, r.score, v.rank FROM related_@ r JOIN vector_@ v ON v.item = r.other"
            " WHERE r.item = ? AND r.away = ? AND r.ruled = 0",
            side,
        )
        return sorted(Neighbour(-row["score"], row["rank"], row["other"], side[1]) for row in rows)
