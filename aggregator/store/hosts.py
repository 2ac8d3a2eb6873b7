"""The host book of processes that share a database: turns, spacing, robots rules and cookies.

A turn is a lease on a row of `host`, claimed by update-and-count: two processes, a killed one and
one of tomorrow agree on who asks a host and when it may be asked next. Spacing (`next_at`) is kept
on the engine's clock; leases are kept in real time whatever that clock says, since they guard
against processes that died, and a lease of a dead process of this machine ends at once.

A turn costs two statements, each its own transaction. All threads share one connection, a
statement at a time: they would wait for each other's writes anyway, and more rudely.
"""

import json
import sqlite3
import threading
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

from aggregator import baton
from aggregator.clock import Clock, instant, stamp
from aggregator.hostbook import Cookie, RobotsCopy, TdmCopy, Turns, must_pause
from aggregator.store import holders
from aggregator.store.connection import connect, turn

_ALMOST_A_MS = timedelta(microseconds=999)
POLL_S = 0.02  # real seconds between looks at a lease that another process holds

_CLAIM = """
    UPDATE host SET lease_by = :me, lease_until = :until
    WHERE name = :name AND (next_at IS NULL OR next_at <= :now)
      AND (lease_by IS NULL OR lease_by = :dead OR lease_until <= :real_now)
    RETURNING cookies
"""
_RELEASE = """
    UPDATE host SET next_at = nullif(max(coalesce(next_at, ''), :next_at), ''),
        lease_by = CASE lease_by WHEN :me THEN NULL ELSE lease_by END,
        lease_until = CASE lease_by WHEN :me THEN NULL ELSE lease_until END
    WHERE name = :name
"""
_KEEP_FILE = """
    INSERT INTO host_file (host, file, body) VALUES (?, ?, ?)
    ON CONFLICT (host, file) DO UPDATE SET body = excluded.body WHERE body <> excluded.body
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
        self._lock = threading.Lock()
        self._held: dict[str, tuple[str, str | None]] = {}  # host -> token of our lease, cookies
        self._tokens = count(1)

    @cached_property
    def _db(self) -> sqlite3.Connection:
        return connect(self._path)

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            if "_db" in self.__dict__:
                self._db.close()
                del self._db

    def acquire(self, host: str, *, hold: timedelta, patience: timedelta) -> timedelta:
        """Wait for the threads of this process, then for other processes and the spacing."""
        return self._turns.taken(host, lambda: self._claim(host, hold, patience))

    def release(self, host: str, *, next_at: datetime | None) -> None:
        """Give the turn back; the spacing only ever grows."""
        me, _ = self._held.pop(host, ("", None))
        moment = _moment(next_at) if next_at else ""
        try:
            self._run(_RELEASE, {"next_at": moment, "me": me, "name": host})
        finally:
            self._turns.give(host)

    def robots(self, host: str) -> RobotsCopy | None:
        """Return the rules as last read."""
        rows = self._run(
            "SELECT body, robots_at, robots_status, crawl_delay FROM host"
            " LEFT JOIN host_file ON host = name AND file = 'robots'"
            " WHERE name = ? AND robots_at IS NOT NULL",
            (host,),
        )
        for body, at, status, delay in rows:
            return RobotsCopy(body=body, at=instant(at), status=status, crawl_delay=delay)
        return None

    def keep_robots(self, host: str, copy: RobotsCopy) -> None:
        """Remember the rules."""
        self._keep_file(host, "robots", copy.body)
        self._run(
            "INSERT INTO host (name, robots_at, robots_status, crawl_delay) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (name) DO UPDATE SET robots_at = excluded.robots_at,"
            " robots_status = excluded.robots_status, crawl_delay = excluded.crawl_delay",
            (host, stamp(copy.at), copy.status, copy.crawl_delay),
        )

    def tdm(self, host: str) -> TdmCopy | None:
        """Return the reservations as last read."""
        rows = self._run(
            "SELECT body, tdmrep_at, tdmrep_status FROM host"
            " LEFT JOIN host_file ON host = name AND file = 'tdmrep'"
            " WHERE name = ? AND tdmrep_at IS NOT NULL",
            (host,),
        )
        for body, at, status in rows:
            return TdmCopy(body=body, at=instant(at), status=status)
        return None

    def keep_tdm(self, host: str, copy: TdmCopy) -> None:
        """Remember the reservations."""
        self._keep_file(host, "tdmrep", copy.body)
        self._run(
            "INSERT INTO host (name, tdmrep_at, tdmrep_status) VALUES (?, ?, ?)"
            " ON CONFLICT (name) DO UPDATE SET tdmrep_at = excluded.tdmrep_at,"
            " tdmrep_status = excluded.tdmrep_status",
            (host, stamp(copy.at), copy.status),
        )

    def cookies(self, host: str) -> tuple[Cookie, ...]:
        """Return the cookies that the host has set."""
        if host in self._held:  # nobody else changes them meanwhile
            text = self._held[host][1]
        else:
            rows = self._run("SELECT cookies FROM host WHERE name = ?", (host,))
            text = rows[0][0] if rows else None
        return tuple(Cookie(**fields) for fields in json.loads(text)) if text else ()

    def keep_cookies(self, host: str, cookies: tuple[Cookie, ...]) -> None:
        """Replace the cookies of the host."""
        text = json.dumps([asdict(cookie) for cookie in cookies])
        self._run(
            "INSERT INTO host (name, cookies) VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET cookies = excluded.cookies",
            (host, text),
        )
        if host in self._held:
            self._held[host] = (self._held[host][0], text)

    def _keep_file(self, host: str, file: str, body: str | None) -> None:
        if body is None:
            self._run("DELETE FROM host_file WHERE host = ? AND file = ?", (host, file))
        else:
            self._run(_KEEP_FILE, (host, file, body))

    def _claim(self, host: str, hold: timedelta, patience: timedelta) -> timedelta:
        """Loop until the row is ours: wait out the spacing, then whoever holds the lease."""
        waited = timedelta(0)
        me = f"{holders.me()} {next(self._tokens)}"
        dead = None
        while True:
            now = self._clock.now()
            real_now = holders.CLOCK.now()
            claimed = self._run(_CLAIM, {
                "me": me, "until": _moment(real_now + hold), "name": host, "now": _moment(now),
                "dead": dead, "real_now": _moment(real_now),
            })  # fmt: skip
            if claimed:
                self._held[host] = (me, claimed[0][0])
                return waited
            next_at, dead = self._obstacle(host, now)
            if (left := next_at - now) > patience:
                raise must_pause(host, left)
            if next_at > now:
                waited += left
                with baton.apart():
                    self._clock.wait_until(next_at)
            elif dead is None:
                with baton.apart():
                    threading.Event().wait(POLL_S)  # another process is asking right now

    def _obstacle(self, host: str, now: datetime) -> tuple[datetime, str | None]:
        """Return when a host that was not claimed will have rested, and its holder if dead.

        An empty name is the holder that nobody is: of a row that is new, or free by now.
        """
        rows = self._run("SELECT next_at, lease_by FROM host WHERE name = ?", (host,))
        if not rows:
            self._run("INSERT INTO host (name) VALUES (?) ON CONFLICT DO NOTHING", (host,))
            return now, ""
        next_at, holder = rows[0]
        is_free = holder is None or holders.is_dead(holder.partition(" ")[0])
        return instant(next_at) if next_at else now, (holder or "") if is_free else None

    def _run(self, statement: str, values: Any) -> list[Any]:
        """Run one statement, a transaction of its own, after those of this process's threads."""
        with self._lock, turn(self._db):
            return self._db.execute(statement, values).fetchall()


def _moment(at: datetime) -> str:
    """Return an instant with milliseconds, rounded up: text that sorts, never too early."""
    return (at.astimezone(UTC) + _ALMOST_A_MS).isoformat(timespec="milliseconds")[:-6] + "Z"
