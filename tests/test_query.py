"""The query language: whatever people type is a tree or an error."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import QueryError
from aggregator.query import All, Any, Not, Phrase, Prefix, Words, parse

READ = [
    ("wohngeld antrag", Words("wohngeld antrag")),
    ("§ 1a OZG", Words("§ 1a OZG")),
    ('"Onlinezugangsgesetz des Bundes"', Phrase("Onlinezugangsgesetz des Bundes")),
    ("„deutsche Gänsefüßchen“", Phrase("deutsche Gänsefüßchen")),
    ("ozg -bund", All((Words("ozg"), Not(Words("bund"))))),
    ("ozg NOT bund", All((Words("ozg"), Not(Words("bund"))))),
    ("a b OR c", Any((Words("a b"), Words("c")))),
    ("x (a OR b)", All((Words("x"), Any((Words("a"), Words("b")))))),
    ('-(a "b c") d', All((Not(All((Words("a"), Phrase("b c")))), Words("d")))),
    ("verwalt*", Prefix("verwalt")),
    ("OZG-Leistung", Words("OZG-Leistung")),
    ('ozg "offen', All((Words("ozg"), Phrase("offen")))),
    ("((ozg", Words("ozg")),
    ("ozg))", Words("ozg")),
    ("a AND b", All((Words("a b"),)).nodes[0]),
    ("OR ozg OR", Words("ozg")),
    ("title:ozg", Words("title:ozg")),
    ("", None),
    ("* - ( ) %", None),
]


@pytest.mark.parametrize(("text", "tree"), READ, ids=[text or "nothing" for text, _ in READ])
def test_query_is_read(text: str, tree: object) -> None:
    assert parse(text).node == tree


def test_fields_are_taken_out_of_the_text() -> None:
    asked = parse('ozg platform:fitko kind:news kind:"decision" ref:"§ 1a OZG" since:2026-01-01')
    assert asked.node == Words("ozg")
    assert asked.fields == {
        "platform": ("fitko",), "kind": ("news", "decision"), "ref": ("§ 1a OZG",),
        "since": ("2026-01-01",),
    }  # fmt: skip


@pytest.mark.parametrize("text", ["-nur -ohne", "a OR -b", "x" * 1001, "a (b OR " * 61, "(" * 50])
def test_query_that_cannot_be_answered_is_refused(text: str) -> None:
    with pytest.raises(QueryError) as refused:
        parse(text)
    assert refused.value.remedy


@given(st.text(st.sampled_from('abÄß§"„“()-* :.ORNT1/\x00😀\u202e'), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(QueryError):
        assert parse(text).fields is not None
