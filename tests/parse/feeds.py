"""A feed of an office, read as the product reads it."""

import pytest

from aggregator.errors import ParseError
from aggregator.model import (
    Code,
    Entry,
    Page,
    Parsed,
    PlatformId,
    Source,
    SourceId,
    SourceKind,
)
from aggregator.parse.feed import parse_feed

SOURCE = Source(
    id=SourceId("amt"),
    platform=PlatformId("amt"),
    kind=SourceKind.FEED,
    url="https://amt.example/f",
)
NOW = "2026-11-24T08:00:00Z"
LONG = "Der Antrag wird künftig digital gestellt. " * 20


def read(body: bytes | str, *, charset: str | None = None, source: Source = SOURCE) -> Parsed:
    data = body.encode("utf-8") if isinstance(body, str) else body
    page = Page(
        url="https://amt.example/f", final_url="https://amt.example/rss/f.xml", body=data,
        charset=charset, now=NOW,
    )  # fmt: skip
    return parse_feed(source, page)


def rss(items: str, channel: str = "") -> str:
    return (
        "<?xml version='1.0' encoding='utf-8'?><rss version='2.0'"
        " xmlns:dc='http://purl.org/dc/elements/1.1/'"
        " xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'"
        " xmlns:content='http://purl.org/rss/1.0/modules/content/'>"
        f"<channel><title>Amt</title>{channel}{items}</channel></rss>"
    )


def only(parsed: Parsed) -> Entry:
    (entry,) = parsed.entries
    return entry


def refused(body: bytes | str) -> Code:
    with pytest.raises(ParseError) as caught:
        read(body)
    return caught.value.code
