"""A search is a subscription: the same query, what we saw last first, steady ids."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient

from aggregator import derive, store
from aggregator.clock import SimulatedClock
from aggregator.config import vocabulary
from aggregator.model import ItemKind
from aggregator.text.wordforms import WordForms
from tests.web.feed_rules import NS, atom_faults, json_feed_faults
from tests.web.filling import COUNCIL, FORUM, MINISTRY, Filling, read


@pytest.fixture
def ids(
    filling: Filling, db: store.Connection, database: Path, clock: SimulatedClock,
    word_forms: WordForms,
) -> dict[str, str]:  # fmt: skip
    """Items that were published and seen in different orders; returns their ids by a word."""
    made = {
        "first": filling.item("Register eins", MINISTRY, at="2026-11-20T08:00:00Z",
                              now="2026-11-20T09:00:00Z"),
        "old but new": filling.item("Register alt", COUNCIL, at="2019-01-01", authors=("Amt",),
                                    now="2026-11-23T09:00:00Z", kind=ItemKind.DECISION),
        "undated": filling.item("Register & \x0b Co <b>", FORUM, at=None,
                                now="2026-11-22T09:00:00Z"),
        "other": filling.item("Wohngeld", MINISTRY, now="2026-11-24T07:00:00Z"),
    }  # fmt: skip
    derive.derive(db, clock=clock, vocabulary=vocabulary(database.parent), words=word_forms)
    return made


SEEN = ["old but new", "undated", "first"]


def atom_ids(body: str) -> list[str]:
    feed = ElementTree.fromstring(body)
    return [entry.findtext(f"{NS}id") or "" for entry in feed.findall(f"{NS}entry")]


def test_entries_are_the_hits_of_the_search_what_was_seen_last_first(
    ids: dict[str, str], client: FlaskClient
) -> None:
    expected = [f"urn:querverweis:item:{ids[name]}" for name in SEEN]
    told = read(client, "/search.jsonfeed?q=register")

    assert atom_ids(client.get("/search.atom?q=register").text) == expected
    assert [item["id"] for item in told["items"]] == expected
    hits = read(client, "/search.json?q=register")["hits"]
    assert {hit["id"] for hit in hits} == {ids[name] for name in SEEN}


def test_filters_hold_in_whatever_way_they_were_written(
    ids: dict[str, str], client: FlaskClient
) -> None:
    for query in ("q=register+art:Beschluss", "q=register&kind=decision"):
        told = read(client, f"/search.jsonfeed?{query}")
        assert [item["id"] for item in told["items"]] == [
            f"urn:querverweis:item:{ids['old but new']}"
        ]
        assert told["feed_url"] == "http://localhost/search.jsonfeed?q=register&kind=decision"
        assert told["home_page_url"] == "http://localhost/search?q=register&kind=decision"
        assert told["title"] == "Suche: register · Beschluss"


@pytest.mark.parametrize("query", ["q=register", "q=", "q=nichts+davon", "level=bund", "limit=1"])
def test_feeds_are_valid(ids: dict[str, str], client: FlaskClient, query: str) -> None:
    assert ids
    assert atom_faults(client.get(f"/search.atom?{query}").text) == []
    assert json_feed_faults(read(client, f"/search.jsonfeed?{query}")) == []


def test_the_same_search_is_the_same_feed(ids: dict[str, str], client: FlaskClient) -> None:
    assert ids
    told = {
        ElementTree.fromstring(client.get(f"/search.atom?{query}").text).findtext(f"{NS}id")
        for query in ("q=register&level=bund", "level=bund&q=register", "q=register+ebene:bund",
                      "q=register&level=bund&sort=date&page=1&lang=de")
    }  # fmt: skip
    assert told == {"http://localhost/search.atom?q=register&level=bund"}


@pytest.mark.parametrize("form", ["atom", "jsonfeed"])
def test_who_has_the_feed_gets_304_until_something_is_new(
    ids: dict[str, str], client: FlaskClient, filling: Filling, database: Path,
    clock: SimulatedClock, word_forms: WordForms, form: str,
) -> None:  # fmt: skip
    assert ids
    url = f"/search.{form}?q=register"
    first = client.get(url)
    held = {"If-None-Match": first.headers["ETag"]}
    assert client.get(url, headers=held).status_code == 304
    assert client.head(url).headers["ETag"] == first.headers["ETag"]

    filling.item("Register neu", FORUM, now="2026-11-24T08:00:00Z")
    derive.derive(filling.db, clock=clock, vocabulary=vocabulary(database.parent), words=word_forms)
    assert client.get(url, headers=held).status_code == 200


def test_the_page_names_its_feeds(ids: dict[str, str], client: FlaskClient) -> None:
    assert ids
    page = client.get("/search?q=register+ebene:bund&page=1").text

    for media_type, form in (
        ("application/atom+xml", "atom"),
        ("application/feed+json", "jsonfeed"),
    ):
        link = f'href="/search.{form}?q=register&amp;level=bund"'
        assert f'<link rel="alternate" type="{media_type}"' in page
        assert page.count(link) == 2  # for browsers, and for people


def test_a_mere_day_and_no_date_are_written_as_feeds_want_them(
    ids: dict[str, str], client: FlaskClient
) -> None:
    items = {item["id"]: item for item in read(client, "/search.jsonfeed?q=register")["items"]}
    old = items[f"urn:querverweis:item:{ids['old but new']}"]

    assert old["date_published"] == "2019-01-01T12:00:00Z"
    assert old["authors"] == [{"name": "Amt"}]
    assert old["_querverweis"]["first_seen_at"] == "2026-11-23T09:00:00Z"
    assert "date_published" not in items[f"urn:querverweis:item:{ids['undated']}"]


def test_an_unreadable_subscription_is_refused_as_json(
    ids: dict[str, str], client: FlaskClient
) -> None:
    assert ids
    answer = client.get("/search.jsonfeed?q=-nur")

    assert answer.status_code == 400
    assert answer.get_json()["error"]["code"] == "query_invalid"
