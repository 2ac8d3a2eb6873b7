"""Reading the change log: which items became another one, newest change first, and in what."""

import hashlib
import json
import re
import sqlite3
from collections.abc import Collection

from aggregator.errors import QueryError
from aggregator.store.reads import Document, items_by_pk

_CURSOR = re.compile(r"([0-9TZ:.-]{20,30})~([a-z2-7]{12})~(\d{1,9})")

# A version is what was superseded; what came after is the next version, or the item as it is.
_CHANGES = """
    SELECT version.item, version.n, version.until_at, version.title, version.published_at,
        version.text, version.links, item.policy,
        CASE WHEN later.n IS NULL THEN item.title ELSE later.title END AS later_title,
        CASE WHEN later.n IS NULL THEN item.published_at ELSE later.published_at END
            AS later_published_at,
        later.n IS NULL AS is_latest, later.text AS later_text, later.links AS later_links
    FROM version JOIN item ON item.pk = version.item
    LEFT JOIN version AS later ON later.item = version.item AND later.n = version.n + 1
    WHERE item.merged_into IS NULL AND item.state <> 'hidden'
        AND (:since IS NULL OR version.until_at >= :since)
        AND (:platforms IS NULL OR item.platform IN (SELECT value FROM json_each(:platforms)))
        AND (:levels IS NULL OR item.platform IN (SELECT id FROM platform
            WHERE level IN (SELECT value FROM json_each(:levels))))
        AND (:kinds IS NULL OR item.kind IN (SELECT value FROM json_each(:kinds)))
"""
_AFTER = """
    AND (:at IS NULL OR version.until_at < :at OR version.until_at = :at
        AND (item.id > :id OR item.id = :id AND version.n < :n))
    ORDER BY version.until_at DESC, item.id, version.n DESC LIMIT :most
"""


def changes(
    db: sqlite3.Connection,
    *,
    limit: int,
    cursor: str | None = None,
    since: str | None = None,
    platforms: Collection[str] = (),
    levels: Collection[str] = (),
    kinds: Collection[str] = (),
) -> Document:
    """Return changes of items, newest first.

    Args:
        db: The connection.
        limit: How many.
        cursor: Where to go on.
        since: RFC 3339 instant, inclusive.
        platforms: Only of these.
        levels: Only of platforms of these levels.
        kinds: Only items of these kinds.

    Returns:
        `total`, `changes` (item, n of the superseded version, at, title_before, and in `what`:
        title, date, text, links), `cursor` of the next page.

    Raises:
        QueryError: The cursor is none of ours.
    """
    at, item_id, n = _place(cursor)
    values = {
        "since": since, "platforms": _list(platforms), "levels": _list(levels),
        "kinds": _list(kinds), "at": at, "id": item_id, "n": n, "most": limit + 1,
    }  # fmt: skip
    total = db.execute(f"SELECT count(*) FROM ({_CHANGES})", values).fetchone()[0]  # noqa: S608 (constant)
    rows = db.execute(_CHANGES + _AFTER, values).fetchall()
    items = items_by_pk(db, {row["item"] for row in rows[:limit]})
    told = [
        {"item": items[row["item"]], "n": row["n"], "at": row["until_at"],
         "title_before": row["title"], "what": _what(db, row)}
        for row in rows[:limit]
    ]  # fmt: skip
    last = told[-1] if len(rows) > limit else None
    after = f"{last['at']}~{last['item']['id']}~{last['n']}" if last else None
    return {"total": total, "changes": told, "cursor": after}


def _list(values: Collection[str]) -> str | None:
    return json.dumps(list(values)) if values else None


def _place(cursor: str | None) -> tuple[str | None, str, int]:
    if cursor is None:
        return None, "", 0
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise QueryError("der Seitenzeiger ist nicht lesbar", where="cursor",
                         remedy="die Liste neu öffnen")  # fmt: skip
    return match[1], match[2], int(match[3])


def _what(db: sqlite3.Connection, row: sqlite3.Row) -> list[str]:
    """Return in what a state differs from the next one."""
    text, links = row["later_text"], row["later_links"]
    if row["is_latest"]:
        text, links = _present(db, row["item"])
    differs = {
        "title": row["title"] != row["later_title"],
        "date": row["published_at"] != row["later_published_at"],
        "text": row["text"] != text,
        "links": row["links"] != links,
    }
    return [name for name, differ in differs.items() if differ]


def _present(db: sqlite3.Connection, pk: int) -> tuple[bytes | None, bytes | None]:
    """Return the hashes of text and links of an item as it is, as versions have them."""
    row = db.execute("SELECT text, links FROM item WHERE pk = ?", (pk,)).fetchone()
    links = "\n".join(link["url"] for link in json.loads(row["links"]))
    return _hash(row["text"]), _hash(links)


def _hash(text: str) -> bytes | None:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16] if text else None
