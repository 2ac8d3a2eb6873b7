"""Fixtures for all tests: a real database, a simulated clock, no network but loopback."""

import logging
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aggregator import store
from aggregator.clock import SimulatedClock

START = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
_connect = socket.socket.connect


def _loopback_only(self: socket.socket, address: Any) -> None:
    """Refuse every connection that would leave the machine."""
    host = address[0] if isinstance(address, tuple) else str(address)
    if self.family in (socket.AF_INET, socket.AF_INET6) and host not in ("127.0.0.1", "::1"):
        raise AssertionError(f"a test wanted to connect to {host}")
    _connect(self, address)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only loopback can be reached."""
    monkeypatch.setattr(socket.socket, "connect", _loopback_only)


@pytest.fixture(autouse=True)
def own_log() -> Iterator[None]:
    """A command that ran in this process leaves no log that writes to what pytest has closed."""
    yield
    root = logging.getLogger()
    for handler in [known for known in root.handlers if getattr(known, "ours", False)]:
        root.removeHandler(handler)


@pytest.fixture
def clock() -> SimulatedClock:
    """A clock that only waiting moves; it starts on 2026-11-24, 08:00 UTC."""
    return SimulatedClock(START)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """The path of a database that does not exist yet."""
    return tmp_path / "data" / "querverweis.sqlite3"


@pytest.fixture
def db(database: Path) -> Iterator[store.Connection]:
    """A migrated, empty database in a file."""
    connection = store.connect(database)
    yield connection
    connection.close()
