"""Where an item stands among those of its platform: page below page, answer to question.

Publishers name the other by its own number (`entry_id`) or address. What is not in the index is not
told, and nothing is guessed from addresses.
"""

import sqlite3

from aggregator import urls
from aggregator.store.reads import Document, items_by_pk

MOST_CHILDREN = 100

_BY_NAME = (
    "SELECT i.pk FROM item i WHERE i.platform = :platform AND i.entry_id = :name"
    " AND i.source IN (SELECT id FROM source WHERE platform = :platform)"
    " AND i.merged_into IS NULL AND i.state <> 'hidden' AND i.pk <> :pk"
    " ORDER BY i.source <> :source, i.key LIMIT 1"
)
_BELOW = (
    "SELECT i.pk FROM item i WHERE i.platform = :platform AND i.parent = :name"
    " AND i.merged_into IS NULL AND i.state <> 'hidden' AND i.pk <> :pk"
    " ORDER BY i.sort_at, i.key LIMIT :most"
)


def hierarchy(db: sqlite3.Connection, pk: int) -> Document:
    """Return what stands above and below an item: `parent`, `children`, `answer_to`.

    Children are the oldest first, at most `MOST_CHILDREN`.
    """
    row = db.execute(
        "SELECT platform, source, entry_id, parent, answer_to FROM item WHERE pk = ?", (pk,)
    ).fetchone()
    parent, question = (_named(db, pk, row, row[name]) for name in ("parent", "answer_to"))
    below = _children(db, pk, row)
    known = items_by_pk(db, {each for each in (parent, question, *below) if each is not None})
    return {
        "parent": known.get(parent) if parent else None,
        "children": [known[each] for each in below if each in known],
        "answer_to": known.get(question) if question else None,
    }


def _named(db: sqlite3.Connection, pk: int, row: sqlite3.Row, name: str | None) -> int | None:
    """Return the item of the platform that a publisher means by a number or an address."""
    if not name:
        return None
    told = {"platform": row["platform"], "source": row["source"], "name": name, "pk": pk}
    found = db.execute(_BY_NAME, told).fetchone()
    if found is None and name.startswith(("http://", "https://")):
        found = db.execute(
            "SELECT a.item AS pk FROM alias a JOIN item i ON i.pk = a.item WHERE a.platform = ?"
            " AND a.canonical = ? AND i.merged_into IS NULL AND i.state <> 'hidden' AND i.pk <> ?",
            (row["platform"], urls.canonical(name), pk),
        ).fetchone()
    return int(found["pk"]) if found else None


def _children(db: sqlite3.Connection, pk: int, row: sqlite3.Row) -> list[int]:
    if not row["entry_id"]:
        return []
    told = {"platform": row["platform"], "name": row["entry_id"], "pk": pk, "most": MOST_CHILDREN}
    return [int(found["pk"]) for found in db.execute(_BELOW, told)]
