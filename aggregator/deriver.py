"""Linking items in one generation: each alone first, then with all others."""

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from aggregator.indexer import subject_of
from aggregator.links.describe import Described, Statistics, describe
from aggregator.links.related import Neighbour, Vector, score
from aggregator.store import changes, decisions, derived_write, epochs, standing
from aggregator.store.changes import Change
from aggregator.store.connection import transaction
from aggregator.store.copies import Copies, Pair
from aggregator.store.decisions import Rulings
from aggregator.store.derived import Generation
from aggregator.store.epochs import Epoch
from aggregator.store.lists import Lists
from aggregator.store.neighbours import UNDATED, Indexed, Neighbourhood, Scored, indexed_of
from aggregator.store.resolve import Addresses
from aggregator.text.analysis import Analyser


class Deriver:
    """Links items in one generation under one epoch; their search rows are not its business."""

    def __init__(self, generation: Generation, epoch: Epoch, analyser: Analyser) -> None:
        db = generation.db
        self.generation = generation
        self._db = db
        self._analyser = analyser
        self._statistics = Statistics(terms=epochs.EpochTerms(db, epoch.n), items=epoch.items)
        self._addresses = Addresses.of(db)
        self._measure = epochs.measure(db, epoch.n)
        self._neighbours = Neighbourhood(generation, self._measure)
        self._copies = Copies(generation, epochs.frequent_shingles(db, epoch.n))
        self._lists = Lists(generation)
        self.rulings: dict[int, Rulings] = {}

    def ruling(self, item: int) -> Rulings:
        """Return what people decided on an item."""
        return self.rulings.get(item, decisions.NONE)

    def rule(self) -> None:
        """Read what people decided; few decisions, so all of them."""
        self.rulings = standing.all_in_force(self._db)

    # --- one item alone ------------------------------------------------------------------------

    def describe(self, rows: Sequence[sqlite3.Row]) -> list[tuple[sqlite3.Row, Described]]:
        """Work out what follows from each item alone; hidden and merged ones have nothing."""
        self.rule()
        return [
            (row, self._described(row))
            for row in rows
            if row["merged_into"] is None and not self.ruling(row["pk"]).hidden
        ]

    def _described(self, row: sqlite3.Row) -> Described:
        subject = subject_of(row, self.ruling(row["pk"]))
        return describe(subject, self._analyser, self._statistics)

    def write(
        self, rows: Sequence[sqlite3.Row], described: Sequence[tuple[sqlite3.Row, Described]]
    ) -> list[tuple[int, Vector]]:
        """Write what follows from each item alone, in the caller's transaction.

        Returns:
            The items that were there before, with their vectors.
        """
        old = [
            (row["pk"], derived_write.remove_links(self.generation, row["pk"])) for row in rows
        ]  # fmt: skip
        self.write_anew(described)
        for row in rows:
            derived_write.resolve_again(self.generation, row["pk"], self._addresses)
        return old

    def write_anew(self, described: Sequence[tuple[sqlite3.Row, Described]]) -> None:
        """Write items into a generation that does not hold them, in the caller's transaction."""
        derived_write.write(self.generation, described)
        rows = [row for row, _ in described]
        derived_write.write_links(self.generation, rows, self._addresses)

    def resolve_again(self, items: Iterable[int]) -> None:
        """Find anew where the links to items lead."""
        for item in items:
            derived_write.resolve_again(self.generation, item, self._addresses)

    def take_out(self, erased: Collection[int]) -> list[tuple[int, Vector]]:
        """Take out items that are no more."""
        old = [(item, derived_write.remove_links(self.generation, item)) for item in sorted(erased)]
        self.resolve_again(erased)
        return old

    # --- with all others -----------------------------------------------------------------------

    def replace(
        self, old: Sequence[tuple[int, Vector]], new: Sequence[tuple[sqlite3.Row, Described]]
    ) -> None:
        """Let what is held in memory follow what was written."""
        for item, vector in old:
            self._neighbours.remove(item, vector)
        for row, found in new:
            self._neighbours.add(row["pk"], _indexed(row, found))
        self._copies.forget(item for item, _ in old)

    def relate(self, item: int) -> "Relations | None":
        """Score an item against all others; None when it has no vector."""
        indexed = indexed_of(self.generation, item)
        if indexed is None:
            return None
        ruled = self.ruling(item).related
        found = self._neighbours.of(item, indexed).without(ruled)
        together = [
            self._by_decision(indexed, other, pk)
            for pk, value in ruled.items()
            if value and (other := indexed_of(self.generation, pk))
        ]
        return Relations(best=found.best() + together, all=found)

    def _by_decision(self, one: Indexed, other: Indexed, item: int) -> Neighbour:
        """Score a pair that people put together."""
        days = abs(one.day - other.day) if UNDATED not in (one.day, other.day) else None
        points = score(one.vector, other.vector, days, self._measure.scores)
        return Neighbour(-points, other.rank, item, other.platform != one.platform)

    def same(self, item: int, *, after: bool) -> list[Pair]:
        """Find the items that share content with an item."""
        return self._copies.of(item, after=after, ruled=self.ruling(item).same)

    def write_related(self, item: int, neighbours: Sequence[Neighbour]) -> None:
        """Write the list of an item in place of the one it had."""
        ruled = frozenset(pk for pk, value in self.ruling(item).related.items() if value)
        derived_write.write_related(self.generation, item, neighbours, ruled)
        self._lists.forget([item])

    # --- the queue -----------------------------------------------------------------------------

    def work_off(self, batch: Sequence[Change]) -> None:
        """Link a batch of changed items, or relate them anew, and take them out of the queue."""
        asked = [change.item for change in batch if change.what == changes.LINK]
        rows = epochs.items_of(self._db, asked)
        described = self.describe(rows)
        with transaction(self._db):
            old = self.write(rows, described)
            old += self.take_out(set(asked) - {row["pk"] for row in rows})
        self.replace(old, described)
        own = [row["pk"] for row, _ in described]
        pairs = {item: self.same(item, after=False) for item in own}
        related = {change.item: self.relate(change.item) for change in batch}
        self._offer(own, related)
        with transaction(self._db):
            for item in own:
                derived_write.remove_same(self.generation, item)
                self._tell_partners(item, besides=related)
            for item, found in pairs.items():
                derived_write.write_same(self.generation, item, found)
            for item, lists in related.items():
                if lists is not None:
                    self.write_related(item, lists.best)
            self._lists.write()
            changes.done(self._db, batch)

    def _tell_partners(self, item: int, besides: Collection[int]) -> None:
        """Have the items that a person related to a new one list it too."""
        for other, value in self.ruling(item).related.items():
            if value and other not in besides:
                changes.enqueue(self._db, other, changes.RELATE)

    def _offer(self, own: Sequence[int], related: Mapping[int, "Relations | None"]) -> None:
        """Offer new items to the lists of all that are not worked on in this batch."""
        self._lists.offer([
            (other, away, points, item)
            for item in own
            if (relations := related[item]) is not None
            for other, points, away in relations.all
            if other not in related
        ])  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Relations:
    """What an item is related to: its own list, and all whose lists it may enter."""

    best: list[Neighbour]
    all: Scored


def _indexed(row: sqlite3.Row, found: Described) -> Indexed:
    return Indexed(row["platform"], derived_write.rank(row), found.vector)
