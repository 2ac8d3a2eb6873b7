"""Blanks made single, however they are written."""

import random
import sys

import pytest

from aggregator.text import blanks

PIECES = (
    "Amt", "Straße", " ", "  ", "\n", "\t", "\r\n", "\u00a0", "\u00ad", "\u200b", "\u2028", "\x1f",
    "\x85", "\u3000", "😀", "e\u0301",
)  # fmt: skip


def test_a_line_is_what_its_words_make() -> None:
    rng = random.Random(7)
    for _ in range(5_000):
        text = "".join(rng.choices(PIECES, k=rng.randint(0, 12)))
        assert blanks.one_line(text) == " ".join(text.split())


def test_an_even_text_has_no_blank_but_the_single_space() -> None:
    odd = [char for char in map(chr, range(sys.maxunicode + 1)) if char.isspace() and char != " "]
    assert len(odd) > 20
    assert not any(blanks.is_even(f"a{char}b") for char in odd)
    assert not blanks.is_even("a  b")
    assert blanks.is_even(" Straße 1 ")


@pytest.mark.parametrize("char", ["\x00", "\x0b", "\r", "\x1f", "\x7f", "\x80", "\u00ad", "\ufeff"])
def test_what_is_not_seen_is_told(char: str) -> None:
    assert blanks.has_unseen(f"Amt\n{char}Straße")
    assert not blanks.has_unseen("Amt\n\nStraße")
