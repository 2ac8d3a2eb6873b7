"""A worker process that reads inputs for `inspect`, and is replaced when it hangs or dies.

Inputs come from outside and may be made to kill their reader. So they are read in a process with
bounded memory, one after the other (a process start per file would cost more than the reading),
each within a deadline. `python -m aggregator.cli.inspect_worker FD` is the other end.
"""

import contextlib
import json
import logging
import os
import resource
import signal
import socket
import subprocess
import sys
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self

from aggregator.cli.inspect_rows import Task, failure, row_of
from aggregator.errors import ParseError
from aggregator.model import Code

DEADLINE_S = 7.5  # of one input, from the moment when the worker has it
ADDRESS_SPACE_BYTES = 768 * 2**20
_GRACE_S = 3  # after which a worker whose parent is gone ends itself


class Worker:
    """Reads tasks in another process, started when first needed."""

    def __init__(self, deadline_s: float = DEADLINE_S) -> None:
        self._deadline_s = deadline_s
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def read(self, task: Task) -> str:
        """Return the row of a task as one line of JSON, whatever the input does."""
        if self._process is not None and self._process.poll() is not None:
            self._stop()
        if self._connection is None:
            self._connection = self._start()
        try:
            self._connection.send(task)
            if self._connection.poll(self._deadline_s):
                return self._connection.recv_bytes().decode("utf-8")
            problem = ParseError(
                f"Das Lesen dauerte länger als {self._deadline_s:g} Sekunden und wurde beendet",
                code=Code.TOO_SLOW,
            )
        except (EOFError, OSError):
            problem = ParseError(
                "Das Lesen brauchte mehr Speicher, als es darf, oder brach sonst ab",
                code=Code.TOO_LARGE,
            )
        self._stop()
        return as_json(failure(task.input, task.kind, problem))

    def _start(self) -> Connection:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,  # so that its own children end with it
            )
        return Connection(ours.detach())

    def _stop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process = self._connection = None


def as_json(row: object) -> str:
    """Return a row as one line; half surrogate pairs are escaped, since UTF-8 has none."""
    text = json.dumps(row, ensure_ascii=False)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(row)
    return text


def serve(connection: Connection) -> None:
    """Answer tasks until the other end is gone."""
    while True:
        try:
            task: Task = connection.recv()
        except EOFError:
            return
        signal.alarm(int(DEADLINE_S) + _GRACE_S)
        answer = _answer(task).encode("utf-8")
        signal.alarm(0)
        try:
            connection.send_bytes(answer)
        except BrokenPipeError:
            return


def _answer(task: Task) -> str:
    try:
        return as_json(row_of(task))
    except MemoryError:
        problem = ParseError("Das Lesen braucht mehr Speicher, als es darf", code=Code.TOO_LARGE)
    except Exception:
        logging.getLogger(__name__).exception("a bug, met in %r", task.input)
        problem = ParseError("Beim Lesen ist ein Fehler des Programms aufgetreten")
    return as_json(failure(task.input, task.kind, problem))


def _limit_memory() -> None:
    """Bound the address space, never above what is already set from outside."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    bounds = [b for b in (soft, hard, ADDRESS_SPACE_BYTES) if b != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min(bounds), hard))


if __name__ == "__main__":
    _limit_memory()
    serve(Connection(int(sys.argv[1])))
