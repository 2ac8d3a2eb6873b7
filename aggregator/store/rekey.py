"""The stored names of things under other rules for addresses: looked at first, then made so.

What items, addresses, the frontier and decisions are called follows from the rule table
(`aggregator.urls`), so the table by which they were stored is remembered, and a change of it is
worked through once. `rekeying` decides; here its plan is read from the tables and applied to them,
in small transactions: what a killed process leaves is done by the next one.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, TypeVar

from aggregator import urls
from aggregator.model import Platform
from aggregator.rekeying import Held, Merge, Plan, Split, plan
from aggregator.store import items, leases
from aggregator.store.catalogue import platforms
from aggregator.store.changes import enqueue_all
from aggregator.store.connection import get_meta, set_meta, transaction

LEASE = "urls"
_META = "url_rules"
_BATCH = 100

Table = Mapping[str, Any]
_T = TypeVar("_T")


def stored_under(db: sqlite3.Connection) -> Table:
    """Return the rule table by which the store calls things."""
    told = get_meta(db, _META)
    table: Table = json.loads(told) if told else urls.packaged()
    return table


def is_current(db: sqlite3.Connection, table: Table) -> bool:
    """Whether a rule table is the one by which the store calls things."""
    return _text(stored_under(db)) == _text(table)


def _text(table: Table) -> str:
    told = {section: table[section] for section in ("session", *urls.SECTIONS)}
    return json.dumps(told, ensure_ascii=False, sort_keys=True)


def preview(db: sqlite3.Connection, table: Table) -> Plan:
    """Say what a rule table would make of the stored items; nothing is written.

    Args:
        db: The database, which may be open for reading alone.
        table: As `urls.table_with` returns it.

    Raises:
        KeyError: A rule lacks a field.
        re.error: A pattern is wrong.
    """
    places = {str(platform.id): platform for platform in platforms(db)}
    return plan(_held(db), places, urls.load(stored_under(db)), urls.load(table))


def _held(db: sqlite3.Connection) -> Iterator[Held]:
    """Yield the living items with their addresses, in order."""
    rows = db.execute(
        "SELECT i.pk, i.id, i.platform, i.key, i.url, i.title, i.first_seen_at,"
        " json_group_array(a.url) AS addresses"
        " FROM item i JOIN alias a ON a.item = i.pk WHERE i.merged_into IS NULL"
        " GROUP BY i.pk ORDER BY i.pk"
    )
    for row in rows:
        yield Held(
            item=row["pk"], id=row["id"], platform=row["platform"], key=row["key"],
            url=row["url"], title=row["title"], first_seen_at=row["first_seen_at"],
            addresses=tuple(sorted(json.loads(row["addresses"]))),
        )  # fmt: skip


def apply(db: sqlite3.Connection, table: Table, now: str) -> Plan:
    """Call everything that is stored by a rule table; the table must be in force (`urls.install`).

    Returns:
        What was done.
    """
    done = preview(db, table)
    places = {str(platform.id): platform for platform in platforms(db)}
    for some in _some(done.touched):
        with transaction(db):
            for pk in some:
                _rename_addresses(db, pk, places)
    for split in done.splits:
        with transaction(db):
            _release(db, split, now)
    for merge in done.merges:
        with transaction(db):
            _merge(db, merge)
    for renamed in _some(done.renamed):
        with transaction(db):
            for each in renamed:
                _set_key(db, each.item.item, each.key)
    _rename_frontier(db, places, now)
    for found in _some(pk for (pk,) in db.execute("SELECT pk FROM item").fetchall()):
        with transaction(db):  # links are resolved by the names of today
            enqueue_all(db, found)
    with transaction(db):
        _rename_tombstones(db)
        set_meta(db, _META, _text(table))
    return done


def _some(things: Iterable[_T]) -> Iterator[list[_T]]:
    """Yield things in batches that a transaction can take."""
    waiting = iter(things)
    while batch := list(islice(waiting, _BATCH)):
        yield batch


def settle(db: sqlite3.Connection, table: Table, now: str, *, most: float = 1.0) -> Plan | None:
    """Apply a rule table unless it is the stored one, or too much would become one.

    Args:
        db: The database.
        table: The rules in force.
        now: The instant.
        most: The share of all items that may be lost to merges, or come of splits.

    Returns:
        None: nothing was to be done, or another process is at it. Else the plan, which was applied
        if `is_current` says so.
    """
    if is_current(db, table) or not leases.acquire(db, LEASE):
        return None
    try:
        found = preview(db, table)
        if abs(found.items_after - found.items_before) > most * found.items_before:
            return found
        return apply(db, table, now)
    finally:
        leases.release(db, LEASE)


# --- items -----------------------------------------------------------------------------------


def _rename_addresses(db: sqlite3.Connection, pk: int, places: Mapping[str, Platform]) -> None:
    """Write the addresses of an item anew; one that an older item has stays with that."""
    row = db.execute("SELECT platform FROM item WHERE pk = ?", (pk,)).fetchone()
    found = [told["url"] for told in db.execute("SELECT url FROM alias WHERE item = ?", (pk,))]
    db.execute("DELETE FROM alias WHERE item = ?", (pk,))
    place = places.get(row["platform"])
    names = ((urls.identity(url, place), url) for url in found)
    told = [(name.canonical, name.link_key, url) for name, url in names]
    items.add_aliases(db, pk, row["platform"], told)


def _release(db: sqlite3.Connection, split: Split, now: str) -> None:
    """Let the addresses of an item that name something else go, to be read anew."""
    leaving = [url for found in split.others.values() for url in found]
    for url in leaving:
        canonical = urls.identity(url).canonical
        db.execute(
            "DELETE FROM alias WHERE platform = ? AND canonical = ? AND item = ?",
            (split.item.platform, canonical, split.item.item),
        )
        sources = db.execute(
            "SELECT DISTINCT source FROM observation WHERE item = ?", (split.item.item,)
        ).fetchall()
        db.executemany(
            "INSERT INTO frontier (source, url, canonical, role, reason, due_at, pending)"
            " VALUES (?, ?, ?, 'detail', 'new', ?, 1) ON CONFLICT (source, canonical) DO UPDATE SET"
            " due_at = excluded.due_at, reason = 'changed', pending = 1, attempts = 0, etag = NULL,"
            " last_modified = NULL, body_sha256 = NULL WHERE role IN ('detail', 'document')",
            [(row["source"], urls.tidy(url), canonical, now) for row in sources[:1]],
        )
    _set_key(db, split.item.item, split.key)


def _merge(db: sqlite3.Connection, merge: Merge) -> None:
    """Make items one; the survivor takes the key to come, the others keep leading to it."""
    first, *others = (held.item for held in merge.items)
    for other in others:
        first = items.join(db, first, other)
    _set_key(db, first, merge.key)


def _set_key(db: sqlite3.Connection, pk: int, key: str) -> None:
    """Give an item a key, and decisions the same; a row that leads to it takes the old one."""
    row = db.execute("SELECT platform, key FROM item WHERE pk = ?", (pk,)).fetchone()
    platform, old = row["platform"], row["key"]
    if old == key:
        return
    holder = db.execute(
        "SELECT pk FROM item WHERE platform = ? AND key = ?", (platform, key)
    ).fetchone()
    if holder is not None:
        if items.survivor(db, holder["pk"]) != pk:
            return  # the key leads to another item, which the plan has not made one with this
        db.execute("UPDATE item SET key = ? WHERE pk = ?", (f"\n{pk}", holder["pk"]))
        db.execute("UPDATE item SET key = ? WHERE pk = ?", (key, pk))
        db.execute("UPDATE item SET key = ? WHERE pk = ?", (old, holder["pk"]))
        return
    db.execute("UPDATE item SET key = ? WHERE pk = ?", (key, pk))
    db.execute(
        "UPDATE OR IGNORE decision SET key = ? WHERE platform = ? AND key = ?",
        (key, platform, old),
    )
    db.execute(
        "UPDATE OR IGNORE decision SET object = json_set(object, '$.key', ?)"
        " WHERE json_valid(object) AND json_extract(object, '$.platform') = ?"
        " AND json_extract(object, '$.key') = ?",
        (key, platform, old),
    )


def _rename_tombstones(db: sqlite3.Connection) -> None:
    """Let what was erased by its address stay out under the key that the address has now."""
    rows = db.execute("SELECT platform, key, at, reason FROM tombstone WHERE key LIKE 'http%'")
    told = [(row["platform"], urls.identity(row["key"]).key, row["at"], row["reason"])
            for row in rows.fetchall()]  # fmt: skip
    db.executemany("INSERT OR IGNORE INTO tombstone VALUES (?, ?, ?, ?)", told)


# --- the frontier ----------------------------------------------------------------------------


def _rename_frontier(db: sqlite3.Connection, places: Mapping[str, Platform], now: str) -> None:
    """Write the canonical addresses of the frontier, and what enumerations name, anew.

    An enumeration of which anything is called otherwise is read in full with its next pass.
    """
    sources = db.execute("SELECT id, platform FROM source").fetchall()
    for source in sources:
        place = places.get(source["platform"])
        changed = _renamed(db, source["id"], place)
        for some in _some(changed.items()):
            with transaction(db):
                _rename_rows(db, source["id"], some)
        with transaction(db):
            listed = _rename_listed(db, source["id"], place, changed)
            if changed or listed:
                db.execute(
                    "UPDATE frontier SET etag = NULL, last_modified = NULL, body_sha256 = NULL,"
                    " due_at = min(due_at, ?) WHERE source = ? AND turn <= 1",
                    (now, source["id"]),
                )


def _renamed(db: sqlite3.Connection, source: str, place: Platform | None) -> dict[str, str]:
    """Return the canonical addresses of a frontier that are other ones from now on."""
    rows = db.execute(
        "SELECT url, canonical FROM frontier WHERE source = ? AND role <> 'index'", (source,)
    )
    found = ((row["canonical"], urls.identity(row["url"], place).canonical) for row in rows)
    return {old: new for old, new in found if old != new}


def _rename_rows(db: sqlite3.Connection, source: str, renamed: Iterable[tuple[str, str]]) -> None:
    """Rename rows of the frontier; of two that become one the first stays."""
    for old, new in renamed:
        db.execute(
            "UPDATE OR IGNORE frontier SET canonical = ? WHERE source = ? AND canonical = ?",
            (new, source, old),
        )
        db.execute("DELETE FROM frontier WHERE source = ? AND canonical = ?", (source, old))


def _rename_listed(
    db: sqlite3.Connection, source: str, place: Platform | None, changed: Mapping[str, str]
) -> bool:
    """Rename what enumerations name; return whether anything was."""
    rows = db.execute(
        "SELECT document, canonical FROM listed WHERE source = ? AND canonical NOT IN"
        " (SELECT canonical FROM frontier WHERE source = ? AND role = 'index')", (source, source),
    ).fetchall()  # fmt: skip

    def name(old: str) -> str:
        return changed.get(old) or urls.identity(old, place).canonical

    told = [(name(row["canonical"]), row["document"], row["canonical"]) for row in rows]
    told = [(new, document, old) for new, document, old in told if new != old]
    for new, document, old in told:
        where = (source, document, old)
        db.execute(
            "UPDATE OR IGNORE listed SET canonical = ? WHERE source = ? AND document = ?"
            " AND canonical = ?", (new, *where),
        )  # fmt: skip
        db.execute("DELETE FROM listed WHERE source = ? AND document = ? AND canonical = ?", where)
    for old, new in changed.items():
        db.execute(
            "UPDATE OR IGNORE listed SET document = ? WHERE source = ? AND document = ?",
            (new, source, old),
        )
    return bool(told)
