"""Where sources have moved: learnt when it is stable, undone when it was no good."""

from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator import store
from aggregator.clock import instant, stamp
from aggregator.judge import MoveState
from aggregator.model import Code
from aggregator.store import moves
from tests.builders import make_catalogue, make_platform, make_source

SOURCE = "amt-feed"
OLD, NEW = "http://amt.example/feed.xml", "http://amt.example/service/feed.xml"
AMT = make_platform(former=("http://alt.example/",))
START = "2026-11-24T08:00:00Z"


def day(number: float) -> str:
    return stamp(instant(START) + timedelta(days=number))


def answered(
    db: store.Connection, number: float, to: str | None = NEW, *, asked: str | None = None
) -> MoveState | None:
    """Let the source answer on a day, by default through a redirect for good."""
    asked = asked or moves.address(db, SOURCE, OLD, day(number))
    moves.answered(
        db, SOURCE, asked=asked, moved_to=None if to == asked else to, platform=AMT,
        now=day(number),
    )  # fmt: skip
    move = moves.of(db, SOURCE)
    return move.state if move else None


def failed(db: store.Connection, number: float, status: int | None, code: Code) -> MoveState:
    asked = moves.address(db, SOURCE, OLD, day(number))
    moves.failed(db, SOURCE, asked=asked, status=status, code=code, now=day(number))
    move = moves.of(db, SOURCE)
    assert move is not None
    return move.state


@pytest.fixture
def learnt(db: store.Connection) -> store.Connection:
    """A source whose new address has just been learnt, on day 7."""
    for number in (0, 4, 7):
        answered(db, number)
    return db


def test_an_address_is_learnt_after_a_week_of_the_same_answer(db: store.Connection) -> None:
    states = [answered(db, number) for number in (0, 2, 4, 6.9)]

    assert states == [MoveState.WATCHED] * 4
    assert moves.address(db, SOURCE, OLD, day(6.9)) == OLD
    assert answered(db, 7) is MoveState.LEARNT
    assert moves.address(db, SOURCE, OLD, day(7.1)) == NEW


def test_two_answers_a_week_apart_are_too_few(db: store.Connection) -> None:
    answered(db, 0)

    assert answered(db, 8) is MoveState.WATCHED
    assert answered(db, 9) is MoveState.LEARNT


@pytest.mark.parametrize("between", [OLD, None, "http://amt.example/wartung.xml"])
def test_another_answer_begins_the_week_anew(db: store.Connection, between: str | None) -> None:
    answered(db, 0)
    answered(db, 4)

    answered(db, 5, between)

    assert answered(db, 8) is MoveState.WATCHED


def test_https_on_the_same_host_and_path_is_learnt_at_once(db: store.Connection) -> None:
    assert answered(db, 0, OLD.replace("http:", "https:")) is MoveState.LEARNT
    assert moves.address(db, SOURCE, OLD, day(1)) == OLD.replace("http:", "https:")


@pytest.mark.parametrize(
    "target", ["https://amt.example/feed", "https://www.amt.example/feed.xml", NEW]
)
def test_no_other_address_is_learnt_at_once(db: store.Connection, target: str) -> None:
    assert answered(db, 0, target) is MoveState.WATCHED


@pytest.mark.parametrize(
    ("target", "state"),
    [
        ("http://www.amt.example/feed", MoveState.LEARNT),
        ("http://alt.example/feed", MoveState.LEARNT),
        ("http://fremd.example/feed", MoveState.FOREIGN),
    ],
)
def test_an_address_on_another_site_is_told_and_not_learnt(
    db: store.Connection, target: str, state: MoveState
) -> None:
    for number in (0, 3):
        answered(db, number, target)

    assert answered(db, 7, target) is state
    assert moves.address(db, SOURCE, OLD, day(8)) == (target if state is MoveState.LEARNT else OLD)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (404, Code.HTTP_ERROR), (410, Code.HTTP_ERROR), (403, Code.HTTP_ERROR),
        (401, Code.LOGIN), (302, Code.LOGIN), (200, Code.FEED_IS_HTML), (200, Code.EMPTY),
    ],
)  # fmt: skip
def test_a_learnt_address_that_is_no_good_is_forgotten_at_once(
    learnt: store.Connection, status: int, code: Code
) -> None:
    assert failed(learnt, 8, status, code) is MoveState.FORGOTTEN
    assert moves.address(learnt, SOURCE, OLD, day(8)) == OLD


@pytest.mark.parametrize(("status", "code"), [(500, Code.HTTP_ERROR), (None, Code.OFFLINE)])
def test_a_learnt_address_may_fail_for_three_days(
    learnt: store.Connection, status: int | None, code: Code
) -> None:
    states = [failed(learnt, number, status, code) for number in (8, 9, 10.9, 11)]

    assert states == [MoveState.LEARNT] * 3 + [MoveState.FORGOTTEN]


def test_a_good_answer_forgives_a_learnt_address(learnt: store.Connection) -> None:
    failed(learnt, 8, 500, Code.HTTP_ERROR)
    answered(learnt, 9, NEW)

    assert failed(learnt, 12, 500, Code.HTTP_ERROR) is MoveState.LEARNT


def test_an_enumeration_that_shrank_says_nothing_about_its_address(
    learnt: store.Connection,
) -> None:
    assert failed(learnt, 8, 200, Code.MASS_VANISH) is MoveState.LEARNT


def test_the_old_address_is_asked_once_a_month(learnt: store.Connection) -> None:
    assert moves.address(learnt, SOURCE, OLD, day(36.9)) == NEW
    assert moves.address(learnt, SOURCE, OLD, day(37)) == OLD

    answered(learnt, 37)

    assert moves.address(learnt, SOURCE, OLD, day(38)) == NEW


def test_an_old_address_that_is_back_is_asked_again(learnt: store.Connection) -> None:
    answered(learnt, 37, OLD)

    assert moves.address(learnt, SOURCE, OLD, day(38)) == OLD


def test_a_new_address_that_moves_on_is_learnt_after_another_week(learnt: store.Connection) -> None:
    third = "http://amt.example/dritte.xml"

    assert answered(learnt, 8, third) is MoveState.WATCHED
    assert moves.address(learnt, SOURCE, OLD, day(9)) == OLD
    answered(learnt, 12, third)
    assert answered(learnt, 15, third) is MoveState.LEARNT
    assert moves.address(learnt, SOURCE, OLD, day(16)) == third


def test_another_address_in_the_list_forgets_the_move(learnt: store.Connection) -> None:
    other = "http://amt.example/anders.xml"

    assert moves.address(learnt, SOURCE, other, day(8)) == other
    assert moves.of(learnt, SOURCE) is None


def test_the_admin_is_told_once_of_each_state(learnt: store.Connection) -> None:
    assert moves.news(learnt, SOURCE) is not None
    answered(learnt, 8, NEW)
    assert moves.news(learnt, SOURCE) is None

    failed(learnt, 9, 404, Code.HTTP_ERROR)

    told = moves.news(learnt, SOURCE)
    assert told is not None
    assert told.state is MoveState.FORGOTTEN


def test_what_is_merely_watched_is_no_news(db: store.Connection) -> None:
    answered(db, 0)

    assert moves.news(db, SOURCE) is None


def test_another_url_in_the_list_revives_a_source_that_was_given_up(db: store.Connection) -> None:
    source = make_source()
    store.catalogue.mirror(db, make_catalogue([source]))
    far = "2027-11-24T08:00:00Z"
    db.execute("UPDATE source_state SET next_at = ?, failures = 3, settled_at = ?", (far, START))

    store.catalogue.mirror(db, make_catalogue([replace(source, delay=timedelta(seconds=9))]))
    assert tuple(db.execute("SELECT next_at, failures FROM source_state").fetchone()) == (far, 3)

    store.catalogue.mirror(db, make_catalogue([replace(source, url=NEW)]))
    row = db.execute("SELECT next_at, failures, settled_at FROM source_state").fetchone()
    assert tuple(row) == (None, 0, None)
