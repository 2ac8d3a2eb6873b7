"""Dates: what publishers write, and what is refused."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregator import dates
from aggregator.clock import stamp

NOW = "2026-11-24T08:00:00Z"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mon, 02 Mar 2026 09:30:00 +0100", "2026-03-02T08:30:00Z"),
        ("Mon, 02 Mar 2026 09:30:00 CET", "2026-03-02T08:30:00Z"),
        ("Thu, 02 Jul 2026 09:30:00 CEST", "2026-07-02T07:30:00Z"),
        ("Mo, 02 Mär 2026 09:30:00 MEZ", "2026-03-02T08:30:00Z"),
        ("Do, 02 Jul 2026 09:30 MESZ", "2026-07-02T07:30:00Z"),
        ("02 Jul 2026 00:15 CEST", "2026-07-01T22:15:00Z"),
        ("Mon, 02 Mar 2026 08:30:00 GMT", "2026-03-02T08:30:00Z"),
        ("Mon, 02 Mar 2026 08:30:00 EST", "2026-03-02T13:30:00Z"),
        ("Mon, 02 Mar 2026 08:30:00 XYZ", "2026-03-02T08:30:00Z"),
        ("Mon, 02 Mar 2026 09:30:00", "2026-03-02T08:30:00Z"),
        ("2026-07-02T09:30:00+02:00", "2026-07-02T07:30:00Z"),
        ("2026-07-02T07:30:00.1234567Z", "2026-07-02T07:30:00Z"),
        ("2026-07-02T09:30:00Europe/Berlin", "2026-07-02T07:30:00Z"),
        ("2026-07-02 09:30:00", "2026-07-02T07:30:00Z"),
        ("20260702T073000Z", "2026-07-02T07:30:00Z"),
        ("2026-07-02T24:00:00Z", "2026-07-03T00:00:00Z"),
        ("2026-06-30T23:59:60Z", "2026-06-30T23:59:59Z"),
        ("Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37Z"),
        ("Sun Nov  6 08:49:37 1994", "1994-11-06T07:49:37Z"),
        ("Sun Nov  6 08:49:37 GMT 1994", "1994-11-06T08:49:37Z"),
        ("March 2nd, 2026 3:04 pm", "2026-03-02T14:04:00Z"),
        ("02.03.2026 09:30 Uhr", "2026-03-02T08:30:00Z"),
        ("2. März 2026, 09:30 Uhr", "2026-03-02T08:30:00Z"),
        ("Dienstag, 3.2.2026 | 12:00 Uhr", "2026-02-03T11:00:00Z"),
        ("26.03.2025 - 10:00 Uhr", "2025-03-26T09:00:00Z"),
    ],
)
def test_times_become_utc(text: str, expected: str) -> None:
    assert dates.parse(text, now=NOW) == expected


@pytest.mark.parametrize(
    "text",
    ["2026-03-02", "20260302", "02.03.2026", "2.3.26", "2. März 2026", "Montag, 2. März 2026",
     "am 02.03.2026", "Mar 2, 2026", "2 Maerz 2026", "2026/03/02"],
)  # fmt: skip
def test_a_day_stays_a_day(text: str) -> None:
    assert dates.parse(text, now=NOW) == "2026-03-02"


@pytest.mark.parametrize(
    "text",
    ["", "bald", "März 2026", "2026", "30.02.2026", "2026-03-02T25:00:00Z", "Thu, 01 Jan 1970",
     "31.12.1989", "01.01.3026", "27.11.2026", "vor 2 Stunden", "13", "x" * 200,
     "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-03-02T09:00:00+99:00"],
)  # fmt: skip
def test_what_is_no_date_or_absurd_is_none(text: str) -> None:
    assert dates.parse(text, now=NOW) is None


def test_the_zone_of_the_source_holds_for_times_without_one() -> None:
    assert dates.parse("2026-07-02 09:30", zone="UTC", now=NOW) == "2026-07-02T09:30:00Z"


def test_a_day_after_tomorrow_is_allowed_and_events_may_lie_further_ahead() -> None:
    assert dates.parse("25.11.2026", now=NOW) == "2026-11-25"
    assert dates.parse("01.06.2027", now=NOW, ahead=timedelta(days=400)) == "2027-06-01"


def test_without_a_present_nothing_is_too_late() -> None:
    assert dates.parse("15.07.2027", now="") == "2027-07-15"


def test_odd_wordings_reach_dateparser() -> None:
    assert dates.parse("2. des Monats März im Jahr 2026", now=NOW) is None
    assert dates.parse("02/03/2026", now=NOW) == "2026-03-02"


def test_common_forms_do_not_load_dateparser() -> None:
    code = (
        "import sys; from aggregator import dates; dates.parse('2. März 2026', now='');"
        "dates.parse('', now=''); print('dateparser' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"


def test_a_day_sorts_as_noon_in_berlin() -> None:
    assert dates.sort_key("2026-07-02") == "2026-07-02T10:00:00Z"
    assert dates.sort_key("2026-01-02") == "2026-01-02T11:00:00Z"
    assert dates.sort_key("2026-07-02T07:30:00Z") == "2026-07-02T07:30:00Z"


@given(st.integers(min_value=632_000_000, max_value=1_790_000_000))
def test_what_we_write_we_read_again(seconds: int) -> None:
    written = stamp(datetime.fromtimestamp(seconds, UTC))

    assert dates.parse(written, now=NOW) == written


@example("9999-12-31T24:00:00Z")
@example("0001-01-01T00:00:00+14:00")
@settings(deadline=None)
@given(st.text(alphabet="0123456789.-/: TZUhrMäzMEZ+,", max_size=40))
def test_nothing_raises(text: str) -> None:
    found = dates.parse(text, now=NOW)

    assert found is None or dates.sort_key(found) >= "1989"
