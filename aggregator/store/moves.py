"""Where the addresses of sources have moved for good, learnt from their own redirects.

A redirect by 301 or 308 alone that leads to the same address for `STABLE` days is learnt: the
source is asked at its new address from then on. From http to https on the same host and path it is
learnt at once. An address on another site is told to the admin and never learnt: who owns a name
may change. `sources.yaml` is never written; a changed `url` there forgets everything.

Undone when the new address stops being what the old one was, and checked about once a month by
asking the old one.
"""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

from aggregator import urls
from aggregator.clock import instant
from aggregator.judge import Move, MoveState
from aggregator.model import Code, Platform

STABLE = timedelta(days=7)  # Feedbin waits some 6 days, lion-reader 7
TIMES = 3  # answers that agree, at least
CHECKED_EVERY = timedelta(days=30)
PATIENCE = timedelta(days=3)  # with a learnt address that fails in a way that may pass
# What a learnt address must never be: nothing there, a login, not the format.
_FINAL_STATUS = frozenset({401, 403, 404, 410})
_FINAL_CODES = frozenset({Code.LOGIN, Code.NEEDS_COOKIE, Code.ROBOTS_DENIED, Code.ADDRESS_REFUSED})
# What says nothing about the address: the enumeration shrank, the body was cut.
_NOT_OF_THE_ADDRESS = frozenset({Code.MASS_VANISH, Code.TRUNCATED, Code.STALE})


def of(db: sqlite3.Connection, source: str) -> Move | None:
    """Return what is known of the move of a source."""
    row = db.execute(
        "SELECT source, url, target, since, last_at, times, state, failing_since FROM move"
        " WHERE source = ?",
        (source,),
    ).fetchone()
    return Move(**{**dict(row), "state": MoveState(row["state"])}) if row else None


def address(db: sqlite3.Connection, source: str, url: str, now: str) -> str:
    """Return where a source is asked: its new address once learnt, else that of sources.yaml.

    Args:
        db: The connection, in a transaction.
        source: Its id.
        url: As in sources.yaml; another one than before forgets the move.
        now: The instant.
    """
    move = of(db, source)
    if move is None:
        return url
    if move.url != url:
        _delete(db, source)
        return url
    due = instant(now) - instant(move.last_at) >= CHECKED_EVERY
    return move.target if move.state is MoveState.LEARNT and not due else url


def answered(
    db: sqlite3.Connection,
    source: str,
    *,
    asked: str,
    moved_to: str | None,
    platform: Platform,
    now: str,
) -> None:
    """Note where a believed answer of a source's address came from.

    Args:
        db: The connection, in the transaction that stores the answer.
        source: Its id.
        asked: The address that was asked.
        moved_to: Where redirects for good ended; None: there were none, or others too.
        platform: Of the source.
        now: The instant.
    """
    move = of(db, source)
    if moved_to is None or moved_to == asked:
        _stays(db, move, asked)
        return
    if move is None or move.state is MoveState.FORGOTTEN:
        move = Move(source=source, url=asked, target=moved_to, since=now, last_at=now, times=0)
    elif move.target != moved_to:  # also when the learnt address moves on
        move = replace(move, target=moved_to, since=now, times=0, state=MoveState.WATCHED)
    move = replace(move, last_at=now, times=move.times + 1, failing_since=None)
    _write(db, replace(move, state=_state(move, platform, now)))


def _stays(db: sqlite3.Connection, move: Move | None, asked: str) -> None:
    """An address answered by itself: the learnt one is well, or the old one is as it was."""
    if move is None:
        return
    if move.state is MoveState.LEARNT and asked == move.target:
        if move.failing_since:
            _write(db, replace(move, failing_since=None))
    elif move.state is MoveState.WATCHED:
        _delete(db, move.source)
    elif move.state is not MoveState.FORGOTTEN:
        _write(db, replace(move, state=MoveState.FORGOTTEN))


def _state(move: Move, platform: Platform, now: str) -> MoveState:
    """Decide what is to be made of redirects that agree."""
    stable = instant(now) - instant(move.since) >= STABLE and move.times >= TIMES
    if not (stable or _is_upgrade(move.url, move.target)):
        return MoveState.WATCHED if move.state is not MoveState.LEARNT else move.state
    return MoveState.LEARNT if _is_ours(move, platform) else MoveState.FOREIGN


def _is_upgrade(url: str, target: str) -> bool:
    """Whether an address only went from http to https."""
    old, new = urlsplit(url), urlsplit(target)
    same_place = (old.hostname, old.path or "/", old.query) == (
        new.hostname, new.path or "/", new.query,
    )  # fmt: skip
    return (old.scheme, new.scheme) == ("http", "https") and same_place


def _is_ours(move: Move, platform: Platform) -> bool:
    """Whether an address is on the platform, today's or a former one, or where it was before."""
    ours = {_site(url) for url in (move.url, platform.url, *platform.former)}
    return _site(move.target) in ours


def _site(url: str) -> str:
    return urls.host_of(url).partition(":")[0].removeprefix("www.")


def failed(
    db: sqlite3.Connection,
    source: str,
    *,
    asked: str,
    status: int | None,
    code: Code,
    now: str,
) -> None:
    """Note that the address of a source gave nothing usable; a learnt one may be forgotten.

    Args:
        db: The connection, in the transaction that stores the failure.
        source: Its id.
        asked: The address that was asked.
        status: Of the answer; None without one.
        code: What went wrong.
        now: The instant.
    """
    move = of(db, source)
    if move is None or move.state is not MoveState.LEARNT or asked != move.target:
        return
    since = move.failing_since or now
    usable = status is not None and status < 400  # an answer, but not of the format
    final = status in _FINAL_STATUS or code in _FINAL_CODES
    final = final or (usable and code not in _NOT_OF_THE_ADDRESS)
    if final or instant(now) - instant(since) >= PATIENCE:
        _write(db, replace(move, state=MoveState.FORGOTTEN, failing_since=since))
    else:
        _write(db, replace(move, failing_since=since))


def news(db: sqlite3.Connection, source: str) -> Move | None:
    """Return a move of which the admin has not been told, once; part of a run's last transaction.

    What is merely watched is no news.
    """
    told = db.execute(
        "UPDATE move SET told = 1 WHERE source = ? AND told = 0 AND state <> ?",
        (source, MoveState.WATCHED),
    )
    return of(db, source) if told.rowcount else None


def readdress(db: sqlite3.Connection, sources: Iterable[tuple[str, str | None, str]]) -> None:
    """Let sources whose entry in sources.yaml now names other pages begin anew.

    Part of the transaction that mirrors the list, before the old one is deleted. A source with
    another `url` is read at once, also when it was given up (410).

    Args:
        db: The connection.
        sources: (id, url, definition as it will be stored) each.
    """
    before = {row["id"]: row for row in db.execute("SELECT id, url, definition FROM source")}
    for source, url, definition in sources:
        known = before.get(source)
        if known is None or _names(known["definition"]) == _names(definition):
            continue
        db.execute("UPDATE source_state SET settled_at = NULL WHERE source = ?", (source,))
        if known["url"] != url:
            _delete(db, source)
            db.execute(
                "UPDATE source_state SET next_at = NULL, failures = 0 WHERE source = ?", (source,)
            )


def _names(definition: str) -> list[object]:
    """Return the part of a definition that says which pages are read."""
    told = json.loads(definition)
    return [told.get(key) for key in ("kind", "url", "include", "exclude", "preset", "selectors")]


def _write(db: sqlite3.Connection, move: Move) -> None:
    """Store a move; a state that it did not have is news."""
    db.execute(
        "INSERT INTO move (source, url, target, since, last_at, times, state, failing_since)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (source) DO UPDATE SET target = excluded.target, since = excluded.since,"
        " told = iif(state = excluded.state AND target = excluded.target, told, 0),"
        " last_at = excluded.last_at, times = excluded.times, state = excluded.state,"
        " url = excluded.url, failing_since = excluded.failing_since",
        (move.source, move.url, move.target, move.since, move.last_at, move.times, move.state,
         move.failing_since),
    )  # fmt: skip


def _delete(db: sqlite3.Connection, source: str) -> None:
    db.execute("DELETE FROM move WHERE source = ?", (source,))
