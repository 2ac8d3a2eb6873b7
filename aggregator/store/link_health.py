"""Outside addresses that items link to: which to look at next, and what came of it.

A source table: what a server said on a day cannot be derived again. Targets that are items are not
here; their state speaks for them.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from aggregator import urls
from aggregator.model import Exchange
from aggregator.store import runs
from aggregator.store.connection import get_meta, set_meta, transaction
from aggregator.store.derived import reading

BATCH = 1_000  # addresses discovered in one transaction
CURSOR = "outside_cursor"


class Health(StrEnum):
    """Whether an outside address is there."""

    ALIVE = "alive"
    MOVED = "moved"
    DEAD = "dead"
    UNKNOWN = "unknown"  # not asked, not to be asked, or no answer that tells


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An outside address to be looked at."""

    canonical: str
    url: str
    state: Health
    moved_to: str | None
    missing_since: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a look at an address brought."""

    state: Health
    status: int | None
    due_at: str
    moved_to: str | None = None
    missing_since: str | None = None


def discover(db: sqlite3.Connection, now: str, batches: int = 20) -> int:
    """Take up addresses that items link to and that are no items; return how many are new.

    A cursor over the addresses goes round and round, so each call does a bounded part.
    """
    found = 0
    for _ in range(batches):
        after = get_meta(db, CURSOR, "")
        rows = reading(db).run(
            "SELECT canonical, min(url) AS url FROM link_@ WHERE canonical > ? AND target IS NULL"
            " GROUP BY canonical ORDER BY canonical LIMIT ?", (after, BATCH),
        ).fetchall()  # fmt: skip
        told = [(row["canonical"], row["url"], urls.host_of(row["url"]), now) for row in rows
                if row["url"].startswith(("http://", "https://"))]  # fmt: skip
        with transaction(db):
            found += db.executemany(
                "INSERT OR IGNORE INTO outside (canonical, url, host, due_at) VALUES (?, ?, ?, ?)",
                told,
            ).rowcount if told else 0  # fmt: skip
            set_meta(db, CURSOR, rows[-1]["canonical"] if len(rows) == BATCH else "")
        if len(rows) < BATCH:
            break
    return found


def due(db: sqlite3.Connection, now: str, *, most: int, per_host: int) -> list[Target]:
    """Return the addresses to be looked at now, hosts taking turns.

    Args:
        db: The connection.
        now: The instant.
        most: Addresses in all.
        per_host: Addresses of one host a day (UTC), those of earlier calls included.
    """
    rows = db.execute(
        """
        WITH today AS (SELECT host, count(*) AS asked FROM outside WHERE checked_at >= :day
                       GROUP BY host)
        SELECT canonical, url, state, moved_to, missing_since FROM (
            SELECT outside.*, coalesce(asked, 0) + row_number() OVER (
                PARTITION BY outside.host ORDER BY due_at, canonical) AS place
            FROM outside LEFT JOIN today ON today.host = outside.host WHERE due_at <= :now
        ) WHERE place <= :per_host ORDER BY place, due_at, canonical LIMIT :most
        """,
        {"day": now[:10], "now": now, "per_host": per_host, "most": most},
    )
    return [
        Target(canonical=row["canonical"], url=row["url"], state=Health(row["state"]),
               moved_to=row["moved_to"], missing_since=row["missing_since"])
        for row in rows
    ]  # fmt: skip


def is_wanted(db: sqlite3.Connection, target: Target) -> bool:
    """Whether an item still links to an address that is no item; else it is forgotten."""
    row = reading(db).run(
        "SELECT 1 FROM link_@ WHERE canonical = ? AND target IS NULL LIMIT 1", (target.canonical,)
    ).fetchone()  # fmt: skip
    if row is None:
        with transaction(db):
            db.execute("DELETE FROM outside WHERE canonical = ?", (target.canonical,))
    return row is not None


def record(
    db: sqlite3.Connection, target: Target, found: Finding, exchanges: Iterable[Exchange], now: str
) -> None:
    """Store what a look at an address brought, with the requests that it took."""
    with transaction(db):
        db.execute(
            "UPDATE outside SET state = ?, status = ?, moved_to = ?, missing_since = ?,"
            " checked_at = ?, due_at = ? WHERE canonical = ?",
            (found.state, found.status, found.moved_to, found.missing_since, now, found.due_at,
             target.canonical),
        )  # fmt: skip
        runs.log_requests(db, None, exchanges)


def counts(db: sqlite3.Connection) -> dict[str, int]:
    """Return how many outside addresses are in which state."""
    rows = db.execute("SELECT state, count(*) FROM outside GROUP BY state ORDER BY state")
    return {row[0]: row[1] for row in rows}
