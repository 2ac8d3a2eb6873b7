"""Backups of the one file: taken while others write, put back as a whole or not at all."""

import json
import os
import sqlite3
from pathlib import Path

from aggregator.errors import StoreError
from aggregator.store.connection import get_meta, migrations, set_meta, transaction
from aggregator.store.holders import is_dead

PAGES = 1000  # copied at a time, so that writers get their turn
MOST_KNOWN = 50  # backups remembered for "which still hold it"


def backup(db: sqlite3.Connection, file: Path, *, now: str) -> int:
    """Copy the database into a file that appears only when it is whole.

    Returns:
        Its size in bytes.

    Raises:
        StoreError: It cannot be written.
    """
    part = file.with_name(file.name + ".part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        _copy(db, part)
        _sync(part)
        part.replace(file)
    except (OSError, sqlite3.Error) as error:
        part.unlink(missing_ok=True)
        raise StoreError(
            f"die Sicherung ist gescheitert: {error}", where=str(file),
            remedy="Rechte und freien Platz prüfen",
        ) from error  # fmt: skip
    with transaction(db):
        known = json.loads(get_meta(db, "backups", "[]"))
        known = [*known, {"path": str(file.resolve()), "at": now}][-MOST_KNOWN:]
        set_meta(db, "backups", json.dumps(known, ensure_ascii=False))
    return file.stat().st_size


def _copy(db: sqlite3.Connection, target: Path) -> None:
    copy = sqlite3.connect(target)
    try:
        db.backup(copy, pages=PAGES, sleep=0.01)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
    finally:
        copy.close()


def restore(file: Path, database: Path) -> None:
    """Put a backup in the place of the database.

    The backup is checked before anything is touched; the exchange is one rename.

    Raises:
        StoreError: It is no whole database of ours, or the present one is being worked on.
    """
    part = database.with_name(database.name + ".restored")
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        if not file.is_file():
            raise StoreError("die Sicherung gibt es nicht", where=str(file))
        source = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)
        try:
            _verify(source, file)
            _copy(source, part)
        finally:
            source.close()
        _refuse_if_busy(database)
        _sync(part)
        for suffix in ("-wal", "-shm"):
            Path(f"{database}{suffix}").unlink(missing_ok=True)
        part.replace(database)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            f"die Sicherung lässt sich nicht einspielen: {error}", where=str(file),
            remedy="eine andere Sicherung verwenden",
        ) from error  # fmt: skip
    finally:
        part.unlink(missing_ok=True)


def _verify(source: sqlite3.Connection, file: Path) -> None:
    """Check that a file is a whole database of this program, not a newer one."""
    newest = migrations()[-1][0]
    version = int(source.execute("PRAGMA user_version").fetchone()[0])
    verdict = str(source.execute("PRAGMA quick_check").fetchone()[0])
    if verdict != "ok" or not 1 <= version <= newest:
        raise StoreError(
            f"keine brauchbare Sicherung (Schema {version}, Prüfung: {verdict})", where=str(file),
            remedy="eine andere Sicherung verwenden, bei neuerem Schema das Programm erneuern",
        )  # fmt: skip
    source.execute("SELECT count(*) FROM item").fetchone()


def _refuse_if_busy(database: Path) -> None:
    """Refuse while another process crawls or derives; the lease tells."""
    if not database.is_file():
        return
    present = sqlite3.connect(database)
    try:
        holders = [row[0] for row in present.execute(
            "SELECT by FROM lease UNION SELECT lease_by FROM source_state"
            " WHERE lease_by IS NOT NULL"
        )]  # fmt: skip
        present.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.DatabaseError:
        return  # damaged, which may be why it is being restored
    finally:
        present.close()
    if any(not is_dead(holder) for holder in holders):
        raise StoreError(
            "ein anderer Prozess arbeitet gerade an der Datenbank", where=str(database),
            remedy="`schedule` und laufende Abrufe beenden, dann wiederholen",
        )  # fmt: skip


def _sync(path: Path) -> None:
    """Have a file on the disk before its name counts."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
