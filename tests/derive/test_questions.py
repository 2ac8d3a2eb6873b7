"""Questions of one platform, and what answers them on all."""

from aggregator.model import ItemKind, Part
from aggregator.store.reads_questions import question_of, questions
from tests.derive.conftest import Corpus, address, link

TITLE = "Wer kennt beim Wohngeld eine Regel für Kontoauszüge?"
ANSWER = (
    "Der Bund hat eine Arbeitshilfe herausgegeben. Als Regel beim Wohngeld gilt: Die Kontoauszüge"
    " der letzten drei Monate liegen vor, geschwärzte Zeilen genügen. Sie gilt seit dem Frühjahr."
)
FILLING = "In der Gemeinde {n} wurde die Halle {n} eröffnet, Redner {n} sprach vom Wetter."


def ask(corpus: Corpus, *, accepted: bool, **more: object) -> int:
    role = "accepted" if accepted else "post"
    posts = (Part(role="question", text="Bei uns streiten sich alle."), Part(role=role, text="So."))
    told: dict[str, object] = {"title": TITLE, "kind": ItemKind.QUESTION, "parts": posts,
                               "text": "Bei uns streiten sich alle. So."}  # fmt: skip
    return corpus.put(1, "amt", **(told | more))


def fill(corpus: Corpus) -> None:
    for number in range(20, 90):
        corpus.put(number, "land", title=f"Halle {number}", text=FILLING.format(n=number))


def test_document_of_another_platform_answers_with_the_passage(corpus: Corpus) -> None:
    pk = ask(corpus, accepted=False)
    corpus.put(2, "land", title="Arbeitshilfe", text=ANSWER)
    fill(corpus)
    corpus.derive()

    told = question_of(corpus.db, pk)

    assert told is not None
    assert told["state"] == "open"
    [answer] = told["answers"]
    assert answer["item"]["title"] == "Arbeitshilfe"
    assert {"Wohngeld", "Kontoauszüge"} <= {reason["label"] for reason in answer["because"]}
    assert "geschwärzte Zeilen genügen" in answer["sentence"]


def test_accepted_answer_is_told_and_what_it_links_to(corpus: Corpus) -> None:
    corpus.put(3, "land", title="Merkblatt", text="Ein Merkblatt.")
    pk = ask(corpus, accepted=True, links=(link(address(3, "land")),))
    corpus.derive()

    told = question_of(corpus.db, pk)

    assert told is not None
    assert (told["state"], told["replies"]) == ("accepted", 1)
    [answer] = told["answers"]
    assert (answer["kind"], answer["item"]["title"]) == ("linked", "Merkblatt")
    assert answer["sentence"]


def test_same_question_elsewhere_is_found_with_its_state(corpus: Corpus) -> None:
    pk = ask(corpus, accepted=False)
    title = "Gibt es zum Wohngeld eine Regel für Kontoauszüge?"
    corpus.put(4, "land", title=title, kind=ItemKind.FAQ, text="Ja, immer.")
    fill(corpus)
    corpus.derive()

    told = question_of(corpus.db, pk)

    assert told is not None
    [other] = told["same_question"]
    assert (other["item"]["platform"], other["state"]) == ("land", "answered")
    assert told["state"] == "elsewhere"


def test_item_that_asks_nothing_has_no_answers(corpus: Corpus) -> None:
    pk = corpus.put(5, "amt", title="Meldung", text="Etwas.")
    corpus.derive()

    assert question_of(corpus.db, pk) is None


def test_list_counts_questions_by_state_and_topic(corpus: Corpus) -> None:
    ask(corpus, accepted=True, text="Es geht um Miete und Haus.")
    corpus.put(6, "land", title="Was gilt bei der Steuer?", kind=ItemKind.QUESTION, text="?")
    corpus.put(7, "land", title="Meldung", text="Keine Frage.")
    corpus.derive()

    every = questions(corpus.db)
    of_topic = questions(corpus.db, topic="bauen_wohnen")

    assert (every["total"], every["counts"]) == (2, {"accepted": 1, "answered": 0, "open": 1})
    assert [row["item"]["title"] for row in of_topic["questions"]] == [TITLE]
    assert questions(corpus.db, state="open")["total"] == 1
    assert questions(corpus.db, platform="amt")["counts"]["open"] == 0
