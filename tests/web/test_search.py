"""The search page over a database that was really derived."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from aggregator import derive, store
from aggregator.clock import SimulatedClock
from aggregator.config import vocabulary
from aggregator.model import ItemKind
from aggregator.text.wordforms import WordForms
from tests.web.filling import COUNCIL, FORUM, MINISTRY, Filling, read


@pytest.fixture
def found(
    filling: Filling, db: store.Connection, database: Path, clock: SimulatedClock,
    word_forms: WordForms,
) -> dict[str, str]:  # fmt: skip
    """Four items, derived; returns their ids by a word."""
    text = "Das Register wird erneuert. Die Gemeinden bereiten sich auf den Anschluss vor."
    ids = {
        "guide": filling.item(
            "Leitfaden für das Register", MINISTRY, at="2026-11-20T08:00:00Z", text=text
        ),
        "question": filling.item(
            "Frage zum Register", FORUM, at="2026-11-22T08:00:00Z", kind=ItemKind.QUESTION,
            text="Wer zahlt für das Register in der Gemeinde?",
        ),
        "decision": filling.item(
            "Beschluss", COUNCIL, at="2025-10-25", kind=ItemKind.DECISION,
            text="Der Rat beschließt das Register einstimmig.",
        ),
        "other": filling.item("Wohngeld", MINISTRY, text="Wohngeld wird online beantragt."),
    }  # fmt: skip
    derive.derive(db, clock=clock, vocabulary=vocabulary(database.parent), words=word_forms)
    return ids


def test_hits_have_the_fields_of_the_contract(found: dict[str, str], client: FlaskClient) -> None:
    told = read(client, "/search.json?q=register")

    assert set(told) == {"query", "total", "total_is_exact", "took_ms", "hits", "facets",
                         "suggestion", "next", "prev", "unknown_fields", "related_searches",
                         "ways_on"}  # fmt: skip
    assert {hit["id"] for hit in told["hits"]} == {
        found["guide"], found["question"], found["decision"]
    }  # fmt: skip
    hit = told["hits"][0]
    assert {"snippet", "marks", "score", "same_count", "links_in", "title", "url"} <= set(hit)
    assert all(hit["snippet"][a:b].lower().startswith("register") for a, b in hit["marks"])


def test_the_page_marks_matches_and_links_to_our_own_page(
    found: dict[str, str], client: FlaskClient
) -> None:
    page = client.get("/search?q=register").text

    assert "3 Ergebnisse für „register“" in page
    assert "<mark>Register</mark>" in page
    assert f'href="/items/{found["guide"]}?from=q%3Dregister"' in page


def test_facets_name_their_values_and_toggle(found: dict[str, str], client: FlaskClient) -> None:
    assert found
    told = read(client, "/search.json?q=register&level=kommune")["facets"]
    levels = {row["value"]: row for row in told["level"]}

    assert levels["kommune"]["label"] == "Kommune"
    assert levels["kommune"]["selected"]
    assert levels["bund"]["count"] == 1  # what would be there besides
    assert client.get(levels["bund"]["toggle_url"]).status_code == 200
    page = client.get("/search?q=register&level=kommune").text
    assert '<input type="checkbox" name="level" value="kommune" checked>' in page
    assert '<input type="hidden" name="q" value="register">' in page


def test_filters_are_taken_away_by_their_marks(found: dict[str, str], client: FlaskClient) -> None:
    assert found
    page = client.get("/search?q=register&level=kommune&since=2026-01-01").text

    assert 'href="/search?q=register&amp;since=2026-01-01"' in page
    assert 'href="/search?q=register&amp;level=kommune"' in page


def test_without_hits_the_page_says_which_filter_is_in_the_way(
    found: dict[str, str], client: FlaskClient
) -> None:
    assert found
    page = client.get("/search?q=register&level=eu").text

    assert "Keine Ergebnisse für „register“" in page
    assert "Ohne den Filter „EU“: 3 Ergebnisse" in page
    assert 'href="/search?q=register"' in page


def test_a_mistyped_word_is_suggested(found: dict[str, str], client: FlaskClient) -> None:
    assert found
    told = read(client, "/search.json?q=wohngled")

    assert told["suggestion"]["query"].lower() == "wohngeld"
    assert "Meinten Sie" in client.get("/search?q=wohngled").text


def test_pages_follow_each_other(found: dict[str, str], client: FlaskClient) -> None:
    assert found
    first = client.get("/search?q=register&limit=2").text
    told = read(client, "/search.json?q=register&limit=2")

    assert 'href="/search?q=register&amp;limit=2&amp;page=2" rel="next"' in first
    assert told["next"].startswith("/search.json?")
    assert len(read(client, told["next"])["hits"]) == 1


def test_a_search_is_a_feed_and_a_table(found: dict[str, str], client: FlaskClient) -> None:
    feed = client.get("/search.atom?q=register")
    table = client.get("/search.csv?q=register")

    assert feed.text.index(found["question"]) < feed.text.index(found["guide"])  # newest first
    assert len(table.text.strip().splitlines()) == 4
    for answer in (feed, table):
        again = client.get(
            answer.request.full_path, headers={"If-None-Match": answer.headers["ETag"]}
        )
        assert again.status_code == 304


@pytest.mark.parametrize("query", ["sort=best", "kind=meldung", "page=0", "since=gestern"])
def test_a_wrong_parameter_is_400_with_what_is_allowed(
    found: dict[str, str], client: FlaskClient, query: str
) -> None:
    assert found
    answer = client.get(f"/search.json?q=register&{query}")

    assert answer.status_code == 400
    assert answer.get_json()["error"]["code"] == "query_invalid"


def test_an_empty_query_lists_everything(found: dict[str, str], client: FlaskClient) -> None:
    assert read(client, "/search.json")["total"] == len(found)
    assert "4 Einträge" in client.get("/search").text


def test_markup_in_a_query_stays_text(found: dict[str, str], client: FlaskClient) -> None:
    assert found
    page = client.get("/search", query_string={"q": '"><script>alert(1)</script>'}).text

    assert "<script>alert" not in page
