"""Processes that read texts for search beside the one that writes, for the time of a large backlog.

Writing is one process's work and takes about as long as reading, so on two cores one reader keeps
it busy, on more two do. A reader that dies costs time, nothing else: its batch is read here.
"""

import logging
import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import SimpleQueue
from threading import Lock

from aggregator.indexer import Text
from aggregator.links.searched import Dictionary, Reader, Searched
from aggregator.text.compounds import Counts

log = logging.getLogger(__name__)
MOST = 2


class Team:
    """Readers in processes of their own; `close` it."""

    def __init__(self, dictionary: Dictionary, counts: Counts, reader: Reader) -> None:
        """Start the processes.

        Args:
            dictionary: What words are read by.
            counts: Of the words of the epoch; a mapping in memory.
            reader: Reads what a process failed to read.
        """
        size = MOST if (os.cpu_count() or 1) > MOST else 1
        self.room = size + 2  # one is read and one waits for it, while one is written
        self._reader = reader
        self._reading = Lock()
        self._first = pickle.dumps((dictionary, counts), 5)
        self.children = [_start() for _ in range(size)]
        self._idle: SimpleQueue[subprocess.Popen[bytes] | None] = SimpleQueue()
        self._threads = ThreadPoolExecutor(max_workers=size, thread_name_prefix="index")
        for child in self.children:
            self._threads.submit(self._prepare, child)

    def read(self, texts: Sequence[Text]) -> "Future[list[Searched]]":
        """Read texts, in order."""
        return self._threads.submit(self._read, texts)

    def close(self) -> None:
        """End the processes and wait until they are gone."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        for child in self.children:
            for end in (child.stdin, child.stdout):
                if end:
                    with suppress(OSError):
                        end.close()
            try:
                child.wait(timeout=5)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def _prepare(self, child: subprocess.Popen[bytes]) -> None:
        """Tell a process what to read by; it works the while others do."""
        try:
            _tell(child, self._first)
            self._idle.put(child)
        except OSError:
            self._idle.put(None)

    def _read(self, texts: Sequence[Text]) -> list[Searched]:
        child = self._idle.get()
        if child is not None:
            try:
                _tell(child, pickle.dumps(texts, 5))
                found: list[Searched] = pickle.load(child.stdout)  # type: ignore[arg-type] # noqa: S301 (our child; a pipe)
            except (OSError, EOFError, pickle.UnpicklingError) as error:
                log.warning("a process that reads for search ended (%r); going on without", error)
                child = None
            else:
                self._idle.put(child)
                return found
        self._idle.put(child)
        with self._reading:
            return [self._reader.read(title, body) for title, body in texts]


def _start() -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "aggregator.links.search_child"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip


def _tell(child: "subprocess.Popen[bytes]", order: bytes) -> None:
    if child.stdin is None:
        raise BrokenPipeError
    child.stdin.write(order)
    child.stdin.flush()
