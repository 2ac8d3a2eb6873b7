"""No cell of a CSV file is run by the spreadsheet that opens it."""

import pytest

from aggregator.spreadsheet import cell


@pytest.mark.parametrize(
    "text", ["=1+1", "+49 30", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\u00a0=1", "\n=cmd"]
)
def test_what_looks_like_a_formula_is_text(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, ""), (0, 0), (-3, -3), ("", ""), ("a = b", "a = b"), (["a", 1], "a|1"),
     (["=a", "b"], "'=a|b"), ((), "")],
)  # fmt: skip
def test_everything_else_stays_as_it_is(value: object, shown: object) -> None:
    assert cell(value) == shown
