"""The audit log: what people did, when, to what. It is added to, and forgotten by age alone."""

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from aggregator.store.reads import Document


def note(
    db: sqlite3.Connection,
    by: str,
    action: str,
    at: str,
    subject: str = "",
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write down an action; belongs into the transaction of what was done.

    Args:
        db: The connection.
        by: The account, or "cli" for the command line.
        action: A word such as `sign_in`, `user_role`, `decision`.
        at: RFC 3339 instant.
        subject: What was acted on: an account, an item, a source.
        detail: What else a reader of the log wants to know; never a password or a token.
    """
    told = json.dumps(detail, ensure_ascii=False) if detail else ""
    db.execute(
        "INSERT INTO audit (at, by_name, action, object, detail) VALUES (?, ?, ?, ?, ?)",
        (at, by, action, subject, told),
    )


def entries(
    db: sqlite3.Connection, *, limit: int, before: int | None = None
) -> tuple[list[Document], int | None]:
    """Return the latest entries, newest first, and where the next page goes on."""
    rows = db.execute(
        "SELECT id, at, by_name, action, object, detail FROM audit"
        " WHERE :before IS NULL OR id < :before ORDER BY id DESC LIMIT :most",
        {"before": before, "most": limit + 1},
    ).fetchall()
    told = [
        {"at": row["at"], "by": row["by_name"], "action": row["action"], "object": row["object"],
         "detail": json.loads(row["detail"]) if row["detail"] else None}
        for row in rows[:limit]
    ]  # fmt: skip
    return told, rows[limit - 1]["id"] if len(rows) > limit else None


def forget(db: sqlite3.Connection, before: str) -> int:
    """Delete entries older than an instant; return how many."""
    return db.execute("DELETE FROM audit WHERE at < ?", (before,)).rowcount
