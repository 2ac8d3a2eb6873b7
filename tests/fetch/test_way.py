"""How requests leave the house: TLS that is checked by name, and an outgoing proxy."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from aggregator.errors import FetchError, RefusedError
from aggregator.fetch import guard as guards
from aggregator.fetch import idle
from aggregator.fetch.client import Fetcher, Limits
from aggregator.fetch.way import Way
from aggregator.model import Code, Fetched, Request
from tests.fetch.site import Reply, Site, drip, page, serving

# Made for these tests, for the name forum.example; its key protects nothing.
CERTIFICATE = Path(__file__).parent / "certificate.pem"


@pytest.fixture
def secure_port(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    def name(port: int) -> None:
        monkeypatch.setenv("AGGREGATOR_ALLOW_PRIVATE", "1")
        monkeypatch.setenv(
            "AGGREGATOR_RESOLVE", f"forum.example=127.0.0.1:{port},other.example=127.0.0.1:{port}"
        )

    return name


def test_a_name_is_proven_by_a_trusted_certificate(
    make_fetcher: Callable[..., Fetcher], secure_port: Callable[[int], None]
) -> None:
    with serving(CERTIFICATE) as site:
        secure_port(site.port)
        site.pages["/a"] = page()

        fetcher = make_fetcher(way=Way(ca_file=str(CERTIFICATE)))
        got = fetcher.get(Request(url="https://forum.example/a"))

        with pytest.raises(FetchError) as other_name:
            fetcher.get(Request(url="https://other.example/a"))
        with pytest.raises(FetchError) as untrusted:
            make_fetcher().get(Request(url="https://forum.example/a"))

    assert isinstance(got, Fetched)
    for caught in (other_name, untrusted):
        assert "Verbindung" in caught.value.message
        assert "Zertifikat" in caught.value.remedy
    assert {asked.headers["host"] for asked in site.asked} == {"forum.example"}


def test_a_server_that_never_shakes_hands_is_left(
    make_fetcher: Callable[..., Fetcher], site: Site, secure_port: Callable[[int], None]
) -> None:
    secure_port(site.port)  # speaks plain HTTP and waits for the rest of a request

    with pytest.raises(FetchError) as caught:
        make_fetcher(limits=Limits(deadline_s=0.3)).get(Request(url="https://forum.example/a"))

    assert caught.value.retryable


def test_a_host_is_asked_over_one_connection_until_others_need_the_place(
    site: Site, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idle, "MAX_IDLE", 1)
    with serving() as other:
        for n in (site, site, other, site):
            n.pages["/a"] = page()
            fetcher.get(Request(url=f"{n.base}/a"))

    assert len({asked.peer for asked in site.asked[:3]}) == 1
    assert len({asked.peer for asked in site.asked}) == 2


def test_a_connection_that_the_server_closed_is_not_used_again(
    site: Site, fetcher: Fetcher
) -> None:
    once = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"  # and then the server hangs up
    site.pages["/a"] = Reply(stream=lambda connection: connection.sendall(once))

    for _ in range(2):
        assert isinstance(fetcher.get(Request(url=f"{site.base}/a")), Fetched)

    assert len(site.paths()) == 2


def public(*_: object) -> Sequence[str]:
    return ["93.184.216.34"]


def unknown(*_: object) -> Sequence[str]:
    raise OSError


def test_a_proxy_is_given_the_whole_address_and_the_guard_says_what_it_cannot_see(
    site: Site, make_fetcher: Callable[..., Fetcher], caplog: pytest.LogCaptureFixture
) -> None:
    guards._warn_unseen.cache_clear()
    for path in ("/a?b=%C3%BC", "/c"):
        site.pages[f"http://forum.example{path}"] = page(path.encode())

    for resolver, path in ((public, "/a?b=ü"), (unknown, "/c")):
        fetcher = make_fetcher(
            way=Way(proxy=site.base),
            guard=guards.Guard(resolver=resolver, loopback=False, named={}, proxied=True),
        )
        assert isinstance(fetcher.get(Request(url=f"http://forum.example{path}")), Fetched)

    assert site.asked[0].path == "http://forum.example/robots.txt"
    assert [r.levelno for r in caplog.records if "Proxy" in r.message] == [logging.WARNING]


def test_behind_a_proxy_private_names_are_refused_all_the_same(
    site: Site, make_fetcher: Callable[..., Fetcher]
) -> None:
    def private(*_: object) -> Sequence[str]:
        return ["10.0.0.1"]

    fetcher = make_fetcher(
        way=Way(proxy=site.base),
        guard=guards.Guard(resolver=private, loopback=False, named={}, proxied=True),
    )

    for url in ("http://forum.example/", "http://127.0.0.1/", "http://localhost/"):
        with pytest.raises(RefusedError):
            fetcher.get(Request(url=url))
    assert site.asked == []


def test_a_proxy_that_drips_is_left_at_the_deadline(
    site: Site, make_fetcher: Callable[..., Fetcher]
) -> None:
    site.pages["http://forum.example/a"] = Reply(stream=drip(b"", b"H", every_s=0.02))
    fetcher = make_fetcher(
        limits=Limits(deadline_s=0.3),
        way=Way(proxy=site.base),
        guard=guards.Guard(resolver=public, loopback=False, named={}, proxied=True),
    )

    with pytest.raises(FetchError) as caught:
        fetcher.get(Request(url="http://forum.example/a"))

    assert caught.value.code is Code.TOO_SLOW
