"""One address of a source: fetch it, read it, judge it, store what came of it.

Every outcome is one transaction: a step with all that it brought, the news that nothing changed, a
page that is missing, or a failure that leaves the old data as they are.
"""

import sqlite3
from dataclasses import replace

from aggregator import belief, store, timing, urls
from aggregator.clock import stamp
from aggregator.engine import Engine
from aggregator.errors import FetchError, ParseError
from aggregator.fetch.more import more_of
from aggregator.model import (
    Code,
    Fetched,
    NotModified,
    Platform,
    Problem,
    Request,
    Role,
    SourceKind,
    Validators,
)
from aggregator.reading import Read
from aggregator.record import Run

ENUMERATING = store.frontier.ENUMERATING
MISSING = {404, 410}
MOVED_FOR_GOOD = {301, 308}


def max_vanish(run: Run) -> float:
    """Return which share of its items a source may lose at once."""
    return 1.0 if run.accepted else run.source.expect.max_vanish


def hold_back(run: Run, where: str) -> None:
    """Call a run suspect in which too much would have vanished."""
    run.suspect = True
    run.trouble = Problem(
        code=Code.MASS_VANISH, where=where,
        message="auf einmal fehlen mehr Einträge als erwartet; der alte Stand bleibt",
    )  # fmt: skip


def visit(engine: Engine, db: sqlite3.Connection, run: Run, row: store.frontier.Row) -> None:
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
        told = store.commit.Unchanged(visit=visit, validators=answer.validators, bytes=answer.bytes)
        if row is run.quiet and not answer.hops:
            run.unchanged = told  # stored with the end of the run
        else:
            next_in = timing.revisit_in(row.visits + 1)
            store.commit.commit_not_modified(db, told, next_in=next_in)
        return
    run.pages += row.role not in ENUMERATING and row.attempts == 0
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
        _, held_back = store.commit.commit_missing(db, visit, max_vanish=max_vanish(run))
        if held_back:
            hold_back(run, row.url)
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
    else:
        run.unread += 1
        run.hollow += visit.row.attempts == 0
    store.commit.commit_failure(db, visit, problem, retry_in=None, give_up=False, snapshot=snapshot)


def _judge(db: sqlite3.Connection, run: Run, row: store.frontier.Row, found: Read) -> None:
    """Refuse what breaks its source's promises or its habits.

    Raises:
        ParseError: It is not to be believed; for what enumerates, the run is suspect.
    """
    reading = belief.examine(db, run.source, run.platform, row, found, accepted=run.accepted)
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
