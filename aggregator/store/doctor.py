"""Examining an installation: the file, its place, the clock, the indexes, the queue, the sources.

Whatever is wrong comes with what to do about it.
"""

import json
import platform
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from importlib import metadata
from pathlib import Path

from aggregator import __version__
from aggregator.clock import Clock, instant, stamp
from aggregator.store import builds, changes, drift, epochs, holders, place, standing
from aggregator.store.connection import get_meta, migrations
from aggregator.store.derived import reading
from aggregator.store.drift import Finding

OVERDUE = timedelta(days=1)
WAITING = 50_000  # changes that nobody derives
WAL_BYTES = 64 << 20  # to which SQLite shrinks its log; more is held by a reader that stays
LONGEST_LEASE = timedelta(hours=1)  # the longest that is ever given lasts minutes
SKEW = timedelta(minutes=5)  # of clocks that are kept in step
OLDEST_SQLITE = (3, 38, 0)  # JSON functions, STRICT tables, unixepoch()
LIBRARIES = ("flask", "httpx", "feedparser", "lxml", "trafilatura", "apscheduler")
UNBACKED = timedelta(days=7)
HOW_TO_BACK_UP = "aggregator backup DATEI, oder die Einstellung backup_dir"

__all__ = ["Finding", "examine"]


def examine(
    db: sqlite3.Connection, database: Path, clock: Clock, *, low_mb: int = 1024
) -> Iterator[Finding]:
    """Look at everything, cheapest first.

    Args:
        db: A connection that may write.
        database: Its file.
        clock: Of due times, and looked at itself.
        low_mb: Free space that is too little.
    """
    yield _versions(db)
    yield _folder(database)
    yield _disk(db, database, low_mb)
    yield _clock(db, clock)
    yield from _integrity(db)
    yield _queue(db)
    yield _leases(db)
    yield from drift.examine(db)
    yield _overdue(db, clock)
    yield _backups(db, clock)
    yield _to_confirm(db)


def _versions(db: sqlite3.Connection) -> Finding:
    have, newest = int(db.execute("PRAGMA user_version").fetchone()[0]), migrations()[-1][0]
    epoch = epochs.current(db)
    old = sqlite3.sqlite_version_info < OLDEST_SQLITE
    libraries = ", ".join(f"{name} {metadata.version(name)}" for name in LIBRARIES)
    return Finding(
        name="versions", fine=have == newest and not old,
        told=f"Querverweis {__version__}, Python {platform.python_version()}, SQLite"
        f" {sqlite3.sqlite_version}, Schema {have} von {newest}, Statistik"
        f" {epoch.n if epoch else 0}; {libraries}",
        remedy="ein Python mit neuerem SQLite verwenden" if old else "",
    )  # fmt: skip


def _folder(database: Path) -> Finding:
    """Look where the file lies, and who may read it."""
    kind = place.kind_of(database.parent)
    readable = bool(database.stat().st_mode & 0o004) and bool(
        database.parent.stat().st_mode & 0o001
    )
    remedy = f"chmod o-rwx {database.parent}: dort liegen Konten und Sitzungen" if readable else ""
    if kind in place.NETWORK:
        remedy = "die Daten auf eine Platte dieses Rechners legen"
    return Finding(
        name="folder", fine=kind not in place.NETWORK, remedy=remedy,
        told=f"{database}: Dateisystem {kind or 'unbekannt'}"
        + (", für alle Benutzer dieses Rechners lesbar" if readable else ""),
    )  # fmt: skip


def _disk(db: sqlite3.Connection, database: Path, low_mb: int) -> Finding:
    sizes = {path.name: path.stat().st_size for path in database.parent.glob(database.name + "*")}
    wal = sizes.get(f"{database.name}-wal", 0)
    free = shutil.disk_usage(database.parent).free
    items = db.execute("SELECT count(*) FROM item").fetchone()[0]
    told = f"Datenbank {sizes.get(database.name, 0) / 1e6:.0f} MB, Protokoll {wal / 1e6:.0f} MB,"
    told += f" frei {free / 1e9:.1f} GB"
    if items >= 1000:
        each = sizes[database.name] / items * 1000
        told += f"; je 1.000 Einträge {each / 1e6:.1f} MB, es passen noch etwa"
        told += f" {int(free / each / 2) * 1000:,} hinzu".replace(",", ".")  # a backup beside it
    remedy = ""
    if wal > WAL_BYTES:
        remedy = "ein Leser hält das Protokoll fest: lange offene Verbindungen beenden"
    if free < low_mb * 10**6:
        remedy = "Platz schaffen, sonst bricht der nächste Abruf ab"
    return Finding(name="disk", fine=not remedy, told=told, remedy=remedy)


def _clock(db: sqlite3.Connection, clock: Clock) -> Finding:
    """Compare the clock with what was written: time that ran backwards makes due times wrong."""
    now = clock.now()
    row = db.execute(
        "SELECT max((SELECT coalesce(max(started_at), '') FROM run),"
        " (SELECT coalesce(max(last_run_at), '') FROM source_state))"
    ).fetchone()
    ahead = instant(row[0]) - now if row[0] else timedelta(0)
    fine = ahead < SKEW
    return Finding(
        name="clock", fine=fine,
        told=f"Uhr: {stamp(now)}" + ("" if fine else f"; der jüngste Lauf begann erst {row[0]}"),
        remedy="" if fine else "die Uhr des Rechners stellen (timedatectl), danach läuft alles an",
    )  # fmt: skip


def _integrity(db: sqlite3.Connection) -> Iterator[Finding]:
    verdict = str(db.execute("PRAGMA quick_check").fetchone()[0])
    yield Finding(
        name="integrity", fine=verdict == "ok", told=f"Datei: {verdict}",
        remedy="" if verdict == "ok" else "aggregator restore mit der jüngsten Sicherung",
    )  # fmt: skip
    generation = reading(db)
    try:
        # 1: against the texts, too
        generation.run("INSERT INTO search_@ (search_@, rank) VALUES ('integrity-check', 1)")
        told, fine = "Suchindex: ok", True
    except sqlite3.DatabaseError as error:
        told, fine = f"Suchindex: {error}", False
    yield Finding(
        name="search_index", fine=fine, told=told, remedy="" if fine else "aggregator rebuild"
    )


def _queue(db: sqlite3.Connection) -> Finding:
    waiting, build = changes.count(db), builds.current(db)
    told = f"{waiting} Änderungen warten auf die Ableitung"
    if build:
        told += f"; ein Neuaufbau steht bei „{build.stage}“"
    return Finding(
        name="queue", fine=waiting <= WAITING, told=told,
        remedy="aggregator refresh oder aggregator rebuild" if waiting or build else "",
    )  # fmt: skip


def _leases(db: sqlite3.Connection) -> Finding:
    """Look for work that somebody claims for longer than anybody may."""
    limit = stamp(holders.CLOCK.now() + LONGEST_LEASE)
    held = [row[0] for row in db.execute(
        "SELECT name FROM lease WHERE until > ?1 UNION ALL SELECT source FROM source_state"
        " WHERE lease_until > ?1", (limit,))]  # fmt: skip
    return Finding(
        name="leases", fine=not held,
        told=f"{len(held)} Belegungen, die zu lange gelten" + (f": {held[0]}" if held else ""),
        remedy="die Uhr prüfen; sie enden von selbst, wenn ihr Prozess endet" if held else "",
    )  # fmt: skip


def _overdue(db: sqlite3.Connection, clock: Clock) -> Finding:
    limit = stamp(instant(stamp(clock.now())) - OVERDUE)
    rows = db.execute(
        "SELECT s.id FROM source s JOIN source_state t ON t.source = s.id"
        " WHERE s.enabled AND t.paused = 0 AND s.kind <> 'manual'"
        " AND coalesce(t.next_at, t.last_run_at, '') < ? ORDER BY s.id",
        (limit,),
    ).fetchall()
    names = ", ".join(row["id"] for row in rows[:10])
    return Finding(
        name="overdue", fine=not rows,
        told=f"{len(rows)} Quellen überfällig" + (f": {names}" if names else ""),
        remedy="läuft `schedule` oder cron?" if rows else "",
    )  # fmt: skip


def _backups(db: sqlite3.Connection, clock: Clock) -> Finding:
    """Say how old the latest known backup is, and whether the last planned one failed."""
    trouble = get_meta(db, "backup_trouble")
    there = [one["at"] for one in json.loads(get_meta(db, "backups", "[]"))
             if Path(one["path"]).is_file()]  # fmt: skip
    if trouble:
        return Finding(
            name="backups", fine=False, told=f"die letzte Sicherung scheiterte: {trouble}",
            remedy="Ordner und Platz prüfen, dann aggregator backup DATEI",
        )  # fmt: skip
    if not there:
        return Finding(
            name="backups", fine=True, told="noch keine Sicherung", remedy=HOW_TO_BACK_UP
        )
    old = instant(max(there)) + UNBACKED < clock.now()
    return Finding(
        name="backups", fine=not old, told=f"letzte Sicherung: {max(there)}",
        remedy=HOW_TO_BACK_UP if old else "",
    )  # fmt: skip


def _to_confirm(db: sqlite3.Connection) -> Finding:
    rows = standing.to_confirm(db)
    return Finding(name="to_confirm", fine=True, told=f"{len(rows)} Entscheidungen zu bestätigen")
