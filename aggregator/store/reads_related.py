"""Reading related items: the candidates of an item that a page may show, with their reasons."""

import sqlite3
from collections.abc import Collection, Sequence

from aggregator.store.derived import Related, related_of
from aggregator.store.reads import Document, items_by_pk

MOST = 10
AWAY = 5  # of other platforms, where any exist


def related(db: sqlite3.Connection, pk: int, besides: Collection[str]) -> list[Document]:
    """Return up to 10 related items, best first, at least 5 of other platforms where any exist.

    Args:
        db: The connection.
        pk: The item's row.
        besides: Ids that are shown elsewhere (same content) and not repeated here.
    """
    found = related_of(db, pk, limit=2 * MOST + len(besides))
    items = items_by_pk(db, [row.item for row in found])
    left = [row for row in found if row.item in items and items[row.item]["id"] not in besides]
    return [
        {
            "item": items[row.item], "score": round(row.score, 4), "shown": row.shown,
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
