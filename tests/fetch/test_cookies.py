"""Cookies of one host: what is kept, what is sent back, and that no neighbour gets them."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from aggregator.clock import SimulatedClock
from aggregator.fetch.client import Fetcher
from aggregator.fetch.cookies import MAX_COOKIES, cookie_header, updated
from aggregator.fetch.hosts import MemoryHosts
from aggregator.hostbook import Cookie
from aggregator.model import Request
from tests.fetch.site import Site, page, serving

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


def after(*headers: str, path: str = "/a/b") -> str:
    """Return the Cookie header for a path after some Set-Cookie headers."""
    return cookie_header(updated((), headers, path=path, now=NOW), path=path, secure=False)


@pytest.mark.parametrize(
    ("header", "sent"),
    [
        ("sid=1; Path=/; HttpOnly; SameSite=Lax", "sid=1"),
        ("sid=1; Domain=.bund.de", "sid=1"),
        ("sid=1; Expires=Wed, 25 Nov 2026 08:00:00 GMT", "sid=1"),
        ("sid=a=b", "sid=a=b"),
        ('sid="q"', 'sid="q"'),
        ("sid=1; Path=/a", "sid=1"),
        ("sid=1; Path=/a/b/c", ""),
        ("sid=1; Path=/a/bc", ""),
        ("sid=1; Secure", ""),
        ("sid=1; Max-Age=0", ""),
        ("sid=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", ""),
        ("sid", ""),
        ("=1", ""),
        ("a b=1", ""),
        ("sid=ü", ""),
        ("sid=" + "x" * 5000, ""),
        ("", ""),
    ],
)
def test_what_is_sent_back(header: str, sent: str) -> None:
    assert after(header) == sent


def test_a_later_cookie_replaces_an_earlier_one_and_may_delete_it() -> None:
    assert after("sid=1; Path=/", "b=2; Path=/", "sid=3; Path=/") == "b=2; sid=3"
    assert after("sid=1; Path=/", "sid=; Path=/; Max-Age=-1") == ""


def test_longer_paths_come_first_and_secure_ones_stay_on_tls() -> None:
    kept = updated((), ["a=1; Path=/", "b=2; Path=/a", "c=3; Secure; Path=/"], path="/a", now=NOW)

    assert cookie_header(kept, path="/a/x", secure=True) == "b=2; a=1; c=3"
    assert cookie_header(kept, path="/", secure=False) == "a=1"


def test_a_host_cannot_fill_the_book() -> None:
    kept = updated((), [f"c{n}=1" for n in range(100)], path="/", now=NOW)

    assert len(kept) == MAX_COOKIES
    assert kept[-1] == Cookie(name="c99", value="1")


def test_no_neighbour_gets_a_cookie(
    site: Site, make_fetcher: Callable[..., Fetcher], clock: SimulatedClock
) -> None:
    fetcher = make_fetcher(hosts=MemoryHosts(clock))
    site.pages["/a"] = page(b"x", ("Set-Cookie", "sid=1; Domain=127.0.0.1; Path=/"))
    with serving() as other:
        other.pages["/a"] = page()
        fetcher.get(Request(url=f"{site.base}/a"))
        fetcher.get(Request(url=f"{other.base}/a"))
        fetcher.get(Request(url=f"{site.base}/a"))

    assert all("cookie" not in asked.headers for asked in other.asked)
    assert site.asked[-1].headers["cookie"] == "sid=1"
