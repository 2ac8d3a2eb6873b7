"""Sources between runs: mirrored, claimed, paused; and the record of the runs."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from aggregator import store
from aggregator.clock import SimulatedClock, stamp
from aggregator.errors import NotFoundError
from aggregator.model import Code, Exchange, Problem, Role, RunState
from aggregator.store import holders
from tests.builders import make_catalogue, make_platform, make_source

NAME = "amt-feed"
ELSEWHERE = f"{holders.me().partition('/')[0]}/pid:[1]/1/1"  # a container beside this process


@pytest.fixture(autouse=True)
def listed(db: store.Connection) -> None:
    store.catalogue.mirror(db, make_catalogue([make_source(NAME)]))


def settle(db: store.Connection, clock: SimulatedClock, **more: Any) -> None:
    told = {"state": RunState.OK, "reason": None, "message": None, "next_at": None,
            "failures": 0.0, "now": stamp(clock.now())} | more  # fmt: skip
    with store.transaction(db):
        store.state.settle(db, NAME, **told)


# --- the mirrored list -----------------------------------------------------------------------


def test_mirrored_platforms_are_those_of_the_list(db: store.Connection) -> None:
    platforms = [make_platform("amt", former=("http://alt.example/",)), make_platform("land")]
    catalogue = make_catalogue([make_source(NAME)], platforms)

    assert store.catalogue.mirror(db, catalogue)

    assert store.catalogue.platforms(db) == catalogue.platforms
    assert store.catalogue.site(db) == catalogue.site


def test_a_list_that_did_not_change_is_not_written(db: store.Connection) -> None:
    same = make_catalogue([make_source(NAME)])

    assert not store.catalogue.mirror(db, same)
    assert store.catalogue.mirror(db, replace(same, checksum="anders"))


def test_a_source_that_left_the_list_keeps_its_state(db: store.Connection) -> None:
    store.catalogue.mirror(db, make_catalogue([make_source("amt-neu")]))

    assert [row[0] for row in db.execute("SELECT id FROM source")] == ["amt-neu"]
    assert store.state.state_of(db, NAME).failures == 0


# --- claiming --------------------------------------------------------------------------------


def test_a_source_is_claimed_when_it_is_due(db: store.Connection, clock: SimulatedClock) -> None:
    settle(db, clock, next_at=stamp(clock.now() + timedelta(hours=2)))

    assert store.state.claim(db, NAME, clock, forced=False) is RunState.NOT_DUE
    assert store.state.claim(db, NAME, clock, forced=True) is None
    settle(db, clock, next_at=stamp(clock.now() + timedelta(hours=2)))
    clock.advance(timedelta(hours=2))
    assert store.state.claim(db, NAME, clock, forced=False) is None


def test_a_claimed_source_is_busy_until_its_run_ends(
    db: store.Connection, clock: SimulatedClock
) -> None:
    assert store.state.claim(db, NAME, clock, forced=False) is None

    assert store.state.claim(db, NAME, clock, forced=True) is RunState.BUSY
    settle(db, clock)
    assert store.state.claim(db, NAME, clock, forced=True) is None


@pytest.mark.parametrize(
    ("holder", "until", "refused"),
    [
        (ELSEWHERE, "2999-01-01T00:00:00Z", RunState.BUSY),
        (ELSEWHERE, "2020-01-01T00:00:00Z", None),
        ("another-boot/pid:[1]/1/1", "2999-01-01T00:00:00Z", None),
    ],
    ids=["alive", "expired", "dead"],
)
def test_a_lease_ends_by_itself_or_with_its_process(
    db: store.Connection, clock: SimulatedClock, holder: str, until: str, refused: RunState | None
) -> None:
    db.execute("UPDATE source_state SET lease_by = ?, lease_until = ?", (holder, until))

    assert store.state.claim(db, NAME, clock, forced=False) is refused


def test_a_paused_source_rests_unless_it_is_forced(
    db: store.Connection, clock: SimulatedClock
) -> None:
    store.state.pause(db, NAME)
    assert store.state.claim(db, NAME, clock, forced=False) is RunState.NOT_DUE
    assert store.state.claim(db, NAME, clock, forced=True) is None
    settle(db, clock, next_at=stamp(clock.now() + timedelta(days=1)))

    store.state.resume(db, NAME)

    assert store.state.claim(db, NAME, clock, forced=False) is None


def test_a_failure_leaves_the_last_success(db: store.Connection, clock: SimulatedClock) -> None:
    settle(db, clock)
    first = stamp(clock.now())
    clock.advance(timedelta(hours=1))

    settle(db, clock, state=RunState.FAILED, reason="http_error", message="weg", failures=1.0)

    state = store.state.state_of(db, NAME)
    assert (state.last_success_at, state.last_run_at) == (first, stamp(clock.now()))
    assert (state.state, state.reason, state.failures) == ("failed", "http_error", 1.0)


@pytest.mark.parametrize("call", [store.state.state_of, store.state.pause, store.state.resume])
def test_an_unknown_source_has_no_state(db: store.Connection, call: Any) -> None:
    with pytest.raises(NotFoundError, match="nirgends"):
        call(db, "nirgends")


# --- runs ------------------------------------------------------------------------------------


def exchange(at: str, host: str = "amt.example", status: int | None = 200) -> Exchange:
    return Exchange(at=at, host=host, url=f"http://{host}/", status=status,
                    code=None if status else Code.OFFLINE, bytes=9, ms=5, waited_ms=0)  # fmt: skip


def test_counts_and_problems_add_up(db: store.Connection) -> None:
    run = store.runs.start(db, NAME, "test", "2026-11-24T08:00:00Z")
    problem = Problem(code=Code.TRUNCATED, message="bricht ab", where="hier")
    with store.transaction(db):
        store.runs.add(db, run, store.runs.Counts(new=2, bytes=10, problems=(problem,)))
        store.runs.add(db, run, store.runs.Counts(new=1, problems=(problem,) * 300))
        counts = store.runs.end(db, run, state="ok", reason=None, message=None, pending=4,
                                wall_ms=7, now="2026-11-24T08:01:00Z")  # fmt: skip

    assert (counts["new"], counts["bytes"], counts["pending"], counts["wall_ms"]) == (3, 10, 4, 7)
    kept = db.execute("SELECT json_array_length(problems), problems ->> '$[0].code' FROM run")
    assert tuple(kept.fetchone()) == (store.runs.MAX_PROBLEMS, "truncated")


def test_politeness_shows_the_smallest_gap_of_each_host(db: store.Connection) -> None:
    run = store.runs.start(db, NAME, "test", "2026-11-24T08:00:00Z")
    with store.transaction(db):
        store.runs.log_requests(db, run, [
            exchange("2026-11-24T08:00:00Z"), exchange("2026-11-24T08:00:10Z", status=304),
            exchange("2026-11-24T08:00:13Z"),
            exchange("2026-11-24T08:00:01Z", "land.example", None),
        ])  # fmt: skip

    assert store.runs.politeness(db) == [
        "amt.example: 3 Anfragen, 1 mit 304, kleinster Abstand 3 s",
        "land.example: 1 Anfragen, 0 mit 304, kleinster Abstand - s",
    ]
    assert db.execute("SELECT code FROM request WHERE status IS NULL").fetchone()[0] == "offline"


def test_old_runs_are_forgotten_but_the_last_of_each_source(db: store.Connection) -> None:
    for day in (1, 2, 3):
        at = f"2026-10-0{day}T08:00:00Z"
        run = store.runs.start(db, NAME, "test", at)
        with store.transaction(db):
            store.runs.log_requests(db, run, [exchange(at)])
            store.runs.end(db, run, state="ok", reason=None, message=None, pending=0, wall_ms=1,
                           now=at)  # fmt: skip

    assert store.runs.prune(db, "2026-11-01T00:00:00Z") == 2

    assert db.execute("SELECT started_at FROM run").fetchall()[0][0] == "2026-10-03T08:00:00Z"
    assert [row[0] for row in db.execute("SELECT run FROM request ORDER BY id")] == [None, None, 3]


def test_old_requests_are_forgotten_and_the_days_of_their_hosts_stay(
    db: store.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store.runs, "BATCH", 2)
    run = store.runs.start(db, NAME, "test", "2026-10-01T08:00:00Z")
    with store.transaction(db):
        store.runs.log_requests(
            db, run, [exchange(f"2026-10-0{day}T08:0{n}:00Z", status=status)
                      for day in (1, 2, 3) for n, status in enumerate((200, 304, 404))],
        )  # fmt: skip

    assert store.runs.prune_requests(db, "2026-10-03T00:00:00Z") == 6

    assert db.execute("SELECT min(at) FROM request").fetchone()[0] == "2026-10-03T08:00:00Z"
    days = db.execute("SELECT day, requests, not_modified, failed, bytes, ms FROM host_day")
    assert [tuple(row) for row in days] == [(f"2026-10-0{n}", 3, 1, 1, 27, 15) for n in (1, 2, 3)]


def test_what_was_rejected_long_ago_is_forgotten(db: store.Connection) -> None:
    problem = Problem(code=Code.TRUNCATED, message="bricht ab")
    for month in (9, 11):
        run = store.runs.start(db, NAME, "test", f"2026-{month:02}-01T08:00:00Z")
        with store.transaction(db):
            store.runs.add(db, run, store.runs.Counts(rejected=1, problems=(problem,)))

    assert store.runs.prune_problems(db, "2026-10-01T00:00:00Z") == 1

    rows = db.execute("SELECT rejected, json_array_length(problems) FROM run ORDER BY id")
    assert [tuple(row) for row in rows] == [(1, 0), (1, 1)]


def test_hosts_that_answered_lately_are_known(db: store.Connection) -> None:
    with store.transaction(db):
        store.runs.log_requests(db, None, [
            exchange("2026-11-01T08:00:00Z", "frueher.example"),
            exchange("2026-11-24T08:00:00Z", "amt.example"),
            exchange("2026-11-24T08:01:00Z", "land.example", 404),
            exchange("2026-11-24T08:02:00Z", "stumm.example", None),
            exchange("2026-11-24T08:03:00Z", "gefragt.example"),
        ])  # fmt: skip

    known = store.runs.answering(db, "2026-11-20T00:00:00Z", {"gefragt.example"}, 5)

    assert known == ["http://land.example", "http://amt.example"]


def test_the_first_complete_pass_ends_once(db: store.Connection, clock: SimulatedClock) -> None:
    store.frontier.add(db, NAME, [("u", "u", Role.DETAIL, None)], now=stamp(clock.now()))
    settle(db, clock)
    assert db.execute("SELECT settled_at FROM source_state").fetchone()[0] is None

    db.execute("UPDATE frontier SET pending = 0")
    settle(db, clock, state=RunState.FAILED)
    assert db.execute("SELECT settled_at FROM source_state").fetchone()[0] is None
    settle(db, clock)
    first = stamp(clock.now())
    clock.advance(timedelta(days=1))
    settle(db, clock)

    assert db.execute("SELECT settled_at FROM source_state").fetchone()[0] == first
