"""Earlier states of the files of the source list, kept whenever somebody saves in the browser."""

import sqlite3
import zlib
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from aggregator.errors import NotFoundError

KEPT = 100  # of each file


def keep(
    db: sqlite3.Connection, file: str, body: bytes, *, by: str, why: str, at: str
) -> int | None:
    """Remember a state of a file unless it is the latest one; part of the caller's transaction.

    Args:
        db: The connection.
        file: Its name beside the main file: `sources.yaml`, `sources.d/NAME.yaml`.
        body: Its content.
        by: Who made it; "" when it was made outside of the browser.
        why: What was done.
        at: Now.

    Returns:
        Its number, None when it is known already.
    """
    digest = sha256(body).hexdigest()
    row = db.execute(
        "SELECT n, sha256 FROM list_version WHERE file = ? ORDER BY n DESC LIMIT 1", (file,)
    ).fetchone()
    if row and row["sha256"] == digest:
        return None
    n = int(row["n"]) + 1 if row else 1
    db.execute(
        "INSERT INTO list_version (file, n, at, by_name, why, sha256, packed)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (file, n, at, by, why, digest, zlib.compress(body, 6)),
    )
    db.execute("DELETE FROM list_version WHERE file = ? AND n <= ?", (file, n - KEPT))
    return n


def listed(db: sqlite3.Connection, most: int = KEPT) -> list[Mapping[str, Any]]:
    """Return the states of all files without their content, latest first."""
    rows = db.execute(
        "SELECT file, n, at, by_name, why, sha256 FROM list_version"
        " ORDER BY at DESC, file, n DESC LIMIT ?", (most,),
    )  # fmt: skip
    return [dict(row) for row in rows]


def body_of(db: sqlite3.Connection, file: str, n: int) -> bytes:
    """Return the content of a state.

    Raises:
        NotFoundError: It is not kept (any more).
    """
    row = db.execute(
        "SELECT packed FROM list_version WHERE file = ? AND n = ?", (file, n)
    ).fetchone()
    if row is None:
        raise NotFoundError("dieser frühere Stand ist nicht (mehr) da", where=f"{file} {n}")
    return zlib.decompress(row["packed"])


def body_by_digest(db: sqlite3.Connection, file: str, digest: str) -> bytes | None:
    """Return the content of the state with a SHA-256, None when it is not kept."""
    row = db.execute(
        "SELECT packed FROM list_version WHERE file = ? AND sha256 = ? ORDER BY n DESC LIMIT 1",
        (file, digest),
    ).fetchone()
    return zlib.decompress(row["packed"]) if row else None
