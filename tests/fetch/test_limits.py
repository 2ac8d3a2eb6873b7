"""Bounds: a server may be slow, endless or hostile; it costs what we allow and no more."""

import gzip
import subprocess
import sys
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable

import brotli  # type: ignore[import-untyped]  # has no stubs
import pytest
import zstandard

from aggregator.errors import FetchError
from aggregator.fetch import body
from aggregator.fetch.client import Fetcher, Limits
from aggregator.model import Code, Exchange, Fetched, Request, Role
from tests.fetch.site import Reply, Site, drip, flood, page

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
QUICK = Limits(deadline_s=0.4)
ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda content: brotli.compress(content, quality=5),
    "zstd": zstandard.compress,
}


@pytest.mark.parametrize(
    "start",
    [OK + b"Content-Length: 1000000\r\n\r\n", OK + b"\r\n", OK + b"X-Slow: ", b"", b"HTTP/1.1 1"],
    ids=["body", "body without length", "headers", "status line", "half a status line"],
)
def test_a_server_that_drips_is_left_at_the_deadline(
    site: Site, make_fetcher: Callable[..., Fetcher], start: bytes
) -> None:
    site.pages["/a"] = Reply(stream=drip(start, b"x", every_s=0.05))
    fetcher = make_fetcher(limits=QUICK)
    began = time.monotonic()

    with pytest.raises(FetchError) as caught:
        fetcher.get(Request(url=f"{site.base}/a"))

    assert caught.value.code is Code.TOO_SLOW
    assert caught.value.retryable
    assert time.monotonic() - began < 1.5


def test_informational_answers_do_not_stretch_the_deadline(
    site: Site, make_fetcher: Callable[..., Fetcher]
) -> None:
    site.pages["/a"] = Reply(stream=drip(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", every_s=0.02))

    with pytest.raises(FetchError) as caught:
        make_fetcher(limits=QUICK).get(Request(url=f"{site.base}/a"))

    assert caught.value.code is Code.TOO_SLOW


def test_the_deadline_covers_all_redirects_together(
    site: Site, make_fetcher: Callable[..., Fetcher]
) -> None:
    def slowly_on(n: int) -> Reply:
        time.sleep(0.15)
        return Reply(status=302, headers=(("Location", f"/{n + 1}"),))

    for n in range(8):
        site.pages[f"/{n}"] = lambda _, n=n: slowly_on(n)  # type: ignore[misc]  # binds n

    with pytest.raises(FetchError) as caught:
        make_fetcher(limits=QUICK).get(Request(url=f"{site.base}/0"))

    assert caught.value.code is Code.TOO_SLOW
    assert len(site.paths()) <= 4


def test_300_megabytes_cost_no_more_than_the_limit(site: Site, fetcher: Fetcher) -> None:
    site.pages["/a"] = Reply(stream=flood(OK + b"\r\n", 300 * 2**20))
    site.pages["/b"] = page()
    fetcher.get(Request(url=f"{site.base}/b"))  # certificates and pools are there already
    tracemalloc.start()

    with pytest.raises(FetchError) as caught:
        fetcher.get(Request(url=f"{site.base}/a"))

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert caught.value.code is Code.TOO_LARGE
    assert not caught.value.retryable
    assert peak < 25 * 2**20


SMALL = """
import resource, sys
from aggregator.clock import SystemClock
from aggregator.errors import FetchError
from aggregator.fetch.client import Fetcher
from aggregator.fetch.hosts import MemoryHosts
from aggregator.fetch.way import Way
from aggregator.model import Request

clock = SystemClock()
with Fetcher(MemoryHosts(clock), clock, "Querverweis/0.1", way=Way(client=sys.argv[2])) as fetcher:
    fetcher.get(Request(url=sys.argv[1] + "/b"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name in sys.argv[3:]:
        try:
            fetcher.get(Request(url=sys.argv[1] + name))
        except FetchError as error:
            print(error.code)
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_300_megabytes_and_bombs_cost_a_process_less_than_50(
    site: Site, client: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGGREGATOR_MIN_DELAY_S", "0")
    site.pages["/flood"] = Reply(stream=flood(OK + b"\r\n", 300 * 2**20))
    site.pages["/b"] = page()
    for coding, encoder in ENCODERS.items():
        site.pages[f"/{coding}"] = page(encoder(bytes(64 * 2**20)), ("Content-Encoding", coding))
    names = ["/flood", *(f"/{coding}" for coding in ENCODERS)]

    told = subprocess.run(
        [sys.executable, "-c", SMALL, site.base, client, *names],
        check=True, capture_output=True, text=True, timeout=60,
    ).stdout.split()  # fmt: skip

    assert told[:-1] == ["too_large"] * len(names)
    assert int(told[-1]) < 50


def test_a_length_beyond_the_limit_is_believed_at_once(
    site: Site, fetcher: Fetcher, exchanges: list[Exchange]
) -> None:
    site.pages["/a"] = Reply(stream=flood(OK + b"Content-Length: 314572800\r\n\r\n", 2**20))

    with pytest.raises(FetchError) as caught:
        fetcher.get(Request(url=f"{site.base}/a"))

    assert caught.value.code is Code.TOO_LARGE
    assert (exchanges[-1].bytes, exchanges[-1].code) == (0, Code.TOO_LARGE)


@pytest.mark.parametrize("role", [Role.DOCUMENT, Role.INDEX])
def test_documents_and_enumerations_may_be_larger(
    site: Site, make_fetcher: Callable[..., Fetcher], role: Role
) -> None:
    fetcher = make_fetcher(limits=Limits(page_bytes=1000, large_bytes=2000))
    site.pages["/a"] = page(b"x" * 1500)

    assert isinstance(fetcher.get(Request(url=f"{site.base}/a", role=role)), Fetched)
    with pytest.raises(FetchError):
        fetcher.get(Request(url=f"{site.base}/a", role=Role.DETAIL))


def test_endless_headers_are_refused(site: Site, fetcher: Fetcher) -> None:
    site.pages["/a"] = Reply(stream=drip(OK, b"X-Filler: " + b"x" * 20_000 + b"\r\n", 0.0))

    with pytest.raises(FetchError) as caught:
        fetcher.get(Request(url=f"{site.base}/a"))

    assert caught.value.code is Code.TOO_LARGE


def test_the_body_of_an_error_is_not_read_to_its_end(
    site: Site, fetcher: Fetcher, exchanges: list[Exchange]
) -> None:
    site.pages["/a"] = Reply(stream=flood(b"HTTP/1.1 500 Oh\r\n\r\n", 50 * 2**20))

    with pytest.raises(FetchError) as caught:
        fetcher.get(Request(url=f"{site.base}/a"))

    assert caught.value.status == 500
    assert exchanges[-1].bytes < 2**20


@pytest.mark.parametrize("coding", ENCODERS)
def test_content_codings_are_undone(site: Site, fetcher: Fetcher, coding: str) -> None:
    text = "Föderale Architektur ".encode() * 5000
    site.pages["/a"] = page(ENCODERS[coding](text), ("Content-Encoding", coding))

    got = fetcher.get(Request(url=f"{site.base}/a"))

    assert isinstance(got, Fetched)
    assert got.body == text


@pytest.mark.parametrize("coding", ENCODERS)
def test_a_bomb_costs_no_more_than_the_limit(coding: str) -> None:
    bomb = ENCODERS[coding](bytes(100 * 2**20))
    tracemalloc.start()

    with pytest.raises(FetchError) as caught:
        body.read([bomb], coding, 2**20)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert caught.value.code is Code.TOO_LARGE
    assert peak < 8 * 2**20


@pytest.mark.parametrize("coding", ENCODERS)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_codings_are_undone_however_they_arrive(coding: str, size: int) -> None:
    text = bytes(range(256)) * 40
    encoded = ENCODERS[coding](text)

    pieces = [encoded[at : at + size] for at in range(0, len(encoded), size)]

    assert body.read(pieces, coding, 2**20) == text
    assert body.read([ENCODERS[coding](b"")], coding, 100) == b""
    assert body.read([], coding, 100) == b""


@pytest.mark.parametrize("coding", ENCODERS)
def test_damage_is_told_from_an_end_that_came_too_soon(coding: str) -> None:
    encoded = ENCODERS[coding](bytes(range(256)) * 40)

    for broken, code in ((b"no " + encoded, Code.DECODE_FAILED), (encoded[:-6], Code.TRUNCATED)):
        with pytest.raises(FetchError) as caught:
            body.read([broken], coding, 2**20)
        assert caught.value.code is code


def test_codings_may_be_stacked_but_not_for_ever() -> None:
    assert body.read([gzip.compress(zlib.compress(b"x"))], "deflate, gzip", 100) == b"x"
    for codings in ("gzip, gzip, gzip, gzip", "compress"):
        with pytest.raises(FetchError) as caught:
            body.read([b"x"], codings, 100)
        assert caught.value.code is Code.UNSUPPORTED


def test_members_and_frames_follow_each_other() -> None:
    assert body.read([gzip.compress(b"a") + gzip.compress(b"b") + b"\0\0"], "gzip", 99) == b"ab"
    assert body.read([zstandard.compress(b"a") + zstandard.compress(b"b")], "zstd", 99) == b"ab"
    raw = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    assert body.read([raw.compress(b"plain") + raw.flush()], "deflate", 99) == b"plain"


def test_what_is_compressed_has_a_limit_too() -> None:
    with pytest.raises(FetchError) as caught:
        body.read([gzip.compress(b"")] * 100, "gzip", 1000)

    assert caught.value.code is Code.TOO_LARGE


def test_threads_have_deadlines_of_their_own(
    site: Site, make_fetcher: Callable[..., Fetcher]
) -> None:
    fetcher = make_fetcher(limits=Limits(deadline_s=5))
    site.pages["/a"] = page()
    site.pages["/slow"] = Reply(stream=drip(b"", b"x", every_s=0.05))
    failures: list[FetchError] = []

    def drip_away() -> None:
        try:
            make_fetcher(limits=QUICK).get(Request(url=f"{site.base}/slow"))
        except FetchError as error:
            failures.append(error)

    thread = threading.Thread(target=drip_away)
    thread.start()
    assert isinstance(fetcher.get(Request(url=f"{site.base}/a")), Fetched)
    thread.join()

    assert [error.code for error in failures] == [Code.TOO_SLOW]
