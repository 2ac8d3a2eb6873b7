"""The host book of a process that stores nothing."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aggregator.clock import Clock
from aggregator.hostbook import Cookie, RobotsCopy, TdmCopy, Turns, must_pause


@dataclass
class _Host:
    next_at: datetime | None = None
    robots: RobotsCopy | None = None
    tdm: TdmCopy | None = None
    cookies: tuple[Cookie, ...] = ()


@dataclass
class MemoryHosts:
    """A host book that ends with its process; see `HostBook` for the promises."""

    clock: Clock
    _hosts: defaultdict[str, _Host] = field(default_factory=lambda: defaultdict(_Host))
    _turns: Turns = field(default_factory=Turns)

    def acquire(self, host: str, *, hold: timedelta, patience: timedelta) -> timedelta:
        """Wait for the threads before us, then for the host's spacing."""
        return self._turns.taken(host, lambda: self._wait(host, patience))

    def _wait(self, host: str, patience: timedelta) -> timedelta:
        next_at = self._hosts[host].next_at
        if next_at is None:
            return timedelta(0)
        if (left := next_at - self.clock.now()) > patience:
            raise must_pause(host, left)
        self.clock.wait_until(next_at)
        return max(left, timedelta(0))

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

    def tdm(self, host: str) -> TdmCopy | None:
        """Return the reservations as last read."""
        return self._hosts[host].tdm

    def keep_tdm(self, host: str, copy: TdmCopy) -> None:
        """Remember the reservations."""
        self._hosts[host].tdm = copy

    def cookies(self, host: str) -> tuple[Cookie, ...]:
        """Return the cookies that the host has set."""
        return self._hosts[host].cookies

    def keep_cookies(self, host: str, cookies: tuple[Cookie, ...]) -> None:
        """Replace the cookies of the host."""
        self._hosts[host].cookies = cookies
