"""Which client sends the requests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregator.config import InvalidConfigError, load_settings
from aggregator.config.settings import HTTP_CLIENTS
from aggregator.fetch import wires
from aggregator.fetch.guard import Guard
from aggregator.fetch.lean import LeanWire
from aggregator.fetch.over_httpx import HttpxWire
from aggregator.fetch.way import Way


@pytest.fixture(autouse=True)
def looked_anew() -> Iterator[None]:
    """What is installed is looked up once in a process; not in these tests."""
    wires._has_lean.cache_clear()
    yield
    wires._has_lean.cache_clear()


def opened(client: str) -> object:
    return wires.open_wire(Guard(), "Querverweis/0.1", Way(client=client))


def test_the_lean_client_is_taken_wherever_it_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(opened("auto"), LeanWire)

    wires._has_lean.cache_clear()
    monkeypatch.setattr(wires, "find_spec", lambda _: None)
    assert isinstance(opened("auto"), HttpxWire)


def test_a_client_can_be_asked_for(tmp_path: Path) -> None:
    assert isinstance(opened("lean"), LeanWire)
    assert isinstance(opened("httpx"), HttpxWire)
    assert wires.CLIENTS == HTTP_CLIENTS
    assert load_settings(tmp_path, {"AGGREGATOR_HTTP_CLIENT": "httpx"}).http_client == "httpx"


def test_an_unknown_client_is_a_mistake_with_its_remedy(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigError, match="HTTP-Client"):
        load_settings(tmp_path, {"AGGREGATOR_HTTP_CLIENT": "wget"})


def test_no_header_can_smuggle_a_line() -> None:
    wire = LeanWire(Guard(loopback=True, named={}), "Querverweis/0.1", Way())
    target = Guard(loopback=True, named={}).target("http://127.0.0.1:8101/")

    for value in ("a\r\nX: 1", "a\nX: 1", "a\rX: 1"):
        with pytest.raises(ValueError, match="line break"):
            wire._request(target, {"If-None-Match": value})
