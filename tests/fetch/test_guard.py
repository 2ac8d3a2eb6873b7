"""Which addresses may be asked: every trick ends before a connection."""

import logging
import socket
from collections.abc import Callable, Sequence

import pytest

from aggregator import clock
from aggregator.errors import ConfigError, FetchError, RefusedError
from aggregator.fetch import guard as guards
from aggregator.fetch import lean, seams
from aggregator.fetch.client import Fetcher
from aggregator.fetch.guard import Guard, is_public, system_resolver
from aggregator.model import Code, Request
from tests.fetch.site import Site, page

PUBLIC = "93.184.216.34"


def guard(answer: Sequence[str] = (PUBLIC,), *, loopback: bool = False) -> Guard:
    return Guard(resolver=lambda *_: answer, loopback=loopback, named={})


def admitted(checked: Guard, url: str) -> bool:
    """Whether a URL passes text and addresses."""
    try:
        target = checked.target(url)
        checked.endpoints(target.hostname, target.port)
    except RefusedError as error:
        return not (error.code is Code.ADDRESS_REFUSED and error.message and error.remedy)
    return True


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://127.8.9.1/", "http://0/", "http://0.0.0.0/", "http://[::]/",
        "http://2130706433/", "http://0x7f.1/", "http://0177.0.0.1/", "http://127.1/",
        "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[::127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/", "http://[64:ff9b:1::1]/", "http://[2002:7f00:1::]/",
        "http://[2001:0:7f00:1::]/", "http://[fe80::1]/", "http://[fe80::1%25eth0]/",
        "http://[fec0::1]/", "http://[fc00::1]/", "http://[ff02::1]/", "http://[3fff::1]/",
        "http://[2001:db8::1]/", "http://[100::1]/", "http://10.1.2.3/", "http://172.20.1.1/",
        "http://192.168.1.1/", "http://100.64.1.1/", "http://169.254.169.254/",
        "http://192.0.0.1/", "http://198.18.0.1/", "http://224.0.0.1/", "http://240.1.1.1/",
        "http://255.255.255.255/", "http://①②⑦.⓪.⓪.①/", "http://127。0。0。1/",
        "http://１０.0.0.1/", "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
    ],
)  # fmt: skip
def test_private_and_special_addresses_are_refused(url: str) -> None:
    assert not admitted(guard(), url)


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/",
        "http://a.localhost./",
        "http://drucker.local/",
        "http://metadata.google.internal/",
        "http://router.home.arpa/",
        "http://x.onion/",
    ],
)
def test_names_of_the_own_network_are_refused_without_asking_dns(url: str) -> None:
    def nobody(hostname: str, port: int) -> Sequence[str]:
        raise AssertionError(f"asked for {hostname}:{port}")

    assert not admitted(Guard(resolver=nobody, loopback=False, named={}), url)


@pytest.mark.parametrize(
    "url",
    [
        "", "/feed.xml", "//example.org/", "example.org", "ftp://example.org/",
        "file:///etc/passwd", "data:text/html,x", "javascript:alert(1)", "jar:http://a.de!/",
        "http+unix://%2Frun%2Fx.sock/", "http:example.org", "http://", "http:///x",
        "http:\\\\example.org\\", "http://example.org\\@10.0.0.1/", "ht\ntp://example.org/",
        " http://example.org/", "http://example.org/\x00", "http://exa mple.org/",
        "http://example.org%0d%0aX:1/", "http://256.256.256.256/", "http://example.org:0/",
        "http://example.org:99999/", "http://[::1", "http://example.org/" + "x" * 5000,
    ],
    ids=lambda url: url[:30].encode("unicode_escape").decode(),
)  # fmt: skip
def test_what_is_no_plain_web_address_is_refused(url: str) -> None:
    assert not admitted(guard(), url)


@pytest.mark.parametrize(
    "url", ["https://nutzer:geheim@example.org/", "https://example.org@10.0.0.1/", "http://@a.de/"]
)
def test_credentials_are_refused_and_never_repeated(url: str) -> None:
    with pytest.raises(RefusedError) as caught:
        guard().target(url)

    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    ("port", "fine"),
    [(80, True), (443, True), (8080, True), (8443, True), (22, False), (25, False), (6379, False),
     (11211, False), (6667, False)],
)  # fmt: skip
def test_ports_of_other_protocols_are_refused(port: int, *, fine: bool) -> None:
    assert admitted(guard(), f"http://example.org:{port}/") is fine


@pytest.mark.parametrize(
    ("url", "sent", "name"),
    [
        ("HTTPS://WWW.Köln.de:443/ä b?ö#x", "https://www.xn--kln-sna.de/%C3%A4%20b?%C3%B6",
         "www.xn--kln-sna.de"),
        ("http://example.org.:8080", "http://example.org:8080/", "example.org:8080"),
        ("http://example.org/%0d%0aX:1", "http://example.org/%0d%0aX:1", "example.org"),
        ("http://example.org/a/../b;jsessionid=1?x=a%20b",
         "http://example.org/b;jsessionid=1?x=a%20b", "example.org"),
        ("https://[2001:4860:4860::8888]/", "https://[2001:4860:4860::8888]/",
         "[2001:4860:4860::8888]"),
    ],
)  # fmt: skip
def test_public_addresses_are_admitted_in_their_normal_form(url: str, sent: str, name: str) -> None:
    target = guard().target(url)

    assert (target.url, target.name) == (sent, name)
    assert admitted(guard(), url)
    assert guard().target(target.url) == target


@pytest.mark.parametrize(
    "answer", [["10.0.0.1"], [PUBLIC, "127.0.0.1"], ["2606:4700::1", "fd00::1"], ["fe80::1%2"]]
)
def test_one_private_answer_refuses_the_name(answer: list[str]) -> None:
    assert not admitted(guard(answer), "https://example.org/")


@pytest.mark.parametrize("failure", [socket.gaierror(-2, "unknown"), UnicodeError("label")])
def test_a_name_without_an_address_is_offline(failure: Exception) -> None:
    def resolver(*_: object) -> Sequence[str]:
        raise failure

    def silence(*_: object) -> Sequence[str]:
        return []

    for nowhere in (resolver, silence):
        with pytest.raises(FetchError) as caught:
            Guard(resolver=nowhere, loopback=False, named={}).endpoints("example.org", 443)
        assert caught.value.code is Code.OFFLINE
        assert caught.value.retryable


def test_a_resolver_that_hangs_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    hang = socket.socketpair()
    monkeypatch.setattr(guards, "RESOLVE_S", 0.05)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: hang[0].recv(1))

    with pytest.raises(TimeoutError):
        system_resolver("example.org", 443)

    for end in hang:
        end.close()


def test_the_system_resolver_tells_addresses_and_failures() -> None:
    assert "127.0.0.1" in system_resolver("127.0.0.1", 80)
    with pytest.raises(OSError, match=r".+"):
        system_resolver("no-such-name.invalid", 80)


def test_addresses_that_carry_another_are_judged_by_it() -> None:
    assert is_public("::ffff:93.184.216.34")
    assert is_public("64:ff9b::5db8:d822")
    assert not is_public("::ffff:10.0.0.1")
    assert not is_public("64:ff9b::a00:1")
    assert not is_public("no address")


def test_loopback_and_nothing_else_private_is_admitted_for_tests() -> None:
    allowed = guard(["127.0.0.1"], loopback=True)

    for url in ("http://127.0.0.1:25/", "http://[::1]:8101/", "http://localhost:8101/",
                "http://[::ffff:127.0.0.1]/", "http://a.localhost/"):  # fmt: skip
        assert admitted(allowed, url)
    for url in ("http://10.0.0.1/", "http://0.0.0.0/", "http://169.254.169.254/",
                "http://drucker.local/", "ftp://127.0.0.1/", "http://[fd00::1]/"):  # fmt: skip
        assert not admitted(allowed, url)


def test_a_name_that_rebinds_wins_nothing(
    site: Site, make_fetcher: Callable[..., Fetcher], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guards, "ANSWER_S", 0.0)  # every look asks the resolver anew
    answers = [[PUBLIC], ["127.0.0.1"]]
    rebinding = Guard(
        resolver=lambda *_: answers.pop(0) if len(answers) > 1 else answers[0],
        loopback=False,
        named={},
    )
    site.pages["/"] = page()

    with pytest.raises(RefusedError) as caught:
        make_fetcher(guard=rebinding).get(Request(url=f"http://rebind.example:{site.port}/"))

    assert caught.value.code is Code.ADDRESS_REFUSED
    assert site.asked == []


def test_a_connection_goes_to_the_address_that_was_checked(
    site: Site, make_fetcher: Callable[..., Fetcher], monkeypatch: pytest.MonkeyPatch
) -> None:
    reached: list[str] = []

    def refuse(address: tuple[str, int], *_: object, **__: object) -> socket.socket:
        reached.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refuse)  # under httpx
    monkeypatch.setattr(lean, "connect", refuse)
    checked = guard([PUBLIC, "2606:4700::1"])

    with pytest.raises(FetchError) as caught:
        make_fetcher(guard=checked).get(Request(url="http://example.org/"))

    assert caught.value.code is Code.OFFLINE
    assert reached == [PUBLIC, "2606:4700::1"]  # of robots.txt; the page is not tried


def test_a_name_is_resolved_once_a_minute() -> None:
    asked: list[str] = []

    def resolver(hostname: str, _: int) -> Sequence[str]:
        asked.append(hostname)
        return [PUBLIC]

    checked = Guard(resolver=resolver, loopback=False, named={})
    for _ in range(3):
        checked.endpoints("example.org", 443)

    assert asked == ["example.org"]


def test_seams_are_ignored_with_one_warning_each(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("AGGREGATOR_ALLOW_PRIVATE", raising=False)
    monkeypatch.setenv("AGGREGATOR_RESOLVE", "example.org=127.0.0.1:8101")
    monkeypatch.setenv("AGGREGATOR_MIN_DELAY_S", "0")
    clock._warn_ignored.cache_clear()

    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert seams.resolve_map() == {}
            assert seams.smallest_delay() == seams.MIN_DELAY

    assert [record.args for record in caplog.records] == [
        ("AGGREGATOR_RESOLVE",), ("AGGREGATOR_MIN_DELAY_S",),
    ]  # fmt: skip


def test_names_lead_to_loopback_ports_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGGREGATOR_ALLOW_PRIVATE", "1")
    monkeypatch.setenv(
        "AGGREGATOR_RESOLVE",
        "Forum.Example=127.0.0.1:8101, six.example=[::1]:8102,"
        "forum.example:8443=127.0.0.1:8103, bad.example=10.0.0.1:80, intern.local=127.0.0.1:81",
    )
    checked = Guard(resolver=lambda *_: [PUBLIC])

    assert checked.endpoints("forum.example", 80) == [("127.0.0.1", 8101)]
    assert checked.endpoints("forum.example", 8443) == [("127.0.0.1", 8103)]
    assert checked.endpoints("six.example", 443) == [("::1", 8102)]
    assert admitted(checked, "http://intern.local/")
    assert not admitted(checked, "http://bad.example/")
    assert checked.endpoints("other.example", 80) == [(PUBLIC, 80)]


def test_a_mapping_without_the_permission_is_refused() -> None:
    checked = Guard(loopback=False, named={"forum.example": ("127.0.0.1", 8101)})

    assert not admitted(checked, "http://forum.example/")


@pytest.mark.parametrize(
    ("name", "value"),
    [("AGGREGATOR_RESOLVE", "forum.example"), ("AGGREGATOR_RESOLVE", "a=127.0.0.1"),
     ("AGGREGATOR_RESOLVE", "a=127.0.0.1:x"), ("AGGREGATOR_MIN_DELAY_S", "schnell")],
)  # fmt: skip
def test_seams_that_cannot_be_read_are_a_mistake_of_the_configuration(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv("AGGREGATOR_ALLOW_PRIVATE", "1")
    monkeypatch.setenv(name, value)

    with pytest.raises(ConfigError) as caught:
        (seams.resolve_map if name == "AGGREGATOR_RESOLVE" else seams.smallest_delay)()

    assert caught.value.where == name
