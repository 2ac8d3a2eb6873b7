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
    assert frontier.pending(db, SOURCE) == 0


def test_a_wish_of_the_server_only_delays(db: store.Connection) -> None:
    frontier.add(db, SOURCE, [(PAGE, PAGE, Role.DETAIL, None)], now=NOW)

    frontier.failed(db, due(db), status=503, missing=False, now=NOW, retry_in=timedelta(hours=5))

    later = stamp(instant(NOW) + timedelta(hours=5))
    assert db.execute("SELECT due_at FROM frontier").fetchone()[0] == later
