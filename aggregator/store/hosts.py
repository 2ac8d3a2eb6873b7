"""The host book of processes that share a database: turns, spacing, robots rules and cookies.

A turn is a lease on a row of `host`, claimed by update-and-count: two processes, a killed one and
one of tomorrow agree on who asks a host and when it may be asked next. Spacing (`next_at`) is kept
on the engine's clock; leases are kept in real time whatever that clock says, since they guard
against processes that died, and a lease of a dead process of this machine ends at once.
"""

import json
import sqlite3
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from aggregator.clock import Clock, instant, stamp
from aggregator.hostbook import Cookie, RobotsCopy, Turns, must_pause
from aggregator.store import holders
from aggregator.store.connection import connect, transaction

POLL_S = 0.02  # real seconds between looks at a lease that another process holds

_CLAIM = """
    UPDATE host SET lease_by = :me, lease_until = :until
    WHERE name = :name AND (next_at IS NULL OR next_at <= :now)
      AND (lease_by IS NULL OR lease_by = :dead OR lease_until <= :real_now)
"""


class StoredHosts:
    """A host book in the database; thread-safe, see `HostBook` for the promises.

    Args:
        path: The database.
        clock: Of the engine, for spacing.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._turns = Turns()
        self._idle: deque[sqlite3.Connection] = deque()
        self._held: dict[str, str] = {}  # host -> token of our lease
        self._tokens = count(1)

    def close(self) -> None:
        """Close the connections that are not in use."""
        while self._idle:
            self._idle.pop().close()

    def acquire(self, host: str, *, hold: timedelta, patience: timedelta) -> None:
        """Wait for the threads of this process, then for other processes and the spacing."""
        self._turns.taken(host, lambda: self._claim(host, hold, patience))

    def release(self, host: str, *, next_at: datetime | None) -> None:
        """Give the turn back; the spacing only ever grows."""
        try:
            with self._lent() as db:
                db.execute(
                    "UPDATE host SET next_at = nullif(max(coalesce(next_at, ''), :next_at), ''),"
                    " lease_by = CASE lease_by WHEN :me THEN NULL ELSE lease_by END,"
                    " lease_until = CASE lease_by WHEN :me THEN NULL ELSE lease_until END"
                    " WHERE name = :name",
                    {
                        "next_at": _moment(next_at) if next_at else "",
                        "me": self._held.pop(host, ""),
                        "name": host,
                    },
                )
        finally:
            self._turns.give(host)

    def robots(self, host: str) -> RobotsCopy | None:
        """Return the rules as last read."""
        with self._lent() as db:
            row = db.execute(
                "SELECT robots, robots_at, robots_status, crawl_delay FROM host WHERE name = ?",
                (host,),
            ).fetchone()
        if row is None or row["robots_at"] is None:
            return None
        return RobotsCopy(
            body=row["robots"], at=instant(row["robots_at"]), status=row["robots_status"],
            crawl_delay=row["crawl_delay"],
        )  # fmt: skip

    def keep_robots(self, host: str, copy: RobotsCopy) -> None:
        """Remember the rules."""
        with self._lent() as db:
            db.execute(
                "INSERT INTO host (name, robots, robots_at, robots_status, crawl_delay)"
                " VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET robots = excluded.robots,"
                " robots_at = excluded.robots_at, robots_status = excluded.robots_status,"
                " crawl_delay = excluded.crawl_delay",
                (host, copy.body, stamp(copy.at), copy.status, copy.crawl_delay),
            )

    def cookies(self, host: str) -> tuple[Cookie, ...]:
        """Return the cookies that the host has set."""
        with self._lent() as db:
            row = db.execute("SELECT cookies FROM host WHERE name = ?", (host,)).fetchone()
        return (
            tuple(Cookie(**fields) for fields in json.loads(row["cookies"] or "[]")) if row else ()
        )

    def keep_cookies(self, host: str, cookies: tuple[Cookie, ...]) -> None:
        """Replace the cookies of the host."""
        with self._lent() as db:
            db.execute(
                "INSERT INTO host (name, cookies) VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET cookies = excluded.cookies",
                (host, json.dumps([asdict(cookie) for cookie in cookies])),
            )

    def _claim(self, host: str, hold: timedelta, patience: timedelta) -> None:
        """Loop until the row is ours: wait out the spacing, then whoever holds the lease."""
        me = f"{holders.me()} {next(self._tokens)}"
        while True:
            now = self._clock.now()
            claimed, next_at = self._try(host, me, now, hold)
            if claimed:
                self._held[host] = me
                return
            if (left := next_at - now) > patience:
                raise must_pause(host, left)
            if next_at > now:
                self._clock.wait_until(next_at)
            else:
                threading.Event().wait(POLL_S)  # another process is asking right now

    def _try(self, host: str, me: str, now: datetime, hold: timedelta) -> tuple[bool, datetime]:
        """Claim the row if it is free and rested; return that, and when it will have rested."""
        with self._lent() as db, transaction(db):
            row = _row(db, host)
            holder = row["lease_by"]
            real_now = holders.CLOCK.now()
            claimed = db.execute(_CLAIM, {
                "me": me, "until": _moment(real_now + hold), "name": host, "now": _moment(now),
                "dead": holder if holder and holders.is_dead(holder.partition(" ")[0]) else None,
                "real_now": _moment(real_now),
            }).rowcount == 1  # fmt: skip
        return claimed, instant(row["next_at"]) if row["next_at"] else now

    @contextmanager
    def _lent(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection to one thread at a time."""
        try:
            db = self._idle.pop()
        except IndexError:
            db = connect(self._path)
        try:
            yield db
        finally:
            self._idle.append(db)


def _row(db: sqlite3.Connection, host: str) -> sqlite3.Row:
    """Return the row of a host, made where there was none."""
    query = "SELECT next_at, lease_by FROM host WHERE name = ?"
    row: sqlite3.Row | None = db.execute(query, (host,)).fetchone()
    if row is None:
        db.execute("INSERT INTO host (name) VALUES (?)", (host,))
        return _row(db, host)
    return row


def _moment(at: datetime) -> str:
    """Return an instant with milliseconds, rounded up: text that sorts, never too early."""
    at = at.astimezone(UTC) + timedelta(microseconds=999)
    return f"{at.isoformat(timespec='milliseconds').removesuffix('+00:00')}Z"
