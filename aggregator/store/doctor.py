"""Examining an installation: the file, the indexes, the queue, the sources."""

import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import sqlite_utils

from aggregator import __version__
from aggregator.clock import Clock, instant, stamp
from aggregator.store import builds, changes, decisions, epochs
from aggregator.store.connection import migrations
from aggregator.store.derived import reading

FREE_BYTES = 1 << 30
OVERDUE = timedelta(days=1)
WAITING = 50_000  # changes that nobody derives


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    name: str
    fine: bool
    told: str  # German
    remedy: str = ""


def examine(db: sqlite3.Connection, database: Path, clock: Clock) -> Iterator[Finding]:
    """Look at everything, cheapest first."""
    yield _versions(db)
    yield _disk(database)
    yield from _integrity(db)
    yield _queue(db)
    yield _drift(db)
    yield _overdue(db, clock)
    yield _to_confirm(db)


def _versions(db: sqlite3.Connection) -> Finding:
    have, newest = int(db.execute("PRAGMA user_version").fetchone()[0]), migrations()[-1][0]
    epoch = epochs.current(db)
    told = (
        f"Querverweis {__version__}, SQLite {sqlite3.sqlite_version}, Schema {have} von {newest}, "
        f"Statistik {epoch.n if epoch else 0}"
    )
    return Finding(name="versions", fine=have == newest, told=told)


def _disk(database: Path) -> Finding:
    sizes = [path.stat().st_size for path in database.parent.glob(database.name + "*")]
    free = shutil.disk_usage(database.parent).free
    return Finding(
        name="disk", fine=free >= FREE_BYTES,
        told=f"Datenbank {sum(sizes) / 1e6:.0f} MB, frei {free / 1e9:.1f} GB",
        remedy="" if free >= FREE_BYTES else "Platz schaffen, sonst bricht der nächste Abruf ab",
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


def _drift(db: sqlite3.Connection) -> Finding:
    """Compare the derived tables with the items, as far as the queue does not explain it."""
    tables = sqlite_utils.Database(db)
    shown = tables["item"].count_where("merged_into IS NULL AND state <> 'hidden'")
    entries = tables[f"entry_{reading(db).letter}"].count
    apart, waiting = abs(shown - entries), changes.count(db)
    building = builds.current(db) is not None
    fine = apart <= waiting or building
    return Finding(
        name="drift", fine=fine, told=f"{shown} Einträge, {entries} davon durchsuchbar",
        remedy="" if fine else "aggregator rebuild",
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


def _to_confirm(db: sqlite3.Connection) -> Finding:
    rows = decisions.to_confirm(db)
    return Finding(name="to_confirm", fine=True, told=f"{len(rows)} Entscheidungen zu bestätigen")
