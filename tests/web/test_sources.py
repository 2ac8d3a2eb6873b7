"""The honest state of sources: worst first, last success apart from last run."""

from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient

from aggregator import store
from aggregator.model import Exchange, Policy
from aggregator.store.reads_sources import Health, health_of
from aggregator.store.snapshots import Snapshot
from tests.web.filling import Filling, read

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
READ = {
    "enabled": True, "paused": False, "kind": "feed", "state": "ok", "pending": 0,
    "last_success_at": "2026-11-24T06:00:00Z", "next_at": "2026-11-24T10:00:00Z",
}  # fmt: skip


@pytest.mark.parametrize(
    ("told", "health"),
    [
        ({}, Health.FINE),
        ({"state": "unchanged"}, Health.FINE),
        ({"pending": 12}, Health.GROWING),
        ({"next_at": "2026-11-24T01:00:00Z"}, Health.LATE),
        ({"next_at": "2026-11-24T07:00:00Z"}, Health.FINE),
        ({"state": "failed"}, Health.FAILED),
        ({"state": "suspect"}, Health.SUSPECT),
        ({"state": "offline"}, Health.OFFLINE),
        ({"state": "not_due", "last_success_at": None}, Health.NEVER),
        ({"kind": "manual", "last_success_at": None}, Health.MANUAL),
        ({"paused": True, "state": "failed"}, Health.PAUSED),
        ({"enabled": False}, Health.OFF),
    ],
)
def test_health_is_more_than_a_status(told: dict[str, Any], health: Health) -> None:
    assert health_of(READ | told, NOW) is health


def test_the_worst_comes_first_with_its_reason_in_words(
    filling: Filling, client: FlaskClient
) -> None:
    fine = {"state": "ok", "last_success_at": "2026-11-24T06:00:00Z",
            "last_run_at": "2026-11-24T06:00:00Z"}  # fmt: skip
    filling.state("ministerium-feed", **fine)
    filling.state("forum-feed", **fine | {"state": "failed", "reason": "feed_is_html",
                                          "last_run_at": "2026-11-24T07:00:00Z"})  # fmt: skip
    filling.state("rat-feed", **fine | {"state": "suspect", "message": "Nur 2 von 40 Einträgen."})

    told = read(client, "/sources.json")
    page = client.get("/sources").text

    assert [row["id"] for row in told["sources"]] == ["forum-feed", "rat-feed", "ministerium-feed"]
    assert told["summary"]["fine"] == 1
    assert told["summary"]["troubled"] == 2
    assert "statt des Feeds kommt eine HTML-Seite" in page
    assert "Nur 2 von 40 Einträgen." in page
    assert "24. November 2026, 07:00 Uhr" in page  # the last success, in Berlin
    assert "24. November 2026, 08:00 Uhr" in page  # the last run


def test_every_page_says_how_fresh_the_index_is(filling: Filling, client: FlaskClient) -> None:
    filling.state("forum-feed", state="ok", last_success_at="2026-11-24T06:00:00Z")

    assert "1 von 3 Quellen aktuell" in client.get("/query-help").text


def test_a_source_shows_its_runs_with_their_problems(
    filling: Filling, client: FlaskClient, db: store.Connection
) -> None:
    assert filling.rows == {}
    db.execute(
        "INSERT INTO run (source, started_at, trigger, state, new, requests, not_modified, bytes,"
        " problems) VALUES ('forum-feed', '2026-11-24T06:00:00Z', 'refresh', 'ok', 3, 12, 9, 2048,"
        ' \'[{"code": "truncated", "message": "Ein Eintrag bricht ab", "where": "7"}]\')'
    )

    told = read(client, "/sources/forum-feed.json")
    page = client.get("/sources/forum-feed").text

    assert told["runs"][0]["problems"][0]["code"] == "truncated"
    assert "Ein Eintrag bricht ab (7)" in page
    assert "2,0 KiB" in page
    assert read(client, "/sources.json")["sources"][0]["new_7_days"] in (0, 3)


def test_how_we_crawl_shows_what_was_asked_of_each_host(
    filling: Filling, client: FlaskClient, db: store.Connection
) -> None:
    assert filling.rows == {}
    with store.transaction(db):
        store.runs.log_requests(db, None, [
            Exchange(at=f"2026-11-24T06:00:{second:02}Z", host="forum.example", status=status,
                     url="https://forum.example/", code=None, bytes=1000, ms=30, waited_ms=600)
            for second, status in ((0, 200), (10, 304), (25, 503))
        ])  # fmt: skip
    db.execute("INSERT INTO host (name, crawl_delay) VALUES ('forum.example', 10)")

    row = read(client, "/how-we-crawl.json")["hosts"][0]

    assert (row["requests"], row["not_modified"], row["failed"]) == (3, 1, 1)
    assert (row["spacing_s"], row["crawl_delay"], row["mean_wait_ms"]) == (10, 10, 600)

    store.runs.prune_requests(db, "2026-11-25T00:00:00Z")

    row = read(client, "/how-we-crawl.json")["hosts"][0]
    assert (row["requests"], row["not_modified"], row["requests_a_day"]) == (3, 1, 3)
    assert row["spacing_s"] is None
    assert "forum.example" in client.get("/how-we-crawl").text


def test_health_answers_when_ready(filling: Filling, client: FlaskClient) -> None:
    filling.item("Leitfaden")

    told = read(client, "/health.json")

    assert (told["status"], told["items"], told["queue"]) == ("ok", 1, 1)


def test_an_unknown_source_is_404_and_names_likely_ones(
    filling: Filling, client: FlaskClient
) -> None:
    assert filling.rows == {}
    answer = client.get("/sources/forum.json")

    assert answer.status_code == 404
    assert answer.get_json()["error"]["where"] == "forum"


def test_a_source_that_moved_or_is_gone_is_a_notice(
    filling: Filling, client: FlaskClient, db: store.Connection
) -> None:
    gone = "die Seite wurde entfernt (410)"
    filling.state("forum-feed", state="gone", message=gone, last_run_at="2026-11-24T06:00:00Z")
    url = "https://ministerium.example/feed.xml"
    db.execute(
        "INSERT INTO move (source, url, target, since, last_at, times, state) VALUES"
        " ('ministerium-feed', ?, 'https://ministerium.example/neu.xml',"
        " '2026-11-10T08:00:00Z', '2026-11-24T06:00:00Z', 9, 'learnt')",
        (url,),
    )

    told = {row["id"]: row for row in read(client, "/health.json")["notices"]}
    page = client.get("/sources").text

    assert told["forum-feed"]["message"] == gone
    assert told["ministerium-feed"]["moved_to"] == "https://ministerium.example/neu.xml"
    assert gone in page
    assert "in der Quellenliste eintragen: https://ministerium.example/neu.xml" in page


def suspect(filling: Filling, policy: Policy) -> None:
    """Let a source have an answer that was not believed, and one acceptance."""
    answer = Snapshot(
        url="https://forum.example/feed.xml", final_url="https://forum.example/feed.xml",
        status=200, headers={"server": "amt"}, body=b"<script>alert(1)</script>", size=25,
    )  # fmt: skip
    with store.transaction(filling.db):
        store.snapshots.keep(filling.db, "forum-feed", 1, answer, reason="feed_is_html",
                             now="2026-11-24T08:00:00Z")  # fmt: skip
        filling.db.execute(
            "UPDATE source SET definition = json_set(definition, '$.policy', ?)", (policy,)
        )
        filling.db.execute(
            "INSERT INTO acceptance VALUES ('forum-feed', '2026-11-23T08:00:00Z', 'Ada', 'empty',"
            " '', NULL)"
        )


def test_a_snapshot_is_a_text_that_no_browser_runs(filling: Filling, client: FlaskClient) -> None:
    suspect(filling, Policy.FULL)

    page = client.get("/sources/forum-feed").text
    answer = client.get("/sources/forum-feed/snapshots/1.txt")

    assert 'href="/sources/forum-feed/snapshots/1.txt"' in page
    assert "alert" not in page
    assert "Ada" in page
    assert answer.mimetype == "text/plain"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "<script>alert(1)</script>" in answer.text
    assert client.get("/sources/forum-feed/snapshots/2.txt").status_code == 404
    told = read(client, "/sources/forum-feed.json")
    assert [row["n"] for row in told["snapshots"]] == [1]
    assert told["source"]["snapshots"] == 1


def test_a_snapshot_is_not_shown_where_the_text_may_not_be(
    filling: Filling, client: FlaskClient
) -> None:
    suspect(filling, Policy.EXCERPT)

    assert "snapshots/1.txt" not in client.get("/sources/forum-feed").text
    assert client.get("/sources/forum-feed/snapshots/1.txt").status_code == 404
