"""A feed that is longer than what is read of one document gives its newest entries."""

from aggregator.model import RunState
from aggregator.parse.feed_bytes import MAX_ENTRIES
from tests.builders import make_source, rss
from tests.pipeline.conftest import Crawl
from tests.scripted import Web

FEED = "http://amt.example/feed.xml"


def test_a_feed_of_more_entries_than_are_read_is_not_suspect(web: Web, crawl: Crawl) -> None:
    web.put(FEED, rss(*range(MAX_ENTRIES + 3)), media_type="application/rss+xml")
    source = make_source(url=FEED, details="never")

    report = crawl(source)[source.id]

    assert report.state is RunState.OK
    assert report.counts["new"] == MAX_ENTRIES
