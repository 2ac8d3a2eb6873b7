"""Words: where they stand and how they are folded."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.text.words import fold, fold_map, is_stop_word, pieces, surfaces, tokens


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("OZG-Leistung und eID", ["OZG-Leistung", "und", "eID"]),
        ("FIT\u2011Connect", ["FIT\u2011Connect"]),
        ("Bund- und Länder", ["Bund", "und", "Länder"]),
        ("Antrag – Bescheid", ["Antrag", "Bescheid"]),
        ("snake_case", ["snake_case"]),
        ("§ 1a, 17/1234", ["1a", "17", "1234"]),
        ("Verwal\u00adtung", ["Verwal\u00adtung"]),
        (unicodedata.normalize("NFD", "Bürgerbüro"), [unicodedata.normalize("NFD", "Bürgerbüro")]),
        ("", []),
        ("  - ... ", []),
    ],
)
def test_words_are_found_whole(text: str, words: list[str]) -> None:
    assert surfaces(text) == words


@given(st.text())
def test_offsets_give_the_words_back(text: str) -> None:
    for token in tokens(text):
        assert text[token.start : token.end] == token.text


@pytest.mark.parametrize(
    "spelling",
    ["Behörde", "Behoerde", "BEHÖRDE", "behörde", unicodedata.normalize("NFD", "Behörde"),
     "Be\u00adhörde", "Ｂehörde"],
)  # fmt: skip
def test_spellings_of_one_word_fold_to_one_form(spelling: str) -> None:
    assert fold(spelling) == "behoerde"


@pytest.mark.parametrize(
    ("word", "folded"),
    [("Straße", "strasse"), ("STRASSE", "strasse"), ("GROẞ", "gross"), ("ﬁnden", "finden"),
     ("Maß", "mass"), ("17/12", "17/12")],
)  # fmt: skip
def test_sharp_s_and_ligatures_are_spelt_out(word: str, folded: str) -> None:
    assert fold(word) == folded


@given(st.text(max_size=40))
def test_folding_letter_by_letter_keeps_track_of_every_letter(word: str) -> None:
    folded, origins = fold_map(word)

    assert len(origins) == len(folded) + 1
    assert origins[-1] == len(word)
    assert list(origins) == sorted(origins)


def test_folded_letters_point_to_where_they_came_from() -> None:
    folded, origins = fold_map("Müßig")

    assert folded == "muessig"
    assert origins == (0, 1, 1, 2, 2, 3, 4, 5)


@pytest.mark.parametrize(
    ("word", "parts"),
    [("BundID", ["Bund", "ID"]), ("BayernPortal", ["Bayern", "Portal"]), ("eID", []),
     ("GmbH", []), ("XPlanung", []), ("OZG", []), ("Antrag", []), ("DeutschlandID", ["Deutschland",
     "ID"])],
)  # fmt: skip
def test_capitals_inside_a_word_hold_parts_apart(word: str, parts: list[str]) -> None:
    assert pieces(word) == parts


def test_stop_words_are_known_in_every_spelling() -> None:
    assert is_stop_word("Über")
    assert is_stop_word("UEBER")
    assert not is_stop_word("Antrag")
