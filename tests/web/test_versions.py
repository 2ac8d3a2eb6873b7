"""The history of an item: when it changed, and what, in words."""

from flask.testing import FlaskClient

from aggregator import diff
from aggregator.model import Policy
from tests.web.filling import Filling, read


def edited(
    filling: Filling, *texts: str, title: str = "Leitfaden", policy: Policy = Policy.FULL
) -> str:
    """Store an item and its edits, one a day."""
    item = ""
    for day, text in enumerate(texts, start=1):
        filling._next = 0
        item = filling.item(
            f"Leitfaden {day}", text=text, path="leitfaden", policy=policy,
            now=f"2026-11-{day:02}T08:00:00Z",
        )  # fmt: skip
    return item


def test_the_document_tells_each_version_with_its_difference(
    filling: Filling, client: FlaskClient
) -> None:
    item = edited(filling, "Die Frist endet im März.", "Die Frist endet im Mai.", "Es gibt keine.")

    second, first = read(client, f"/items/{item}.json")["versions"]

    assert (first["n"], first["from"], first["until"]) == (
        1, "2026-11-01T08:00:00Z", "2026-11-02T08:00:00Z"
    )  # fmt: skip
    assert first["hash"] != second["hash"]
    told = [diff.Change(**change) for change in first["diff"]["text"]]
    assert diff.apply("Die Frist endet im März.", told) == "Die Frist endet im Mai."
    assert [c["new"].strip() for c in first["diff"]["title"]] == ["2"]


def test_a_version_shows_words_removed_and_added_not_by_colour_alone(
    filling: Filling, client: FlaskClient
) -> None:
    item = edited(filling, "Die Frist endet im <b>März</b>.", "Die Frist endet im Mai.")

    page = client.get(f"/items/{item}/versions/1").text

    assert '<del><span class="vh">gestrichen: </span>&lt;b&gt;März&lt;/b&gt;</del>' in page
    assert '<ins><span class="vh">eingefügt: </span>Mai</ins>' in page
    assert f'href="/items/{item}/versions/1"' in client.get(f"/items/{item}").text
    told = read(client, f"/items/{item}/versions/1.json")
    assert (told["version"]["n"], told["next"]["n"], told["last"]) == (1, 2, 2)
    assert read(client, f"/items/{item}/versions/2.json")["diff"] is None


def test_a_version_without_stored_text_says_so(filling: Filling, client: FlaskClient) -> None:
    item = edited(filling, "Alt.", "Neu.", policy=Policy.EXCERPT)

    told = read(client, f"/items/{item}/versions/1.json")

    assert told["passages"] == []
    assert told["diff"]["title"] != []
    assert "darf nicht gespeichert werden" in client.get(f"/items/{item}/versions/1").text


def test_what_is_no_version_is_not_found(filling: Filling, client: FlaskClient) -> None:
    item = edited(filling, "Alt.", "Neu.")

    assert client.get(f"/items/{item}/versions/0").status_code == 404
    assert client.get(f"/items/{item}/versions/3.json").status_code == 404
    assert client.get("/items/abcdefghijkl/versions/1").status_code == 404
