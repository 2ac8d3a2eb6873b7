"""What a mistyped word may have meant."""

import pytest

from aggregator.store.suggest import edits

MEANT = [
    ("wohngled", "wohngeld"), ("wohngld", "wohngeld"), ("wohngelld", "wohngeld"),
    ("wohngeldt", "wohngeld"), ("vohngeld", "wohngeld"), ("gebuhr", "gebühr"),
    ("katastrofe", "katastrophe"), ("fosphat", "phosphat"), ("akwise", "aquise"), ("wax", "wachs"),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "meant"), MEANT)
def test_a_slip_or_a_sound_written_otherwise_is_one_step_away(typed: str, meant: str) -> None:
    assert meant in edits(typed)
    assert typed not in edits(typed)


def test_the_words_one_step_away_are_few_and_no_word_stands_twice() -> None:
    near = edits("onlinezugangsgesetz")

    assert len(near) == len(set(near)) < 2000
