"""How search reads words, texts and queries."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.text.analysis import Analyser, ref_token
from aggregator.text.wordforms import WordForms


@pytest.mark.parametrize(
    "spellings",
    [("Behörde", "Behoerde", "BEHÖRDE", "Behörden"), ("prüfen", "geprüft", "prüft"),
     ("digitalisieren", "Digitalisierung", "digitalisiert", "Digitalisierungen"),
     ("Straße", "Strasse", "Straßen"), ("Antrag", "Anträge", "Antrags"), ("Museum", "Museen"),
     ("Rat", "Räte"), ("OZG-Leistung", "OZG-Leistungen")],
)  # fmt: skip
def test_forms_of_one_word_have_one_stem(analyser: Analyser, spellings: tuple[str, ...]) -> None:
    assert len({analyser.word(spelling).stem for spelling in spellings}) == 1


def test_a_compound_has_its_parts_as_stems(analyser: Analyser) -> None:
    word = analyser.word("Verwaltungsreformen")

    assert word.parts == (analyser.word("Verwaltung").stem, analyser.word("Reform").stem)
    assert word.boundaries == (11,)


def test_boundaries_count_letters_as_written(analyser: Analyser) -> None:
    assert analyser.word("Bücherregal").boundaries == (6,)
    assert analyser.word("Buecherregal").boundaries == (7,)
    assert analyser.word("OZG-Wohngeldantrag").boundaries == (8, 12)


def test_hyphens_and_capitals_make_parts_and_a_hyphen_is_no_boundary(analyser: Analyser) -> None:
    assert analyser.word("OZG-Leistung").parts == ("ozg", analyser.word("Leistung").stem)
    assert analyser.word("OZG-Leistung").boundaries == ()
    assert analyser.word("BundID").parts == ("bund", "id")


def test_a_text_is_indexed_by_stems_parts_and_references(analyser: Analyser) -> None:
    columns = analyser.columns("Der Wohngeldantrag nach § 1a OZG")

    assert columns.words == ["Der", "Wohngeldantrag", "nach", "1a", "OZG"]
    assert columns.stems.split() == [analyser.word(word).stem for word in columns.words]
    assert {"wohn", "geld", "antrag", "wohngeld"} <= set(columns.parts.split())
    assert columns.refs == "ref_law_ozg_1a"


def test_pieces_of_a_hyphenated_word_stand_where_phrases_find_them(analyser: Analyser) -> None:
    written = analyser.columns("die FIT-Connect-Schnittstelle")

    assert written.stems.split()[1:3] == ["fit", "connect"]
    assert analyser.word("FIT-Connect-Schnittstelle").stem in written.parts.split()


@settings(deadline=None)
@given(st.text(max_size=80))
def test_any_text_can_be_indexed_the_same_twice(analyser: Analyser, text: str) -> None:
    first = analyser.columns(text)

    assert analyser.columns(text) == first
    assert all(re.fullmatch(r"[a-z0-9_]+", ref) for ref in first.refs.split())


@pytest.mark.parametrize(
    ("kind", "key", "token"),
    [("law", "OZG § 1a", "ref_law_ozg_1a"), ("law", "GG Art. 91c", "ref_law_gg_art_91c"),
     ("law", "SächsEGovG § 12", "ref_law_saechsegovg_12"), ("itplr", "itplr:2018/36",
     "ref_itplr_2018_36"), ("drs", "?:18/4455", "ref_drs_x_18_4455"), ("drs", "bt:20/8093",
     "ref_drs_bt_20_8093"), ("eu", "(EU) 2018/1724", "ref_eu_2018_1724"),
     ("bgbl", "bgbl-1:2017:3122", "ref_bgbl_1_2017_3122")],
)  # fmt: skip
def test_a_reference_is_one_plain_token(kind: str, key: str, token: str) -> None:
    assert ref_token(kind, key) == token


def test_whole_compounds_are_marked_when_a_part_matches(analyser: Analyser) -> None:
    text = "Die Verwaltungsreform und die Reformen: § 1a OZG."
    stems = frozenset({analyser.word("Reform").stem, "ref_law_ozg_1a"})

    assert [text[a:b] for a, b in analyser.matches(text, stems)] == [
        "Verwaltungsreform", "Reformen", "§ 1a OZG",
    ]  # fmt: skip


def test_a_query_leaves_out_stop_words_unless_there_is_nothing_else(analyser: Analyser) -> None:
    assert [t.surface for t in analyser.query_terms("der Antrag")] == ["Antrag"]
    assert [t.surface for t in analyser.query_terms("und oder")] == ["und", "oder"]
    assert analyser.query_terms(" ... ") == []


def test_names_of_one_thing_are_alternatives_both_ways(analyser: Analyser) -> None:
    gesetz = analyser.word("Onlinezugangsgesetz").stem

    assert analyser.query_alternatives("ozg") == ((gesetz,),)
    assert analyser.query_alternatives("Onlinezugangsgesetzes") == (("ozg",),)
    assert analyser.query_alternatives("Antrag") == ()


def test_a_name_of_several_words_is_one_term_with_phrases(analyser: Analyser) -> None:
    terms = analyser.query_terms("Anmeldung mit Nutzerkonto Bund")

    assert [term.surface for term in terms] == ["Anmeldung", "Nutzerkonto Bund"]
    assert terms[1].phrase == analyser.stems_in_order("Nutzerkonto Bund")
    assert ("bundid",) in terms[1].alternatives


def test_a_hyphenated_name_is_known_without_its_hyphen(analyser: Analyser) -> None:
    for spelling in ("IT-Planungsrat", "IT Planungsrat"):
        (term,) = analyser.query_terms(spelling)
        assert term.alternatives == (("it", "plr"),)


def test_a_reference_in_a_query_is_one_term(analyser: Analyser) -> None:
    terms = analyser.query_terms("Frist § 1a OZG Portal")

    assert [term.phrase for term in terms][1] == ("ref_law_ozg_1a",)
    assert [term.surface for term in terms] == ["Frist", "§ 1a OZG", "Portal"]


def test_a_full_cache_changes_no_answer(forms: WordForms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aggregator.text.analysis._CACHE_WORDS", 2)
    small = Analyser(forms, {}, {})
    text = "Antrag Bescheid Verwaltungsreform Antrag FIT-Connect Bescheid Prüfung"

    assert small.columns(text) == Analyser(forms, {}, {}).columns(text)


def test_an_absurdly_long_word_is_read_at_once(analyser: Analyser) -> None:
    begin = time.process_time()

    analyser.columns("donaudampfschifffahrt" * 5_000)

    assert time.process_time() - begin < 1
