"""Every number of an overview page leads to as many things as it says, and plain loops agree."""

import re
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import lxml.html
import pytest
from flask import Flask

from aggregator import store
from aggregator.model import UserRole
from aggregator.store.derived import live
from tests.store.report_filling import fill
from tests.web.filling import Filling
from tests.web.people import Browser, add

Row = dict[str, Any]
OVERVIEWS = (
    "/", "/?since=2026-11-01", "/topics", "/topics/bauen_wohnen", "/topics/umwelt", "/platforms",
    "/platforms/forum", "/platforms/ministerium", "/matrix", "/matrix?by=level", "/coverage",
    "/coverage?by=level", "/coverage?by=platform&level=bund", "/report?since=2026-11-01",
    "/changes", "/sources",
)  # fmt: skip
# What holds the things that a linked number counts, by the page that it leads to.
COUNTED = {
    "/items": "total", "/matrix": "total", "/platforms": "platforms", "/sources": "sources",
    "/topics": "total", "/changes": "total",
}  # fmt: skip


@pytest.fixture
def browser(app: Flask, filling: Filling, db: store.Connection) -> Browser:
    """A reader of a filled index, who is here for the second time."""
    fill(filling)
    add(db, "reader", UserRole.READER)
    db.execute("UPDATE account SET seen_at = '2026-11-10T08:00:00Z'")
    return Browser(app)


def linked_numbers(html: str) -> list[tuple[int, str]]:
    """Return every number of a page that is a link, with where it leads."""
    found = []
    tree: Any = lxml.html.document_fromstring(html)
    for anchor in tree.xpath("//main//a[@href]"):
        for hidden in anchor.xpath(".//*[contains(@class, 'vh')] | .//small"):
            hidden.drop_tree()
        text = re.sub(r"[()\s]", "", anchor.text_content()).replace(".", "")
        if match := re.fullmatch(r"(\d+)(?:neueEinträge|neuerEintrag|Einträge|Eintrag)?", text):
            found.append((int(match[1]), anchor.get("href")))
    return found


def held(browser: Browser, url: str) -> int:
    """Return how many things the page behind a number holds."""
    parts = urlsplit(url)
    told = browser.get(f"{parts.path}.json?{parts.query}").get_json()
    if parts.path.startswith("/sources/"):  # what its runs of the last week brought
        return sum(run["new"] for run in told["runs"] if run["started_at"] >= "2026-11-17T08:00")
    key = next(key for path, key in COUNTED.items() if parts.path.startswith(path))
    value = told[key]
    return value if isinstance(value, int) else len(value)


@pytest.mark.parametrize("signed_in", [False, True])
@pytest.mark.parametrize("page", OVERVIEWS)
def test_every_number_leads_to_as_many_things_as_it_says(
    browser: Browser, page: str, signed_in: bool
) -> None:
    if signed_in:
        browser.enter("reader")
    numbers = [
        (number, url)
        for number, url in linked_numbers(browser.get(page).text)
        if not url.startswith(("#", "/coverage")) and "/items/" not in url
    ]

    if page not in ("/changes", "/sources", "/topics/umwelt", "/?since=2026-11-01"):
        assert numbers, page
    wrong = [(number, held(browser, url), url) for number, url in numbers
             if held(browser, url) != number]  # fmt: skip
    assert wrong == []


def rows(db: store.Connection, table: str) -> list[Row]:
    return [dict(row) for row in db.execute(f"SELECT * FROM {table}")]


def shown_items(db: store.Connection) -> dict[int, Row]:
    return {
        row["pk"]: row
        for row in rows(db, "item")
        if row["merged_into"] is None and row["state"] != "hidden"
    }


def test_coverage_is_what_loops_over_plain_rows_count(
    browser: Browser, db: store.Connection
) -> None:
    items = shown_items(db)
    topics = [row for row in rows(db, f"topic_{live(db)}") if row["auto"] and row["item"] in items]
    by_platform = Counter((row["topic"], items[row["item"]]["platform"]) for row in topics)
    level_of = {row["id"]: row["level"] for row in rows(db, "platform")}
    by_level = Counter(
        (row["topic"], level_of.get(items[row["item"]]["platform"], "unlisted")) for row in topics
    )
    sized = Counter(row["platform"] for row in items.values())
    with_topic = {row["item"] for row in topics}

    told = browser.get("/coverage.json").get_json()

    assert {(c["topic"], c["platform"]): c["items"] for c in told["cells"] if c["items"]} == (
        by_platform
    )
    assert {(c["topic"], c["level"]): c["items"] for c in told["level_cells"] if c["items"]} == (
        by_level
    )
    assert {row["id"]: row["items"] for row in told["platforms"] if row["items"]} == sized
    assert {row["topic"]: row["items"] for row in told["topics"] if row["items"]} == Counter(
        row["topic"] for row in topics
    )
    without = Counter(row["platform"] for pk, row in items.items() if pk not in with_topic)
    assert {r["id"]: r["without_topic"] for r in told["platforms"] if r["without_topic"]} == without


def test_a_blank_says_why_it_is_blank(browser: Browser, db: store.Connection) -> None:
    sources = rows(db, "source")
    states = {row["source"]: row for row in rows(db, "source_state")}
    has_items = {row["platform"] for row in shown_items(db).values()}
    active: dict[str, list[Row]] = {}
    for row in sources:
        if row["enabled"] and not states.get(row["id"], {}).get("paused"):
            active.setdefault(row["platform"], []).append(states.get(row["id"], {}))

    for cell in browser.get("/coverage.json").get_json()["cells"]:
        platform = cell["platform"]
        if cell["items"]:
            assert cell["blank"] is None
        elif platform not in active:
            assert cell["blank"] == "no_source"
        elif any(s.get("last_success_at") for s in active[platform]) or platform in has_items:
            assert cell["blank"] == "silent"
        else:
            assert cell["blank"] == "unread"


def test_a_level_is_blank_for_the_best_of_its_reasons(browser: Browser) -> None:
    told = browser.get("/coverage.json").get_json()
    level_of = {row["id"]: row["level"] for row in told["platforms"]}
    for cell in told["level_cells"]:
        of_topic = [c for c in told["cells"] if c["topic"] == cell["topic"]]
        parts = [c for c in of_topic if level_of[c["platform"]] == cell["level"]]
        blanks = {part["blank"] for part in parts}
        assert cell["items"] == sum(part["items"] for part in parts)
        assert cell["platforms"] == sum(part["items"] > 0 for part in parts)
        if not cell["items"]:
            assert cell["blank"] == next(
                (kind for kind in ("silent", "unread") if kind in blanks), "no_source"
            )
        dated = [part for part in parts if part["newest_published_at"]]
        newest = max(dated, key=lambda part: part["newest_published_at"], default=None)
        assert cell["age_days"] == (newest["age_days"] if newest else None)


def test_links_by_level_are_the_sums_of_links_by_platform(browser: Browser) -> None:
    told = browser.get("/matrix.json").get_json()
    level_of = {row["id"]: row["level"] for row in told["platforms"]}
    sums: Counter[tuple[str, str]] = Counter()
    for cell in told["cells"]:
        sums[level_of[cell["from_platform"]], level_of[cell["to_platform"]]] += cell["links"]

    assert {(c["from_level"], c["to_level"]): c["links"] for c in told["levels"] if c["links"]} == (
        sums
    )
    assert told["total"] == sum(sums.values())


def test_new_since_the_last_visit_is_what_was_seen_first_after_it(
    browser: Browser, db: store.Connection
) -> None:
    browser.enter("reader")

    told = browser.get("/index.json").get_json()

    assert told["seen_since"] == "2026-11-10T08:00:00Z"
    fresh = [
        row
        for row in shown_items(db).values()
        if row["first_seen_at"] >= told["seen_since"] and row["published_at"]
        and told["since"] <= row["sort_at"] < "2026-11-25T"
    ]  # fmt: skip
    assert told["new_total"] == len(fresh) > 0
    assert "Neu seit Ihrem letzten Besuch" in browser.get("/").text
