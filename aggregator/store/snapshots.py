"""What a page looked like when it was not believed: for the admin who has to find out why.

Kept in the transaction of the verdict, bounded and compressed, the last few of each source, and
only so much as the policy allows. A snapshot is text to be read, never a page to be shown.
"""

import json
import sqlite3
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aggregator.errors import NotFoundError
from aggregator.model import Fetched, Policy, Source
from aggregator.store.connection import transaction

KEPT = 3  # of each source
MAX_BYTES = 512 * 1024  # of a body; the beginning tells enough
_SECRET = ("set-cookie", "authorization", "proxy-authorization")


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """An answer that was not believed."""

    url: str
    final_url: str
    status: int
    headers: Mapping[str, str]
    body: bytes | None  # None: it may not be stored
    size: int  # of the whole body


def of(source: Source, answer: Fetched) -> Snapshot:
    """Return what may be kept of an answer.

    Of a reserved one its headers alone; where the policy allows an excerpt, the structure of the
    body and the first words of its text.
    """
    reserved = answer.headers.get("tdm-reservation", "").strip() == "1"
    robots = answer.headers.get("x-robots-tag", "").lower()
    closed = source.policy is Policy.LINK or reserved or "noarchive" in robots or "none" in robots
    headers = {name: value for name, value in answer.headers.items() if name not in _SECRET}
    return Snapshot(
        url=answer.url, final_url=answer.final_url, status=answer.status, headers=headers,
        body=None if closed else _allowed(source, answer), size=len(answer.body),
    )  # fmt: skip


def _allowed(source: Source, answer: Fetched) -> bytes:
    """Return the beginning of a body, or where only an excerpt may be kept, its structure."""
    if source.policy is Policy.FULL:
        return answer.body[:MAX_BYTES]
    # Here and not above: most runs believe everything, and these take long to load.
    from aggregator.items import EXCERPT_CHARS, shorten
    from aggregator.text import html
    from aggregator.text.charset import decode
    from aggregator.text.skeleton import skeleton

    text = decode(answer.body[:MAX_BYTES], answer.charset, answer.media_type)
    markup = text.lstrip("\ufeff \t\r\n").startswith("<")
    words = " ".join((html.plain(text) if markup else "").split())
    told = f"Text: {shorten(words, EXCERPT_CHARS)}\n\n{skeleton(text)}\n"
    return told.encode("utf-8", "replace")[:MAX_BYTES]


def keep(
    db: sqlite3.Connection, source: str, run: int, found: Snapshot, *, reason: str, now: str
) -> None:
    """Store a snapshot, and forget all but the latest of its source; part of a transaction."""
    packed = None if found.body is None else zlib.compress(found.body, 6)
    db.execute(
        "INSERT INTO snapshot (source, n, run, at, reason, url, final_url, status, headers, size,"
        " packed) VALUES (?1, (SELECT coalesce(max(n), 0) + 1 FROM snapshot WHERE source = ?1),"
        " ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (source, run, now, reason, found.url, found.final_url, found.status,
         json.dumps(dict(found.headers), ensure_ascii=False), found.size, packed),
    )  # fmt: skip
    db.execute(
        "DELETE FROM snapshot WHERE source = ?1 AND n <="
        " (SELECT max(n) FROM snapshot WHERE source = ?1) - ?2",
        (source, KEPT),
    )


def listed(db: sqlite3.Connection, source: str) -> list[dict[str, Any]]:
    """Return the snapshots of a source without their bodies, latest first."""
    rows = db.execute(
        "SELECT n, at, reason, url, final_url, status, size, packed IS NOT NULL AS stored"
        " FROM snapshot WHERE source = ? ORDER BY n DESC", (source,),
    )  # fmt: skip
    return [{**dict(row), "stored": bool(row["stored"])} for row in rows]


def text_of(db: sqlite3.Connection, source: str, n: int) -> str:
    """Return a snapshot as plain text: status, headers, an empty line, the body.

    Raises:
        NotFoundError: There is none of this number.
    """
    row = db.execute(
        "SELECT * FROM snapshot WHERE source = ? AND n = ?", (source, n)
    ).fetchone()  # fmt: skip
    if row is None:
        raise NotFoundError("diesen Abzug gibt es nicht (mehr)", where=f"{source} {n}")
    head = [f"# {row['at']} {row['reason']}", f"# {row['url']}", f"# {row['final_url']}",
            f"# Status {row['status']}, {row['size']} Bytes"]  # fmt: skip
    head += [f"{name}: {value}" for name, value in json.loads(row["headers"]).items()]
    if row["packed"] is None:
        return "\n".join((*head, "", "(der Inhalt darf nicht gespeichert werden)", ""))
    body = zlib.decompress(row["packed"]).decode("utf-8", "replace")
    return "\n".join((*head, "", body))


def prune(db: sqlite3.Connection, before: str) -> int:
    """Forget snapshots taken before an instant; return how many."""
    with transaction(db):
        return db.execute("DELETE FROM snapshot WHERE at < ?", (before,)).rowcount
