"""`aggregator demo`: the bundled platforms, crawled and counted."""

import re

import pytest

from tests.cli.conftest import Program


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the demo sets in its process ends with the test."""
    for name in ("AGGREGATOR_ALLOW_PRIVATE", "AGGREGATOR_RESOLVE", "AGGREGATOR_NOW"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


@pytest.mark.slow
@pytest.mark.usefixtures("environment")
def test_once_it_crawls_everything_politely_and_ends(aggregator: Program) -> None:
    assert aggregator("demo", "--once") == 0

    gaps = dict(re.findall(r"^(\S+): \d+ Anfragen, .* Abstand (\d+) s$", aggregator.err, re.M))
    assert gaps["www.digitale-verwaltung.de"] == "10"
    assert len(gaps) == 11
    [[items]] = aggregator.values("SELECT count(*) FROM item")
    assert items >= 400
    assert aggregator.values("SELECT count(*) FROM changes") == [(0,)]
    assert aggregator.values("SELECT count(*) FROM frontier WHERE pending = 1") == [(0,)]
