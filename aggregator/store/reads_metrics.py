"""What a monitor counts: everything from the database, nothing from the memory of a process.

So all web workers answer alike, and the numbers outlive restarts. Counters (`_total`) come from
sums that are kept for good; what would shrink with housekeeping is a gauge. No address, title or
name of a person is among them.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from shutil import disk_usage

from aggregator import __version__
from aggregator.clock import instant, stamp
from aggregator.store import epochs, reads_sources
from aggregator.store.connection import get_meta
from aggregator.store.reads import Document

MOST_SOURCES = 500  # with a line each; a monitor of thousands wants sums
Samples = tuple[tuple[Mapping[str, str], float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric; `name` is without the prefix of the product."""

    name: str
    about: str
    samples: Samples
    kind: str = "gauge"  # gauge | counter


def metrics(
    db: sqlite3.Connection, database: Path, now: datetime, *, named: bool
) -> Iterator[Metric]:
    """Count everything once; `named`: by platform and by source, too."""
    schema = str(db.execute("PRAGMA user_version").fetchone()[0])
    yield _one("info", "Version of the program and of the schema.", 1,
               version=__version__, schema=schema)  # fmt: skip
    yield from _items(db, named=named)
    yield from _sources(db, now, named=named)
    yield from _requests(db, now)
    yield from _work(db, now)
    yield from _files(db, database)


def _one(name: str, about: str, value: float, kind: str = "gauge", **labels: str) -> Metric:
    return Metric(name=name, about=about, samples=((labels, value),), kind=kind)


def _grouped(
    db: sqlite3.Connection, name: str, about: str, label: str, sql: str, *parameters: str
) -> Metric:
    rows = db.execute(sql, parameters)
    return Metric(name=name, about=about,
                  samples=tuple(({label: str(row[0])}, float(row[1])) for row in rows))  # fmt: skip


def _items(db: sqlite3.Connection, *, named: bool) -> Iterator[Metric]:
    yield _grouped(db, "items", "Items by state.", "state",
                   "SELECT state, count(*) FROM item WHERE merged_into IS NULL"
                   " GROUP BY state ORDER BY state")  # fmt: skip
    if named:
        yield _grouped(db, "platform_items", "Items that are shown, by platform.", "platform",
                       "SELECT platform, count(*) FROM item WHERE merged_into IS NULL"
                       " AND state <> 'hidden' GROUP BY platform ORDER BY platform")  # fmt: skip
    yield _grouped(db, "decisions", "Human decisions by kind.", "kind",
                   "SELECT kind, count(*) FROM decision GROUP BY kind ORDER BY kind")  # fmt: skip


def _sources(db: sqlite3.Connection, now: datetime, *, named: bool) -> Iterator[Metric]:
    told = reads_sources.sources(db, now)
    counted = dict.fromkeys(reads_sources.Health, 0)
    for source in told:
        counted[source["health"]] += 1
    by_health = tuple(({"health": str(h)}, float(n)) for h, n in counted.items())
    yield Metric(name="sources", about="Sources by how they fare.", samples=by_health)
    active = [s for s in told if s["enabled"] and not s["paused"] and s["kind"] != "manual"]
    ages = [_age(source, now) for source in active if source["last_success_at"]]
    yield _one("source_oldest_success_age_seconds",
               "Age of the oldest last success among active sources that ever succeeded.",
               max(ages, default=0.0))  # fmt: skip
    if named and len(active) <= MOST_SOURCES:
        yield Metric(
            name="source_last_success_timestamp_seconds", about="Last success by source.",
            samples=tuple(({"source": str(s["id"])}, instant(s["last_success_at"]).timestamp())
                          for s in active if s["last_success_at"]),
        )  # fmt: skip


def _age(source: Document, now: datetime) -> float:
    return (now - instant(source["last_success_at"])).total_seconds()


def _requests(db: sqlite3.Connection, now: datetime) -> Iterator[Metric]:
    row = db.execute(
        "SELECT coalesce(sum(requests), 0), coalesce(sum(not_modified), 0),"
        " coalesce(sum(failed), 0), coalesce(sum(bytes), 0), coalesce(sum(ms), 0) / 1000.0,"
        " coalesce(sum(waited_ms), 0) / 1000.0 FROM host_day"
    ).fetchone()
    names = (
        ("requests_total", "Requests sent."),
        ("requests_not_modified_total", "Requests answered with 304."),
        ("requests_failed_total", "Requests without an answer, or answered with 4xx and 5xx."),
        ("received_bytes_total", "Bytes received."),
        ("request_seconds_total", "Seconds from sending to the last byte."),
        ("wait_seconds_total", "Seconds waited for the turn at a host."),
    )
    for (name, about), value in zip(names, row, strict=True):
        yield _one(name, about, float(value), "counter")
    yield _grouped(db, "runs_last_day", "Runs that began in the last 24 hours, by state.", "state",
                   "SELECT coalesce(state, 'running'), count(*) FROM run WHERE started_at >= ?"
                   " GROUP BY 1 ORDER BY 1", stamp(now - timedelta(days=1)))  # fmt: skip


def _work(db: sqlite3.Connection, now: datetime) -> Iterator[Metric]:
    yield _grouped(db, "queue", "Items that wait for derivation, by what is to be done.", "what",
                   "SELECT what, count(*) FROM changes GROUP BY what ORDER BY what")  # fmt: skip
    yield _one("frontier_pending", "Addresses that wait to be fetched.", float(
        db.execute("SELECT count(*) FROM frontier WHERE pending = 1").fetchone()[0]))  # fmt: skip
    yield _one("leases", "Work that some process holds.", float(db.execute(
        "SELECT (SELECT count(*) FROM lease WHERE until > ?1)"
        " + (SELECT count(*) FROM source_state WHERE lease_until > ?1)", (stamp(now),)
    ).fetchone()[0]))  # fmt: skip
    epoch = epochs.current(db)
    yield _one("epoch", "Number of the statistics in use.", float(epoch.n if epoch else 0))
    yield _one("building", "1 while everything is derived anew.", float(
        db.execute("SELECT count(*) FROM build").fetchone()[0]))  # fmt: skip


def _files(db: sqlite3.Connection, database: Path) -> Iterator[Metric]:
    wal = database.with_name(f"{database.name}-wal")
    yield _one("database_bytes", "Size of the database.", float(database.stat().st_size))
    yield _one("wal_bytes", "Size of its write-ahead log.",
               float(wal.stat().st_size if wal.exists() else 0))  # fmt: skip
    yield _one("disk_free_bytes", "Free space beside the database.",
               float(disk_usage(database.parent).free))  # fmt: skip
    made = [instant(one["at"]).timestamp() for one in json.loads(get_meta(db, "backups", "[]"))]
    yield _one("last_backup_timestamp_seconds", "When the latest backup was made; 0: never.",
               max(made, default=0.0))  # fmt: skip
    yield _one("backup_failed", "1 when the last planned backup failed.",
               float(bool(get_meta(db, "backup_trouble"))))  # fmt: skip
