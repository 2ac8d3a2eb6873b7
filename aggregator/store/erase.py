"""Erasing: every trace of an item leaves, and a tombstone keeps it out."""

import json
import sqlite3
from collections import Counter

from aggregator.links.describe import folded_words
from aggregator.store import versions
from aggregator.store.changes import enqueue
from aggregator.store.connection import get_meta, transaction
from aggregator.store.derived import LETTERS, Generation
from aggregator.store.derived_write import remove
from aggregator.store.epochs import ITEM_COLUMNS, subject
from aggregator.text.words import fold, surfaces

MERGE_PAGES = -200  # of the full-text index worked through in one transaction
MERGE_STEPS = 10_000


def erase(db: sqlite3.Connection, pk: int, *, reason: str, now: str) -> tuple[str, ...]:
    """Remove an item with all its versions, search rows and sentences.

    Items that were merged into it go with it. Its addresses are not fetched again.

    Returns:
        The backups that still hold it: paths with the instants at which they were made.
    """
    db.execute("PRAGMA secure_delete = ON")
    with transaction(db):
        rows = db.execute(
            "SELECT pk, platform, key FROM item WHERE pk = ?1 OR merged_into = ?1"
            " ORDER BY pk = ?1", (pk,),
        ).fetchall()  # fmt: skip
        for row in rows:
            _entomb(db, row, reason, now)
    for letter in LETTERS:
        _purge(Generation(db, letter))
    return tuple(f"{b['path']} ({b['at']})" for b in json.loads(get_meta(db, "backups", "[]")))


def items_of_author(db: sqlite3.Connection, name: str) -> list[int]:
    """Return the items that name a person as author, by platform and key."""
    rows = db.execute(
        "SELECT pk FROM item WHERE merged_into IS NULL"
        " AND EXISTS (SELECT 1 FROM json_each(authors) WHERE value = ?) ORDER BY platform, key",
        (name,),
    )
    return [int(row["pk"]) for row in rows]


def _entomb(db: sqlite3.Connection, row: sqlite3.Row, reason: str, now: str) -> None:
    """Put a tombstone in the place of one row."""
    item = row["pk"]
    db.execute(
        "INSERT OR REPLACE INTO tombstone (platform, key, at, reason) VALUES (?, ?, ?, ?)",
        (row["platform"], row["key"], now, reason),
    )
    db.execute(
        "DELETE FROM frontier WHERE canonical IN (SELECT canonical FROM alias WHERE item = ?)",
        (item,),
    )
    _forget_words(db, item)
    for letter in LETTERS:
        remove(Generation(db, letter), item)
    versions.forget(db, item)
    db.execute(
        "DELETE FROM snapshot WHERE source IN (SELECT source FROM observation WHERE item = ?)",
        (item,),
    )
    for table in ("alias", "observation"):
        db.execute(f"DELETE FROM {table} WHERE item = ?", (item,))  # noqa: S608 (names are ours)
    db.execute("DELETE FROM item WHERE pk = ?", (item,))
    enqueue(db, item)  # links that led to it are resolved again


def _forget_words(db: sqlite3.Connection, item: int) -> None:
    """Remove words from the statistics that no other item contributed: a name may be among them."""
    columns = f"SELECT {ITEM_COLUMNS} FROM item WHERE pk = ?"  # noqa: S608 (columns are ours)
    counts: Counter[str] = Counter()
    for folded, _, times in folded_words(subject(db.execute(columns, (item,)).fetchone())):
        counts[folded] += times
    for state in versions.states(db, item):
        counts.update(map(fold, surfaces(f"{state.title} {state.title} {state.text}")))
    db.executemany("DELETE FROM epoch_word WHERE word = ? AND count <= ?", list(counts.items()))


def _purge(generation: Generation) -> None:
    """Merge the full-text index until no segment holds words of deleted rows."""
    db = generation.db
    for _ in range(MERGE_STEPS):
        before = db.total_changes
        generation.run("INSERT INTO search_@ (search_@, rank) VALUES ('merge', ?)", (MERGE_PAGES,))
        if db.total_changes - before < 2:  # as the documentation of FTS5 tells the end
            return
