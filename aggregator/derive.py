"""Derivation, the second page of the pipeline: from what was stored to what readers are shown.

    changes -> read -> write: searchable         (lease `search`; always done to the end)
            -> describe (one item alone) -> write -> compare (with all others) -> write: linked
                                                 (lease `derive`; in the time that there is)

A row of the queue goes from `item` to `link` with its search row and leaves with its links.
Computing happens outside of transactions, which are short; a kill anywhere loses nothing: writing
begins with taking out what was there. Within an epoch the result depends on the items alone, not on
the order in which they came, were edited or deleted, nor on how the work was cut into runs.

The first run of an installation counts words, so that items become searchable at once, and goes on
with that epoch when it links. Later epochs are built in the shadow of the live generation, while
what comes becomes searchable under the old one.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, StrEnum, auto
from typing import TYPE_CHECKING

from aggregator import waiting
from aggregator.building import (
    BATCH,
    LEASE,
    Builder,
    Progress,
    Readers,
    TimeIsUpError,
    Timer,
    deriver_of,
)
from aggregator.clock import Clock, SystemClock, stamp
from aggregator.config.vocabulary import Vocabulary
from aggregator.index_team import Team
from aggregator.indexer import Alone, Indexer
from aggregator.language import Language, language
from aggregator.store import builds, changes, epochs, leases
from aggregator.store.derived import reading
from aggregator.store.epochs import Epoch
from aggregator.text.wordforms import WordForms
from aggregator.waiting import AT_ONCE, Derived

if TYPE_CHECKING:
    from aggregator.deriver import Deriver

SEARCH_LEASE = "search"
MANY = 2_000  # waiting items from which on the epoch's words are read at once
TEAM_FROM = 5_000  # ... from which on a process beside this one reads; it warms up like this one
GRACE = timedelta(seconds=10)  # that a run waits for another one to link, whatever time it has
POLL = timedelta(milliseconds=100)  # between two looks at a lease that another process holds


class Anew(StrEnum):
    """What `derive` does again although nothing changed."""

    NOTHING = "nothing"
    ROWS = "rows"  # all derived rows, within the epoch
    EPOCH = "epoch"  # the statistics too


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How far a run goes."""

    links_for: timedelta | None = None  # time for a large backlog of links; None: until it is done
    anew: Anew = Anew.NOTHING
    at_once: int = AT_ONCE  # items up to which links are not a matter of time
    small_corpus: int = epochs.SMALL_CORPUS  # up to so many items every change brings a new epoch


def derive(
    db: sqlite3.Connection,
    *,
    clock: Clock,
    vocabulary: Vocabulary,
    words: WordForms,
    progress: Progress | None = None,
    effort: Effort | None = None,
) -> Derived:
    """Make searchable what the queue holds, then link it, under a new epoch where one is due.

    While another process derives, waits for it and does what it leaves.

    Args:
        db: The database.
        clock: For the time limit and the date of an epoch.
        vocabulary: Topics, aliases and exceptions of the splitter.
        words: The dictionary of word forms.
        progress: Told the stage, the items done and the items in all.
        effort: How far to go; everything by default.

    Returns:
        What was done, and what is left.
    """
    run = _Run(db, clock, language(vocabulary, words), progress, effort or Effort())
    while True:
        run.search()
        run.link()
        if run.is_over():
            return run.told()


class _Run:
    """One run: what waits becomes searchable, then it is linked."""

    def __init__(
        self,
        db: sqlite3.Connection,
        clock: Clock,
        spoken: Language,
        progress: Progress | None,
        effort: Effort,
    ) -> None:
        self._db = db
        self._clock = clock
        self._effort = effort
        self._report: Progress = progress or (lambda stage, done, total: None)
        self._version = waiting.version(db, spoken.version)
        self._readers = Readers(db, spoken)
        self._timer = Timer(db, clock, effort.links_for)
        self._anew = effort.anew
        self._searched = 0
        self._items = 0

    def told(self) -> Derived:
        """Say what was done."""
        epoch = epochs.current(self._db)
        return Derived(
            items=self._items + self._searched, epoch=epoch.n if epoch else 0,
            unlinked=changes.unlinked(self._db),
            complete=not changes.count(self._db) and builds.current(self._db) is None,
        )  # fmt: skip

    def is_over(self) -> bool:
        """Whether nothing is left that this run has to do."""
        return not changes.count(self._db, changes.ITEM) or epochs.current(self._db) is None

    # --- searchable ----------------------------------------------------------------------------

    def search(self) -> None:
        """Make searchable what waits, until nothing does."""
        with _lease(self._db, SEARCH_LEASE):
            self._first_words()
            while count := changes.count(self._db, changes.ITEM):
                epoch = epochs.current(self._db)
                if epoch is None:
                    return
                reader = self._readers.of(epoch, many=count >= MANY)
                self._readers.learn(epoch)
                if count < TEAM_FROM:
                    self._index(Indexer(self._db, epoch, Alone(reader)), count)
                    continue
                counts = self._readers.counts(epoch)
                team = Team(self._readers.dictionary, counts, reader)
                try:
                    self._index(Indexer(self._db, epoch, team), count)
                finally:
                    team.close()

    def _index(self, indexer: Indexer, waiting: int) -> None:
        done = 0
        for written in indexer.run():
            done += written
            self._searched += written
            self._report("durchsuchbar machen", done, max(done, waiting))
            leases.acquire(self._db, SEARCH_LEASE)

    def _first_words(self) -> None:
        """Begin the first epoch: without word counts nothing can be read."""
        if epochs.current(self._db) is None and epochs.living(self._db):

            def prolong() -> None:
                leases.acquire(self._db, SEARCH_LEASE)

            now = stamp(self._clock.now())
            epoch, counts = epochs.take_words(self._db, self._version, now, prolong)
            self._readers.keep(epoch, counts)

    # --- linked --------------------------------------------------------------------------------

    def link(self) -> None:
        """Link what waits: little of it at once, much in the time that there is."""
        wait = None if self._effort.links_for is None else max(self._effort.links_for, GRACE)
        with _lease(self._db, LEASE, wait) as held:
            epoch = epochs.current(self._db)
            if not held or (epoch is None and self._anew is not Anew.EPOCH):
                return
            with suppress(TimeIsUpError):
                self._link(epoch)

    def _link(self, epoch: Epoch | None) -> None:
        builder = Builder(self._db, self._readers, self._timer, self._report)
        builder.tidy()
        due = self._due(epoch)
        waiting = changes.count(self._db, changes.LINK, changes.RELATE)
        if (epochs.living(self._db) if due else waiting) <= self._effort.at_once:
            self._timer.stop()
        elif epoch is not None and self._may_go_first(epoch):
            self._first_in_queue(epoch, waiting)
        self._timer.tick()
        while due:
            self._begin(builder, due, epoch)
            builder.build()
            epoch = epochs.current(self._db)
            due = self._due(epoch)  # a build that was gone on with may have seen little of today
        self._items += builder.items
        self._work_off_queue()

    def _due(self, epoch: Epoch | None) -> "_Due | None":
        """Return what has to be built before single items can be linked."""
        build = builds.current(self._db)
        under = epochs.by_number(self._db, build.epoch) if build else None
        old = under is None or under.analysis != self._version
        anew, self._anew = self._anew, Anew.NOTHING
        if epoch is None or anew is Anew.EPOCH or (
            old and epochs.is_due(self._db, self._version, self._effort.small_corpus)
        ):  # fmt: skip
            return _Due.EPOCH
        if build is not None:
            return _Due.REST
        if epoch.state == epochs.WORDED:
            return _Due.TERMS
        return _Due.ROWS if anew is Anew.ROWS else None

    def _begin(self, builder: Builder, due: "_Due", epoch: Epoch | None) -> None:
        """Begin a build, unless it is to be gone on with."""
        if due is _Due.EPOCH:
            builder.take_epoch(self._version, stamp(self._clock.now()))
        elif due is _Due.TERMS and epoch is not None:
            builder.take_terms(epoch)
        elif due is _Due.ROWS and epoch is not None:
            builds.begin(self._db, epoch.n)

    def _may_go_first(self, epoch: Epoch) -> bool:
        """Whether items can be linked although there is more to do than can be done now."""
        return (
            builds.current(self._db) is None
            and epoch.state == epochs.COMPLETE
            and epoch.analysis == self._version
        )

    def _first_in_queue(self, epoch: Epoch, waiting: int) -> None:
        """Link what waits, if it is not much, else what this run made searchable, if that is not.

        The newest changes come first, so a backlog does not keep new items from their links.
        """
        first = next((n for n in (waiting, self._searched) if n <= self._effort.at_once), 0)
        deriver = self._deriver(epoch, first)
        done = 0
        while batch := changes.to_link(self._db, min(BATCH, first - done)):
            deriver.work_off(batch)
            done += len(batch)
            self._items += len(batch)
            self._timer.prolong()
            self._report("verknüpfen", done, first)

    def _work_off_queue(self) -> None:
        """Link what waits, until nothing does."""
        waiting = changes.count(self._db, changes.LINK, changes.RELATE)
        epoch = epochs.current(self._db)
        if not waiting or epoch is None:
            return
        deriver = self._deriver(epoch, waiting)
        done = 0
        while batch := changes.to_link(self._db, BATCH):
            deriver.work_off(batch)
            done += len(batch)
            self._items += len(batch)
            self._report("verknüpfen", done, max(done, waiting))
            self._timer.tick()

    def _deriver(self, epoch: Epoch, waiting: int) -> "Deriver":
        reader = self._readers.of(epoch, many=waiting >= MANY)
        return deriver_of(reading(self._db), epoch, reader)


class _Due(Enum):
    """What has to be built."""

    EPOCH = auto()  # a new epoch
    TERMS = auto()  # the rest of the first epoch, and what follows from it
    REST = auto()  # of a build that is under way
    ROWS = auto()  # everything, within the epoch


@contextmanager
def _lease(db: sqlite3.Connection, name: str, wait: timedelta | None = None) -> Iterator[bool]:
    """Hold a lease; yield whether it is held, after waiting for another process for so long."""
    real = SystemClock()
    end = real.now() + wait if wait is not None else None
    while not leases.acquire(db, name):
        if end is not None and real.now() >= end:
            yield False
            return
        real.wait_until(real.now() + POLL)
    try:
        yield True
    finally:
        leases.release(db, name)
