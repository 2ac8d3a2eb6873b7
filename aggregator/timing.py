"""When to ask again: pure decisions over instants, durations and what a server said.

Nothing here reads a clock or a database. Every rule either delays or leaves alone: a hint of a
publisher (`ttl`, `Cache-Control`, `Expires`) never makes us ask sooner, and failure makes us ask
ever more rarely, up to a week.

Public: `next_after_success`, `sooner_for_pages`, `next_after_failure`, `fault_of`, `revisit_in`,
`asks_fully`, `freshness`, `retry_after`, `http_date`.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from itertools import pairwise

from aggregator.errors import FetchError
from aggregator.model import Code, Source

SHORTEST = timedelta(minutes=30)  # of the adaptive interval
LONGEST = timedelta(hours=24)  # of the adaptive interval, and how far a hint may delay
UNKNOWN_RHYTHM = timedelta(hours=4)  # until the publisher has shown one
ASKS_PER_ENTRY = 4  # an entry waits a quarter of the usual gap on average
BURST = timedelta(minutes=10)  # entries this close together were published at once
RHYTHM_ENTRIES = 20  # the newest ones decide: publishers change their habits
FIRST_BACKOFF = timedelta(hours=1)
MAX_BACKOFF = timedelta(days=7)
MAX_RETRY_AFTER = timedelta(days=7)
GOES_ON = timedelta(minutes=1)  # between two runs of a first crawl
GATHERED = timedelta(hours=1)  # revisits of so long are made in one run
JITTER = 0.1  # of an adaptive interval, always towards sooner
REVISIT_DAYS = (1, 3, 7, 30, 90)  # DESIGN rule 2
FULL_EVERY = 20  # unchanged visits in a row; some servers answer 304 for ever (Media Cloud)
# The three forms of an HTTP-date; any other `Expires` has expired (RFC 9111 5.3).
_HTTP_DATE = re.compile(
    r"[a-z]{3}, \d\d [a-z]{3} \d{4} \d\d:\d\d:\d\d gmt"
    r"|[a-z]{6,9}, \d\d-[a-z]{3}-\d\d \d\d:\d\d:\d\d gmt"
    r"|[a-z]{3} [a-z]{3} [ \d]\d \d\d:\d\d:\d\d \d{4}",
    re.IGNORECASE,
)


class Fault(StrEnum):
    """How bad a failure is; the weights add up in `source_state.failures`."""

    HARD = "hard"  # will not pass by itself: 404, login, robots, not the format
    SOFT = "soft"  # may pass: 500, a broken document
    TEMPORARY = "temporary"  # the server says so, or the way there: 429, 503, timeouts

    @property
    def weight(self) -> float:
        """What one more such failure adds."""
        return {Fault.HARD: 1.0, Fault.SOFT: 0.5, Fault.TEMPORARY: 0.25}[self]


_TEMPORARY_STATUS = frozenset({408, 421, 425, 429, 502, 503, 504, 511})
_TEMPORARY_CODES = frozenset({Code.OFFLINE, Code.TOO_SLOW, Code.TRUNCATED})
_HARD_CODES = frozenset(
    {Code.ADDRESS_REFUSED, Code.LOGIN, Code.REDIRECT_LOOP, Code.UNSUPPORTED, Code.TOO_LARGE}
)


def fault_of(error: FetchError) -> Fault:
    """Say how bad a failed fetch is, for the back-off of its source."""
    if error.status in _TEMPORARY_STATUS or error.retry_after is not None:
        return Fault.TEMPORARY
    if error.status is not None:
        return Fault.HARD if error.status < 500 else Fault.SOFT
    if error.code in _TEMPORARY_CODES:
        return Fault.TEMPORARY
    return Fault.SOFT if error.retryable and error.code not in _HARD_CODES else Fault.HARD


def next_after_success(
    source: Source,
    published: Iterable[datetime],
    *,
    now: datetime,
    hint: timedelta | None = None,
) -> datetime:
    """Return when to ask a source again that has just answered.

    Args:
        source: `every`, when set, is kept exactly; otherwise the interval follows the rhythm.
        published: Publication instants of its newest items, newest first; may be empty. No more
            of them are taken than it takes.
        now: Aware; the start of the run, so that an hourly source stays hourly.
        hint: The longest of what the publisher asks for (`Parsed.ttl`, `freshness`); it only
            delays, by at most a day.

    Returns:
        An instant at least `SHORTEST` ahead, unless `every` is shorter.
    """
    interval = source.every
    if interval is None:
        interval = max(_adaptive(published, now) * _jitter(source.id), SHORTEST)
    if hint is not None:
        interval = max(interval, min(hint, LONGEST))
    return now + interval


def _adaptive(published: Iterable[datetime], now: datetime) -> timedelta:
    """Return a quarter of the usual gap; a source that fell silent is asked more rarely."""
    moments: list[datetime] = []
    for at in published:
        if at <= now and (not moments or moments[-1] - at >= BURST):
            moments.append(at)
            if len(moments) == RHYTHM_ENTRIES:
                break
    if len(moments) < 2:
        return UNKNOWN_RHYTHM if not moments or now - moments[0] < LONGEST * 4 else LONGEST
    gap = _median([newer - older for newer, older in pairwise(moments)])
    silent = now - moments[0]
    return min(max(max(gap, silent / 2) / ASKS_PER_ENTRY, SHORTEST), LONGEST)


def _median(gaps: list[timedelta]) -> timedelta:
    """Return the middle one, or the mean of the two; `statistics` takes 3 ms to load."""
    gaps.sort()
    middle = len(gaps) // 2
    return gaps[middle] if len(gaps) % 2 else (gaps[middle - 1] + gaps[middle]) / 2


def sooner_for_pages(
    source: Source,
    next_at: datetime,
    *,
    waiting: datetime,
    revisit: datetime,
    spent: timedelta,
    now: datetime,
) -> datetime:
    """Return when to go on with the pages of a source before its next pass.

    A first crawl goes on at once. Revisits that are overdue go on after a pause as long as the run
    was: they take half of a host's time at most. Those to come are gathered by the hour; where
    `every` is set, they wait for its runs.

    Args:
        source: Whose turn it was.
        next_at: When its enumeration is read again.
        waiting: When the first page that was never read, or that changed, is due.
        revisit: When the first page to be revisited is due.
        spent: How long this run took.
        now: Aware.
    """
    times = [next_at, max(waiting, now + GOES_ON)]
    if revisit <= now:
        times.append(now + max(spent, GOES_ON))
    elif source.every is None:
        times.append(max(revisit, now + GATHERED))
    return min(times)


def _jitter(name: str) -> float:
    """Return a factor in (1 - JITTER, 1], always the same for a name: sources spread out."""
    share = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) / 2**32
    return 1 - JITTER * share


def next_after_failure(
    source: Source,
    failures: float,
    *,
    now: datetime,
    retry_after: timedelta | None = None,
) -> datetime:
    """Return when to ask a source again that has just failed.

    The wait doubles with each hard failure, with two soft or with four temporary ones; it is
    never shorter than the source's own interval or the server's wish, nor longer than
    `MAX_BACKOFF`.

    Args:
        source: Whose turn it was.
        failures: Weights since the last success (`Fault.weight`), this one included.
        now: Aware.
        retry_after: What the server asked for.
    """
    doublings = min(max(failures, 0.0), 10.0)  # 2**10 hours are beyond the cap already
    wait = max(FIRST_BACKOFF * 2**doublings * _jitter(source.id), FIRST_BACKOFF)
    wait = max(wait, source.every or SHORTEST, retry_after or timedelta(0))
    return now + min(wait, MAX_BACKOFF)


def revisit_in(visits: int) -> timedelta:
    """Return how long a stored page rests after so many unchanged visits in a row."""
    return timedelta(days=REVISIT_DAYS[min(max(visits, 0), len(REVISIT_DAYS) - 1)])


def asks_fully(visits: int) -> bool:
    """Whether this visit should carry no ETag and no date: now and then validators are tested."""
    return visits > 0 and visits % FULL_EVERY == 0


def freshness(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Return for how long an answer asks to be left alone (RFC 9111 4.2), less its age.

    Args:
        headers: Lower-case names.
        now: Aware; stands in for a missing `Date`.

    Returns:
        A positive duration, or None: not said, unreadable, or `no-cache`/`no-store`.
        `s-maxage` is not ours: it speaks to shared caches.
    """
    control = _directives(headers.get("cache-control", ""))
    if "no-cache" in control or "no-store" in control:
        return None
    lifetime = None
    if "max-age" in control:
        lifetime = _seconds(control["max-age"])
    elif _HTTP_DATE.fullmatch(headers.get("expires", "").strip()):
        expires = http_date(headers["expires"])
        lifetime = expires - (http_date(headers.get("date", "")) or now) if expires else None
    if lifetime is None:
        return None
    age = re.split("[,;]", headers.get("age", ""))[0]  # of several the first (RFC 9111 5.1)
    left = lifetime - (_seconds(age) or timedelta(0))
    return left if left > timedelta(0) else None


def _directives(header: str) -> dict[str, str]:
    """Read `Cache-Control`; of a directive that is repeated the first counts."""
    found: dict[str, str] = {}
    for name, quoted, plain in re.findall(r'([\w-]+)(?:=(?:"([^"]*)"|([^\s,;"]*)))?', header):
        found.setdefault(name.lower(), quoted or plain)
    return found


def _seconds(text: str) -> timedelta | None:
    """Read delta-seconds (RFC 9110 10.2.3); huge ones are capped, not an overflow."""
    text = text.strip()
    if not re.fullmatch(r"[0-9]{1,30}", text):
        return None
    return timedelta(seconds=min(int(text), 10**9))


def http_date(text: str) -> datetime | None:
    """Read an HTTP-date in any of its three forms (RFC 9110 5.6.7); zone-less means UTC."""
    try:
        at = parsedate_to_datetime(text.strip())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Read a Retry-After header: delay-seconds or an HTTP-date (RFC 9110 10.2.3).

    Args:
        value: The raw header; advice from outside that may be anything.
        now: Aware; an HTTP-date is taken relative to it.

    Returns:
        A delay of zero up to `MAX_RETRY_AFTER`, or None when there is none to be read.
    """
    if not value:
        return None
    delay = _seconds(value)
    if delay is None and (at := http_date(value)):
        delay = at - now
    if delay is None:
        return None
    return min(max(delay, timedelta(0)), MAX_RETRY_AFTER)
