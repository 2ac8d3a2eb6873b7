"""Are the pages still there that our items link to? Looked at now and then, without hammering.

Each address at most once in `EVERY`, a few of each host a day, in the host's own spacing and by its
robots.txt: HEAD, and GET only where HEAD is not understood or says that the page is gone. Dead is
what answers 404 or 410 on two days; a server in trouble, a refusal, a silence prove nothing.
"""

import sqlite3
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum
from urllib.parse import urlsplit

from aggregator import urls
from aggregator.clock import Clock, instant, stamp
from aggregator.errors import FetchError
from aggregator.fetch.client import Fetcher
from aggregator.model import Code, Exchange, Fetched, NotModified, Request, Role
from aggregator.store import leases, link_health
from aggregator.store.link_health import Finding, Health, Target

EVERY = timedelta(days=30)  # between two looks at an address
CONFIRM = timedelta(days=1)  # until a missing page is looked at again
PER_HOST = 20  # addresses of one host a day
LONGEST = timedelta(minutes=5)  # of one call: the scheduler must be able to stop
MAX_SILENT = 2  # addresses that give no answer, before any has: we may be offline
LEASE = "links"
MISSING = {404, 410}
HEADLESS = MISSING | {400, 403, 405, 501}  # some servers answer so to HEAD alone
FOR_GOOD = {301, 308}
Taken = Callable[[], tuple[Exchange, ...]]


def check(db: sqlite3.Connection, fetcher: Fetcher, taken: Taken, clock: Clock, most: int) -> int:
    """Look at the outside addresses whose turn it is.

    While no host answers at all we may be offline: then nothing is recorded.

    Args:
        db: The connection.
        fetcher: As for everything else: guard, robots.txt, turns, spacing.
        taken: Returns the exchanges of this thread since its last call.
        clock: For due times.
        most: Addresses in one call.

    Returns:
        How many were looked at.
    """
    link_health.discover(db, stamp(clock.now()))
    until = time.monotonic() + LONGEST.total_seconds()
    silent: list[tuple[Target, tuple[Exchange, ...]]] = []
    done = 0
    for target in link_health.due(db, stamp(clock.now()), most=most, per_host=PER_HOST):
        if time.monotonic() > until or (len(silent) > MAX_SILENT and not done):
            break
        if not leases.acquire(db, LEASE) or not link_health.is_wanted(db, target):
            continue
        found = look(fetcher, target, clock.now())
        if isinstance(found, Silence):
            silent += [(target, taken())] if found is Silence.NETWORK else []
            continue
        link_health.record(db, target, found, taken(), stamp(clock.now()))
        done += 1
    for target, exchanges in silent if done else ():
        found = _untold(target, None, clock.now())
        link_health.record(db, target, found, exchanges, stamp(clock.now()))
    return done


class Silence(Enum):
    """Why nothing was heard of an address."""

    HOST = "host"  # it has asked for a pause
    NETWORK = "network"


def look(fetcher: Fetcher, target: Target, now: datetime) -> Finding | Silence:
    """Ask for one address.

    Args:
        fetcher: With guard, robots rules and turns.
        target: The address, with what is known of it.
        now: The instant.
    """
    request = Request(url=target.url, role=Role.DETAIL, head=True)
    try:
        return _of_answer(target, fetcher.get(request), now)
    except FetchError as error:
        if error.status not in HEADLESS:
            return _of_failure(target, error, now)
    try:
        return _of_answer(target, fetcher.get(replace(request, head=False)), now)
    except FetchError as error:
        return _of_failure(target, error, now)


def _of_answer(target: Target, answer: Fetched | NotModified, now: datetime) -> Finding:
    """Return what a good answer says: it is there, or it is somewhere else for good."""
    state, moved_to = Health.ALIVE, None
    for_good = all(hop.status in FOR_GOOD for hop in answer.hops)
    if answer.hops and urls.canonical(answer.final_url) != urls.canonical(target.url):
        if _is_home(answer.final_url) and not _is_home(target.url):
            state = Health.UNKNOWN  # the page is gone more likely than it is the home page now
        elif for_good:
            state, moved_to = Health.MOVED, answer.final_url
    return Finding(state=state, status=answer.status, moved_to=moved_to, due_at=stamp(now + EVERY))


def _is_home(url: str) -> bool:
    parts = urlsplit(url)
    return parts.path in ("", "/") and not parts.query


def _of_failure(target: Target, error: FetchError, now: datetime) -> Finding | Silence:
    """Return what a bad answer says: missing once, missing again, or nothing."""
    if error.status in MISSING:
        since = target.missing_since or stamp(now)
        again = now - instant(since) >= CONFIRM
        return Finding(
            state=Health.DEAD if again else target.state, status=error.status,
            moved_to=None if again else target.moved_to, missing_since=since,
            due_at=stamp(now + (EVERY if again else CONFIRM)),
        )  # fmt: skip
    if error.status is None and error.retry_after is not None:
        return Silence.HOST
    if error.code is Code.OFFLINE:
        return Silence.NETWORK
    return _untold(target, error, now)


def _untold(target: Target, error: FetchError | None, now: datetime) -> Finding:
    """Return what stays when an answer tells nothing of the page: what was known before."""
    state = target.state
    if error and error.code in (Code.ROBOTS_DENIED, Code.ADDRESS_REFUSED):
        state = Health.UNKNOWN
    elif error and error.code is Code.TOO_LARGE:
        state = Health.ALIVE
    return Finding(
        state=state, status=error.status if error else None, due_at=stamp(now + EVERY),
        moved_to=target.moved_to if state is Health.MOVED else None,
        missing_since=target.missing_since if state is Health.DEAD else None,
    )  # fmt: skip
