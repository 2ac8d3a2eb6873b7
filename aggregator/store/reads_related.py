"""Reading related items: the candidates of an item that a page may show, with their reasons."""

import sqlite3
from collections.abc import Collection, Sequence

from aggregator.store.derived import Related, related_of
from aggregator.store.reads import Document, items_by_pk

MOST = 10
AWAY = 5  # of other platforms, where any exist


def related(db: sqlite3.Connection, pk: int, same: Collection[str]) -> list[Document]:
    """Return up to 10 related items, best first, at least 5 of other platforms where any exist.

    Args:
        db: The connection.
        pk: The item's row.
        same: Ids of the items of the same content: the most related there are. Pages show them as
            such and do not repeat them, so they are marked.
    """
    found = related_of(db, pk, limit=2 * MOST)
    items = items_by_pk(db, [row.item for row in found])
    left = [row for row in found if row.item in items]
    return [
        {
            "item": items[row.item], "score": round(row.score, 4), "shown": row.shown,
            "same": items[row.item]["id"] in same,
            "because": [
                {"kind": reason.kind, "label": reason.label, "weight": reason.weight}
                for reason in row.because
            ],
        }
        for row in chosen(left)
    ]  # fmt: skip


def chosen(rows: Sequence[Related]) -> list[Related]:
    """Choose from rows, best first, those that are shown; the order stays."""
    away = [row.item for row in rows if row.away]
    kept = set(away[:AWAY])
    for row in rows:
        if len(kept) < MOST:
            kept.add(row.item)
    return [row for row in rows if row.item in kept]
