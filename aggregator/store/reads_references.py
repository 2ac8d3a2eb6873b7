"""Reading references: who cites a law, a decision, a printed paper; what is cited most."""

import sqlite3

from aggregator.store.reads import Document, items_by_pk, on_live
from aggregator.store.reads_items import official_url

_CITING = """
    FROM reference_@ JOIN item ON item.pk = reference_@.item
    WHERE reference_@.kind = :kind AND reference_@.key = :key
        AND item.merged_into IS NULL AND item.state <> 'hidden'
"""


def reference_page(
    db: sqlite3.Connection, kind: str, key: str, *, limit: int, page: int
) -> Document:
    """Return the items that own a number and those that cite it, newest first."""
    count = f"SELECT count(DISTINCT item.pk) {_CITING}"
    values: dict[str, object] = {"kind": kind, "key": key}
    total = int(db.execute(on_live(db, count), values).fetchone()[0])
    query = f"""
        SELECT item.pk, min(reference_@.position), reference_@.text, sentence {_CITING}
        GROUP BY item.pk ORDER BY item.sort_at DESC, item.id LIMIT :most OFFSET :skip
    """
    values |= {"most": limit, "skip": (page - 1) * limit}
    rows = db.execute(on_live(db, query), values).fetchall()
    owners = db.execute(
        on_live(db, "SELECT item FROM identifier_@ WHERE kind = ? AND key = ? ORDER BY item"),
        (kind, key),
    ).fetchall()
    items = items_by_pk(db, [row["pk"] for row in rows] + [row["item"] for row in owners])
    return {
        "kind": kind, "key": key, "url": official_url(kind, key), "total": total,
        "owners": [items[row["item"]] for row in owners if row["item"] in items],
        "cited_by": [
            {"item": items[row["pk"]], "text": row["text"], "sentence": row["sentence"]}
            for row in rows
        ],
        "page": page, "pages": -(-total // limit),
    }  # fmt: skip


def citations(db: sqlite3.Connection, references: set[tuple[str, str]]) -> dict[str, int]:
    """Return how many items cite each of some references, under `kind:key`."""
    query = f"SELECT count(DISTINCT item.pk) {_CITING}"
    told = on_live(db, query)
    return {
        f"{kind}:{key}": int(db.execute(told, {"kind": kind, "key": key}).fetchone()[0])
        for kind, key in references
    }
