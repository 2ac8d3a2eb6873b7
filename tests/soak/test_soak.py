"""Weeks of operation in minutes: overlapping runs, readers, a moderator, kill -9 and other faults.

Real processes share one database; only their clock is set. A twin installation reads the same sites
on the same days undisturbed: in the end both must hold the same. `QUERVERWEIS_SOAK_DAYS` makes it
longer than the sample that runs with the suite.
"""

import os
import random
import re
import resource
import signal
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest

from aggregator import store
from aggregator.clock import stamp
from aggregator.model import UserRole
from aggregator.store import holders
from aggregator.store.digest import digest
from tests.conftest import START
from tests.scripted import Web, serving
from tests.web.people import PASSWORD, add

DAYS = int(os.environ.get("QUERVERWEIS_SOAK_DAYS", "1"))
TICKS_A_DAY = 3
HOSTS = ("amt.example", "land.example", "kreis.example")
WAL_MOST, GROWTH_MOST = 64 << 20, 1.25
SEED = int(os.environ.get("QUERVERWEIS_SOAK_SEED", "7"))

pytestmark = pytest.mark.slow


def feed(host: str, day: int) -> bytes:
    """A window of the newest entries; some are edited each day, and old ones leave it."""
    rows = "".join(
        f"<item><guid>{host}-{n}</guid><link>http://{host}/{n}</link>"
        f"<title>Meldung {n} vom Amt {host}</title>"
        f"<description>Text {n} über Wohngeld und Melderegister,"
        f" Fassung {day if n % 5 == day % 5 else 0}.</description>"
        f"<pubDate>{n % 27 + 1:02} Nov 2026 09:00:00 +0100</pubDate></item>"
        for n in range(max(1, day * 3 - 12), day * 3 + 4)
    )
    return f'<rss version="2.0"><channel><title>{host}</title>{rows}</channel></rss>'.encode()


@dataclass
class Place:
    """An installation: its folder, its list, the environment of its processes."""

    folder: Path
    environment: dict[str, str]

    @property
    def database(self) -> Path:
        return self.folder / "data" / "querverweis.sqlite3"

    def start(self, at: datetime, *words: str) -> "subprocess.Popen[bytes]":
        environment = {**self.environment, "AGGREGATOR_NOW": stamp(at)}
        return subprocess.Popen(
            [sys.executable, "-m", "aggregator", "--data", str(self.folder / "data"), "--sources",
             str(self.folder / "sources.yaml"), *words],
            env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip


def make_place(folder: Path, web: Web) -> Place:
    folder.mkdir()
    platforms = "".join(
        f'  - {{id: {h[:4]}, name: {h}, short_name: {h[:4]}, level: bund, operator: A, url: "http://{h}/"}}\n'
        for h in HOSTS
    )
    sources = "".join(
        f"  - {{id: {h[:4]}-feed, platform: {h[:4]}, kind: feed, url: 'http://{h}/feed.xml',"
        " details: never, every: 6h, policy: full, expect: {max_vanish: 1}}\n"
        for h in HOSTS
    )
    (folder / "sources.yaml").write_text(
        f"platforms:\n{platforms}sources:\n{sources}", encoding="utf-8"
    )
    environment = {
        **os.environ, "AGGREGATOR_ALLOW_PRIVATE": "1", "AGGREGATOR_MIN_DELAY_S": "0",
        "AGGREGATOR_RESOLVE": web.resolve(*HOSTS), "AGGREGATOR_PARSE_WORKERS": "0",
    }  # fmt: skip
    return Place(folder, environment)


# --- people ----------------------------------------------------------------------------------


@dataclass
class People:
    """A reader and a moderator before the web application; they note what they are answered."""

    port: int
    statuses: Counter[int] = field(default_factory=Counter)
    longest_gap_s: float = 0.0
    writes_s: list[float] = field(default_factory=list)
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

    def send(self, page: str, url: str, **fields: str) -> int:
        _, text = self.request("GET", page)
        token = re.search(r'name="csrf" value="([0-9a-f]+)"', text)
        told = urlencode({"csrf": token[1] if token else "", **fields})
        began = time.monotonic()
        status, _ = self.request("POST", url, told)
        self.writes_s.append(time.monotonic() - began)
        return status

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


def memory_kb(pid: int) -> int:
    text = Path(f"/proc/{pid}/status").read_text("ascii", "replace")
    found = re.search(r"VmRSS:\s+(\d+)", text)
    return int(found[1]) if found else 0


# --- faults ----------------------------------------------------------------------------------


def kill_soon(process: "subprocess.Popen[bytes]", chance: random.Random) -> None:
    try:
        process.wait(chance.uniform(0.05, 1.2))
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)


def fill_the_disk(process: "subprocess.Popen[bytes]", database: Path) -> None:
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


# --- the weeks -------------------------------------------------------------------------------


@pytest.fixture
def web() -> Iterator[Web]:
    with serving(Web()) as web:
        yield web


def one_tick(place: Place, at: datetime, chance: random.Random) -> str:
    """Two runs at once, one of which may meet a fault; return which."""
    fault = chance.choice(["none", "kill", "kill", "disk", "lock"])
    holder = hold_the_lock(place.database, 0.5) if fault == "lock" else None
    first = place.start(at, "refresh", "--json")
    second = place.start(at, "refresh", "--json")
    if fault == "kill":
        kill_soon(chance.choice([first, second]), chance)
    if fault == "disk":
        fill_the_disk(first, place.database)
    for process in (first, second):
        process.wait(120)
    if holder:
        holder.join()
    return fault


def test_weeks_of_faults_lose_nothing(tmp_path: Path, web: Web) -> None:
    chance = random.Random(SEED)
    place, twin = make_place(tmp_path / "gestört", web), make_place(tmp_path / "ruhig", web)
    db = store.connect(place.database)
    add(db, "moderatorin", UserRole.MODERATOR)
    server = place.start(START, "serve", "--port", str(port := _free_port()))
    people = People(port)
    _await(people)
    assert people.send("/login", "/login", name="moderatorin", password=PASSWORD) == 303
    people.writes_s.clear()  # a password is slow on purpose
    reader = threading.Thread(target=people.read_on)
    reader.start()
    memory, faults, wal = [], Counter[str](), 0
    try:
        for tick in range(DAYS * TICKS_A_DAY):
            at = START + timedelta(hours=24 / TICKS_A_DAY * tick)
            for host in HOSTS:
                web.put(f"http://{host}/feed.xml", feed(host, tick // TICKS_A_DAY + 1),
                        media_type="application/rss+xml")  # fmt: skip
            faults[one_tick(place, at, chance)] += 1
            place.start(at, "refresh").wait(120)  # the next line of cron, minutes later
            twin.start(at, "refresh").wait(120)
            people.send("/account", "/account/seen")
            wal = max(wal, _size(Path(f"{place.database}-wal")))
            memory.append(memory_kb(server.pid))
    finally:
        people.stop()
        reader.join()
        server.terminate()
        code = server.wait(15)
    end = START + timedelta(days=DAYS, hours=12)
    for installation in (place, twin):
        installation.start(end, "refresh", "--all").wait(120)
        installation.start(end, "rebuild").wait(240)
    other = store.connect(twin.database)
    held = [row[0] for row in db.execute("SELECT by FROM lease UNION SELECT lease_by FROM"
                                         " source_state WHERE lease_by IS NOT NULL")]  # fmt: skip

    assert code == 0
    assert digest(db) == digest(other), "nothing lost, nothing twice"
    assert all(holders.is_dead(holder) for holder in held), "no lease is stuck"
    assert set(people.statuses) <= {200, 503}
    assert people.longest_gap_s < 15
    assert wal <= WAL_MOST
    settled = memory[len(memory) // 3 :]
    assert settled[-1] <= GROWTH_MOST * statistics.median(settled), "memory is flat"
    slow = statistics.quantiles(people.writes_s, n=20)[-1] if len(people.writes_s) > 1 else 0
    told = f"days={DAYS} faults={dict(faults)} answers={dict(people.statuses)} wal={wal}"
    print(f"{told} memory={memory[0]}..{memory[-1]} KB, write p95 {slow:.3f} s")  # noqa: T201 (figures)
    db.close()
    other.close()


def _free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as place:
        return int(place.getsockname()[1])


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _await(people: People) -> None:
    """Wait until the web application answers."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            if people.request("GET", "/health/live.json")[0] == 200:
                return
        except OSError:
            threading.Event().wait(0.1)
    raise AssertionError("the web application did not start")
