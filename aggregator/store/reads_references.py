"""Reading references: who cites a law, a decision, a printed paper; what is cited most."""

import re
import sqlite3
from collections.abc import Mapping

from aggregator.links.authorities import official_url
from aggregator.store.reads import Document, items_by_pk, on_live

_CITING = """
    FROM reference_@ JOIN item ON item.pk = reference_@.item
    WHERE reference_@.kind = :kind AND reference_@.key >= :key AND reference_@.key <= :last
        AND item.merged_into IS NULL AND item.state <> 'hidden'
"""
# Keys of the LeiKa: 99, group, object, act, detail. The same object, and the same act on it.
LEIKA, LEIKA_DIGITS = "leika", 14
LEIKA_STEMS = (8, 11)
_LEIKA_BEGIN = re.compile(r"99\d{3,12}")  # from the group on
MOST_KEYS = 50  # of those that begin alike


def reference_page(
    db: sqlite3.Connection, kind: str, key: str, *, limit: int, page: int
) -> Document:
    """Return the items that own a number and those that cite it, newest first.

    The beginning of a LeiKa key stands for all keys that begin so: `keys` are these, with the
    number of items that cite or own each; `wider` are the beginnings of the key with theirs.
    """
    values = _range(kind, key)
    count = f"SELECT count(DISTINCT item.pk) {_CITING}"
    total = int(db.execute(on_live(db, count), values).fetchone()[0])
    query = f"""
        SELECT item.pk, min(reference_@.position), reference_@.text, sentence {_CITING}
        GROUP BY item.pk ORDER BY item.sort_at DESC, item.id LIMIT :most OFFSET :skip
    """
    rows = db.execute(
        on_live(db, query), {**values, "most": limit, "skip": (page - 1) * limit}
    ).fetchall()
    owners = db.execute(on_live(
        db, "SELECT DISTINCT item FROM identifier_@ WHERE kind = :kind AND key >= :key"
        " AND key <= :last ORDER BY item"), values,
    ).fetchall()  # fmt: skip
    items = items_by_pk(db, [row["pk"] for row in rows] + [row["item"] for row in owners])
    return {
        "kind": kind, "key": key, "url": official_url(kind, key), "total": total,
        "owners": [items[row["item"]] for row in owners if row["item"] in items],
        "cited_by": [
            {"item": items[row["pk"]], "text": row["text"], "sentence": row["sentence"]}
            for row in rows
        ],
        "keys": _keys(db, values), "wider": _wider(db, kind, key),
        "page": page, "pages": -(-total // limit),
    }  # fmt: skip


def _range(kind: str, key: str) -> dict[str, str]:
    """Return the keys that are meant: one, or all that begin like the beginning of a LeiKa key."""
    is_begin = kind == LEIKA and _LEIKA_BEGIN.fullmatch(key) and len(key) < LEIKA_DIGITS
    return {"kind": kind, "key": key, "last": key.ljust(LEIKA_DIGITS, "9") if is_begin else key}


def _keys(db: sqlite3.Connection, values: Mapping[str, str]) -> list[Document]:
    """Return the keys of a range with the number of items that name each; none for one key."""
    if values["key"] == values["last"]:
        return []
    query = """
        SELECT named.key, count(DISTINCT named.item) AS total FROM (
            SELECT key, item FROM reference_@ WHERE kind = :kind AND key >= :key AND key <= :last
            UNION SELECT key, item FROM identifier_@
            WHERE kind = :kind AND key >= :key AND key <= :last
        ) named JOIN item ON item.pk = named.item
        WHERE item.merged_into IS NULL AND item.state <> 'hidden'
        GROUP BY named.key ORDER BY named.key LIMIT :most
    """
    rows = db.execute(on_live(db, query), {**values, "most": MOST_KEYS})
    return [{"key": row["key"], "total": row["total"]} for row in rows]


def _wider(db: sqlite3.Connection, kind: str, key: str) -> list[Document]:
    """Return the beginnings of a LeiKa key under which more items stand, the narrowest first."""
    if kind != LEIKA or not _LEIKA_BEGIN.fullmatch(key):
        return []
    told = []
    for digits in reversed(LEIKA_STEMS):
        keys = _keys(db, _range(kind, key[:digits])) if len(key) > digits else []
        if len(keys) > 1:
            told.append({"key": key[:digits], "keys": len(keys)})
    return told


def citations(db: sqlite3.Connection, references: set[tuple[str, str]]) -> dict[str, int]:
    """Return how many items cite each of some references, under `kind:key`."""
    told = on_live(db, f"SELECT count(DISTINCT item.pk) {_CITING}")
    return {
        f"{kind}:{key}": int(db.execute(told, _range(kind, key)).fetchone()[0])
        for kind, key in references
    }
