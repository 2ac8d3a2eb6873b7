"""The superseded states of items: unlimited, every text of an item stored once, by its content.

A text that returns to an earlier state costs a row and no text. Texts are compressed, against an
earlier text of the same item where that pays: an edit of a long page costs some hundred bytes. What
a policy forbids to store is in no version either.
"""

import hashlib
import json
import sqlite3
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from aggregator.model import Policy

WINDOW = 2**15  # of zlib: more of a dictionary is of no use
PAYS = 0.5  # a text stands on another one when it takes less than this share of its own size


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One state of an item; the current one has no end."""

    n: int  # 1 is the first
    from_at: str
    until_at: str | None
    title: str
    published_at: str | None
    content_hash: str
    text: str  # "" when it may not be stored
    links: tuple[str, ...]


# --- writing ---------------------------------------------------------------------------------


def keep(db: sqlite3.Connection, pk: int, now: str) -> None:
    """Keep the state of an item that is about to be superseded; part of its transaction."""
    row = db.execute(
        "SELECT last_changed_at, title, published_at, text, links, content_hash FROM item"
        " WHERE pk = ?", (pk,),
    ).fetchone()  # fmt: skip
    links = "\n".join(link["url"] for link in json.loads(row["links"]))
    db.execute(
        "INSERT INTO version (item, n, from_at, until_at, title, published_at, text, links,"
        " content_hash) VALUES"
        " (?1, (SELECT coalesce(max(n), 0) + 1 FROM version WHERE item = ?1), ?, ?, ?, ?, ?, ?, ?)",
        (pk, row["last_changed_at"], now, row["title"], row["published_at"],
         _store(db, pk, row["text"]), _store(db, pk, links), row["content_hash"]),
    )  # fmt: skip


def _store(db: sqlite3.Connection, pk: int, text: str) -> bytes | None:
    """Store a text of an item, unless it is stored; return its hash, None for no text."""
    if not text:
        return None
    body = text.encode("utf-8", "surrogatepass")
    name = hashlib.sha256(body).digest()[:16]
    known = db.execute("SELECT 1 FROM version_text WHERE item = ? AND hash = ?", (pk, name))
    if known.fetchone() is None:
        packed, base = _packed(db, pk, body)
        db.execute(
            "INSERT INTO version_text (item, hash, base, packed) VALUES (?, ?, ?, ?)",
            (pk, name, base, packed),
        )
    return name


def _packed(db: sqlite3.Connection, pk: int, body: bytes) -> tuple[bytes, bytes | None]:
    """Compress a text; against the latest text of its item that stands alone when that pays."""
    alone = zlib.compress(body, 6)
    base = db.execute(
        "SELECT hash FROM version_text WHERE item = ? AND base IS NULL"
        " ORDER BY id DESC LIMIT 1", (pk,),
    ).fetchone()  # fmt: skip
    if base is None:
        return alone, None
    press = zlib.compressobj(6, zdict=_body(db, pk, base["hash"])[-WINDOW:])
    leaning = press.compress(body) + press.flush()
    return (leaning, base["hash"]) if len(leaning) < PAYS * len(alone) else (alone, None)


def tighten(db: sqlite3.Connection, pk: int, policy: Policy) -> None:
    """Drop from the versions of an item what its policy does not allow to be stored."""
    if policy is Policy.FULL:
        return
    rows = db.execute("SELECT text, links FROM version WHERE item = ?", (pk,)).fetchall()
    names = {row["links"] for row in rows if row["links"] and policy is not Policy.LINK}
    if not any(row["text"] or (row["links"] and not names) for row in rows):
        return
    kept = [text_of(db, pk, name) for name in sorted(names)]
    db.execute("DELETE FROM version_text WHERE item = ?", (pk,))
    db.execute("UPDATE version SET text = NULL WHERE item = ?", (pk,))
    if not names:
        db.execute("UPDATE version SET links = NULL WHERE item = ?", (pk,))
    for links in kept:
        _store(db, pk, links)


def move(db: sqlite3.Connection, keep: int, drop: int) -> None:
    """Give the versions of an item to the one that it turned out to be, after its own."""
    last = db.execute("SELECT coalesce(max(n), 0) FROM version WHERE item = ?", (keep,))
    db.execute(
        "UPDATE version SET item = ?, n = n + ? WHERE item = ?", (keep, last.fetchone()[0], drop)
    )
    db.execute("UPDATE OR IGNORE version_text SET item = ? WHERE item = ?", (keep, drop))
    db.execute("DELETE FROM version_text WHERE item = ?", (drop,))


def forget(db: sqlite3.Connection, pk: int) -> None:
    """Delete every version of an item."""
    db.execute("DELETE FROM version_text WHERE item = ?", (pk,))
    db.execute("DELETE FROM version WHERE item = ?", (pk,))


# --- reading ---------------------------------------------------------------------------------


def states(db: sqlite3.Connection, pk: int, since: int = 1) -> Iterator[State]:
    """Yield the states of an item from number `since` on, oldest first, the current one last."""
    rows = db.execute("SELECT * FROM version WHERE item = ? AND n >= ? ORDER BY n", (pk, since))
    for row in rows.fetchall():
        links = text_of(db, pk, row["links"])
        yield State(
            n=row["n"], from_at=row["from_at"], until_at=row["until_at"], title=row["title"],
            published_at=row["published_at"], content_hash=row["content_hash"],
            text=text_of(db, pk, row["text"]), links=tuple(links.split("\n") if links else ()),
        )  # fmt: skip
    row = db.execute(
        "SELECT (SELECT coalesce(max(n), 0) + 1 FROM version WHERE item = pk) AS n, title, text,"
        " last_changed_at, published_at, links, content_hash FROM item WHERE pk = ?", (pk,),
    ).fetchone()  # fmt: skip
    yield State(
        n=row["n"], from_at=row["last_changed_at"], until_at=None, title=row["title"],
        published_at=row["published_at"], content_hash=row["content_hash"], text=row["text"],
        links=tuple(link["url"] for link in json.loads(row["links"])),
    )  # fmt: skip


def state_with(db: sqlite3.Connection, pk: int, content_hash: str | None) -> State | None:
    """Return the latest superseded state of an item that has a content hash."""
    row = db.execute(
        "SELECT max(n) FROM version WHERE item = ? AND content_hash = ?", (pk, content_hash)
    ).fetchone()
    return next(states(db, pk, since=row[0])) if row[0] else None


def text_of(db: sqlite3.Connection, pk: int, name: bytes | None) -> str:
    """Return a text of the versions of an item by its hash; "" for None."""
    return "" if name is None else _body(db, pk, name).decode("utf-8", "surrogatepass")


def _body(db: sqlite3.Connection, pk: int, name: bytes) -> bytes:
    row = db.execute(
        "SELECT packed, base FROM version_text WHERE item = ? AND hash = ?", (pk, name)
    ).fetchone()
    if row["base"] is None:
        return zlib.decompress(row["packed"])
    # One step, but for items that were merged: a text of one may stand on a leaning one's twin.
    base = _body(db, pk, row["base"])
    return zlib.decompressobj(zdict=base[-WINDOW:]).decompress(row["packed"])
