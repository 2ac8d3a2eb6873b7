"""What the fetcher reports, and the host book of a process that stores nothing."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aggregator.clock import Clock
from aggregator.hostbook import Cookie, HostBook, RobotsCopy, Turns, must_pause
from aggregator.model import Code

__all__ = ["Cookie", "Exchange", "HostBook", "MemoryHosts", "RobotsCopy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request that was sent, robots.txt and redirects included."""

    at: str  # RFC 3339 UTC, when it was sent
    host: str
    url: str
    status: int | None  # None: no answer
    code: Code | None  # our word for what went wrong
    bytes: int  # of the body, as transferred
    ms: int  # real milliseconds from sending to the last byte read
    waited_ms: int  # milliseconds on the clock until it was our turn


@dataclass
class _Host:
    next_at: datetime | None = None
    robots: RobotsCopy | None = None
    cookies: tuple[Cookie, ...] = ()


@dataclass
class MemoryHosts:
    """A host book that ends with its process; see `HostBook` for the promises."""

    clock: Clock
    _hosts: defaultdict[str, _Host] = field(default_factory=lambda: defaultdict(_Host))
    _turns: Turns = field(default_factory=Turns)

    def acquire(self, host: str, *, hold: timedelta, patience: timedelta) -> None:
        """Wait for the threads before us, then for the host's spacing."""
        self._turns.taken(host, lambda: self._wait(host, patience))

    def _wait(self, host: str, patience: timedelta) -> None:
        next_at = self._hosts[host].next_at
        if next_at is None:
            return
        if (left := next_at - self.clock.now()) > patience:
            raise must_pause(host, left)
        self.clock.wait_until(next_at)

    def release(self, host: str, *, next_at: datetime | None) -> None:
        """Give the turn back."""
        if next_at is not None:
            self._hosts[host].next_at = next_at
        self._turns.give(host)

    def robots(self, host: str) -> RobotsCopy | None:
        """Return the rules as last read."""
        return self._hosts[host].robots

    def keep_robots(self, host: str, copy: RobotsCopy) -> None:
        """Remember the rules."""
        self._hosts[host].robots = copy

    def cookies(self, host: str) -> tuple[Cookie, ...]:
        """Return the cookies that the host has set."""
        return self._hosts[host].cookies

    def keep_cookies(self, host: str, cookies: tuple[Cookie, ...]) -> None:
        """Replace the cookies of the host."""
        self._hosts[host].cookies = cookies
