"""Real feeds, outside the repository: as many entries as feedparser finds, in every file.

The folder is named by QUERVERWEIS_CORPUS; publishers' texts are not copied into this repository.
"""

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import feedparser.api
import pytest

from aggregator.errors import ParseError
from aggregator.model import Page, PlatformId, Source, SourceId, SourceKind
from aggregator.parse.feed import parse_feed

CORPUS = os.environ.get("QUERVERWEIS_CORPUS")
SUFFIXES = (".xml", ".rss", ".atom", ".rdf")
FILES = sorted(
    path for path in Path(CORPUS or "/nonexistent", "feeds-real").rglob("*")
    if path.suffix in SUFFIXES and not path.name.startswith("peer_")
)  # fmt: skip
SOURCE = Source(
    id=SourceId("real"), platform=PlatformId("real"), kind=SourceKind.FEED, url=None
)  # fmt: skip

pytestmark = pytest.mark.skipif(
    not FILES, reason="QUERVERWEIS_CORPUS names no folder with feeds-real"
)


def peer(body: bytes) -> Any:
    parse: Callable[..., Any] = feedparser.api.parse
    return parse(io.BytesIO(body))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_real_feed_has_the_entries_that_feedparser_finds(path: Path) -> None:
    body = path.read_bytes()
    page = Page(url="", final_url="https://amt.example/feed", body=body)

    try:
        count = len(parse_feed(SOURCE, page).entries)
    except ParseError:
        count = 0

    assert count == len(peer(body).entries)
