"""A run: what it notes while it goes on, how it ends, and what it tells.

The verdict comes from `judge`, the time of the next run from `timing`; here both are written down
in one transaction, together with the end of the lease.
"""

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from aggregator import dates, judge, store, timing, usual
from aggregator.clock import Clock, instant, stamp
from aggregator.errors import FetchError
from aggregator.model import Code, Exchange, Platform, Problem, RunState, Source

OFFLINE_PAUSE = timedelta(minutes=10)
_STAMP_CHARS = len("2026-01-01T00:00:00Z")
RETIRED = timedelta(days=365)  # 410: asked again only when somebody names it


class Recorder:
    """Collects the exchanges of each thread, for the record of its run."""

    def __init__(self) -> None:
        self._local = threading.local()

    def __call__(self, exchange: Exchange) -> None:
        """Note one exchange of this thread."""
        self._mine().append(exchange)

    def take(self) -> tuple[Exchange, ...]:
        """Return the exchanges of this thread since the last call."""
        mine = self._mine()
        taken = tuple(mine)
        mine.clear()
        return taken

    def _mine(self) -> list[Exchange]:
        if not hasattr(self._local, "exchanges"):
            self._local.exchanges = []
        exchanges: list[Exchange] = self._local.exchanges
        return exchanges


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How a source fared, as `refresh --json` prints it."""

    source: str
    state: RunState
    reason: str | None = None
    message: str | None = None
    counts: dict[str, int] = field(default_factory=dict)
    next_at: str | None = None

    def document(self) -> dict[str, Any]:
        """Return the line of the contract."""
        names = ("new", "changed", "unchanged", "vanished", "rejected", "pending", "requests",
                 "not_modified", "bytes", "wall_ms")  # fmt: skip
        return {
            "source": self.source,
            "state": str(self.state),
            "reason": self.reason,
            **{name: self.counts.get(name, 0) for name in names},
            "next_at": self.next_at,
        }


@dataclass(slots=True, kw_only=True)
class Run:
    """One run of one source, while it goes on."""

    source: Source
    platform: Platform
    root: str  # canonical address
    number: int = 0  # of its record; 0: not claimed
    refused: RunState | None = None  # why it was not claimed
    quiet: store.frontier.Row | None = None  # its root, if nothing else is due
    unchanged: store.commit.Unchanged | None = None  # all that it brought, still to be stored
    began: float = 0.0
    requests: int = 0
    waited_ms: int = 0  # for its turns and for answers, on the clock of the run
    revisits: int = 0
    answered: bool = False
    fresh: bool = False  # something was not as we knew it
    trouble: Problem | None = None  # with what enumerates the source
    error: FetchError | None = None  # behind the trouble, when nothing usable came at all
    suspect: bool = False
    accepted: bool = False  # a person has accepted the new normal of the source
    reading: usual.Reading | None = None  # of the source's own document, to be learnt from
    pages: int = 0  # behind entries, that were read
    hollow: int = 0  # of them those that are unreadable or lost their text
    unread: int = 0  # pages that are unreadable, also those that were before
    silent: bool = False  # the network gave no answer at all
    paused: bool = False  # its host has asked us to come back much later
    enumerated: bool = False
    hints: tuple[timedelta, ...] = ()  # ttl and freshness lifetime: they only delay

    def spent(self) -> timedelta:
        """Return the time that the run took so far.

        A simulated clock jumps for all sources when one of them waits; only the own waits count.
        """
        worked = timedelta(seconds=time.monotonic() - self.began)
        return max(worked, timedelta(milliseconds=self.waited_ms))


def conclude(
    db: store.Connection, clock: Clock, runs: Iterable[Run], *, offline: bool = False
) -> list[Report]:
    """End runs: give leases back, decide when the sources are read next, close the records.

    One transaction for all of them: most runs bring nothing new, and a transaction costs as much
    as what there is to say of one.
    """
    with store.transaction(db):
        return [
            _conclude(db, clock, run, offline=offline)
            if run.refused is None
            else _withdraw(db, run, run.refused)
            for run in runs
        ]


def _withdraw(db: store.Connection, run: Run, refused: RunState) -> Report:
    """Leave no trace of a run whose turn did not come; its source stays due."""
    if run.number:
        store.runs.withdraw(db, run.number)
        store.state.let_go(db, run.source.id)
    return Report(source=run.source.id, state=refused)


def _conclude(db: store.Connection, clock: Clock, run: Run, *, offline: bool) -> Report:
    now = clock.now()
    name, at = run.source.id, stamp(now)
    ahead = store.frontier.outlook(db, name)
    published = store.runs.newest_dates(db, name)
    _doubt_hollow_pages(db, run)
    verdict = judge.verdict(
        _with_habits(db, run, published), trouble=run.trouble,
        status=run.error.status if run.error else None,
        suspect=run.suspect, offline=offline, fresh=run.fresh,
        newest=published[0] if published else None, now=at,
    )  # fmt: skip
    if run.unchanged is None:  # a quiet source has not moved
        verdict = judge.told_of_move(verdict, store.moves.news(db, name))
    before = 0.0 if verdict.fine else store.state.state_of(db, name).failures
    failures, next_at = _plan(run, verdict, before, published, now)
    if verdict.fine:
        _learn(db, run, at)
    _plan_pass(db, run, stamp(next_at) if verdict.fine else None)
    if verdict.fine:
        next_at = timing.sooner_for_pages(
            run.source, next_at, waiting=instant(ahead.waiting), revisit=instant(ahead.revisit),
            spent=run.spent(), now=now,
        )  # fmt: skip
    record = store.runs.end(
        db, run.number, state=verdict.state, reason=verdict.reason, message=verdict.message,
        pending=ahead.pending, wall_ms=round((time.monotonic() - run.began) * 1000), now=at,
    )  # fmt: skip
    store.state.settle(
        db, name, state=verdict.state, reason=verdict.reason, message=verdict.message,
        next_at=stamp(next_at), failures=failures, now=at,
    )  # fmt: skip
    return Report(
        source=name, state=verdict.state, reason=verdict.reason, message=verdict.message,
        counts=record, next_at=stamp(next_at),
    )  # fmt: skip


def _plan_pass(db: store.Connection, run: Run, at: str | None) -> None:
    """Say when the next pass begins; None: the source's state alone says when it is asked."""
    if run.unchanged is not None:
        store.commit.commit_quiet(db, run.unchanged, at or store.frontier.FAR)
    elif at is not None:
        store.frontier.plan(db, run.source.id, at)


def _doubt_hollow_pages(db: store.Connection, run: Run) -> None:
    """Call a run suspect in which most pages could not be read, or have lost their texts.

    Pages that failed before are no news, unless the source has never given anything else.
    """
    if run.trouble is not None:
        return
    most = run.hollow >= usual.ENOUGH and 2 * run.hollow > run.pages
    if most or (run.unread and not store.runs.gave_items(db, run.source.id)):
        run.suspect = True
        run.trouble = Problem(
            code=Code.IDENTITY_LOST if most else Code.EMPTY, where=run.source.url or "",
            message=f"{run.unread} Seiten sind unlesbar oder ohne ihren Text",
        )  # fmt: skip


def _with_habits(db: store.Connection, run: Run, published: Sequence[str]) -> Source:
    """Return the source with the longest silence that is usual for it, where it declares none."""
    if run.accepted or run.source.expect.max_age is not None:
        return run.source
    since = store.expectations.watched_since(db, run.source.id)
    most = usual.longest_silence(published, since) if since else None
    if most is None:
        return run.source
    return replace(run.source, expect=replace(run.source.expect, max_age=most))


def _learn(db: store.Connection, run: Run, now: str) -> None:
    """Learn from a run that was believed; one that was accepted begins a new past."""
    if run.accepted:
        store.expectations.use(db, run.source.id, now)
    if run.reading is not None:
        store.expectations.learn(db, run.source.id, run.reading)


def _newest_first(published: Sequence[str]) -> Iterator[datetime]:
    """Yield dates as instants, newest first; they come sorted as text.

    That is right for what `stamp` wrote, as most are; for days and other zones but for the hours.
    """
    if all(len(at) == _STAMP_CHARS and at[-1] == "Z" for at in published):
        yield from map(instant, published)
        return
    for _, day in groupby(published, key=lambda at: at[:10]):
        yield from sorted((instant(dates.sort_key(at)) for at in day), reverse=True)


def _plan(
    run: Run,
    verdict: judge.Verdict,
    failures: float,
    published: Sequence[str],
    now: datetime,
) -> tuple[float, datetime]:
    """Return how many failures in a row there are now, and when the source is read next."""
    if verdict.state is RunState.OFFLINE:
        return failures, now + OFFLINE_PAUSE  # not the source's fault: nothing is counted
    if verdict.state is RunState.GONE:
        return failures + 1, now + RETIRED
    if verdict.fine:
        return 0.0, timing.next_after_success(
            run.source, _newest_first(published), now=now,
            hint=max(run.hints, default=None),
        )  # fmt: skip
    fault = timing.fault_of(run.error) if run.error else timing.Fault.SOFT
    failures += fault.weight
    retry_after = run.error.retry_after if run.error else None
    return failures, timing.next_after_failure(
        run.source, failures, now=now, retry_after=retry_after
    )
