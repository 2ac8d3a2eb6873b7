"""The adaptive interval over months of synthetic publishing: how late, at what price.

The figures of docs/operations.md are those of `figures`.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median

import pytest

from aggregator import timing
from tests.builders import make_source

START = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WINDOW = 50  # of the newest dates, as the store gives them


def hourly() -> Iterator[datetime]:
    yield from (START + n * HOUR for n in range(24 * 120))


def office_hours() -> Iterator[datetime]:
    """Two or three notices each working day between eight and five."""
    rng = random.Random(1)
    for number in range(120):
        day = START + number * DAY
        if day.weekday() < 5:
            for _ in range(rng.choice((2, 3))):
                yield day + timedelta(hours=rng.uniform(7, 16))


def weekly() -> Iterator[datetime]:
    """A newsletter, on Tuesdays about ten."""
    rng = random.Random(2)
    yield from (START + n * 7 * DAY + DAY + timedelta(hours=rng.uniform(9, 11)) for n in range(30))


def silent_for_months() -> Iterator[datetime]:
    """Daily for a month, then nothing for four months, then daily again."""
    yield from (START + n * DAY + 9 * HOUR for n in range(30))
    yield from (START + n * DAY + 9 * HOUR for n in range(150, 180))


@dataclass(frozen=True)
class Figures:
    """What asking by the adaptive interval comes to, after a first month of learning."""

    delay: timedelta  # median, from publication to discovery
    longest: timedelta
    requests_a_day: float


def figures(published: Callable[[], Iterator[datetime]]) -> Figures:
    moments = sorted(published())
    source = make_source("rhythmus", every=None)
    now, seen, delays, requests = START, 0, [], 0
    counted_from = START + 30 * DAY
    while now < moments[-1] + HOUR:
        known = [at for at in moments if at <= now]
        if now >= counted_from:
            requests += 1
            delays += [now - at for at in moments[seen : len(known)] if at >= counted_from]
        seen = len(known)
        now = timing.next_after_success(source, known[: -WINDOW - 1 : -1], now=now)
    days = (moments[-1] - counted_from) / DAY
    usual = timedelta(seconds=median(delay.total_seconds() for delay in delays))
    return Figures(usual, max(delays), requests / days)


@pytest.mark.parametrize(
    ("published", "delay", "longest", "a_day"),
    [
        (hourly, timedelta(minutes=30), timedelta(minutes=31), (47, 54)),
        (office_hours, 1 * HOUR, 9 * HOUR, (4, 30)),
        (weekly, 12 * HOUR, DAY, (1, 1.2)),
        (silent_for_months, 6 * HOUR, DAY, (1, 4)),
    ],
)
def test_asking_follows_the_publisher(
    published: Callable[[], Iterator[datetime]],
    delay: timedelta,
    longest: timedelta,
    a_day: tuple[float, float],
) -> None:
    found = figures(published)

    assert found.delay <= delay
    assert found.longest <= longest
    assert a_day[0] <= found.requests_a_day <= a_day[1]


NOW = START
NEVER = datetime(9999, 12, 31, tzinfo=UTC)
PASS = NOW + 12 * HOUR


@pytest.mark.parametrize(
    ("waiting", "revisit", "every", "expected"),
    [
        (NEVER, NEVER, None, PASS),
        (NOW - HOUR, NEVER, None, NOW + timedelta(minutes=1)),  # a first crawl goes on
        (NOW + 8 * HOUR, NEVER, None, NOW + 8 * HOUR),  # the only one waits after a failure
        (NOW + 2 * DAY, NEVER, None, PASS),
        (NEVER, NOW - HOUR, None, NOW + timedelta(minutes=7)),  # as long as the run was
        (NEVER, NOW - HOUR, 2 * DAY, NOW + timedelta(minutes=7)),
        (NEVER, NOW + 5 * HOUR, None, NOW + 5 * HOUR),
        (NEVER, NOW + timedelta(minutes=5), None, NOW + HOUR),  # gathered
        (NEVER, NOW + 5 * HOUR, 2 * DAY, PASS),
    ],
)
def test_pages_are_gone_on_with_before_the_next_pass(
    waiting: datetime, revisit: datetime, every: timedelta | None, expected: datetime
) -> None:
    source = make_source("seiten", every=every)

    at = timing.sooner_for_pages(
        source, PASS, waiting=waiting, revisit=revisit, spent=timedelta(minutes=7), now=NOW
    )

    assert at == expected
