"""The stored frontier: what waits, for how long, and what is forgotten."""

from datetime import timedelta

import pytest

from aggregator import store
from aggregator.clock import instant, stamp
from aggregator.model import Role, Validators
from aggregator.store import frontier

NOW = "2026-11-24T08:00:00Z"
SOURCE = "amt-liste"
ROOT, TWO, THREE = (f"https://amt.example/liste{n}" for n in ("", "?seite=2", "?seite=3"))
PAGE = "https://amt.example/a.html"


def read_whole(db: store.Connection, *named: str) -> None:
    """Read the row that is due next as a page that says that it saw everything it names."""
    row = due(db)
    frontier.add(db, SOURCE, [(url, url, Role.INDEX, None) for url in named], now=NOW)
    frontier.fetched(db, row, validators=Validators(), status=200, changed=True, complete=True,
                     next_in=timedelta(days=1), now=NOW)  # fmt: skip
    frontier.relist(db, SOURCE, row.canonical, named)


def due(db: store.Connection, now: str = NOW) -> frontier.Row:
    row = frontier.next_due(db, SOURCE, now, revisits_left=1)
    assert row is not None
    return row


@pytest.fixture
def listing(db: store.Connection) -> store.Connection:
    """A listing of three pages that was read to its end."""
    frontier.open_pass(db, SOURCE, ROOT, ROOT, NOW, trusted_since=NOW)
    read_whole(db, TWO)
    read_whole(db, THREE)
    read_whole(db)
    return db


def pages(db: store.Connection) -> set[str]:
    return {row[0] for row in db.execute("SELECT canonical FROM frontier")}


def test_a_listing_read_to_its_end_is_complete(listing: store.Connection) -> None:
    assert frontier.enumeration_is_complete(listing, SOURCE, ROOT)
    assert pages(listing) == {ROOT, TWO, THREE}


def test_a_listing_that_became_shorter_forgets_its_last_pages(listing: store.Connection) -> None:
    frontier.relist(listing, SOURCE, TWO, [])

    assert frontier.enumeration_is_complete(listing, SOURCE, ROOT)
    assert pages(listing) == {ROOT, TWO}


def test_a_page_of_the_listing_that_waits_makes_it_incomplete(listing: store.Connection) -> None:
    four = "https://amt.example/liste?seite=4"
    frontier.add(listing, SOURCE, [(four, four, Role.INDEX, None)], now=NOW)
    frontier.relist(listing, SOURCE, THREE, [four])

    assert not frontier.enumeration_is_complete(listing, SOURCE, ROOT)


def test_a_failing_page_waits_ever_longer_and_stops_counting(db: store.Connection) -> None:
    frontier.add(db, SOURCE, [(PAGE, PAGE, Role.DETAIL, None)], now=NOW)
    now, waits = NOW, []
    for _ in range(7):
        row = due(db, now)
        frontier.failed(db, row, status=500, missing=False, now=now, retry_in=None)
        at = db.execute("SELECT due_at FROM frontier").fetchone()[0]
        waits.append((instant(at) - instant(now)) / timedelta(hours=1))
        now = at

    assert waits == [1, 2, 4, 8, 16, 168, 168]
    assert frontier.outlook(db, SOURCE).pending == 0


def test_a_wish_of_the_server_only_delays(db: store.Connection) -> None:
    frontier.add(db, SOURCE, [(PAGE, PAGE, Role.DETAIL, None)], now=NOW)

    frontier.failed(db, due(db), status=503, missing=False, now=NOW, retry_in=timedelta(hours=5))

    later = stamp(instant(NOW) + timedelta(hours=5))
    assert db.execute("SELECT due_at FROM frontier").fetchone()[0] == later


def test_what_enumerates_comes_first_then_what_left_then_news_then_revisits(
    db: store.Connection,
) -> None:
    reasons = {"alt": "revisit", "neu": "new", "weg": "dropped"}
    for name, reason in reasons.items():
        url = f"https://amt.example/{name}.html"
        frontier.add(db, SOURCE, [(url, url, Role.DETAIL, None)], now=NOW)
        db.execute("UPDATE frontier SET reason = ? WHERE url = ?", (reason, url))
    frontier.open_pass(db, SOURCE, ROOT, ROOT, NOW, trusted_since=NOW)
    seen = []
    while row := frontier.next_due(db, SOURCE, NOW, revisits_left=1):
        seen.append(row.url.removeprefix("https://amt.example/").removesuffix(".html"))
        frontier.retire(db, row, 200)

    assert seen == ["liste", "weg", "neu", "alt"]


def test_pages_of_a_list_that_were_never_read_come_before_those_a_cursor_left_behind(
    db: store.Connection,
) -> None:
    old, new = (f"https://amt.example/liste?max_id={n}" for n in (20, 40))
    frontier.add(db, SOURCE, [(old, old, Role.INDEX, None)], now=NOW)
    frontier.fetched(db, due(db), validators=Validators(), status=200, changed=True, complete=True,
                     next_in=timedelta(days=1), now=NOW)  # fmt: skip
    later = stamp(instant(NOW) + timedelta(hours=1))
    frontier.open_pass(db, SOURCE, ROOT, ROOT, later, trusted_since=later)
    frontier.retire(db, due(db, later), 200)
    frontier.add(db, SOURCE, [(new, new, Role.INDEX, None)], now=later)

    row = frontier.next_due(db, SOURCE, later, revisits_left=1)

    assert row is not None
    assert row.url == new


def test_the_next_address_is_found_without_reading_the_frontier(db: store.Connection) -> None:
    asked: list[str] = []
    db.set_trace_callback(asked.append)
    frontier.next_due(db, SOURCE, NOW, revisits_left=1)
    db.set_trace_callback(None)

    plan = [row["detail"] for row in db.execute(f"EXPLAIN QUERY PLAN {asked[0]}")]

    tables = [step for step in plan if "frontier" in step or step.split()[1] == "f"]
    assert len(tables) == 2
    assert all("SEARCH" in step and "INDEX frontier_turn" in step for step in tables)


def read_root(db: store.Connection, *waiting: str) -> None:
    """Read the root as one that names pages that wait; its next pass is in four hours."""
    frontier.open_pass(db, SOURCE, ROOT, ROOT, NOW, trusted_since="2026-01-01T00:00:00Z")
    frontier.fetched(db, due(db), validators=Validators(), status=200, changed=True, complete=True,
                     next_in=timedelta(days=1), now=NOW)  # fmt: skip
    frontier.add(db, SOURCE, [(url, url, Role.DETAIL, None) for url in waiting], now=NOW)
    frontier.plan(db, SOURCE, stamp(instant(NOW) + timedelta(hours=4)))


@pytest.mark.parametrize(
    ("waiting", "after", "trusted", "asked"),
    [
        ((PAGE,), timedelta(minutes=1), timedelta(hours=20), PAGE),
        ((PAGE,), timedelta(hours=4), timedelta(hours=20), ROOT),
        ((), timedelta(minutes=1), timedelta(hours=20), ROOT),
        ((PAGE,), timedelta(minutes=1), timedelta(0), ROOT),  # somebody asks by name
    ],
)
def test_a_run_between_two_passes_does_not_ask_for_the_enumeration(
    db: store.Connection, waiting: tuple[str, ...], after: timedelta, trusted: timedelta, asked: str
) -> None:
    read_root(db, *waiting)
    later = instant(NOW) + after

    frontier.open_pass(db, SOURCE, ROOT, ROOT, stamp(later), trusted_since=stamp(later - trusted))

    assert due(db, stamp(later)).url == asked


def _outlook(db: store.Connection) -> tuple[str, str]:
    ahead = frontier.outlook(db, SOURCE)
    return ahead.waiting, ahead.revisit


def test_when_the_first_pages_are_due_is_known(db: store.Connection) -> None:
    assert _outlook(db) == (frontier.FAR, frontier.FAR)
    frontier.add(db, SOURCE, [(PAGE, PAGE, Role.DETAIL, None)], now=NOW)
    row = due(db)

    frontier.failed(db, row, status=500, missing=False, now=NOW, retry_in=None)
    hour, day = (stamp(instant(NOW) + timedelta(hours=n)) for n in (1, 24))
    assert _outlook(db) == (hour, frontier.FAR)

    frontier.fetched(db, row, validators=Validators(), status=200, changed=True, complete=None,
                     next_in=timedelta(days=1), now=NOW)  # fmt: skip
    assert _outlook(db) == (frontier.FAR, day)


def test_pages_of_a_list_that_the_budget_did_not_reach_come_first_in_the_next_pass(
    listing: store.Connection,
) -> None:
    def read_one() -> str:
        row = due(listing, stamp(later))
        frontier.fetched(listing, row, validators=Validators(), status=200, changed=False,
                         complete=True, next_in=timedelta(days=1), now=stamp(later))  # fmt: skip
        return row.url

    later = instant(NOW)
    orders = []
    for _ in range(2):  # each pass has a budget of root and one page
        later += timedelta(days=1)
        frontier.open_pass(listing, SOURCE, ROOT, ROOT, stamp(later), trusted_since=stamp(later))
        orders.append([read_one(), read_one()])
        assert frontier.outlook(listing, SOURCE).waiting <= stamp(later)

    assert orders == [[ROOT, TWO], [ROOT, THREE]]
