"""What may come between: bugs, pauses, deadlines, pages that are not what was asked for."""

import json
import time
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from aggregator import pipeline, store
from aggregator.clock import SimulatedClock, instant
from aggregator.model import RunState, SourceKind
from tests.builders import make_catalogue, make_platform, make_source, page, rss
from tests.pipeline.conftest import Crawl
from tests.pipeline.test_refresh import LONG, XML, one, sitemap_source, states, urlset
from tests.scripted import Web

AMT, LAND = "http://amt.example/feed.xml", "http://land.example/feed.xml"
SITEMAP = "http://amt.example/sitemap.xml"
TWO_DAYS = (("Retry-After", "172800"),)  # longer than even a simulated crawl waits


def land_source(**more: Any) -> Any:
    return make_source("land-feed", platform="land", url=LAND, **more)


BOTH = [make_platform("amt"), make_platform("land")]


def test_a_bug_ends_its_own_source_and_no_other(
    web: Web, crawl: Crawl, db: store.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    web.put(AMT, rss(1), media_type=XML)
    web.put(LAND, rss(2).replace(b"amt", b"land"), media_type=XML)
    db.execute(
        "CREATE TRIGGER bug BEFORE INSERT ON item WHEN new.platform = 'land'"
        " BEGIN SELECT raise(ABORT, 'so nicht'); END"
    )

    reports = crawl(make_source(), land_source(), platforms=BOTH)

    assert reports["amt-feed"].state is RunState.OK
    assert reports["land-feed"].state is RunState.FAILED
    assert "interner Fehler" in (reports["land-feed"].message or "")
    assert "so nicht" in caplog.text
    assert one(db, "SELECT count(*) FROM source_state WHERE lease_by IS NOT NULL") == 0


def test_a_host_that_asks_for_a_long_pause_is_left_alone_by_all_its_sources(
    web: Web, crawl: Crawl, clock: SimulatedClock
) -> None:
    web.put(AMT, status=503, headers=TWO_DAYS)
    web.put("http://amt.example/zwei.xml", status=503, headers=TWO_DAYS)
    second = make_source("amt-zwei", url="http://amt.example/zwei.xml")

    reports = crawl(make_source(), second)

    assert len(web.asked()) == 1
    assert {report.state for report in reports.values()} == {RunState.FAILED}
    pause = clock.now() + timedelta(days=2) - timedelta(minutes=1)
    assert all(instant(report.next_at or "") >= pause for report in reports.values())


def test_pages_wait_while_their_host_rests(web: Web, crawl: Crawl, db: store.Connection) -> None:
    web.put(SITEMAP, urlset("/a.html", "/b.html", "/c.html"), media_type=XML)
    for name in "abc":
        web.put(f"http://amt.example/{name}.html", status=503, headers=TWO_DAYS)

    report = crawl(sitemap_source())["amt-karte"]

    assert len(web.asked()) == 2
    assert (report.state, report.counts["pending"]) == (RunState.OK, 3)
    assert one(db, "SELECT count(*) FROM frontier WHERE role = 'detail' AND attempts = 0") == 2


def test_time_that_is_up_leaves_sources_as_they_were(
    web: Web, database: Path, db: store.Connection, clock: SimulatedClock
) -> None:
    web.put(AMT, rss(1), media_type=XML)
    source = make_source()
    engine = pipeline.make_engine(
        db, database, make_catalogue([source]), database.parent, clock, "test"
    )

    [report] = pipeline.refresh(engine, [source], forced=True, deadline=time.monotonic() - 1)
    engine.close()

    assert web.log == []
    assert report.state is RunState.NOT_DUE
    state = store.state.state_of(db, "amt-feed")
    assert (state.next_at, state.last_success_at) == (None, None)


def test_a_page_that_leads_home_is_no_page(web: Web, crawl: Crawl, db: store.Connection) -> None:
    web.put(SITEMAP, urlset("/a.html", "/b.html"), media_type=XML)
    web.put("http://amt.example/", page("Startseite", LONG))
    web.put("http://amt.example/a.html", status=302, headers=(("Location", "/"),))
    web.put("http://amt.example/b.html", page("Zweiter Artikel", LONG))

    report = crawl(sitemap_source())["amt-karte"]

    assert report.state is RunState.OK
    assert states(db) == {"Zweiter Artikel": "live"}
    assert one(db, "SELECT problems ->> '$[0].code' FROM run") == "identity_lost"


def test_a_page_that_is_gone_for_good_is_gone(web: Web, crawl: Crawl, db: store.Connection) -> None:
    web.put(SITEMAP, urlset("/a.html", "/b.html"), media_type=XML)
    web.put("http://amt.example/a.html", page("Erster Artikel", LONG))
    web.put("http://amt.example/b.html", page("Zweiter Artikel", LONG + "Mehr."))
    crawl(sitemap_source())
    web.put(SITEMAP, urlset("/a.html"), media_type=XML)
    web.put("http://amt.example/b.html", status=410)

    crawl(sitemap_source())

    assert states(db) == {"Erster Artikel": "live", "Zweiter Artikel": "gone"}
    asked = len(web.asked())
    crawl(sitemap_source(), after=timedelta(days=200))
    assert "/b.html" not in web.asked()[asked:]


def test_a_thread_whose_later_posts_cannot_be_had_waits_whole(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    root = "http://amt.example"
    posts = [{"id": 1, "post_number": 1, "cooked": "<p>Wer weiß etwas?</p>"}]
    topic = {"id": 7, "title": "Eine Frage", "slug": "frage",
             "post_stream": {"posts": posts, "stream": [1, 2]}}  # fmt: skip
    topics = [{"id": 7, "title": "Eine Frage", "slug": "frage"}]
    web.put(f"{root}/latest.json", json.dumps({"topic_list": {"topics": topics}}),
            media_type="application/json")  # fmt: skip
    web.put(f"{root}/t/7.json", json.dumps(topic), media_type="application/json")
    web.put(f"{root}/t/7/posts.json?post_ids%5B%5D=2", status=500)
    source = make_source(
        "amt-forum", kind=SourceKind.DISCOURSE, url=f"{root}/latest.json", details="auto"
    )

    first = crawl(source)["amt-forum"]
    second = {"post_stream": {"posts": [{"id": 2, "post_number": 2, "cooked": "<p>Ich.</p>"}]}}
    web.put(f"{root}/t/7/posts.json?post_ids%5B%5D=2", json.dumps(second),
            media_type="application/json")  # fmt: skip
    crawl(source)

    assert first.counts["pending"] == 1
    assert "Ich." in one(db, "SELECT text FROM item")
    assert one(db, "SELECT requests FROM run ORDER BY id DESC LIMIT 1") == 5  # the rules, too


def test_a_new_address_in_the_list_takes_the_place_of_the_old_one(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    web.put(AMT, rss(1, 2), media_type=XML)
    crawl(make_source())
    web.put("http://amt.example/neu.xml", rss(1, 2, 3), media_type=XML)

    report = crawl(make_source(url="http://amt.example/neu.xml"))["amt-feed"]

    assert (report.state, report.counts["new"]) == (RunState.OK, 1)
    assert one(db, "SELECT count(*) FROM frontier WHERE role = 'root'") == 1


def test_delay_of_a_source_holds_before_its_first_request_too(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    quick = make_source("a-schnell", url="http://amt.example/a.xml")
    slow = make_source("b-langsam", url="http://amt.example/b.xml", delay=timedelta(seconds=9))
    for source in (quick, slow):
        web.put(str(source.url), rss(1), media_type="application/rss+xml")

    crawl(quick, slow)

    rows = db.execute("SELECT unixepoch(at) FROM request ORDER BY at").fetchall()
    moments = [row[0] for row in rows]
    assert len(moments) >= 3  # robots.txt too
    assert min(later - earlier for earlier, later in pairwise(moments)) >= 9
