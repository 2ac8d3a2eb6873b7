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
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from operator import itemgetter

from aggregator import baton, store, urls
from aggregator.clock import stamp
from aggregator.engine import Engine, make_engine
from aggregator.model import Code, Problem, Role, RunState, Source
from aggregator.offline import judge_silence
from aggregator.record import Report, Run, conclude
from aggregator.rounds import Beginnings, Endings, close
from aggregator.visiting import hold_back, max_vanish, visit

__all__ = ["Engine", "crawl", "make_engine", "refresh"]
log = logging.getLogger(__name__)
ENUMERATING = store.frontier.ENUMERATING
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
    silent: list[Run] = []
    answered = False
    try:
        with store.leases.Heartbeat(engine.database) as heart:
            for runs in _ended(engine, heart, due, forced=forced, deadline=deadline):
                answered = answered or any(run.answered for run in runs)
                silent += (run for run in runs if run.silent)
                yield from close(engine, heart, db, [run for run in runs if not run.silent])
            offline = bool(silent) and not answered and _are_offline(engine, db, silent)
            for run in silent:
                yield from conclude(db, engine.clock, [run], offline=offline)
    finally:
        engine.connections.close()


def _ended(
    engine: Engine,
    heart: store.leases.Heartbeat,
    due: Sequence[Source],
    *,
    forced: bool,
    deadline: float | None,
) -> Iterator[list[Run]]:
    """Read sources in threads; yield their runs as they end, not concluded."""
    sources = _hosts_in_turn(due)
    beginnings = Beginnings(engine, heart, sources, forced=forced, deadline=deadline)
    endings = Endings(len(sources))

    def read(place: int) -> None:
        try:
            with baton.held():
                run = beginnings.take(place)
                crawl(engine, run, deadline)
            endings.put(run)
        except BaseException as error:  # noqa: BLE001 (raised again, in the thread that waits)
            endings.fail(error)

    with ThreadPoolExecutor(engine.workers, thread_name_prefix="crawl") as pool:
        try:
            for place in range(len(sources)):
                pool.submit(read, place)
            yield from endings
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


def _are_offline(engine: Engine, db: sqlite3.Connection, silent: Iterable[Run]) -> bool:
    """Whether it is our own fault that no host has answered."""
    hosts = {urls.host_of(run.source.url or "") for run in silent}
    return judge_silence(db, engine.fetcher, engine.recorder.take, hosts, now=engine.clock.now())


def crawl(engine: Engine, run: Run, deadline: float | None = None) -> None:
    """Work through the frontier of a source whose run was begun, within its budget.

    Never raises for what comes from outside; a bug ends this source alone and is reported as
    failed, with its traceback in the log.
    """
    db = engine.connections.mine()
    try:
        if run.refused is None and (run.quiet is None or _goes_on(engine, db, run, run.quiet)):
            _work(engine, db, run, deadline)
    except Exception as error:  # one source's bug must not end the others
        log.exception("source %s: a bug; please report these lines", run.source.id)
        run.trouble = Problem(code=Code.PARSE_FAILED, message=f"interner Fehler: {error!r}")


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
        elif row is None or not _goes_on(engine, db, run, row):
            return


def _goes_on(engine: Engine, db: sqlite3.Connection, run: Run, row: store.frontier.Row) -> bool:
    """Visit an address; return whether there is more to be had now, the frontier keeps the rest."""
    visit(engine, db, run, row)
    over = run.unchanged is not None or run.paused
    return not (over or (run.trouble and row.role is Role.ROOT))


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
