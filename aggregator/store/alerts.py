"""What admins should know, as long as it lasts: sources in trouble, the disk, backups.

An alert begins when it is seen first and ends when it is seen no more; who was told when is
remembered, so that a mail tells what is new and what is over instead of everything again.
"""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from shutil import disk_usage

from aggregator.clock import stamp
from aggregator.store import reads_sources
from aggregator.store.connection import get_meta, set_meta, transaction
from aggregator.store.reads import Document
from aggregator.store.reads_sources import Health

MAILED, OVER = "alerts_mailed_at", "alerts_over"  # in `meta`
LASTING = 1.0  # failures of a source from which on it is no passing thing


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One thing that somebody has to look at."""

    key: str
    told: str  # German
    remedy: str
    since: str = ""


def look(db: sqlite3.Connection, database: Path, now: datetime, low_mb: int) -> list[Alert]:
    """Return what is wrong at the moment."""
    found = [alert for source in reads_sources.sources(db, now) if (alert := _of_source(source))]
    free = disk_usage(database.parent).free
    if free < low_mb * 10**6:
        found.append(Alert(key="disk", told=f"nur noch {free / 10**6:.0f} MB frei bei den Daten",
                           remedy="Platz schaffen; ohne Platz bricht jeder Abruf ab"))  # fmt: skip
    if trouble := get_meta(db, "backup_trouble"):
        remedy = "Ordner und Platz prüfen; der Scheduler versucht es weiter"
        told = f"die Sicherung ist gescheitert: {trouble}"
        found.append(Alert(key="backup", told=told, remedy=remedy))
    return found


def _of_source(source: Document) -> Alert | None:
    """Return what is wrong with a source, unless it will most likely pass by itself."""
    name, said = source["id"], source["message"] or source["reason"] or source["state"]
    match source["health"]:
        case Health.SUSPECT:
            return Alert(key=f"source:{name}", told=f"{name} ist verdächtig: {said}",
                         remedy="ansehen, dann berichtigen oder als richtig annehmen")  # fmt: skip
        case Health.FAILED if source["state"] == "gone":
            return Alert(key=f"source:{name}", told=f"{name} ist eingestellt: {said}",
                         remedy="eine neue Adresse eintragen oder die Quelle aufgeben")  # fmt: skip
        case Health.FAILED if source["failures"] >= LASTING:
            return Alert(key=f"source:{name}", told=f"{name} ist gestört: {said}",
                         remedy="mit „Quelle testen“ nachsehen")  # fmt: skip
        case Health.LATE:
            return Alert(key="late", told="Quellen sind überfällig",
                         remedy="läuft `aggregator schedule` oder cron?")  # fmt: skip
    return None


def update(db: sqlite3.Connection, found: Iterable[Alert], now: str) -> None:
    """Begin what is new and end what is over."""
    with transaction(db):
        open_now = {alert.key: alert for alert in found}
        over = json.loads(get_meta(db, OVER, "[]"))
        for row in db.execute("SELECT key, told, mailed_at FROM alert").fetchall():
            if row["key"] not in open_now:
                db.execute("DELETE FROM alert WHERE key = ?", (row["key"],))
                if row["mailed_at"]:  # nobody waits for the end of what they never heard of
                    over.append(row["told"])
        set_meta(db, OVER, json.dumps(over, ensure_ascii=False))
        db.executemany(
            "INSERT INTO alert (key, since, told, remedy) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (key) DO UPDATE SET told = excluded.told, remedy = excluded.remedy",
            [(alert.key, now, alert.told, alert.remedy) for alert in open_now.values()],
        )


def standing(db: sqlite3.Connection) -> tuple[list[Alert], list[Alert], list[str]]:
    """Return what is new, what was told before and lasts, and what is over since the last mail."""
    rows = db.execute("SELECT key, since, told, remedy, mailed_at FROM alert ORDER BY since, key")
    new: list[Alert] = []
    old: list[Alert] = []
    for row in rows:
        alert = Alert(key=row["key"], told=row["told"], remedy=row["remedy"], since=row["since"])
        (old if row["mailed_at"] else new).append(alert)
    return new, old, json.loads(get_meta(db, OVER, "[]"))


def mailed_at(db: sqlite3.Connection) -> str:
    """Return when the last mail left; "" if none did."""
    return get_meta(db, MAILED)


def mark_mailed(db: sqlite3.Connection, now: datetime) -> None:
    """Remember that everything standing was told."""
    with transaction(db):
        db.execute("UPDATE alert SET mailed_at = ? WHERE mailed_at IS NULL", (stamp(now),))
        set_meta(db, MAILED, stamp(now))
        set_meta(db, OVER, "[]")
