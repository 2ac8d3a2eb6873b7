"""Writing items: observations in, merged items, aliases, versions and queue rows out.

Every function here is part of a larger transaction (`store.commit`): an item, its validators and
its row in `changes` are stored together or not at all.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from aggregator import items, urls
from aggregator.clock import instant
from aggregator.model import (
    Evidence,
    Item,
    ItemKind,
    ItemState,
    Platform,
    Policy,
    When,
)
from aggregator.store import rows, versions
from aggregator.store.changes import enqueue, enqueue_all

# A feed tells of an edit before the page behind it was read again: both are one change.
SETTLING = timedelta(hours=24)


_ADD_OBSERVATION = (
    "INSERT INTO observation (first_seen_at, last_seen_at, item, source, role, rank, entry_id,"
    " fields, content_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (item, source, role) DO UPDATE SET rank = excluded.rank,"
    " entry_id = excluded.entry_id, fields = excluded.fields,"
    " content_hash = excluded.content_hash, last_seen_at = excluded.last_seen_at"
)
_ADD_ALIAS = (
    "INSERT OR IGNORE INTO alias (platform, canonical, link_key, url, item) VALUES (?, ?, ?, ?, ?)"
)


class Outcome(StrEnum):
    """What an observation did to the index."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    ERASED = "erased"  # a tombstone keeps it out


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The stored item that an observation belongs to."""

    pk: int
    key: str


def store_item(
    db: sqlite3.Connection, item: Item, platform: Platform, now: str
) -> tuple[Outcome, int | None]:
    """Store one observation and what follows from it for its item.

    Args:
        db: The connection, in a transaction.
        item: The normalised observation.
        platform: Of the item.
        now: The instant of the observation.

    Returns:
        What it did, and the item's row (None when a tombstone keeps it out).
    """
    aliases = rows.addresses(item.aliases, platform)
    if _is_erased(db, item):
        return Outcome.ERASED, None
    known = find(db, item, [canonical for canonical, _, _ in aliases])
    if known is None:
        (pk,) = insert(db, [rows.prepare(item, platform)], now)
        return Outcome.NEW, pk
    fresh = add_aliases(db, known.pk, item.platform, aliases)
    outcome = _observe(db, known.pk, item, now)
    if fresh or outcome is not Outcome.UNCHANGED:
        enqueue(db, known.pk)
    return (Outcome.CHANGED if outcome is Outcome.CHANGED else Outcome.UNCHANGED), known.pk


def _is_erased(db: sqlite3.Connection, item: Item) -> bool:
    row = db.execute(
        "SELECT 1 FROM tombstone WHERE platform = ? AND key = ?", (item.platform, item.key)
    ).fetchone()
    return row is not None


def find(db: sqlite3.Connection, item: Item, canonicals: Sequence[str]) -> Known | None:
    """Return the item that an observation belongs to: by key, else by any address.

    When key and addresses lead to different items, they are one item after all: they are merged
    and the older id survives.
    """
    by_key = db.execute(
        "SELECT pk, merged_into FROM item WHERE platform = ? AND key = ?",
        (item.platform, item.key),
    ).fetchone()
    found = [] if by_key is None else [survivor(db, by_key["pk"])]
    if "#" not in item.key:  # entries that share their address are told apart by their key alone
        marks = ", ".join("?" * len(canonicals))
        owners = db.execute(
            f"SELECT DISTINCT item FROM alias WHERE platform = ? AND canonical IN ({marks})"  # noqa: S608 (placeholders only)
            " ORDER BY item",
            (item.platform, *canonicals),
        )
        found += [survivor(db, row["item"]) for row in owners]
    rows = [_known(db, pk) for pk in dict.fromkeys(found)]
    mergeable = [row for row in rows if row.key == item.key or not _is_own_key(row.key)]
    if not mergeable and not _is_own_key(item.key):
        # A mere address of something that a system names by another one: the page behind it.
        mergeable = [row for row in rows if _is_named_by_address(db, row)][:1]
    if not mergeable:
        return None
    first, *others = mergeable
    for other in others:
        first = _known(db, join(db, first.pk, other.pk))
    return first


def _is_own_key(key: str) -> bool:
    """Whether a key is a CMS identity or a publisher's id, which no address can overrule."""
    return not key.startswith(("http://", "https://")) or "#" in key


def _is_named_by_address(db: sqlite3.Connection, known: Known) -> bool:
    """Whether the key of an item stands in one of its addresses; an `entry_id` does not."""
    rows = db.execute("SELECT url FROM alias WHERE item = ?", (known.pk,))
    return any(urls.identity(row["url"]).key == known.key for row in rows)


def _known(db: sqlite3.Connection, pk: int) -> Known:
    row = db.execute("SELECT pk, key FROM item WHERE pk = ?", (pk,)).fetchone()
    return Known(pk=row["pk"], key=row["key"])


def survivor(db: sqlite3.Connection, pk: int) -> int:
    """Follow `merged_into` to the item that lives on."""
    while (row := db.execute("SELECT merged_into FROM item WHERE pk = ?", (pk,)).fetchone())[0]:
        pk = int(row[0])
    return pk


def add_aliases(
    db: sqlite3.Connection, pk: int, platform: str, found: Iterable[tuple[str, str, str]]
) -> int:
    """Record addresses of an item; return how many are new. The first owner keeps an address."""
    before = db.total_changes
    db.executemany(
        _ADD_ALIAS,
        [(platform, canonical, link_key, url, pk) for canonical, link_key, url in found],
    )
    return db.total_changes - before


# --- observations ----------------------------------------------------------------------------


def insert(db: sqlite3.Connection, arrived: Sequence[rows.Prepared], now: str) -> range:
    """Insert items at first sight, each with its observation, its addresses and its queue row.

    Args:
        db: The connection, in a transaction.
        arrived: Items that no key and no address in the store leads to.
        now: The instant of the observations.

    Returns:
        Their rows, in order.
    """
    first = int(db.execute("SELECT coalesce(max(pk), 0) + 1 FROM item").fetchone()[0])
    pks = range(first, first + len(arrived))
    db.executemany(
        rows.INSERT_ITEM,
        [(pk, now, now, now, one.sort_at or now, *one.columns)
         for pk, one in zip(pks, arrived, strict=True)],
    )  # fmt: skip
    db.executemany(
        _ADD_OBSERVATION,
        [(now, now, pk, *one.told) for pk, one in zip(pks, arrived, strict=True)],
    )
    db.executemany(
        _ADD_ALIAS,
        [(one.platform, canonical, link_key, url, pk)
         for pk, one in zip(pks, arrived, strict=True)
         for canonical, link_key, url in one.addresses],
    )  # fmt: skip
    enqueue_all(db, pks)
    return pks


def _observe(db: sqlite3.Connection, pk: int, item: Item, now: str) -> Outcome:
    """Merge an observation into a known item; ERASED is never returned."""
    seen = items.observation(item)
    told = [o for o in _observations(db, pk) if (o.source, o.role) == (seen.source, seen.role)]
    if told == [seen]:
        touch(db, pk, now)
        return Outcome.UNCHANGED
    _write_observation(db, pk, seen, now)
    merged = items.merge(_observations(db, pk))
    known_before = bool(told) and told[0].content_hash != seen.content_hash
    changed = _rewrite(db, pk, item, merged, now, is_edit=known_before)
    return Outcome.CHANGED if changed else Outcome.NEW


def touch(db: sqlite3.Connection, pk: int, now: str) -> None:
    """Note that an item was seen again, at most once a day; one that came back lives again."""
    db.execute(
        "UPDATE item SET last_seen_at = ? WHERE pk = ? AND substr(last_seen_at, 1, 10) < ?",
        (now, pk, now[:10]),
    )
    revived = db.execute(
        "UPDATE item SET state = 'live' WHERE pk = ? AND state IN ('vanished', 'gone')", (pk,)
    )
    if revived.rowcount:
        enqueue(db, pk)


def _rewrite(
    db: sqlite3.Connection, pk: int, item: Item, merged: items.Merged, now: str, *, is_edit: bool
) -> bool:
    """Write the merged fields; return whether a reader would call it a change.

    The first sight of a page behind an entry only completes an item. An edit that feed and page
    both tell of is one change: the second within `SETTLING` from another side amends the first.
    """
    row = db.execute(
        "SELECT content_hash, last_changed_at, changed_by FROM item WHERE pk = ?",
        (pk,),
    ).fetchone()
    differs = is_edit and row["content_hash"] != merged.content_hash
    settled = instant(now) - instant(row["last_changed_at"]) > SETTLING
    changed = differs and (settled or row["changed_by"] == rows.name(item))
    if changed:
        versions.keep(db, pk, now)
    since = now if changed else row["last_changed_at"]
    db.execute(
        "UPDATE item SET last_changed_at = ?, last_seen_at = ?, changed_by = ?,"
        " state = iif(state = 'hidden', state, 'live') WHERE pk = ?",
        (since, now, rows.name(item) if changed else row["changed_by"], pk),
    )
    if (merged.owner.source, merged.owner.role) == (item.source, item.role):
        db.execute(
            "UPDATE item SET text = ?, excerpt = ?, links = ?, parts = ?, digest = ?,"
            " content_rank = ?, parent = ?, answer_to = ? WHERE pk = ?",
            (*rows.content(item), rows.digest(item), merged.owner.rank, item.parent,
             item.answer_to, pk),
        )  # fmt: skip
    _write_merged(db, pk, merged)
    return bool(changed)


def _write_merged(db: sqlite3.Connection, pk: int, merged: items.Merged) -> None:
    """Write what follows from all observations together; text and links stay with their owner."""
    db.execute(
        "UPDATE item SET entry_id = ?, url = ?, title = ?, kind = ?, published_at = ?,"
        " date_evidence = ?, updated_at = ?, sort_at = coalesce(?, last_changed_at), language = ?,"
        " authors = ?, licence = ?, policy = ?, identifiers = ?, content_hash = ? WHERE pk = ?",
        (merged.entry_id, merged.url, merged.title, merged.kind, *rows.dated(merged.published),
         merged.updated_at, items.sort_at(merged.published, "") or None, merged.language,
         rows.list_of(merged.authors), merged.licence, merged.policy,
         rows.list_of(merged.identifiers), merged.content_hash, pk),
    )  # fmt: skip
    if merged.policy is not Policy.FULL:
        _tighten(db, pk, merged.policy)


def _tighten(db: sqlite3.Connection, pk: int, policy: Policy) -> None:
    """Drop what the strictest of several observations does not allow to be stored."""
    db.execute("UPDATE item SET text = '', parts = '[]' WHERE pk = ?", (pk,))
    versions.tighten(db, pk, policy)
    if policy is Policy.LINK:
        db.execute("UPDATE item SET excerpt = '', links = '[]', digest = NULL WHERE pk = ?", (pk,))


def _write_observation(db: sqlite3.Connection, pk: int, seen: items.Observation, now: str) -> None:
    db.execute(_ADD_OBSERVATION, (now, now, pk, *rows.told(seen, seen.rank)))


def _observations(db: sqlite3.Connection, pk: int) -> list[items.Observation]:
    """Read all observations of an item."""
    rows = db.execute(
        "SELECT source, role, rank, entry_id, fields, content_hash FROM observation WHERE item = ?",
        (pk,),
    )
    return [_observation(row) for row in rows]


def _observation(row: sqlite3.Row) -> items.Observation:
    told = json.loads(row["fields"])
    published = told["published"]
    return items.Observation(
        source=row["source"], role=row["role"], rank=row["rank"], title=told["title"],
        kind=ItemKind(told["kind"]), updated_at=told["updated_at"],
        published=When(at=published[0], evidence=Evidence(published[1])) if published else None,
        language=told["language"], authors=tuple(told["authors"]), licence=told["licence"],
        policy=Policy(told["policy"]), url=told["url"], entry_id=row["entry_id"],
        identifiers=tuple(told["identifiers"]), content_hash=row["content_hash"],
    )  # fmt: skip


# --- late merges, vanishing ------------------------------------------------------------------


def join(db: sqlite3.Connection, one: int, other: int) -> int:
    """Make two items one: the older id survives, the other leads to it; return the survivor."""
    rows = db.execute(
        "SELECT pk FROM item WHERE pk IN (?, ?) ORDER BY first_seen_at, platform, key",
        (one, other),
    ).fetchall()
    keep, drop = rows[0]["pk"], rows[1]["pk"]
    db.execute("UPDATE alias SET item = ? WHERE item = ?", (keep, drop))
    db.execute("UPDATE OR IGNORE observation SET item = ? WHERE item = ?", (keep, drop))
    db.execute("DELETE FROM observation WHERE item = ?", (drop,))
    versions.move(db, keep, drop)
    db.execute("UPDATE item SET merged_into = ? WHERE pk = ?", (keep, drop))
    _copy_content(db, keep, drop)
    enqueue(db, keep)
    enqueue(db, drop)
    return int(keep)


def _copy_content(db: sqlite3.Connection, keep: int, drop: int) -> None:
    """Give the survivor the text of the item that knew more, and the merged fields."""
    db.execute(
        "UPDATE item SET (text, excerpt, links, parts, digest, content_rank) ="
        " (SELECT text, excerpt, links, parts, digest, content_rank FROM item WHERE pk = ?)"
        " WHERE pk = ? AND content_rank < (SELECT content_rank FROM item WHERE pk = ?)",
        (drop, keep, drop),
    )
    _write_merged(db, keep, items.merge(_observations(db, keep)))


def set_state(db: sqlite3.Connection, pk: int, state: ItemState) -> bool:
    """Let an item vanish or return; a hidden one stays hidden. Return whether it changed."""
    cursor = db.execute(
        "UPDATE item SET state = ? WHERE pk = ? AND state NOT IN (?, 'hidden')", (state, pk, state)
    )
    if cursor.rowcount:
        enqueue(db, pk)
    return cursor.rowcount > 0


def set_hidden(db: sqlite3.Connection, pk: int, *, hidden: bool) -> None:
    """Let the state of an item follow the decision to hide it; the derivation's own write."""
    state = ItemState.HIDDEN if hidden else ItemState.LIVE
    db.execute("UPDATE item SET state = ? WHERE pk = ?", (state, pk))


def set_url(db: sqlite3.Connection, pk: int, url: str) -> None:
    """Show an item at the address to which its page has moved for good."""
    db.execute("UPDATE item SET url = ? WHERE pk = ?", (url, pk))
    db.execute(
        "UPDATE observation SET fields = json_set(fields, '$.url', ?)"
        " WHERE item = ? AND role = 'detail'",
        (url, pk),
    )


def shared_page(db: sqlite3.Connection, platform: str, canonical: str) -> dict[str, int]:
    """Return the live items that were read on one page, told apart by fragments, by key.

    Entries of a feed that all carry the same address are not meant: no page shows them together.
    """
    rows = db.execute(
        "SELECT key, pk FROM item WHERE platform = ? AND key > ? AND key < ? AND state = 'live'"
        " AND merged_into IS NULL AND EXISTS (SELECT 1 FROM observation o WHERE o.item = pk"
        "  AND o.role = 'detail')",
        (platform, f"{canonical}#", f"{canonical}$"),  # '$' follows '#'
    )
    return {row["key"]: row["pk"] for row in rows}


def items_at(db: sqlite3.Connection, platform: str, canonical: str) -> list[int]:
    """Return the items that have an address on a platform; a FAQ page has several."""
    rows = db.execute(
        "SELECT item FROM alias WHERE platform = ? AND canonical = ?"
        " UNION SELECT pk FROM item WHERE platform = ? AND key > ? AND key < ?",
        (platform, canonical, platform, f"{canonical}#", f"{canonical}$"),  # '$' follows '#'
    )
    return sorted({survivor(db, row["item"]) for row in rows})
