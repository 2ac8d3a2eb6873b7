"""`aggregator refresh`: what it reads, what it prints, how it ends."""

import json
from collections.abc import Callable

import pytest

from tests.builders import rss
from tests.cli.conftest import Program
from tests.scripted import Web

AMT, LAND = "http://amt.example/feed.xml", "http://land.example/feed.xml"
XML = "application/rss+xml"
LINE = {"source", "state", "reason", "new", "changed", "unchanged", "vanished", "rejected",
        "pending", "requests", "not_modified", "bytes", "wall_ms", "next_at"}  # fmt: skip
CLOSED = "amt.example=127.0.0.1:1,land.example=127.0.0.1:1"  # tcpmux: nobody listens


@pytest.fixture
def feeds(web: Web) -> Web:
    """Both platforms have a feed of two entries."""
    web.put(AMT, rss(1, 2), media_type=XML)
    web.put(LAND, rss(3, 4).replace(b"amt", b"land"), media_type=XML)
    return web


def test_what_is_read_is_searchable_when_refresh_ends(aggregator: Program, feeds: Web) -> None:
    assert aggregator("refresh") == 0

    assert "amt-feed: aktuell, 2 neu" in aggregator.err
    assert "2 Quellen: 4 neu" in aggregator.err
    assert aggregator.out == ""
    [found] = aggregator.rows("search", "Meldung", "--json")
    assert found["total"] == 4


def test_as_json_each_source_is_a_line_and_the_sums_are_the_last(
    aggregator: Program, feeds: Web
) -> None:
    *lines, last = aggregator.rows("refresh", "--json")

    assert {line["source"]: line["new"] for line in lines} == {"amt-feed": 2, "land-feed": 2}
    assert all(set(line) == LINE for line in lines)
    assert last["summary"].items() >= {"new": 4, "sources": 2, "failed": 0, "suspect": 0}.items()


def test_what_is_not_due_is_left_alone(aggregator: Program, feeds: Web) -> None:
    aggregator("refresh")
    asked = len(feeds.log)

    *lines, _ = aggregator.rows("refresh", "--json")

    assert {line["state"] for line in lines} == {"not_due"}
    assert len(feeds.log) == asked


@pytest.mark.parametrize("words", [["--all"], ["amt-feed", "land-feed"]], ids=["all", "named"])
def test_what_is_asked_for_is_read_though_not_due(
    aggregator: Program, feeds: Web, at: Callable[[str], None], words: list[str]
) -> None:
    aggregator("refresh")
    at("2026-11-24T08:30:00Z")

    *lines, _ = aggregator.rows("refresh", *words, "--json")

    assert {line["state"] for line in lines} == {"unchanged"}


def test_only_what_is_named_is_read(aggregator: Program, feeds: Web) -> None:
    *lines, _ = aggregator.rows("refresh", "land-feed", "amt-hand", "--json")

    assert [line["source"] for line in lines] == ["land-feed"]
    assert feeds.asked("amt.example") == []


def test_a_failing_source_ends_with_1_and_the_others_are_read(
    aggregator: Program, feeds: Web
) -> None:
    feeds.put(AMT, status=500)

    assert aggregator("refresh") == 1

    assert "amt-feed: gestört (http_error: der Server meldet einen Fehler (500))" in aggregator.err
    assert "2 Quellen: 2 neu, 0 geändert, 0 entfallen, 1 gestört, 0 verdächtig" in aggregator.err


def test_an_unknown_source_is_told_with_the_nearest_and_nothing_is_done(
    aggregator: Program, feeds: Web
) -> None:
    assert aggregator("refresh", "amt-fed", "--json") == 2

    error = json.loads(aggregator.out)["error"]
    assert error["code"] == "not_found"
    assert error["remedy"] == "gemeint ist wohl „amt-feed“"
    assert feeds.log == []


def test_no_host_at_all_answers_then_it_is_us(
    aggregator: Program, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGGREGATOR_RESOLVE", CLOSED)

    *lines, last = aggregator.rows("refresh", "--json")

    assert {(line["state"], line["reason"]) for line in lines} == {("offline", "offline")}
    assert {line["next_at"] for line in lines} == {"2026-11-24T08:10:00Z"}
    assert last["summary"]["failed"] == 2
    assert aggregator.values("SELECT max(failures) FROM source_state") == [(0.0,)]


def test_some_host_answers_then_it_is_the_source(
    aggregator: Program, feeds: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    amt = feeds.resolve("amt.example")
    monkeypatch.setenv("AGGREGATOR_RESOLVE", f"{amt},land.example=127.0.0.1:1")

    *lines, _ = aggregator.rows("refresh", "--json")

    assert {line["source"]: line["state"] for line in lines} == {
        "amt-feed": "ok", "land-feed": "failed",
    }  # fmt: skip
    assert aggregator.values("SELECT failures FROM source_state WHERE source = 'land-feed'") == [
        (0.25,)
    ]


# --- dry run, time -----------------------------------------------------------------------------


def test_a_dry_run_shows_what_is_due_and_asks_nobody(aggregator: Program, feeds: Web) -> None:
    assert aggregator("refresh", "--dry-run") == 0

    assert aggregator.err == "amt-feed: fällig\nland-feed: fällig\n"
    assert feeds.log == []
    assert aggregator.values("SELECT count(*) FROM run") == [(0,)]


def test_a_dry_run_tells_resting_sources_from_paused_ones(aggregator: Program, feeds: Web) -> None:
    aggregator("refresh")
    aggregator("sources", "pause", "land-feed")

    aggregator("refresh", "--dry-run")

    assert "amt-feed: nicht fällig vor 2026-11-24T10:00:0" in aggregator.err
    assert "land-feed: angehalten" in aggregator.err
    rows = aggregator.rows("refresh", "--dry-run", "--json")
    assert [(row["source"], row["due"]) for row in rows] == [
        ("amt-feed", False), ("land-feed", False),
    ]  # fmt: skip
    rows = aggregator.rows("refresh", "--all", "--dry-run", "--json")
    assert {row["due"] for row in rows} == {True}


def test_time_is_a_duration(aggregator: Program, feeds: Web) -> None:
    assert aggregator("refresh", "--max-time", "bald") == 2
    assert "„bald“ ist keine Dauer" in aggregator.err

    assert aggregator("refresh", "--max-time", "10m") == 0
