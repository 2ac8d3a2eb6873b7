"""`sources accept` and `sources snapshots`, from the suspicion to its end."""

from collections.abc import Callable

import pytest

from tests.builders import rss
from tests.cli.conftest import Program
from tests.scripted import Web

AMT = "http://amt.example/feed.xml"
XML = "application/rss+xml"


@pytest.fixture
def shrunk(aggregator: Program, web: Web, at: Callable[[str], None]) -> None:
    """A source whose feed has lost most of its entries."""
    web.put(AMT, rss(*range(1, 11)), media_type=XML)
    aggregator("refresh", "amt-feed")
    web.put(AMT, rss(1, 2), media_type=XML)
    at("2026-11-25T08:00:00Z")
    assert aggregator("refresh", "amt-feed") == 1


@pytest.mark.usefixtures("shrunk")
def test_an_accepted_shrink_is_believed_by_the_next_run(
    aggregator: Program, at: Callable[[str], None]
) -> None:
    aggregator("sources", "list")
    assert "aggregator sources accept amt-feed" in aggregator.err

    assert aggregator("sources", "accept", "amt-feed", "--by", "Ada") == 0
    assert "angenommen (mass_vanish)" in aggregator.err
    assert aggregator("refresh") == 1, "the other source is missing"

    assert aggregator.values("SELECT by_name, used_at IS NULL FROM acceptance") == [("Ada", 0)]
    assert aggregator("sources", "accept", "amt-feed") == 2
    assert "nicht verdächtig" in aggregator.err


@pytest.mark.usefixtures("shrunk")
def test_snapshots_are_listed_and_printed(aggregator: Program) -> None:
    [row] = aggregator.rows("sources", "snapshots", "amt-feed", "--json")
    assert (row["n"], row["reason"], row["stored"]) == (1, "mass_vanish", True)
    assert aggregator("sources", "snapshots", "amt-feed") == 0
    assert "mass_vanish" in aggregator.out

    assert aggregator("sources", "snapshots", "amt-feed", "1") == 0
    assert "<title>Meldung 2</title>" in aggregator.out
    assert aggregator("sources", "snapshots", "amt-feed", "7") == 2
    assert aggregator("sources", "snapshots", "land-feed") == 0
    assert "kein Abzug" in aggregator.err


def test_what_the_list_itself_promises_has_to_be_changed_there(
    aggregator: Program, web: Web
) -> None:
    web.put(AMT, rss(1, 2), media_type=XML)
    told = aggregator.source_list.read_text(encoding="utf-8")
    declared = told.replace("kind: feed,", "kind: feed, expect: {min_entries: 5},", 1)
    aggregator.source_list.write_text(declared, encoding="utf-8")
    assert aggregator("refresh", "amt-feed") == 1

    assert aggregator("sources", "accept", "amt-feed") == 2
    assert "min_entries" in aggregator.err
