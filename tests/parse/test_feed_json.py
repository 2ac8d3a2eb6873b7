"""JSON Feed: read with more patience than it asks for."""

import json

import pytest

from aggregator.model import (
    Code,
    ItemKind,
)
from aggregator.parse.feed_bytes import MAX_ENTRIES
from tests.parse.feeds import read, refused


def test_a_json_feed_is_read() -> None:
    document = {
        "version": "https://jsonfeed.org/version/1.1", "title": "Amt", "language": "de",
        "items": [
            {"id": 7, "url": "/7", "title": "Neu &amp; gut", "summary": "Kurz",
             "content_html": "<p>Siehe <a href='/a'>Antrag</a>.</p>",
             "date_published": "2026-03-02T09:00:00+01:00", "date_modified": "2026-03-03",
             "authors": [{"name": "Amt"}, "kein Objekt"],
             "attachments": [{"mime_type": "audio/mpeg", "url": "/7.mp3"}]},
            {"id": True, "content_text": "Nur Text", "author": {"name": "Eins Null"}},
            {"id": "\ud800", "summary": "Kurz"},
            "kein Objekt",
        ],
    }  # fmt: skip

    parsed = read(json.dumps(document))

    first, second, third = parsed.entries
    assert first.entry_id == "7"
    assert first.url == "https://amt.example/7"
    assert first.title == "Neu & gut"
    assert first.text == "Siehe Antrag."
    assert first.links[0].url == "https://amt.example/a"
    assert first.published
    assert first.published.at == "2026-03-02T08:00:00Z"
    assert first.updated_at == "2026-03-03"
    assert first.authors == ("Amt",)
    assert first.kind is ItemKind.PODCAST
    assert first.language == "de"
    assert second.entry_id is None
    assert second.authors == ("Eins Null",)
    assert not second.thin
    assert third.entry_id == "?"
    assert third.thin


@pytest.mark.parametrize("body", ["{", '{"items": 7}', "[]", "[" * 100_000, '{"a": NaN'])
def test_json_that_is_no_feed_is_refused(body: str) -> None:
    assert refused(body) is Code.PARSE_FAILED


def test_a_long_json_feed_is_cut_and_an_empty_one_is_told() -> None:
    long = read(json.dumps({"items": [{"id": str(n)} for n in range(MAX_ENTRIES + 1)]}))
    empty = read('{"items": []}')

    assert len(long.entries) == MAX_ENTRIES
    assert [p.code for p in long.problems] == [Code.TOO_LARGE]
    assert [p.code for p in empty.problems] == [Code.EMPTY]
