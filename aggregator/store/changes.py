"""The queue between truth and derivation: one row for each item that is to be derived anew.

A row is written in the transaction that changes its item and removed in the transaction that
writes what was derived from it, so a kill between the two loses nothing. `seq` tells a change from
one that came while the first was being worked on.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

ITEM = "item"  # derive everything of the item
RELATE = "relate"  # only its list of related items


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One row of the queue."""

    item: int
    what: str
    seq: int


_ENQUEUE = (
    "INSERT INTO changes (item, what, seq)"
    " VALUES (?, ?, (SELECT coalesce(max(seq), 0) + 1 FROM changes))"
    " ON CONFLICT (item) DO UPDATE SET seq = excluded.seq,"
    " what = iif(excluded.what = 'item', 'item', what)"
)


def enqueue(db: sqlite3.Connection, item_pk: int, what: str = ITEM) -> None:
    """Note that an item is to be derived; belongs into the caller's transaction.

    `item` wins over `relate` when both are asked for.
    """
    db.execute(_ENQUEUE, (item_pk, what))


def enqueue_all(db: sqlite3.Connection, items: Iterable[int]) -> None:
    """Note that items are to be derived, in order; belongs into the caller's transaction."""
    db.executemany(_ENQUEUE, [(item, ITEM) for item in items])


def take(db: sqlite3.Connection, limit: int) -> list[Change]:
    """Return the oldest changes, whole items before mere lists; they stay until `done`."""
    rows = db.execute(
        "SELECT item, what, seq FROM changes ORDER BY what = 'relate', seq, item LIMIT ?", (limit,)
    )
    return [Change(item=row["item"], what=row["what"], seq=row["seq"]) for row in rows]


def done(db: sqlite3.Connection, changes: Iterable[Change]) -> None:
    """Remove changes that were worked on, unless their item changed again meanwhile."""
    db.executemany(
        "DELETE FROM changes WHERE item = ? AND seq = ?",
        [(change.item, change.seq) for change in changes],
    )


def count(db: sqlite3.Connection) -> int:
    """Return how many items wait."""
    return int(db.execute("SELECT count(*) FROM changes").fetchone()[0])


def newest(db: sqlite3.Connection) -> int:
    """Return the number of the newest change, 0 when none waits."""
    return int(db.execute("SELECT coalesce(max(seq), 0) FROM changes").fetchone()[0])


def forget_until(db: sqlite3.Connection, seq: int) -> None:
    """Remove all changes up to a number: a build that began after them has seen their items."""
    db.execute("DELETE FROM changes WHERE seq <= ?", (seq,))
