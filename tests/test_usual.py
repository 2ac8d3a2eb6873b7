"""What is usual is learnt from readings that were believed, and only from enough of them."""

from datetime import timedelta
from typing import Any

import pytest

from aggregator import usual
from aggregator.errors import ParseError
from aggregator.model import Expect, Parsed, SourceKind
from aggregator.usual import Reading
from tests.builders import make_entry, make_source


def reading(entries: int, **fields: int) -> Reading:
    told = {"titled": entries, "dated": entries, "texted": entries} | fields
    return Reading(at="2026-11-01T08:00:00Z", entries=entries, **told)


def checked(now: Reading, past: list[Reading], *, leads_on: bool = False, **source: Any) -> str:
    """Return the code with which a reading is refused, "" when it is believed."""
    try:
        usual.check(make_source(**source), now, past, leads_on=leads_on)
    except ParseError as error:
        return error.code
    return ""


@pytest.mark.parametrize(
    ("entries", "past", "code"),
    [
        (9, [20, 20, 20, 20], "mass_vanish"),
        (10, [20, 20, 20, 20], ""),
        (1, [20, 20], ""),  # too little is known
        (5, [20, 18, 9, 22, 7], ""),  # it breathes
        (0, [3, 3, 3, 3], ""),  # too few to tell
        (20, [4, 4, 4, 4], ""),
    ],
)
def test_far_fewer_entries_than_ever_are_not_believed(
    entries: int, past: list[int], code: str
) -> None:
    assert checked(reading(entries), [reading(n) for n in past]) == code


def test_a_slow_decline_is_believed() -> None:
    past = [reading(40)] * 3
    for entries in range(40, 5, -1):
        assert checked(reading(entries), past[-usual.READINGS :]) == ""
        past.append(reading(entries))


def test_what_is_declared_wins_and_a_document_that_leads_on_may_be_short() -> None:
    past = [reading(20)] * 4

    assert checked(reading(3), past, expect=Expect(min_entries=2)) == ""
    assert checked(reading(3), past, leads_on=True) == ""


@pytest.mark.parametrize("field", usual.FIELDS)
def test_a_field_that_all_entries_had_is_missed(field: str) -> None:
    past = [reading(10)] * 3

    assert checked(reading(10, **{field: 4}), past) == "empty"
    assert checked(reading(10, **{field: 4}), past, kind=SourceKind.LISTING) == "selector_empty"
    assert checked(reading(10, **{field: 6}), past) == ""
    assert checked(reading(10, **{field: 0}), [*past, reading(10, **{field: 5})]) == ""


def test_a_document_is_measured_by_what_its_parser_saw() -> None:
    entries = (make_entry(1), make_entry(2, title=None), make_entry(3, text="", published=None))

    told = usual.measure(Parsed(entries=entries), "2026-11-01T08:00:00Z")

    assert (told.entries, told.titled, told.dated, told.texted) == (3, 2, 2, 2)


def weekly(count: int) -> list[str]:
    return [f"2026-{1 + n // 4:02}-{1 + n % 4 * 7:02}" for n in range(count)]


@pytest.mark.parametrize(
    ("published", "since", "most"),
    [
        (weekly(8), "2026-01-01T00:00:00Z", timedelta(days=60)),
        (["2026-01-01", *weekly(4), "2026-03-01", "2026-05-01"], "2025-12-01T00:00:00Z",
         timedelta(days=244)),
        (weekly(8), "2026-06-01T00:00:00Z", None),  # all of it is older than our first look
        (weekly(4), "2025-01-01T00:00:00Z", None),
        ([], "2025-01-01T00:00:00Z", None),
    ],
)  # fmt: skip
def test_a_rhythm_is_known_from_what_arrived_while_we_watched(
    published: list[str], since: str, most: timedelta | None
) -> None:
    found = usual.longest_silence(published, since)

    assert (found and timedelta(days=round(found / timedelta(days=1)))) == most
