"""What the runs tell: the exchanges of each thread while they go on, and a report at their end."""

import threading
from dataclasses import dataclass, field
from typing import Any

from aggregator import store
from aggregator.fetch.hosts import Exchange
from aggregator.model import RunState


class Recorder:
    """Collects the exchanges of each thread, for the record of its run."""

    def __init__(self) -> None:
        self._local = threading.local()

    def __call__(self, exchange: Exchange) -> None:
        """Note one exchange of this thread."""
        self._mine().append(exchange)

    def take(self) -> tuple[store.runs.Exchanged, ...]:
        """Return the exchanges of this thread since the last call."""
        mine = self._mine()
        taken = tuple(
            store.runs.Exchanged(
                at=e.at, host=e.host, url=e.url, status=e.status,
                code=str(e.code) if e.code else None, bytes=e.bytes, ms=e.ms,
                waited_ms=e.waited_ms,
            )
            for e in mine
        )  # fmt: skip
        mine.clear()
        return taken

    def _mine(self) -> list[Exchange]:
        if not hasattr(self._local, "exchanges"):
            self._local.exchanges = []
        exchanges: list[Exchange] = self._local.exchanges
        return exchanges


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How a source fared, as `refresh --json` prints it."""

    source: str
    state: RunState
    reason: str | None = None
    message: str | None = None
    counts: dict[str, int] = field(default_factory=dict)
    next_at: str | None = None

    def document(self) -> dict[str, Any]:
        """Return the line of the contract."""
        names = ("new", "changed", "unchanged", "vanished", "rejected", "pending", "requests",
                 "not_modified", "bytes", "wall_ms")  # fmt: skip
        return {
            "source": self.source,
            "state": str(self.state),
            "reason": self.reason,
            **{name: self.counts.get(name, 0) for name in names},
            "next_at": self.next_at,
        }
