"""Reading runs for admins: what each did, what was asked, and whose fault it was when it failed."""

import json
import sqlite3
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aggregator.clock import stamp
from aggregator.errors import NotFoundError
from aggregator.store.reads import Document

DAYS = 14
MOST_REQUESTS = 500
BAD = ("failed", "suspect", "denied", "needs_cookie", "login", "gone", "offline")
# Whose fault a failure is decides who can do something about it.
OURS = {"offline", "config_invalid", "address_refused", "too_slow"}
_RUN = """
    SELECT run.id, run.source, source.platform, started_at, ended_at, trigger, state, reason,
        message, new, changed, unchanged, vanished, rejected, pending, requests, not_modified,
        bytes, wall_ms
    FROM run LEFT JOIN source ON source.id = run.source
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which runs; empty fields let everything through."""

    source: str = ""
    state: str = ""  # a state, or `bad` for all that went wrong
    before: int | None = None  # runs older than this one


def runs(db: sqlite3.Connection, wanted: Wanted, most: int) -> tuple[list[Document], int | None]:
    """Return the latest runs, newest first, and where the next page goes on."""
    rows = db.execute(
        f"{_RUN} WHERE (:source = '' OR run.source = :source)"  # noqa: S608 (our own text)
        " AND (:state = '' OR state = :state OR (:state = 'bad' AND state IN"
        "  (SELECT value FROM json_each(:bad))) OR (:state = 'running' AND state IS NULL))"
        " AND (:before IS NULL OR run.id < :before) ORDER BY run.id DESC LIMIT :most",
        {"source": wanted.source, "state": wanted.state, "bad": json.dumps(BAD),
         "before": wanted.before, "most": most + 1},
    ).fetchall()  # fmt: skip
    told = [dict(row) for row in rows[:most]]
    return told, told[-1]["id"] if len(rows) > most else None


def run(db: sqlite3.Connection, number: int) -> Document:
    """Return a run with its problems, its requests and the answer that was not believed.

    Raises:
        NotFoundError: It is not kept (any more).
    """
    row = db.execute(f"{_RUN} WHERE run.id = ?", (number,)).fetchone()
    if row is None:
        raise NotFoundError("diesen Lauf gibt es nicht (mehr)", where=str(number),
                            remedy="Läufe werden nach keep_runs vergessen")  # fmt: skip
    problems = json.loads(
        db.execute("SELECT problems FROM run WHERE id = ?", (number,)).fetchone()[0]
    )
    requests = [dict(one) for one in db.execute(
        "SELECT at, host, url, status, code, bytes, ms, waited_ms FROM request WHERE run = ?"
        " ORDER BY id LIMIT ?", (number, MOST_REQUESTS))]  # fmt: skip
    snapshot = db.execute(
        "SELECT n, reason, size FROM snapshot WHERE source = ? AND run = ?", (row["source"], number)
    ).fetchone()
    return {
        "run": dict(row), "requests": requests, "problems": problems,
        "at_source": [p for p in problems if p["code"] not in OURS],
        "at_ours": [p for p in problems if p["code"] in OURS],
        "fault": fault_of(row["state"], row["reason"]),
        "snapshot": dict(snapshot) if snapshot else None,
    }  # fmt: skip


def fault_of(state: str | None, reason: str | None) -> str:
    """Return whose fault the end of a run was: source, ours, or "" when it went well."""
    if state not in BAD:
        return ""
    return "ours" if state == "offline" or reason in OURS else "source"


def days(
    db: sqlite3.Connection, sources: Collection[str], now: datetime
) -> Mapping[str, list[Document]]:
    """Return for each source what its runs of the last days came to, oldest day first.

    A day has `state` (good, bad, none: no run) and the number of new items.
    """
    since = now - timedelta(days=DAYS - 1)
    rows = db.execute(
        "SELECT source, substr(started_at, 1, 10) AS day, sum(new) AS new,"
        " count(*) FILTER (WHERE state IN (SELECT value FROM json_each(?))) AS bad,"
        " count(*) AS runs FROM run"
        " WHERE source IN (SELECT value FROM json_each(?)) AND started_at >= ?"
        " GROUP BY source, day",
        (json.dumps(BAD), json.dumps(sorted(sources)), stamp(since)[:10]),
    ).fetchall()
    found = {(row["source"], row["day"]): row for row in rows}
    names = [stamp(since + timedelta(days=n))[:10] for n in range(DAYS)]
    return {source: [_day(found.get((source, day)), day) for day in names] for source in sources}


def _day(row: sqlite3.Row | None, day: str) -> dict[str, Any]:
    if row is None:
        return {"day": day, "state": "none", "new": 0, "runs": 0, "bad": 0}
    state = "bad" if row["bad"] * 2 > row["runs"] else "good"
    return {"day": day, "state": state, "new": row["new"], "runs": row["runs"], "bad": row["bad"]}
