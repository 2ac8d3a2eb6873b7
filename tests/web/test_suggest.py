"""Suggestions: the page without scripts, and OpenSearch suggestions."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from aggregator import derive, store
from aggregator.clock import SimulatedClock
from aggregator.config import vocabulary
from aggregator.text.wordforms import WordForms
from tests.web.filling import Filling, read

pytestmark = pytest.mark.usefixtures("words")


@pytest.fixture
def words(
    filling: Filling, db: store.Connection, database: Path, clock: SimulatedClock,
    word_forms: WordForms,
) -> None:  # fmt: skip
    """A few words of different frequency."""
    filling.item("Registermodernisierung", text="Das Register und die Registerauskunft.")
    filling.item("Register", text="Ein Register, noch ein Register. Wohngeld auch.")
    derive.derive(db, clock=clock, vocabulary=vocabulary(database.parent), words=word_forms)


def queries(client: FlaskClient, typed: str) -> list[str]:
    told: list[str] = read(client, f"/suggest.json?q={typed}")[1]
    return told


def test_words_go_on_as_the_index_has_them_most_frequent_first(client: FlaskClient) -> None:
    answer = client.get("/suggest.json?q=wohngeld regis")
    typed, completions, kinds, urls = answer.get_json(force=True)

    assert answer.mimetype == "application/x-suggestions+json"
    assert typed == "wohngeld regis"
    assert completions[0] == "wohngeld register"
    assert set(completions) == {"wohngeld register", "wohngeld registerauskunft",
                                "wohngeld registermodernisierung"}  # fmt: skip
    assert kinds == ["Wort im Index"] * 3
    assert urls[0] == "/search?q=wohngeld+register"
    assert client.get(urls[0]).status_code == 200


CASES = [
    ("nutzer", "Nutzerkonto Bund"), ("föderale it", "Föderale IT-Kooperation"),
    ("bauen", "Bauen & Wohnen"),
    ("art:besch", "art:beschluss"), ("ozg ebene:kom", "ozg ebene:kommune"),
    ("plattform:for", "plattform:forum"), ("thema:bauen", 'thema:"Bauen & Wohnen"'),
    ("wohngled", "wohngeld"), ("ozg -wohng", "ozg -wohngeld"), ("(wohng", "(wohngeld"),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "expected"), CASES, ids=[typed for typed, _ in CASES])
def test_names_fields_and_mistyped_words_are_suggested(
    client: FlaskClient, typed: str, expected: str
) -> None:
    assert expected in queries(client, typed)


@pytest.mark.parametrize("typed", ["", " ", "r", "register ", "xyzxyz", "%22", "x" * 300])
def test_where_nothing_fits_nothing_is_suggested(client: FlaskClient, typed: str) -> None:
    assert queries(client, typed) == []


def test_the_page_works_without_scripts(client: FlaskClient) -> None:
    page = client.get("/suggest?q=regis").text

    assert '<a href="/search?q=register">register</a>' in page
    assert 'name="q" value="regis"' in page
    assert "keine Vorschläge" in client.get("/suggest?q=xyzxyz").text


def test_browsers_are_told_where_suggestions_are(client: FlaskClient) -> None:
    described = client.get("/opensearch.xml").text

    assert 'type="application/x-suggestions+json"' in described
    assert "/suggest.json?q={searchTerms}" in described
