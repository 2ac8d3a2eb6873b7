"""The single transaction of a step: all or nothing, validators included."""

import os
import shutil
import signal
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator import store
from aggregator.clock import SimulatedClock, stamp
from aggregator.model import Code, Exchange, Problem, Role, Validators
from aggregator.record import Run, conclude
from aggregator.store.items import store_item
from tests.builders import make_catalogue, make_item, make_platform, make_source
from tests.conftest import START

NOW = stamp(START)
Action = Callable[[store.Connection], None]
TABLES = ("item", "alias", "observation", "version", "frontier", "listed", "changes", "request",
          "host_day", "run", "move", "source_state")  # fmt: skip
UPGRADED = "https://amt.example/feed.xml"


def open_pass(db: store.Connection, root: str = "root") -> None:
    """Make the root of the source due."""
    url = "http://amt.example/feed.xml"
    store.frontier.open_pass(db, "amt-feed", url, root, NOW, trusted_since=NOW)


def prepared(path: Path) -> None:
    """Make a database with a claimed source and a known item."""
    db = store.connect(path)
    store.catalogue.mirror(db, make_catalogue([make_source()]))
    store.runs.start(db, "amt-feed", "test", NOW)
    open_pass(db, "https://amt.example/feed.xml")
    with store.transaction(db):
        store_item(db, make_item(1), make_platform(), "2026-11-01T08:00:00Z")
    db.execute("DELETE FROM changes")
    db.close()


def step(db: store.Connection) -> store.commit.Step:
    """A step that adds two items, changes one, names two pages and came from https for good."""
    row = store.frontier.next_due(db, "amt-feed", NOW, revisits_left=1)
    assert row is not None
    exchange = Exchange(at=NOW, host="amt.example", url=row.url, status=200, code=None,
                                    bytes=9, ms=1, waited_ms=0)  # fmt: skip
    visit = store.commit.Visit(row=row, run=1, platform=make_platform(), now=NOW,
                               exchanges=(exchange,), status=200, final_url=UPGRADED,
                               final_canonical=row.canonical, moved_for_good=True)  # fmt: skip
    pages = [f"https://amt.example/seite/{n}" for n in (1, 2)]
    return store.commit.Step(
        visit=visit,
        validators=Validators(etag='"neu"', body_sha256="00"),
        next_in=timedelta(days=1),
        items=(make_item(1, text="Neuer Text."), make_item(2), make_item(3)),
        follows=tuple((page, page, Role.DETAIL, None) for page in pages),
        named=tuple(pages),
        complete=True,
    )


def take_step(db: store.Connection) -> None:
    store.commit.commit_step(db, step(db))


def end_run(db: store.Connection) -> None:
    """Close the record of a run, with news about its address and pages that wait."""
    run = Run(source=make_source(), platform=make_platform(), root=UPGRADED, number=1)
    conclude(db, SimulatedClock(START + timedelta(minutes=1)), [run])


def begin_another(db: store.Connection) -> None:
    """Open the record of a second run."""
    store.runs.start(db, "amt-feed", "test", NOW)


def end_quiet(db: store.Connection) -> None:
    """Close two runs together, of which each has met the known document."""
    row = store.frontier.unsaved("amt-feed", UPGRADED, UPGRADED)
    exchange = Exchange(at=NOW, host="amt.example", url=UPGRADED, status=304, code=None, bytes=0,
                        ms=1, waited_ms=0)  # fmt: skip
    runs = [Run(source=make_source(), platform=make_platform(), root=UPGRADED, number=number)
            for number in (1, 2)]  # fmt: skip
    for run in runs:
        visit = store.commit.Visit(row=row, run=run.number, platform=make_platform(), now=NOW,
                                   exchanges=(exchange,), status=304)  # fmt: skip
        run.unchanged = store.commit.Unchanged(
            visit=visit, validators=Validators(etag='"frisch"'), bytes=0
        )
    conclude(db, SimulatedClock(START + timedelta(minutes=1)), runs)


def forget_address(db: store.Connection) -> None:
    """Fail at a learnt address."""
    store.frontier.open_pass(db, "amt-feed", "http://amt.example/feed.xml", UPGRADED, NOW,
                             trusted_since=NOW)  # fmt: skip
    row = store.frontier.next_due(db, "amt-feed", NOW, revisits_left=1)
    assert row is not None
    assert row.url == UPGRADED
    visit = store.commit.Visit(row=row, run=1, platform=make_platform(), now=NOW, exchanges=(),
                               status=404)  # fmt: skip
    problem = Problem(code=Code.HTTP_ERROR, message="weg")
    store.commit.commit_failure(db, visit, problem, retry_in=None, give_up=False)


def contents(path: Path) -> dict[str, list[dict[str, object]]]:
    with closing(store.connect(path)) as db:
        found = {name: [dict(row) for row in db.execute(f"SELECT * FROM {name}")]
                 for name in TABLES}  # fmt: skip
    for run in found["run"]:
        del run["wall_ms"]  # the only thing that two equal runs differ in
    return found


def killed_at(path: Path, number: int, action: Action) -> bool:
    """Act in a child that is killed at a statement; return whether it lived to the end."""
    child = os.fork()
    if child == 0:
        seen = 0

        def trace(_: str) -> None:
            nonlocal seen
            seen += 1
            if seen == number:
                os.kill(os.getpid(), signal.SIGKILL)

        db = store.connect(path)
        db.set_trace_callback(trace)
        action(db)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFEXITED(status)


@pytest.mark.filterwarnings("ignore:This process")
@pytest.mark.parametrize(
    ("before", "action"),
    [
        ((), take_step),
        ((take_step,), end_run),
        ((take_step, end_run), forget_address),
        ((take_step, begin_another), end_quiet),
    ],
)
def test_killed_at_any_statement_leaves_all_or_nothing(
    tmp_path: Path, before: tuple[Action, ...], action: Action
) -> None:
    origin, whole = tmp_path / "a.sqlite3", tmp_path / "b.sqlite3"
    prepared(origin)
    with closing(store.connect(origin)) as db:
        for earlier in before:
            earlier(db)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(origin, whole)
    with closing(store.connect(whole)) as db:
        # A transaction of its own comes first where a pass is opened.
        states = [contents(origin)]
        action(db)
        states.append(contents(whole))
    seen = []
    for number in range(1, 200):
        path = tmp_path / f"{number}.sqlite3"
        shutil.copy(origin, path)

        lived = killed_at(path, number, action)

        seen.append(contents(path))
        if lived:
            break
    assert lived
    assert number > 8
    assert seen[0] == states[0]
    assert seen[-1] == states[1]
    between = [found for found in seen if found not in states]
    assert all(
        {**found, "frontier": None} == {**states[0], "frontier": None} for found in between
    )  # the pass that was opened


def test_a_step_stores_its_validators_with_its_items_and_its_move(db: store.Connection) -> None:
    store.catalogue.mirror(db, make_catalogue([make_source()]))
    store.runs.start(db, "amt-feed", "test", NOW)
    open_pass(db, UPGRADED)

    take_step(db)

    assert db.execute("SELECT etag FROM frontier WHERE role = 'root'").fetchone()[0] == '"neu"'
    counts = [db.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
              for name in ("item", "frontier", "changes")]  # fmt: skip
    assert counts == [3, 3, 3]
    assert db.execute("SELECT state, target FROM move").fetchone()[1] == UPGRADED


def test_changed_entry_makes_its_stored_page_due(db: store.Connection) -> None:
    page = "https://amt.example/meldung/1"
    store.catalogue.mirror(db, make_catalogue([make_source()]))
    store.runs.start(db, "amt-feed", "test", NOW)
    open_pass(db)
    with store.transaction(db):
        store_item(db, make_item(1), make_platform(), "2026-11-01T08:00:00Z")
        store.frontier.add(db, "amt-feed", [(page, page, Role.DETAIL, None)],
                           now="2026-11-01T08:00:00Z")  # fmt: skip
    db.execute("UPDATE frontier SET pending = 0, fetched_at = '2026-11-01T08:00:01Z',"
               " due_at = '2027-01-01T00:00:00Z' WHERE canonical = ?", (page,))  # fmt: skip

    store.commit.commit_step(db, step(db))

    row = db.execute("SELECT due_at, reason, pending FROM frontier WHERE canonical = ?", (page,))
    assert tuple(row.fetchone()) == (NOW, "changed", 1)


def test_mass_vanishing_is_held_back(db: store.Connection) -> None:
    store.catalogue.mirror(db, make_catalogue([make_source()]))
    run = store.runs.start(db, "amt-feed", "test", NOW)
    open_pass(db)
    with store.transaction(db):
        for number in range(10):
            store_item(db, make_item(number), make_platform(), NOW)
        db.execute("UPDATE frontier SET complete = 1, fetched_at = ?, pending = 0", (NOW,))
        store.frontier.relist(db, "amt-feed", "root", ["https://amt.example/meldung/1"])

    vanished, held_back = store.commit.conclude_vanished(
        db, "amt-feed", run=run, root="root", max_vanish=0.3, now=NOW
    )

    assert (vanished, held_back) == (0, True)
    assert db.execute("SELECT count(*) FROM item WHERE state = 'live'").fetchone()[0] == 10


@pytest.mark.filterwarnings("ignore:This process")
def test_addresses_of_a_large_sitemap_come_ahead_of_its_validators(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store.commit, "MANY", 1)
    origin = tmp_path / "a.sqlite3"
    prepared(origin)
    seen = set()
    for number in range(1, 200):
        path = tmp_path / f"{number}.sqlite3"
        shutil.copy(origin, path)
        lived = killed_at(path, number, take_step)
        found = contents(path)
        known = any(row["etag"] for row in found["frontier"])
        seen.add((known, len(found["frontier"]), len(found["listed"]), len(found["item"])))
        if lived:
            break

    assert seen == {(False, 1, 0, 1), (False, 2, 0, 1), (False, 3, 0, 1), (True, 3, 2, 3)}
