"""Admins hear what is new and what is over, in one letter, and not all the time."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator import store
from aggregator.alerts import watch
from aggregator.clock import SimulatedClock
from aggregator.config import Settings
from aggregator.store import catalogue
from tests.builders import make_catalogue, make_source
from tests.mail.conftest import Postbox, Start

Look = Callable[[], int]
BROKEN = {"state": "failed", "reason": "http_error", "message": "Status 500", "failures": 1.5}


@pytest.fixture
def settings(smtp: Start) -> Settings:
    return smtp(alert_to="admin@amt.example, vertretung@amt.example", disk_low_mb=1)


@pytest.fixture
def look(db: store.Connection, database: Path, settings: Settings, clock: SimulatedClock) -> Look:
    """Sixty sources that are fine, and a look at them."""
    sources = [make_source(f"quelle-{n:02}", url=f"http://amt.example/{n}") for n in range(60)]
    catalogue.mirror(db, make_catalogue(sources))
    db.execute("UPDATE source_state SET state = 'ok', last_success_at = '2026-11-24T07:00:00Z',"
               " next_at = '2027-01-01T00:00:00Z'")  # fmt: skip
    return lambda: watch(db, database, settings, clock.now())


def put(db: store.Connection, source: str, **fields: object) -> None:
    names = ", ".join(f"{name} = :{name}" for name in fields)
    db.execute(f"UPDATE source_state SET {names} WHERE source = :id", {**fields, "id": source})


def test_when_all_is_well_no_letter_leaves(look: Look, postbox: Postbox) -> None:
    assert look() == 0
    assert postbox.letters == []


def test_every_admin_hears_once_of_what_is_new(
    look: Look, db: store.Connection, postbox: Postbox, clock: SimulatedClock
) -> None:
    put(db, "quelle-07", **BROKEN)

    assert look() == 2
    clock.advance(timedelta(days=3))
    assert look() == 0

    assert [letter["To"] for letter in postbox.letters] == [
        "admin@amt.example", "vertretung@amt.example",
    ]  # fmt: skip
    text = postbox.letters[0].get_content()
    assert "quelle-07 ist gestört: Status 500" in text
    assert "Abhilfe:" in text


def test_a_flood_is_one_letter_that_counts_the_rest(
    look: Look, db: store.Connection, postbox: Postbox
) -> None:
    for number in range(60):
        put(db, f"quelle-{number:02}", **BROKEN)

    look()

    assert len(postbox.letters) == 2
    assert postbox.letters[0]["Subject"] == "Querverweis: 60 neue Meldungen"
    assert "… und 35 weitere" in postbox.letters[0].get_content()


def test_what_comes_meanwhile_waits_for_the_next_letter(
    look: Look, db: store.Connection, postbox: Postbox, clock: SimulatedClock
) -> None:
    put(db, "quelle-01", **BROKEN)
    look()
    put(db, "quelle-02", **BROKEN)
    put(db, "quelle-03", **BROKEN)
    clock.advance(timedelta(hours=1))
    assert look() == 0
    clock.advance(timedelta(hours=5))
    assert look() == 2

    text = postbox.letters[-1].get_content()
    assert "quelle-02" in text
    assert "quelle-03" in text
    assert "quelle-01" not in text
    assert "Weiterhin offen: 1" in text


def test_the_end_of_a_trouble_is_told_to_who_heard_of_it(
    look: Look, db: store.Connection, postbox: Postbox, clock: SimulatedClock
) -> None:
    put(db, "quelle-01", **BROKEN)
    look()
    put(db, "quelle-01", state="ok", failures=0)
    clock.advance(timedelta(hours=7))

    assert look() == 2

    assert "WIEDER IN ORDNUNG" in postbox.letters[-1].get_content()
    assert "quelle-01" in postbox.letters[-1].get_content()


def test_a_passing_trouble_is_nobodys_business(
    look: Look, db: store.Connection, postbox: Postbox
) -> None:
    put(db, "quelle-01", state="failed", message="Zeit abgelaufen", failures=0.25)

    assert look() == 0


@pytest.mark.parametrize("state", ["suspect", "gone"])
def test_suspect_and_retired_sources_are_told_at_once(
    look: Look, db: store.Connection, postbox: Postbox, state: str
) -> None:
    put(db, "quelle-01", state=state, message="das ist kein Feed mehr")

    assert look() == 2


def test_the_disk_and_backups_are_watched(
    db: store.Connection, database: Path, settings: Settings, clock: SimulatedClock, look: Look,
    postbox: Postbox,
) -> None:  # fmt: skip
    store.set_meta(db, "backup_trouble", "2026-11-24T03:00:00Z kein Platz")

    watch(db, database, replace(settings, disk_low_mb=10**9), clock.now())

    text = postbox.letters[0].get_content()
    assert "MB frei" in text
    assert "Sicherung ist gescheitert" in text


def test_a_letter_that_cannot_leave_is_tried_again(
    look: Look, db: store.Connection, database: Path, settings: Settings, clock: SimulatedClock,
    postbox: Postbox, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    put(db, "quelle-01", **BROKEN)
    assert watch(db, database, replace(settings, smtp_port=1), clock.now()) == 0
    assert "did not leave" in caplog.text

    assert look() == 2
    assert "quelle-01" in postbox.letters[0].get_content()
