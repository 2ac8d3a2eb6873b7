"""The queue between truth and derivation: one row for each item that is to be derived anew.

A row is written in the transaction that changes its item; it goes from `item` to `link` in the
transaction that writes the search row, and leaves with the one that writes the links, so a kill
anywhere loses nothing. `seq` tells a change from one that came while the first was being worked on.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass

ITEM = "item"  # derive everything of the item
LINK = "link"  # it is searchable; derive what links it to others
RELATE = "relate"  # only its list of related items


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One row of the queue."""

    item: int
    what: str
    seq: int


_ENQUEUE = (
    "INSERT INTO changes (item, what, seq) VALUES (?, ?, 1 + max("
    " coalesce((SELECT max(seq) FROM changes WHERE what = 'item'), 0),"
    " coalesce((SELECT max(seq) FROM changes WHERE what = 'link'), 0),"
    " coalesce((SELECT max(seq) FROM changes WHERE what = 'relate'), 0)))"
    " ON CONFLICT (item) DO UPDATE SET seq = excluded.seq,"
    " what = iif(excluded.what = 'item', 'item', what)"
)


def enqueue(db: sqlite3.Connection, item_pk: int, what: str = ITEM) -> None:
    """Note that an item is to be derived; belongs into the caller's transaction.

    `item` wins over everything, and nothing over a `link` but `item`.
    """
    db.execute(_ENQUEUE, (item_pk, what))


def enqueue_all(db: sqlite3.Connection, items: Iterable[int]) -> None:
    """Note that items are to be derived, in order; belongs into the caller's transaction."""
    db.executemany(_ENQUEUE, [(item, ITEM) for item in items])


def to_search(db: sqlite3.Connection, after: int, limit: int) -> list[Change]:
    """Return the next items without a search row of today, oldest change first.

    Args:
        db: The database.
        after: The `seq` behind which to look.
        limit: How many at most.
    """
    rows = db.execute(
        "SELECT item, what, seq FROM changes WHERE what = 'item' AND seq > ? ORDER BY seq LIMIT ?",
        (after, limit),
    )
    return [Change(item=row["item"], what=row["what"], seq=row["seq"]) for row in rows]


def to_link(db: sqlite3.Connection, limit: int) -> list[Change]:
    """Return the next items to be linked, newest change first, then mere lists; until `done`."""
    for what in (LINK, RELATE):
        rows = db.execute(
            "SELECT item, what, seq FROM changes WHERE what = ? ORDER BY seq DESC LIMIT ?",
            (what, limit),
        ).fetchall()
        if rows:
            return [Change(item=row["item"], what=what, seq=row["seq"]) for row in rows]
    return []


def still(db: sqlite3.Connection, taken: Collection[Change]) -> set[int]:
    """Return the items whose changes wait as they were taken; in the transaction that writes."""
    rows = db.execute(
        "SELECT item, what, seq FROM changes WHERE item IN (SELECT value FROM json_each(?))",
        (json.dumps([change.item for change in taken]),),
    )
    waiting = {(row["item"], row["what"], row["seq"]) for row in rows}
    return {c.item for c in taken if (c.item, c.what, c.seq) in waiting}


def searchable(db: sqlite3.Connection, changes: Iterable[Change]) -> None:
    """Note that the search rows of items are written: what is left are their links."""
    db.executemany(
        "UPDATE changes SET what = 'link' WHERE item = ? AND seq = ?",
        [(change.item, change.seq) for change in changes],
    )


def done(db: sqlite3.Connection, changes: Iterable[Change]) -> None:
    """Remove changes that were worked on, unless their item changed again meanwhile."""
    db.executemany(
        "DELETE FROM changes WHERE item = ? AND seq = ?",
        [(change.item, change.seq) for change in changes],
    )


def count(db: sqlite3.Connection, *whats: str) -> int:
    """Return how many rows wait, of some kinds or of all."""
    rows = db.execute(
        "SELECT count(*) FROM changes WHERE what IN (SELECT value FROM json_each(?))",
        (json.dumps(whats or (ITEM, LINK, RELATE)),),
    )
    return int(rows.fetchone()[0])


def unlinked(db: sqlite3.Connection) -> int:
    """Return how many items have links of yesterday or none."""
    return count(db, ITEM, LINK)


def is_linked(db: sqlite3.Connection, item: int) -> bool:
    """Whether what links an item to others was derived from what is stored of it."""
    row = db.execute("SELECT what FROM changes WHERE item = ?", (item,)).fetchone()
    return row is None or row["what"] == RELATE


def newest(db: sqlite3.Connection) -> int:
    """Return the number of the newest change, 0 when none waits."""
    return int(db.execute("SELECT coalesce(max(seq), 0) FROM changes").fetchone()[0])


def forget_until(db: sqlite3.Connection, seq: int) -> None:
    """Remove all changes up to a number: a build that began after them has seen their items."""
    db.execute("DELETE FROM changes WHERE seq <= ?", (seq,))


def forget_links_until(db: sqlite3.Connection, seq: int) -> None:
    """Remove the changes up to a number whose search rows are written."""
    db.execute("DELETE FROM changes WHERE seq <= ? AND what <> 'item'", (seq,))


def search_again(db: sqlite3.Connection) -> None:
    """Let all items that wait for links be written again: their search rows are not in force."""
    db.execute("UPDATE changes SET what = 'item' WHERE what = 'link'")
