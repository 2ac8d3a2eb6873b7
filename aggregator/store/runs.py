"""Runs and their requests: what was asked, what came of it, and why."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

from aggregator.model import Exchange, Problem
from aggregator.store.connection import transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What a step or a run did."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    vanished: int = 0
    rejected: int = 0
    requests: int = 0
    not_modified: int = 0
    bytes: int = 0
    problems: tuple[Problem, ...] = field(default=())


MAX_PROBLEMS = 200  # kept for each run; more of the same tell nothing new


def start(db: sqlite3.Connection, source: str, trigger: str, now: str) -> int:
    """Open the record of a run; return its number."""
    with transaction(db):
        cursor = db.execute(
            "INSERT INTO run (source, started_at, trigger) VALUES (?, ?, ?)",
            (source, now, trigger),
        )
    return int(cursor.lastrowid or 0)


def add(db: sqlite3.Connection, run: int, counts: Counts) -> None:
    """Add what a step did; part of the step's transaction, so that a killed run tells the truth."""
    db.execute(
        "UPDATE run SET new = new + ?, changed = changed + ?, unchanged = unchanged + ?,"
        " vanished = vanished + ?, rejected = rejected + ?, requests = requests + ?,"
        " not_modified = not_modified + ?, bytes = bytes + ? WHERE id = ?",
        (counts.new, counts.changed, counts.unchanged, counts.vanished, counts.rejected,
         counts.requests, counts.not_modified, counts.bytes, run),
    )  # fmt: skip
    if counts.problems:
        row = db.execute("SELECT problems FROM run WHERE id = ?", (run,)).fetchone()
        told = json.loads(row["problems"]) + [asdict(problem) for problem in counts.problems]
        db.execute(
            "UPDATE run SET problems = ? WHERE id = ?",
            (json.dumps(told[:MAX_PROBLEMS], ensure_ascii=False), run),
        )


def log_requests(db: sqlite3.Connection, run: int, exchanges: Iterable[Exchange]) -> None:
    """Record exchanges; part of the step's transaction."""
    db.executemany(
        "INSERT INTO request (run, at, host, url, status, code, bytes, ms, waited_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(run, e.at, e.host, e.url, e.status, e.code, e.bytes, e.ms, e.waited_ms)
         for e in exchanges],
    )  # fmt: skip


def end(
    db: sqlite3.Connection,
    run: int,
    *,
    state: str,
    reason: str | None,
    message: str | None,
    pending: int,
    wall_ms: int,
    now: str,
) -> dict[str, int]:
    """Close the record of a run; part of its last transaction. Return its counts."""
    row = db.execute(
        "UPDATE run SET ended_at = ?, state = ?, reason = ?, message = ?, pending = ?,"
        " wall_ms = ? WHERE id = ? RETURNING new, changed, unchanged, vanished, rejected, pending,"
        " requests, not_modified, bytes, wall_ms",
        (now, state, reason, message, pending, wall_ms, run),
    ).fetchone()
    return dict(row)


def newest_dates(db: sqlite3.Connection, source: str, most: int = 50) -> list[str]:
    """Return when the newest items of a source were published, newest first: its rhythm."""
    rows = db.execute(
        "SELECT i.published_at FROM item i WHERE i.source = ? AND i.published_at IS NOT NULL"
        " AND i.merged_into IS NULL ORDER BY i.published_at DESC LIMIT ?",
        (source, most),
    )
    return [str(row[0]) for row in rows]


def politeness(db: sqlite3.Connection) -> list[str]:
    """Return a line for each host: requests, share of 304, smallest gap between two requests."""
    rows = db.execute(
        "SELECT host, count(*) AS requests, min(gap) AS gap,"
        " count(*) FILTER (WHERE status = 304) AS not_modified"
        " FROM (SELECT host, status, unixepoch(at)"
        "  - lag(unixepoch(at)) OVER (PARTITION BY host ORDER BY at, id) AS gap FROM request)"
        " GROUP BY host ORDER BY host"
    )
    return [
        f"{row['host']}: {row['requests']} Anfragen, {row['not_modified']} mit 304,"
        f" kleinster Abstand {row['gap'] if row['gap'] is not None else '-'} s"
        for row in rows
    ]


def prune(db: sqlite3.Connection, before: str) -> int:
    """Forget requests and runs that ended before an instant; return how many runs went."""
    with transaction(db):
        db.execute("DELETE FROM request WHERE at < ?", (before,))
        cursor = db.execute(
            "DELETE FROM run WHERE ended_at < ? AND id NOT IN (SELECT max(id) FROM run"
            " GROUP BY source)",
            (before,),
        )
    return cursor.rowcount


def optimize(db: sqlite3.Connection) -> None:
    """Let SQLite refresh its statistics and fold the write-ahead log into the file."""
    db.execute("PRAGMA optimize")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
