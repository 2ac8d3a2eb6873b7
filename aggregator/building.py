"""Building a generation: all items from the first to the last, under one statistics epoch.

A later epoch is built in the shadow of the live generation and swapped in. The first one fills the
live generation itself, whose items are searchable by then. Each batch is a short transaction that
moves the stored cursor, so a killed build goes on where it was.
"""

import sqlite3
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from aggregator import indexer
from aggregator.clock import Clock
from aggregator.language import Language
from aggregator.learning import learn_topics
from aggregator.links.related import Measure
from aggregator.links.searched import Reader, Searched
from aggregator.links.topic_model import Model
from aggregator.store import builds, derived_write, epochs, leases, topic_models
from aggregator.store.builds import Build
from aggregator.store.connection import transaction
from aggregator.store.derived import Generation, reading
from aggregator.store.epochs import Epoch
from aggregator.text.compounds import CORPUS_LEAST

if TYPE_CHECKING:
    from aggregator.deriver import Deriver

LEASE = "derive"
BATCH = 40  # items that are linked in one transaction

Progress = Callable[[str, int, int], None]  # stage, items done, items in all


class TimeIsUpError(Exception):
    """The run ends here; what is left waits for the next."""


class Timer:
    """The time that linking may take; prolongs the lease while it works."""

    def __init__(self, db: sqlite3.Connection, clock: Clock, limit: timedelta | None) -> None:
        self._db = db
        self._clock = clock
        self._end = clock.now() + limit if limit is not None else None

    def stop(self) -> None:
        """Let linking take as long as it takes."""
        self._end = None

    def is_up(self) -> bool:
        """Whether no further batch is to be begun."""
        return self._end is not None and self._clock.now() >= self._end

    def prolong(self) -> None:
        """Prolong the lease."""
        leases.acquire(self._db, LEASE)

    def tick(self) -> None:
        """Prolong the lease between two batches.

        Raises:
            TimeIsUpError: No further batch is to be begun.
        """
        self.prolong()
        if self.is_up():
            raise TimeIsUpError


def deriver_of(generation: Generation, epoch: Epoch, reader: Reader) -> "Deriver":
    """Return what links items in a generation under an epoch.

    It computes with numpy, whose import alone takes longer than a run that finds nothing to link.
    """
    from aggregator.deriver import Deriver

    return Deriver(generation, epoch, reader.analyser)


def _measured(generation: Generation, epoch: Epoch) -> Measure:
    """Measure pairs of items, with numpy as above."""
    from aggregator.store.measuring import take

    return take(generation, epoch.items)


class Readers:
    """The reader of the epoch that is worked under; warming one up is costly."""

    def __init__(self, db: sqlite3.Connection, spoken: Language) -> None:
        self._db = db
        self.dictionary = spoken.dictionary
        self._kept: tuple[int, Reader, dict[str, int] | None] | None = None

    def keep(self, epoch: Epoch, counts: dict[str, int]) -> Reader:
        """Read under an epoch by counts that are in memory already."""
        self._kept = epoch.n, Reader(self.dictionary, counts, counts), counts
        return self._kept[1]

    def of(self, epoch: Epoch, *, many: bool = False) -> Reader:
        """Return the reader of an epoch, with all its counts at once for many items."""
        if self._kept is not None and self._kept[0] == epoch.n:
            return self._kept[1]
        if many:
            return self.keep(epoch, self.counts(epoch))
        common = epochs.word_counts(self._db, epoch.n, least=CORPUS_LEAST)
        reader = Reader(self.dictionary, common, epochs.WordCounts(self._db, epoch.n))
        self._kept = epoch.n, reader, None
        return reader

    def learn(self, epoch: Epoch) -> None:
        """Learn the epoch's models of topics, unless that is done."""
        learn_topics(self._db, epoch, self.of(epoch), self.dictionary.topics)

    def counts(self, epoch: Epoch) -> dict[str, int]:
        """Return the counts of an epoch as a mapping in memory."""
        if self._kept is not None and self._kept[0] == epoch.n and self._kept[2] is not None:
            return self._kept[2]
        return epochs.word_counts(self._db, epoch.n)


class Builder:
    """Builds what is to be built, in the time that there is."""

    def __init__(
        self, db: sqlite3.Connection, readers: Readers, timer: Timer, report: Progress
    ) -> None:
        self._db = db
        self._readers = readers
        self._timer = timer
        self._report = report
        self._models: Sequence[Model] = ()
        self.items = 0

    def tidy(self) -> None:
        """Clear away what a kill left: a build without its statistics, a generation swapped out."""
        build = builds.current(self._db)
        if build is not None and epochs.by_number(self._db, build.epoch) is None:
            builds.drop(self._db)
            build = None
        if build is None and not builds.is_clear(reading(self._db).other):
            builds.clear(reading(self._db).other)

    def take_epoch(self, version: str, now: str) -> None:
        """Take a new epoch, and begin a build under it."""
        epoch, counts = epochs.take_words(self._db, version, now, self._timer.prolong)
        self._readers.keep(epoch, counts)
        self.take_terms(epoch)

    def take_terms(self, epoch: Epoch) -> None:
        """Go on with an epoch whose words are counted, and begin the build under it."""
        analyser = self._readers.of(epoch, many=True).analyser
        epochs.take_terms(self._db, epoch, analyser, self._timer.prolong)

    def build(self) -> None:
        """Go on with the build, if there is one, until it is in force."""
        db = self._db
        build = builds.current(db)
        epoch = epochs.by_number(db, build.epoch) if build else None
        while build is not None and epoch is not None and build.stage != builds.READY:
            self._stages(build, epoch)
            build = builds.current(db)
        if build is not None:
            shadow = Generation(db, build.generation) != reading(db)
            builds.finish(db, build)
            if shadow:
                builds.clear(reading(db).other)

    def _stages(self, build: Build, epoch: Epoch) -> None:
        """Do what is left of a build."""
        generation = Generation(self._db, build.generation)
        stage, cursor = build.stage, build.cursor
        if stage == builds.CLEAR:
            builds.clear(generation)
            stage = self._enter(builds.DESCRIBE)
        reader = self._readers.of(epoch, many=True)
        self._readers.learn(epoch)
        self._models = topic_models.load(self._db, epoch.n)
        if stage == builds.DESCRIBE:
            self._describe(deriver_of(generation, epoch, reader), reader, cursor)
            stage = self._enter(builds.RELATE)
            cursor = 0
        epochs.freeze(self._db, generation, epoch, lambda: _measured(generation, epoch))
        self._relate(deriver_of(generation, epoch, reader), cursor)
        self._enter(builds.READY)

    def _enter(self, stage: str) -> str:
        with transaction(self._db):
            builds.advance(self._db, stage, 0)
        return stage

    def _describe(self, deriver: "Deriver", reader: Reader, cursor: int) -> None:
        """Describe all items behind the cursor, writing as it goes."""
        total = epochs.living(self._db)
        shadow = deriver.generation != reading(self._db)
        while rows := epochs.items_after(self._db, cursor, BATCH):
            described = deriver.describe(rows)
            searched = self._searched(deriver, reader, rows) if shadow else []
            cursor = rows[-1]["pk"]
            with transaction(self._db):
                if shadow:
                    self._write_searched(deriver, rows, searched)
                deriver.write_anew(described)
                builds.advance(self._db, builds.DESCRIBE, cursor)
            self.items += len(rows)
            self._timer.tick()
            self._report("beschreiben", self.items, total)

    def _searched(
        self, deriver: "Deriver", reader: Reader, rows: Sequence[sqlite3.Row]
    ) -> list[tuple[sqlite3.Row, Searched]]:
        """Read what items are searched by."""
        shown = indexer.shown(rows, deriver.rulings)
        read = [reader.read(*indexer.text_of(row, deriver.rulings)) for row in shown]
        found = indexer.with_topics(self._models, shown, read)
        return list(zip(shown, found, strict=True))

    def _write_searched(
        self,
        deriver: "Deriver",
        rows: Sequence[sqlite3.Row],
        searched: Sequence[tuple[sqlite3.Row, Searched]],
    ) -> None:
        """Write search rows into the shadow; an item may have been hidden since the last build."""
        turned = indexer.follow_rulings(self._db, rows, deriver.rulings)
        indexer.write_searched(deriver.generation, searched, deriver.rulings)
        deriver.resolve_again(turned)

    def _relate(self, deriver: "Deriver", cursor: int) -> None:
        """Compare all items behind the cursor with all others."""
        done, total = 0, epochs.living(self._db)
        while rows := epochs.items_after(self._db, cursor, BATCH):
            items = [row["pk"] for row in rows]
            deriver.rule()
            related = {item: deriver.relate(item) for item in items}
            pairs = {item: deriver.same(item, after=True) for item in items}
            cursor = items[-1]
            with transaction(self._db):
                for item, lists in related.items():
                    if lists is not None:
                        deriver.write_related(item, lists.best)
                        derived_write.write_same(deriver.generation, item, pairs[item])
                builds.advance(self._db, builds.RELATE, cursor)
            done += len(rows)
            self._timer.tick()
            self._report("verknüpfen", done, total)
