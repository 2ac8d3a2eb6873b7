"""The change log and the list of abbreviations."""

from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient

from tests.web.filling import FORUM, MINISTRY, Filling, read
from tests.web.test_overview import ATOM


@pytest.fixture
def changed(filling: Filling) -> str:
    """An item with three states, one of another platform with two, and one that never changed."""
    item = ""
    for hour, (title, text) in enumerate(
        (("Leitfaden", "Erster Stand."), ("Leitfaden", "Zweiter Stand, mit mehr Text."),
         ("Neuer Leitfaden", "Zweiter Stand, mit mehr Text."))
    ):  # fmt: skip
        item = filling.item(title, MINISTRY, path="leitfaden", text=text,
                            now=f"2026-11-2{hour + 1}T08:00:00Z")  # fmt: skip
    for hour, text in enumerate(("Frage.", "Frage, anders gestellt.")):
        filling.item("Frage", FORUM, path="frage", text=text, now=f"2026-11-22T1{hour}:00:00Z")
    filling.item("Still", FORUM)
    return item


def test_changes_are_told_newest_first_with_what_changed(changed: str, client: FlaskClient) -> None:
    told = read(client, "/changes.json")

    assert told["total"] == 3
    assert [(row["at"][:10], row["what"]) for row in told["changes"]] == [
        ("2026-11-23", ["title"]), ("2026-11-22", ["text"]), ("2026-11-22", ["text"]),
    ]  # fmt: skip
    assert told["changes"][0]["item"]["id"] == changed
    assert told["changes"][0]["title_before"] == "Leitfaden"
    page = client.get("/changes").text
    assert f'href="/items/{changed}/versions/2"' in page
    assert "(Titel zuvor: „Leitfaden“)" in page


@pytest.mark.parametrize(
    ("query", "total"),
    [("platform=forum", 1), ("level=bund", 2), ("kind=news", 3), ("kind=law", 0),
     ("since=2026-11-23", 1), ("platform=forum&level=bund", 0)],
)  # fmt: skip
def test_changes_are_filtered(changed: str, client: FlaskClient, query: str, total: int) -> None:
    assert changed
    told = read(client, f"/changes.json?{query}")

    assert told["total"] == total == len(told["changes"])


def test_changes_are_paged_without_gaps_and_repeats(changed: str, client: FlaskClient) -> None:
    assert changed
    seen: list[tuple[str, int]] = []
    url: str | None = "/changes.json?limit=1"

    while url:
        told = read(client, url)
        seen += [(row["item"]["id"], row["n"]) for row in told["changes"]]
        url = told["next"]

    assert len(seen) == len(set(seen)) == 3


def test_each_change_is_an_entry_of_its_own_in_the_feed(changed: str, client: FlaskClient) -> None:
    assert changed
    root = ElementTree.fromstring(client.get("/changes.atom").data)
    ids = [entry.findtext(f"{ATOM}id") for entry in root.iter(f"{ATOM}entry")]

    assert len(set(ids)) == 3
    assert root.findtext(f"{ATOM}updated") == "2026-11-23T08:00:00Z"


def test_hidden_items_are_in_no_log(filling: Filling, changed: str, client: FlaskClient) -> None:
    filling.hide(changed)

    assert read(client, "/changes.json")["total"] == 1


def test_a_strange_cursor_is_refused(changed: str, client: FlaskClient) -> None:
    assert changed
    assert client.get("/changes.json?cursor=x'--").status_code == 400


def test_abbreviations_lead_to_a_search_that_knows_all_their_names(
    filling: Filling, client: FlaskClient
) -> None:
    assert filling.rows == {}
    told = {row["term"]: row for row in read(client, "/glossary.json")["entries"]}

    assert "Onlinezugangsgesetz" in told["OZG"]["names"]
    assert told["OZG"]["url"] == "/search?q=OZG"
    terms = list(told)
    assert terms == sorted(terms, key=str.casefold)
