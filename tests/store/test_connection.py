"""The one file: opened, migrated, written by many, refused when it cannot be trusted."""

import re
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregator import store
from aggregator.errors import StoreError
from aggregator.store.connection import migrate, migrations


@pytest.fixture
def other(db: store.Connection, database: Path) -> Iterator[store.Connection]:
    """A second connection that does not wait."""
    connection = store.connect(database)
    connection.execute("PRAGMA busy_timeout = 0")
    yield connection
    connection.close()


def names(db: store.Connection) -> list[str]:
    return [row[0] for row in db.execute("SELECT key FROM meta WHERE key LIKE 'test-%'")]


# --- opening -------------------------------------------------------------------------------


def test_a_new_database_has_the_newest_schema(db: store.Connection) -> None:
    numbers = [number for number, _ in migrations()]

    assert numbers == list(range(1, len(numbers) + 1))
    assert db.execute("PRAGMA user_version").fetchone()[0] == numbers[-1]
    assert db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert db.execute("PRAGMA foreign_keys").fetchone()[0] == 1


def test_every_table_is_strict(db: store.Connection) -> None:
    tables = db.execute(
        "SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
        " AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'search_%'"
    ).fetchall()

    assert len(tables) > 20
    assert [row["name"] for row in tables if not row["strict"]] == []


def test_both_generations_have_the_same_tables(db: store.Connection) -> None:
    rows = db.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL").fetchall()
    found: dict[str, set[tuple[str, str]]] = {"a": set(), "b": set()}
    for row in rows:
        if ended := re.search(r"_([ab])(?=_|$)", row["name"]):
            letter = ended[1]
            shape = re.sub(rf"_{letter}\b|_{letter}(?=_)", "_x", row["sql"])
            found[letter].add((row["name"].replace(f"_{letter}", "_x"), shape))

    assert found["a"] == found["b"]
    assert len(found["a"]) > 10


def test_opening_again_changes_nothing(db: store.Connection, database: Path) -> None:
    before = db.execute("SELECT count(*), max(rootpage) FROM sqlite_schema").fetchone()

    store.connect(database).close()
    migrate(db)

    assert tuple(db.execute("SELECT count(*), max(rootpage) FROM sqlite_schema").fetchone()) == (
        tuple(before)
    )


def test_processes_that_create_it_at_once_agree(database: Path) -> None:
    failures: list[BaseException] = []

    def open_it() -> None:
        try:
            store.connect(database).close()
        except StoreError as error:
            failures.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []


def test_a_database_of_a_newer_version_is_refused_and_left_alone(
    db: store.Connection, database: Path
) -> None:
    db.execute("PRAGMA user_version = 999")

    with pytest.raises(StoreError, match=r"Schema 999") as caught:
        store.connect(database)

    assert "neuere Version" in caught.value.remedy
    assert db.execute("PRAGMA user_version").fetchone()[0] == 999


def test_a_migration_that_fails_leaves_nothing_of_itself(
    db: store.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest = migrations()[-1][0]
    script = "CREATE TABLE half (a INTEGER) STRICT;\nINSERT INTO nowhere VALUES (1);\n"
    monkeypatch.setattr("aggregator.store.connection.migrations", lambda: [(newest + 1, script)])

    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        migrate(db)

    assert db.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'half'").fetchone()[0] == 0
    assert db.execute("PRAGMA user_version").fetchone()[0] == newest


def test_readers_need_a_database_that_is_there(database: Path) -> None:
    with pytest.raises(StoreError, match="noch keine Datenbank"):
        store.connect(database, readonly=True)

    assert not database.parent.exists()


def test_a_reading_connection_writes_nothing(db: store.Connection, database: Path) -> None:
    reader = store.connect(database, readonly=True)

    with pytest.raises(StoreError, match="readonly"), store.transaction(reader):
        store.set_meta(reader, "test-1", "x")
    reader.close()

    assert names(db) == []


@pytest.mark.parametrize("content", [b"kein SQLite" * 100, None], ids=["text", "folder"])
def test_what_is_no_database_is_refused_with_its_place(
    database: Path, content: bytes | None
) -> None:
    database.parent.mkdir(parents=True)
    if content is None:
        database.mkdir()
    else:
        database.write_bytes(content)

    with pytest.raises(StoreError) as caught:
        store.connect(database)

    assert caught.value.where == str(database)
    assert caught.value.remedy


# --- transactions --------------------------------------------------------------------------


class StopError(Exception):
    """Raised in the middle of a transaction."""


def test_a_block_that_raises_leaves_nothing(db: store.Connection) -> None:
    def write() -> None:
        with store.transaction(db):
            store.set_meta(db, "test-1", "x")
            raise StopError

    with pytest.raises(StopError):
        write()

    assert names(db) == []
    assert not db.in_transaction


def test_a_transaction_within_another_ends_with_the_outer_one(db: store.Connection) -> None:
    def both() -> None:
        with store.transaction(db):
            with store.transaction(db):
                store.set_meta(db, "test-1", "x")
            assert db.in_transaction
            raise StopError

    with pytest.raises(StopError):
        both()

    assert names(db) == []


def test_a_locked_database_is_an_error_of_ours_with_a_remedy(
    db: store.Connection, other: store.Connection
) -> None:
    with (
        store.transaction(db),
        pytest.raises(StoreError, match="locked") as caught,
        store.transaction(other),
    ):
        store.set_meta(other, "test-1", "x")

    assert "später wiederholen" in caught.value.remedy
    with store.transaction(other):
        store.set_meta(other, "test-2", "x")
    assert names(db) == ["test-2"]


def test_a_full_disk_is_an_error_of_ours_and_leaves_nothing(db: store.Connection) -> None:
    pages = db.execute("PRAGMA page_count").fetchone()[0]
    db.execute(f"PRAGMA max_page_count = {pages + 2}")

    with pytest.raises(StoreError, match="full"), store.transaction(db):
        store.set_meta(db, "test-1", "x" * 10**6)

    assert names(db) == []
    assert not db.in_transaction


def test_a_mistake_of_ours_is_no_store_error(db: store.Connection) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"), store.transaction(db):
        db.execute("INSERT INTO nowhere VALUES (1)")

    assert not db.in_transaction


def test_meta_has_a_default_and_the_last_word(db: store.Connection) -> None:
    assert store.get_meta(db, "test-1", "nichts") == "nichts"

    store.set_meta(db, "test-1", "eins")
    store.set_meta(db, "test-1", "zwei")

    assert store.get_meta(db, "test-1") == "zwei"


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("eine Datei", encoding="utf-8")

    with pytest.raises(StoreError, match="lässt sich nicht öffnen"):
        store.connect(tmp_path / "data" / "querverweis.sqlite3")
