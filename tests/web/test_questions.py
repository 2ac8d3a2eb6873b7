"""The page of questions, and the section of a question's own page."""

from flask.testing import FlaskClient

from aggregator.model import ItemKind, Part
from tests.web.filling import FORUM, Filling, read

POSTS = (Part(role="question", text="Wie macht ihr das?"), Part(role="accepted", text="So."))


def test_questions_are_listed_by_how_far_they_got(client: FlaskClient, filling: Filling) -> None:
    filling.item("Wer hilft?", FORUM, kind=ItemKind.QUESTION)
    filling.item("Was ist ein Register?", FORUM, kind=ItemKind.QUESTION, parts=POSTS)
    filling.item("Meldung")

    every = read(client, "/questions.json")
    still_open = client.get("/questions?state=open").text

    assert (every["total"], every["counts"]["accepted"], every["counts"]["open"]) == (2, 1, 1)
    assert "Wer hilft?" in still_open
    assert "Was ist ein Register?" not in still_open
    assert client.get("/questions?state=halb").status_code == 400


def test_page_of_an_open_question_says_so(client: FlaskClient, filling: Filling) -> None:
    item = filling.item("Wer hilft?", FORUM, kind=ItemKind.QUESTION)

    assert "Was die Frage beantwortet" in client.get(f"/items/{item}").text
    assert read(client, f"/items/{item}.json")["question"]["state"] == "open"
    other = filling.item("Meldung")
    assert read(client, f"/items/{other}.json")["question"] is None


def test_page_explains_why_two_items_are_linked_or_not(
    client: FlaskClient, filling: Filling
) -> None:
    one, other = filling.item("Meldung"), filling.item("Andere Meldung", FORUM)

    shown = client.get(f"/items/{one}/why/{other}").text

    assert "Warum verbunden, warum nicht" in shown
    assert "Was dafür anders sein müsste" in shown
    assert read(client, f"/items/{one}/why/{other}.json")["linked"] is False
    assert client.get(f"/items/{one}/why/aaaaaaaaaaaa").status_code == 404
