"""The fast path for feeds: equal to feedparser on every feed of five collections that it accepts.

The folder is named by QUERVERWEIS_CORPUS; publishers' texts are not copied into this repository.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregator.errors import AggregatorError
from aggregator.model import Page, Parsed
from aggregator.parse import feed, feed_choice, feed_fast
from aggregator.parse.feed_bytes import prepared
from tests.parse.feeds import NOW, SOURCE

CORPUS = Path(os.environ.get("QUERVERWEIS_CORPUS") or "/nonexistent")
# Collection -> how many of its feeds are read fast at least.
COLLECTIONS = {"feeds-real": 20, "feeds-feedparser": 300, "feeds-gofeed": 100,
               "feeds-feedvalidator": 500, "feeds-feedfinder": 30}  # fmt: skip
CHARSETS = (None, "utf-8", "iso-8859-1")

pytestmark = pytest.mark.skipif(
    not (CORPUS / "feeds-real").is_dir(), reason="QUERVERWEIS_CORPUS names no folder with feeds"
)


def bodies(collection: str) -> Iterator[bytes]:
    for path in sorted((CORPUS / collection).rglob("*")):
        if path.is_file() and path.stat().st_size <= feed_fast.MAX_BYTES:
            yield path.read_bytes()


def both(page: Page) -> tuple[Parsed, Parsed] | None:
    """Read a feed both ways, None when the fast one declines."""
    body, shortened = prepared(page.body, page.final_url)
    found = None if shortened else feed_fast.read(body, page.charset)
    if found is None:
        return None
    problems = feed._problems(found, body, page, shortened=False)
    feed_choice.prefer(wanted=False)
    try:
        return feed._parsed(SOURCE, page, found, problems), feed.parse_feed(SOURCE, page)
    finally:
        feed_choice.prefer(wanted=True)


@pytest.mark.parametrize(("collection", "least"), COLLECTIONS.items())
def test_what_is_read_fast_is_what_feedparser_reads(collection: str, least: int) -> None:
    read = 0
    for body in bodies(collection):
        for charset in CHARSETS:
            page = Page(url="", final_url="https://amt.example/f", body=body, charset=charset,
                        now=NOW)  # fmt: skip
            try:
                results = both(page)
            except AggregatorError:
                continue  # refused before either of the two
            if results is not None:
                read += charset is None
                assert results[0] == results[1]

    assert read >= least
