"""A source whose address redirects for good: learnt, told, undone."""

from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator import store
from aggregator.clock import SimulatedClock
from aggregator.model import RunState
from tests.builders import make_source, rss
from tests.pipeline.conftest import Crawl
from tests.scripted import Web

OLD, NEW = "http://amt.example/feed.xml", "http://amt.example/neu.xml"
SOURCE = make_source()
RSS = "application/rss+xml"


@pytest.fixture
def moving(web: Web) -> Web:
    """A feed whose old address redirects for good."""
    web.put(OLD, status=301, headers=(("Location", "/neu.xml"),), validators=False)
    web.put(NEW, rss(1, 2), media_type=RSS)
    return web


@pytest.fixture
def learnt(moving: Web, crawl: Crawl) -> Web:
    """A feed whose new address has been learnt, and told."""
    states = [crawl(SOURCE)["amt-feed"].state for _ in range(8)]
    assert states == [RunState.OK, *[RunState.UNCHANGED] * 6, RunState.MOVED]
    moving.log.clear()
    return moving


def test_the_new_address_is_asked_after_a_week_and_the_line_to_change_is_told(
    learnt: Web, crawl: Crawl, db: store.Connection
) -> None:
    message = store.state.state_of(db, "amt-feed").message or ""

    report = crawl(SOURCE)["amt-feed"]

    assert f"in sources.yaml eintragen: url: {NEW}" in message
    assert report.state is RunState.UNCHANGED
    assert learnt.asked() == ["/neu.xml"]
    assert db.execute("SELECT count(*) FROM item WHERE state = 'live'").fetchone()[0] == 2


@pytest.mark.parametrize("status", [404, 410])
def test_a_new_address_that_is_gone_is_forgotten_and_retires_nothing(
    learnt: Web, crawl: Crawl, clock: SimulatedClock, db: store.Connection, status: int
) -> None:
    learnt.put(NEW, status=status)
    learnt.put(OLD, rss(1, 2, 3), media_type=RSS)

    lost = crawl(SOURCE)["amt-feed"]
    found = crawl(SOURCE)["amt-feed"]

    assert lost.state is RunState.FAILED
    assert f"gelesen wird wieder {OLD}" in (lost.message or "")
    assert found.counts["new"] == 1
    assert learnt.asked() == ["/neu.xml", "/feed.xml"]


def test_another_url_in_the_list_is_asked_at_once(
    learnt: Web, crawl: Crawl, db: store.Connection
) -> None:
    other = "http://amt.example/ganz-anders.xml"
    learnt.put(other, rss(1), media_type=RSS)

    crawl(replace(SOURCE, url=other))

    assert learnt.asked() == ["/ganz-anders.xml"]
    assert db.execute("SELECT count(*) FROM move").fetchone()[0] == 0


def test_a_redirect_to_another_site_is_told_and_still_asked(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    web.put(OLD, status=301, headers=(("Location", "http://land.example/feed.xml"),),
            validators=False)  # fmt: skip
    web.put("http://land.example/feed.xml", rss(1, 2), media_type=RSS)
    states = [crawl(SOURCE)["amt-feed"].state for _ in range(9)]

    assert states[-2:] == [RunState.MOVED, RunState.UNCHANGED]
    assert web.asked("amt.example") == ["/feed.xml"] * 9


def test_a_source_that_is_gone_says_so_until_another_url_revives_it(
    web: Web, crawl: Crawl, clock: SimulatedClock, db: store.Connection
) -> None:
    web.put(OLD, status=410)
    web.put(NEW, rss(1), media_type=RSS)
    gone = crawl(SOURCE)["amt-feed"]
    assert gone.state is RunState.GONE
    assert store.state.claim(db, "amt-feed", clock, forced=False) is RunState.NOT_DUE

    report = crawl(replace(SOURCE, url=NEW), after=timedelta(minutes=1))["amt-feed"]

    assert report.state is RunState.OK
