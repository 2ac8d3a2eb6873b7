"""HTTPS through an outgoing proxy: a tunnel, and within it TLS that is checked by our own CA."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import trustme

from aggregator.errors import FetchError, RefusedError
from aggregator.fetch.client import Fetcher, Limits
from aggregator.fetch.guard import Guard
from aggregator.fetch.way import Way
from aggregator.model import Code, Fetched, Request
from tests.fetch.proxy import Proxy, tunnelling
from tests.fetch.site import Site, page, serving

Maker = Callable[..., Fetcher]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The certificate of a house's own authority, and that of forum.example with its key."""
    authority, folder = trustme.CA(), tmp_path_factory.mktemp("certificates")
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    server = authority.issue_cert("forum.example")
    server.private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    return folder / "ca.pem", folder / "server.pem"


@pytest.fixture
def secure_site(certificates: tuple[Path, Path]) -> Iterator[Site]:
    with serving(certificates[1]) as site:
        site.pages["/a?b=%C3%BC"] = page(b"secret")
        yield site


@pytest.fixture
def proxy(secure_site: Site) -> Iterator[Proxy]:
    with tunnelling(to=secure_site.port) as proxy:
        yield proxy


def guard(*answers: str) -> Guard:
    """A guard behind a proxy, whose resolver knows these addresses for every name."""

    def resolver(*_: object) -> Sequence[str]:
        if not answers:
            raise OSError
        return answers

    return Guard(resolver=resolver, loopback=False, named={}, proxied=True)


def test_a_page_comes_through_the_tunnel_over_one_connection(
    secure_site: Site, proxy: Proxy, make_fetcher: Maker, certificates: tuple[Path, Path]
) -> None:
    way = Way(proxy=proxy.url, ca_file=str(certificates[0]))
    fetcher = make_fetcher(way=way, guard=guard("93.184.216.34"))

    for _ in range(2):
        got = fetcher.get(Request(url="https://forum.example/a?b=ü"))
        assert isinstance(got, Fetched)
        assert got.body == b"secret"

    assert [head.split("\r\n")[0] for head in proxy.asked] == ["CONNECT forum.example:443 HTTP/1.1"]
    assert {asked.headers["host"] for asked in secure_site.asked} == {"forum.example"}
    assert len({asked.peer for asked in secure_site.asked}) == 1


def test_a_name_that_only_the_proxy_resolves_is_asked_all_the_same(
    secure_site: Site, proxy: Proxy, make_fetcher: Maker, certificates: tuple[Path, Path]
) -> None:
    way = Way(proxy=proxy.url, ca_file=str(certificates[0]))

    got = make_fetcher(way=way, guard=guard()).get(Request(url="https://forum.example/a?b=ü"))

    assert isinstance(got, Fetched)


@pytest.mark.parametrize("url", ["https://other.example/", "https://forum.example/"])
def test_the_tunnel_does_not_spare_the_certificate(
    secure_site: Site, proxy: Proxy, make_fetcher: Maker, certificates: tuple[Path, Path], url: str
) -> None:
    trusted = str(certificates[0]) if "other" in url else None
    fetcher = make_fetcher(way=Way(proxy=proxy.url, ca_file=trusted), guard=guard())

    with pytest.raises(FetchError) as caught:
        fetcher.get(Request(url=url))

    assert "Zertifikat" in caught.value.remedy
    assert secure_site.asked == []


def test_no_tunnel_is_asked_for_to_a_private_address(proxy: Proxy, make_fetcher: Maker) -> None:
    fetcher = make_fetcher(way=Way(proxy=proxy.url), guard=guard("10.0.0.1"))

    for url in ("https://forum.example/", "https://10.0.0.1/", "https://localhost/"):
        with pytest.raises(RefusedError):
            fetcher.get(Request(url=url))
    assert proxy.asked == []


@pytest.mark.parametrize(
    "answer",
    [b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
     b"HTTP/1.1 503 No\r\n\r\n"],
)  # fmt: skip
def test_a_proxy_that_gives_no_tunnel_is_named(
    secure_site: Site, make_fetcher: Maker, answer: bytes
) -> None:
    with tunnelling(to=secure_site.port, answer=answer) as proxy:
        fetcher = make_fetcher(way=Way(proxy=proxy.url), guard=guard())
        with pytest.raises(FetchError) as caught:
            fetcher.get(Request(url="https://forum.example/"))

    assert caught.value.code is Code.OFFLINE
    assert caught.value.message.startswith("der Proxy stellt keine Verbindung her: ")
    assert answer[9:12].decode() in caught.value.message
    assert "proxy" in caught.value.remedy


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-x\r\n\r\n"])
def test_what_is_no_proxy_is_a_clear_problem(
    secure_site: Site, make_fetcher: Maker, answer: bytes
) -> None:
    with tunnelling(to=secure_site.port, answer=answer) as proxy:
        fetcher = make_fetcher(way=Way(proxy=proxy.url), guard=guard(), limits=Limits(deadline_s=2))
        with pytest.raises(FetchError) as caught:
            fetcher.get(Request(url="https://forum.example/"))

    assert caught.value.status is None


def test_a_proxy_that_is_not_there_is_offline(make_fetcher: Maker) -> None:
    fetcher = make_fetcher(way=Way(proxy="http://127.0.0.1:1"), guard=guard())

    with pytest.raises(FetchError) as caught:
        fetcher.get(Request(url="https://forum.example/"))

    assert caught.value.code is Code.OFFLINE
