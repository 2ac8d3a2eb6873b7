"""Many sources at once: their runs are begun and ended a few at a time.

Most sources bring nothing new most of the time. What there is to write of such a run costs less
than a transaction of its own, so threads that crawl begin the runs of the next sources together,
and those that have ended are gathered and closed together. A run is begun under the lease of its
source, which the heartbeat prolongs from then on; a process that dies in between leaves leases that
end with it.
"""

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from aggregator import baton, store, urls
from aggregator.clock import stamp
from aggregator.engine import Engine
from aggregator.model import RunState, Source
from aggregator.record import Report, Run, conclude

AT_ONCE = 16  # runs begun, or ended, in one transaction: some 3 ms
GATHER_S = 0.05  # that an ended run waits for others to end
# How long the lastmod of a sub-sitemap is believed; somebody who asks by name wants to see.
LASTMOD_TRUST = timedelta(hours=20)
NO_TRUST = timedelta(0)


class Beginnings:
    """Begins runs in the order of their sources; thread-safe.

    Args:
        engine: What to work with.
        heart: Prolongs their leases.
        sources: In the order in which threads will ask for them.
        forced: Read them although they are not due.
        deadline: As for `pipeline.refresh`.
    """

    def __init__(
        self,
        engine: Engine,
        heart: store.leases.Heartbeat,
        sources: Sequence[Source],
        *,
        forced: bool,
        deadline: float | None,
    ) -> None:
        self._engine = engine
        self._heart = heart
        self._sources = sources
        self._forced = forced
        self._deadline = deadline
        self._begun: dict[int, Run] = {}
        self._next = 0  # the first source whose run was not begun
        self._lock = threading.Lock()

    def take(self, place: int) -> Run:
        """Return the run of the source at a place; refused where it is not to be read.

        Raises:
            StoreError: The database takes nothing.
        """
        with self._lock:
            if place >= self._next:
                self._begin(place)
            run = self._begun.pop(place)
        if run.refused is None and self._engine.is_over(self._deadline):
            run.refused = RunState.NOT_DUE  # its turn did not come; it stays due
        run.began = time.monotonic()
        return run

    def _begin(self, first: int) -> None:
        """Begin the runs of the next sources, unless no time is left for them."""
        end = min(max(first + 1, self._next + AT_ONCE), len(self._sources))
        runs = [_run(self._engine, source) for source in self._sources[self._next : end]]
        if self._engine.is_over(self._deadline):
            for run in runs:
                run.refused = RunState.NOT_DUE
        else:
            begin(self._engine, runs, forced=self._forced)
        for run in runs:
            if run.refused is None:
                self._heart.keep(run.source.id)
        self._begun.update(enumerate(runs, self._next))
        self._next = end


def _run(engine: Engine, source: Source) -> Run:
    """Return the run of a source, which leaves the spacing behind that its host is owed."""
    platform = engine.platforms[source.platform]
    delay = engine.delays.get(urls.host_of(source.url or ""))
    return Run(
        source=source if delay == source.delay else replace(source, delay=delay),
        platform=platform, began=time.monotonic(),
        root=urls.identity(source.url or "", platform).canonical,
    )  # fmt: skip


def begin(engine: Engine, runs: Sequence[Run], *, forced: bool) -> None:
    """Claim sources, open the records of their runs and make due what enumerates them."""
    now = engine.clock.now()
    trusted_since = stamp(now - (NO_TRUST if forced else LASTMOD_TRUST))
    db = engine.connections.mine()
    with store.transaction(db):
        for run in runs:
            run.refused = store.state.claim(db, run.source.id, engine.clock, forced=forced)
            if run.refused is None:
                run.number = store.runs.start(db, run.source.id, engine.trigger, stamp(now))
                _open(db, run, stamp(now), trusted_since)


def _open(db: sqlite3.Connection, run: Run, now: str, trusted_since: str) -> None:
    name, url = run.source.id, run.source.url or ""
    run.quiet = store.quiet.root(db, name, url, run.root, now)
    if run.quiet is None:
        run.accepted = store.expectations.is_accepted(db, name)
        store.frontier.open_pass(db, name, url, run.root, now, trusted_since=trusted_since)


class Endings:
    """Gathers runs that have ended in other threads.

    Args:
        expected: How many there will be.
    """

    def __init__(self, expected: int) -> None:
        self._left = expected
        self._runs: list[Run] = []
        self._error: BaseException | None = None
        self._changed = threading.Condition()

    def put(self, run: Run) -> None:
        """Hand over a run that has ended."""
        with self._changed:
            self._runs.append(run)
            self._left -= 1
            if len(self._runs) in (1, AT_ONCE) or not self._left:
                self._changed.notify()

    def fail(self, error: BaseException) -> None:
        """Hand over what ended a thread; raised in the one that waits."""
        with self._changed:
            self._error = error
            self._changed.notify()

    def __iter__(self) -> Iterator[list[Run]]:
        """Yield runs as they end, some at a time."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._runs or self._error or not self._left)
                self._changed.wait_for(self._are_enough, GATHER_S)
                if self._error is not None:
                    raise self._error
                runs, self._runs = self._runs, []
            if not runs:
                return
            yield runs

    def _are_enough(self) -> bool:
        return len(self._runs) >= AT_ONCE or not self._left or self._error is not None


def close(
    engine: Engine, heart: store.leases.Heartbeat, db: sqlite3.Connection, runs: Sequence[Run]
) -> list[Report]:
    """Close the records of runs that have ended, between two computations of those that go on."""
    with baton.held():
        reports = conclude(db, engine.clock, runs)
    for run in runs:
        heart.drop(run.source.id)
    return reports
