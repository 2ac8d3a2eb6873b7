"""The scheduler: crawling, deriving, housekeeping on the simulated clock, a wrong list, SIGTERM."""

import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator import schedule, store
from aggregator.clock import SimulatedClock
from aggregator.errors import ConfigError
from aggregator.schedule import Scheduler
from aggregator.store import holders
from aggregator.store.derived import live
from tests.builders import rss
from tests.scripted import Web

FEED = "http://amt.example/feed.xml"
LIST = """\
platforms:
  - {id: amt, name: Das Amt, short_name: Amt, level: bund, operator: Amt, url: "http://amt.example/"}
sources:
  - {id: amt-feed, platform: amt, kind: feed, url: "http://amt.example/feed.xml", every: 2h,
     details: never}
  - {id: amt-hand, platform: amt, kind: manual}
  - {id: amt-alt, platform: amt, kind: feed, url: "http://amt.example/alt.xml", enabled: false}
"""


@pytest.fixture
def sources(tmp_path: Path, web: Web) -> Path:
    """A source list of which one source is read; its feed has two entries."""
    web.put(FEED, rss(1, 2), media_type="application/rss+xml")
    path = tmp_path / "sources.yaml"
    path.write_text(LIST, encoding="utf-8")
    return path


@pytest.fixture
def work(database: Path, sources: Path, clock: SimulatedClock) -> Scheduler:
    return Scheduler(database, sources, database.parent, clock)


def test_a_crawl_reads_what_is_due_and_leaves_what_it_found_in_the_queue(
    work: Scheduler, db: store.Connection, web: Web
) -> None:
    assert work.crawl() == 1

    assert web.asked() == ["/feed.xml"]
    assert db.execute("SELECT count(*) FROM changes").fetchone()[0] == 2
    assert db.execute("SELECT trigger FROM run").fetchone()[0] == "schedule"


def test_what_changed_is_derived_by_a_job_of_its_own(work: Scheduler, db: store.Connection) -> None:
    work.crawl()

    assert work.derive() > 0

    assert db.execute("SELECT count(*) FROM changes").fetchone()[0] == 0
    assert db.execute(f"SELECT count(*) FROM entry_{live(db)}").fetchone()[0] == 2
    assert work.derive() == 0  # nothing is left


def test_a_long_derivation_elsewhere_stops_no_crawl(work: Scheduler, db: store.Connection) -> None:
    other = f"{holders.me().partition('/')[0]}/pid:[1]/1/1"  # alive, in another pid namespace
    db.execute("INSERT INTO lease VALUES ('derive', ?, '2999-01-01T00:00:00Z')", (other,))

    assert work.crawl() == 1


def test_a_crawl_leaves_what_is_not_due(work: Scheduler, clock: SimulatedClock) -> None:
    work.crawl()
    clock.advance(timedelta(minutes=1))

    assert work.crawl() == 0

    clock.advance(timedelta(hours=2))
    assert work.crawl() == 1


def test_a_wrong_list_is_reported_and_the_last_good_one_stays(
    work: Scheduler, sources: Path, clock: SimulatedClock, caplog: pytest.LogCaptureFixture
) -> None:
    work.crawl()
    sources.write_text("sources: [", encoding="utf-8")
    clock.advance(timedelta(hours=3))

    assert work.crawl() == 1

    assert f"{sources}:1" in caplog.text


def test_a_list_that_never_was_right_is_an_error(work: Scheduler, sources: Path) -> None:
    sources.write_text("sources: [", encoding="utf-8")

    with pytest.raises(ConfigError):
        work.crawl()


def test_housekeeping_forgets_old_runs(
    work: Scheduler, db: store.Connection, clock: SimulatedClock
) -> None:
    for _ in range(3):
        work.crawl()
        clock.advance(timedelta(days=60))

    work.housekeeping()

    assert db.execute("SELECT count(*) FROM run").fetchone()[0] == 1


# --- the process -----------------------------------------------------------------------------


class Alarm(list[tuple[str, str, int]]):
    """A log of requests that ends this process, as an administrator would, when it grows."""

    def append(self, row: tuple[str, str, int]) -> None:
        super().append(row)
        if row[1] == "/feed.xml":
            os.kill(os.getpid(), signal.SIGTERM)


@pytest.fixture
def kept_signals() -> Iterator[None]:
    """What the scheduler does with signals ends with the test."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("kept_signals")
def test_sigterm_ends_it_after_the_work_in_hand(
    database: Path, sources: Path, clock: SimulatedClock, db: store.Connection, web: Web
) -> None:
    web.log = Alarm()

    assert schedule.run(database, sources, database.parent, clock, None) == 0

    run = db.execute("SELECT state, new FROM run").fetchone()
    assert tuple(run) == ("ok", 2)
    assert db.execute("SELECT count(*) FROM changes").fetchone()[0] == 0
    assert db.execute("SELECT lease_by FROM source_state").fetchone()[0] is None


@pytest.mark.usefixtures("kept_signals")
def test_sigterm_ends_a_source_after_the_address_it_is_at(
    database: Path, sources: Path, clock: SimulatedClock, db: store.Connection, web: Web
) -> None:
    sources.write_text(sources.read_text("utf-8").replace("never", "always"), encoding="utf-8")
    web.put("http://amt.example/1", "<p>Eins</p>")
    web.put("http://amt.example/2", "<p>Zwei</p>")
    web.log = Alarm()

    assert schedule.run(database, sources, database.parent, clock, None) == 0

    assert web.asked() == ["/feed.xml"]
    row = db.execute("SELECT state, new, pending FROM run").fetchone()
    assert tuple(row) == ("ok", 2, 2)  # the pages behind the entries wait in the frontier
    assert db.execute("SELECT lease_by FROM source_state").fetchone()[0] is None
    assert db.execute("SELECT count(*) FROM lease").fetchone()[0] == 0


def test_a_wrong_list_keeps_it_from_starting(
    database: Path, sources: Path, clock: SimulatedClock
) -> None:
    sources.write_text("sources: [", encoding="utf-8")

    with pytest.raises(ConfigError):
        schedule.run(database, sources, database.parent, clock, None)

    assert not database.exists()
