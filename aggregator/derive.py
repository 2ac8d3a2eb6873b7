"""Derivation, the second page of the pipeline: from what was stored to what readers are shown.

    changes -> describe (one item alone) -> write -> compare (with all others) -> write, done

A run takes the lease `derive`, goes on with a build that was interrupted, takes a new statistics
epoch if one is due (and builds the shadow generation under it), then works off the queue in
batches. Computing happens outside of transactions; each batch is written in two short ones, and its
changes leave the queue with the second. A kill anywhere loses nothing: writing begins with taking
out what was there. Within an epoch the result depends on the items alone, not on the order in which
they came, were edited or deleted.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from hashlib import sha256

from aggregator.clock import Clock, SystemClock, stamp
from aggregator.config.vocabulary import Vocabulary
from aggregator.deriver import Deriver, Reader
from aggregator.errors import StoreError
from aggregator.language import Language, language
from aggregator.store import builds, changes, derived_write, epochs, leases
from aggregator.store.builds import Build
from aggregator.store.catalogue import platforms
from aggregator.store.connection import transaction
from aggregator.store.derived import Generation, reading
from aggregator.store.epochs import Epoch
from aggregator.text.analysis import Analyser
from aggregator.text.compounds import Counts
from aggregator.text.wordforms import WordForms

LEASE = "derive"
BATCH = 40  # items written in one transaction
MANY = 500  # waiting items from which on the epoch's words are read at once
POLL = timedelta(milliseconds=100)  # between two looks at a lease that another process holds

Progress = Callable[[str, int, int], None]  # stage, items done, items in all


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """What a run did."""

    items: int
    epoch: int
    complete: bool  # False: the time limit came first, the rest stays in the queue


class _Timer:
    """The time that a run may take; prolongs the lease while it works."""

    def __init__(self, db: sqlite3.Connection, clock: Clock, limit: timedelta | None) -> None:
        self._db = db
        self._clock = clock
        self._end = clock.now() + limit if limit is not None else None

    def prolong(self) -> None:
        """Prolong the lease."""
        leases.acquire(self._db, LEASE)

    def tick(self) -> None:
        """Prolong the lease between two batches.

        Raises:
            _TimeIsUpError: No further batch is to be begun.
        """
        self.prolong()
        if self._end is not None and self._clock.now() >= self._end:
            raise _TimeIsUpError


class _TimeIsUpError(Exception):
    """The run ends here; what is left waits for the next."""


# --- a run -----------------------------------------------------------------------------------


class Anew(StrEnum):
    """What `derive` does again although nothing changed."""

    NOTHING = "nothing"
    ROWS = "rows"  # all derived rows, within the epoch
    EPOCH = "epoch"  # the statistics too


def derive(
    db: sqlite3.Connection,
    *,
    clock: Clock,
    vocabulary: Vocabulary,
    words: WordForms,
    progress: Progress | None = None,
    time_limit: timedelta | None = None,
    anew: Anew = Anew.NOTHING,
    small_corpus: int = epochs.SMALL_CORPUS,
) -> Derived:
    """Derive what the queue holds, under a new epoch where one is due.

    While another process derives, waits for it and does what it leaves.

    Args:
        db: The database.
        clock: For the time limit and the date of an epoch.
        vocabulary: Topics, aliases and exceptions of the splitter.
        words: The dictionary of word forms.
        progress: Told the stage, the items done and the items in all.
        time_limit: After it the run stops between two batches; the rest stays in the queue.
        anew: What to do again although nothing changed.
        small_corpus: Up to so many items every change of an item brings a new epoch.

    Returns:
        What was done.
    """
    spoken = language(vocabulary, words)
    timer = _Timer(db, clock, time_limit)
    report = progress or (lambda stage, done, total: None)
    with _lease(db):
        run = _Run(db, spoken, timer, report, small_corpus)
        with suppress(_TimeIsUpError):
            run.build_if_due(stamp(clock.now()), anew)
            run.work_off_queue()
        return Derived(items=run.items, epoch=run.epoch, complete=changes.count(db) == 0)


@contextmanager
def _lease(db: sqlite3.Connection) -> Iterator[None]:
    """Hold the lease, however long another process needs."""
    real = SystemClock()
    while not leases.acquire(db, LEASE):
        real.wait_until(real.now() + POLL)
    try:
        yield
    finally:
        leases.release(db, LEASE)


class _Run:
    """One run: an interrupted or due build first, then the queue."""

    def __init__(
        self,
        db: sqlite3.Connection,
        spoken: Language,
        timer: _Timer,
        report: Progress,
        small_corpus: int,
    ) -> None:
        self._db = db
        self._spoken = spoken
        self._timer = timer
        self._report = report
        self._small_corpus = small_corpus
        self._reader: tuple[int, Reader] | None = None
        self.items = 0

    @property
    def epoch(self) -> int:
        """The number of the live epoch, 0 before the first."""
        found = epochs.current(self._db)
        return found.n if found else 0

    def build_if_due(self, now: str, anew: Anew) -> None:
        """Go on with a build, or begin one if it is due or asked for."""
        db = self._db
        shadow = reading(db).other
        version = _version(db, self._spoken)
        build = builds.current(db)
        under = epochs.by_number(db, build.epoch) if build else None
        stale = under is None or under.analysis != version
        if anew is Anew.EPOCH or (stale and epochs.is_due(db, version, self._small_corpus)):
            if epochs.living(db) == 0 and anew is not Anew.EPOCH:
                return
            self._take_epoch(version, now)
        elif build is None and anew is Anew.ROWS:
            with transaction(db):
                builds.begin(db, self.epoch)
        if builds.current(db) is not None:
            self._build()
        elif not builds.is_clear(shadow):
            builds.clear(shadow)  # the run that swapped was killed

    def _take_epoch(self, version: str, now: str) -> None:
        """Take an epoch, and keep the analyser that has read the whole corpus by then."""
        made: list[Reader] = []

        def read_with(counts: Counts) -> Analyser:
            made.append(Reader.of(self._spoken, counts))
            return made[0].analyser

        taken = epochs.take(self._db, version, read_with, now, self._timer.prolong)
        self._reader = taken.n, made[0]

    def _reader_of(self, epoch: Epoch, *, many: bool) -> Reader:
        """Return what reads words under an epoch; its counts at once for many items."""
        if self._reader is None or self._reader[0] != epoch.n:
            counts: Counts = (
                epochs.all_word_counts(self._db, epoch.n) if many
                else epochs.WordCounts(self._db, epoch.n)
            )  # fmt: skip
            self._reader = epoch.n, Reader.of(self._spoken, counts)
        return self._reader[1]

    def _build(self) -> None:
        """Build the shadow generation from where it is, and swap."""
        db = self._db
        build = builds.current(db)
        while build is not None and build.stage != builds.READY:
            epoch = epochs.by_number(db, build.epoch)
            if epoch is None:
                raise StoreError(
                    f"die Statistik {build.epoch} fehlt", remedy="aggregator rebuild --epoch"
                )
            self._stages(build, epoch)
            build = builds.current(db)
        if build is not None:
            builds.swap(db, build)
            builds.clear(reading(db).other)

    def _stages(self, build: Build, epoch: Epoch) -> None:
        """Do what is left of a build, in the time that there is."""
        generation = Generation(self._db, build.generation)
        stage, cursor = build.stage, build.cursor
        if stage == builds.CLEAR:
            builds.clear(generation)
            stage = self._enter(builds.DESCRIBE)
        deriver = Deriver(generation, epoch, self._reader_of(epoch, many=True))
        if stage == builds.DESCRIBE:
            self._describe(deriver, cursor)
            stage = self._enter(builds.RELATE)
            cursor = 0
        epochs.freeze_shingles(self._db, generation, epoch)
        deriver = Deriver(generation, epoch, self._reader_of(epoch, many=True))
        self._relate(deriver, cursor)
        self._enter(builds.READY)

    def _enter(self, stage: str) -> str:
        with transaction(self._db):
            builds.advance(self._db, stage, 0)
        return stage

    def _describe(self, deriver: Deriver, cursor: int) -> None:
        """Describe all items behind the cursor, writing as it goes."""
        total = epochs.living(self._db)
        while rows := epochs.items_after(self._db, cursor, BATCH):
            described = deriver.describe(rows)
            cursor = rows[-1]["pk"]
            with transaction(self._db):
                deriver.write_anew(rows, described)
                builds.advance(self._db, builds.DESCRIBE, cursor)
            self.items += len(rows)
            self._timer.tick()
            self._report("beschreiben", self.items, total)

    def _relate(self, deriver: Deriver, cursor: int) -> None:
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

    def work_off_queue(self) -> None:
        """Derive what waits, until nothing does."""
        db = self._db
        done, waiting = 0, changes.count(db)
        epoch = epochs.current(db)
        if not waiting or epoch is None:
            return
        deriver = Deriver(reading(db), epoch, self._reader_of(epoch, many=waiting >= MANY))
        while batch := changes.take(db, BATCH):
            deriver.work_off(batch)
            done += len(batch)
            self.items += len(batch)
            self._report("ableiten", done, max(done, waiting))
            self._timer.tick()


def _version(db: sqlite3.Connection, spoken: Language) -> str:
    """Return what an epoch depends on besides the items: analysis, vocabulary, former addresses."""
    told = sorted((p.id, p.url, p.former) for p in platforms(db) if p.former)
    digest = sha256(json.dumps(told).encode()).hexdigest()
    return sha256(f"{spoken.version} {digest}".encode()).hexdigest()[:16]
