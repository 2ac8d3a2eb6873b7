"""An installation that soaks: its processes, the people before it, and what goes wrong with it."""

import os
import random
import re
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

from aggregator.clock import stamp

Process = subprocess.Popen[bytes]
ROOT = Path(__file__).parents[2]


@dataclass
class Place:
    """An installation: its folder, its list, the environment of its processes."""

    folder: Path
    environment: dict[str, str]

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def sources(self) -> Path:
        return self.folder / "sources.yaml"

    @property
    def database(self) -> Path:
        return self.data / "querverweis.sqlite3"

    def start(self, at: datetime, *words: str, out: int = subprocess.DEVNULL) -> Process:
        environment = {**os.environ, **self.environment, "AGGREGATOR_NOW": stamp(at)}
        return subprocess.Popen(
            [sys.executable, "-m", "aggregator", "--data", str(self.data), "--sources",
             str(self.sources), *words],
            env=environment, stdout=out, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def run(self, at: datetime, *words: str) -> bytes:
        process = self.start(at, *words, out=subprocess.PIPE)
        out, _ = process.communicate(timeout=300)
        return out


def make_place(folder: Path, resolve: str) -> Place:
    (folder / "data").mkdir(parents=True)
    return Place(folder, {
        "AGGREGATOR_ALLOW_PRIVATE": "1", "AGGREGATOR_RESOLVE": resolve,
        "AGGREGATOR_PARSE_WORKERS": "0",
    })  # fmt: skip


class Service:
    """The scheduler of an installation, which is started again whenever it was killed."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._process: Process | None = None
        self.memory: list[int] = []
        self.starts = 0

    def tell(self, at: datetime) -> Process:
        """Let it be `at` by now; return its process."""
        if self._process is None or self._process.poll() is not None:
            self._let_go()
            self._process = self._start(at)
        else:
            self.memory.append(memory_kb(self._process.pid))
        line = self._process.stdin
        assert line is not None
        line.write(f"{stamp(at)}\n".encode())
        line.flush()
        return self._process

    def _start(self, at: datetime) -> Process:
        self.starts += 1
        return subprocess.Popen(
            [sys.executable, "-m", "tests.soak.scheduler", str(self._place.data),
             str(self._place.sources), stamp(at)],
            env={**os.environ, **self._place.environment}, cwd=ROOT, stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def stop(self) -> int:
        """End it gracefully; return its exit code, 0 when it was not running."""
        if self._process is None or self._process.poll() is not None:
            self._let_go()
            return 0
        self._process.terminate()
        code = self._process.wait(60)
        self._let_go()
        return code

    def _let_go(self) -> None:
        """Close the pipe to a process that has ended."""
        if self._process is not None and self._process.stdin:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
        self._process = None


# --- people ----------------------------------------------------------------------------------


@dataclass
class People:
    """A reader and a moderator before the web application; they note what they are answered."""

    port: int
    statuses: Counter[int] = field(default_factory=Counter)
    longest_gap_s: float = 0.0
    writes_s: list[float] = field(default_factory=list)
    said: Counter[str] = field(default_factory=Counter)  # verdicts taken, by answer
    _ended: threading.Event = field(default_factory=threading.Event)
    _cookie: str = ""

    def request(self, method: str, url: str, body: str = "") -> tuple[int, str]:
        line = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            headers = {"Cookie": self._cookie} if self._cookie else {}
            if body:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            line.request(method, url, body=body or None, headers=headers)
            answer = line.getresponse()
            for name, value in answer.getheaders():
                if name.lower() == "set-cookie":
                    cookies = dict(c.split("=", 1) for c in filter(None, self._cookie.split("; ")))
                    key, _, told = value.partition(";")[0].partition("=")
                    self._cookie = "; ".join(f"{k}={v}" for k, v in {**cookies, key: told}.items())
            return answer.status, answer.read().decode("utf-8", "replace")
        finally:
            line.close()

    def send(self, text: str, url: str, **fields: str) -> int:
        """Send a form of a page that was read."""
        token = re.search(r'name="csrf" value="([0-9a-f]+)"', text)
        told = urlencode({"csrf": token[1] if token else "", **fields})
        began = time.monotonic()
        status, _ = self.request("POST", url, told)
        self.writes_s.append(time.monotonic() - began)
        return status

    def sign_in(self, name: str, password: str) -> int:
        _, text = self.request("GET", "/login")
        status = self.send(text, "/login", name=name, password=password)
        self.writes_s.clear()  # a password is slow on purpose
        return status

    def judge(self, queue: str, verdict: str) -> bool:
        """Answer the next card of a queue; return whether there was one and it was taken."""
        status, text = self.request("GET", f"/moderation/{queue}")
        card = dict(re.findall(r'name="(item|object)" value="([^"]*)"', text))
        if status != 200 or len(card) != 2:
            return False
        status = self.send(text, f"/moderation/{queue}/say", do=verdict, **card)
        self.said[str(status)] += 1
        return status == 303

    def read_on(self) -> None:
        bad_since: float | None = None
        while not self._ended.wait(0.05):
            status, _ = self.request("GET", "/search?q=Wohngeld")
            self.statuses[status] += 1
            if status == 200:
                bad_since = None
            else:
                bad_since = bad_since or time.monotonic()
                self.longest_gap_s = max(self.longest_gap_s, time.monotonic() - bad_since)

    def stop(self) -> None:
        self._ended.set()

    def wait_for_the_web(self) -> None:
        """Wait until the web application answers."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                if self.request("GET", "/health/live.json")[0] == 200:
                    return
            except OSError:
                threading.Event().wait(0.1)
        raise AssertionError("the web application did not start")


def memory_kb(pid: int) -> int:
    text = Path(f"/proc/{pid}/status").read_text("ascii", "replace")
    found = re.search(r"VmRSS:\s+(\d+)", text)
    return int(found[1]) if found else 0


# --- faults ----------------------------------------------------------------------------------


def kill_soon(process: Process, chance: random.Random) -> bool:
    """Kill a process at a random moment, unless it ends before; return whether it was killed."""
    try:
        process.wait(chance.uniform(0.05, 1.5))
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return True
    return False


def fill_the_disk(process: Process, database: Path) -> None:
    """Let a process write no file beyond the present size, as on a full disk."""
    size = max(1 << 16, database.stat().st_size)
    try:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, size))
    except ProcessLookupError:
        return


def hold_the_lock(database: Path, seconds: float) -> threading.Thread:
    def hold() -> None:
        db = sqlite3.connect(database, timeout=5, isolation_level=None)
        try:
            db.execute("BEGIN IMMEDIATE")
            threading.Event().wait(seconds)
            db.execute("ROLLBACK")
        except sqlite3.OperationalError:
            return  # somebody else writes just now: no fault this time
        finally:
            db.close()

    thread = threading.Thread(target=hold)
    thread.start()
    return thread
