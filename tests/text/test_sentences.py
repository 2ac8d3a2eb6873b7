"""Where German sentences end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.text.sentences import sentence_at, span_at, split


@pytest.mark.parametrize(
    "whole",
    [
        "Nach § 3 Abs. 1 Satz 2 Nr. 3 ist der Antrag zu stellen.",
        "Am 26. September tagt der Rat, z. B. in Kassel.",
        "Die 46. Sitzung fand i. V. m. der Anhörung statt.",
        "Siehe BT-Drs. 20/8093 sowie BGBl. I S. 3122.",
        "Frau Dr. Muster u. a. nahmen teil.",
        "Die Frist (vgl. Anl. 2) beträgt ca. 3 Wochen.",
        "Das kostet 2.250 Euro.",
        "Er schrieb: www.beispiel.example und wartete.",
    ],
)
def test_an_abbreviation_or_an_ordinal_ends_no_sentence(whole: str) -> None:
    assert [whole[a:b] for a, b in split(whole)] == [whole]


@pytest.mark.parametrize(
    "sentences",
    [
        ["Der Antrag ist gestellt.", "Die Behörde prüft."],
        ["Das war 2018.", "Danach kam das Gesetz."],
        ["Die Mittel kommen vom Bund.", "Anträge nimmt das Land an."],
        ["Geht das?", "Ja!", "Gut."],
        ["„Wir beginnen.“", "So sprach sie."],
        ["Grundlage ist § 3.", "Die Gemeinde entscheidet."],
        ["Es gibt Formulare, Merkblätter usw.", "Die Gemeinde hilft."],
        ["Überschrift ohne Punkt\n\n", "Der Text beginnt."],
        ["Folgende Punkte:\n", "- Antrag stellen\n", "- Bescheid erhalten"],
    ],
)
def test_sentences_are_told_apart(sentences: list[str]) -> None:
    text = " ".join(sentences)

    assert [text[a:b] for a, b in split(text)] == [one.strip() for one in sentences]


def test_the_sentence_around_a_place_has_single_blanks() -> None:
    text = "Vorher. Das Gesetz\n  gilt (§ 1) weiter. Nachher."
    place = text.index("§")

    assert sentence_at(text, place, place + 3) == "Das Gesetz gilt (§ 1) weiter."


@given(st.text(alphabet="aB.3 \n!–", max_size=200), st.data())
def test_every_place_lies_in_its_sentence(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))

    first, last = span_at(text, start, end)

    assert first <= start or not text[start:first].strip()
    assert last >= end or not text[last:end].strip()


@given(st.text(alphabet="aB.3 \n!–", max_size=200))
def test_sentences_cover_all_but_blanks(text: str) -> None:
    spans = split(text)

    assert "".join("".join(text[a:b].split()) for a, b in spans) == "".join(text.split())
    assert all(a < b for a, b in spans)
