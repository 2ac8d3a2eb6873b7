"""Links to outside pages: looked at politely, called dead only on proof."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator import linkcheck, store
from aggregator.clock import SimulatedClock
from aggregator.fetch.client import Fetcher
from aggregator.record import Recorder
from aggregator.schedule import Scheduler
from aggregator.store import link_health
from aggregator.store.hosts import StoredHosts
from tests.scripted import Answer, Web, serving

HOSTS = ("ziel.example", "anders.example", "stumm.example")
Check = Callable[..., int]


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """Outside hosts; nobody listens at stumm.example."""
    with serving(Web()) as web:
        monkeypatch.setenv("AGGREGATOR_ALLOW_PRIVATE", "1")
        monkeypatch.setenv(
            "AGGREGATOR_RESOLVE", f"{web.resolve(*HOSTS[:2])},stumm.example=127.0.0.1:1"
        )
        yield web


def link(db: store.Connection, *urls: str) -> None:
    """Let an item link to outside addresses."""
    for url in urls:
        place = db.execute("SELECT count(*) FROM link_a").fetchone()[0]
        db.execute(
            "INSERT INTO link_a VALUES (1, ?, ?, ?, ?, '', '', 1, NULL)", (place, url, url, url)
        )


@pytest.fixture
def check(database: Path, db: store.Connection, clock: SimulatedClock, web: Web) -> Iterator[Check]:
    """Return a function that looks at what is due, by default a day after the last time."""
    hosts, recorder = StoredHosts(database, clock), Recorder()
    fetcher = Fetcher(hosts, clock, "Querverweis/0.1", on_exchange=recorder)

    def run(after: timedelta = timedelta(days=1), most: int = 100) -> int:
        clock.advance(after)
        web.log.clear()
        web.heads.clear()
        return linkcheck.check(db, fetcher, recorder.take, clock, most)

    yield run
    fetcher.close()
    hosts.close()


def state(db: store.Connection, url: str) -> str:
    row = db.execute("SELECT state FROM outside WHERE canonical = ?", (url,)).fetchone()
    return str(row["state"])


def test_a_page_that_is_there_is_asked_once_a_month_by_head(
    web: Web, db: store.Connection, check: Check
) -> None:
    web.put("http://ziel.example/a", "da")
    link(db, "http://ziel.example/a", "http://ziel.example/a", "mailto:x@ziel.example")

    assert check() == 1
    assert (web.heads, web.asked()) == (["/a"], ["/a"])
    assert state(db, "http://ziel.example/a") == "alive"
    assert [check() for _ in range(29)] == [0] * 29
    assert check(timedelta(days=2)) == 1


@pytest.mark.parametrize("status", [404, 410])
def test_dead_is_what_is_missing_on_two_days(
    web: Web, db: store.Connection, check: Check, status: int
) -> None:
    url = "http://ziel.example/weg"
    web.put(url, status=status)
    link(db, url)

    check()
    assert state(db, url) == "unknown"
    assert check(timedelta(hours=5)) == 0
    check()
    assert state(db, url) == "dead"
    web.put(url, "wieder da")
    check(timedelta(days=31))
    assert state(db, url) == "alive"


def test_missing_once_and_there_again_is_not_dead(
    web: Web, db: store.Connection, check: Check
) -> None:
    url = "http://ziel.example/a"
    link(db, url)
    check()
    web.put(url, "da")
    check()
    assert state(db, url) == "alive"
    web.drop(url)
    check(timedelta(days=31))
    assert state(db, url) == "alive"


@pytest.mark.parametrize("status", [403, 429, 500, 503])
def test_a_server_in_trouble_proves_nothing(
    web: Web, db: store.Connection, check: Check, status: int
) -> None:
    url = "http://ziel.example/a"
    web.put(url, status=status)
    link(db, url)

    for _ in range(4):
        check(timedelta(days=31))
    assert state(db, url) == "unknown"


def test_head_that_is_not_understood_is_followed_by_get(
    web: Web, db: store.Connection, check: Check
) -> None:
    url = "http://ziel.example/a"
    web.put(url, "da")
    web.headless.add("/a")
    link(db, url)

    check()

    assert state(db, url) == "alive"
    assert (web.heads, web.asked()) == (["/a"], ["/a", "/a"])


@pytest.mark.parametrize(
    ("status", "to", "expected", "moved_to"),
    [
        (301, "http://anders.example/neu", "moved", "http://anders.example/neu"),
        (308, "http://anders.example/neu", "moved", "http://anders.example/neu"),
        (302, "http://anders.example/neu", "alive", None),
        (301, "http://ziel.example/", "unknown", None),  # to the home page: gone, most likely
    ],
)
def test_redirects_tell_where_a_page_went(
    web: Web, db: store.Connection, check: Check, status: int, to: str, expected: str,
    moved_to: str | None,
) -> None:  # fmt: skip
    web.put("http://ziel.example/alt", status=status, headers=(("Location", to),))
    web.put(to, "da")
    link(db, "http://ziel.example/alt")

    check()

    row = db.execute("SELECT state, moved_to FROM outside").fetchone()
    assert tuple(row) == (expected, moved_to)


def test_a_host_that_asks_for_a_pause_is_left_alone(
    web: Web, db: store.Connection, check: Check
) -> None:
    pause = (("Retry-After", str(9 * 24 * 3600)),)
    web.put("http://ziel.example/0", status=429, headers=pause)
    link(db, *(f"http://ziel.example/{number}" for number in range(4)))

    assert check() == 1
    assert web.asked() == ["/0"]
    assert db.execute("SELECT count(*) FROM outside WHERE checked_at IS NULL").fetchone()[0] == 3


def test_a_page_too_large_is_there(web: Web, db: store.Connection, check: Check) -> None:
    web.headless.add("/a")
    web.put("http://ziel.example/a", b" " * (11 * 2**20))
    link(db, "http://ziel.example/a")

    check()

    assert state(db, "http://ziel.example/a") == "alive"


def test_robots_are_obeyed_and_a_host_is_asked_a_few_times_a_day(
    web: Web, db: store.Connection, check: Check
) -> None:
    web.put("http://anders.example/robots.txt", "User-agent: *\nDisallow: /geheim/")
    link(db, "http://anders.example/geheim/a")
    for number in range(50):
        web.put(f"http://ziel.example/{number}", "da")
        link(db, f"http://ziel.example/{number}")

    assert check() == linkcheck.PER_HOST + 1
    assert "/geheim/a" not in web.asked()
    assert state(db, "http://anders.example/geheim/a") == "unknown"
    assert check(timedelta(hours=1)) == 0, "the day of the host is spent"
    assert check() == linkcheck.PER_HOST
    gaps = [row[0] for row in db.execute(
        "SELECT unixepoch(at) - lag(unixepoch(at)) OVER (ORDER BY at, id) FROM request"
        " WHERE host = 'ziel.example'")]  # fmt: skip
    assert min(gap for gap in gaps if gap is not None) >= 1


def test_a_budget_is_kept_and_hosts_take_turns(
    web: Web, db: store.Connection, check: Check
) -> None:
    for host in HOSTS[:2]:
        for number in range(5):
            web.put(f"http://{host}/{number}", "da")
            link(db, f"http://{host}/{number}")

    assert check(most=4) == 4
    assert {h for h, p, _ in web.log if p in ("/0", "/1")} == set(HOSTS[:2])


def test_a_silent_network_is_recorded_of_none_and_a_silent_host_once_others_answer(
    web: Web, db: store.Connection, check: Check
) -> None:
    for number in range(5):
        link(db, f"http://stumm.example/{number}")

    assert check() == 0
    assert db.execute("SELECT count(*) FROM outside WHERE checked_at IS NULL").fetchone()[0] == 5
    web.put("http://anders.example/a", "da")
    link(db, "http://anders.example/a")
    assert check() == 1
    assert state(db, "http://stumm.example/0") == "unknown"
    assert check() == 0, "for a month"


def test_an_address_that_nobody_links_to_any_more_is_forgotten(
    web: Web, db: store.Connection, check: Check
) -> None:
    web.put("http://ziel.example/a", "da")
    link(db, "http://ziel.example/a")
    check()
    db.execute("DELETE FROM link_a")

    assert check(timedelta(days=31)) == 0
    assert web.log == []
    assert link_health.counts(db) == {}


def test_discovery_goes_round_in_bounded_steps(
    db: store.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_health, "BATCH", 3)
    link(db, *(f"http://ziel.example/{number}" for number in range(8)))
    now = "2026-11-24T08:00:00Z"

    assert [link_health.discover(db, now, batches=1) for _ in range(4)] == [3, 3, 2, 0]
    link(db, "http://ziel.example/00")
    assert sum(link_health.discover(db, now, batches=1) for _ in range(4)) == 1


def test_the_scheduler_checks_links_unless_told_not_to(
    web: Web, db: store.Connection, database: Path, clock: SimulatedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    web.answers["ziel.example", "/a"] = Answer(body=b"da")
    link(db, "http://ziel.example/a")
    sources = database.parent / "sources.yaml"
    sources.write_text("platforms: []\nsources: []\n", encoding="utf-8")
    work = Scheduler(database, sources, database.parent, clock)

    monkeypatch.setenv("AGGREGATOR_LINK_CHECKS", "0")
    assert work.check_links() == 0
    monkeypatch.delenv("AGGREGATOR_LINK_CHECKS")
    assert work.check_links() == 1
