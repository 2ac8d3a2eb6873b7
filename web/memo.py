"""What is costly to count is counted once for each state of the database, not for each reader.

As long as nothing was written, the same answer is given. After a write, what was counted quickly is
counted anew at once, so that a small index is always exact. What took long (a large index, while a
crawl writes without a pause) is told as it was, with the time that it states itself, and counted
anew beside the requests, at most so often that it takes a fiftieth of the time.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from flask import Flask, current_app

from aggregator import store
from aggregator.store.connection import data_version
from web.database import DATABASE

T = TypeVar("T")
QUICK_S = 0.1  # processor time; what takes longer is not counted while a reader waits
SHARE = 50  # so many times its own duration a long count is kept at least
LEAST_S, MOST_S = 60, 600  # bounds of that; ages are told as of the count, so it never lasts
MOST_KEPT = 64


@dataclass(frozen=True, slots=True)
class _Kept:
    version: int
    at: float
    cost: float
    value: Any


class Memo:
    """The answers of one application.

    Args:
        path: The database.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._watch: store.Connection | None = None
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._counting: set[Hashable] = set()

    def get(self, key: Hashable, count: Callable[[store.Connection], T]) -> T:
        """Return what `count` returns for the database as it is, or was a short while ago.

        Args:
            key: What is counted, with all that it depends on but the database.
            count: Counts; knows nothing of the request, since it may run beside it.
        """
        with self._lock:
            version, have = self._version(), self._kept.get(key)
        if have is None or self._must_count(have, version):
            return self._count(key, version, count)
        age = time.monotonic() - have.at
        if age > (MOST_S if have.version == version else self._lasts(have)):
            self._count_beside(key, version, count)
        value: T = have.value
        return value

    @staticmethod
    def _must_count(have: _Kept, version: int) -> bool:
        """Return whether a reader has to wait for a new count."""
        if have.version == version:
            return time.monotonic() - have.at > MOST_S and have.cost <= QUICK_S
        return have.cost <= QUICK_S

    @staticmethod
    def _lasts(have: _Kept) -> float:
        return min(MOST_S, max(LEAST_S, SHARE * have.cost))

    def _version(self) -> int:
        if self._watch is None:
            self._watch = store.connect(self._path, readonly=True)
        return data_version(self._watch)

    def _count(self, key: Hashable, version: int, count: Callable[[store.Connection], T]) -> T:
        db = store.connect(self._path, readonly=True)  # opened after `version` was read
        try:
            began = time.thread_time()
            store.read_one_state(db)
            value = count(db)
            cost = time.thread_time() - began
        finally:
            db.close()
        with self._lock:
            self._kept[key] = _Kept(version, time.monotonic(), cost, value)
            self._kept.move_to_end(key)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return value

    def _count_beside(
        self, key: Hashable, version: int, count: Callable[[store.Connection], T]
    ) -> None:
        with self._lock:
            if key in self._counting:
                return
            self._counting.add(key)

        def run() -> None:
            try:
                self._count(key, version, count)
            except Exception:  # a thread has nobody above it who would tell
                logging.getLogger(__name__).exception("counting failed: %r", key)
            finally:
                with self._lock:
                    self._counting.discard(key)

        threading.Thread(target=run, daemon=True).start()

    def close(self) -> None:
        """Close the connection that watches."""
        with self._lock:
            if self._watch is not None:
                self._watch.close()
                self._watch = None


def init_app(app: Flask) -> None:
    """Give the application its memory."""
    app.extensions["memo"] = Memo(app.config["DATA"] / DATABASE)


def counted(key: Hashable, count: Callable[[store.Connection], T]) -> T:
    """Return what `count` returns, from memory where it still holds (see `Memo.get`)."""
    memo: Memo = current_app.extensions["memo"]
    return memo.get(key, count)
