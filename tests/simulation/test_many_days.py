"""Simulated days of the replica and of failing sources, asked by cron and the scheduler at once.

Every tick that has something to do is run by both, at the same time, in threads with engines of
their own. `QV_DAYS` sets how many days (the figure of the release notes: 30).
"""

import os
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from aggregator import config, pipeline, store
from aggregator.cli.demo import SOURCES
from aggregator.clock import SimulatedClock, instant
from aggregator.model import Catalogue, RunState, SourceKind
from aggregator.replica import Replica
from aggregator.replica.content.rounds import BROKEN_SOURCES
from aggregator.replica.sites.answer import Answer as Page
from aggregator.replica.sites.robots import RULES
from tests.builders import make_platform, make_source, rss
from tests.scripted import Answer, Web, serving
from tests.simulation.test_large_sitemap import Timed

DAYS = int(os.environ.get("QV_DAYS", "2"))
START = datetime.fromisoformat("2026-11-23T08:00:00Z")
RETRY_AFTER = timedelta(hours=5)
FAILING = {
    "kaputt-404": Answer(status=404),
    "kaputt-410": Answer(status=410),
    "kaputt-500": Answer(status=500),
    "kaputt-503": Answer(status=503, headers=(("Retry-After", str(RETRY_AFTER.seconds)),)),
    "verboten": Answer(body=rss(1)),
    "gesund": Answer(body=rss(1, 2), media_type="application/rss+xml"),
}
ROBOTS = "User-agent: *\nDisallow: /verboten\n"


class Watched(Replica):
    """The replica with simulated times, and with how many requests a host had at once."""

    def __init__(self, clock: SimulatedClock) -> None:
        super().__init__(round=1)
        self.clock = clock
        self.times: dict[str, list[datetime]] = defaultdict(list)
        self.most_at_once = 0
        self._busy: dict[str, int] = defaultdict(int)
        self._guard = threading.Lock()

    def answer(self, host: str, target: str, *, cookies: str = "") -> Page:
        with self._guard:
            self.times[host].append(self.clock.now())
            self._busy[host] += 1
            self.most_at_once = max(self.most_at_once, self._busy[host])
        try:
            return super().answer(host, target, cookies=cookies)
        finally:
            with self._guard:
                self._busy[host] -= 1


@dataclass
class Lived:
    """The days that have passed."""

    db: store.Connection
    replica: Watched
    web: Web
    log: Timed
    busy: int = 0  # sources that one of two runs found in the hands of the other
    ticks: int = 0
    failed: list[str] = field(default_factory=list)

    def asked(self, name: str) -> list[datetime]:
        """Return when a source of amt.example was asked."""
        rows = zip(self.log, self.log.at, strict=True)
        return [at for (_, path, _), at in rows if path == f"/{name}.xml"]


def catalogue() -> Catalogue:
    """The replica's source list, with sources that fail."""
    listed = config.load(SOURCES)
    failing = [
        make_source(name, url=f"http://amt.example/{name}.xml", every=timedelta(hours=1))
        for name in FAILING
    ]
    return replace(
        listed, platforms=(*listed.platforms, make_platform()), sources=(*listed.sources, *failing),
        checksum="mit gestörten",
    )  # fmt: skip


class Both:
    """Cron and the scheduler, at work on one database."""

    def __init__(self, database: Path, clock: SimulatedClock, lived: Lived) -> None:
        self._database, self._clock, self._lived = database, clock, lived
        self._catalogue = catalogue()
        self._sources = [s for s in self._catalogue.sources if s.kind is not SourceKind.MANUAL]

    def tick(self) -> None:
        """Let both work at once on what is due."""
        self._lived.ticks += 1
        both = [threading.Thread(target=self._refresh, args=(name,)) for name in ("cron", "dienst")]
        for one in both:
            one.start()
        for one in both:
            one.join()

    def _refresh(self, name: str) -> None:
        try:
            with closing(store.connect(self._database)) as db:
                engine = pipeline.make_engine(
                    db, self._database, self._catalogue, self._database.parent, self._clock, name
                )
                with closing(engine):
                    for report in pipeline.refresh(engine, self._sources, forced=False):
                        self._lived.busy += report.state is RunState.BUSY
        except Exception as error:  # noqa: BLE001 (a thread tells its test)
            self._lived.failed.append(repr(error))

    def next_at(self) -> datetime:
        """Return when the next source is due."""
        rows = self._lived.db.execute(
            "SELECT coalesce(next_at, '') FROM source_state JOIN source ON source.id = source"
            " WHERE source.kind <> 'manual' ORDER BY 1 LIMIT 1"
        ).fetchone()
        return instant(rows[0]) if rows and rows[0] else self._clock.now()


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    """Let the days pass."""
    clock = SimulatedClock(START)
    database = tmp_path_factory.mktemp("days") / "querverweis.sqlite3"
    replica, log = Watched(clock), Timed(clock)
    replica.start()
    with serving(Web(log=log)) as web, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AGGREGATOR_ALLOW_PRIVATE", "1")
        patch.setenv("AGGREGATOR_PARSE_WORKERS", "0")
        patch.setenv("AGGREGATOR_RESOLVE", f"{replica.resolve},{web.resolve('amt.example')}")
        web.answers["amt.example", "/robots.txt"] = Answer(body=ROBOTS.encode())
        for name, answer in FAILING.items():
            web.answers["amt.example", f"/{name}.xml"] = answer
        with closing(store.connect(database)) as db:
            result = Lived(db, replica, web, log)
            both = Both(database, clock, result)
            while clock.now() < START + timedelta(days=DAYS):
                both.tick()
                if clock.now() > START + timedelta(days=DAYS / 2):
                    replica.round = 2
                clock.wait_until(both.next_at())
            yield result
    replica.stop()


def gaps(times: list[datetime]) -> list[timedelta]:
    return [later - earlier for earlier, later in pairwise(times)]


def test_nothing_went_wrong_on_the_way(lived: Lived) -> None:
    rows = lived.db.execute(
        "SELECT source, state, count(*) FROM run WHERE source NOT LIKE 'kaputt%'"
        " AND source <> 'verboten' GROUP BY 1, 2"
    ).fetchall()
    breaking = {source for source, (state, _) in BROKEN_SOURCES.items() if state != "suspect"}
    told = "\n".join(f"{s} {state} {n}" for s, state, n in rows)
    hosts = "\n".join(store.runs.politeness(lived.db))
    counts = {name: len(lived.asked(name)) for name in FAILING}
    sys.stderr.write(f"\n{DAYS} days, {lived.ticks} ticks, {lived.busy} busy\n{told}\n{hosts}\n"
                     f"{counts}\n")  # fmt: skip
    assert lived.failed == []
    fine = {state for source, state, _ in rows if source not in breaking}
    assert fine <= {"ok", "unchanged", "suspect"}


def test_never_two_requests_at_once_on_a_host(lived: Lived) -> None:
    assert lived.replica.most_at_once == 1


def test_spacing_and_crawl_delay_are_kept(lived: Lived) -> None:
    for host, times in lived.replica.times.items():
        rules = RULES.get(host)
        least = timedelta(seconds=max(1, rules.crawl_delay if rules else 0))
        assert min(gaps(times), default=least) >= least, host
    assert min(gaps(lived.log.at)) >= timedelta(seconds=1)


def test_nothing_forbidden_is_requested(lived: Lived) -> None:
    assert lived.replica.forbidden_requests == []
    assert lived.asked("verboten") == []


def test_failing_sources_are_asked_ever_more_rarely(lived: Lived) -> None:
    for name, weight in (("kaputt-404", 1.0), ("kaputt-500", 0.5)):
        for failures, wait in enumerate(gaps(lived.asked(name)), start=1):
            planned = min(timedelta(hours=2 ** (weight * failures)), timedelta(days=7))
            assert wait >= planned * 0.9 - timedelta(minutes=1), (name, failures)
    assert len(lived.asked("kaputt-410")) == 1
    assert len(lived.asked("gesund")) > len(lived.asked("kaputt-404"))


def test_retry_after_is_kept(lived: Lived) -> None:
    waits = gaps(lived.asked("kaputt-503"))

    assert len(waits) >= 2
    assert min(waits) >= RETRY_AFTER


def test_both_never_ask_for_the_same_address_in_one_due_period(lived: Lived) -> None:
    assert lived.busy + lived.ticks > 0
    rows = lived.db.execute(
        "SELECT run.source, request.url, request.at, run.id FROM request JOIN run ON"
        " run.id = request.run WHERE url NOT LIKE '%/robots.txt' ORDER BY request.at, request.id"
    ).fetchall()
    last: dict[tuple[str, str], tuple[datetime, int]] = {}
    twice = []
    for source, url, at, run in rows:
        before = last.get((source, url))
        if before and before[1] != run and instant(at) - before[0] < timedelta(minutes=27):
            twice.append((source, url, str(instant(at) - before[0])))
        last[source, url] = (instant(at), run)

    assert twice == []
    overlaps = lived.db.execute(
        "SELECT count(*) FROM run a JOIN run b ON a.source = b.source AND a.id < b.id"
        " AND b.started_at < a.ended_at"
    ).fetchone()[0]
    assert overlaps == 0
