"""Sources of which nothing is due but their own document: what a refresh mostly meets.

If that document is the known one, its run is over: there is one row to be written of it.
"""

import sqlite3

from aggregator.model import Validators
from aggregator.store.frontier import COLUMNS, Row, row_of


def root(db: sqlite3.Connection, source: str, url: str, canonical: str, now: str) -> Row | None:
    """Return the root of a source of which nothing else can be due; None where more may be to do.

    Such a source has been read before, leads to no further page of its list, did not move, and
    nobody has a word to say about it.

    Args:
        db: The connection.
        source: Its id.
        url: The address in sources.yaml.
        canonical: Of that address.
        now: The instant.
    """
    row = db.execute(
        f"SELECT {COLUMNS} FROM frontier"  # noqa: S608 (fixed columns)
        " WHERE source = :source AND canonical = :canonical AND role = 'root' AND url = :url"
        " AND attempts = 0 AND complete = 0 AND fetched_at IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM frontier f WHERE f.source = :source AND f.turn IN (0, 1)"
        "  AND f.canonical <> :canonical)"
        " AND NOT EXISTS (SELECT 1 FROM frontier f WHERE f.source = :source"
        "  AND f.turn IN (2, 3, 4) AND f.due_at <= :now)"
        " AND NOT EXISTS (SELECT 1 FROM move WHERE source = :source)"
        " AND NOT EXISTS (SELECT 1 FROM acceptance WHERE source = :source AND used_at IS NULL)",
        {"source": source, "url": url, "canonical": canonical, "now": now},
    ).fetchone()
    return row_of(row) if row else None


def known_again(
    db: sqlite3.Connection, row: Row, validators: Validators, *, status: int, now: str, due: str
) -> None:
    """Record that the document of a quiet source is the known one, and when it is asked again."""
    db.execute(
        "UPDATE frontier SET etag = ?, last_modified = ?, body_sha256 = ?, status = ?,"
        " fetched_at = ?, due_at = ?, visits = visits + 1 WHERE source = ? AND canonical = ?",
        (validators.etag, validators.last_modified, validators.body_sha256, status, now, due,
         row.source, row.canonical),
    )  # fmt: skip
