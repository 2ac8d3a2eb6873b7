"""Marks: which words of a text are read at all, and what they cover."""

import pytest

from aggregator.text.analysis import Analyser
from aggregator.text.words import token_at
from tests.derive.conftest import WORDS

TEXT = "Die Bürgerversicherung, die BÜRGER-Initiative und die Verwaltungsreform 2024."


@pytest.mark.parametrize(("asked", "marked"), [
    ("Verwaltungsreform", ["Verwaltungsreform"]),
    ("reform", ["Verwaltungsreform"]),
    ("Bürger Initiative", ["BÜRGER-Initiative"]),
    ("buergerversicherung", ["Bürgerversicherung"]),
    ("2024", ["2024"]),
    ("xyz", []),
])  # fmt: skip
def test_words_are_marked_whole(asked: str, marked: list[str]) -> None:
    words = Analyser(WORDS, {}, {})
    stems = frozenset(words.stems_in_order(asked))
    assert [TEXT[start:end] for start, end in words.matches(TEXT, stems)] == marked


def test_a_text_that_grows_in_lower_case_is_marked_all_the_same() -> None:
    text = "İstanbul und die Reform"
    words = Analyser(WORDS, {}, {})
    assert [text[a:b] for a, b in words.matches(text, frozenset({"reform"}))] == ["Reform"]


@pytest.mark.parametrize(("place", "word"), [
    (0, "eine"), (3, "eine"), (4, None), (6, "OZG-Leistung"), (10, "OZG-Leistung"), (18, None),
])  # fmt: skip
def test_the_word_at_a_place_is_found(place: int, word: str | None) -> None:
    token = token_at("eine OZG-Leistung.", place)
    assert (token.text if token else None) == word
