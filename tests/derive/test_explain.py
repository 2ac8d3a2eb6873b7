"""Why two items are linked or not: figures as the derivation has them, and what would turn it."""

import json

from aggregator import store
from aggregator.store import decisions, explain
from aggregator.store.reads import Document
from tests.derive.conftest import Corpus, address, link

LONG = "Die Kommune nimmt den Antrag auf Wohngeld seit dem Frühjahr auch elektronisch an. "
OTHER = "Im Rathaus wurde eine Ausstellung über alte Brücken und lange Straßen eröffnet."


def kinds(told: Document) -> dict[str, Document]:
    return {kind["kind"]: kind for kind in told["kinds"]}


def why(corpus: Corpus, one: str = "amt", other: str = "land") -> Document:
    return explain.why(corpus.db, address(1, one), address(1, other))


def test_linked_pair_is_told_with_its_sentence_and_its_containment(corpus: Corpus) -> None:
    corpus.put(1, "amt", text=LONG * 2, links=(link(address(1, "land")),))
    corpus.put(1, "land", text=LONG * 2 + OTHER)
    corpus.derive()

    told = why(corpus)

    assert told["linked"]
    by_kind = kinds(told)
    assert by_kind["explicit"]["told"] == ["Dieser Eintrag verweist auf den anderen: „hier“."]
    assert by_kind["same"]["linked"]
    [stored] = corpus.live("SELECT similarity FROM same_@ WHERE item = ?", corpus.pks["amt", 1])
    assert by_kind["same"]["figures"]["containment"] == stored[0] / 1000


def test_score_and_place_are_those_of_the_list(corpus: Corpus) -> None:
    corpus.put(1, "amt", text="Wohngeld und Verwaltungsreform im Antrag.")
    corpus.put(1, "land", text="Die Verwaltungsreform bringt Wohngeld und den Antrag.")
    for number in range(2, 8):
        corpus.put(number, "land", text=f"Etwas ganz anderes, Nummer {number}, geschieht hier.")
    corpus.derive()

    found = kinds(why(corpus))["related"]

    [row] = corpus.live(
        "SELECT score FROM related_@ WHERE item = ? AND other = ?",
        corpus.pks["amt", 1], corpus.pks["land", 1],
    )  # fmt: skip
    assert round(found["figures"]["score"] * 10_000) == row[0]
    assert found["figures"]["places"] == [1, 1]
    assert found["linked"] is (found["figures"]["score"] >= found["figures"]["shown_from"])


def test_unlinked_pair_is_told_what_would_have_to_be_otherwise(corpus: Corpus) -> None:
    corpus.put(1, "amt", title="Antrag", text=LONG)
    corpus.put(1, "land", title="Brücken", text=OTHER)
    corpus.derive()

    told = why(corpus)

    assert not told["linked"]
    assert all(kind["conditions"] for kind in told["kinds"])
    text = explain.as_text(told)
    assert "Gleicher Inhalt: nein" in text
    assert "Keiner der beiden Texte verweist auf den anderen." in text


def test_decision_is_told_with_its_state(corpus: Corpus) -> None:
    corpus.put(1, "amt", text=LONG * 2)
    corpus.put(1, "land", text=LONG * 2)
    told = {
        "kind": "not_same", "value": True, "by": "Erika", "role": "admin", "why": "zwei Fassungen",
        "subject": {"platform": "amt", "key": address(1), "url": address(1)},
        "object": {"platform": "land", "key": address(1, "land"), "url": address(1, "land")},
        "at": "2026-11-24T09:00:00Z",
    }  # fmt: skip
    with store.transaction(corpus.db):
        decisions.record(corpus.db, decisions.read(told, where="Test"))
    corpus.derive()

    found = why(corpus)

    assert not kinds(found)["same"]["linked"]
    assert kinds(found)["same"]["told"][-1] == (
        "Erika hat am 2026-11-24 entschieden: nein (in Kraft). Grund: zwei Fassungen."
    )
    assert found["decisions"][0]["state"] == "in_force"
    assert json.dumps(found), "the same document as JSON"
