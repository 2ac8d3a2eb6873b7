"""Which page of a document a hit opens."""

import json

import pytest

from aggregator.store.passages import Passage, best_page
from aggregator.text.analysis import Analyser
from tests.derive.conftest import VOCABULARY, WORDS

PAGES = {
    "1": "Deckblatt der Handreichung.",
    "2": "Die Verwaltungsreform kommt. Die Reform der Verwaltung betrifft Anträge nicht.",
    "4": "Der Antrag auf Wohngeld. Wohngeld, Wohngeld.",
    "12": "Anträge in der Verwaltung und Wohngeld zusammen.",
}


@pytest.fixture(scope="module")
def words() -> Analyser:
    """A small analyser."""
    return Analyser(WORDS, {}, {}, VOCABULARY.aliases)


def parts(pages: dict[str, str]) -> str:
    """Return pages as the column holds them."""
    return json.dumps([{"role": "page", "text": text, "label": label, "at": None}
                       for label, text in pages.items()])  # fmt: skip


def asked(words: Analyser, query: str) -> frozenset[str]:
    return frozenset(stem for term in words.query_terms(query) for stem in term.phrase)


CASES = [
    ("Reform", 2), ("Wohngeld", 4), ("Wohngeld Verwaltung", 12), ("Handreichungen", 1),
    ("Antrag Wohngeld Verwaltung", 12),
]  # fmt: skip


@pytest.mark.parametrize(("query", "page"), CASES, ids=[query for query, _ in CASES])
def test_the_page_that_says_most_of_what_was_asked_is_opened(
    words: Analyser, query: str, page: int
) -> None:
    found = best_page(parts(PAGES), asked(words, query), words)

    assert found is not None
    assert found.page == page


def test_without_such_a_page_none_is_opened(words: Analyser) -> None:
    sheets = {"Tabelle1": "Wohngeld", "2": "Wohngeld"}  # names: nothing that an address could name

    assert best_page(parts(PAGES), asked(words, "Führerschein"), words) is None
    assert best_page(parts(PAGES), frozenset(), words) is None
    assert best_page(parts(sheets), asked(words, "Wohngeld"), words) is None
    assert best_page("", asked(words, "Wohngeld"), words) is None


@pytest.mark.parametrize(("query", "text"), [
    ("Wohngeld", "Wohngeld"), ("Behörde", "Die Behörden"), ("Strasse", "Auf der Straße"),
    ("Häuser", "Ein Haus"), ("Steuer", "Steuern"),
])  # fmt: skip
def test_of_many_pages_the_right_one_is_read(words: Analyser, query: str, text: str) -> None:
    many = {str(number): "Lorem ipsum dolor sit amet." for number in range(1, 399)}
    found = best_page(parts({**many, "401": text}), asked(words, query), words)

    assert found == Passage(401, text)


@pytest.mark.parametrize(("url", "expected"), [
    ("http://amt.example/a.pdf?v=2", "http://amt.example/a.pdf?v=2#page=3"),
    ("http://amt.example/a.pdf#zoom", "http://amt.example/a.pdf#page=3"),
])  # fmt: skip
def test_the_address_opens_the_document_at_the_page(url: str, expected: str) -> None:
    assert Passage(3, "").address(url) == expected
