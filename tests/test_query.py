"""The query language: whatever people type is a tree or an error."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import QueryError
from aggregator.query import All, Any, Not, Phrase, Prefix, Words, parse
from aggregator.query_forms import looser, written

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


def test_fields_have_german_names_and_any_case() -> None:
    asked = parse("Plattform:fitko EBENE:bund art:news thema:bildung quelle:a seit:2026 bis:2026")
    assert asked.node is None
    assert list(asked.fields) == ["platform", "level", "kind", "topic", "source", "since", "until"]


FIELDS_AMONG_WORDS = [
    ("a kind:news b", Words("a b"), {"kind": ("news",)}),
    ("a OR b kind:news", Any((Words("a"), Words("b"))), {"kind": ("news",)}),
    ("(kind:news a) b", Words("a b"), {"kind": ("news",)}),
    ("x kind:a OR art:b y", Words("x y"), {"kind": ("a", "b")}),
    ("verweis:„§ 1a OZG“", None, {"ref": ("§ 1a OZG",)}),
    ("kind: news", Words("kind: news"), {}),
    ("http://fitko.de/kind:a", Words("http://fitko.de/kind:a"), {}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "tree", "fields"), FIELDS_AMONG_WORDS)
def test_a_field_narrows_the_whole_query(text: str, tree: object, fields: object) -> None:
    asked = parse(text)
    assert (asked.node, asked.fields, asked.unknown) == (tree, fields, ())


@pytest.mark.parametrize("text", [
    "ozg -kind:news", "ozg NOT kind:news", "ozg -(a kind:news)", "ozg OR kind:news",
    "kind:news OR platform:fitko", "kind:news OR (ozg)",
])  # fmt: skip
def test_a_field_that_would_narrow_a_part_is_refused(text: str) -> None:
    with pytest.raises(QueryError, match=r"Feld „(art|plattform):“ lässt sich nicht"):
        parse(text)


def test_unknown_fields_are_words_and_named() -> None:
    asked = parse('titel:ozg body:"a b" ozg')
    assert asked.node == Words('titel:ozg body:"a b" ozg')
    assert asked.unknown == ("titel", "body")


LOOSER = [
    ("ozg -bund", ["ozg"]),
    ('"digitale Verwaltung" amt', ["digitale Verwaltung amt"]),
    ('"a b" -(c) (d OR "e f")', ['"a b" (d OR "e f")', "a b (d OR e f)"]),
    ("ozg bund", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), LOOSER)
def test_looser_queries_leave_out_exclusions_then_word_order(
    text: str, expected: list[str]
) -> None:
    node = parse(text).node
    assert node is not None
    assert [written(form) for form in looser(node)] == expected


@pytest.mark.parametrize("text", ["-nur -ohne", "a OR -b", "x" * 1001, "a (b OR " * 61, "(" * 50])
def test_query_that_cannot_be_answered_is_refused(text: str) -> None:
    with pytest.raises(QueryError) as refused:
        parse(text)
    assert refused.value.remedy


@given(st.text(st.sampled_from('abÄß§"„“()-* :.ORNT1/\x00😀\u202e'), max_size=60))
def test_any_text_is_read_or_refused_and_can_be_written_again(text: str) -> None:
    with suppress(QueryError):
        node = parse(text).node
        assert parse(written(node)).node == node
