"""When to ask again: hints only delay, failures are asked ever more rarely."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator import timing
from aggregator.errors import FetchError, StatusError
from aggregator.model import Code, PlatformId, Source, SourceId, SourceKind
from aggregator.timing import Fault

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def source(every: timedelta | None = None, name: str = "dv-news") -> Source:
    return Source(
        id=SourceId(name), platform=PlatformId("dv"), kind=SourceKind.FEED,
        url="https://example.org/feed", every=every,
    )  # fmt: skip


def posts(gap: timedelta, count: int = 10, ago: timedelta = timedelta(0)) -> list[datetime]:
    return [NOW - ago - n * gap for n in range(count)]


def wait(published: list[datetime], *, name: str = "dv-news") -> timedelta:
    return timing.next_after_success(source(name=name), published, now=NOW) - NOW


@pytest.mark.parametrize(
    ("published", "least", "most"),
    [
        (posts(HOUR), timedelta(minutes=30), timedelta(minutes=30)),
        (posts(DAY), 5 * HOUR, 6 * HOUR),
        (posts(7 * DAY), 21 * HOUR, DAY),
        (posts(HOUR, ago=30 * DAY), 21 * HOUR, DAY),  # fell silent
        (posts(DAY, ago=4 * DAY), 10 * HOUR, 12 * HOUR),
        ([], 3 * HOUR, 4 * HOUR),
        ([NOW - HOUR], 3 * HOUR, 4 * HOUR),
        ([NOW - 30 * DAY], 21 * HOUR, DAY),
        (posts(timedelta(seconds=5), 30), 3 * HOUR, 4 * HOUR),  # one burst is no rhythm
        ([NOW + DAY, *posts(DAY)], 5 * HOUR, 6 * HOUR),  # announced for the future
    ],
)
def test_the_interval_follows_the_rhythm(
    published: list[datetime], least: timedelta, most: timedelta
) -> None:
    assert least <= wait(published) <= most


def test_sources_spread_out_and_each_stays_where_it_is() -> None:
    waits = {wait(posts(DAY), name=f"source-{n}") for n in range(50)}

    assert len(waits) == 50
    assert wait(posts(DAY)) == wait(posts(DAY))


def test_a_configured_interval_is_kept_exactly() -> None:
    hourly = source(every=HOUR)

    assert timing.next_after_success(hourly, posts(DAY), now=NOW) == NOW + HOUR


@given(
    st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=9999)),
    st.none() | st.timedeltas(min_value=timedelta(minutes=1), max_value=timedelta(days=30)),
)
def test_hints_only_delay_and_by_a_day_at_most(hint: timedelta, every: timedelta | None) -> None:
    without = timing.next_after_success(source(every), posts(DAY), now=NOW)

    hinted = timing.next_after_success(source(every), posts(DAY), now=NOW, hint=hint)

    assert without <= hinted <= max(without, NOW + DAY)
    assert hinted >= NOW + min(hint, DAY)


def test_failures_are_asked_ever_more_rarely_up_to_a_week() -> None:
    waits = [timing.next_after_failure(source(), n, now=NOW) - NOW for n in range(1, 12)]

    assert waits == sorted(waits)
    assert waits[0] >= HOUR
    assert waits[1] > waits[0] * 1.9
    assert waits[-1] == 7 * DAY
    assert timing.next_after_failure(source(), 10_000, now=NOW) == NOW + 7 * DAY


def test_a_failure_is_never_asked_sooner_than_a_success() -> None:
    rare = source(every=5 * DAY)

    assert timing.next_after_failure(rare, 0.25, now=NOW) == NOW + 5 * DAY


def test_the_servers_wish_only_delays_a_failure() -> None:
    sooner = timing.next_after_failure(source(), 0.25, now=NOW, retry_after=timedelta(seconds=5))
    later = timing.next_after_failure(source(), 0.25, now=NOW, retry_after=3 * DAY)

    assert sooner == timing.next_after_failure(source(), 0.25, now=NOW)
    assert later == NOW + 3 * DAY


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (StatusError("x", status=404, retryable=False), Fault.HARD),
        (StatusError("x", status=403, retryable=False), Fault.HARD),
        (StatusError("x", status=500), Fault.SOFT),
        (StatusError("x", status=503), Fault.TEMPORARY),
        (StatusError("x", status=429), Fault.TEMPORARY),
        (StatusError("x", status=500, retry_after=HOUR), Fault.TEMPORARY),
        (FetchError("x", code=Code.OFFLINE), Fault.TEMPORARY),
        (FetchError("x", code=Code.TOO_SLOW), Fault.TEMPORARY),
        (FetchError("x", code=Code.LOGIN, retryable=False), Fault.HARD),
        (FetchError("x", code=Code.TOO_LARGE, retryable=False), Fault.HARD),
        (FetchError("x", code=Code.HTTP_ERROR), Fault.SOFT),
    ],
)
def test_faults_weigh_by_how_likely_they_pass(error: FetchError, fault: Fault) -> None:
    assert timing.fault_of(error) is fault


def test_four_temporary_faults_weigh_like_one_hard() -> None:
    assert Fault.HARD.weight == 2 * Fault.SOFT.weight == 4 * Fault.TEMPORARY.weight == 1


def test_stored_pages_are_revisited_ever_more_rarely() -> None:
    days = [timing.revisit_in(visits).days for visits in range(7)]

    assert days == [1, 3, 7, 30, 90, 90, 90]
    assert timing.revisit_in(-1).days == 1


def test_validators_are_put_to_the_test_now_and_then() -> None:
    assert [n for n in range(61) if timing.asks_fully(n)] == [20, 40, 60]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"cache-control": "max-age=600"}, 600),
        ({"cache-control": 'public, Max-Age="600", must-revalidate'}, 600),
        ({"cache-control": "max-age=600", "age": "100"}, 500),
        ({"cache-control": "max-age=600, max-age=9"}, 600),
        ({"cache-control": "max-age=600", "expires": "Tue, 24 Nov 2026 09:00:00 GMT"}, 600),
        ({"expires": "Tue, 24 Nov 2026 09:00:00 GMT"}, 3600),
        ({"expires": "Tue, 24 Nov 2026 09:00:00 GMT", "date": "Tue, 24 Nov 2026 08:30:00 GMT"},
         1800),
        ({"expires": "Tue Nov 24 09:00:00 2026"}, 3600),
        ({"expires": "Tuesday, 24-Nov-26 09:00:00 GMT"}, 3600),
        ({"expires": "0"}, None),
        ({"expires": "Tue, 24 Nov 2026 09:00:00 UTC"}, None),
        ({"expires": "Tue 24 Nov 2026 09:00:00 GMT"}, None),
        ({"cache-control": "max-age=600", "age": "700, 0"}, None),
        ({"cache-control": "max-age=600", "age": "0, 700"}, 600),
        ({"expires": "Tue, 24 Nov 2026 07:00:00 GMT"}, None),
        ({"cache-control": "max-age=600, no-cache"}, None),
        ({"cache-control": "no-store", "expires": "Tue, 24 Nov 2026 09:00:00 GMT"}, None),
        ({"cache-control": "max-age=600", "age": "600"}, None),
        ({"cache-control": "max-age=-1"}, None),
        ({"cache-control": "max-age=soon"}, None),
        ({"cache-control": "s-maxage=600"}, None),
        ({"cache-control": "max-age=99999999999999999999"}, 10**9),
        ({}, None),
    ],
)  # fmt: skip
def test_freshness_is_what_the_answer_asks_for(
    headers: dict[str, str], expected: int | None
) -> None:
    found = timing.freshness(headers, NOW)

    assert found == (None if expected is None else timedelta(seconds=expected))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", timedelta(minutes=2)),
        (" 0 ", timedelta(0)),
        ("99999999", 7 * DAY),
        ("Tue, 24 Nov 2026 08:02:00 GMT", timedelta(minutes=2)),
        ("Tue, 24 Nov 2026 07:00:00 GMT", timedelta(0)),
        ("Tuesday, 24-Nov-26 08:02:00 GMT", timedelta(minutes=2)),
        ("1.5", None),
        ("-5", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("٣", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, expected: timedelta | None) -> None:
    assert timing.retry_after(value, NOW) == expected


@given(st.text(max_size=60))
def test_headers_may_be_anything(text: str) -> None:
    headers = {"cache-control": text, "expires": text, "date": text, "age": text}

    found = timing.freshness(headers, NOW)
    wish = timing.retry_after(text, NOW)

    assert found is None or found > timedelta(0)
    assert wish is None or timedelta(0) <= wish <= timing.MAX_RETRY_AFTER
