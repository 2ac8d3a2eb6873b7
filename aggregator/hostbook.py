"""What is remembered of each host, and how threads of one process take turns at it.

The engine keeps this behind the `HostBook` protocol: `fetch.hosts.MemoryHosts` for a single
process that stores nothing, `store.hosts.StoredHosts` for processes that share a database. A host
is named "host" or "host:port", lower case, whatever address it is reached at.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from aggregator import baton
from aggregator.errors import FetchError


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsCopy:
    """The robots rules of a host as last read.

    While robots.txt cannot be had (`unreachable`), `body` is the last one that could, if any, and
    `at` is since when (RFC 9309 2.3.1.4).
    """

    body: str | None
    at: datetime
    status: int | None  # of the last answer; None: there was none
    crawl_delay: float | None = None  # seconds, for our product token

    @property
    def unreachable(self) -> bool:
        """Whether the server failed, rather than said that it has none."""
        return self.status is None or self.status >= 500 or self.status == 429


@dataclass(frozen=True, slots=True, kw_only=True)
class TdmCopy:
    """What `tdmrep.json` of a host said when it could last be had."""

    body: str | None  # None: there is none
    at: datetime  # when it was last asked for
    status: int | None  # of the last answer; None: there was none


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookie:
    """A cookie; it goes back to the very host that set it and to no other."""

    name: str
    value: str
    path: str = "/"
    secure: bool = False


class HostBook(Protocol):
    """Turns, spacing, robots rules, reservations and cookies, by host."""

    def acquire(self, host: str, *, hold: timedelta, patience: timedelta) -> timedelta:
        """Return when it is our turn at `host` and its spacing is over; say what that took.

        On a simulated clock others may jump ahead meanwhile: only the spacing counts that we
        waited out ourselves.

        Args:
            host: Its name.
            hold: For how long at most the turn will be held, in real time: a turn that its
                process took to the grave ends then.
            patience: How far ahead the end of the spacing may lie.

        Raises:
            FetchError: The host asked for a longer pause; `retry_after` says how long.
        """

    def release(self, host: str, *, next_at: datetime | None) -> None:
        """Give the turn back; nobody asks before `next_at` (None: nothing was sent)."""

    def robots(self, host: str) -> RobotsCopy | None:
        """Return the rules as last read."""

    def keep_robots(self, host: str, copy: RobotsCopy) -> None:
        """Remember the rules."""

    def tdm(self, host: str) -> TdmCopy | None:
        """Return the reservations as last read."""

    def keep_tdm(self, host: str, copy: TdmCopy) -> None:
        """Remember the reservations."""

    def cookies(self, host: str) -> tuple[Cookie, ...]:
        """Return the cookies that the host has set."""

    def keep_cookies(self, host: str, cookies: tuple[Cookie, ...]) -> None:
        """Replace the cookies of the host."""


def must_pause(host: str, left: timedelta) -> FetchError:
    """Return the error of a host that has asked for a pause longer than we wait."""
    return FetchError(
        f"der Server hat um eine Pause gebeten, noch {left.total_seconds():.0f} s",
        where=host, remedy="nichts zu tun: danach wird von selbst weitergelesen",
        retry_after=left,
    )  # fmt: skip


class Turns:
    """One thread at a time for each name; the lock of a name lives while somebody wants it."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._places: dict[str, tuple[threading.Lock, int]] = {}

    def take(self, name: str) -> None:
        """Wait until no other thread of this process has the turn of `name`."""
        with self._guard:
            lock, wanted = self._places.get(name) or (threading.Lock(), 0)
            self._places[name] = (lock, wanted + 1)
        if not lock.acquire(blocking=False):
            with baton.apart():
                lock.acquire()

    def give(self, name: str) -> None:
        """Let the next thread have it."""
        with self._guard:
            lock, wanted = self._places[name]
            if wanted > 1:
                self._places[name] = (lock, wanted - 1)
            else:
                del self._places[name]
        lock.release()

    def taken(self, name: str, action: Callable[[], timedelta]) -> timedelta:
        """Take the turn for `action`; keep it when that succeeds, give it back when it fails."""
        self.take(name)
        try:
            return action()
        except BaseException:
            self.give(name)
            raise
