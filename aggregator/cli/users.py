"""`users`: who may sign in to the web application."""

import sys
from typing import TYPE_CHECKING

import click

from aggregator.cli.common import Context, emit, note, say, table
from aggregator.model import UserRole

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    Change = Callable[[sqlite3.Connection], None]

JSON = click.option("--json", "as_json", is_flag=True, help="Ausgabe als JSON.")
ROLE = click.Choice([str(role) for role in UserRole])
STDIN = click.option("--password-stdin", "from_stdin", is_flag=True,
                     help="Das Passwort aus der Standardeingabe lesen.")  # fmt: skip
BY = "cli"  # in the audit log: whoever may use the command line


@click.group("users")
def users_command() -> None:
    """Konten der Webanwendung: anlegen, Rolle, Passwort, sperren, entfernen."""


@users_command.command("add")
@click.argument("name")
@click.option("--role", type=ROLE, default="reader", show_default=True, help="Was sie darf.")
@click.option("--no-password", is_flag=True,
              help="Angemeldet wird über den Anmeldedienst des Hauses.")  # fmt: skip
@STDIN
@JSON
@click.pass_obj
def add_command(
    ctx: Context, name: str, role: str, *, no_password: bool, from_stdin: bool, as_json: bool
) -> None:
    """Legt das Konto NAME an.

    Ohne weitere Angabe wird ein Passwort erzeugt und einmal gezeigt; bei der ersten Anmeldung ist
    es durch ein eigenes zu ersetzen.
    """
    from aggregator import passwords, store
    from aggregator.clock import stamp
    from aggregator.store import accounts, audit

    name, at = name.lower(), stamp(ctx.clock.now())
    password = None if no_password else _password(name, from_stdin=from_stdin)
    db = ctx.db()
    with store.transaction(db):
        accounts.add(
            db, name, UserRole(role), passwords.hash_of(password) if password else None, at,
            must_change=not from_stdin,
        )  # fmt: skip
        audit.note(db, BY, "user_add", at, name, {"role": role})
    _tell(name, password, from_stdin=from_stdin, as_json=as_json, role=role)


def _password(name: str, *, from_stdin: bool) -> str:
    """Return a password: the first line of standard input, or one that is made.

    Raises:
        ConfigError: The given one is too easily guessed.
    """
    from aggregator import passwords

    if not from_stdin:
        return passwords.generated()
    told = sys.stdin.readline().rstrip("\r\n")
    passwords.check(told, name)
    return told


def _tell(
    name: str, password: str | None, *, from_stdin: bool, as_json: bool, role: str | None = None
) -> None:
    """Print a password that was made: the only time that anybody can read it."""
    shown = None if from_stdin else password
    if as_json:
        emit({"name": name, **({"role": role} if role else {}), "password": shown})
    elif shown:
        note(f"Passwort für {name} (nur jetzt zu lesen, beim ersten Anmelden zu ändern):")
        say(shown)
    else:
        note(f"{name}: gespeichert")


@users_command.command("list")
@JSON
@click.pass_obj
def list_command(ctx: Context, *, as_json: bool) -> None:
    """Zeigt alle Konten."""
    from aggregator.store import accounts

    rows = [accounts.document(account) for account in accounts.every(ctx.db(readonly=True))]
    if as_json:
        for row in rows:
            emit(row)
    elif not rows:
        note("Es gibt noch kein Konto. Abhilfe: aggregator users add NAME --role admin")
    else:
        head = ("NAME", "ROLLE", "ZUSTAND", "ZULETZT DA")
        say(table([head, *((row["name"], row["role"], "gesperrt" if row["locked"] else "offen",
                            row["seen_at"] or "nie") for row in rows)]))  # fmt: skip


@users_command.command("role")
@click.argument("name")
@click.argument("role", type=ROLE)
@click.pass_obj
def role_command(ctx: Context, name: str, role: str) -> None:
    """Gibt dem Konto NAME eine andere Rolle; sie gilt sofort."""
    from aggregator.store import accounts

    def change(db: "sqlite3.Connection") -> None:
        accounts.set_role(db, name, UserRole(role))

    _change(ctx, name, "user_role", change, role=role)
    note(f"{name}: {role}")


@users_command.command("password")
@click.argument("name")
@STDIN
@JSON
@click.pass_obj
def password_command(ctx: Context, name: str, *, from_stdin: bool, as_json: bool) -> None:
    """Gibt dem Konto NAME ein neues Passwort; alle seine Anmeldungen enden."""
    from aggregator import passwords
    from aggregator.store import accounts

    accounts.get(ctx.db(readonly=True), name)
    password = _password(name, from_stdin=from_stdin)
    hashed = passwords.hash_of(password)

    def change(db: "sqlite3.Connection") -> None:
        accounts.set_password(db, name, hashed, must_change=not from_stdin)

    _change(ctx, name, "user_password", change)
    _tell(name, password, from_stdin=from_stdin, as_json=as_json)


@users_command.command("lock")
@click.argument("name")
@click.pass_obj
def lock_command(ctx: Context, name: str) -> None:
    """Sperrt das Konto NAME; wer damit angemeldet ist, wird abgemeldet."""
    from aggregator.store import accounts

    _change(ctx, name, "user_lock", lambda db: accounts.set_locked(db, name, locked=True))
    note(f"{name}: gesperrt")


@users_command.command("unlock")
@click.argument("name")
@click.pass_obj
def unlock_command(ctx: Context, name: str) -> None:
    """Hebt eine Sperre auf und vergisst falsche Passwörter."""
    from aggregator.store import accounts

    _change(ctx, name, "user_unlock", lambda db: accounts.set_locked(db, name, locked=False))
    note(f"{name}: offen")


@users_command.command("remove")
@click.argument("name")
@click.pass_obj
def remove_command(ctx: Context, name: str) -> None:
    """Entfernt das Konto NAME; Entscheidungen und Protokoll behalten den Namen."""
    from aggregator.store import accounts

    _change(ctx, name, "user_remove", lambda db: accounts.remove(db, name))
    note(f"{name}: entfernt")


def _change(ctx: Context, name: str, action: str, change: "Change", **detail: str) -> None:
    """Change an account and write it down, in one transaction."""
    from aggregator import store
    from aggregator.clock import stamp
    from aggregator.store import audit

    db = ctx.db()
    with store.transaction(db):
        change(db)
        audit.note(db, BY, action, stamp(ctx.clock.now()), name, detail)
