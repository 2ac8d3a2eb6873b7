"""Offline is told apart from a source that is down, and counts against nobody."""

from datetime import timedelta
from http.server import ThreadingHTTPServer

import pytest

from aggregator import store
from aggregator.clock import SimulatedClock, instant
from aggregator.model import RunState, Source
from tests.builders import make_source, rss
from tests.pipeline.conftest import Crawl
from tests.scripted import Answer, Web

AMT = make_source("amt-feed")
LAND = make_source("land-feed", url="http://land.example/feed.xml")
THIRD = make_source("dritte-feed", url="http://dritte.example/feed.xml")


@pytest.fixture
def silence() -> str:
    """A port of loopback where nobody listens."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), None)  # type: ignore[arg-type]  # never asked
    port = server.server_address[1]
    server.server_close()
    return str(port)


@pytest.fixture
def read_once(web: Web, crawl: Crawl) -> None:
    """Both sources have been read a day ago."""
    for source in (AMT, LAND):
        web.put(str(source.url), rss(1), media_type="application/rss+xml")
    reports = crawl(AMT, LAND)
    assert {report.state for report in reports.values()} == {RunState.OK}
    web.log.clear()


def cut(
    patch: pytest.MonkeyPatch, web: Web, silence: str, *hosts: str, alive: tuple[str, ...] = ()
) -> None:
    """Let hosts stay silent, and others answer."""
    names = [f"{host}=127.0.0.1:{silence}" for host in hosts]
    patch.setenv("AGGREGATOR_RESOLVE", ",".join(names + [web.resolve(name) for name in alive]))


def failures(db: store.Connection, source: Source) -> float:
    return store.state.state_of(db, source.id).failures


@pytest.mark.usefixtures("read_once")
def test_one_silent_source_is_down_when_another_host_answers_the_probe(
    web: Web, crawl: Crawl, db: store.Connection, silence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut(monkeypatch, web, silence, "amt.example", alive=("land.example",))

    report = crawl(AMT)["amt-feed"]

    assert report.state is RunState.FAILED
    assert failures(db, AMT) > 0
    assert {row[:2] for row in web.log} == {("land.example", "/robots.txt")}
    probes = db.execute("SELECT DISTINCT host, status FROM request WHERE run IS NULL").fetchall()
    assert [tuple(row) for row in probes] == [("land.example", 404)]


@pytest.mark.usefixtures("read_once")
def test_one_silent_source_is_not_blamed_when_known_hosts_are_silent_too(
    web: Web, crawl: Crawl, db: store.Connection, clock: SimulatedClock, silence: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    cut(monkeypatch, web, silence, "amt.example", "land.example")

    report = crawl(AMT)["amt-feed"]

    assert report.state is RunState.OFFLINE
    assert failures(db, AMT) == 0
    assert instant(report.next_at or "") - clock.now() == timedelta(minutes=10)


@pytest.mark.usefixtures("read_once")
def test_all_sources_silent_at_once_is_our_own_fault(
    web: Web, crawl: Crawl, db: store.Connection, silence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut(monkeypatch, web, silence, "amt.example", "land.example")

    reports = crawl(AMT, LAND)

    assert {report.state for report in reports.values()} == {RunState.OFFLINE}
    assert failures(db, AMT) == failures(db, LAND) == 0


@pytest.mark.usefixtures("read_once")
def test_no_probe_is_sent_when_any_source_answered(
    web: Web, crawl: Crawl, silence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.put("http://land.example/feed.xml", status=500)
    cut(monkeypatch, web, silence, "amt.example", alive=("land.example",))

    reports = crawl(AMT, LAND)

    assert reports["amt-feed"].state is RunState.FAILED
    assert web.asked() == ["/feed.xml"]


def test_a_new_installation_blames_itself_only_for_several_silent_hosts(
    web: Web, crawl: Crawl, silence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut(monkeypatch, web, silence, "amt.example", "land.example")

    assert crawl(AMT)["amt-feed"].state is RunState.FAILED
    assert crawl(AMT, LAND)["land-feed"].state is RunState.OFFLINE


@pytest.mark.usefixtures("read_once")
def test_a_probe_asks_two_hosts_at_most(
    web: Web, crawl: Crawl, db: store.Connection, silence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts = [f"amt{n}.example" for n in range(6)]
    with store.transaction(db):
        for n, host in enumerate(hosts):
            db.execute(
                "INSERT INTO request (at, host, url, status, bytes, ms, waited_ms)"
                f" VALUES ('2026-11-25T19:0{n}:00Z', ?, ?, 200, 0, 0, 0)",
                (host, f"http://{host}/"),
            )
    cut(monkeypatch, web, silence, "dritte.example", *hosts)

    assert crawl(THIRD)["dritte-feed"].state is RunState.OFFLINE

    asked = db.execute("SELECT DISTINCT host FROM request WHERE run IS NULL AND status IS NULL")
    assert len({row[0] for row in asked}) == 2


@pytest.mark.usefixtures("read_once")
def test_an_unwelcome_answer_proves_the_network(
    web: Web, crawl: Crawl, silence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.answers["land.example", "/robots.txt"] = Answer(status=503)
    cut(monkeypatch, web, silence, "amt.example", alive=("land.example",))

    assert crawl(AMT)["amt-feed"].state is RunState.FAILED
