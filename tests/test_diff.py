"""A diff is exact, speaks in words, and stays quick whatever the texts."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.diff import Change, apply, changes, count_words, passages

WORDS = st.sampled_from(
    ("die", "der", "Frist", "Leistung", "FIT-Connect", "12.000", "Behörde", ";", ".", "2026", "„",
     "“", "(neu)", "ß", "é", "\n", "\n\n")
)  # fmt: skip
TEXTS = st.lists(WORDS, max_size=60).map(" ".join) | st.text(max_size=80)


@given(TEXTS, TEXTS)
def test_diff_applied_to_the_old_text_gives_the_new_one(old: str, new: str) -> None:
    found = changes(old, new)

    assert apply(old, found) == new
    assert bool(found) == (old != new)
    assert all(new[c.new_start : c.new_end] == c.new for c in found)
    assert all(a.end <= b.start and a.new_end <= b.new_start
               for a, b in pairwise(found))  # fmt: skip


def told(old: str, new: str) -> list[tuple[str, str]]:
    return [(c.old.strip(), c.new.strip()) for c in changes(old, new)]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("Frist: 12. März 2026.", "Frist: 15. April 2026.", [("12. März", "15. April")]),
        ("Es gibt 12.000 Fälle.", "Es gibt 12.500 Fälle.", [("12.000", "12.500")]),
        ("Das FIT-Connect hilft.", "Das XTA-Netz hilft.", [("FIT-Connect", "XTA-Netz")]),
        ("Er kommt.", "Er kommt heute.", [("", "heute")]),
        ("Er kommt heute.", "Er kommt.", [("heute", "")]),
        # words that say nothing, between two changes, are told with them
        ("Antrag in Köln", "Anzeige in Bonn", [("Antrag in Köln", "Anzeige in Bonn")]),
        ("eins\nzwei\ndrei", "eins\ndrei\nvier", [("zwei\ndrei", "drei\nvier")]),
        ("eins\n\nzwei\n\ndrei", "eins\n\nzwei\n\nneu\n\ndrei", [("", "neu")]),
    ],
)
def test_changes_are_told_in_words(old: str, new: str, expected: list[tuple[str, str]]) -> None:
    assert told(old, new) == expected


def test_changes_of_another_text_are_refused() -> None:
    with pytest.raises(ValueError, match="at 0"):
        apply("etwas anderes", [Change(0, 3, 0, 2, "Die", "Das")])


def test_words_are_counted_and_marks_are_not() -> None:
    assert count_words("Am 12.03.2026 – „FIT-Connect“ kommt!") == 4


@pytest.mark.parametrize("vocabulary", [2, 40, 5_000])
@pytest.mark.parametrize("line", [12, 200_000])
def test_long_texts_take_no_square_of_their_length(vocabulary: int, line: int) -> None:
    words = [f"w{n * n * 7919 % 104_729 % vocabulary}" for n in range(200_000)]
    edited = [f"neu{n}" if n % 97 == 0 else word for n, word in enumerate(words)]
    old, new = (
        "\n".join(" ".join(side[at : at + line]) for at in range(0, len(side), line))
        for side in (words, edited)
    )

    began = time.process_time()
    found = changes(old, new)

    assert time.process_time() - began < 3
    assert apply(old, found) == new


def test_passages_show_changes_with_the_words_around_them() -> None:
    far = "Dazwischen steht vieles, das gleich blieb. " * 10
    old = f"Die Frist endet im März. {far}Der Antrag kostet 10 Euro."
    new = f"Die Frist endet im Mai. {far}Der Antrag kostet 12 Euro."

    first, second = passages(old, changes(old, new))

    assert [(p.kind, p.text) for p in first[:3]] == [
        ("same", "Die Frist endet im "), ("removed", "März"), ("added", "Mai")
    ]  # fmt: skip
    assert first[-1].text.endswith(" …")
    assert second[0].text.startswith("… ")
    assert [p.text for p in second[1:]] == ["10", "12", " Euro."]
