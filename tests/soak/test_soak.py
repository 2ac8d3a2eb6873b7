"""Weeks of operation in minutes: the scheduler, cron, readers, a moderator, kill -9, other faults.

Real processes share one database; only their clock is set. They read a replica whose hosts break
and recover; a twin installation reads the same platforms on the same days with neither faults nor
mutations, and in the end both must hold the same. `QUERVERWEIS_SOAK_DAYS` makes it longer than the
sample that runs with the suite, which reads three of the platforms.
"""

import os
import random
import socket
import sqlite3
import statistics
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from aggregator import config, pipeline, store
from aggregator.clock import SimulatedClock
from aggregator.model import UserRole
from aggregator.store import holders
from aggregator.store.digest import digest
from tests.conftest import START
from tests.soak.place import (
    People,
    Place,
    Process,
    Service,
    fill_the_disk,
    hold_the_lock,
    kill_soon,
    make_place,
    memory_kb,
)
from tests.soak.sites import MutatingReplica, listed
from tests.web.people import PASSWORD, add

DAYS = int(os.environ.get("QUERVERWEIS_SOAK_DAYS", "1"))
SEED = int(os.environ.get("QUERVERWEIS_SOAK_SEED", "7"))
TICKS_A_DAY = int(os.environ.get("QUERVERWEIS_SOAK_TICKS", "2"))
SAMPLE = ("it-planungsrat", "ozg-kommunal", "kommunalblatt")
WAL_MOST, GROWTH_MOST = 64 << 20, 1.25
FAULTS = ("none", "kill", "kill", "kill service", "disk", "disk of service", "lock")
QUIET_STEPS = 12 if DAYS > 5 else 2  # of four days each, in the end

# What a run does is noted in order, whatever the clocks of the processes say. Housekeeping, which
# forgets the problems of old runs, is not their work.
WATCH = """
    CREATE TABLE soak (
        n INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER, source TEXT, begun INTEGER);
    CREATE TRIGGER soak_begun AFTER INSERT ON run
        BEGIN INSERT INTO soak (run, source, begun) VALUES (NEW.id, NEW.source, 1); END;
    CREATE TRIGGER soak_works AFTER UPDATE OF requests, ended_at ON run
        BEGIN INSERT INTO soak (run, source, begun) VALUES (NEW.id, NEW.source, 0); END;
"""
TWICE = """
    SELECT late.source, late.run, other.run FROM soak other JOIN soak late
        ON late.source = other.source AND late.run <> other.run AND late.n > other.n
    WHERE other.begun AND late.run < other.run
"""

pytestmark = pytest.mark.slow


@dataclass
class Told:
    """What was seen on the way."""

    faults: Counter[str] = field(default_factory=Counter)
    memory: list[int] = field(default_factory=list)  # of the web, KB
    wal: int = 0


@dataclass
class Soak:
    """A disturbed installation, its quiet twin, and what both read."""

    place: Place
    twin: Place
    replica: MutatingReplica
    calm: MutatingReplica
    chance: random.Random
    told: Told = field(default_factory=Told)

    def day(self, number: int, round_: int) -> None:
        for one in (self.replica, self.calm):
            one.day, one.round = number, round_


@pytest.fixture
def soak(tmp_path: Path) -> Iterator[Soak]:
    platforms = SAMPLE if DAYS <= 5 else None
    replica, calm = MutatingReplica(platforms), MutatingReplica(platforms)
    for one in (replica, calm):
        one.start()
    place = make_place(tmp_path / "gestört", replica.resolve)
    twin = make_place(tmp_path / "ruhig", calm.resolve)
    for installation in (place, twin):
        listed(installation.sources, platforms)
    yield Soak(place, twin, replica, calm, random.Random(SEED))
    for one in (replica, calm):
        one.stop()


def read(place: Place, at: datetime, *, forced: bool) -> int:
    """Refresh undisturbed, in this process; return how many addresses wait."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in place.environment.items():
            patch.setenv(name, value)
        db, listed_ = store.connect(place.database), config.load(place.sources)
        engine = pipeline.make_engine(db, place.database, listed_, place.data,
                                      SimulatedClock(at), "refresh")  # fmt: skip
        try:
            reports = list(pipeline.refresh(engine, listed_.sources, forced=forced))
        finally:
            engine.close()
            db.close()
    return sum(report.counts.get("pending", 0) for report in reports)


def settle(place: Place, at: datetime) -> None:
    """Refresh until no more comes of it."""
    before = -1
    for hour in range(20):
        left = read(place, at + timedelta(minutes=hour), forced=True)
        if left in (0, before):
            return
        before = left


def one_tick(soak: Soak, service: Service, at: datetime) -> None:
    """The service and two runs of cron at once, one of which may meet a fault."""
    place, chance = soak.place, soak.chance
    fault = chance.choice(FAULTS)
    holder = hold_the_lock(place.database, 0.5) if fault == "lock" else None
    running = service.tell(at)
    crons = [place.start(at, "refresh", "--max-time", "30m") for _ in range(2)]
    _meet(fault, running, crons, soak)
    for process in crons:
        process.wait(120)
    if holder:
        holder.join()
    soak.told.faults[fault] += 1


def _meet(fault: str, service: Process, crons: list[Process], soak: Soak) -> None:
    if fault == "kill":
        kill_soon(soak.chance.choice(crons), soak.chance)
    elif fault == "kill service":
        kill_soon(service, soak.chance)
    elif fault == "disk":
        fill_the_disk(crons[0], soak.place.database)
    elif fault == "disk of service":
        fill_the_disk(service, soak.place.database)
        crons[0].wait(120)
        service.kill()  # a limit once set stays
        service.wait()


@contextmanager
def operated(soak: Soak) -> Iterator[tuple[People, Service, Process]]:
    """The web application with a reader and a moderator, and the scheduler."""
    port = _free_port()
    server, people = soak.place.start(START, "serve", "--port", str(port)), People(port)
    service = Service(soak.place)
    people.wait_for_the_web()
    assert people.sign_in("moderatorin", PASSWORD) == 303
    reader = threading.Thread(target=people.read_on)
    reader.start()
    try:
        yield people, service, server
        assert service.stop() == 0
    finally:
        people.stop()
        reader.join()
        service.stop()
        server.terminate()
        assert server.wait(15) == 0


def live(soak: Soak, people: People, service: Service, server: Process) -> datetime:
    """Let the days pass; return the last moment."""
    told, at, ticks = soak.told, START, DAYS * TICKS_A_DAY
    for tick in range(ticks):
        at = START + timedelta(hours=24 / TICKS_A_DAY * tick)
        soak.day(tick // TICKS_A_DAY + 1, 1 if tick < ticks // 2 else 2)
        if tick == ticks // 2:
            _see_the_first_round_whole(soak, at)
        if tick:  # the first time they are what they are
            soak.replica.break_some(soak.chance)
        one_tick(soak, service, at)
        soak.place.start(at, "refresh").wait(120)  # the next line of cron, minutes later
        read(soak.twin, at, forced=False)
        queue, verdict = soak.chance.choice(("related", "same", "topic")), tick % 3
        people.judge(queue, ("yes", "no", "skip")[verdict])
        told.wal = max(told.wal, _size(Path(f"{soak.place.database}-wal")))
        told.memory.append(memory_kb(server.pid))
    return at


def _see_the_first_round_whole(soak: Soak, at: datetime) -> None:
    """Before platforms change, let both have seen them: what was missed is a version less."""
    for one in (soak.replica, soak.calm):
        one.round = 1
    soak.replica.mend()
    for installation in (soak.place, soak.twin):
        settle(installation, at - timedelta(hours=2))
    for one in (soak.replica, soak.calm):
        one.round = 2


def end_quietly(soak: Soak, at: datetime) -> None:
    """Give both some weeks without faults, and the twin what the moderator decided."""
    soak.replica.mend()
    for step in range(1, QUIET_STEPS + 1):
        for installation in (soak.place, soak.twin):
            settle(installation, at + timedelta(days=4 * step))
    end = at + timedelta(days=4 * QUIET_STEPS + 1)
    file = soak.twin.folder / "decisions.jsonl"
    file.write_bytes(soak.place.run(end, "decisions", "export"))
    soak.twin.run(end, "decisions", "import", str(file))
    for installation in (soak.place, soak.twin):
        installation.run(end, "rebuild")


def test_weeks_of_faults_lose_nothing(soak: Soak) -> None:
    db = store.connect(soak.place.database)
    add(db, "moderatorin", UserRole.MODERATOR)
    db.executescript(WATCH)
    with operated(soak) as (people, service, server):
        at = live(soak, people, service, server)
    end_quietly(soak, at)
    other = store.connect(soak.twin.database)
    _print(soak, people, service)

    assert digest(db) == digest(other), "nothing lost, nothing twice"
    assert db.execute(TWICE).fetchall() == [], "no source is read twice at once"
    assert max(soak.replica.together.most.values()) == 1, "no host is asked twice at once"
    assert soak.replica.forbidden_requests == []
    assert all(holders.is_dead(holder) for holder in _held(db)), "no lease is stuck"
    assert set(people.statuses) <= {200, 503}
    assert people.longest_gap_s < 15
    assert set(people.said) <= {"303", "503"}
    kept = db.execute("SELECT count(*) FROM review").fetchone()[0]
    assert kept == people.said["303"], "no verdict is lost"
    assert soak.told.wal <= WAL_MOST
    for memory in (soak.told.memory, service.memory):
        settled = memory[len(memory) // 3 :]
        assert not settled or settled[-1] <= GROWTH_MOST * statistics.median(settled), "flat"
    db.close()
    other.close()


def _held(db: sqlite3.Connection) -> list[str]:
    rows = db.execute(
        "SELECT by FROM lease UNION SELECT lease_by FROM source_state WHERE lease_by IS NOT NULL"
        " UNION SELECT lease_by FROM host WHERE lease_by IS NOT NULL"
    )
    own = holders.me()
    return [row[0] for row in rows if row[0] != own]


def _print(soak: Soak, people: People, service: Service) -> None:
    """Say what the figures are of."""
    told, writes = soak.told, people.writes_s
    slow = statistics.quantiles(writes, n=20)[-1] if len(writes) > 1 else 0
    lines = (
        f"days={DAYS} faults={dict(told.faults)} starts of the service={service.starts}"
        f" at once={max(soak.replica.together.most.values())}",
        f"answers={dict(people.statuses)} longest gap={people.longest_gap_s:.2f} s",
        f"mutated answers={sum(soak.replica.told.values())} {dict(soak.replica.told)}",
        f"verdicts={dict(people.said)} p95={slow:.3f} s wal={told.wal}",
        f"web={told.memory[0]}..{told.memory[-1]} KB service={service.memory[:1]}"
        f"..{service.memory[-1:]} KB requests={len(soak.replica.log)}",
    )
    print("\n".join(lines))  # noqa: T201 (figures)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as place:
        return int(place.getsockname()[1])


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
