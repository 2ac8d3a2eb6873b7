"""Where nothing happens, nothing is reported: days of an unchanged replica raise no alarm.

QUERVERWEIS_QUIET_DAYS sets how many days are simulated; the default keeps the suite quick.
"""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator import pipeline, store
from aggregator.clock import SimulatedClock
from aggregator.config import load
from aggregator.model import RunState
from aggregator.replica.server import Replica

DAYS = int(os.environ.get("QUERVERWEIS_QUIET_DAYS", "4"))
STEP = timedelta(hours=8)
LIST = Path(__file__).parents[2] / "aggregator" / "replica" / "sources.yaml"
QUIET = {RunState.OK, RunState.UNCHANGED, RunState.NOT_DUE}


def test_unchanged_platforms_raise_no_alarm(
    monkeypatch: pytest.MonkeyPatch, database: Path, db: store.Connection, clock: SimulatedClock
) -> None:
    catalogue = load(LIST)
    replica = Replica()
    replica.start()
    monkeypatch.setenv("AGGREGATOR_ALLOW_PRIVATE", "1")
    monkeypatch.setenv("AGGREGATOR_RESOLVE", replica.resolve)
    engine = pipeline.make_engine(db, database, catalogue, database.parent, clock, "test")
    alarms, counts, asked, known = [], dict.fromkeys(("new", "changed", "vanished"), 0), 0, 0
    first = clock.now()
    try:
        while clock.now() < first + timedelta(days=DAYS):
            settled = clock.now() > first + timedelta(days=1)
            for report in pipeline.refresh(engine, catalogue.sources, forced=False):
                if report.state not in QUIET:
                    alarms.append((str(clock.now()), report))
                for name in counts if settled else ():
                    counts[name] += report.counts.get(name, 0)
                asked += report.counts.get("requests", 0) if settled else 0
                known += report.counts.get("not_modified", 0) if settled else 0
            clock.advance(STEP)
    finally:
        engine.close()
        replica.stop()

    assert alarms == []
    assert counts == {"new": 0, "changed": 0, "vanished": 0}
    assert 0 < known <= asked
    assert replica.forbidden_requests == []
