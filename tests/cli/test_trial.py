"""`sources test`: the live path with nothing stored, of saved and of unsaved entries."""

import io
from pathlib import Path

import pytest

from tests.builders import page, rss
from tests.cli.conftest import PLATFORM, Program
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


PAGE = page("Radweg eröffnet", "Der Radweg an der Elbe ist offen. " * 12)


def test_trial_follows_an_index_and_reads_a_page_behind_an_entry(
    aggregator: Program, web: Web
) -> None:
    aggregator.source_list.write_text(
        PLATFORM + "  - {id: karte, platform: amt, kind: sitemap, details: always,"
        " url: 'http://amt.example/index.xml', page_selectors: {title: h1}}\n",
        encoding="utf-8",
    )
    web.put("http://amt.example/index.xml", "<sitemapindex><sitemap><loc>"
            "http://amt.example/s1.xml</loc></sitemap></sitemapindex>")  # fmt: skip
    web.put("http://amt.example/s1.xml", "<urlset><url><loc>http://amt.example/radweg</loc></url>"
            "<url><loc>http://amt.example/hafen</loc></url></urlset>")  # fmt: skip
    web.put("http://amt.example/radweg", PAGE)

    told = aggregator.rows("sources", "test", "karte", "--json")[0]

    assert [(look["role"], look["addresses"]) for look in told["looked_at"]] == [
        ("root", 1), ("index", 2), ("detail", 0),
    ]  # fmt: skip
    assert told["page"]["title"] == "Radweg eröffnet"
    assert told["page"]["found_by"]["title"] == "page_selectors"
    assert told["page"]["text_chars"] > 300
    assert aggregator("sources", "test", "karte") == 0
    assert "gefolgt zu http://amt.example/s1.xml" in aggregator.out
    assert "Seite hinter einem Eintrag: http://amt.example/radweg" in aggregator.out


def test_trial_of_a_list_without_end_asks_few_addresses(aggregator: Program, web: Web) -> None:
    aggregator.source_list.write_text(
        PLATFORM + "  - {id: karte, platform: amt, kind: sitemap, details: always,"
        " url: 'http://amt.example/0.xml'}\n",
        encoding="utf-8",
    )
    for n in range(20):
        web.put(f"http://amt.example/{n}.xml", "<sitemapindex><sitemap><loc>"
                f"http://amt.example/{n + 1}.xml</loc></sitemap></sitemapindex>")  # fmt: skip

    told = aggregator.rows("sources", "test", "karte", "--json")[0]

    assert len(told["looked_at"]) == len(web.asked()) == 4
    assert told["page"] is None
