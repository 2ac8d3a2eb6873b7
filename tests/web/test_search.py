"""The search page over a database that was really derived."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from aggregator import derive, store
from aggregator.clock import SimulatedClock
from aggregator.config import vocabulary
from aggregator.model import ItemKind, Level, Part
from aggregator.text.wordforms import WordForms
from tests.web.filling import COUNCIL, FORUM, MINISTRY, Filling, read
from web.language import messages


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


def test_ways_on_without_one_filter_without_all_and_less_strict(
    found: dict[str, str], client: FlaskClient
) -> None:
    assert found

    def told(query: str) -> list[tuple[str, str, int, str]]:
        rows = read(client, f"/search.json?q={query}")["ways_on"]
        return [(row["kind"], row["label"], row["total"], row["url"]) for row in rows]

    assert told("register level:eu kind:news") == [
        ("filter", "EU", 1, "/search.json?q=register&kind=news")
    ]
    both = told("register level:eu kind:law")
    assert both == [("filter", "EU, Gesetz", 3, "/search.json?q=register")]
    assert told('"register leitfaden" -frage') == [
        ("query", "register leitfaden", 3, "/search.json?q=register+leitfaden")
    ]
    assert told('"register leitfaden" level:eu') == [
        ("both", "register leitfaden", 3, "/search.json?q=register+leitfaden")
    ]
    assert told("register") == []
    page = client.get('/search?q="register leitfaden"').text
    assert "Weniger streng gesucht, „register leitfaden“: 3 Ergebnisse" in page


def test_a_field_of_the_query_is_a_mark_and_no_longer_part_of_the_text(
    found: dict[str, str], client: FlaskClient
) -> None:
    assert found
    page = client.get("/search?q=register+ebene:kommune+seit:2026").text

    assert 'name="q" value="register"' in page
    assert '<input type="checkbox" name="level" value="kommune" checked>' in page
    assert 'name="since" value="2026-01-01"' in page
    assert 'href="/search?q=register&amp;since=2026-01-01"' in page  # without the level
    told = read(client, "/search.json?q=register+ebene:kommune")
    assert told["query"] == "register ebene:kommune"
    assert told["total"] == read(client, "/search.json?q=register&level=kommune")["total"] == 1


def test_what_is_no_field_is_searched_and_said(found: dict[str, str], client: FlaskClient) -> None:
    assert found
    assert read(client, "/search.json?q=titel:register")["unknown_fields"] == ["titel"]
    page = client.get("/search?q=titel:register").text
    assert "„titel:“ ist kein Feld und wurde als Wort gesucht. Felder sind plattform:" in page


@pytest.mark.parametrize("lang", ["de", "en"])
def test_what_the_page_calls_kinds_and_levels_is_understood_as_a_field(
    found: dict[str, str], client: FlaskClient, lang: str
) -> None:
    assert found
    for name, values in (("kind", ItemKind), ("level", Level)):
        for value in values:
            label = messages(lang)[f"{name}.{value}"]
            told = read(client, f'/search.json?q=register {name}:"{label}"')
            assert "error" not in told, label


def test_a_document_hit_opens_at_the_page_that_fits(
    filling: Filling, db: store.Connection, database: Path, clock: SimulatedClock,
    word_forms: WordForms, client: FlaskClient,
) -> None:  # fmt: skip
    pages = ("Deckblatt.", "Vom Register ist hier die Rede.", "Und hier vom Wohngeld allein.")
    filling.item(
        "Handreichung", MINISTRY, path="datei.pdf?v=1", kind=ItemKind.DOCUMENT,
        text="\n\n".join(pages),
        parts=tuple(Part(role="page", text=text, label=str(number))
                    for number, text in enumerate(pages, start=1)),
    )  # fmt: skip
    derive.derive(db, clock=clock, vocabulary=vocabulary(database.parent), words=word_forms)
    [hit] = read(client, "/search.json?q=wohngeld")["hits"]
    page = client.get("/search?q=wohngeld").text

    assert hit["passage"] == {"page": 3, "url": "https://ministerium.example/datei.pdf?v=1#page=3"}
    assert hit["snippet"] == pages[2]
    assert (
        '<a href="https://ministerium.example/datei.pdf?v=1#page=3">Seite 3 des Dokuments' in page
    )
    assert read(client, "/search.json?q=handreichung")["hits"][0]["passage"] is None


def test_topics_and_references_of_the_hits_are_further_searches(
    filling: Filling, db: store.Connection, database: Path, clock: SimulatedClock,
    word_forms: WordForms, client: FlaskClient,
) -> None:  # fmt: skip
    for number in range(3):
        filling.item(f"Wohngeld {number}", MINISTRY, text=f"Mietspiegel {number}, § 19 WoGG.")
    derive.derive(db, clock=clock, vocabulary=vocabulary(database.parent), words=word_forms)
    told = read(client, "/search.json?q=wohngeld")["related_searches"]
    page = client.get("/search?q=wohngeld").text

    assert {(row["kind"], row["label"]) for row in told} == {
        ("topic", "Bauen & Wohnen"), ("reference", "§ 19 WoGG")
    }  # fmt: skip
    assert all(read(client, row["url"])["total"] == 3 for row in told)
    assert "wer § 19 WoGG nennt" in page


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
    assert '<b aria-current="page"><span class="vh">Seite </span>1</b>' in first
    assert first.count('href="/search?q=register&amp;limit=2&amp;page=2"') == 2
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
