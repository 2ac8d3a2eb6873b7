"""What readers report: a barrier, a mistake in an item. Kept until an admin has seen to it."""

import sqlite3

from aggregator.errors import NotFoundError
from aggregator.store.reads import Document

MOST_OPEN = 1000  # more is no feedback: somebody fills the table


def leave(db: sqlite3.Connection, page: str, text: str, contact: str, at: str) -> bool:
    """Keep a report; return whether there was room for it."""
    count = db.execute("SELECT count(*) FROM feedback WHERE done_at IS NULL").fetchone()[0]
    if count >= MOST_OPEN:
        return False
    db.execute(
        "INSERT INTO feedback (at, page, text, contact) VALUES (?, ?, ?, ?)",
        (at, page, text, contact),
    )
    return True


def entries(db: sqlite3.Connection, *, limit: int = 200) -> list[Document]:
    """Return the reports, open ones first, then the newest."""
    rows = db.execute(
        "SELECT id, at, page, text, contact, done_at FROM feedback"
        " ORDER BY done_at IS NOT NULL, at DESC, id DESC LIMIT ?", (limit,),
    )  # fmt: skip
    return [dict(row) for row in rows]


def done(db: sqlite3.Connection, number: int, at: str) -> None:
    """Note that a report has been seen to; how to answer its reader is forgotten then.

    Raises:
        NotFoundError: There is no report of this number.
    """
    cursor = db.execute(
        "UPDATE feedback SET done_at = ?, contact = '' WHERE id = ? AND done_at IS NULL",
        (at, number),
    )
    if cursor.rowcount == 0:
        raise NotFoundError("diese Rückmeldung gibt es nicht", where=str(number))


def forget(db: sqlite3.Connection, before: str) -> int:
    """Delete reports that were seen to before an instant; return how many."""
    return db.execute("DELETE FROM feedback WHERE done_at < ?", (before,)).rowcount
