"""`users`: accounts from the command line, and what it refuses."""

import io
import json
from collections.abc import Iterator

import pytest

from aggregator import passwords, store
from aggregator.store import accounts, audit
from tests.cli.conftest import Program


@pytest.fixture
def db(aggregator: Program) -> Iterator[store.Connection]:
    """The database of the command line."""
    connection = store.connect(aggregator.data / "querverweis.sqlite3")
    yield connection
    connection.close()


def told(aggregator: Program) -> dict[str, object]:
    row: dict[str, object] = json.loads(aggregator.out)
    return row


def test_a_password_is_made_and_shown_once(aggregator: Program, db: store.Connection) -> None:
    assert aggregator("users", "add", "Frau.Muster", "--role", "moderator", "--json") == 0
    row = told(aggregator)

    assert row["name"] == "frau.muster"
    assert passwords.fits(str(row["password"]), accounts.password_of(db, "frau.muster"))
    assert accounts.get(db, "frau.muster").must_change
    assert aggregator("users", "list", "--json") == 0
    listed = told(aggregator)
    assert (listed["name"], listed["role"], listed["locked"]) == ("frau.muster", "moderator", False)
    assert str(row["password"]) not in aggregator.out


def test_a_password_can_be_read_from_standard_input(
    aggregator: Program, db: store.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("vier bunte Wörter hier\n"))

    assert aggregator("users", "add", "amt", "--password-stdin") == 0

    assert passwords.fits("vier bunte Wörter hier", accounts.password_of(db, "amt"))
    assert not accounts.get(db, "amt").must_change


@pytest.mark.parametrize("simple", ["kurz", "aaaaaaaaaaaaaa", "passwort1234", "amt.muster123", ""])
def test_what_is_guessed_first_is_no_password(
    aggregator: Program, db: store.Connection, monkeypatch: pytest.MonkeyPatch, simple: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{simple}\n"))

    assert aggregator("users", "add", "amt.muster", "--password-stdin") == 2
    assert "Zeichen" in aggregator.err
    assert accounts.every(db) == []


@pytest.mark.parametrize("name", ["x", "zwei wörter", "-rf", "a" * 80, "müller"])
def test_a_name_has_a_fixed_form(aggregator: Program, name: str) -> None:
    assert aggregator("users", "add", "--no-password", "--", name) == 2


def test_an_account_is_changed_and_removed(aggregator: Program, db: store.Connection) -> None:
    aggregator("users", "add", "eins", "--role", "admin", "--no-password")
    aggregator("users", "add", "zwei", "--no-password")

    assert aggregator("users", "role", "zwei", "admin") == 0
    assert str(accounts.get(db, "zwei").role) == "admin"
    assert aggregator("users", "lock", "zwei") == 0
    assert accounts.get(db, "zwei").locked
    assert aggregator("users", "unlock", "zwei") == 0
    assert aggregator("users", "password", "zwei", "--json") == 0
    assert passwords.fits(str(told(aggregator)["password"]), accounts.password_of(db, "zwei"))
    assert aggregator("users", "remove", "zwei") == 0
    assert [account.name for account in accounts.every(db)] == ["eins"]
    actions = [row["action"] for row in audit.entries(db, limit=20)[0]]
    assert actions == ["user_remove", "user_password", "user_unlock", "user_lock", "user_role",
                       "user_add", "user_add"]  # fmt: skip


@pytest.mark.parametrize(
    "words", [["lock", "eins"], ["remove", "eins"], ["role", "eins", "reader"]]
)
def test_the_last_admin_stays(aggregator: Program, words: list[str]) -> None:
    aggregator("users", "add", "eins", "--role", "admin", "--no-password")

    assert aggregator("users", *words) == 2
    assert "letzte" in aggregator.err


def test_a_name_that_does_not_exist_is_told(aggregator: Program) -> None:
    for words in (["lock", "niemand"], ["password", "niemand"], ["role", "niemand", "admin"]):
        assert aggregator("users", *words) == 2
        assert "gibt es nicht" in aggregator.err


def test_a_name_is_taken_once(aggregator: Program) -> None:
    aggregator("users", "add", "eins", "--no-password")

    assert aggregator("users", "add", "EINS", "--no-password") == 2
