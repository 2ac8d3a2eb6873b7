"""Storing many observations at once: those of unknown items in a few statements.

The outcome is that of `store_item` for each in order. A first crawl brings nothing but unknown
items; one by one they cost seven statements each.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence

from aggregator.model import Item, Platform
from aggregator.store.items import Addresses, Outcome, addresses, insert, store_item

Arrival = tuple[Item, Addresses]
Stored = tuple[Outcome, int | None]


def store_items(
    db: sqlite3.Connection, found: Iterable[Item], platform: Platform, now: str
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
    arrived = [(item, addresses(item.aliases, platform)) for item in found]
    taken = _taken(db, platform.id, arrived)
    stored: list[Stored] = []
    unknown: list[Arrival] = []
    for item, aliases in arrived:
        names = [item.key, *(canonical for canonical, _, _ in aliases)]
        # Entries that share their address are told apart by their key alone.
        telling = names[:1] if "#" in item.key else names
        if taken.isdisjoint(telling):
            unknown.append((item, aliases))
        else:
            stored += _insert(db, unknown, now)
            unknown = []
            stored.append(store_item(db, item, platform, now))
        taken.update(names)
    return stored + _insert(db, unknown, now)


def _insert(db: sqlite3.Connection, unknown: Sequence[Arrival], now: str) -> list[Stored]:
    return [(Outcome.NEW, pk) for pk in insert(db, unknown, now)] if unknown else []


def _taken(db: sqlite3.Connection, platform: str, arrived: Sequence[Arrival]) -> set[str]:
    """Return the keys and addresses among those of the arrivals that the store knows."""
    names = {item.key for item, _ in arrived}
    names.update(canonical for _, aliases in arrived for canonical, _, _ in aliases)
    rows = db.execute(
        "WITH asked (name) AS MATERIALIZED (SELECT value FROM json_each(:names))"
        " SELECT key FROM asked JOIN item ON platform = :platform AND key = name"
        " UNION ALL SELECT canonical FROM asked JOIN alias"
        "  ON platform = :platform AND canonical = name"
        " UNION ALL SELECT key FROM asked JOIN tombstone ON platform = :platform AND key = name",
        {"names": json.dumps(list(names)), "platform": platform},
    )
    return {str(row[0]) for row in rows}
