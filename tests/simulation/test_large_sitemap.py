"""A sitemap of many addresses under Crawl-delay 10, crawled by due times over simulated days.

`QV_ADDRESSES` sets how many (the figure of the release notes: 20000).
"""

import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from aggregator import pipeline, store
from aggregator.clock import SimulatedClock, instant
from aggregator.model import SourceKind
from tests.builders import make_catalogue, make_source
from tests.conftest import START
from tests.scripted import Answer, Web, serving

ADDRESSES = int(os.environ.get("QV_ADDRESSES", "150"))
DELAY = timedelta(seconds=10)
SITE = "http://amt.example"
SOURCE = make_source(
    "amt-sitemap", kind=SourceKind.SITEMAP, url=f"{SITE}/sitemap.xml", details="always", every=None
)
EDITED = "http://amt.example/seite/7"


def page(number: int, words: str = "steht") -> str:
    return (
        f"<!doctype html><html lang='de'><head><title>Seite n{number}</title></head><body><main>"
        f"<article><h1>Seite n{number}</h1><p>Auf der Seite {number} des Amtes {words} etwas, das"
        " alle lesen sollen, die einen Antrag stellen wollen.</p></article></main></body></html>"
    )


def sitemap() -> str:
    rows = "".join(f"<url><loc>{SITE}/seite/{n}</loc></url>" for n in range(ADDRESSES))
    return f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{rows}</urlset>"


class Timed(list[tuple[str, str, int]]):
    """A log of requests with the simulated time of each."""

    def __init__(self, clock: SimulatedClock) -> None:
        super().__init__()
        self.at: list[datetime] = []
        self._clock = clock

    def append(self, row: tuple[str, str, int]) -> None:
        super().append(row)
        self.at.append(self._clock.now())


@dataclass
class Crawled:
    """What was seen on the way."""

    db: store.Connection
    web: Web
    clock: SimulatedClock
    log: Timed
    database: Path
    done_at: datetime = START
    memory_mb: list[float] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)  # addresses that wait, after each run
    shown: list[str] = field(default_factory=list)  # how the source fared meanwhile

    def run(self) -> None:
        """Refresh when the source is due, as cron would."""
        at = store.state.state_of(self.db, SOURCE.id).next_at
        self.clock.wait_until(instant(at) if at else self.clock.now())
        engine = pipeline.make_engine(
            self.db, self.database, make_catalogue([SOURCE]), self.database.parent, self.clock,
            "test",
        )  # fmt: skip
        with closing(engine):
            report = next(iter(pipeline.refresh(engine, [SOURCE], forced=False)))
        assert report.state in ("ok", "unchanged"), report
        self.waiting.append(report.counts["pending"])
        self.memory_mb.append(memory_mb())


def memory_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def tell(figures: str) -> None:
    """Print figures for who runs this with `-s`."""
    sys.stderr.write(f"\n{figures}\n")


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    """Crawl until nothing waits."""
    clock = SimulatedClock(START)
    log = Timed(clock)
    database = tmp_path_factory.mktemp("large") / "querverweis.sqlite3"
    with serving(Web(log=log)) as web, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AGGREGATOR_ALLOW_PRIVATE", "1")
        patch.setenv("AGGREGATOR_PARSE_WORKERS", "0")
        patch.setenv("AGGREGATOR_RESOLVE", web.resolve("amt.example"))
        web.answers["amt.example", "/robots.txt"] = Answer(
            body=b"User-agent: *\nCrawl-delay: 10\n", media_type="text/plain"
        )
        web.put(SOURCE.url or "", sitemap(), media_type="application/xml")
        for number in range(ADDRESSES):
            web.put(f"{SITE}/seite/{number}", page(number))
        with closing(store.connect(database)) as db:
            result = Crawled(db, web, clock, log, database)
            store.catalogue.mirror(db, make_catalogue([SOURCE]))
            while not result.waiting or result.waiting[-1]:
                result.run()
            result.done_at = clock.now()
            yield result


def asked(crawled: Crawled, until: datetime) -> Counter[str]:
    """Count the requests of each path up to an instant."""
    rows = zip(crawled.log, crawled.log.at, strict=True)
    return Counter(path for (_, path, _), at in rows if at <= until)


def test_every_address_is_asked_exactly_once(crawled: Crawled) -> None:
    first: dict[str, datetime] = {}
    again = []  # the last run may go on with revisits
    for (_, path, _), at in zip(crawled.log, crawled.log.at, strict=True):
        if path.startswith("/seite/") and at <= crawled.done_at:
            again += [at - first[path]] if path in first else []
            first.setdefault(path, at)

    assert set(first) == {f"/seite/{n}" for n in range(ADDRESSES)}
    assert min(again, default=timedelta(days=1)) >= timedelta(days=1)
    assert crawled.db.execute("SELECT count(*) FROM item").fetchone()[0] == ADDRESSES


def test_the_crawl_delay_is_kept_and_little_time_is_lost(crawled: Crawled) -> None:
    gaps = [later - earlier for earlier, later in pairwise(crawled.log.at)]

    assert min(gaps) >= DELAY
    assert crawled.done_at - START <= 1.25 * (ADDRESSES + 2) * DELAY


def test_the_sitemap_is_asked_again_by_its_own_rhythm_alone(crawled: Crawled) -> None:
    days = (crawled.done_at - START) / timedelta(days=1)

    assert asked(crawled, crawled.done_at)["/sitemap.xml"] <= 1 + 7 * days


def test_progress_is_shown(crawled: Crawled) -> None:
    assert crawled.waiting == sorted(crawled.waiting, reverse=True)
    assert len(crawled.waiting) >= ADDRESSES / 62  # a budget of ten minutes each
    pending = [row[0] for row in crawled.db.execute("SELECT pending FROM run ORDER BY id")]
    assert pending == crawled.waiting


def test_memory_is_flat(crawled: Crawled) -> None:
    begin, end = crawled.memory_mb[0], crawled.memory_mb[-1]
    middle = crawled.memory_mb[len(crawled.memory_mb) // 2]
    told = f"{ADDRESSES} addresses in {crawled.done_at - START}, {len(crawled.waiting)} runs"
    tell(f"{told}, {len(crawled.log)} requests; MB {begin:.0f} {middle:.0f} {end:.0f}")

    # At first the page caches of the connections fill (32 MB each); then nothing grows.
    assert end - begin < 80
    assert end - middle < 20


def test_an_edited_page_without_lastmod_is_seen_within_its_revisit_time(crawled: Crawled) -> None:
    read_at = crawled.log.at[[path for _, path, _ in crawled.log].index("/seite/7")]
    crawled.web.put(EDITED, page(7, "steht jetzt"))
    # A day after it was read; revisits take half of the host's time at most.
    revisit = read_at + timedelta(days=1)
    latest = max(revisit, crawled.clock.now()) + timedelta(hours=2) + 2.5 * ADDRESSES * DELAY

    while not (rows := crawled.db.execute("SELECT from_at, until_at FROM version").fetchall()):
        crawled.run()
        assert crawled.clock.now() <= latest

    assert len(rows) == 1
    assert revisit <= instant(rows[0]["until_at"]) <= latest
    tell(f"seen {instant(rows[0]['until_at']) - revisit} after its time")
