"""The state of sources between runs: when they are due, who works on them, how they fared.

A run claims its source by update-and-count with a lease, so cron and the scheduler may overlap;
while it runs, a heartbeat keeps the lease (`leases.Heartbeat`).
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from aggregator.clock import Clock, stamp
from aggregator.errors import NotFoundError
from aggregator.model import RunState, Source
from aggregator.store import holders, leases
from aggregator.store.connection import transaction

FAR = "9999-12-31T00:00:00Z"  # paused sources are not due before somebody resumes them


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """What the store knows of a source."""

    source: str
    state: str
    reason: str | None
    message: str | None
    next_at: str | None
    last_run_at: str | None
    last_success_at: str | None
    failures: float
    paused: bool


def state_of(db: sqlite3.Connection, source: str) -> SourceState:
    """Return the state of a source.

    Raises:
        NotFoundError: It is not in the mirrored list.
    """
    row = db.execute(
        "SELECT source, state, reason, message, next_at, last_run_at, last_success_at, failures,"
        " paused FROM source_state WHERE source = ?",
        (source,),
    ).fetchone()
    if row is None:
        raise NotFoundError(f"es gibt keine Quelle {source!r}", remedy="aggregator sources list")
    return SourceState(**{**dict(row), "paused": bool(row["paused"])})


def claim(db: sqlite3.Connection, source: str, clock: Clock, *, forced: bool) -> RunState | None:
    """Take the lease of a source that is due.

    Args:
        db: The connection.
        source: Its id.
        clock: For due times.
        forced: Take it although it is not due or paused.

    Returns:
        None when claimed, else why not: NOT_DUE or BUSY.
    """
    now = clock.now()
    with transaction(db):
        row = _lease_row(db, source)
        if not forced and (row["paused"] or (row["next_at"] or "") > stamp(now)):
            return RunState.NOT_DUE
        held = row["lease_by"] and row["lease_until"] > stamp(holders.CLOCK.now())
        if held and not holders.is_dead(row["lease_by"]):
            return RunState.BUSY
        db.execute(
            "UPDATE source_state SET lease_by = ?, lease_until = ? WHERE source = ?",
            (holders.me(), stamp(holders.CLOCK.now() + leases.OF_SOURCE), source),
        )
    return None


def _lease_row(db: sqlite3.Connection, source: str) -> sqlite3.Row:
    """Return due time and lease of a source; of one that was never read, made now."""
    query = "SELECT next_at, paused, lease_by, lease_until FROM source_state WHERE source = ?"
    row: sqlite3.Row | None = db.execute(query, (source,)).fetchone()
    if row is None:
        db.execute("INSERT INTO source_state (source) VALUES (?)", (source,))
        return _lease_row(db, source)
    return row


def settle(
    db: sqlite3.Connection,
    source: str,
    *,
    state: RunState,
    reason: str | None,
    message: str | None,
    next_at: str | None,
    failures: float,
    now: str,
) -> None:
    """Record how a run ended and give the lease back; part of the run's last transaction.

    A lease that was lost to another process meanwhile stays with it.
    """
    fine = state in (RunState.OK, RunState.UNCHANGED, RunState.MOVED)
    db.execute(
        "UPDATE source_state SET state = ?, reason = ?, message = ?, next_at = ?, failures = ?,"
        " last_run_at = ?, last_success_at = iif(?, ?, last_success_at),"
        " settled_at = iif(? AND NOT EXISTS (SELECT 1 FROM frontier"
        "  WHERE frontier.source = source_state.source AND pending = 1),"
        "  coalesce(settled_at, ?), settled_at),"
        " lease_until = iif(lease_by = ?, NULL, lease_until),"
        " lease_by = iif(lease_by = ?, NULL, lease_by) WHERE source = ?",
        (
            state,
            reason,
            message,
            next_at,
            failures,
            now,
            fine,
            now,
            fine,
            now,
            holders.me(),
            holders.me(),
            source,
        ),
    )


def let_go(db: sqlite3.Connection, source: str) -> None:
    """Give the lease of a source back without having read it; a lost one is left alone."""
    db.execute(
        "UPDATE source_state SET lease_by = NULL, lease_until = NULL"
        " WHERE source = ? AND lease_by = ?",
        (source, holders.me()),
    )


def pause(db: sqlite3.Connection, source: str) -> None:
    """Keep a source from being read until `resume`."""
    _set_paused(db, source, paused=1)


def resume(db: sqlite3.Connection, source: str) -> None:
    """Read a paused source again, at once."""
    _set_paused(db, source, paused=0)


def _set_paused(db: sqlite3.Connection, source: str, *, paused: int) -> None:
    with transaction(db):
        state_of(db, source)
        db.execute(
            "UPDATE source_state SET paused = ?, next_at = NULL WHERE source = ?",
            (paused, source),
        )


def never_read(db: sqlite3.Connection, sources: Iterable[Source]) -> int:
    """Count the sources that have never been read to an end: they will bring whole bodies."""
    rows = db.execute("SELECT source FROM source_state WHERE last_success_at IS NOT NULL")
    known = {row["source"] for row in rows}
    return sum(source.id not in known for source in sources)


def split_by_due(
    db: sqlite3.Connection, sources: Iterable[Source], now: str, *, forced: bool
) -> tuple[list[Source], list[Source]]:
    """Return the sources that are due and those that are not, in one look at all states.

    The due ones are in the order of their due times: a run that ends early must not always leave
    the same ones. `claim` looks again.

    Args:
        db: The connection.
        sources: Those asked for.
        now: The instant.
        forced: All of them are due.
    """
    waits = {row["source"]: FAR if row["paused"] else row["next_at"] or "" for row in
             db.execute("SELECT source, next_at, paused FROM source_state")}  # fmt: skip
    ordered = sorted(sources, key=lambda source: waits.get(source.id, ""))
    due = [source for source in ordered if forced or waits.get(source.id, "") <= now]
    return due, ordered[len(due) :]
