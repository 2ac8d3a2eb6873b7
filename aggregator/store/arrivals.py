"""Storing many observations at once: those of unknown items in a few statements.

The outcome is that of `store_item` for each in order. A first crawl brings nothing but unknown
items; one by one they cost seven statements each.
"""

import json
import sqlite3
from collections.abc import Sequence

from aggregator.model import Item, Platform
from aggregator.sealed import Sealed
from aggregator.store.items import Outcome, insert, store_item
from aggregator.store.rows import Prepared, prepare, unpacked

Stored = tuple[Outcome, int | None]


def store_items(
    db: sqlite3.Connection, found: Sequence[Item], platform: Platform, now: str
) -> list[Stored]:
    """Store observations and what follows from them for their items.

    Args:
        db: The connection, in a transaction.
        found: Normalised observations of one platform.
        platform: Theirs.
        now: The instant of the observations.

    Returns:
        For each what it did, and its item's row (None when a tombstone keeps it out).
    """
    arrived = _prepared(found, platform)
    taken = _taken(db, platform.id, arrived)
    stored: list[Stored] = []
    unknown: list[Prepared] = []
    for place, one in enumerate(arrived):
        names = [one.key, *(canonical for canonical, _, _ in one.addresses)]
        # Entries that share their address are told apart by their key alone.
        telling = names[:1] if "#" in one.key else names
        if taken.isdisjoint(telling):
            unknown.append(one)
        else:
            stored += _insert(db, unknown, now)
            unknown = []
            stored.append(store_item(db, found[place], platform, now))
        taken.update(names)
    return stored + _insert(db, unknown, now)


def _prepared(found: Sequence[Item], platform: Platform) -> Sequence[Prepared]:
    """Return the rows of items at first sight, as their reading process made them, or made now."""
    if isinstance(found, Sealed) and found.noted:
        return unpacked(*found.noted)
    return [prepare(item, platform) for item in found]


def _insert(db: sqlite3.Connection, unknown: Sequence[Prepared], now: str) -> list[Stored]:
    return [(Outcome.NEW, pk) for pk in insert(db, unknown, now)] if unknown else []


def _taken(db: sqlite3.Connection, platform: str, arrived: Sequence[Prepared]) -> set[str]:
    """Return the keys and addresses among those of the arrivals that the store knows."""
    names = {one.key for one in arrived}
    names.update(canonical for one in arrived for canonical, _, _ in one.addresses)
    rows = db.execute(
        "WITH asked (name) AS MATERIALIZED (SELECT value FROM json_each(:names))"
        " SELECT key FROM asked JOIN item ON platform = :platform AND key = name"
        " UNION ALL SELECT canonical FROM asked JOIN alias"
        "  ON platform = :platform AND canonical = name"
        " UNION ALL SELECT key FROM asked JOIN tombstone ON platform = :platform AND key = name",
        {"names": json.dumps(list(names)), "platform": platform},
    )
    return {str(row[0]) for row in rows}
