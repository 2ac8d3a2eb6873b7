"""What a publisher says of freshness delays the next request, also when it says only 304."""

from datetime import timedelta

from aggregator.clock import SimulatedClock, instant
from tests.builders import make_source, rss
from tests.pipeline.conftest import Crawl
from tests.scripted import Web

FEED = "http://amt.example/feed.xml"
DAY = (("Cache-Control", "max-age=86400"),)


def test_a_304_delays_by_the_freshness_that_it_names(
    web: Web, crawl: Crawl, clock: SimulatedClock
) -> None:
    source = make_source(url=FEED, every=timedelta(hours=1))
    web.put(FEED, rss(1), media_type="application/rss+xml")
    crawl(source)
    web.put(FEED, rss(1), media_type="application/rss+xml", headers=DAY)

    report = crawl(source)[source.id]

    assert web.log[-1] == ("amt.example", "/feed.xml", 304)
    assert report.next_at is not None
    assert instant(report.next_at) - clock.now() > timedelta(hours=23)


def test_a_source_without_a_hint_keeps_its_interval(
    web: Web, crawl: Crawl, clock: SimulatedClock
) -> None:
    source = make_source(url=FEED, every=timedelta(hours=1))
    web.put(FEED, rss(1), media_type="application/rss+xml")
    crawl(source)

    report = crawl(source)[source.id]

    assert report.next_at is not None
    assert instant(report.next_at) - clock.now() <= timedelta(hours=1)
