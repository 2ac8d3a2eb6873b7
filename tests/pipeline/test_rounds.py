"""Runs that are begun and ended together."""

from contextlib import closing
from pathlib import Path

from aggregator import pipeline, store
from aggregator.clock import SimulatedClock
from aggregator.model import RunState
from aggregator.rounds import AT_ONCE
from tests.builders import make_catalogue, make_source, rss
from tests.pipeline.conftest import Crawl
from tests.scripted import Web

XML = "application/rss+xml"
SOURCES = [make_source(f"feed-{n}", url=f"http://amt.example/{n}.xml") for n in range(AT_ONCE + 3)]


def serve_all(web: Web) -> None:
    for source in SOURCES:
        web.put(str(source.url), rss(1), media_type=XML)


def test_sources_that_are_settled_together_have_a_record_each(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    serve_all(web)
    crawl(*SOURCES)

    reports = crawl(*SOURCES)

    assert {report.state for report in reports.values()} == {RunState.UNCHANGED}
    assert {report.counts["not_modified"] for report in reports.values()} == {1}
    rows = db.execute(
        "SELECT r.source, count(q.id), f.visits, f.due_at > s.last_run_at, s.lease_by"
        " FROM run r JOIN request q ON q.run = r.id AND q.status = 304"
        " JOIN frontier f ON f.source = r.source AND f.role = 'root'"
        " JOIN source_state s ON s.source = r.source"
        " WHERE r.state = 'unchanged' GROUP BY r.id"
    )
    wanted = {(source.id, 1, 1, 1, None) for source in SOURCES}
    assert {tuple(row) for row in rows} == wanted


def test_a_document_that_changed_is_read_although_its_source_was_quiet(
    web: Web, crawl: Crawl
) -> None:
    serve_all(web)
    crawl(*SOURCES)
    web.put(str(SOURCES[3].url), rss(1, 2), media_type=XML)

    reports = crawl(*SOURCES)

    changed = {name for name, report in reports.items() if report.state is RunState.OK}
    assert changed == {"feed-3"}
    assert reports["feed-3"].counts["new"] == 1
    assert reports["feed-3"].counts["unchanged"] == 1


def test_what_was_begun_and_not_read_leaves_no_trace(
    web: Web, db: store.Connection, database: Path, clock: SimulatedClock
) -> None:
    serve_all(web)
    catalogue = make_catalogue(SOURCES)
    engine = pipeline.make_engine(db, database, catalogue, database.parent, clock, "test")
    states = []
    with closing(engine):
        for report in pipeline.refresh(engine, SOURCES, forced=True):
            engine.stop.set()
            states.append(report.state)

    read = states.count(RunState.OK)
    assert read < len(SOURCES)
    assert states.count(RunState.NOT_DUE) == len(SOURCES) - read
    assert db.execute("SELECT count(*) FROM run").fetchone()[0] == read
    held = db.execute("SELECT count(*) FROM source_state WHERE lease_by IS NOT NULL").fetchone()
    assert held[0] == 0
