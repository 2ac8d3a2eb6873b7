"""`tdmrep.json`: asked for once a day, politely, before the first page; remembered by all."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.clock import SimulatedClock
from aggregator.errors import FetchError, RefusedError
from aggregator.fetch.client import Fetcher
from aggregator.fetch.hosts import MemoryHosts
from aggregator.fetch.reservations import PLACE
from aggregator.hostbook import HostBook
from aggregator.model import Exchange, Fetched, Request
from aggregator.store.hosts import StoredHosts
from tests.fetch.site import Answer, Reply, Site, moved, page

RESERVED = b'[{"location": "/presse/", "tdm-reservation": 1}]'
Maker = Callable[..., Fetcher]


@pytest.fixture(params=["memory", "stored"])
def hosts(
    request: pytest.FixtureRequest, clock: SimulatedClock, database: Path
) -> Iterator[HostBook]:
    """A host book of either kind."""
    if request.param == "memory":
        yield MemoryHosts(clock)
        return
    stored = StoredHosts(database, clock)
    yield stored
    stored.close()


@pytest.fixture
def crawler(site: Site, make_fetcher: Maker, hosts: HostBook) -> Fetcher:
    """A fetcher that heeds reservations, with a site of two pages."""
    site.pages["/presse/1"] = page()
    site.pages["/amt"] = page()
    return make_fetcher(hosts=hosts, reservations=True)


def told(fetcher: Fetcher, url: str) -> str | None:
    """What the headers of an answer say of mining."""
    got = fetcher.get(Request(url=url))
    assert isinstance(got, Fetched)
    return got.headers.get("tdm-reservation")


def asked(site: Site) -> int:
    return sum(request.path == PLACE for request in site.asked)


def test_the_file_is_read_before_the_first_page_and_with_the_hosts_spacing(
    site: Site, crawler: Fetcher, exchanges: list[Exchange]
) -> None:
    site.pages["/robots.txt"] = Reply(body=b"User-agent: *\nCrawl-delay: 7\n")
    site.pages[PLACE] = Reply(body=RESERVED)

    assert told(crawler, f"{site.base}/presse/1") == "1"
    assert told(crawler, f"{site.base}/amt") is None

    assert [a.path for a in site.asked] == ["/robots.txt", PLACE, "/presse/1", "/amt"]
    assert [exchange.at[17:19] for exchange in exchanges] == ["00", "07", "14", "21"]


def test_a_fetched_page_carries_the_rules_for_the_entries_of_its_host(
    site: Site, crawler: Fetcher
) -> None:
    site.pages[PLACE] = Reply(body=RESERVED)

    got = crawler.get(Request(url=f"{site.base}/amt"))

    assert isinstance(got, Fetched)
    assert got.reservations == (("/presse/", True),)


@pytest.mark.parametrize("value", ["0", "1"])
def test_a_header_counts_more_than_the_file(site: Site, crawler: Fetcher, value: str) -> None:
    site.pages[PLACE] = Reply(body=RESERVED)
    site.pages["/presse/1"] = page(b"x", ("TDM-Reservation", value))

    assert told(crawler, f"{site.base}/presse/1") == value


@pytest.mark.parametrize("status", [200, 404, 403, 500])
def test_whatever_the_answer_it_is_asked_for_once_a_day(
    site: Site, crawler: Fetcher, clock: SimulatedClock, make_fetcher: Maker, hosts: HostBook,
    status: int,
) -> None:  # fmt: skip
    site.pages[PLACE] = Reply(status=status, body=b"[]")
    told(crawler, f"{site.base}/amt")
    clock.advance(timedelta(hours=23))
    told(crawler, f"{site.base}/amt")
    told(make_fetcher(hosts=hosts, reservations=True), f"{site.base}/amt")  # another process
    assert asked(site) == 1

    clock.advance(timedelta(hours=2))
    told(crawler, f"{site.base}/amt")
    told(make_fetcher(hosts=hosts, reservations=True), f"{site.base}/amt")
    assert asked(site) == 2


def test_threads_that_come_at_once_ask_for_it_once(site: Site, crawler: Fetcher) -> None:
    threads = [
        threading.Thread(target=crawler.get, args=(Request(url=f"{site.base}/amt"),))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert asked(site) == 1
    assert site.paths().count("/amt") == 8


def test_what_a_host_reserved_holds_while_its_server_fails_and_ends_when_the_file_does(
    site: Site, crawler: Fetcher, clock: SimulatedClock
) -> None:
    site.pages[PLACE] = Reply(body=RESERVED)
    assert told(crawler, f"{site.base}/presse/1") == "1"

    for answer, expected in ((Reply(status=503), "1"), (Reply(stream=lambda _: None), "1"),
                             (Reply(status=404), None)):  # fmt: skip
        site.pages[PLACE] = answer
        clock.advance(timedelta(hours=25))
        assert told(crawler, f"{site.base}/presse/1") == expected


def test_robots_txt_holds_for_the_file_too(site: Site, crawler: Fetcher) -> None:
    site.pages["/robots.txt"] = Reply(body=b"User-agent: *\nDisallow: /.well-known/\n")
    site.pages[PLACE] = Reply(body=RESERVED)

    assert told(crawler, f"{site.base}/presse/1") is None
    assert asked(site) == 0


def test_no_file_is_asked_for_where_the_page_is_forbidden(site: Site, crawler: Fetcher) -> None:
    site.pages["/robots.txt"] = Reply(body=b"User-agent: *\nDisallow: /presse/\n")

    with pytest.raises(RefusedError):
        crawler.get(Request(url=f"{site.base}/presse/1"))

    assert asked(site) == 0


@pytest.mark.parametrize(
    ("to", "expected"),
    [("/tdm.json", "1"), ("http://other.example/tdm.json", None), ("file:///etc/passwd", None),
     ("", None), (PLACE, None)],
)  # fmt: skip
def test_redirects_are_followed_on_the_host_alone(
    site: Site, crawler: Fetcher, to: str, expected: str | None
) -> None:
    there: Answer = Reply(body=RESERVED)
    site.pages["/tdm.json"] = there
    site.pages[PLACE] = moved(to)

    assert told(crawler, f"{site.base}/presse/1") == expected
    assert len(site.asked) <= 4


def test_a_host_that_asks_for_a_long_pause_is_left_alone(
    site: Site, crawler: Fetcher, clock: SimulatedClock
) -> None:
    site.pages[PLACE] = Reply(status=429, headers=(("Retry-After", "259200"),))

    with pytest.raises(FetchError) as caught:
        crawler.get(Request(url=f"{site.base}/amt"))

    assert caught.value.retry_after == timedelta(days=3)
    assert site.paths() == [PLACE]


def test_who_looks_at_one_page_does_not_ask(site: Site, fetcher: Fetcher) -> None:
    site.pages["/a"] = page()

    assert told(fetcher, f"{site.base}/a") is None
    assert asked(site) == 0
