"""Where compounds are cut."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.text.compounds import Splitter
from aggregator.text.wordforms import WordForms
from aggregator.text.words import fold


@pytest.fixture(scope="session")
def splitter(forms: WordForms) -> Splitter:
    """A splitter without corpus and exceptions."""
    return Splitter(forms, {}, {})


def cut(splitter: Splitter, word: str) -> str:
    folded = fold(word)
    ends = (*splitter.cuts(folded), len(folded))
    return "|".join(folded[a:b] for a, b in zip((0, *ends), ends, strict=False))


@pytest.mark.parametrize(
    "parts",
    ["Apfel|baum", "Sonnen|blumen|öl", "Straßen|bahn|halte|stelle", "Bücher|regal",
     "Bundes|verfassungs|gericht", "Jahres|abschluss", "Sprach|kurs", "Hunde|haltung",
     "Grund|steuer|bescheid", "Stadt|räte", "Rechen|zentrum", "Meilen|stein|planung",
     "Flächen|nutzungs|plan", "Lohn|steuer|karten", "Zeugen|schutz"],
)  # fmt: skip
def test_a_compound_is_cut_behind_its_linking_elements(splitter: Splitter, parts: str) -> None:
    assert cut(splitter, parts.replace("|", "")) == fold(parts)


@pytest.mark.parametrize(
    "word",
    ["Mitarbeiterin", "Begründung", "Verständnis", "Freundschaft", "Ermittlung", "Leistungen",
     "Zuverlässigkeit", "Digitalisierung", "Nachbarn", "Donnerstag", "Brandenburg", "Haushalt",
     "europäische", "Bürgerinnen", "Anträge", "geprüft"],
)  # fmt: skip
def test_other_words_stay_whole(splitter: Splitter, word: str) -> None:
    assert cut(splitter, word) == fold(word)


def test_parts_that_are_compounds_are_told(splitter: Splitter) -> None:
    assert splitter.inner("wohngeldantrag") == ("wohngeld",)
    assert splitter.inner("apfelbaum") == ()


def test_the_corpus_knows_parts_that_the_dictionary_lacks(forms: WordForms) -> None:
    alone = Splitter(forms, {}, {})
    taught = Splitter(forms, {"querverweiserix": 25}, {})

    assert cut(alone, "querverweiserixantrag") != "querverweiserix|antrag"
    assert cut(taught, "querverweiserixantrag") == "querverweiserix|antrag"


def test_exceptions_win_also_inside_longer_words(forms: WordForms) -> None:
    splitter = Splitter(forms, {}, {"Apfelbaum": (), "Kürbis": ("Kür", "bis")})

    assert cut(splitter, "Apfelbaum") == "apfelbaum"
    assert cut(splitter, "Kürbis") == "kuer|bis"


def test_an_exception_whose_parts_do_not_fit_is_refused(forms: WordForms) -> None:
    with pytest.raises(ValueError, match="Apfelbaum"):
        Splitter(forms, {}, {"Apfelbaum": ("Apfel", "bäume")})


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="abdeginrstuäöü", min_size=1, max_size=70))
def test_cuts_lie_inside_the_word_in_order(splitter: Splitter, word: str) -> None:
    folded = fold(word)
    cuts = splitter.cuts(folded)

    assert list(cuts) == sorted(set(cuts))
    assert all(0 < place < len(folded) for place in cuts)
