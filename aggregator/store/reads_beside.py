"""What lies beside the hits of a search: when we saw them first, what several of them cite."""

import json
import sqlite3
from collections.abc import Sequence

from aggregator.store.derived import reading

SHARED = 2  # hits that cite the same thing, at least


def shared_references(
    db: sqlite3.Connection, ids: Sequence[str], most: int
) -> list[tuple[str, str, str]]:
    """Return what several of some items cite or are, most of them first.

    Returns:
        Kind, key, and one of the ways in which it is written.
    """
    rows = reading(db).run(
        "SELECT r.kind, r.key, min(r.text) AS text, count(DISTINCT r.item) AS n"
        " FROM reference_@ r JOIN item i ON i.pk = r.item"
        " WHERE i.id IN (SELECT value FROM json_each(?))"
        " GROUP BY r.kind, r.key HAVING n >= ? ORDER BY n DESC, r.kind, r.key LIMIT ?",
        (json.dumps(list(ids)), SHARED, most),
    )
    return [(row["kind"], row["key"], row["text"]) for row in rows]


def first_seen(db: sqlite3.Connection, pks: Sequence[int]) -> dict[int, str]:
    """Return when some items, by their keys in the database, were seen first."""
    rows = db.execute(
        "SELECT pk, first_seen_at FROM item WHERE pk IN (SELECT value FROM json_each(?))",
        (json.dumps(list(pks)),),
    )
    return dict(rows.fetchall())
