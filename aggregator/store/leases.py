"""Leases: work that only one process may do at a time, claimed by update-and-count.

A lease ends by itself, or at once when its holder no longer lives.
"""

import sqlite3
from datetime import timedelta

from aggregator.clock import stamp
from aggregator.store import holders
from aggregator.store.connection import transaction

LENGTH = timedelta(seconds=60)


def acquire(db: sqlite3.Connection, name: str) -> bool:
    """Claim or prolong a lease; return whether this process holds it now."""
    holder, now = holders.me(), holders.CLOCK.now()
    with transaction(db):
        row = db.execute("SELECT by, until FROM lease WHERE name = ?", (name,)).fetchone()
        held = row and row["by"] != holder and row["until"] > stamp(now)
        if held and not holders.is_dead(row["by"]):
            return False
        db.execute(
            "INSERT INTO lease (name, by, until) VALUES (?, ?, ?)"
            " ON CONFLICT (name) DO UPDATE SET by = excluded.by, until = excluded.until",
            (name, holder, stamp(now + LENGTH)),
        )
    return True


def release(db: sqlite3.Connection, name: str) -> None:
    """Give a lease back; one that was lost meanwhile is left alone."""
    with transaction(db):
        db.execute("DELETE FROM lease WHERE name = ? AND by = ?", (name, holders.me()))
