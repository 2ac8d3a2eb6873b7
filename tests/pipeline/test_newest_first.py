"""A list in the order of change is read until a page brings nothing new."""

import json
from dataclasses import replace
from datetime import timedelta

from aggregator import store
from aggregator.model import RunState, Source, SourceKind
from tests.builders import make_source
from tests.pipeline.conftest import Crawl
from tests.scripted import Web

ROOT = "http://amt.example"
PAGE_SIZE = 3
Topic = dict[str, object]


def forum() -> Source:
    return make_source(
        "amt-forum", kind=SourceKind.DISCOURSE, url=f"{ROOT}/latest.json", details="auto"
    )


def topic(number: int, day: int, **more: object) -> Topic:
    at = f"2026-10-{day:02}T10:00:00Z"
    made: Topic = {
        "id": number,
        "title": f"Thema {number}",
        "slug": f"thema-{number}",
        "bumped_at": at,
        "last_posted_at": at,
        "created_at": "2026-09-01T08:00:00Z",
        "posts_count": 1,
    }
    return made | more


def publish(web: Web, topics: list[Topic]) -> None:
    """Let the forum answer: topics by their last activity, three a page, and each topic."""
    ordered = sorted(topics, key=lambda row: str(row["bumped_at"]), reverse=True)
    pages = [ordered[at : at + PAGE_SIZE] for at in range(0, len(ordered), PAGE_SIZE)]
    for number, rows in enumerate(pages):
        more = f"/latest?page={number + 1}" if number + 1 < len(pages) else None
        body = json.dumps({"topic_list": {"topics": rows, "more_topics_url": more}})
        address = f"{ROOT}/latest.json?page={number}" if number else f"{ROOT}/latest.json"
        web.put(address, body, media_type="application/json")
    for row in topics:
        posts = [{"id": row["id"], "post_number": 1, "cooked": "<p>Wer weiß das?</p>",
                  "accepted_answer": row.get("has_accepted_answer", False)}]  # fmt: skip
        whole = {**row, "post_stream": {"posts": posts}}
        web.put(f"{ROOT}/t/{row['id']}.json", json.dumps(whole), media_type="application/json")


def asked(web: Web, crawl: Crawl, after: timedelta = timedelta(hours=3)) -> list[str]:
    """Crawl the forum; return what was asked for."""
    before = len(web.asked())
    report = crawl(forum(), after=after)["amt-forum"]
    assert report.state in (RunState.OK, RunState.UNCHANGED)
    return web.asked()[before:]


def live(db: store.Connection) -> set[str]:
    return {row[0] for row in db.execute("SELECT title FROM item WHERE state = 'live'")}


def test_every_page_and_topic_is_asked_for_once(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    publish(web, [topic(n, n) for n in range(1, 12)])

    first = asked(web, crawl)

    assert sorted(first) == sorted(
        ["/latest.json", *(f"/latest.json?page={n}" for n in (1, 2, 3)),
         *(f"/t/{n}.json" for n in range(1, 12))]
    )  # fmt: skip
    assert live(db) == {f"Thema {n}" for n in range(1, 12)}


def test_a_quiet_forum_is_asked_for_its_first_page_alone(web: Web, crawl: Crawl) -> None:
    publish(web, [topic(n, n) for n in range(1, 12)])
    asked(web, crawl)

    assert asked(web, crawl) == ["/latest.json"]


def test_reading_stops_where_a_page_brings_nothing_new(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    topics = [topic(n, n) for n in range(1, 12)]
    publish(web, topics)
    asked(web, crawl)
    publish(web, [*topics[:1], topic(2, 20, posts_count=2), *topics[2:], topic(12, 21)])

    found = asked(web, crawl)

    assert found == ["/latest.json", "/latest.json?page=1", "/t/12.json", "/t/2.json"]
    assert "Thema 12" in live(db)


def test_an_accepted_answer_is_seen_although_no_date_moved(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    topics = [topic(n, n) for n in range(1, 3)]
    publish(web, topics)
    asked(web, crawl)
    publish(web, [topics[0], topic(2, 2, has_accepted_answer=True)])

    assert "/t/2.json" in asked(web, crawl)
    kind = db.execute("SELECT kind FROM item WHERE title = 'Thema 2'").fetchone()[0]
    assert kind == "question"


def test_the_list_is_read_to_its_end_once_a_week_and_what_is_gone_vanishes(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    topics = [topic(n, n) for n in range(1, 12)]
    publish(web, topics)
    asked(web, crawl)
    publish(web, topics[1:])  # the oldest, on the last page, was deleted
    web.drop(f"{ROOT}/t/1.json")

    assert "/latest.json?page=3" not in asked(web, crawl)
    assert "Thema 1" in live(db)
    assert "/latest.json?page=3" in asked(web, crawl, after=timedelta(days=7))
    assert "Thema 1" not in live(db)


def test_a_first_reading_beyond_the_budget_goes_on_where_it_stopped(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    publish(web, [topic(n, n) for n in range(1, 12)])
    small = replace(forum(), budget=replace(forum().budget, requests=4))
    seen: list[str] = []
    for _ in range(8):
        crawl(small, after=timedelta(hours=3))
        seen = web.asked()

    assert len(live(db)) == 11
    assert len([path for path in seen if "page=3" in path]) == 1


def test_a_forum_for_members_alone_is_said_to_want_a_login(web: Web, crawl: Crawl) -> None:
    body = json.dumps({"errors": ["Anmelden"], "error_type": "not_logged_in"})
    web.put(f"{ROOT}/latest.json", body, status=403, media_type="application/json")

    report = crawl(forum())["amt-forum"]

    assert (report.state, report.reason) == (RunState.LOGIN, "login")
