"""The order of candidates: what each feature is for."""

import pytest

from aggregator.text.scoring import (
    MOST_LINKS,
    Candidate,
    Columns,
    Vector,
    Wanted,
    Weights,
    features,
    ordered,
)

REFORM = Wanted(("reform",), "reform")
LAND = Wanted(("land",), "land")
COMPOUND = Wanted(("verwaltungsreform",), "verwaltungsreform", ("verwaltung", "reform"))


def candidate(
    item: int, title: str = "", body: str = "", *, heads: str = "", parts: str = "",
    day: int = 1, vector: Vector | None = None, links: int = 0,
) -> Candidate:  # fmt: skip
    return Candidate(item, Columns(title, heads, body, parts), day, vector, links)


def best(*candidates: Candidate, wanted: tuple[Wanted, ...] = (REFORM,)) -> int:
    return ordered(candidates, wanted)[0][1]


FILLER = "die kommun wart seit jahr auf das neu gesetz"


@pytest.mark.parametrize(("one", "other", "wanted"), [
    (candidate(1, "reform im land", FILLER), candidate(2, "haushalt im land", f"reform {FILLER}"),
     (REFORM,)),
    (candidate(1, "plan", f"reform {FILLER} reform"), candidate(2, "plan", f"reform {FILLER} haus"),
     (REFORM,)),
    (candidate(1, "plan", f"reform land {FILLER}"), candidate(2, "plan", f"reform {FILLER} land"),
     (REFORM, LAND)),
    (candidate(1, "plan", FILLER, parts="verwaltung reform"),
     candidate(2, "plan", FILLER, parts="verwaltung"), (COMPOUND,)),
    (candidate(1, "verwaltungsreform", FILLER, heads="verwaltung reform"),
     candidate(2, "reform der verwaltung", FILLER), (COMPOUND,)),
    (candidate(1, "plan", f"reform {FILLER}", day=9), candidate(2, "plan", f"reform {FILLER}"),
     (REFORM,)),
], ids=["title", "frequency", "nearness", "both parts", "the word itself", "recent"])  # fmt: skip
def test_the_better_candidate_comes_first(
    one: Candidate, other: Candidate, wanted: tuple[Wanted, ...]
) -> None:
    assert best(one, other, wanted=wanted) == 1
    assert best(other, one, wanted=wanted) == 1


def test_likeness_to_the_best_lifts_what_shares_their_words() -> None:
    alike = [candidate(n, "reform", "reform plan", vector=([1, 2], [3, 4])) for n in range(3)]
    odd = candidate(8, "plan", "reform", vector=([7], [5]))
    same = candidate(9, "plan", "reform", vector=([1, 2], [3, 4]))
    told = [item for _, item in ordered([*alike, odd, same], (REFORM,))]
    assert told.index(9) < told.index(8)


def test_an_item_that_is_not_linked_yet_has_its_place_too() -> None:
    linked = candidate(1, "reform", "reform", vector=([1], [1]))
    assert len(ordered([linked, candidate(2, "reform", "")], (REFORM,))) == 2


def test_equal_candidates_keep_their_order() -> None:
    twins = [candidate(n, "reform", FILLER) for n in (5, 3, 4)]
    assert [item for _, item in ordered(twins, (REFORM,))] == [5, 3, 4]


def test_there_is_a_weight_for_each_feature_and_nothing_fails_on_empty_texts() -> None:
    rows = features([candidate(1), candidate(2)], (REFORM, COMPOUND))
    assert [len(row) for row in rows] == [len(Weights._fields)] * 2
    assert features([], (REFORM,)) == []
    assert ordered([candidate(1)], ()) == [(0.0, 1)]


def test_of_equal_items_the_one_that_others_link_to_comes_first() -> None:
    plain, linked = candidate(1, "reform", FILLER), candidate(2, "reform", FILLER, links=3)
    assert best(plain, linked) == best(linked, plain) == 2


def test_no_number_of_links_stands_above_a_clearly_better_text() -> None:
    text = candidate(1, "reform", f"reform {FILLER}")
    for weaker in (candidate(2, "haushalt", f"reform {FILLER}", links=10**6),
                   candidate(3, "plan", f"{FILLER} reform", links=10**6)):  # fmt: skip
        assert best(text, weaker) == best(weaker, text) == 1


def test_the_tenth_link_says_less_than_the_first_and_there_is_an_end() -> None:
    place = Weights._fields.index("linked")
    counts = (0, 1, 10, 11, MOST_LINKS, 10**6)
    rows = features([candidate(n, "reform", links=links) for n, links in enumerate(counts)],
                    (REFORM,))  # fmt: skip
    none, one, ten, eleven, most, beyond = (row[place] for row in rows)
    assert one - none > eleven - ten > 0
    assert most == beyond == 1
