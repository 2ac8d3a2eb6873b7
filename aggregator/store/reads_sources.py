"""Reading the crawl: how every source fares in honest words, what was asked of which host.

A source is `fine` only when it was read, gave something and is not overdue: a status of 200 proves
nothing. The last success is told apart from the last run.
"""

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from aggregator.clock import instant, stamp
from aggregator.errors import NotFoundError
from aggregator.store import expectations, snapshots
from aggregator.store.reads import Document

OVERDUE = timedelta(hours=6)  # past its time: nobody calls `refresh` any more
RUNS_SHOWN = 20


class Health(StrEnum):
    """How a source fares, worst first."""

    FAILED = "failed"
    SUSPECT = "suspect"
    OFFLINE = "offline"
    LATE = "late"
    NEVER = "never"
    GROWING = "growing"  # fine, but its first crawl still goes on
    FINE = "fine"
    MANUAL = "manual"
    PAUSED = "paused"
    OFF = "off"


TROUBLED = (Health.FAILED, Health.SUSPECT, Health.OFFLINE, Health.LATE)
READ_WELL = (Health.FINE, Health.GROWING)

_BY_STATE = {
    "failed": Health.FAILED, "denied": Health.FAILED, "needs_cookie": Health.FAILED,
    "login": Health.FAILED, "gone": Health.FAILED,
    "suspect": Health.SUSPECT, "offline": Health.OFFLINE,
}  # fmt: skip

_SOURCES = """
    SELECT source.id, source.platform, platform.name AS platform_name, platform.level, source.kind,
        source.url, source.enabled, source.position, coalesce(state, 'not_due') AS state, reason,
        message, next_at, last_run_at, last_success_at, coalesce(paused, 0) AS paused,
        coalesce(failures, 0) AS failures,
        (SELECT target FROM move WHERE move.source = source.id AND move.url = source.url
         AND move.state IN ('learnt', 'foreign')) AS moved_to,
        (SELECT count(*) FROM frontier
         WHERE frontier.source = source.id AND pending = 1) AS pending,
        (SELECT count(*) FROM snapshot WHERE snapshot.source = source.id) AS snapshots,
        (SELECT coalesce(sum(new), 0) FROM run
         WHERE run.source = source.id AND run.started_at >= :week_ago) AS new_7_days
    FROM source
    LEFT JOIN platform ON platform.id = source.platform
    LEFT JOIN source_state ON source_state.source = source.id
"""


def sources(db: sqlite3.Connection, now: datetime, platform: str | None = None) -> list[Document]:
    """Return the sources (of a platform) with their state, worst first."""
    rows = db.execute(
        f"{_SOURCES} WHERE :platform IS NULL OR source.platform = :platform",
        {"week_ago": stamp(now - timedelta(days=7)), "platform": platform},
    )
    told = [_source(row, now) for row in rows]
    rank = list(Health)
    told.sort(key=lambda source: (rank.index(source["health"]), source["position"]))
    return told


def _source(row: sqlite3.Row, now: datetime) -> Document:
    told = dict(row)
    told["enabled"], told["paused"] = bool(row["enabled"]), bool(row["paused"])
    told["health"] = health_of(told, now)
    return told


def health_of(source: Document, now: datetime) -> Health:
    """Return how a source fares, from its row of state."""
    if not source["enabled"] or source["paused"]:
        return Health.PAUSED if source["enabled"] else Health.OFF
    if source["state"] in _BY_STATE:
        return _BY_STATE[source["state"]]
    if source["kind"] == "manual":
        return Health.MANUAL
    if source["last_success_at"] is None:
        return Health.NEVER
    if source["next_at"] and instant(source["next_at"]) + OVERDUE < now:
        return Health.LATE
    return Health.GROWING if source["pending"] else Health.FINE


def summary(told: Sequence[Document]) -> Document:
    """Count sources by how they fare; `active` are those that are crawled at all."""
    idle = (Health.MANUAL, Health.PAUSED, Health.OFF)
    return {
        "sources": len(told),
        "active": sum(source["health"] not in idle for source in told),
        "fine": sum(source["health"] in READ_WELL for source in told),
        "troubled": sum(source["health"] in TROUBLED for source in told),
        "never": sum(source["health"] is Health.NEVER for source in told),
        "pending": sum(source["pending"] for source in told),
        "last_run_at": max((s["last_run_at"] for s in told if s["last_run_at"]), default=None),
        "last_success_at": max(
            (s["last_success_at"] for s in told if s["last_success_at"]), default=None
        ),
    }


def source_page(db: sqlite3.Connection, source: str, now: datetime) -> Document:
    """Return a source with its definition and its latest runs.

    Raises:
        NotFoundError: No source has this id.
    """
    told = sources(db, now)
    found = next((row for row in told if row["id"] == source), None)
    if found is None:
        alike = tuple(row["id"] for row in told if row["id"].startswith(source[:4]))
        raise NotFoundError("diese Quelle gibt es nicht", where=source, nearest=alike[:5])
    definition = db.execute("SELECT definition FROM source WHERE id = ?", (source,)).fetchone()[0]
    return {
        "source": found, "definition": json.loads(definition), "runs": _runs(db, source),
        "snapshots": snapshots.listed(db, source),
        "accepted": expectations.acceptances(db, source),
    }  # fmt: skip


def _runs(db: sqlite3.Connection, source: str) -> list[Document]:
    """Return the latest runs of a source with what went wrong in them."""
    rows = db.execute(
        """
        SELECT started_at, ended_at, trigger, state, reason, message, new, changed, unchanged,
            vanished, rejected, pending, requests, not_modified, bytes, wall_ms, problems
        FROM run WHERE source = ? ORDER BY started_at DESC, id DESC LIMIT ?
        """,
        (source, RUNS_SHOWN),
    )
    return [{**dict(row), "problems": json.loads(row["problems"])} for row in rows]


def hosts(db: sqlite3.Connection, since: str) -> list[Document]:
    """Return what was asked of each host since the day (UTC) of an instant, busiest first.

    `spacing_s` is the smallest time between the beginnings of two requests of one host, as far as
    single requests are still kept; the sums outlive them.
    """
    rows = db.execute(
        """
        WITH spaced AS (
            SELECT host, min(gap) AS spacing FROM (
                SELECT host, unixepoch(at) - unixepoch(
                    lag(at) OVER (PARTITION BY host ORDER BY at, id)) AS gap
                FROM request WHERE at >= :day
            ) GROUP BY host
        )
        SELECT host_day.host, sum(requests) AS requests,
            (sum(requests) + count(*) - 1) / count(*) AS requests_a_day,
            sum(not_modified) AS not_modified, sum(failed) AS failed, sum(bytes) AS bytes,
            sum(ms) / sum(requests) AS mean_ms, sum(waited_ms) / sum(requests) AS mean_wait_ms,
            spaced.spacing AS spacing_s, host.crawl_delay, host.robots_status, host.robots_at
        FROM host_day
        LEFT JOIN host ON host.name = host_day.host
        LEFT JOIN spaced ON spaced.host = host_day.host
        WHERE day >= :day GROUP BY host_day.host ORDER BY requests DESC, host_day.host
        """,
        {"day": since[:10]},
    )
    return [dict(row) for row in rows]


def health(db: sqlite3.Connection, now: datetime) -> Document:
    """Return what a monitor asks: it answers, how much it holds, how much is left to be done."""
    everyone = sources(db, now)
    told = summary(everyone)
    row = db.execute(
        """
        SELECT (SELECT count(*) FROM item WHERE merged_into IS NULL AND state <> 'hidden') AS items,
            (SELECT count(*) FROM changes) AS queue,
            (SELECT max(n) FROM epoch WHERE state = 'complete') AS epoch
        """
    ).fetchone()
    counts: dict[str, Any] = dict(row)
    return {
        "status": "ok",
        "live": True,
        "ready": True,
        **counts,
        **told,
        "notices": notices(everyone),
        "now": stamp(now),
    }


def notices(told: Sequence[Document]) -> list[Document]:
    """Return what an admin has to do something about: sources that are gone or have moved."""
    names = ("id", "state", "message", "moved_to")
    return [
        {name: source[name] for name in names}
        for source in told
        if source["enabled"] and (source["state"] == "gone" or source["moved_to"])
    ]
