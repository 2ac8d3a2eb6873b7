"""Fetching one address: conditions, redirects, cookies, statuses, faults."""

import hashlib
from collections.abc import Callable
from datetime import timedelta

import pytest

from aggregator.clock import SimulatedClock
from aggregator.errors import FetchError, RefusedError, StatusError
from aggregator.fetch.client import Fetcher, fetcher_for_inspection, user_agent
from aggregator.model import Code, Exchange, Fetched, NotModified, Request, Role, Validators
from tests.fetch.site import Asked, Reply, Site, moved, page

FEED = b"<rss version='2.0'><channel/></rss>"


def test_a_body_comes_with_everything_that_parsers_and_store_need(
    site: Site, fetcher: Fetcher, clock: SimulatedClock
) -> None:
    site.pages["/feed"] = Reply(
        headers=(
            ("Content-Type", 'Application/RSS+xml; Charset="ISO-8859-15"'),
            ("ETag", 'W/"v1"'), ("Last-Modified", "Mon, 23 Nov 2026 07:00:00 GMT"),
            ("X-Robots-Tag", "noindex"), ("X-Robots-Tag", "nosnippet"),
            ("TDM-Reservation", "1"),
        ),
        body=FEED,
    )  # fmt: skip

    got = fetcher.get(Request(url=f"{site.base}/feed"))

    assert isinstance(got, Fetched)
    assert (got.body, got.status, got.media_type) == (FEED, 200, "application/rss+xml")
    assert got.charset == "iso-8859-15"
    assert got.url == got.final_url == f"{site.base}/feed"
    assert got.headers["x-robots-tag"] == "noindex\nnosnippet"
    assert got.headers["tdm-reservation"] == "1"
    assert got.validators == Validators(
        etag='W/"v1"', last_modified="Mon, 23 Nov 2026 07:00:00 GMT",
        body_sha256=hashlib.sha256(FEED).hexdigest(),
    )  # fmt: skip
    assert got.fetched_at == "2026-11-24T08:00:01Z"  # robots.txt, then a second of spacing


def test_we_say_who_we_are_and_not_where_we_come_from(site: Site, fetcher: Fetcher) -> None:
    site.pages["/a"] = moved("/b")
    site.pages["/b"] = page()

    fetcher.get(Request(url=f"{site.base}/a"))

    for asked in site.asked:
        assert asked.headers["user-agent"] == "Querverweis/0.1 (+https://example.org/kontakt)"
        assert asked.headers["accept-encoding"] == "gzip, deflate, br, zstd"
        assert "referer" not in asked.headers
        assert asked.version == "HTTP/1.1"


def test_the_agent_keeps_out_what_no_header_may_hold() -> None:
    assert user_agent("post@example.org\r\nX: (1) ü") == "Querverweis/0.1 (+post@example.orgX:1)"
    assert user_agent() == "Querverweis/0.1"


@pytest.mark.parametrize(
    ("role", "first"),
    [
        (Role.ROOT, "application/atom+xml"),
        (Role.INDEX, "application/atom+xml"),
        (Role.DETAIL, "text/html"),
        (Role.DOCUMENT, "application/pdf"),
    ],
)
def test_what_is_accepted_follows_the_role(
    site: Site, fetcher: Fetcher, role: Role, first: str
) -> None:
    site.pages["/a"] = page()

    fetcher.get(Request(url=f"{site.base}/a", role=role))

    assert site.asked[-1].headers["accept"].startswith(first)


def test_a_known_body_is_asked_for_conditionally_and_304_keeps_its_hash(
    site: Site, fetcher: Fetcher
) -> None:
    known = Validators(etag='"v1"', last_modified="Mon, 23 Nov 2026 07:00:00 GMT", body_sha256="ab")
    site.pages["/feed"] = Reply(status=304, headers=(("ETag", '"v2"'),))

    got = fetcher.get(Request(url=f"{site.base}/feed", validators=known))

    assert isinstance(got, NotModified)
    assert got.status == 304
    assert got.validators == Validators(
        etag='"v2"', last_modified="Mon, 23 Nov 2026 07:00:00 GMT", body_sha256="ab"
    )
    assert site.asked[-1].headers["if-none-match"] == '"v1"'
    assert site.asked[-1].headers["if-modified-since"] == "Mon, 23 Nov 2026 07:00:00 GMT"


def test_a_304_that_nobody_asked_for_is_an_error(site: Site, fetcher: Fetcher) -> None:
    site.pages["/feed"] = Reply(status=304)

    with pytest.raises(StatusError) as caught:
        fetcher.get(Request(url=f"{site.base}/feed"))

    assert caught.value.status == 304


def test_an_unchanged_body_is_not_modified_and_brings_its_new_validators(
    site: Site, fetcher: Fetcher
) -> None:
    digest = hashlib.sha256(FEED).hexdigest()
    site.pages["/feed"] = page(FEED, ("ETag", '"v2"'))

    got = fetcher.get(
        Request(url=f"{site.base}/feed", validators=Validators(etag='"v1"', body_sha256=digest))
    )

    assert isinstance(got, NotModified)
    assert (got.status, got.bytes) == (200, len(FEED))
    assert got.validators == Validators(etag='"v2"', body_sha256=digest)


def test_a_validator_that_no_header_may_hold_is_not_kept(site: Site, fetcher: Fetcher) -> None:
    site.pages["/feed"] = page(FEED, ("ETag", '"' + "x" * 2000 + '"'), ("Last-Modified", "März"))

    got = fetcher.get(Request(url=f"{site.base}/feed"))

    assert got.validators.etag is None
    assert got.validators.last_modified is None


def test_redirects_are_followed_and_reported(site: Site, fetcher: Fetcher) -> None:
    site.pages["/a"] = moved("/b?x=1", status=301)
    site.pages["/b?x=1"] = moved(f"{site.base}/c", status=308)
    site.pages["/c"] = page()

    got = fetcher.get(Request(url=f"{site.base}/a"))

    assert isinstance(got, Fetched)
    assert [(hop.status, hop.url, hop.to) for hop in got.hops] == [
        (301, f"{site.base}/a", f"{site.base}/b?x=1"),
        (308, f"{site.base}/b?x=1", f"{site.base}/c"),
    ]
    assert (got.url, got.final_url) == (f"{site.base}/a", f"{site.base}/c")


def test_eight_redirects_are_followed_and_no_more(site: Site, fetcher: Fetcher) -> None:
    for n in range(9):
        site.pages[f"/{n}"] = moved(f"/{n + 1}")
    site.pages["/8"] = page()
    assert isinstance(fetcher.get(Request(url=f"{site.base}/0")), Fetched)

    site.pages["/8"] = moved("/9")
    with pytest.raises(FetchError) as caught:
        fetcher.get(Request(url=f"{site.base}/0"))

    assert caught.value.code is Code.REDIRECT_LOOP
    assert "/9" not in site.paths()


@pytest.mark.parametrize("to", ["/a", "/b"])
def test_a_circle_is_left_before_the_second_round(site: Site, fetcher: Fetcher, to: str) -> None:
    site.pages["/a"] = moved(to)
    site.pages["/b"] = moved("/a")

    with pytest.raises(FetchError) as caught:
        fetcher.get(Request(url=f"{site.base}/a"))

    assert caught.value.code is Code.REDIRECT_LOOP
    assert not caught.value.retryable
    assert len(site.paths()) == len(set(site.paths()))


@pytest.mark.parametrize(
    "to",
    [
        "http://10.0.0.1/", "//169.254.169.254/latest", "http://[::ffff:10.0.0.1]/",
        "http://[fd00:ec2::254]/", "file:///etc/passwd", "http://intranet.internal/",
    ],
)  # fmt: skip
def test_a_redirect_into_a_private_network_is_refused_without_a_connection(
    site: Site, fetcher: Fetcher, exchanges: list[Exchange], to: str
) -> None:
    site.pages["/a"] = moved(to)

    with pytest.raises(RefusedError) as caught:
        fetcher.get(Request(url=f"{site.base}/a"))

    assert caught.value.code is Code.ADDRESS_REFUSED
    assert [exchange.url for exchange in exchanges][1:] == [f"{site.base}/a"]


@pytest.mark.parametrize(
    "to", ["/login", "/auth/login.action?os_destination=/x", "/sso/start", "/idp/profile/x"]
)
def test_a_redirect_to_a_login_is_not_followed(site: Site, fetcher: Fetcher, to: str) -> None:
    site.pages["/wiki"] = moved(to)
    site.pages[to] = page()

    with pytest.raises(FetchError) as caught:
        fetcher.get(Request(url=f"{site.base}/wiki"))

    assert caught.value.code is Code.LOGIN
    assert site.paths() == ["/wiki"]


def test_a_cookie_check_that_redirects_to_itself_is_passed(site: Site, fetcher: Fetcher) -> None:
    def wall(asked: Asked) -> Reply:
        if "sid=1" in asked.headers.get("cookie", ""):
            return page(FEED)
        return moved("/feed", ("Set-Cookie", "sid=1; Path=/; HttpOnly"))

    site.pages["/feed"] = wall

    got = fetcher.get(Request(url=f"{site.base}/feed"))
    again = fetcher.get(Request(url=f"{site.base}/feed"))

    assert isinstance(got, Fetched)
    assert isinstance(again, Fetched)
    assert got.hops == ()  # it is not a move
    assert got.final_url == f"{site.base}/feed"
    assert len(site.paths()) == 3  # the cookie is remembered


def test_a_cookie_check_over_another_page_is_passed(site: Site, fetcher: Fetcher) -> None:
    def wall(asked: Asked) -> Reply:
        return page(FEED) if "c=1" in asked.headers.get("cookie", "") else moved("/check")

    site.pages["/feed"] = wall
    site.pages["/check"] = moved("/feed", ("Set-Cookie", "c=1"))

    assert isinstance(fetcher.get(Request(url=f"{site.base}/feed")), Fetched)


def test_a_cookie_check_that_answers_400_is_passed(site: Site, fetcher: Fetcher) -> None:
    def wall(asked: Asked) -> Reply:
        if "sid=1" in asked.headers.get("cookie", ""):
            return page(FEED)
        return Reply(status=400, headers=(("Set-Cookie", "sid=1"),))

    site.pages["/feed"] = wall

    assert isinstance(fetcher.get(Request(url=f"{site.base}/feed")), Fetched)
    assert len(site.paths()) == 2


@pytest.mark.parametrize("status", [302, 400])
def test_a_cookie_check_that_is_never_content_needs_a_cookie(
    site: Site, fetcher: Fetcher, status: int
) -> None:
    site.pages["/feed"] = Reply(
        status=status, headers=(("Location", "/feed"), ("Set-Cookie", "sid=1"))
    )

    with pytest.raises(FetchError) as caught:
        fetcher.get(Request(url=f"{site.base}/feed"))

    assert caught.value.code is Code.NEEDS_COOKIE
    assert len(site.paths()) == 2


@pytest.mark.parametrize(
    ("status", "code", "retryable"),
    [
        (400, Code.HTTP_ERROR, False),
        (401, Code.LOGIN, False),
        (403, Code.HTTP_ERROR, False),
        (404, Code.HTTP_ERROR, False),
        (410, Code.HTTP_ERROR, False),
        (418, Code.HTTP_ERROR, False),
        (429, Code.HTTP_ERROR, True),
        (500, Code.HTTP_ERROR, True),
        (503, Code.HTTP_ERROR, True),
    ],
)
def test_statuses_say_whether_they_pass(
    site: Site, fetcher: Fetcher, status: int, code: Code, retryable: bool
) -> None:
    site.pages["/a"] = Reply(status=status)

    with pytest.raises(StatusError) as caught:
        fetcher.get(Request(url=f"{site.base}/a"))

    error = caught.value
    assert (error.status, error.code, error.retryable) == (status, code, retryable)
    assert str(status) in error.message
    assert error.remedy
    assert error.where == f"{site.base}/a"


@pytest.mark.parametrize("value", ["120", "Tue, 24 Nov 2026 08:02:01 GMT"])
def test_retry_after_is_reported_and_kept(
    site: Site, fetcher: Fetcher, clock: SimulatedClock, value: str
) -> None:
    site.pages["/a"] = Reply(status=503, headers=(("Retry-After", value),))
    site.pages["/b"] = page()

    with pytest.raises(StatusError) as caught:
        fetcher.get(Request(url=f"{site.base}/a"))
    asked_at = clock.now()
    fetcher.get(Request(url=f"{site.base}/b"))

    assert caught.value.retry_after == timedelta(seconds=120)
    assert clock.now() - asked_at == timedelta(seconds=120)


def test_a_host_that_asks_for_days_is_left_alone(
    site: Site, fetcher: Fetcher, clock: SimulatedClock
) -> None:
    site.pages["/a"] = Reply(status=429, headers=(("Retry-After", "259200"),))
    with pytest.raises(StatusError):
        fetcher.get(Request(url=f"{site.base}/a"))
    asked, before = len(site.asked), clock.now()

    with pytest.raises(FetchError) as caught:
        fetcher.get(Request(url=f"{site.base}/b"))

    assert caught.value.status is None
    assert caught.value.retry_after == timedelta(days=3)
    assert (len(site.asked), clock.now()) == (asked, before)


def test_a_broken_connection_is_tried_once_more(site: Site, fetcher: Fetcher) -> None:
    broken = [True]

    def flaky(_: Asked) -> Reply:
        if broken.pop():
            broken.append(False)
            return Reply(stream=lambda connection: None)
        return page(FEED)

    site.pages["/feed"] = flaky

    assert isinstance(fetcher.get(Request(url=f"{site.base}/feed")), Fetched)
    assert len(site.paths()) == 2


def test_a_connection_that_always_breaks_is_given_up(site: Site, fetcher: Fetcher) -> None:
    half = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"
    site.pages["/feed"] = Reply(stream=lambda connection: connection.sendall(half))

    with pytest.raises(FetchError) as caught:
        fetcher.get(Request(url=f"{site.base}/feed"))

    assert caught.value.code is Code.TRUNCATED
    assert caught.value.retryable
    assert len(site.paths()) == 2


def test_what_is_not_http_is_said_so(site: Site, fetcher: Fetcher) -> None:
    site.pages["/a"] = Reply(stream=lambda connection: connection.sendall(b"SSH-2.0-x\r\n\r\n"))

    with pytest.raises(FetchError) as caught:
        fetcher.get(Request(url=f"{site.base}/a"))

    assert caught.value.code is Code.HTTP_ERROR
    assert caught.value.status is None


def test_a_server_that_is_down_is_offline(
    site: Site, fetcher: Fetcher, make_fetcher: Callable[..., Fetcher]
) -> None:
    with pytest.raises(FetchError) as caught:
        fetcher.get(Request(url="http://127.0.0.1:1027/feed"))

    assert caught.value.code is Code.OFFLINE
    assert caught.value.retryable


def test_every_exchange_is_reported_with_its_wait(
    site: Site, fetcher: Fetcher, exchanges: list[Exchange]
) -> None:
    site.pages["/a"] = moved("/b")
    site.pages["/b"] = Reply(status=500, body=b"oh")

    with pytest.raises(StatusError):
        fetcher.get(Request(url=f"{site.base}/a", min_delay=timedelta(seconds=3)))

    host = f"127.0.0.1:{site.port}"
    assert [(e.url, e.status, e.code, e.bytes, e.waited_ms) for e in exchanges] == [
        (f"{site.base}/robots.txt", 404, Code.HTTP_ERROR, 0, 0),
        (f"{site.base}/a", 302, None, 0, 3000),
        (f"{site.base}/b", 500, Code.HTTP_ERROR, 2, 3000),
    ]
    assert {e.host for e in exchanges} == {host}
    assert [e.at for e in exchanges] == [
        "2026-11-24T08:00:00Z", "2026-11-24T08:00:03Z", "2026-11-24T08:00:06Z",
    ]  # fmt: skip


def test_a_name_may_stand_for_a_loopback_port(
    site: Site, monkeypatch: pytest.MonkeyPatch, make_fetcher: Callable[..., Fetcher],
    exchanges: list[Exchange],
) -> None:  # fmt: skip
    monkeypatch.setenv("AGGREGATOR_RESOLVE", f"forum.example=127.0.0.1:{site.port}")
    site.pages["/a"] = page()

    got = make_fetcher().get(Request(url="http://Forum.Example/a#x"))

    assert isinstance(got, Fetched)
    assert {asked.headers["host"] for asked in site.asked} == {"forum.example"}
    assert {e.host for e in exchanges} == {"forum.example"}


def test_an_inspection_obeys_the_same_guard_and_robots(site: Site, clock: SimulatedClock) -> None:
    site.pages["/robots.txt"] = page(b"User-agent: *\nDisallow: /secret\n")
    site.pages["/open"] = page()

    with fetcher_for_inspection(clock) as fetcher:
        assert isinstance(fetcher.get(Request(url=f"{site.base}/open")), Fetched)
        with pytest.raises(RefusedError) as caught:
            fetcher.get(Request(url=f"{site.base}/secret"))
        with pytest.raises(RefusedError):
            fetcher.get(Request(url="http://10.0.0.1/"))

    assert caught.value.code is Code.ROBOTS_DENIED
    assert site.paths() == ["/open"]
