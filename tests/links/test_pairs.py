"""Same content, related items, reasons and topics: pure functions of values."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.links import related, same
from aggregator.links.related import Feature, Term, Vector, because, score, vector
from aggregator.links.same import Content, compare, sample, shingle_hashes, shingle_sample
from aggregator.links.topics import Assigned, Rules, TopicWords, overruled
from aggregator.text.analysis import Analyser
from aggregator.text.words import surfaces
from tests.derive.conftest import WORDS

SENTENCES = [
    "Die Stadt bietet den Antrag auf Wohngeld seit dem ersten Juni auch über ihr Portal an.",
    "Wer Wohngeld beantragt, muss dafür künftig nicht mehr in das Rathaus kommen.",
    "Das Land übernimmt die Kosten für den Betrieb in den ersten drei Jahren vollständig.",
    "Andere Gemeinden können die Lösung nachnutzen, wenn sie der Vereinbarung beitreten.",
]
TEXT = " ".join(SENTENCES)


def content(text: str, *, title: str = "Wohngeld", stored: bool = True, day: str = "") -> Content:
    told = f"{title}\n{text}"
    return Content(
        title=title, text=text if stored else "", published_at=day or None,
        sketch=shingle_sample(told), hashes=shingle_hashes(told) if stored else None,
        length=len(told.split()), words=same.word_counts(Counter(surfaces(told))),
    )  # fmt: skip


ALTERED = [
    ("the same", TEXT, "copy", ()),
    ("other spelling", TEXT.replace("ü", "ue").replace("ö", "oe"), "copy", ()),
    ("a sentence less", " ".join(SENTENCES[:3]), "excerpt", ("1 Satz weniger",)),
    ("more around it", f"{TEXT} {TEXT.replace('Stadt', 'Kommune').replace('Land', 'Bund')}"
     " Weitere Auskünfte erteilt die Pressestelle jederzeit gern.", "extended", None),
    ("half of it", " ".join(SENTENCES[:2]) + " Ganz anders geht der Text von hier an weiter und"
     " sagt etwas über Brücken, Straßen und Plätze im ganzen Land.", "overlap", None),
    ("nothing of it", "Der Rat hat in seiner Sitzung am Montag über Brücken beraten.", None, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "relation", "differs"), [row[1:] for row in ALTERED], ids=[row[0] for row in ALTERED]
)
def test_relation_of_an_altered_text(
    text: str, relation: str | None, differs: tuple[str, ...] | None
) -> None:
    found = compare(content(TEXT), content(text))
    if relation is None:
        assert found is None
        return
    assert found is not None
    mine, theirs = found
    assert (mine.relation, theirs.relation) == (relation, same.MIRRORED[relation])
    if differs is not None:
        assert mine.differs == differs


def test_differences_name_title_and_date() -> None:
    found = compare(content(TEXT, day="2026-01-01"), content(TEXT, title="Neu", day="2026-01-02"))
    assert found is not None
    assert found[0].differs == ("Titel", "Datum")


def test_short_texts_are_never_the_same_content() -> None:
    assert compare(content("", title="Startseite der Stadt"),
                   content("", title="Startseite der Stadt")) is None  # fmt: skip


def test_text_that_may_not_be_stored_is_compared_by_its_sample() -> None:
    long = " ".join(f"{SENTENCES[n % 4]} Fall {n}." for n in range(40))
    found = compare(content(long), content(long, stored=False))
    assert found is not None
    assert found[0].relation == "copy"


def test_a_few_sampled_passages_in_common_are_no_copy_without_the_words() -> None:
    phrase = " ".join(f"Wendung {n} aus dem Haus" for n in range(8))
    one, other = (
        content(f"{phrase} " + " ".join(f"{name}{n} {name}wort" for n in range(60)), stored=False)
        for name in ("erstes", "zweites")
    )
    assert compare(one, one) is not None
    assert compare(one, other) is None


def test_texts_full_of_frequent_phrases_are_judged_by_what_is_theirs() -> None:
    assert not same.likely(13, 30, 2)
    assert same.likely(2, 19, 2)


words = st.lists(st.sampled_from(["stadt", "land", "amt", "geld", "haus", "weg"]), max_size=40)


@given(words, words)
def test_verdict_is_symmetric(one: list[str], other: list[str]) -> None:
    a, b = content(" ".join(one)), content(" ".join(other))
    there, back = compare(a, b), compare(b, a)
    assert (there is None) == (back is None)
    if there and back:
        assert there == back[::-1]


@given(st.sets(st.integers(0, 2**63 - 1), max_size=200), st.integers(0, 2**63 - 1))
def test_sample_depends_on_nothing_but_the_hash(hashes: set[int], extra: int) -> None:
    assert set(sample(hashes)) <= set(sample(hashes | {extra}))


def known(*names: str) -> dict[str, Term]:
    return {name: Term(number, 2) for number, name in enumerate(names, start=1)}


def features(**times: int) -> dict[str, Feature]:
    return {name: Feature(n, name.title()) for name, n in times.items()}


def test_vector_has_unit_length_and_is_heaviest_first() -> None:
    told = vector(features(wohngeld=4, antrag=1, weg=1), known("wohngeld", "antrag", "weg"), 100)
    assert told.surfaces[0] == "Wohngeld"
    assert abs(sum(w * w for w in told.weights) - related.UNIT**2) < related.UNIT * 10


def vector_of_terms(terms: range, weight: float) -> Vector:
    several = tuple(terms)
    weights = (round(related.UNIT * weight),) * len(several)
    return Vector(terms=several, weights=weights, surfaces=(), posted=len(several))


def test_score_of_the_most_alike_is_one() -> None:
    told = vector_of_terms(range(related.MOST_TERMS), related.MOST_TERMS**-0.5)
    assert score(told, told, 0) in range(related.SCALE - 10, related.SCALE + 1)


def test_several_shared_terms_are_better_evidence_than_one_of_their_weight() -> None:
    single, several = vector_of_terms(range(1), 1), vector_of_terms(range(4), 0.5)
    assert 0 < score(single, single, None) < score(several, several, None)


def test_items_near_in_time_are_more_related_and_undated_ones_count_as_far() -> None:
    told = vector_of_terms(range(4), 0.5)
    scores = [score(told, told, days) for days in (0, 30, 365, related.FAR, None)]
    assert scores == sorted(scores, reverse=True)
    assert scores[2] > scores[3] == scores[4]
    assert score(told, told, -30) == score(told, told, 30)


def test_a_compound_and_the_words_it_is_made_of_share_terms() -> None:
    compound = [("verwaltungsreform", "Verwaltungsreform",
                 [("verwaltung", "Verwaltung"), ("reform", "Reform")], 1)]  # fmt: skip
    one = related.count_features(compound, ())
    other = related.count_features(
        [("reform", "Reform", (), 2), ("verwaltung", "Verwaltung", (), 1)], ()
    )
    assert one.keys() & other.keys() == {"verwaltung", "reform"}


def test_words_that_are_written_with_a_capital_weigh_more() -> None:
    terms = {"wohngeld": Term(1, 2, 1000), "beantragt": Term(2, 2, 0)}
    told = vector(features(wohngeld=1, beantragt=1), terms, 100)
    heavy, light = told.weights
    assert told.surfaces[0] == "Wohngeld"
    assert heavy == pytest.approx(light / related.OTHER_WORDS, rel=0.01)


@pytest.mark.parametrize(("best", "cut"), [
    (range(3000, 8000), 5800),  # more than enough: the best are shown, not below the upper bound
    ([2500] * 3000, 2500),
    ([500] * 3000, related.LEAST_CUT * related.SCALE),  # nothing is alike: little is shown
    ([], related.LEAST_CUT * related.SCALE),
])  # fmt: skip
def test_scores_are_measured_so_that_the_cut_shows_enough(best: list[int], cut: int) -> None:
    cut = min(int(cut), round(related.MOST_CUT * related.SCALE))
    measure = related.measure_of(best, [], 1000, 40_000)
    assert measure.scores * cut // related.MILLE == pytest.approx(
        related.SHOWN_CUT * related.SCALE, abs=10
    )


def test_a_small_corpus_is_measured_as_it_comes() -> None:
    few = related.MEASURED_FROM - 1
    assert related.measure_of([9000] * 500, [9000] * 10**6, few, few) == related.Measure()


def test_candidates_are_bounded_on_average() -> None:
    many = [*range(2000, 2000 + 1000), *[700] * 1_000_000]
    measure = related.measure_of([], many, 1000, 40_000)
    assert measure.candidates == 700
    assert related.measure_of([], [700] * 10, 1000, 40_000) == related.Measure(
        scores=measure.scores
    )


def test_common_and_unknown_words_are_left_out() -> None:
    terms = {"bund": Term(1, 90), "wohngeld": Term(2, 3)}
    told = vector(features(bund=3, wohngeld=1, einmalig=2), terms, 100)
    assert told.surfaces == ("Wohngeld",)


def test_new_reference_relates_items_before_the_next_epoch() -> None:
    cited = {"=itplr:itplr:2026/01": Feature(1, "=Beschluss 2026/01")}
    one, two = (vector(cited, {}, 100) for _ in range(2))
    assert score(one, two, None) > 0
    [reason] = because(one, two)
    assert (reason.kind, reason.label) == ("reference", "Beschluss 2026/01")


def test_reasons_stand_in_both_and_do_not_repeat_each_other() -> None:
    terms = known("verwaltungsreform", "reform", "antrag")
    one, two = (
        vector({name: Feature(1, surface) for name, surface in zip(terms, surfaces, strict=True)},
               terms, 100)
        for surfaces in (("Verwaltungsreform", "reform", "Antrag"),
                         ("Verwaltungsreformen", "reformen", "Anträge"))
    )  # fmt: skip
    labels = {reason.label for reason in because(one, two)}
    assert labels == {"Verwaltungsreform", "Antrag"}
    assert sum(reason.weight for reason in because(one, two)) <= 1


def test_items_without_terms_have_nothing_in_common() -> None:
    assert score(related.EMPTY, Vector(terms=(1,), weights=(9,), surfaces=("x",), posted=1), 0) == 0
    assert because(related.EMPTY, related.EMPTY) == ()


@pytest.mark.parametrize(("label", "text", "stands"), [
    ("Verwaltungsreform", "Die Verwaltungsreformen der Länder", True),
    ("Land", "in den Ländern", True),
    ("Drs. 17/1234", "siehe Drs. 17/1234.", True),
    ("Drs. 17/1234", "siehe Drs. 17/12345.", False),
    ("Wohngeld", "Kindergeld", False),
])  # fmt: skip
def test_label_is_borne_out_by_its_text(label: str, text: str, *, stands: bool) -> None:
    assert related.stands_in(label, text) is stands


RULES = Rules.of(
    [TopicWords(topic="bauen_wohnen", strong=("Wohngeld", "Bauen & Wohnen"),
                weak=("Miete", "Haus"))],
    Analyser(WORDS, {}, {}),
)  # fmt: skip


@pytest.mark.parametrize(("text", "topics"), [
    ("Antrag auf Wohngeld", ["bauen_wohnen"]),
    ("Die Miete steigt", []),
    ("Miete und Haus", ["bauen_wohnen"]),
    ("Wir bauen, wo Menschen wohnen", ["bauen_wohnen"]),
    ("Wir bauen", []),
])  # fmt: skip
def test_strong_words_are_enough_alone(text: str, topics: list[str]) -> None:
    stems = frozenset(Analyser(WORDS, {}, {}).stems(text))
    assert [found.topic for found in RULES.assign(frozenset(), stems)] == topics


def test_word_in_the_title_counts_more() -> None:
    stems = frozenset(Analyser(WORDS, {}, {}).stems("Wohngeld"))
    [without] = RULES.assign(frozenset(), stems)
    [within] = RULES.assign(stems, stems)
    assert within.confidence > without.confidence
    assert within.evidence == "Wohngeld"


def test_label_of_a_person_wins() -> None:
    rule = Assigned(topic="umwelt", source="rule", confidence=700, auto=True, evidence="Abfall")
    found = overruled([rule], {"umwelt": False, "bildung": True})
    assert [(topic.topic, topic.source) for topic in found] == [("bildung", "human")]
