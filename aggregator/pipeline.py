"""The page that a newcomer reads: how a source becomes items.

    claim -> fetch -> parse -> normalise -> compare and commit            (then `derive`)

`refresh` reads many sources, each in a thread of its own; `crawl` reads one. An answer is worked
through in one step and stored in one transaction; whatever it leads to is a row of the stored
frontier. A run works within its budget and leaves the rest to the next one. Errors of the outside
become part of the record; the old data stay. A run that cannot be trusted is suspect, and nothing
of it is believed.
"""

import logging
import sqlite3
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from operator import itemgetter
from queue import SimpleQueue

from aggregator import baton, store, urls
from aggregator.clock import stamp
from aggregator.engine import Engine, make_engine
from aggregator.model import Code, Problem, Role, RunState, Source
from aggregator.offline import judge_silence
from aggregator.record import Report, Run, conclude
from aggregator.visiting import hold_back, max_vanish, visit

__all__ = ["Engine", "crawl", "make_engine", "refresh"]
log = logging.getLogger(__name__)
ENUMERATING = store.frontier.ENUMERATING
# How long the lastmod of a sub-sitemap is believed; somebody who asks by name wants to see.
LASTMOD_TRUST = timedelta(hours=20)
NO_TRUST = timedelta(0)
MANY = 20  # first crawls from which on there will be enough to read for processes of their own


# --- many sources ----------------------------------------------------------------------------


def refresh(
    engine: Engine, sources: Sequence[Source], *, forced: bool, deadline: float | None = None
) -> Iterator[Report]:
    """Read sources, each in a thread of its own; yield a report as each ends.

    Args:
        engine: What to work with.
        sources: Those asked for, manual ones excluded.
        forced: Read them although they are not due.
        deadline: `time.monotonic()` after which no further address is fetched.

    Yields:
        One report for each source. A source whose host did not answer is reported last: whether
        it is down or we are offline shows only when all have ended.
    """
    db = engine.connections.mine()
    due, waiting = store.state.split_by_due(db, sources, stamp(engine.clock.now()), forced=forced)
    yield from (Report(source=source.id, state=RunState.NOT_DUE) for source in waiting)
    if store.state.never_read(db, due) >= MANY:
        engine.readers.expect_many()
    silent = []
    answered = False
    try:
        with store.leases.Heartbeat(engine.database) as heart:
            for run, report in _ended(engine, heart, due, forced=forced, deadline=deadline):
                answered = answered or run.answered
                if report is None:
                    silent.append(run)
                else:
                    yield report
            offline = bool(silent) and not answered and _are_offline(engine, db, silent)
            for run in silent:
                yield conclude(db, engine.clock, run, offline=offline)
    finally:
        engine.connections.close()


def _ended(
    engine: Engine,
    heart: store.leases.Heartbeat,
    due: Sequence[Source],
    *,
    forced: bool,
    deadline: float | None,
) -> Iterator[tuple[Run, Report | None]]:
    """Read sources in threads; yield each run as it ends, with its report unless it was silent."""
    ended: SimpleQueue[tuple[Run, Report | None] | BaseException] = SimpleQueue()

    def read(source: Source) -> None:
        try:
            ended.put(_crawl_and_conclude(engine, heart, source, forced=forced, deadline=deadline))
        except BaseException as error:  # noqa: BLE001 (raised again, in the thread that waits)
            ended.put(error)

    with ThreadPoolExecutor(engine.workers, thread_name_prefix="crawl") as pool:
        try:
            for source in _hosts_in_turn(due):
                pool.submit(read, source)
            for _ in due:
                outcome = ended.get()
                if isinstance(outcome, BaseException):
                    raise outcome
                yield outcome
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _hosts_in_turn(sources: Iterable[Source]) -> list[Source]:
    """Let sources of one host stand apart: a thread that waits for its turn there does no work."""
    times: Counter[str] = Counter()
    places = []
    for source in sources:
        host = urls.host_of(source.url or "")
        places.append((times[host], source))
        times[host] += 1
    return [source for _, source in sorted(places, key=itemgetter(0))]


# --- one source ------------------------------------------------------------------------------


def _crawl_and_conclude(
    engine: Engine,
    heart: store.leases.Heartbeat,
    source: Source,
    *,
    forced: bool,
    deadline: float | None,
) -> tuple[Run, Report | None]:
    """Read a source and close its record, unless its host was silent: that is judged at the end."""
    with baton.held():
        heart.keep(source.id)
        run = crawl(engine, source, forced=forced, deadline=deadline)
        if run.silent:
            return run, None
        heart.drop(source.id)
        return run, conclude(engine.connections.mine(), engine.clock, run)


def _are_offline(engine: Engine, db: sqlite3.Connection, silent: Iterable[Run]) -> bool:
    """Whether it is our own fault that no host has answered."""
    hosts = {urls.host_of(run.source.url or "") for run in silent}
    return judge_silence(db, engine.fetcher, engine.recorder.take, hosts, now=engine.clock.now())


def crawl(engine: Engine, source: Source, *, forced: bool, deadline: float | None = None) -> Run:
    """Claim a source and work through its frontier, within its budget.

    Never raises for what comes from outside; a bug ends this source alone and is reported as
    failed, with its traceback in the log.
    """
    source = replace(source, delay=engine.delays.get(urls.host_of(source.url or "")))
    platform = engine.platforms[source.platform]
    run = Run(source=source, platform=platform, began=time.monotonic(),
              root=urls.identity(source.url or "", platform).canonical)  # fmt: skip
    db = engine.connections.mine()
    try:
        if engine.is_over(deadline):
            run.refused = RunState.NOT_DUE  # its turn did not come; it stays due
        else:
            _begin(engine, db, run, forced=forced)
        if run.refused is None:
            _work(engine, db, run, deadline)
    except Exception as error:  # one source's bug must not end the others
        log.exception("source %s: a bug; please report these lines", source.id)
        run.trouble = Problem(code=Code.PARSE_FAILED, message=f"interner Fehler: {error!r}")
    return run


def _begin(engine: Engine, db: sqlite3.Connection, run: Run, *, forced: bool) -> None:
    """Claim a source, open the record of its run and make due what enumerates it."""
    source, now = run.source, engine.clock.now()
    with store.transaction(db):
        run.refused = store.state.claim(db, source.id, engine.clock, forced=forced)
        if run.refused is None:
            run.accepted = store.expectations.is_accepted(db, source.id)
            run.number = store.runs.start(db, source.id, engine.trigger, stamp(now))
            store.frontier.open_pass(
                db, source.id, source.url or "", run.root, stamp(now),
                trusted_since=stamp(now - (NO_TRUST if forced else LASTMOD_TRUST)),
            )  # fmt: skip


def _work(engine: Engine, db: sqlite3.Connection, run: Run, deadline: float | None) -> None:
    """Fetch what is due, one address after another, until budget or frontier are spent."""
    while run.requests < run.source.budget.requests and run.spent() < run.source.budget.time:
        if engine.is_over(deadline):
            return
        row = store.frontier.next_due(
            db, run.source.id, stamp(engine.clock.now()),
            revisits_left=run.source.budget.requests // 2 - run.revisits,
        )  # fmt: skip
        if not run.enumerated and (row is None or row.role not in ENUMERATING):
            _conclude_enumeration(engine, db, run)
        elif row is None:
            return
        else:
            visit(engine, db, run, row)
            if run.paused or (run.trouble and row.role is Role.ROOT):
                return  # nothing more to be had now; the frontier keeps the rest


def _conclude_enumeration(engine: Engine, db: sqlite3.Connection, run: Run) -> None:
    """When all that enumerates was read: see what is no longer named."""
    run.enumerated = True
    if run.trouble or run.suspect:
        return
    if not run.fresh and not store.frontier.says_complete(db, run.source.id, run.root):
        return  # nothing new was read, and what was read before concludes nothing
    _, held_back = store.commit.conclude_vanished(
        db, run.source.id, run=run.number, root=run.root, max_vanish=max_vanish(run),
        now=stamp(engine.clock.now()),
    )  # fmt: skip
    if held_back:
        hold_back(run, run.root)
