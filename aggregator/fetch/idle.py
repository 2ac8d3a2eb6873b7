"""Connections that rest between two turns at their host.

A host is asked once at a time, so there is nothing to pool: one connection for each, taken out
while it is used, by whichever thread has the turn.
"""

import threading
from typing import Generic, Protocol, TypeVar

KEEPALIVE_S = 30.0
MAX_IDLE = 64

Key = tuple[str, str, int]  # scheme, hostname, port


class Connection(Protocol):
    """What can rest."""

    def is_usable(self) -> bool:
        """Whether it has not rested too long, nor the peer ended it."""

    def close(self) -> None:
        """End it."""


C = TypeVar("C", bound=Connection)


class Idle(Generic[C]):
    """At most one connection for each key and `MAX_IDLE` together; thread-safe."""

    def __init__(self) -> None:
        self._resting: dict[Key, C] = {}
        self._lock = threading.Lock()

    def take(self, key: Key) -> C | None:
        """Take a usable connection out, None where there is none."""
        with self._lock:
            connection = self._resting.pop(key, None)
        if connection is not None and not connection.is_usable():
            connection.close()
            return None
        return connection

    def give(self, key: Key, connection: C) -> None:
        """Let a connection rest; the one that has rested longest goes when there are too many."""
        with self._lock:
            gone = [self._resting.pop(key, None)]
            self._resting[key] = connection
            if len(self._resting) > MAX_IDLE:
                gone.append(self._resting.pop(next(iter(self._resting))))
        for old in gone:
            if old is not None:
                old.close()

    def close(self) -> None:
        """End all of them."""
        with self._lock:
            connections, self._resting = list(self._resting.values()), {}
        for connection in connections:
            connection.close()
