"""Accounts of people whom the house's own sign-in service vouches for (OpenID Connect).

The service knows a person by issuer and subject, which never change (OpenID Connect Core 5.7); the
name is only how the account is called here.
"""

import sqlite3

from aggregator.errors import ConfigError
from aggregator.model import UserRole
from aggregator.store import accounts
from aggregator.store.accounts import Account


def arrive(
    db: sqlite3.Connection, subject: str, name: str, role: UserRole | None, at: str
) -> Account:
    """Return the account of a person; the first time it is bound, or created.

    An account with a password is never bound: a name that the service hands out must not take over
    somebody's account here.

    Args:
        db: The connection.
        subject: Issuer and subject, one blank between them.
        name: How the service calls the person.
        role: Of a new account; None: there must be one of that name without a password.
        at: Now.

    Raises:
        ConfigError: There is no account for this person, it is somebody else's, or it is locked.
    """
    row = db.execute("SELECT name FROM account WHERE subject = ?", (subject,)).fetchone()
    if row is None:
        _bind(db, subject, name, role, at)
    account = accounts.get(db, row[0] if row else name)
    if account.locked:
        raise ConfigError("dieses Konto ist gesperrt", where=account.name,
                          remedy="ein Admin entsperrt es (aggregator users unlock)")  # fmt: skip
    return account


def _bind(db: sqlite3.Connection, subject: str, name: str, role: UserRole | None, at: str) -> None:
    """Create the account, or bind the one that waits for this name."""
    found = accounts.find(db, name)
    if found is None and role is None:
        raise ConfigError(
            "für diesen Namen gibt es hier kein Konto", where=name,
            remedy="ein Admin legt es an: aggregator users add NAME --no-password",
        )  # fmt: skip
    if found is None:
        accounts.add(db, name, role or UserRole.READER, None, at, must_change=False)
    elif found.has_password or _is_bound(db, name):
        raise ConfigError(
            "unter diesem Namen gibt es hier ein anderes Konto", where=name,
            remedy="ein Admin entfernt es oder gibt ihm einen anderen Namen",
        )  # fmt: skip
    db.execute("UPDATE account SET subject = ? WHERE name = ?", (subject, name))


def _is_bound(db: sqlite3.Connection, name: str) -> bool:
    row = db.execute("SELECT subject FROM account WHERE name = ?", (name,)).fetchone()
    return row is not None and row[0] is not None
