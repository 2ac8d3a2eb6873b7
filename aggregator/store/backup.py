"""Backups of the one file: taken while others write, put back as a whole or not at all.

A backup is one state of the database: it is copied within one read transaction, which other writers
neither see nor wait for. It carries the digest of what it holds, so that a restored database can be
shown to be that state.
"""

import json
import os
import re
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from aggregator.clock import Clock, instant, stamp
from aggregator.errors import StoreError
from aggregator.store.connection import connect, get_meta, migrations, set_meta, transaction
from aggregator.store.derived import snapshot
from aggregator.store.digest import digest
from aggregator.store.doctor import Finding, examine
from aggregator.store.holders import is_dead

MOST_KNOWN = 50  # backups remembered for "which still hold it"
OWN_NAME = re.compile(r"querverweis-(\d{8}T\d{6}Z)\.sqlite3\Z")
TROUBLE = "backup_trouble"  # in `meta`: why the last planned backup failed, "" when it did not
# What a copy in another place cannot be blamed for.
OF_THE_PLACE = ("disk", "overdue", "clock", "backups", "folder")


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
        _seal(part, now)
        _sync(part)
        part.replace(file)
    except (OSError, sqlite3.Error) as error:
        with suppress(OSError):
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
    """Copy one state; without the transaction every write of another process would begin anew."""
    copy = sqlite3.connect(target)
    try:
        with snapshot(db):
            db.execute("SELECT count(*) FROM meta").fetchone()  # from here on it is this state
            db.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
    finally:
        copy.close()


def _seal(file: Path, now: str) -> None:
    """Check a copy and write into it when it was made, and of what."""
    copy = sqlite3.connect(file, isolation_level=None)
    copy.row_factory = sqlite3.Row
    try:
        _verify(copy, file)
        set_meta(copy, "backup", json.dumps({"at": now, "digest": digest(copy)}))
    finally:
        copy.close()


# --- putting it back -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """What became of restoring a backup in a place of its own."""

    made_at: str  # "" when the backup does not say
    items: int
    equal: bool | None  # the digest is that of the moment of backup; None: it carries none
    findings: tuple[Finding, ...]  # of the restored database

    @property
    def fine(self) -> bool:
        """Whether this backup would have served."""
        return self.equal is not False and all(finding.fine for finding in self.findings)


def drill(file: Path, clock: Clock, *, folder: Path | None = None) -> Drill:
    """Restore a backup beside everything else, examine it, and throw the copy away.

    Args:
        file: The backup.
        clock: Of the examination.
        folder: Where there is room for the copy; that of the system for such things by default.

    Raises:
        StoreError: It cannot be restored.
    """
    with TemporaryDirectory(prefix="querverweis-", dir=folder) as place:
        database = Path(place) / "querverweis.sqlite3"
        restore(file, database)
        db = connect(database)
        try:
            told = _told(db)
            found = tuple(f for f in examine(db, database, clock) if f.name not in OF_THE_PLACE)
            items = db.execute("SELECT count(*) FROM item").fetchone()[0]
            equal = told["digest"] == digest(db) if told.get("digest") else None
        finally:
            db.close()
    return Drill(made_at=str(told.get("at", "")), items=items, equal=equal, findings=found)


def _told(db: sqlite3.Connection) -> dict[str, object]:
    """Return what a backup says of itself; nothing when it was made by other means."""
    found: dict[str, object] = json.loads(get_meta(db, "backup", "{}"))
    return found


def restore(file: Path, database: Path) -> None:
    """Put a backup in the place of the database.

    The backup is checked before anything is touched, against its own digest, too; the exchange is
    one rename.

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
        source.row_factory = sqlite3.Row
        try:
            _verify(source, file)
            _verify_digest(source, file)
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


def _verify_digest(source: sqlite3.Connection, file: Path) -> None:
    """Check that a backup still holds what it held when it was made, where its schema is ours."""
    told = _told(source).get("digest")
    version = int(source.execute("PRAGMA user_version").fetchone()[0])
    if told and version == migrations()[-1][0] and told != digest(source):
        raise StoreError(
            "die Sicherung ist nicht mehr, was sie war: ihre Prüfsumme stimmt nicht",
            where=str(file), remedy="eine andere Sicherung verwenden",
        )  # fmt: skip


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


# --- planned backups -------------------------------------------------------------------------


def kept(folder: Path) -> list[tuple[datetime, Path]]:
    """Return the planned backups of a folder with their times, latest first."""
    found = [
        (datetime.strptime(name[1], "%Y%m%dT%H%M%S%z"), path)
        for path in (folder.iterdir() if folder.is_dir() else ())
        if (name := OWN_NAME.match(path.name))
    ]
    return sorted(found, reverse=True)


def is_due(folder: Path, every: timedelta, now: datetime) -> bool:
    """Whether the latest planned backup is so old."""
    latest = kept(folder)
    return not latest or now - latest[0][0] >= every


def planned(db: sqlite3.Connection, folder: Path, *, keep: int, now: datetime) -> Path:
    """Make a backup named by its time, and let only the latest ones stay.

    A failure is remembered in the database, for `doctor` and the mail to admins.

    Raises:
        StoreError: It cannot be written.
    """
    at = stamp(now)
    file = folder / f"querverweis-{re.sub('[-:]', '', at)}.sqlite3"
    try:
        backup(db, file, now=at)
    except StoreError as error:
        with transaction(db):
            set_meta(db, TROUBLE, f"{at} {error}")
        raise
    with transaction(db):
        set_meta(db, TROUBLE, "")
    for _, old in kept(folder)[keep:]:
        old.unlink(missing_ok=True)
    return file


def known(db: sqlite3.Connection) -> Sequence[tuple[datetime, Path]]:
    """Return the backups that this database remembers and that are still there, latest first."""
    told = json.loads(get_meta(db, "backups", "[]"))
    there = [(instant(one["at"]), Path(one["path"])) for one in told]
    return sorted(((at, path) for at, path in there if path.is_file()), reverse=True)
