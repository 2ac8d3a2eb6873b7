"""Saved searches whose news somebody gets by mail.

An address gets nothing before its owner has confirmed it by the letter that asks; the token in the
letters lets whoever has them confirm and unsubscribe, and nothing else.
"""

import secrets
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.clock import instant, stamp
from aggregator.errors import ConfigError, NotFoundError

MOST = 20  # of one account
ASKED_AGAIN = timedelta(days=30)  # an address that never answered is forgotten
RHYTHMS = (1, 7)  # days
EARLY = timedelta(hours=1)  # a letter may come so much before its day is full


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSearch:
    """One saved search."""

    id: int
    account: str
    query: str
    title: str
    mail: str
    every_days: int
    token: str
    created_at: str
    asked_at: str | None
    confirmed_at: str | None
    looked_at: str | None
    news_from: str | None


_ALL = """
    SELECT id, account, query, title, mail, every_days, token, created_at, asked_at, confirmed_at,
        looked_at, news_from FROM saved_search
"""


def _read(row: sqlite3.Row) -> SavedSearch:
    return SavedSearch(**dict(row))


def add(
    db: sqlite3.Connection, account: str, query: str, title: str, mail: str, every_days: int,
    *, at: str,
) -> None:  # fmt: skip
    """Save a search; its address is asked by the next letters. Part of a transaction.

    Raises:
        ConfigError: The account has too many, or this one already.
    """
    mine = of_account(db, account)
    if any((one.query, one.mail) == (query, mail) for one in mine):
        raise ConfigError("diese Suche gibt es schon", where=title, remedy="nichts zu tun")
    if len(mine) >= MOST:
        raise ConfigError(f"mehr als {MOST} gespeicherte Suchen", where=account,
                          remedy="eine andere löschen")  # fmt: skip
    db.execute(
        "INSERT INTO saved_search (account, query, title, mail, every_days, token, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (account, query, title, mail, every_days, secrets.token_urlsafe(24), at),
    )


def of_account(db: sqlite3.Connection, account: str) -> list[SavedSearch]:
    """Return the saved searches of an account, in the order in which they were saved."""
    return [_read(row) for row in db.execute(f"{_ALL} WHERE account = ? ORDER BY id", (account,))]


def by_token(db: sqlite3.Connection, token: str) -> SavedSearch:
    """Return the saved search of a letter.

    Raises:
        NotFoundError: It is unsubscribed, or there never was one.
    """
    row = db.execute(f"{_ALL} WHERE token = ?", (token,)).fetchone()
    if row is None:
        raise NotFoundError("diese gespeicherte Suche gibt es nicht (mehr)")
    return _read(row)


def remove(db: sqlite3.Connection, token: str) -> bool:
    """Forget a saved search; return whether it was there. Part of a transaction."""
    return db.execute("DELETE FROM saved_search WHERE token = ?", (token,)).rowcount > 0


def confirm(db: sqlite3.Connection, token: str, at: str) -> None:
    """Let letters go to an address from now on; news begin now. Part of a transaction."""
    db.execute(
        "UPDATE saved_search SET confirmed_at = ?, looked_at = ?, news_from = ? WHERE token = ?"
        " AND confirmed_at IS NULL", (at, at, at, token),
    )  # fmt: skip


def to_ask(db: sqlite3.Connection) -> list[SavedSearch]:
    """Return those whose address was not asked yet."""
    return [_read(row) for row in db.execute(f"{_ALL} WHERE asked_at IS NULL ORDER BY id")]


def due(db: sqlite3.Connection, now: datetime) -> list[SavedSearch]:
    """Return the confirmed ones whose day has come."""
    rows = db.execute(f"{_ALL} WHERE confirmed_at IS NOT NULL ORDER BY id")
    return [
        one for one in map(_read, rows)
        if instant(one.looked_at or one.created_at) + timedelta(days=one.every_days) - EARLY <= now
    ]  # fmt: skip


def mark_asked(db: sqlite3.Connection, one: SavedSearch, at: str) -> None:
    """Remember that the letter left that asks to confirm. Part of a transaction."""
    db.execute("UPDATE saved_search SET asked_at = ? WHERE id = ?", (at, one.id))


def mark_looked(db: sqlite3.Connection, one: SavedSearch, at: str, news_from: str = "") -> None:
    """Remember when news were looked for, and up to where they were told. Part of a transaction.

    What was told ends with the latest item that was told, not with the present: an item may be
    searchable only some time after we first saw it.
    """
    db.execute(
        "UPDATE saved_search SET looked_at = ?, news_from = iif(? > '', ?, news_from)"
        " WHERE id = ?", (at, news_from, news_from, one.id),
    )  # fmt: skip


def forget_unconfirmed(db: sqlite3.Connection, now: datetime) -> int:
    """Forget addresses that never answered; return how many. Part of a transaction."""
    limit = stamp(now - ASKED_AGAIN)
    return db.execute(
        "DELETE FROM saved_search WHERE confirmed_at IS NULL AND asked_at < ?", (limit,)
    ).rowcount
