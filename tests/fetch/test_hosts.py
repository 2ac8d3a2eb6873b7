"""Turns and spacing: threads and processes never ask a host at once, nor too soon."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from aggregator import store
from aggregator.clock import SimulatedClock, SystemClock, instant
from aggregator.errors import FetchError
from aggregator.fetch.client import Fetcher
from aggregator.fetch.hosts import MemoryHosts
from aggregator.hostbook import Cookie, HostBook, RobotsCopy
from aggregator.model import Exchange, Request
from aggregator.store import holders
from aggregator.store.hosts import StoredHosts
from tests.fetch.site import Reply, Site, page

HOLD = timedelta(minutes=1)
PATIENCE = timedelta(minutes=5)


@pytest.fixture(params=["memory", "stored"])
def hosts(
    request: pytest.FixtureRequest, clock: SimulatedClock, database: Path
) -> Iterator[HostBook]:
    if request.param == "memory":
        yield MemoryHosts(clock)
        return
    stored = StoredHosts(database, clock)
    yield stored
    stored.close()


def test_the_spacing_is_waited_out(hosts: HostBook, clock: SimulatedClock) -> None:
    began = clock.now()
    hosts.acquire("a.example", hold=HOLD, patience=PATIENCE)
    assert clock.now() == began
    hosts.release("a.example", next_at=began + timedelta(seconds=1.25))

    hosts.acquire("a.example", hold=HOLD, patience=PATIENCE)
    waited = clock.now() - began
    hosts.release("a.example", next_at=None)

    assert waited == timedelta(seconds=1.25)


def test_hosts_do_not_wait_for_each_other(hosts: HostBook, clock: SimulatedClock) -> None:
    began = clock.now()
    hosts.acquire("a.example", hold=HOLD, patience=PATIENCE)
    hosts.acquire("b.example", hold=HOLD, patience=PATIENCE)
    hosts.release("a.example", next_at=began + HOLD)
    hosts.release("b.example", next_at=None)
    hosts.acquire("b.example", hold=HOLD, patience=PATIENCE)
    hosts.release("b.example", next_at=None)

    assert clock.now() == began


def test_a_long_pause_is_not_waited_for_and_leaves_the_turn_free(
    hosts: HostBook, clock: SimulatedClock
) -> None:
    began = clock.now()
    hosts.acquire("a.example", hold=HOLD, patience=PATIENCE)
    hosts.release("a.example", next_at=began + timedelta(hours=2))

    for _ in range(2):
        with pytest.raises(FetchError) as caught:
            hosts.acquire("a.example", hold=HOLD, patience=PATIENCE)
        assert caught.value.retry_after == timedelta(hours=2)
    clock.advance(timedelta(hours=1, minutes=56))
    hosts.acquire("a.example", hold=HOLD, patience=PATIENCE)
    hosts.release("a.example", next_at=None)

    assert clock.now() == began + timedelta(hours=2)


def test_what_is_kept_of_a_host_comes_back_as_it_was(
    hosts: HostBook, clock: SimulatedClock
) -> None:
    assert hosts.robots("a.example") is None
    assert hosts.cookies("a.example") == ()
    copy = RobotsCopy(body="User-agent: *\n", at=clock.now(), status=200, crawl_delay=2.5)
    cookies = (Cookie(name="sid", value="1", path="/x", secure=True), Cookie(name="b", value=""))

    hosts.keep_robots("a.example", copy)
    hosts.keep_cookies("a.example", cookies)
    hosts.keep_robots("b.example", RobotsCopy(body=None, at=clock.now(), status=None))

    assert hosts.robots("a.example") == copy
    assert hosts.cookies("a.example") == cookies
    unreachable = hosts.robots("b.example")
    assert unreachable is not None
    assert unreachable.unreachable


def test_twelve_threads_take_turns(
    site: Site, hosts: HostBook, make_fetcher: Callable[..., Fetcher], exchanges: list[Exchange]
) -> None:
    site.pages["/robots.txt"] = Reply(body=b"User-agent: *\nCrawl-delay: 10\n")
    site.pages["/a"] = page()
    fetcher = make_fetcher(hosts=hosts)

    def ask() -> None:
        for _ in range(3):
            fetcher.get(Request(url=f"{site.base}/a"))

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert site.overlaps == 0
    moments = sorted(instant(exchange.at) for exchange in exchanges)
    assert len(moments) == 37
    assert {b - a for a, b in pairwise(moments)} == {timedelta(seconds=10)}


CHILD = """
import sys
from datetime import datetime
from pathlib import Path
from aggregator.clock import SimulatedClock
from aggregator.fetch.client import Fetcher
from aggregator.model import Request
from aggregator.store.hosts import StoredHosts

path, start, url = sys.argv[1:]
clock = SimulatedClock(datetime.fromisoformat(start))
told = lambda exchange: print(exchange.at, flush=True)
with Fetcher(StoredHosts(Path(path), clock), clock, "Querverweis/0.1", on_exchange=told) as fetcher:
    for _ in range(20):
        fetcher.get(Request(url=url))
"""


def test_two_processes_take_turns_whatever_their_clocks_say(
    site: Site, db: store.Connection, database: Path
) -> None:
    def slowly(_: object) -> Reply:
        time.sleep(0.002)
        return page()

    site.pages["/a"] = slowly
    starts = ("2026-11-24T08:00:00+00:00", "2026-11-24T08:00:07+00:00")
    children = [
        subprocess.Popen(
            [sys.executable, "-c", CHILD, str(database), start, f"{site.base}/a"],
            stdout=subprocess.PIPE,
            text=True,
        )
        for start in starts
    ]
    moments = [
        instant(line) for child in children for line in child.communicate(timeout=60)[0].split()
    ]

    assert [child.returncode for child in children] == [0, 0]
    assert site.overlaps == 0
    assert len(site.paths()) == 40
    assert len(set(moments)) == len(moments)  # never twice within a second


KILLED = """
import os, sys
from datetime import timedelta
from pathlib import Path
from aggregator.clock import SystemClock
from aggregator.store.hosts import StoredHosts

hosts = StoredHosts(Path(sys.argv[1]), SystemClock())
hosts.acquire("a.example", hold=timedelta(hours=1), patience=timedelta(0))
os._exit(9)
"""


def test_a_turn_that_its_process_took_to_the_grave_is_free_at_once(
    db: store.Connection, database: Path
) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(database)], check=False, timeout=60)
    lease = db.execute("SELECT lease_by FROM host WHERE name = 'a.example'").fetchone()[0]
    began = time.monotonic()
    hosts = StoredHosts(database, SystemClock())

    hosts.acquire("a.example", hold=HOLD, patience=PATIENCE)
    hosts.release("a.example", next_at=None)
    hosts.close()

    assert lease is not None
    assert time.monotonic() - began < 5


def test_a_turn_held_elsewhere_ends_with_its_lease(
    db: store.Connection, database: Path, clock: SimulatedClock
) -> None:
    until = (datetime.now(UTC) + timedelta(seconds=0.2)).isoformat(timespec="milliseconds")
    db.execute(
        "INSERT INTO host (name, lease_by, lease_until) VALUES ('a.example', ?, ?)",
        (f"{holders.me().partition('/')[0]}/pid:[1]/1/1 1", f"{until.removesuffix('+00:00')}Z"),
    )
    hosts = StoredHosts(database, clock)
    began = time.monotonic()

    hosts.acquire("a.example", hold=HOLD, patience=PATIENCE)
    hosts.release("a.example", next_at=None)
    hosts.close()

    assert 0.1 < time.monotonic() - began < 5
    row = db.execute("SELECT lease_by, lease_until, next_at FROM host").fetchone()
    assert tuple(row) == (None, None, None)


def test_a_late_release_does_not_end_the_lease_of_another(
    db: store.Connection, database: Path, clock: SimulatedClock
) -> None:
    hosts = StoredHosts(database, clock)
    hosts.acquire("a.example", hold=HOLD, patience=PATIENCE)
    db.execute("UPDATE host SET lease_by = 'another'")

    hosts.release("a.example", next_at=clock.now() + HOLD)
    hosts.close()

    row = db.execute("SELECT lease_by, next_at FROM host").fetchone()
    assert tuple(row) == ("another", "2026-11-24T08:01:00.000Z")
