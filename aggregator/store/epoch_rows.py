"""Which statistics epochs there are, and whether a new one is due; `epochs` takes them."""

import sqlite3
from dataclasses import dataclass

from aggregator.store.connection import get_meta

GROWTH = 1.5  # of the number of items since the last epoch
# Up to so many items an epoch costs seconds and is taken whenever an item changed. So the rows of a
# young installation do not depend on how much of the first crawl an earlier epoch had seen.
SMALL_CORPUS = 1_000
TAKING, WORDED, COUNTED, COMPLETE = "taking", "worded", "counted", "complete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """One epoch."""

    n: int
    analysis: str
    taken_at: str
    items: int
    state: str


def current(db: sqlite3.Connection) -> Epoch | None:
    """Return the epoch of the live generation; None before the first derivation."""
    return by_number(db, int(get_meta(db, "epoch", "0")))


def by_number(db: sqlite3.Connection, n: int) -> Epoch | None:
    """Return an epoch whose figures are stored."""
    row = db.execute(
        "SELECT n, analysis, taken_at, items, state FROM epoch WHERE state <> ? AND n = ?",
        (TAKING, n),
    ).fetchone()
    return Epoch(**dict(row)) if row else None


def is_due(db: sqlite3.Connection, analysis: str, small_corpus: int) -> bool:
    """Whether a new epoch is to be taken."""
    last = current(db)
    if last is None or last.analysis != analysis:
        return True
    items = living(db)
    if items <= small_corpus:
        changed = db.execute(
            "SELECT 1 FROM changes JOIN epoch e ON e.n = ?"
            " WHERE changes.what IN ('item', 'link') AND changes.seq > e.seq LIMIT 1",
            (last.n,),
        ).fetchone()
        return changed is not None
    return items >= max(GROWTH * last.items, last.items + 1)


def living(db: sqlite3.Connection) -> int:
    """Return the number of items that are derived from."""
    # Both counted in an index, which is small: the rows of items hold their texts.
    row = db.execute(
        "SELECT (SELECT count(*) FROM item) - (SELECT count(*) FROM item"
        " WHERE merged_into IS NOT NULL)"
    ).fetchone()
    return int(row[0])
