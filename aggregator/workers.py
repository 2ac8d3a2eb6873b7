"""Where bodies are read: the one place that decides in which process a parser runs.

A parser holds the interpreter's lock, so two cores are worth two processes; and a document that
makes a parser hang, crash or take all memory must end nothing but itself. Starting a process costs
as much as reading some hundred entries, so the small bodies of a short run are read right here.
"""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from aggregator import baton, parse, reading, reading_child, store, urls, wire
from aggregator.errors import ParseError
from aggregator.fetch.more import FetchMore
from aggregator.model import Code, Fetched, Platform, Source

log = logging.getLogger(__name__)
# Whatever is expensive out of proportion needs size; a larger body is never read in this process.
SMALL_BYTES = 64 * 2**10
# As much CPU as a process takes to start, and the first one with what it loads at once: whoever has
# spent that on reading has work that a (further) process is worth.
START_COST_S = 0.3
FIRST_COST_S = 0.6
START_ATTEMPTS = 3
START_DEADLINE_S = 60.0  # on a machine that is busy with something else
_PROGRAM = f"from {reading_child.__name__} import main; main()"
_ROOT = Path(__file__).parent.parent


class Readers:
    """Reads bodies for all threads of a refresh; `close` it when they have ended.

    Args:
        processes: At most so many at once; 0: everything is read in this process.
        fast_feeds: Read plain feeds without feedparser, here and there.
        eager: Read small bodies in other processes from the first on.
        limits: What one body may cost there.
    """

    def __init__(
        self, processes: int = 2, *, fast_feeds: bool = True, eager: bool = False,
        limits: reading_child.Limits = reading_child.Limits(),  # noqa: B008 (frozen)
    ) -> None:  # fmt: skip
        self._limits = limits
        self._most = min(processes, len(os.sched_getaffinity(0)))
        self._fast_feeds = fast_feeds
        parse.prefer_fast_feeds(wanted=fast_feeds)
        self._open = min(self._most, 1)  # processes that there may be by now
        self._free = threading.Semaphore(max(self._open, 1))
        self._idle: deque[_Child] = deque()
        self._spent_s = FIRST_COST_S if eager else 0.0
        self._asked_s = 0.0  # that processes have read
        self._lock = threading.Lock()

    def read(
        self,
        source: Source,
        platform: Platform,
        visit: store.commit.Visit,
        answer: Fetched,
        fetch_more: FetchMore,
    ) -> reading.Read:
        """Turn a body into a step, as `reading.read` does.

        Raises:
            ParseError: The body could not be understood; TOO_SLOW or DOCUMENT_REFUSED when it
                ended the process that read it.
            FetchError: What it needs could not be had.
        """
        return reading.read(source, platform, visit, answer, fetch_more, self._understand)

    def expect_many(self) -> None:
        """Read every body in other processes from now on, in all of them: there will be many."""
        self._spent_s = FIRST_COST_S
        self._admit(self._most)

    def close(self) -> None:
        """End the processes."""
        while self._idle:
            self._idle.pop().end()

    def _understand(self, job: reading.Job) -> reading.Understood:
        if self._is_read_here(job):
            return self._here(job)
        for _ in range(2):  # a process may have been killed for something else
            with baton.apart(), self._borrowed() as child:
                answer = child.ask(job) if child is not None else None
            if child is None:
                return self._here(job)
            if isinstance(answer, reading.Understood):
                return answer
            if answer is not None:
                raise answer
        raise ParseError(
            "Das Dokument bringt das Leseprogramm zum Absturz", code=Code.DOCUMENT_REFUSED,
            where=job.answer.final_url, remedy="Die Adresse im Browser prüfen",
        )  # fmt: skip

    def _is_read_here(self, job: reading.Job) -> bool:
        if self._most == 0:
            return True
        size = len(job.answer.body) + sum(map(len, job.more.values()))
        return size <= SMALL_BYTES and self._spent_s < FIRST_COST_S

    def _here(self, job: reading.Job) -> reading.Understood:
        began = time.thread_time()
        try:
            return reading.understand(job)
        finally:
            with self._lock:
                self._spent_s += time.thread_time() - began

    @contextmanager
    def _borrowed(self) -> "Iterator[_Child | None]":
        """Give a process to one thread; None when none can be started."""
        with self._free:
            child = self._take()
            warm, began = child is not None and child.warm, time.monotonic()
            yield child
            if child is not None and child.lives:
                child.warm = True
                self._idle.append(child)
        if not warm:
            return  # it loaded its parsers, which another one would have to do as well
        with self._lock:
            self._asked_s += time.monotonic() - began
        if self._asked_s >= START_COST_S * self._open:
            self._admit(self._open + 1)

    def _admit(self, wanted: int) -> None:
        """Let there be more processes."""
        with self._lock:
            while self._open < min(wanted, self._most):
                self._open += 1
                self._free.release()

    def _take(self) -> "_Child | None":
        try:
            return self._idle.pop()  # the one that was used last: its memory is warm
        except IndexError:
            pass
        setup = reading_child.Setup(
            url_rules=urls.installed(), fast_feeds=self._fast_feeds, limits=self._limits
        )
        for _ in range(START_ATTEMPTS):
            try:
                return _Child(setup)
            except (OSError, EOFError) as error:
                log.warning("Leseprozess startet nicht: %r", error)
        log.warning("Es wird ohne Leseprozesse gelesen, langsamer und ohne deren Schranken")
        self._most = 0
        return None


class _Child:
    """A process that reads one body at a time; it ends with its standard input."""

    def __init__(self, setup: reading_child.Setup) -> None:
        """Start it.

        Raises:
            OSError: It cannot be started, or takes for ever (TimeoutError).
            EOFError: It ended at once.
        """
        self._deadline_s = setup.limits.deadline_s
        self.warm = False  # whether it has read something
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _PROGRAM],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0,
            env={**os.environ, "PYTHONPATH": str(_ROOT)},
            start_new_session=True,  # an interrupt at the keyboard is the parent's to handle
        )  # fmt: skip
        self._to, self._from = (
            pipe.fileno() for pipe in (self._process.stdin, self._process.stdout) if pipe
        )
        try:
            wire.send(self._to, setup)
            wire.receive(self._from, START_DEADLINE_S)
        except BaseException:
            self._kill()
            raise

    @property
    def lives(self) -> bool:
        """Whether it can be asked again."""
        return self._process.returncode is None

    def ask(self, job: reading.Job) -> reading.Understood | Exception | None:
        """Return what it makes of a body; None when it died of something unknown.

        Whatever else happens here (an interrupt) ends it: a late answer would be taken for the
        next one's.
        """
        try:
            wire.send(self._to, job)
            answer: reading.Understood | Exception = wire.receive(self._from, self._deadline_s)
        except TimeoutError:
            self._kill()
            return _too_slow(job, f"war nach {self._deadline_s:.0f} s nicht gelesen")
        except (EOFError, BrokenPipeError):
            self._kill()
            if self._process.returncode == -signal.SIGPROF:
                return _too_slow(job, "braucht zu viel Rechenzeit")
            return None
        except BaseException:
            self._kill()
            raise
        return answer

    def end(self) -> None:
        """Let it end."""
        self._kill()

    def _kill(self) -> None:
        """End it with all that it started, and let go of its pipes."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()


def _too_slow(job: reading.Job, how: str) -> ParseError:
    return ParseError(
        f"Das Dokument {how}", code=Code.TOO_SLOW, where=job.answer.final_url,
        remedy="Die Adresse im Browser prüfen; ehrliche Seiten sind in Sekunden gelesen",
    )  # fmt: skip
