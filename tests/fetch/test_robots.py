"""robots.txt: what each answer means, how long it serves, and that nothing forbidden is sent."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from aggregator.clock import SimulatedClock
from aggregator.errors import FetchError, RefusedError
from aggregator.fetch.client import Fetcher
from aggregator.fetch.hosts import MemoryHosts
from aggregator.fetch.robots import MAX_BYTES
from aggregator.model import Code, Exchange, Fetched, Request
from tests.fetch.site import Asked, Reply, Site, moved, page, serving


def text(rules: str) -> Reply:
    return Reply(headers=(("Content-Type", "text/plain"),), body=rules.encode())


def allowed(fetcher: Fetcher, url: str) -> bool:
    try:
        fetcher.get(Request(url=url))
    except RefusedError as error:
        return error.code is not Code.ROBOTS_DENIED
    except FetchError:
        return True  # it was asked, at least
    return True


def test_what_is_forbidden_is_never_sent(site: Site, fetcher: Fetcher) -> None:
    site.pages["/robots.txt"] = text("User-agent: *\nDisallow: /SiteGlobals/\nDisallow: /*?gtp=\n")
    site.pages["/open?a=1"] = page()

    with pytest.raises(RefusedError) as caught:
        fetcher.get(Request(url=f"{site.base}/SiteGlobals/Functions/RSS.xml"))
    assert not allowed(fetcher, f"{site.base}/list?gtp=2")
    assert allowed(fetcher, f"{site.base}/open?a=1")

    assert caught.value.code is Code.ROBOTS_DENIED
    assert not caught.value.retryable
    assert site.paths() == ["/open?a=1"]


def test_our_own_group_counts_before_that_of_everybody(site: Site, fetcher: Fetcher) -> None:
    site.pages["/robots.txt"] = text(
        "User-agent: *\nDisallow: /\n\nUser-agent: querverweis\nDisallow: /x/\nAllow: /x/y\n"
    )

    assert allowed(fetcher, f"{site.base}/a")
    assert allowed(fetcher, f"{site.base}/x/y")
    assert not allowed(fetcher, f"{site.base}/x/z")


@pytest.mark.parametrize(
    ("status", "open_"),
    [(200, True), (204, True), (400, True), (404, True), (410, True), (401, False), (403, False),
     (429, False), (500, False), (503, False)],
)  # fmt: skip
def test_each_status_has_its_meaning(
    site: Site, fetcher: Fetcher, status: int, *, open_: bool
) -> None:
    site.pages["/robots.txt"] = Reply(status=status)

    assert allowed(fetcher, f"{site.base}/a") is open_
    assert site.paths() == (["/a"] if open_ else [])


def test_a_failing_server_is_asked_again_and_then_believed(
    site: Site, fetcher: Fetcher, clock: SimulatedClock
) -> None:
    site.pages["/robots.txt"] = Reply(status=503, headers=(("Retry-After", "60"),))
    with pytest.raises(RefusedError) as caught:
        fetcher.get(Request(url=f"{site.base}/a"))
    assert not allowed(fetcher, f"{site.base}/a")
    assert len(site.asked) == 1  # not for every address

    site.pages["/robots.txt"] = text("User-agent: *\nDisallow: /b\n")
    clock.advance(timedelta(minutes=11))

    assert caught.value.retryable
    assert (caught.value.status, caught.value.retry_after) == (503, timedelta(seconds=60))
    assert allowed(fetcher, f"{site.base}/a")
    assert not allowed(fetcher, f"{site.base}/b")


def test_after_thirty_days_without_rules_everything_is_allowed(
    site: Site, fetcher: Fetcher, clock: SimulatedClock
) -> None:
    site.pages["/robots.txt"] = Reply(status=500)
    for _ in range(30):
        assert not allowed(fetcher, f"{site.base}/a")
        clock.advance(timedelta(days=1))

    assert allowed(fetcher, f"{site.base}/a")


def test_rules_once_read_hold_while_the_server_fails(
    site: Site, fetcher: Fetcher, clock: SimulatedClock
) -> None:
    site.pages["/robots.txt"] = text("User-agent: *\nDisallow: /b\nCrawl-delay: 7\n")
    assert allowed(fetcher, f"{site.base}/a")
    site.pages["/robots.txt"] = Reply(status=500)
    clock.advance(timedelta(days=2))

    assert allowed(fetcher, f"{site.base}/a")
    assert not allowed(fetcher, f"{site.base}/b")
    before = clock.now()
    assert allowed(fetcher, f"{site.base}/a")
    assert clock.now() - before == timedelta(seconds=7)


def test_rules_are_read_again_after_a_day(
    site: Site, fetcher: Fetcher, clock: SimulatedClock
) -> None:
    site.pages["/robots.txt"] = text("User-agent: *\nDisallow:\n")
    assert allowed(fetcher, f"{site.base}/a")
    clock.advance(timedelta(hours=23))
    assert allowed(fetcher, f"{site.base}/a")
    site.pages["/robots.txt"] = text("User-agent: *\nDisallow: /a\n")
    assert allowed(fetcher, f"{site.base}/a")
    clock.advance(timedelta(hours=1))

    assert not allowed(fetcher, f"{site.base}/a")


def test_a_host_that_does_not_answer_is_offline_not_denied(site: Site, fetcher: Fetcher) -> None:
    site.pages["/robots.txt"] = Reply(stream=lambda connection: None)

    for _ in range(2):
        with pytest.raises(FetchError) as caught:
            fetcher.get(Request(url=f"{site.base}/a"))
        assert caught.value.code is Code.OFFLINE
        assert caught.value.retryable

    assert len(site.asked) == 2  # one more try, and none for the second address


def test_a_broken_connection_is_tried_once_more(site: Site, fetcher: Fetcher) -> None:
    answers = [Reply(stream=lambda connection: None), text("User-agent: *\nDisallow: /b\n")]
    site.pages["/robots.txt"] = lambda _: answers.pop(0)

    assert allowed(fetcher, f"{site.base}/a")
    assert not allowed(fetcher, f"{site.base}/b")


def test_a_crawl_delay_is_kept_from_the_first_page_on(
    site: Site, fetcher: Fetcher, clock: SimulatedClock, exchanges: list[Exchange]
) -> None:
    site.pages["/robots.txt"] = text("User-agent: *\nCrawl-delay: 10\n")
    site.pages["/a"] = page()

    for _ in range(3):
        fetcher.get(Request(url=f"{site.base}/a", min_delay=timedelta(seconds=2)))

    assert [exchange.waited_ms for exchange in exchanges] == [0, 10_000, 10_000, 10_000]


def test_the_longest_of_all_delays_counts(
    site: Site, make_fetcher: Callable[..., Fetcher], exchanges: list[Exchange],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("AGGREGATOR_MIN_DELAY_S", "0")
    site.pages["/robots.txt"] = text("User-agent: *\nCrawl-delay: 2\n")
    site.pages["/a"] = page()
    fetcher = make_fetcher()

    for delay in (timedelta(0), timedelta(seconds=30), timedelta(0)):
        fetcher.get(Request(url=f"{site.base}/a", min_delay=delay))

    assert [exchange.waited_ms for exchange in exchanges] == [0, 2000, 2000, 30_000]


def test_rules_may_be_redirected_to_another_host_with_their_delay(
    site: Site, fetcher: Fetcher, clock: SimulatedClock, exchanges: list[Exchange]
) -> None:
    with serving() as other:
        site.pages["/robots.txt"] = moved(f"{other.base}/r.txt", status=301)
        other.pages["/r.txt"] = text("User-agent: *\nDisallow: /b\nCrawl-delay: 20\n")
        site.pages["/a"] = page()

        assert not allowed(fetcher, f"{site.base}/b")
        began = clock.now()
        assert allowed(fetcher, f"{site.base}/a")

    assert clock.now() - began == timedelta(seconds=20)
    assert other.paths() == ["/r.txt"]


@pytest.mark.parametrize("to", ["/robots.txt", "http://10.0.0.1/robots.txt", ""])
def test_redirects_that_lead_nowhere_mean_there_are_no_rules(
    site: Site, fetcher: Fetcher, to: str
) -> None:
    site.pages["/robots.txt"] = moved(to)

    assert allowed(fetcher, f"{site.base}/a")
    assert len(site.asked) <= 7


def test_only_the_first_500_kib_are_read(site: Site, fetcher: Fetcher) -> None:
    rules = "User-agent: *\nDisallow: /early\n" + "#" * MAX_BYTES + "\nDisallow: /late\n"
    site.pages["/robots.txt"] = text(rules)

    assert not allowed(fetcher, f"{site.base}/early")
    assert allowed(fetcher, f"{site.base}/late")


@pytest.mark.parametrize("body", [b"\xef\xbb\xbfUser-agent: *\nDisallow: /b", b"\xff\xfe\0<html>"])
def test_rules_may_be_any_bytes(site: Site, fetcher: Fetcher, body: bytes) -> None:
    site.pages["/robots.txt"] = Reply(body=body)

    assert allowed(fetcher, f"{site.base}/a")
    assert allowed(fetcher, f"{site.base}/b") is (b"Disallow" not in body)


def test_each_hop_is_asked_for(site: Site, fetcher: Fetcher) -> None:
    with serving() as other:
        other.pages["/robots.txt"] = text("User-agent: *\nDisallow: /private\n")
        site.pages["/a"] = moved(f"{other.base}/private/x")

        assert not allowed(fetcher, f"{site.base}/a")

    assert other.paths() == []


def test_many_threads_read_the_rules_once(
    site: Site, make_fetcher: Callable[..., Fetcher], clock: SimulatedClock
) -> None:
    fetcher = make_fetcher(hosts=MemoryHosts(clock))
    site.pages["/a"] = page()
    threads = [
        threading.Thread(target=fetcher.get, args=(Request(url=f"{site.base}/a"),))
        for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [asked.path for asked in site.asked].count("/robots.txt") == 1
    assert len(site.paths()) == 12
    assert site.overlaps == 0


def test_rules_survive_in_the_host_book(
    site: Site, make_fetcher: Callable[..., Fetcher], clock: SimulatedClock
) -> None:
    hosts = MemoryHosts(clock)
    site.pages["/robots.txt"] = text("User-agent: *\nDisallow: /b\n")
    site.pages["/a"] = page()

    assert isinstance(make_fetcher(hosts=hosts).get(Request(url=f"{site.base}/a")), Fetched)
    assert not allowed(make_fetcher(hosts=hosts), f"{site.base}/b")

    assert [asked.path for asked in site.asked] == ["/robots.txt", "/a"]


def test_robots_are_asked_with_our_name(site: Site, fetcher: Fetcher) -> None:
    seen: list[Asked] = []

    def robots(asked: Asked) -> Reply:
        seen.append(asked)
        return Reply(status=404)

    site.pages["/robots.txt"] = robots
    allowed(fetcher, f"{site.base}/a")

    assert seen[0].headers["user-agent"].startswith("Querverweis/")
