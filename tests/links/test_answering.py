"""What answers a question: passages that have enough of what is asked, close to each other."""

from aggregator.links.answering import Asked, answered_by, asked, is_same, rarity

RARE, COMMON = rarity(2, 1000), rarity(400, 1000)


def question(title: str, **stems: float) -> Asked:
    return asked(title, stems, (), lambda stem: stems.get(stem, RARE))


WOHNGELD = question("Wie geht das Amt mit Wohngeld um?", wohngeld=RARE, amt=COMMON, wie=RARE,
                    geh=RARE, fremd=RARE)  # fmt: skip


def test_words_that_only_ask_say_nothing() -> None:
    assert set(WOHNGELD.weights) == {"wohngeld", "amt"}, "written as asked, and not a mere question"


def test_passage_must_have_enough_of_what_is_asked() -> None:
    both = "Erst etwas anderes. Das Wohngeld prüft das Amt am Bildschirm. Dann wieder anderes."
    found = answered_by(WOHNGELD, {"wohngeld", "amt"}, both)

    assert found is not None
    assert found.words == ("Wohngeld", "Amt")
    assert "Das Wohngeld prüft das Amt" in found.passage
    assert answered_by(WOHNGELD, {"wohngeld"}, "Das Wohngeld steigt.") is None


def test_words_far_from_each_other_answer_nothing() -> None:
    apart = "Das Wohngeld steigt. " + "Hier geht es um anderes. " * 9 + "Das Amt zieht um."

    assert answered_by(WOHNGELD, {"wohngeld", "amt"}, apart) is None


def test_frequent_words_alone_answer_nothing() -> None:
    common = question("Kommunen und Umsetzung?", kommun=COMMON, umsetz=COMMON)

    assert answered_by(common, {"kommun", "umsetz"}, "Kommunen melden die Umsetzung.") is None


def test_text_that_only_names_the_question_does_not_answer_it() -> None:
    named = f"Siehe auch: {WOHNGELD.title}"

    assert answered_by(WOHNGELD, {"wohngeld", "amt"}, named) is None


def test_same_question_has_most_of_the_other() -> None:
    other = question("Amt: Wohngeld?", wohngeld=RARE, amt=COMMON)
    longer = question("Wohngeld, Kindergeld und Elterngeld im Amt?", wohngeld=RARE,
                      kindergeld=RARE, elterngeld=RARE, amt=COMMON)  # fmt: skip

    assert is_same(WOHNGELD, other)
    assert not is_same(WOHNGELD, longer)
    assert not is_same(question("Wie?", wie=RARE), WOHNGELD)
