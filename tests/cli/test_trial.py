"""`sources test`: the live path with nothing stored, of saved and of unsaved entries."""

import io
from pathlib import Path

import pytest

from tests.builders import rss
from tests.cli.conftest import Program
from tests.scripted import Web

ENTRY = (
    "- {id: neu, platform: amt, kind: feed, url: 'http://amt.example/neu.xml', details: never}\n"
)


def test_entry_that_is_not_saved_can_be_tried(
    aggregator: Program, web: Web, tmp_path: Path
) -> None:
    aggregator.configure("amt-feed")
    web.put("http://amt.example/neu.xml", rss(1, 2))
    web.put("http://amt.example/robots.txt", "User-agent: *\nCrawl-delay: 2\n")
    (tmp_path / "neu.yaml").write_text(ENTRY, encoding="utf-8")
    before = aggregator.source_list.read_bytes()

    told = aggregator.rows("sources", "test", "--file", str(tmp_path / "neu.yaml"), "--json")[0]

    assert (told["source"], told["entries"]) == ("neu", 2)
    assert told["robots"] == {"allowed": True, "status": 200, "crawl_delay_s": 2.0}
    assert told["next_at"] > "2026-11-24"
    assert {item["date_evidence"] for item in told["items"]} == {"feed"}
    assert aggregator.source_list.read_bytes() == before
    assert not (aggregator.data / "querverweis.sqlite3").exists()


def test_forbidden_address_is_told_by_a_trial(aggregator: Program, web: Web) -> None:
    aggregator.configure("amt-feed")
    web.put("http://amt.example/feed.xml", rss(1))
    web.put("http://amt.example/robots.txt", "User-agent: *\nDisallow: /\n")

    told = aggregator.rows("sources", "test", "amt-feed", "--json")[0]

    assert (told["robots"]["allowed"], told["next_at"]) == (False, None)
    assert [problem["code"] for problem in told["problems"]] == ["robots_denied"]


def test_mistake_in_an_unsaved_entry_is_named(aggregator: Program, tmp_path: Path) -> None:
    aggregator.configure("amt-feed")
    (tmp_path / "neu.yaml").write_text(ENTRY.replace("details", "detais"), encoding="utf-8")

    assert aggregator("sources", "test", "--file", str(tmp_path / "neu.yaml")) == 2
    assert "details" in aggregator.err


def test_entry_is_read_from_standard_input(
    aggregator: Program, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    aggregator.configure("amt-feed")
    web.put("http://amt.example/neu.xml", rss(1, 2, 3))
    told = "id: neu\nplatform: amt\nkind: feed\nurl: http://amt.example/neu.xml\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(told.encode())))

    assert aggregator("sources", "test", "--file", "-") == 0
    assert "3 Einträge" in aggregator.out
    assert "robots.txt: erlaubt" in aggregator.out


def test_trial_wants_an_id_or_a_file(aggregator: Program) -> None:
    aggregator.configure("amt-feed")
    assert aggregator("sources", "test") == 2
