"""Reading what has the content of an item, and which of it is a newer state."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict

from aggregator import diff
from aggregator.links import editions
from aggregator.links.editions import Edition, Order, Placed
from aggregator.model import ItemState
from aggregator.store.reads import Document, items_by_pk, on_live

DIFF_CHARS = 1_000_000  # of two texts that are compared word by word
MOST_PASSAGES = 200


def same_content(db: sqlite3.Connection, pk: int, item: Document) -> list[Document]:
    """Return items with the same content, oldest first.

    Each tells in `edition` whether it is a newer or an older state, with `because` in German; None
    when that is not known or neither is.

    Args:
        db: The connection.
        pk: The item's row.
        item: The item as the contract has it.
    """
    query = """
        SELECT other, similarity, relation, differs FROM same_@ JOIN item ON item.pk = other
        WHERE same_@.item = ? ORDER BY sort_at, id
    """
    rows = db.execute(on_live(db, query), (pk,)).fetchall()
    items = items_by_pk(db, {row["other"] for row in rows})
    return [
        _told(item, items[row["other"]], row) for row in rows if row["other"] in items
    ]  # fmt: skip


def _told(item: Document, other: Document, row: sqlite3.Row) -> Document:
    differs = json.loads(row["differs"])
    placed = _placed(item, other, row["relation"], differs)
    return {
        "item": other, "similarity": row["similarity"] / 1000, "relation": row["relation"],
        "differs": differs, "edition": asdict(placed) if placed else None,
    }  # fmt: skip


def newest(same: Sequence[Document]) -> Document | None:
    """Return the newest state among items of the same content, None when an item is it itself.

    Args:
        same: As `same_content` returns them.

    Returns:
        `item` and `because`; only what is there still.
    """
    found: Document | None = None
    for row in same:
        is_newer = row["edition"] and row["edition"]["order"] == Order.NEWER
        if not is_newer or row["item"]["state"] != ItemState.LIVE:
            continue
        if found is None or _is_newer(found, row):
            found = row
    return found and {"item": found["item"], "because": found["edition"]["because"]}


def beside(db: sqlite3.Connection, pk: int, other: int) -> Document:
    """Compare two items: which is the newer state, and what turns the one text into the other.

    Args:
        db: The connection.
        pk: The row of the first.
        other: The row of the other.

    Returns:
        `edition` as in `same_content`; `diff`: passages of pieces (`diff.passages`), None where
        the two have not the same content or where a text may not be stored.
    """
    row = db.execute(
        on_live(db, "SELECT relation, differs FROM same_@ WHERE item = ? AND other = ?"),
        (pk, other),
    ).fetchone()
    if row is None:
        return {"edition": None, "diff": None}
    items = items_by_pk(db, [pk, other])
    placed = _placed(items[pk], items[other], row["relation"], json.loads(row["differs"]))
    return {"edition": asdict(placed) if placed else None, "diff": _diff(db, pk, other)}


def _diff(db: sqlite3.Connection, pk: int, other: int) -> list[list[Document]] | None:
    query = "SELECT text FROM item WHERE pk = ? AND policy = 'full'"
    texts = [row["text"] for n in (pk, other) for row in db.execute(query, (n,))]
    if len(texts) < len((pk, other)) or sum(map(len, texts)) > DIFF_CHARS:
        return None
    found = diff.passages(texts[0], diff.changes(*texts))
    return [[asdict(piece) for piece in pieces] for pieces in found[:MOST_PASSAGES]]


def _is_newer(one: Document, other: Document) -> bool:
    """Whether of two newer states, both seen from the item, the other is the newer one."""
    placed = _placed(one["item"], other["item"], "copy", ("Text",))
    return placed is not None and placed.order is Order.NEWER


def _placed(one: Document, other: Document, relation: str, differs: Sequence[str]) -> Placed | None:
    mine, theirs = (
        Edition(title=item["title"], kind=item["kind"], published_at=item["published_at"])
        for item in (one, other)
    )
    return editions.place(mine, theirs, relation=relation, differs=differs)
