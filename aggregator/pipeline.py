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
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from datetime import timedelta
from operator import itemgetter
from pathlib import Path

from aggregator import belief, store, timing, urls
from aggregator.clock import Clock, stamp
from aggregator.config import load_settings
from aggregator.errors import FetchError, ParseError
from aggregator.fetch.client import Fetcher
from aggregator.model import (
    Catalogue,
    Code,
    Fetched,
    NotModified,
    Platform,
    Problem,
    Request,
    Role,
    RunState,
    Source,
    SourceKind,
    Validators,
)
from aggregator.offline import judge_silence
from aggregator.reading import Read, more_of
from aggregator.record import Recorder, Report, Run, conclude
from aggregator.setting_up import install_rules, make_fetcher
from aggregator.store.hosts import StoredHosts
from aggregator.workers import Readers

log = logging.getLogger(__name__)
ENUMERATING = store.frontier.ENUMERATING
MISSING = {404, 410}
MOVED_FOR_GOOD = {301, 308}
# How long the lastmod of a sub-sitemap is believed; somebody who asks by name wants to see.
LASTMOD_TRUST = timedelta(hours=20)
NO_TRUST = timedelta(0)


# --- many sources ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """What a refresh works with; shared by its threads."""

    database: Path
    fetcher: Fetcher
    hosts: StoredHosts
    clock: Clock
    platforms: dict[str, Platform]
    delays: dict[str, timedelta]  # the longest `delay` of the sources of a host
    recorder: Recorder
    connections: store.ThreadConnections
    readers: Readers
    trigger: str = "refresh"
    workers: int = 8

    def close(self) -> None:
        """Close the connections to the outside and to the database, end the reading processes."""
        self.fetcher.close()
        self.readers.close()
        self.hosts.close()
        self.connections.close()


def make_engine(
    db: sqlite3.Connection,
    database: Path,
    catalogue: Catalogue,
    data: Path,
    clock: Clock,
    trigger: str,
) -> Engine:
    """Return what a refresh works with; the store's copy of the source list is made current.

    Args:
        db: An open connection.
        database: The file, for the connections of the threads.
        catalogue: The source list.
        data: Folder of the settings.
        clock: Shared by all threads.
        trigger: Who asks: refresh, schedule, demo.

    Raises:
        ConfigError: The settings are wrong.
    """
    store.catalogue.mirror(db, catalogue)
    install_rules(data)
    settings = load_settings(data)
    recorder = Recorder()
    hosts = StoredHosts(database, clock)
    fetcher = make_fetcher(
        hosts, clock, data, catalogue.site, on_exchange=recorder, reservations=True
    )
    return Engine(
        database=database, fetcher=fetcher, hosts=hosts, clock=clock, recorder=recorder,
        connections=store.ThreadConnections(database),
        readers=Readers(settings.parse_workers, fast_feeds=settings.fast_feeds),
        trigger=trigger, workers=settings.workers,
        platforms={platform.id: platform for platform in catalogue.platforms},
        delays=_delays(catalogue.sources),
    )  # fmt: skip


def _delays(sources: Iterable[Source]) -> dict[str, timedelta]:
    """Return the longest delay of each host: what one source is owed, all must leave behind."""
    longest: dict[str, timedelta] = {}
    for source in sources:
        if source.delay:
            host = urls.host_of(source.url or "")
            longest[host] = max(source.delay, longest.get(host, source.delay))
    return longest


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
    silent = []
    answered = False
    try:
        with (
            store.leases.Heartbeat(engine.database) as heart,
            ThreadPoolExecutor(engine.workers, thread_name_prefix="crawl") as pool,
        ):
            tasks = [
                pool.submit(
                    _crawl_and_conclude, engine, heart, source, forced=forced, deadline=deadline
                )
                for source in _hosts_in_turn(due)
            ]
            for task in as_completed(tasks):
                run, report = task.result()
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
        if deadline is not None and time.monotonic() > deadline:
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
        if deadline is not None and time.monotonic() > deadline:
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
            _visit(engine, db, run, row)
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
        db, run.source.id, run=run.number, root=run.root, max_vanish=_max_vanish(run),
        now=stamp(engine.clock.now()),
    )  # fmt: skip
    if held_back:
        _hold_back(run, run.root)


def _max_vanish(run: Run) -> float:
    """Return which share of its items a source may lose at once."""
    return 1.0 if run.accepted else run.source.expect.max_vanish


def _hold_back(run: Run, where: str) -> None:
    """Call a run suspect in which too much would have vanished."""
    run.suspect = True
    run.trouble = Problem(
        code=Code.MASS_VANISH, where=where,
        message="auf einmal fehlen mehr Einträge als erwartet; der alte Stand bleibt",
    )  # fmt: skip


def _visit(engine: Engine, db: sqlite3.Connection, run: Run, row: store.frontier.Row) -> None:
    """Fetch one address and store what came of it."""
    if row.reason == "revisit" and row.role not in ENUMERATING:
        run.revisits += 1
    try:
        answer = engine.fetcher.get(
            Request(url=row.url, role=row.role, validators=_validators(row),
                    min_delay=run.source.delay)
        )  # fmt: skip
    except FetchError as error:
        _store_failure(engine, db, run, row, error)
        return
    run.answered = True
    visit = _arrived(_visited(engine, run, row, answer.status), run.platform, answer)
    if fresh_for := timing.freshness(answer.headers, engine.clock.now()):
        run.hints += (fresh_for,)
    if isinstance(answer, NotModified):
        next_in = timing.revisit_in(row.visits + 1)
        store.commit.commit_not_modified(
            db, visit, answer.validators, next_in=next_in, received_bytes=answer.bytes,
        )  # fmt: skip
        return
    try:
        more = more_of(engine.fetcher, run.source)
        found = engine.readers.read(run.source, run.platform, visit, answer, more)
        _judge(db, run, row, found)
        found = _without_endless_pages(db, run, row, found)
    except ParseError as error:
        _store_unreadable(db, run, visit, answer, error)
        return
    except FetchError as error:
        _store_failure(engine, db, run, row, error)
        return
    run.fresh = True
    run.hints += (found.parsed.ttl,) if found.parsed.ttl else ()
    store.commit.commit_step(db, _with_further_exchanges(engine, run, found.step))


def _validators(row: store.frontier.Row) -> Validators:
    """Return what makes a request conditional; now and then only the hash, which cannot lie."""
    if timing.asks_fully(row.visits):
        return replace(row.validators, etag=None, last_modified=None)
    return row.validators


def _visited(
    engine: Engine, run: Run, row: store.frontier.Row, status: int | None
) -> store.commit.Visit:
    """Describe the visit that just ended."""
    exchanges = engine.recorder.take()
    run.requests += max(1, len(exchanges))
    run.waited_ms += sum(e.ms + e.waited_ms for e in exchanges)
    return store.commit.Visit(
        row=row, run=run.number, platform=run.platform, now=stamp(engine.clock.now()),
        exchanges=exchanges, status=status,
    )  # fmt: skip


def _with_further_exchanges(engine: Engine, run: Run, step: store.commit.Step) -> store.commit.Step:
    """Add the exchanges that completing a page took."""
    further = engine.recorder.take()
    run.requests += len(further)
    run.waited_ms += sum(e.ms + e.waited_ms for e in further)
    visit = replace(step.visit, exchanges=step.visit.exchanges + further)
    return replace(step, visit=visit) if further else step


def _arrived(
    visit: store.commit.Visit, platform: Platform, answer: Fetched | NotModified
) -> store.commit.Visit:
    """Add where the redirects ended."""
    if not answer.hops:
        return visit
    return replace(
        visit,
        final_url=answer.final_url,
        final_canonical=urls.identity(answer.final_url, platform).canonical,
        moved_for_good=all(hop.status in MOVED_FOR_GOOD for hop in answer.hops),
    )


def _store_failure(
    engine: Engine, db: sqlite3.Connection, run: Run, row: store.frontier.Row, error: FetchError
) -> None:
    """Store that nothing usable came back; for what enumerates, the run is in trouble."""
    visit = _visited(engine, run, row, error.status)
    run.answered = run.answered or error.status is not None
    run.paused = error.status is None and error.retry_after is not None
    problem = Problem(code=error.code, message=error.message, where=row.url)
    if row.role in ENUMERATING:
        run.trouble, run.error = problem, error
        run.silent = row.role is Role.ROOT and error.status is None and error.retryable
        run.silent = run.silent and not run.paused
    elif run.paused:
        return  # the row stays due
    elif error.status in MISSING:
        _, held_back = store.commit.commit_missing(db, visit, max_vanish=_max_vanish(run))
        if held_back:
            _hold_back(run, row.url)
        return
    store.commit.commit_failure(
        db, visit, problem, retry_in=error.retry_after, give_up=not error.retryable,
    )  # fmt: skip


def _store_unreadable(
    db: sqlite3.Connection,
    run: Run,
    visit: store.commit.Visit,
    answer: Fetched,
    error: ParseError,
) -> None:
    """Store that a body was not what it should be: its validators are not believed."""
    problem = Problem(code=error.code, message=error.message, where=visit.row.url)
    snapshot = None
    if visit.row.role in ENUMERATING:
        run.trouble, run.suspect = problem, True
        snapshot = store.snapshots.of(run.source, answer)
    store.commit.commit_failure(db, visit, problem, retry_in=None, give_up=False, snapshot=snapshot)


def _judge(db: sqlite3.Connection, run: Run, row: store.frontier.Row, found: Read) -> None:
    """Refuse what breaks its source's promises or its habits.

    Raises:
        ParseError: It is not to be believed; for what enumerates, the run is suspect.
    """
    run.pages += row.role not in ENUMERATING
    try:
        reading = belief.examine(db, run.source, run.platform, row, found, accepted=run.accepted)
    except ParseError:
        run.hollow += row.role not in ENUMERATING
        raise
    run.reading = reading or run.reading


def _without_endless_pages(
    db: sqlite3.Connection, run: Run, row: store.frontier.Row, found: Read
) -> Read:
    """Go no further behind a page of a list that repeats what other pages named.

    Some pagers offer a next page for ever. Pages that are known already are read nevertheless.
    """
    step = found.step
    leads = {canonical for _, canonical, role, _ in step.follows if role is Role.INDEX}
    if row.role is not Role.INDEX or not leads or run.source.kind is not SourceKind.LISTING:
        return found
    entries = [canonical for canonical in step.named or () if canonical not in leads]
    if not store.frontier.names_nothing_new(db, run.source.id, row.canonical, entries):
        return found
    follows = tuple(link for link in step.follows if link[2] is not Role.INDEX)
    return replace(found, step=replace(step, follows=follows, named=tuple(entries)))
