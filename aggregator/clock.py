"""The clock of a process: the one place that asks what time it is, and the one that waits.

`SystemClock` is real. `SimulatedClock` is the contract's test seam `AGGREGATOR_NOW`: waiting
advances it instead of sleeping, so a crawl that keeps `Crawl-delay: 10` over simulated days ends
in seconds, with every spacing visible in the log.
"""

import logging
import os
import threading
import time
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Protocol

_log = logging.getLogger(__name__)


class Clock(Protocol):
    """What the engine needs of time."""

    def now(self) -> datetime:
        """Return the present, aware, in UTC."""

    def wait_until(self, at: datetime) -> None:
        """Return at `at` or later."""


class SystemClock:
    """The real time."""

    def now(self) -> datetime:
        """Return the present, aware, in UTC."""
        return datetime.now(UTC)

    def wait_until(self, at: datetime) -> None:
        """Sleep until `at`."""
        while (left := (at - self.now()).total_seconds()) > 0:
            time.sleep(min(left, 1.0))


class SimulatedClock:
    """A clock that only waiting moves; shared by all threads of the process."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the simulated present."""
        with self._lock:
            return self._now

    def wait_until(self, at: datetime) -> None:
        """Jump to `at` unless it is past."""
        with self._lock:
            self._now = max(self._now, at.astimezone(UTC))

    def advance(self, by: timedelta) -> None:
        """Move on by a duration."""
        self.wait_until(self.now() + by)


def stamp(at: datetime) -> str:
    """Return an instant in the one form of the store: RFC 3339, UTC, whole seconds, `Z`."""
    return f"{at.astimezone(UTC).isoformat(timespec='seconds')[:-6]}Z"


def instant(text: str) -> datetime:
    """Read what `stamp` wrote, or any RFC 3339 instant with a zone.

    Raises:
        ValueError: No instant, or one without a zone.
    """
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"no time zone: {text!r}")
    return at if at.tzinfo is UTC else at.astimezone(UTC)


def seams_allowed() -> bool:
    """Whether the environment allows the test seams (and loopback addresses)."""
    return os.environ.get("AGGREGATOR_ALLOW_PRIVATE") == "1"


def seam(name: str) -> str | None:
    """Return the value of a test seam; where seams are not allowed, None with one warning."""
    text = os.environ.get(name)
    if text and not seams_allowed():
        _warn_ignored(name)
        return None
    return text


@cache
def _warn_ignored(name: str) -> None:
    """Warn once in a process that a seam is set in vain."""
    _log.warning("%s wird ignoriert: gilt nur mit AGGREGATOR_ALLOW_PRIVATE=1", name)


def from_environment() -> Clock:
    """Return the clock that the environment asks for (`AGGREGATOR_NOW`, a test seam)."""
    text = seam("AGGREGATOR_NOW")
    return SimulatedClock(instant(text)) if text else SystemClock()
