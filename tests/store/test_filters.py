"""Fields and parameters become one form of a search."""

from typing import Any

import pytest

from aggregator import store
from aggregator.errors import QueryError
from aggregator.store.catalogue import mirror
from aggregator.store.filters import settle
from aggregator.store.search_query import SearchQuery
from tests.builders import make_catalogue, make_source
from tests.derive.conftest import AMT, LAND

TOPICS = {"bildung": "Bildung", "bauen_wohnen": "Bauen & Wohnen"}


@pytest.fixture
def known(db: store.Connection) -> store.Connection:
    """Two platforms with a source each."""
    sources = [make_source("amt-feed"), make_source("land-feed", platform="land")]
    mirror(db, make_catalogue(sources, [AMT, LAND]))
    return db


SAME = [
    ("ozg kind:decision", {"text": "ozg", "kind": ("decision",)}),
    ("ozg art:Beschluss", {"text": "ozg", "kind": ("decision",)}),
    ("art:beschluesse", {"kind": ("decision",)}),
    ("Ebene:Kommunen ozg", {"text": "ozg", "level": ("kommune",)}),
    ('thema:"Bauen & Wohnen"', {"topic": ("bauen_wohnen",)}),
    ("plattform:LAND plattform:amt", {"platform": ("land", "amt")}),
    ("quelle:amt-feed", {"source": ("amt-feed",)}),
    ("seit:2025 bis:2025", {"since": "2025-01-01", "until": "2025-12-31"}),
    ("seit:11.2025 bis:2026-02", {"since": "2025-11-01", "until": "2026-02-28"}),
    ("seit:3.4.2025", {"since": "2025-04-03"}),
    ('ref:"§ 1a OZG" a OR b', {"text": "a OR b", "ref": ("§ 1a OZG",)}),
]


@pytest.mark.parametrize(("text", "fields"), SAME, ids=[text for text, _ in SAME])
def test_a_field_of_the_query_is_the_parameter_of_the_address(
    known: store.Connection, text: str, fields: dict[str, Any]
) -> None:
    assert settle(known, TOPICS, SearchQuery(text=text)).query == SearchQuery(**fields)


def test_a_settled_search_stays_as_it_is(known: store.Connection) -> None:
    once = settle(known, TOPICS, SearchQuery(text="x art:Frage seit:2026", kind=("news",))).query
    assert once.kind == ("news", "question")
    assert settle(known, TOPICS, once).query == once


UNKNOWN = [
    ("art:meldunk", "kind", "gemeint ist wohl „news“"),
    ("ebene:europa", "level", "es gibt bund, foederal"),
    ("plattform:weg", "platform", "es gibt amt, land"),
    ("thema:raumfahrt", "topic", "es gibt bildung, bauen_wohnen"),
    ("quelle:amtfeed", "source", "gemeint ist wohl „amt-feed“"),
    ("seit:gestern", "since", "in der Form"),
    ("bis:2025-13", "until", "in der Form"),
    ("bis:2025-02-30", "until", "in der Form"),
    ("seit:0000", "since", "in der Form"),
]


@pytest.mark.parametrize(("text", "where", "remedy"), UNKNOWN, ids=[text for text, *_ in UNKNOWN])
def test_a_value_that_does_not_exist_is_refused_with_what_does(
    known: store.Connection, text: str, where: str, remedy: str
) -> None:
    with pytest.raises(QueryError) as refused:
        settle(known, TOPICS, SearchQuery(text=text))
    assert refused.value.where == where
    assert remedy in refused.value.remedy


def test_too_many_or_too_long_values_are_refused(known: store.Connection) -> None:
    for values in (("amt",) * 41, ("x" * 201,)):
        with pytest.raises(QueryError, match="zu viele oder zu lange"):
            settle(known, TOPICS, SearchQuery(platform=values))


def test_what_is_no_field_is_told(known: store.Connection) -> None:
    asked = settle(known, TOPICS, SearchQuery(text="titel:ozg"))
    assert asked.unknown_fields == ("titel",)
    assert asked.query.text == "titel:ozg"
