"""Start page, lists, platforms, topics: what is counted can be recounted."""

import csv
import io
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient

from tests.web.filling import COUNCIL, FORUM, MINISTRY, Filling, read

ATOM = "{http://www.w3.org/2005/Atom}"


def test_the_start_page_bundles_what_is_new_since_yesterday(
    filling: Filling, client: FlaskClient
) -> None:
    first = filling.item("Zuerst", at="2026-11-23T07:00:00Z")
    twin = filling.item("Gleiche Meldung", FORUM, at="2026-11-24T07:00:00Z")
    filling.same(first, twin)
    filling.item("Alt", at="2026-11-01T07:00:00Z")

    told = read(client, "/index.json")

    assert told["new_total"] == 2
    assert [bundle["item"]["id"] for bundle in told["new"]] == [twin]
    assert [item["id"] for item in told["new"][0]["same"]] == [first]


def test_the_number_of_new_items_leads_to_a_list_of_as_many(
    filling: Filling, client: FlaskClient
) -> None:
    for n in range(3):
        filling.item(f"Neu {n}", at="2026-11-23T07:00:00Z")
    filling.item("Am Tag davor, in Berlin", at="2026-11-22T22:59:00Z")

    assert 'href="/items?since=2026-11-23&amp;dated=1"' in client.get("/").text
    assert read(client, "/items.json?since=2026-11-23&dated=1")["total"] == 3


def test_without_anything_new_the_start_page_shows_the_latest(
    filling: Filling, client: FlaskClient
) -> None:
    item = filling.item("Alt", at="2026-01-01T07:00:00Z")

    told = read(client, "/index.json")

    assert (told["new_total"], told["new"][0]["item"]["id"]) == (0, item)
    assert "Zuletzt erschienen" in client.get("/").text


def test_an_empty_index_says_so(filling: Filling, client: FlaskClient) -> None:
    assert filling.rows == {}
    assert "Der Index ist noch leer." in client.get("/").text


def test_much_linked_counts_other_platforms_of_the_last_30_days(
    filling: Filling, client: FlaskClient
) -> None:
    target, other = filling.item("Ziel"), filling.item("Anderes Ziel")
    for n in range(3):
        filling.link(filling.item(f"Fremd {n}", FORUM, at="2026-11-20T08:00:00Z"), target)
    filling.link(filling.item("Eigen"), other)
    filling.link(filling.item("Lange her", FORUM, at="2025-01-01T08:00:00Z"), target)

    told = read(client, "/index.json")["much_linked"]

    assert [(row["item"]["id"], row["links_in"]) for row in told] == [(target, 3)]


def test_a_list_is_paged_by_cursor_without_gaps_and_repeats(
    filling: Filling, client: FlaskClient
) -> None:
    ids = {filling.item(f"Meldung {n}", at="2026-11-20T08:00:00Z") for n in range(7)}
    seen: list[str] = []
    url: str | None = "/items.json?limit=3"

    while url:
        told = read(client, url)
        seen += [item["id"] for item in told["items"]]
        url = told["next"]

    assert len(seen) == 7
    assert set(seen) == ids


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("platform=forum", {"Frage"}),
        ("platform=forum&platform=rat", {"Frage", "Beschluss"}),
        ("level=bund&level=kommune", {"Leitfaden", "Frage"}),
        ("kind=decision", {"Beschluss"}),
        ("source=forum-feed", {"Frage"}),
        ("topic=bildung", {"Leitfaden"}),
        ("since=2026-11-20&until=2026-11-20", {"Leitfaden"}),
        ("until=2026-11-19", {"Frage", "Beschluss"}),
        ("platform=forum&level=bund", set()),
    ],
)
def test_filters_are_or_within_and_and_across(
    filling: Filling, client: FlaskClient, query: str, expected: set[str]
) -> None:
    from aggregator.model import ItemKind

    guide = filling.item("Leitfaden", at="2026-11-20T08:00:00Z")
    filling.item("Frage", FORUM, at="2026-11-19T08:00:00Z")
    filling.item("Beschluss", COUNCIL, at="2026-11-18", kind=ItemKind.DECISION)
    filling.topic(guide, "bildung")

    told = read(client, f"/items.json?{query}")

    assert {item["title"] for item in told["items"]} == expected
    assert told["total"] == len(expected)


def test_active_filters_can_be_taken_away_one_by_one(filling: Filling, client: FlaskClient) -> None:
    filling.item("Frage", FORUM)

    page = client.get("/items?platform=forum&level=kommune").text

    assert 'href="/items?level=kommune"' in page
    assert 'href="/items?platform=forum"' in page


def test_csv_starts_no_formula(filling: Filling, client: FlaskClient) -> None:
    filling.item('=HYPERLINK("x")')

    answer = client.get("/items.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")), delimiter=";"))

    assert answer.mimetype == "text/csv"
    assert rows[0]["title"] == '\'=HYPERLINK("x")'


def test_feeds_are_valid_atom_whatever_stands_in_titles(
    filling: Filling, client: FlaskClient
) -> None:
    filling.item("Kaputt \x0b & <b>fett</b>", at="2026-11-20")

    root = ElementTree.fromstring(client.get("/items.atom").data)
    entry = root.find(f"{ATOM}entry")

    assert entry is not None
    for node in (root, entry):
        assert all(node.find(f"{ATOM}{name}") is not None for name in ("id", "title", "updated"))
    assert entry.findtext(f"{ATOM}published") == "2026-11-20T12:00:00Z"


def test_a_platform_shows_who_links_to_whom(filling: Filling, client: FlaskClient) -> None:
    question, guide = filling.item("Frage", FORUM), filling.item("Leitfaden")
    filling.link(question, guide)
    filling.link(question, guide)

    told = read(client, "/platforms/forum.json")
    back = read(client, "/platforms/ministerium.json")

    assert [(row["platform"], row["links"]) for row in told["links_to"]] == [("ministerium", 1)]
    assert [(row["platform"], row["links"]) for row in back["linked_from"]] == [("forum", 1)]
    assert [item["title"] for item in told["newest"]] == ["Frage"]
    assert client.get("/platforms/forum").status_code == 200


def test_a_platform_names_its_operator_of_today(filling: Filling, client: FlaskClient) -> None:
    assert filling.rows == {}
    page = client.get("/platforms").text

    assert "BMDS" in page
    assert "BMI" not in page


def test_an_unknown_platform_is_404_with_an_error_object(
    filling: Filling, client: FlaskClient
) -> None:
    assert filling.rows == {}
    answer = client.get("/platforms/nirgends.json")

    assert answer.status_code == 404
    assert answer.get_json()["error"]["code"] == "not_found"


def test_counterparts_tell_what_others_have_and_why(filling: Filling, client: FlaskClient) -> None:
    mine = filling.item("Frage", FORUM)
    twin = filling.item("Frage, gleich", MINISTRY)
    decision = filling.item("Beschluss", COUNCIL)
    filling.item("Ohne Bezug", MINISTRY)
    filling.same(mine, twin)
    filling.link(mine, decision)

    root = ElementTree.fromstring(client.get("/platforms/forum/counterparts.atom").data)
    told = {
        str(entry.findtext(f"{ATOM}title")): entry.findtext(f"{ATOM}summary")
        for entry in root.iter(f"{ATOM}entry")
    }

    assert told == {
        "Frage, gleich": "Gleicher Inhalt wie „Frage“",
        "Beschluss": "Wird verlinkt von „Frage“",
    }


def test_topics_count_only_what_is_assigned(filling: Filling, client: FlaskClient) -> None:
    fresh = filling.item("Schule", at="2026-11-23T08:00:00Z")
    older = filling.item("Studium", FORUM, at="2026-10-01T08:00:00Z")
    queued = filling.item("Zweifelhaft")
    filling.topic(fresh, "bildung")
    filling.topic(older, "bildung")
    filling.topic(queued, "bildung", auto=False)

    rows = {row["topic"]: row for row in read(client, "/topics.json")["topics"]}
    row = rows["bildung"]
    page = read(client, "/topics/bildung.json")

    assert (row["items"], row["last_7_days"]) == (2, 1)
    assert rows["gesundheit"]["items"] == 0  # a gap is shown, too
    assert page["total"] == 2
    assert {r["platform"]: r["items"] for r in page["platforms"]} == {"ministerium": 1, "forum": 1}
    assert read(client, "/items.json?topic=bildung&since=2026-11-17")["total"] == 1
    assert "<h1>Bildung</h1>" in client.get("/topics/bildung").text


def test_a_topic_without_items_is_a_page_an_unknown_one_is_not(
    filling: Filling, client: FlaskClient
) -> None:
    assert filling.rows == {}
    assert client.get("/topics/gesundheit").status_code == 200
    assert client.get("/topics/nirgends").status_code == 404


def test_what_has_no_date_is_not_called_new(filling: Filling, client: FlaskClient) -> None:
    filling.item("Seit Jahren da", at=None)

    assert read(client, "/index.json")["new_total"] == 0
    assert read(client, "/items.json")["total"] == 1
    assert read(client, "/items.json?dated=1")["total"] == 0


def test_what_has_no_date_is_not_the_newest_of_a_platform(
    filling: Filling, client: FlaskClient
) -> None:
    filling.item("Mit Datum", at="2026-10-01T09:00:00Z")
    filling.item("Ohne Datum", at=None)

    (platform,) = [row for row in read(client, "/platforms.json")["platforms"] if row["items"]]

    assert platform["newest_at"] == "2026-10-01T09:00:00Z"


def test_empty_filters_are_none(client: FlaskClient, filling: Filling) -> None:
    filling.item("Leitfaden")

    for name in ("seen_since", "since", "until", "platform", "kind", "dated"):
        assert client.get(f"/items?{name}=").status_code == 200, name
