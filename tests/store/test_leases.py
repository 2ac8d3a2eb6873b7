"""Leases of sources: kept by a heartbeat while their work waits, lost when it stops."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator import store
from aggregator.clock import SimulatedClock, stamp
from aggregator.model import RunState
from aggregator.store import holders, leases
from tests.conftest import START

NAME = "amt-feed"
OTHER = f"{holders.me().partition('/')[0]}/pid:[1]/1/1"  # a container beside this process


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> SimulatedClock:
    """The clock that leases are kept on, moved by hand."""
    moved = SimulatedClock(START)
    monkeypatch.setattr(holders, "CLOCK", moved)
    return moved


@pytest.fixture
def claimed(db: store.Connection, clock: SimulatedClock, real: SimulatedClock) -> store.Connection:
    assert store.state.claim(db, NAME, clock, forced=True) is None
    return db


@pytest.fixture
def heart(database: Path) -> Iterator[leases.Heartbeat]:
    """A heartbeat that is only beaten by hand."""
    with leases.Heartbeat(database, every=timedelta(hours=1)) as beating:
        yield beating


def claim_elsewhere(
    db: store.Connection, clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch
) -> RunState | None:
    """Try to claim as a living process of another pid namespace would."""
    with monkeypatch.context() as patch:
        patch.setattr(holders, "me", lambda: OTHER)
        return store.state.claim(db, NAME, clock, forced=True)


def test_a_long_wait_keeps_its_lease_while_the_heart_beats(
    claimed: store.Connection, clock: SimulatedClock, real: SimulatedClock,
    heart: leases.Heartbeat, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    heart.keep(NAME)
    for _ in range(60):  # twenty minutes
        real.advance(leases.BEAT)
        heart.beat(claimed)

    assert claim_elsewhere(claimed, clock, monkeypatch) is RunState.BUSY


def test_a_lease_ends_minutes_after_the_last_beat(
    claimed: store.Connection, clock: SimulatedClock, real: SimulatedClock,
    heart: leases.Heartbeat, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    heart.keep(NAME)
    heart.beat(claimed)
    heart.drop(NAME)
    real.advance(leases.OF_SOURCE - timedelta(seconds=1))
    heart.beat(claimed)
    assert claim_elsewhere(claimed, clock, monkeypatch) is RunState.BUSY

    real.advance(timedelta(seconds=2))

    assert claim_elsewhere(claimed, clock, monkeypatch) is None


def test_a_lease_that_was_lost_stays_with_who_has_it(
    claimed: store.Connection, clock: SimulatedClock, real: SimulatedClock,
    heart: leases.Heartbeat, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    real.advance(timedelta(hours=1))  # this process was suspended
    assert claim_elsewhere(claimed, clock, monkeypatch) is None
    taken = claimed.execute("SELECT lease_by, lease_until FROM source_state").fetchone()

    heart.keep(NAME)
    real.advance(leases.BEAT)
    heart.beat(claimed)
    with store.transaction(claimed):
        store.state.settle(claimed, NAME, state=RunState.OK, reason=None, message=None,
                           next_at=None, failures=0.0, now=stamp(clock.now()))  # fmt: skip

    left = claimed.execute("SELECT lease_by, lease_until FROM source_state").fetchone()
    assert tuple(left) == tuple(taken)
    assert left[0] == OTHER


def test_the_heart_beats_by_itself(
    claimed: store.Connection, database: Path, real: SimulatedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    before = claimed.execute("SELECT lease_until FROM source_state").fetchone()[0]
    real.advance(timedelta(minutes=1))
    beaten = threading.Event()
    beat = leases.Heartbeat.beat

    def noted(self: leases.Heartbeat, db: store.Connection) -> None:
        beat(self, db)
        beaten.set()

    monkeypatch.setattr(leases.Heartbeat, "beat", noted)
    with leases.Heartbeat(database, every=timedelta(milliseconds=1)) as heart:
        heart.keep(NAME)
        for _ in range(2):  # the first may have begun before the source was kept
            beaten.clear()
            assert beaten.wait(10)

    assert claimed.execute("SELECT lease_until FROM source_state").fetchone()[0] > before
