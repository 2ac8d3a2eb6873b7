"""References as people ask for them."""

import pytest

from aggregator.text.asked import keys_asked

ASKED = [
    ("§ 1a OZG", "OZG § 1a"),
    ("OZG § 1a", "OZG § 1a"),
    ("Beschluss 2018/36", "itplr:2018/36"),
    ("2018/36", "itplr:2018/36"),
    ("IT-PLR-Beschluss 2018/36", "itplr:2018/36"),
    ("Drucksache 19/12874", "bt:19/12874"),
    ("Drucksache 19/12874", "br:19/12874"),
    ("99107023011000", "99107023011000"),
    ("10092", "10092"),
]


@pytest.mark.parametrize(("told", "key"), ASKED)
def test_a_reference_is_found_under_the_key_that_texts_give_it(told: str, key: str) -> None:
    assert key in keys_asked(told)


@pytest.mark.parametrize("told", ["", "kein Verweis", "\x00", "§"])
def test_what_is_no_reference_is_looked_for_as_it_stands(told: str) -> None:
    assert keys_asked(told) == (told,)
