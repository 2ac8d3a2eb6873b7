"""Accounts, their sessions, and how often somebody guesses wrong.

Every function that writes belongs into the caller's transaction and writes a few rows. A session is
a row: whoever signs out, is locked, or gets another role or password notices at the next request.
"""

import re
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from aggregator.clock import instant, stamp
from aggregator.errors import ConfigError, NotFoundError
from aggregator.model import UserRole
from aggregator.store.reads import Document

NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")
FREE_FAILURES = 5  # wrong passwords before an account has to wait
FREE_FAILURES_OF_ORIGIN = 20  # a house may have one address for all
FIRST_WAIT = timedelta(seconds=30)  # doubled by each further failure
LONGEST_WAIT = timedelta(minutes=15)  # so nobody is kept out for good by somebody else
FORGIVEN_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who may sign in."""

    name: str
    role: UserRole
    must_change: bool
    locked: bool
    created_at: str
    seen_at: str | None
    since_at: str | None
    has_password: bool


_ACCOUNT = """
    SELECT name, role, must_change, locked, created_at, seen_at, since_at,
        password IS NOT NULL AS has_password
    FROM account
"""


def _account(row: sqlite3.Row) -> Account:
    return Account(
        name=row["name"], role=UserRole(row["role"]), must_change=bool(row["must_change"]),
        locked=bool(row["locked"]), created_at=row["created_at"], seen_at=row["seen_at"],
        since_at=row["since_at"], has_password=bool(row["has_password"]),
    )  # fmt: skip


def find(db: sqlite3.Connection, name: str) -> Account | None:
    """Return an account."""
    row = db.execute(f"{_ACCOUNT} WHERE name = ?", (name,)).fetchone()
    return _account(row) if row else None


def get(db: sqlite3.Connection, name: str) -> Account:
    """Return an account.

    Raises:
        NotFoundError: There is none of this name.
    """
    found = find(db, name)
    if found is None:
        names = tuple(row[0] for row in db.execute("SELECT name FROM account ORDER BY name"))
        raise NotFoundError("dieses Konto gibt es nicht", where=name, nearest=names[:5],
                            remedy="aggregator users list")  # fmt: skip
    return found


def every(db: sqlite3.Connection) -> list[Account]:
    """Return all accounts by name."""
    return [_account(row) for row in db.execute(f"{_ACCOUNT} ORDER BY name")]


def document(account: Account) -> Document:
    """Return what may be shown of an account."""
    return {
        "name": account.name, "role": str(account.role), "locked": account.locked,
        "must_change": account.must_change, "created_at": account.created_at,
        "seen_at": account.seen_at, "has_password": account.has_password,
    }  # fmt: skip


def add(
    db: sqlite3.Connection,
    name: str,
    role: UserRole,
    password: str | None,
    at: str,
    *,
    must_change: bool = True,
) -> None:
    """Create an account.

    Args:
        db: The connection.
        name: 2 to 64 of a-z, 0-9 and . _ @ -
        role: What it may do.
        password: Its hash; None: it signs in elsewhere.
        at: Now.
        must_change: Whether the first sign-in asks for a password of one's own.

    Raises:
        ConfigError: The name is taken, or is none.
    """
    if not NAME.fullmatch(name):
        raise ConfigError("das ist kein Name für ein Konto", where=name,
                          remedy="2 bis 64 Zeichen aus a-z, 0-9 und . _ @ -")  # fmt: skip
    if find(db, name):
        raise ConfigError("dieses Konto gibt es schon", where=name,
                          remedy="einen anderen Namen wählen")  # fmt: skip
    db.execute(
        "INSERT INTO account (name, role, password, must_change, created_at)"
        " VALUES (?, ?, ?, ?, ?)",
        (name, str(role), password, must_change and password is not None, at),
    )


def set_role(db: sqlite3.Connection, name: str, role: UserRole) -> None:
    """Give an account another role; it holds from the next request on.

    Raises:
        NotFoundError: There is no such account.
        ConfigError: Nobody would be left who may administer.
    """
    get(db, name)
    if role is not UserRole.ADMIN:
        _keep_an_admin(db, name)
    db.execute("UPDATE account SET role = ? WHERE name = ?", (str(role), name))


def set_locked(db: sqlite3.Connection, name: str, *, locked: bool) -> None:
    """Keep an account out, at once, or let it in again.

    Raises:
        NotFoundError: There is no such account.
        ConfigError: Nobody would be left who may administer.
    """
    get(db, name)
    if locked:
        _keep_an_admin(db, name)
        end_sessions(db, name)
    db.execute("UPDATE account SET locked = ? WHERE name = ?", (locked, name))
    forgive(db, [about_account(name)])


def remove(db: sqlite3.Connection, name: str) -> None:
    """Delete an account with its sessions; decisions and the audit log keep its name.

    Raises:
        NotFoundError: There is no such account.
        ConfigError: Nobody would be left who may administer.
    """
    get(db, name)
    _keep_an_admin(db, name)
    end_sessions(db, name)
    db.execute("DELETE FROM account WHERE name = ?", (name,))
    forgive(db, [about_account(name)])


def _keep_an_admin(db: sqlite3.Connection, name: str) -> None:
    """Refuse to take away the last account that may administer."""
    admins = [a.name for a in every(db) if a.role is UserRole.ADMIN and not a.locked]
    if admins == [name]:
        raise ConfigError("das ist das letzte Konto mit der Rolle admin", where=name,
                          remedy="zuerst ein anderes Konto zum admin machen")  # fmt: skip


# --- passwords -----------------------------------------------------------------------------


def password_of(db: sqlite3.Connection, name: str) -> str | None:
    """Return the hash of an account that may sign in with a password."""
    row = db.execute(
        "SELECT password FROM account WHERE name = ? AND locked = 0", (name,)
    ).fetchone()
    return row[0] if row else None


def set_password(db: sqlite3.Connection, name: str, password: str, *, must_change: bool) -> None:
    """Store the hash of another password, and end all sessions of the account.

    Raises:
        NotFoundError: There is no such account.
    """
    get(db, name)
    db.execute(
        "UPDATE account SET password = ?, must_change = ? WHERE name = ?",
        (password, must_change, name),
    )
    end_sessions(db, name)
    forgive(db, [about_account(name)])


def rehash(db: sqlite3.Connection, name: str, password: str) -> None:
    """Store the same password as a stronger hash."""
    db.execute("UPDATE account SET password = ? WHERE name = ?", (password, name))


# --- sessions ------------------------------------------------------------------------------


def digest_of(token: str) -> str:
    """Return what is stored of a session's token: who reads the database cannot sign in by it."""
    return sha256(token.encode()).hexdigest()


def begin_session(
    db: sqlite3.Connection, token: str, name: str, now: datetime, lasts: timedelta
) -> None:
    """Store a session, and remember when the account was here last."""
    at = stamp(now)
    db.execute("DELETE FROM session WHERE expires_at <= ?", (at,))
    db.execute(
        "INSERT INTO session (token, account, began_at, expires_at) VALUES (?, ?, ?, ?)",
        (digest_of(token), name, at, stamp(now + lasts)),
    )
    db.execute("UPDATE account SET since_at = seen_at, seen_at = ? WHERE name = ?", (at, name))


def signed_in(db: sqlite3.Connection, token: str, now: datetime) -> Account | None:
    """Return whose session a token is, as the account is now; reads only."""
    row = db.execute(
        f"{_ACCOUNT} JOIN session ON session.account = account.name"
        " WHERE session.token = ? AND session.expires_at > ? AND account.locked = 0",
        (digest_of(token), stamp(now)),
    ).fetchone()
    return _account(row) if row else None


def end_session(db: sqlite3.Connection, token: str, at: str) -> None:
    """End one session; what came until now has been seen."""
    db.execute(
        "UPDATE account SET seen_at = ? WHERE name ="
        " (SELECT account FROM session WHERE token = ?)", (at, digest_of(token)),
    )  # fmt: skip
    db.execute("DELETE FROM session WHERE token = ?", (digest_of(token),))


def end_sessions(db: sqlite3.Connection, name: str) -> None:
    """End all sessions of an account."""
    db.execute("DELETE FROM session WHERE account = ?", (name,))


def all_seen(db: sqlite3.Connection, name: str, at: str) -> None:
    """Let "new since" count from now on."""
    db.execute("UPDATE account SET since_at = ?, seen_at = ? WHERE name = ?", (at, at, name))


# --- attempts ------------------------------------------------------------------------------


def about_account(name: str) -> str:
    """Return under what name attempts on an account are counted, also on one that is none."""
    return f"account:{name[:64]}"


def about_origin(address: str) -> str:
    """Return under what name attempts from an address are counted; the address is not stored."""
    return f"origin:{sha256(address.encode()).hexdigest()[:20]}"


def refused_until(db: sqlite3.Connection, abouts: Iterable[str], now: datetime) -> datetime | None:
    """Return until when attempts are refused; None: one may be made now."""
    latest = [
        instant(row[0])
        for about in abouts
        if (row := db.execute("SELECT until_at FROM attempt WHERE about = ?", (about,)).fetchone())
        and row[0]
    ]
    until = max(latest, default=now)
    return until if until > now else None


def count_attempt(db: sqlite3.Connection, about: str, now: datetime, free: int) -> None:
    """Count an attempt before it is looked at: those made at the same time count as well.

    Args:
        db: The connection.
        about: Of `about_account` or `about_origin`.
        now: The present.
        free: How many in a row cost nothing; each further one doubles the wait.
    """
    db.execute("DELETE FROM attempt WHERE last_at < ?", (stamp(now - FORGIVEN_AFTER),))
    row = db.execute("SELECT failures FROM attempt WHERE about = ?", (about,)).fetchone()
    failures = (row[0] if row else 0) + 1
    over = failures - free
    wait = min(FIRST_WAIT * 2 ** min(over, 16), LONGEST_WAIT) if over >= 0 else None
    db.execute(
        "INSERT OR REPLACE INTO attempt (about, failures, last_at, until_at) VALUES (?, ?, ?, ?)",
        (about, failures, stamp(now), stamp(now + wait) if wait else None),
    )


def forgive(db: sqlite3.Connection, abouts: Iterable[str]) -> None:
    """Forget failed attempts: one has succeeded, or an admin says so."""
    db.executemany("DELETE FROM attempt WHERE about = ?", [(about,) for about in abouts])
