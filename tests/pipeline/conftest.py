"""A crawl over real HTTP on loopback, on a simulated clock."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator import pipeline, store
from aggregator.clock import SimulatedClock
from aggregator.model import Platform, Source
from aggregator.record import Report
from tests.builders import make_catalogue
from tests.scripted import Web, serving

Crawl = Callable[..., dict[str, Report]]


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """Hosts amt.example and land.example."""
    with serving(Web()) as web:
        monkeypatch.setenv("AGGREGATOR_ALLOW_PRIVATE", "1")
        monkeypatch.setenv("AGGREGATOR_MIN_DELAY_S", "1")
        monkeypatch.setenv(
            "AGGREGATOR_RESOLVE", web.resolve("amt.example", "www.amt.example", "land.example")
        )
        yield web


@pytest.fixture
def crawl(database: Path, db: store.Connection, clock: SimulatedClock, web: Web) -> Crawl:
    """Return a function that refreshes sources, by default a day after the last time."""

    def run(
        *sources: Source,
        platforms: list[Platform] | None = None,
        after: timedelta = timedelta(days=1),
    ) -> dict[str, Report]:
        clock.advance(after)
        engine = pipeline.make_engine(
            db, database, make_catalogue(list(sources), platforms), database.parent, clock, "test"
        )
        with closing(engine):
            return {
                report.source: report for report in pipeline.refresh(engine, sources, forced=True)
            }

    return run
