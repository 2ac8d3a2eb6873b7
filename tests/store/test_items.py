"""Items as merges of observations: order, identity, late merges, versions."""

import itertools
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator import store
from aggregator.clock import SimulatedClock, stamp
from aggregator.items import normalise
from aggregator.model import Evidence, Item, Policy, Role, SourceKind, When
from aggregator.store import versions
from aggregator.store.items import Outcome, store_item
from aggregator.store.rows import item_id
from tests.builders import make_entry, make_item, make_platform, make_source
from tests.conftest import START

AMT = make_platform()
TEXT = "Der Bund stellt das Verfahren für das Wohngeld auf ein gemeinsames Register um. "


def keep(db: store.Connection, item: Item, now: str = "2026-11-24T08:00:00Z") -> Outcome:
    with store.transaction(db):
        return store_item(db, item, AMT, now)[0]


def rows(db: store.Connection, sql: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in db.execute(sql)]


def test_id_depends_on_platform_and_key_alone() -> None:
    assert item_id("amt", "https://amt.example/a") == item_id("amt", "https://amt.example/a")
    assert item_id("amt", "https://amt.example/a") != item_id("land", "https://amt.example/a")
    assert set(item_id("amt", "x")) <= set("abcdefghijklmnopqrstuvwxyz234567")
    assert len(item_id("amt", "x")) == 12


OBSERVATIONS = [
    make_item(1, text="Kurz.", thin=True),
    make_item(1, Role.DETAIL, text=TEXT * 3, title="Meldung 1 - Amt",
              published=When(at="2026-11-19", evidence=Evidence.TEXT)),
    make_item(1, Role.DOCUMENT, text=TEXT * 2, published=None, policy=Policy.FULL),
]  # fmt: skip
MERGED = (
    "SELECT key, title, text, published_at, date_evidence, content_hash, policy, entry_id FROM item"
)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_item_does_not_depend_on_the_order_of_its_observations(
    db: store.Connection, order: tuple[int, ...]
) -> None:
    for place in order:
        keep(db, OBSERVATIONS[place])

    [row] = rows(db, MERGED)

    assert row[1] == "Meldung 1"
    assert row[2] == (TEXT * 3).strip()
    assert row[3:5] == ("2026-11-20T09:00:00Z", "feed")
    assert rows(db, "SELECT count(*) FROM version") == [(0,)]


def wiki_page(text: str, updated_at: str, role: Role) -> Item:
    """A page of a wiki: as its interface sends it (ROOT), or in an export (DETAIL)."""
    kind = SourceKind.CONFLUENCE if role is Role.ROOT else SourceKind.CONFLUENCE_STATIC
    source = make_source(f"amt-{kind}", kind=kind)
    entry = make_entry(1, text=text, updated_at=updated_at)
    return normalise([entry], source, AMT, role).items[0]


@pytest.mark.parametrize("live_first", [True, False])
def test_an_old_export_does_not_hide_the_live_page(db: store.Connection, live_first: bool) -> None:
    live = wiki_page("Neu: " + TEXT, "2026-11-20T08:00:00Z", Role.ROOT)
    export = wiki_page("Alt: " + TEXT, "2026-10-01T08:00:00Z", Role.DETAIL)
    for item in (live, export) if live_first else (export, live):
        keep(db, item)

    assert rows(db, "SELECT substr(text, 1, 4) FROM item") == [("Neu:",)]


def test_page_behind_an_entry_is_no_change(db: store.Connection) -> None:
    assert keep(db, make_item(1, text="Kurz.", thin=True)) is Outcome.NEW
    assert keep(db, make_item(1, Role.DETAIL, text=TEXT)) is Outcome.UNCHANGED
    assert rows(db, "SELECT count(*) FROM version") == [(0,)]


def test_edit_told_by_feed_and_page_is_one_version(db: store.Connection) -> None:
    keep(db, make_item(1, text="Kurz.", thin=True), "2026-11-20T08:00:00Z")
    keep(db, make_item(1, Role.DETAIL, text=TEXT), "2026-11-20T08:01:00Z")

    first = keep(db, make_item(1, text="Kurz, neu.", title="Meldung 1, neu", thin=True),
                 "2026-11-24T08:00:00Z")  # fmt: skip
    second = keep(db, make_item(1, Role.DETAIL, text=TEXT + "Neu."), "2026-11-24T08:01:00Z")

    assert (first, second) == (Outcome.CHANGED, Outcome.UNCHANGED)
    [before, _] = versions.states(db, 1)
    assert (before.n, before.title, before.text) == (1, "Meldung 1", TEXT.strip())
    assert rows(db, "SELECT title FROM item") == [("Meldung 1, neu",)]


def test_versions_are_numbered_and_each_is_the_state_before(db: store.Connection) -> None:
    for day in range(1, 6):
        keep(db, make_item(1, text=f"Stand {day}."), f"2026-11-0{day}T08:00:00Z")

    assert [(state.n, state.text) for state in versions.states(db, 1)] == [
        (n, f"Stand {n}.") for n in range(1, 6)
    ]


def test_same_observation_again_changes_nothing(db: store.Connection) -> None:
    keep(db, make_item(1))
    db.execute("DELETE FROM changes")

    assert keep(db, make_item(1)) is Outcome.UNCHANGED
    assert rows(db, "SELECT count(*) FROM changes") == [(0,)]


def test_two_items_found_to_be_one_are_merged_into_the_older(db: store.Connection) -> None:
    keep(db, make_item(1, entry_id=None, url="http://amt.example/alt"), "2026-11-01T08:00:00Z")
    keep(db, make_item(2, entry_id=None, url="http://amt.example/neu"), "2026-11-02T08:00:00Z")
    old, new = (row[0] for row in rows(db, "SELECT id FROM item ORDER BY pk"))

    keep(db, make_item(2, entry_id=None, url="http://amt.example/neu",
                       aliases=("http://amt.example/alt",)), "2026-11-03T08:00:00Z")  # fmt: skip

    assert rows(db, "SELECT id FROM item WHERE merged_into IS NULL") == [(old,)]
    assert rows(
        db, "SELECT s.id FROM item i JOIN item s ON s.pk = i.merged_into WHERE i.id <> s.id"
    ) == [(old,)]
    assert new != old
    assert rows(db, "SELECT DISTINCT item FROM alias") == rows(
        db, "SELECT pk FROM item WHERE merged_into IS NULL"
    )


def test_items_with_publisher_keys_are_never_merged(db: store.Connection) -> None:
    one, other = (
        f"http://amt.example/pages/viewpage.action?pageId={n}" for n in (11111111, 22222222)
    )
    keep(db, make_item(1, url=one))
    keep(db, make_item(2, url=other, aliases=(one,)))

    assert rows(db, "SELECT count(*) FROM item WHERE merged_into IS NULL") == [(2,)]


def test_page_behind_an_entry_with_a_publisher_key_is_that_item(db: store.Connection) -> None:
    """A wiki's list knows the page's number, the page itself only its address."""
    shown = "http://amt.example/display/OZG/Seite"
    by_id = "http://amt.example/pages/viewpage.action?pageId=11111111"
    keep(db, make_item(1, url=shown, aliases=(by_id,), thin=True))

    outcome = keep(db, make_item(1, Role.DETAIL, entry_id=None, url=shown, text=TEXT))

    assert outcome is Outcome.UNCHANGED
    assert rows(db, "SELECT key, text FROM item") == [("confluence:11111111", TEXT.strip())]


def test_title_made_of_the_first_words_gives_way_to_a_real_one(db: store.Connection) -> None:
    keep(db, make_item(1, title=None, text="Kurz und ohne Titel."))
    assert rows(db, "SELECT title FROM item") == [("Kurz und ohne Titel …",)]

    keep(db, make_item(1, Role.DETAIL, title="Der Titel", text=TEXT))
    assert rows(db, "SELECT title FROM item") == [("Der Titel",)]


def test_stricter_policy_drops_the_stored_text(db: store.Connection) -> None:
    keep(db, make_item(1, text=TEXT), "2026-11-01T08:00:00Z")
    keep(db, make_item(1, text=TEXT + "Neu."), "2026-11-05T08:00:00Z")

    keep(db, make_item(1, Role.DETAIL, text=TEXT, policy=Policy.LINK))

    assert rows(db, "SELECT policy, text, excerpt, links FROM item") == [("link", "", "", "[]")]
    assert {state.text for state in versions.states(db, 1)} == {""}


def test_what_is_no_edit_is_stored_all_the_same(db: store.Connection) -> None:
    """A reservation, a new guid, another author: the text may be word for word the same."""
    keep(db, make_item(1, Role.DETAIL), "2026-11-01T08:00:00Z")

    reserved = make_item(1, Role.DETAIL, entry_id="urn:neu", policy=Policy.LINK, authors=("Amt",))
    outcome = keep(db, reserved, "2026-11-09T08:00:00Z")

    assert outcome is Outcome.UNCHANGED
    assert rows(db, "SELECT entry_id, policy, authors, text, excerpt FROM item") == [
        ("urn:neu", "link", '["Amt"]', "", "")
    ]
    assert rows(db, "SELECT count(*) FROM version") == [(0,)]


def test_erased_item_stays_out(db: store.Connection) -> None:
    item = make_item(1)
    db.execute("INSERT INTO tombstone VALUES (?, ?, ?, ?)",
               (item.platform, item.key, "2026-11-01T00:00:00Z", "Wunsch"))  # fmt: skip

    assert keep(db, item) is Outcome.ERASED
    assert rows(db, "SELECT count(*) FROM item") == [(0,)]


def test_vanished_item_that_is_seen_again_lives(db: store.Connection) -> None:
    keep(db, make_item(1), "2026-11-01T08:00:00Z")
    db.execute("UPDATE item SET state = 'vanished'")
    db.execute("DELETE FROM changes")

    keep(db, make_item(1), "2026-11-03T08:00:00Z")

    assert rows(db, "SELECT state FROM item") == [("live",)]
    assert rows(db, "SELECT count(*) FROM changes") == [(1,)]


@settings(max_examples=40, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from(list(Role)), st.integers(1, 3)),
                min_size=1, max_size=12))  # fmt: skip
def test_last_words_of_all_observers_decide_whatever_came_before(
    db: store.Connection, seen: list[tuple[int, Role, int]]
) -> None:
    """The merged item is a function of the last observation of each (source, role)."""
    clock = SimulatedClock(START)
    last: dict[tuple[int, str], Item] = {}
    db.execute("BEGIN")
    for number, role, variant in seen:
        item = make_item(number, role, text=TEXT * variant, thin=variant == 1)
        clock.advance(timedelta(days=2))
        store_item(db, item, AMT, stamp(clock.now()))
        last[number, item.role] = item
    first = rows(db, "SELECT key, title, text, published_at, content_hash FROM item ORDER BY key")
    db.execute("ROLLBACK")
    db.execute("BEGIN")
    for item in reversed(last.values()):
        store_item(db, item, AMT, stamp(clock.now()))
    second = rows(db, "SELECT key, title, text, published_at, content_hash FROM item ORDER BY key")
    db.execute("ROLLBACK")

    assert first == second
