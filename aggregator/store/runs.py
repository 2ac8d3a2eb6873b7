"""Runs and their requests: what was asked, what came of it, and why."""

import json
import sqlite3
from collections.abc import Collection, Iterable
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


BATCH = 500  # rows forgotten in one transaction
MAX_PROBLEMS = 200  # kept for each run; more of the same tell nothing new


def start(db: sqlite3.Connection, source: str, trigger: str, now: str) -> int:
    """Open the record of a run; return its number."""
    with transaction(db):
        cursor = db.execute(
            "INSERT INTO run (source, started_at, trigger) VALUES (?, ?, ?)",
            (source, now, trigger),
        )
    return int(cursor.lastrowid or 0)


def withdraw(db: sqlite3.Connection, run: int) -> None:
    """Forget a run that asked for nothing."""
    db.execute("DELETE FROM run WHERE id = ?", (run,))


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


def log_requests(db: sqlite3.Connection, run: int | None, exchanges: Iterable[Exchange]) -> None:
    """Record exchanges, and add them to the days of their hosts; part of the step's transaction.

    Args:
        db: The connection.
        run: Of which they were part; None: of none.
        exchanges: In the order in which they were sent.
    """
    db.executemany(
        "INSERT INTO request (run, at, host, url, status, code, bytes, ms, waited_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(run, e.at, e.host, e.url, e.status, e.code, e.bytes, e.ms, e.waited_ms)
         for e in exchanges],
    )  # fmt: skip
    db.executemany(
        "INSERT INTO host_day VALUES (?, ?, 1, ?, ?, ?, ?, ?) ON CONFLICT (host, day) DO UPDATE"
        " SET requests = requests + 1, not_modified = not_modified + excluded.not_modified,"
        " failed = failed + excluded.failed, bytes = bytes + excluded.bytes, ms = ms + excluded.ms,"
        " waited_ms = waited_ms + excluded.waited_ms",
        [(e.host, e.at[:10], e.status == 304, e.status is None or e.status >= 400, e.bytes, e.ms,
          e.waited_ms) for e in exchanges],
    )  # fmt: skip


def answering(db: sqlite3.Connection, since: str, besides: Collection[str], most: int) -> list[str]:
    """Return hosts that have answered since an instant, as `scheme://host`, latest first."""
    rows = db.execute(
        "SELECT url, host, max(at) AS last FROM request WHERE at >= ? AND status IS NOT NULL"
        " AND host NOT IN (SELECT value FROM json_each(?))"
        " GROUP BY host ORDER BY last DESC, host LIMIT ?",
        (since, json.dumps(sorted(besides)), most),
    )
    return [f"{row['url'].partition('://')[0]}://{row['host']}" for row in rows]


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


def gave_items(db: sqlite3.Connection, source: str) -> bool:
    """Whether a source has ever given an item."""
    row = db.execute("SELECT 1 FROM observation WHERE source = ? LIMIT 1", (source,)).fetchone()
    return row is not None


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


def prune_requests(db: sqlite3.Connection, before: str) -> int:
    """Forget requests sent before an instant; return how many. The days of the hosts stay."""
    return _in_batches(
        db,
        "DELETE FROM request WHERE id IN (SELECT id FROM request ORDER BY id LIMIT ?) AND at < ?",
        before,
    )


def prune_problems(db: sqlite3.Connection, before: str) -> int:
    """Forget what was rejected in runs that ended before an instant; return in how many runs."""
    return _in_batches(
        db,
        "UPDATE run SET problems = '[]' WHERE id IN (SELECT id FROM run WHERE problems <> '[]'"
        " ORDER BY id LIMIT ?) AND started_at < ?",
        before,
    )


def prune(db: sqlite3.Connection, before: str) -> int:
    """Forget runs that began before an instant; return how many. The last of a source stays."""
    return _in_batches(
        db,
        "DELETE FROM run WHERE id IN (SELECT id FROM run WHERE id NOT IN (SELECT max(id) FROM run"
        " GROUP BY source) ORDER BY id LIMIT ?) AND started_at < ?",
        before,
    )


def _in_batches(db: sqlite3.Connection, statement: str, before: str) -> int:
    """Repeat a statement about the `BATCH` oldest rows until it does nothing; others may write."""
    total = 0
    while True:
        with transaction(db):
            done = db.execute(statement, (BATCH, before)).rowcount
        total += done
        if not done:
            return total


def optimize(db: sqlite3.Connection) -> None:
    """Let SQLite refresh its statistics and fold the write-ahead log into the file."""
    db.execute("PRAGMA optimize")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
