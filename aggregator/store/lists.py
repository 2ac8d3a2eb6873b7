"""Related lists of items that are not worked on themselves: a new neighbour may enter them.

A list holds the best ten of either side, so an item that comes in pushes out the weakest. What is
known of the weakest of each list is kept in memory, since most candidates are too weak to enter.
"""

from collections.abc import Iterable

from aggregator.links import related
from aggregator.links.related import Neighbour
from aggregator.store.derived import Generation

MOST_KNOWN = 500_000  # lists whose weakest is kept in memory

# The weakest of a full list, None for a list with room.
Weakest = tuple[int, str] | None


class Lists:
    """The related lists of one generation."""

    def __init__(self, generation: Generation) -> None:
        self._generation = generation
        self._weakest: dict[tuple[int, bool], Weakest] = {}
        self._open: dict[tuple[int, bool], list[Neighbour]] = {}
        self._gone: list[tuple[int, int]] = []
        self._come: list[tuple[int, Neighbour]] = []

    def forget(self, items: Iterable[int]) -> None:
        """Forget what is known of lists that were changed otherwise."""
        for item in items:
            self._weakest.pop((item, True), None)
            self._weakest.pop((item, False), None)

    def offer(self, owner: int, neighbour: Neighbour) -> None:
        """Let an item enter the list of another one if it is better than the weakest there."""
        side = (owner, neighbour.away)
        weakest = self._weakest[side] if side in self._weakest else self._look(side)
        if weakest is not None and (neighbour.minus_score, neighbour.rank) > weakest:
            return
        held = self._open.get(side)
        if held is None:
            held = self._open[side] = self._read(side)
        held.append(neighbour)
        held.sort()
        self._come.append((owner, neighbour))
        if len(held) > related.KEPT:
            self._gone.append((owner, held.pop().item))
        self._weakest[side] = self._of(held)

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

    def _look(self, side: tuple[int, bool]) -> Weakest:
        """Find the weakest of a list."""
        if len(self._weakest) >= MOST_KNOWN:
            self._weakest.clear()
        weakest = self._weakest[side] = self._of(self._read(side))
        return weakest

    @staticmethod
    def _of(held: list[Neighbour]) -> Weakest:
        return (held[-1].minus_score, held[-1].rank) if len(held) >= related.KEPT else None

    def _read(self, side: tuple[int, bool]) -> list[Neighbour]:
        """Read one side of a list, best first; pairs that people decided on do not count."""
        rows = self._generation.run(
            "SELECT r.other, r.score, v.rank FROM related_@ r JOIN vector_@ v ON v.item = r.other"
            " WHERE r.item = ? AND r.away = ? AND r.ruled = 0",
            side,
        )
        return sorted(Neighbour(-row["score"], row["rank"], row["other"], side[1]) for row in rows)
