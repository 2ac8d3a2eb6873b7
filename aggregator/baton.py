"""One crawling thread computes at a time; the others wait for the network, a turn or a process.

The interpreter lets one thread run in any case. But eight that are all able to run spend a third of
the processor time on taking its lock from each other, most of all around short calls into SQLite.
A thread that crawls holds the baton, and lets go of it where it waits for something else. Threads
that never held it (tests, previews, the heartbeat) are not concerned.

Rule: whoever holds the baton waits for no lock that is held by a thread which may want the baton.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_baton = threading.Lock()
_mine = threading.local()


@contextmanager
def held() -> Iterator[None]:
    """Compute in this block; wait until no other thread does."""
    _baton.acquire()
    _mine.held = True
    try:
        yield
    finally:
        _mine.held = False
        _baton.release()


@contextmanager
def apart() -> Iterator[None]:
    """Wait for something else in this block, and let others compute meanwhile."""
    if not getattr(_mine, "held", False):
        yield
        return
    _mine.held = False
    _baton.release()
    try:
        yield
    finally:
        _baton.acquire()
        _mine.held = True
