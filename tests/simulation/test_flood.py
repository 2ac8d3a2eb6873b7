"""The first crawl of a source with thousands of old posts never fills what is new."""

from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from flask.testing import FlaskClient

from aggregator import store
from aggregator.clock import SimulatedClock
from aggregator.store import reads, reads_overview
from tests.builders import make_source
from tests.pipeline.conftest import Crawl
from tests.scripted import Web
from tests.simulation.conftest import *  # noqa: F403
from tests.web.filling import read

OLD = 1_997  # with three fresh ones as many as one feed may hold
FEED = "http://amt.example/feed.xml"
SOURCE = make_source("amt-feed")


def entry(number: int, published: str, words: str = "") -> str:
    date = f"<pubDate>{published}</pubDate>" if published else ""
    return (
        f"<item><title>Meldung {number}</title><link>http://amt.example/meldung/{number}</link>"
        f"<guid isPermaLink='false'>urn:{number}</guid>{date}"
        f"<description>Das Amt teilt etwas mit{words}: Nummer {number}.</description></item>"
    )


def feed(*entries: str) -> str:
    return (
        "<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel><title>Amt</title>"
        f"<link>http://amt.example/</link>{''.join(entries)}</channel></rss>"
    )


def ago(clock: SimulatedClock, days: float) -> str:
    return format_datetime(clock.now() - timedelta(days=days))


@pytest.fixture(params=["dated", "undated"])
def archive(request: pytest.FixtureRequest, clock: SimulatedClock) -> list[str]:
    """Two thousand old posts, with their dates or without any."""
    dated = request.param == "dated"
    return [entry(n, ago(clock, 30 + n) if dated else "") for n in range(OLD)]


def titles(items: list[dict[str, Any]]) -> set[str]:
    return {item["title"] for item in items}


def test_two_thousand_old_posts_never_fill_what_is_new(
    archive: list[str], web: Web, crawl: Crawl, clock: SimulatedClock, db: store.Connection,
    client: FlaskClient,
) -> None:  # fmt: skip
    fresh = [entry(OLD + n, ago(clock, -1)) for n in range(3)]  # it is read a day from now
    web.put(FEED, feed(*archive, *fresh), media_type="application/rss+xml")
    assert crawl(SOURCE)["amt-feed"].counts["new"] == OLD + 3
    new = {f"Meldung {OLD + n}" for n in range(3)}
    week_ago = reads_overview.day_begin(clock.now(), 7)

    start = reads_overview.start_page(db, clock.now())
    since = reads.Selection(since=week_ago)

    assert start["new_total"] == 3
    assert {bundle["item"]["title"] for bundle in start["new"]} == new
    assert reads.count_items(db, since) == 3
    assert read(client, f"/items.json?since={week_ago[:10]}")["total"] == 3
    atom = client.get("/items.atom?limit=100").text
    assert atom.count("<entry>") == (100 if "pubDate" in archive[0] else 3)
    assert atom.count(f"<updated>{clock.now():%Y-%m-%d}") == 3 + 1  # the entries and the feed
    assert reads.count_items(db, reads.Selection()) == OLD + 3  # none is hidden elsewhere


def test_what_comes_or_changes_later_is_new(
    archive: list[str], web: Web, crawl: Crawl, clock: SimulatedClock, db: store.Connection
) -> None:
    archive = archive[-50:]
    web.put(FEED, feed(*archive), media_type="application/rss+xml")
    crawl(SOURCE)
    edited = archive[-1].replace("etwas mit", "noch einmal etwas mit")
    web.put(FEED, feed(*archive[:-1], edited, entry(OLD, "")), media_type="application/rss+xml")

    crawl(SOURCE)

    since = reads.Selection(since=reads_overview.day_begin(clock.now(), 0))
    found, _ = reads.newest(db, since, limit=100)
    changed = set() if "pubDate" in edited else {f"Meldung {OLD - 1}"}  # a date stays what it is
    assert titles(found) == {f"Meldung {OLD}"} | changed
