"""Fixtures for fetching: a loopback site, and fetchers that may reach it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from aggregator.clock import SimulatedClock
from aggregator.fetch.client import Fetcher
from aggregator.fetch.hosts import MemoryHosts
from aggregator.fetch.way import Way
from aggregator.model import Exchange
from tests.fetch.site import Site, serving

AGENT = "Querverweis/0.1 (+https://example.org/kontakt)"


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A loopback site that may be asked."""
    monkeypatch.setenv("AGGREGATOR_ALLOW_PRIVATE", "1")
    with serving() as site:
        yield site


@pytest.fixture
def exchanges() -> list[Exchange]:
    """What the fetchers of this test have reported."""
    return []


@pytest.fixture(params=["lean", "httpx"])
def client(request: pytest.FixtureRequest) -> str:
    """Each client in turn: both keep every rule."""
    return str(request.param)


@pytest.fixture
def make_fetcher(
    clock: SimulatedClock, exchanges: list[Exchange], client: str
) -> Iterator[Callable[..., Fetcher]]:
    """Make fetchers that share the test's clock."""
    made: list[Fetcher] = []

    def make(**options: Any) -> Fetcher:
        hosts = options.pop("hosts", None) or MemoryHosts(clock)
        way = replace(options.pop("way", Way()), client=client)
        made.append(Fetcher(hosts, clock, AGENT, on_exchange=exchanges.append, way=way, **options))
        return made[-1]

    yield make
    for fetcher in made:
        fetcher.close()


@pytest.fixture
def fetcher(site: Site, make_fetcher: Callable[..., Fetcher]) -> Fetcher:
    """A fetcher for the site."""
    return make_fetcher()
