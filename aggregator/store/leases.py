"""Leases: work that only one process may do at a time, claimed by update-and-count.

A lease ends by itself, or at once when its holder no longer lives. Work that waits for long (a
host's spacing, other threads at the same host, a slow answer) keeps its leases by a heartbeat.
"""

import logging
import sqlite3
import threading
from datetime import timedelta
from pathlib import Path
from types import TracebackType

from aggregator.clock import stamp
from aggregator.errors import StoreError
from aggregator.store import holders
from aggregator.store.connection import connect, transaction

LENGTH = timedelta(seconds=60)
OF_SOURCE = timedelta(minutes=3)  # of the lease on a source: a few missed beats
BEAT = timedelta(seconds=20)

log = logging.getLogger(__name__)


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


class Heartbeat:
    """Prolongs the leases of this process on sources, as long as the block runs.

    A thread of its own beats, since those that hold the leases wait. Only sources that are being
    read are prolonged: what a bug left behind ends by itself.

    Args:
        path: The database.
        every: Between two beats, in real time.
    """

    def __init__(self, path: Path, every: timedelta = BEAT) -> None:
        self._path = path
        self._every = every
        self._held: set[str] = set()
        self._guard = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def __enter__(self) -> "Heartbeat":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    def keep(self, source: str) -> None:
        """Prolong the lease of a source from now on."""
        with self._guard:
            self._held.add(source)

    def drop(self, source: str) -> None:
        """Prolong it no more."""
        with self._guard:
            self._held.discard(source)

    def beat(self, db: sqlite3.Connection) -> None:
        """Prolong the leases once; one that was lost meanwhile is left alone."""
        with self._guard:
            held = sorted(self._held)
        until = stamp(holders.CLOCK.now() + OF_SOURCE)
        with transaction(db):
            db.executemany(
                "UPDATE source_state SET lease_until = ? WHERE source = ? AND lease_by = ?",
                [(until, source, holders.me()) for source in held],
            )

    def _run(self) -> None:
        db: sqlite3.Connection | None = None
        while not self._ended.wait(self._every.total_seconds()):
            try:
                db = db or connect(self._path)
                self.beat(db)
            except StoreError as error:
                log.warning("leases were not prolonged: %s", error)
        if db is not None:
            db.close()
