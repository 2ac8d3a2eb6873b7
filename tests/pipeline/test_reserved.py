"""What publishers reserve, from the wire to the store: a link remains, whatever is allowed."""

import json

import pytest

from aggregator import store
from aggregator.model import Policy
from tests.builders import make_source, page, rss
from tests.pipeline.conftest import Crawl
from tests.pipeline.test_refresh import LONG, XML, sitemap_source, urlset
from tests.scripted import Answer, Web

FEED = "http://amt.example/feed.xml"


def reserve(web: Web, location: str) -> None:
    rules = [{"location": location, "tdm-reservation": 1}]
    web.put("http://amt.example/.well-known/tdmrep.json", json.dumps(rules),
            media_type="application/json")  # fmt: skip


def kept(db: store.Connection) -> dict[str, tuple[str, bool, bool]]:
    """Policy of each item, and whether text and excerpt are stored."""
    rows = db.execute("SELECT title, policy, text <> '', excerpt <> '' FROM item")
    return {row[0]: (row[1], bool(row[2]), bool(row[3])) for row in rows}


LINK = ("link", False, False)


@pytest.mark.parametrize(
    ("location", "expected"),
    [("/", LINK), ("/kurz/*$", LINK), ("/andere/", ("full", True, True))],
)
def test_a_reserved_path_leaves_links_alone(
    web: Web, crawl: Crawl, db: store.Connection, location: str, expected: tuple[str, bool, bool]
) -> None:
    reserve(web, location)
    web.put("http://amt.example/sitemap.xml", urlset("/kurz/a.html"), media_type=XML)
    web.put("http://amt.example/kurz/a.html", page("Artikel", LONG))

    crawl(sitemap_source(policy=Policy.FULL))

    assert kept(db) == {"Artikel": expected}


def test_entries_of_a_feed_are_reserved_with_their_paths(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    reserve(web, "/meldung/1")
    web.put(FEED, rss(1, 2), media_type=XML)

    crawl(make_source(policy=Policy.FULL, details="never"))

    assert kept(db) == {"Meldung 1": LINK, "Meldung 2": ("full", True, True)}


def test_a_feed_that_reserves_itself_leaves_links_alone(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    web.put(FEED, rss(1), media_type=XML, headers=(("TDM-Reservation", "1"),))

    crawl(make_source(policy=Policy.FULL, details="never"))

    assert kept(db) == {"Meldung 1": LINK}


def test_the_file_is_asked_for_once_a_day_and_host(web: Web, crawl: Crawl) -> None:
    web.put(FEED, rss(1), media_type=XML)
    web.answers["amt.example", "/.well-known/tdmrep.json"] = Answer(status=404)

    crawl(make_source(), make_source("amt-zwei", url="http://amt.example/zwei.xml"))

    assert [path for _, path, _ in web.log].count("/.well-known/tdmrep.json") == 1
