"""Answers as servers really give them: interim, empty, partial, sloppy, broken."""

import socket
from collections.abc import Callable
from datetime import timedelta

import pytest

from aggregator.clock import SimulatedClock
from aggregator.errors import FetchError, RefusedError, StatusError
from aggregator.fetch.client import Fetcher, Limits
from aggregator.model import Code, Exchange, Fetched, NotModified, Request, Validators
from tests.fetch.site import Asked, Reply, Site, drip, moved, page

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
HELLO = b"Content-Length: 5\r\n\r\nhello"
CHUNKS = b"\r\n5\r\nhello\r\n0\r\n\r\n"


def raw(data: bytes, *, piecewise: bool = False) -> Reply:
    """An answer byte by byte as given; then the server hangs up."""

    def stream(connection: socket.socket) -> None:
        if not piecewise:
            connection.sendall(data)
            return
        for at in range(len(data)):
            connection.sendall(data[at : at + 1])

    return Reply(stream=stream)


def body_of(fetcher: Fetcher, site: Site, path: str = "/a") -> bytes:
    got = fetcher.get(Request(url=f"{site.base}{path}"))
    assert isinstance(got, Fetched)
    return got.body


@pytest.mark.parametrize(
    "answer",
    [
        OK + HELLO,
        OK + b"\r\nhello",  # to the end of the connection
        OK.replace(b"1.1", b"1.0") + b"\r\nhello",
        OK.replace(b" OK", b"") + HELLO,
        b"HTTP/1.1 100 Continue\r\n\r\n" + OK + HELLO,
        b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" * 3 + OK + HELLO,
        OK + b"Upgrade: h2,h2c\r\nConnection: Upgrade, Keep-Alive\r\n" + HELLO,
        OK + b"Transfer-Encoding: chunked\r\n" + CHUNKS,
        OK + b"Transfer-Encoding: CHUNKED\r\n\r\n5;a=b\r\nhello\r\n0\r\nX-T: 1\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n2  \r\nhe\r\n3  \r\nllo\r\n0\r\n\r\n",
        # What the strict parser does not take, and the careful one does:
        (OK + HELLO).replace(b"\r\n", b"\n"),
        OK + b"X-Folded: a\r\n\tb\r\n" + HELLO,
        OK + b"Content-Length: 5\r\n" + HELLO,
        OK + b"Content-Length: 5, 5\r\n\r\nhello",
        OK + b"X-Control: a\x01b\r\n" + HELLO,
        OK + b"Content-Length: 99\r\nTransfer-Encoding: chunked\r\n" + CHUNKS,
        OK + b"Transfer-Encoding: chunked\r\nContent-Length: 99\r\n" + CHUNKS,
    ],
)  # fmt: skip
@pytest.mark.parametrize("piecewise", [False, True])
def test_what_can_be_understood_is_read(
    site: Site, fetcher: Fetcher, answer: bytes, *, piecewise: bool
) -> None:
    site.pages["/a"] = raw(answer, piecewise=piecewise)

    assert body_of(fetcher, site) == b"hello"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"SSH-2.0-x\r\n\r\n", Code.HTTP_ERROR),
        (b"<html>hello</html>\r\n\r\n", Code.HTTP_ERROR),
        (b"HTTP/1.1 99 Low\r\n" + HELLO, Code.HTTP_ERROR),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
         Code.HTTP_ERROR),
        (OK + b"Content-Length: -1\r\n\r\nhello", Code.HTTP_ERROR),
        (OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", Code.HTTP_ERROR),
        (OK + b"Content-Length: " + b"9" * 30 + b"\r\n\r\nhello", Code.HTTP_ERROR),
        (OK + b"Transfer-Encoding: gzip, chunked\r\n" + CHUNKS, Code.HTTP_ERROR),
        (OK + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n", Code.HTTP_ERROR),
        (OK + b"X-Nul: a\0b\r\n" + HELLO, Code.HTTP_ERROR),
        (OK + b"no colon\r\n" + HELLO, Code.HTTP_ERROR),
        (OK + b"Content-Length: 9\r\n\r\nhello", Code.TRUNCATED),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n9\r\nhello", Code.TRUNCATED),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", Code.TRUNCATED),
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_a_clear_problem(
    site: Site, fetcher: Fetcher, answer: bytes, code: Code
) -> None:
    site.pages["/a"] = raw(answer)

    with pytest.raises(FetchError) as caught:
        fetcher.get(Request(url=f"{site.base}/a"))

    assert caught.value.code is code
    assert caught.value.status is None
    assert caught.value.where == f"{site.base}/a"


@pytest.mark.parametrize("cut", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nX: y"])
def test_an_answer_that_ends_before_it_began_is_tried_once_more(
    site: Site, fetcher: Fetcher, cut: bytes
) -> None:
    site.pages["/a"] = raw(cut)

    with pytest.raises(FetchError) as caught:
        fetcher.get(Request(url=f"{site.base}/a"))

    assert caught.value.retryable
    assert len(site.paths()) == 2


@pytest.mark.parametrize("status", [200, 203])
def test_a_body_that_a_proxy_has_changed_is_a_body(
    site: Site, fetcher: Fetcher, status: int
) -> None:
    site.pages["/a"] = page(b"hello", status=status)

    assert body_of(fetcher, site) == b"hello"


@pytest.mark.parametrize(
    ("status", "code"),
    [(201, Code.HTTP_ERROR), (202, Code.HTTP_ERROR), (204, Code.EMPTY), (205, Code.EMPTY),
     (206, Code.HTTP_ERROR), (207, Code.HTTP_ERROR), (226, Code.HTTP_ERROR),
     (300, Code.HTTP_ERROR), (301, Code.HTTP_ERROR), (410, Code.HTTP_ERROR)],
)  # fmt: skip
def test_other_answers_than_the_whole_page_change_nothing(
    site: Site, fetcher: Fetcher, status: int, code: Code
) -> None:
    site.pages["/a"] = raw(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode())

    with pytest.raises(StatusError) as caught:
        fetcher.get(Request(url=f"{site.base}/a"))

    assert (caught.value.status, caught.value.code) == (status, code)
    assert caught.value.remedy


def test_a_304_with_a_body_does_not_disturb_the_next_answer(site: Site, fetcher: Fetcher) -> None:
    def unchanged(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nHTTP/")

    site.pages["/a"] = Reply(stream=unchanged)
    site.pages["/b"] = page(b"hello")

    got = fetcher.get(Request(url=f"{site.base}/a", validators=Validators(etag='"1"')))

    assert isinstance(got, NotModified)
    assert body_of(fetcher, site, "/b") == b"hello"


def test_a_304_brings_its_headers(site: Site, fetcher: Fetcher) -> None:
    site.pages["/a"] = Reply(status=304, headers=(("Cache-Control", "max-age=600"),))

    got = fetcher.get(Request(url=f"{site.base}/a", validators=Validators(etag='"1"')))

    assert isinstance(got, NotModified)
    assert got.headers["cache-control"] == "max-age=600"


@pytest.mark.parametrize("surplus", [b"x", OK + HELLO, b"\r\n\r\n"])
def test_more_than_was_announced_is_never_taken_for_the_next_answer(
    site: Site, fetcher: Fetcher, surplus: bytes
) -> None:
    def too_much(connection: socket.socket) -> None:
        connection.sendall(OK + HELLO + surplus)
        connection.settimeout(5)
        connection.recv(1)  # the connection stays open; what we take it for is up to us

    site.pages["/a"] = Reply(stream=too_much)
    site.pages["/b"] = page(b"other")

    assert body_of(fetcher, site) == b"hello"
    assert body_of(fetcher, site, "/b") == b"other"


@pytest.mark.parametrize("status", [200, 304, 404, 500])
def test_the_connection_is_kept_after_every_answer_that_ended(
    site: Site, fetcher: Fetcher, status: int
) -> None:
    site.pages["/a"] = page(b"hello" if status != 304 else b"", status=status)
    site.pages["/b"] = page()
    known = Validators(etag='"1"')

    for path in ("/a", "/b"):
        try:
            fetcher.get(Request(url=f"{site.base}{path}", validators=known))
        except StatusError:
            continue

    assert len({asked.peer for asked in site.asked}) == 1


def test_a_server_that_forgot_our_connection_is_asked_over_a_new_one(
    site: Site, fetcher: Fetcher, exchanges: list[Exchange]
) -> None:
    def once(asked: Asked) -> Reply:
        first = sum(a.path == "/b" for a in site.asked) == 1
        return Reply(stream=lambda _: None) if first else page(b"hello")

    site.pages["/a"] = page()
    site.pages["/b"] = once

    body_of(fetcher, site)
    assert body_of(fetcher, site, "/b") == b"hello"

    assert len({asked.peer for asked in site.asked}) == 2
    assert [exchange.status for exchange in exchanges[-2:]] == [None, 200]


@pytest.mark.parametrize("value", ["120", "Tue, 24 Nov 2026 08:02:01 GMT"])
def test_a_redirect_is_followed_after_the_pause_that_it_asks_for(
    site: Site, fetcher: Fetcher, clock: SimulatedClock, value: str
) -> None:
    site.pages["/a"] = moved("/b", ("Retry-After", value), status=301)
    site.pages["/b"] = page(b"hello")
    before = clock.now()

    assert body_of(fetcher, site) == b"hello"
    assert timedelta(seconds=120) <= clock.now() - before <= timedelta(seconds=121)


def test_a_redirect_that_asks_for_days_is_left_for_later(site: Site, fetcher: Fetcher) -> None:
    site.pages["/a"] = moved("/b", ("Retry-After", "259200"))

    with pytest.raises(FetchError) as caught:
        fetcher.get(Request(url=f"{site.base}/a"))

    assert caught.value.retry_after == timedelta(days=3)
    assert site.paths() == ["/a"]


@pytest.mark.parametrize("value", ["60", "Tue, 24 Nov 2026 08:01:00 GMT"])
def test_robots_txt_may_ask_for_a_pause_too(
    site: Site, fetcher: Fetcher, clock: SimulatedClock, value: str
) -> None:
    site.pages["/robots.txt"] = Reply(status=503, headers=(("Retry-After", value),))
    with pytest.raises(RefusedError):
        fetcher.get(Request(url=f"{site.base}/a"))
    site.pages["/robots.txt"] = Reply(status=404)
    site.pages["/a"] = page(b"hello")
    clock.advance(timedelta(minutes=10))

    assert body_of(fetcher, site) == b"hello"


def test_headers_are_text_whatever_their_bytes(site: Site, fetcher: Fetcher) -> None:
    headers = "X-Utf: Müller\r\n".encode() + "X-Latin: Müller\r\n".encode("latin-1")
    site.pages["/a"] = raw(OK + headers + b"X-Twice: a\r\nx-twice:  b \r\n" + HELLO)

    got = fetcher.get(Request(url=f"{site.base}/a"))

    assert isinstance(got, Fetched)
    assert (got.headers["x-utf"], got.headers["x-latin"]) == ("Müller", "Müller")
    assert got.headers["x-twice"] == "a, b"


def test_a_location_in_utf_8_is_followed(site: Site, fetcher: Fetcher) -> None:
    site.pages["/a"] = raw(
        "HTTP/1.1 302 Found\r\nLocation: /bürger\r\nContent-Length: 0\r\n\r\n".encode()
    )
    site.pages["/b%C3%BCrger"] = page(b"hello")

    assert body_of(fetcher, site) == b"hello"


def test_trailers_without_end_are_left_at_the_deadline(
    site: Site, make_fetcher: Callable[..., Fetcher]
) -> None:
    start = OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"
    site.pages["/a"] = Reply(stream=drip(start, b"X-T: 1\r\n", every_s=0.01))

    with pytest.raises(FetchError) as caught:
        make_fetcher(limits=Limits(deadline_s=0.4)).get(Request(url=f"{site.base}/a"))

    assert caught.value.code in (Code.TOO_SLOW, Code.TOO_LARGE)
