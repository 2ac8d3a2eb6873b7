"""Every mutation ends as the table says: state, reason, and not one item lost.

All run in one refresh, each a source on a host of its own: round one reads the originals, round
two, three days later, what became of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from aggregator import pipeline, store
from aggregator.clock import SimulatedClock
from aggregator.record import Report
from tests.builders import make_catalogue
from tests.conftest import START
from tests.mutations.sites import COUNT, Site, platform_of, source_of
from tests.mutations.table import MUTATIONS, Mutation
from tests.scripted import Web, serving

NAMES = [mutation.name for mutation in MUTATIONS]


@dataclass(frozen=True)
class Rounds:
    """What both rounds reported, and the items of each source after each."""

    before: dict[str, Report]
    after: dict[str, Report]
    live_before: dict[str, set[str]]
    live_after: dict[str, set[str]]
    requests: dict[str, int]  # of round two


def put(web: Web, name: str, site: Site) -> None:
    """Let a host answer as a site does, with and without www."""
    for host in (f"{name}.example", f"www.{name}.example"):
        for key in [key for key in web.answers if key[0] == host]:
            del web.answers[key]
        for path, answer in site.paths.items():
            web.answers[host, path] = answer


def live(db: store.Connection) -> dict[str, set[str]]:
    """Return the keys of the live items of each source."""
    found: dict[str, set[str]] = {name: set() for name in NAMES}
    rows = db.execute(
        "SELECT o.source, i.key FROM observation o JOIN item i ON i.pk = o.item"
        " WHERE i.state = 'live' AND i.merged_into IS NULL"
    )
    for row in rows:
        found[row["source"]].add(row["key"])
    return found


@pytest.fixture(scope="module")
def rounds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rounds]:
    """Run both rounds over real HTTP, on a real database and a simulated clock."""
    database = tmp_path_factory.mktemp("mutations") / "querverweis.sqlite3"
    clock = SimulatedClock(START)
    sites = {m.name: m.site(f"{m.name}.example") for m in MUTATIONS}
    sources = [source_of(name, site) for name, site in sites.items()]
    catalogue = make_catalogue(sources, [platform_of(name) for name in NAMES])
    hosts = [host for name in NAMES for host in (f"{name}.example", f"www.{name}.example")]
    with serving(Web()) as web, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AGGREGATOR_ALLOW_PRIVATE", "1")
        patch.setenv("AGGREGATOR_MIN_DELAY_S", "0")
        patch.setenv("AGGREGATOR_RESOLVE", web.resolve(*hosts))
        db = store.connect(database)
        engine = pipeline.make_engine(db, database, catalogue, database.parent, clock, "test")

        def refresh() -> tuple[dict[str, Report], dict[str, set[str]]]:
            told = {r.source: r for r in pipeline.refresh(engine, sources, forced=True)}
            return told, live(db)

        for mutation in MUTATIONS:
            put(web, mutation.name, sites[mutation.name])
        before, live_before = refresh()
        for mutation in MUTATIONS:
            put(web, mutation.name, mutation.change(sites[mutation.name]))
        clock.advance(timedelta(days=3))
        web.log.clear()
        after, live_after = refresh()
        asked = [host.removeprefix("www.").removesuffix(".example") for host, _, _ in web.log]
        yield Rounds(before, after, live_before, live_after,
                     {name: asked.count(name) for name in NAMES})  # fmt: skip
        engine.close()
        db.close()


def test_names_are_unique_and_the_table_is_large() -> None:
    assert len(set(NAMES)) == len(NAMES) >= 60


@pytest.mark.parametrize("mutation", MUTATIONS, ids=NAMES)
def test_run_ends_as_the_table_says(rounds: Rounds, mutation: Mutation) -> None:
    name = mutation.name
    assert (rounds.before[name].state, len(rounds.live_before[name])) == ("ok", COUNT)
    report = rounds.after[name]

    assert (report.state, report.reason) == (mutation.state, mutation.reason), report.message
    assert rounds.live_after[name] == rounds.live_before[name]
    assert report.counts["new"] == 0
    assert mutation.changed is None or report.counts["changed"] == mutation.changed
    assert rounds.requests[name] <= 25, "asked over and over"
