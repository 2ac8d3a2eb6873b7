"""Finding an item by what people and programs call it: id, address, or `source:entry_id`."""

import re
import sqlite3
from dataclasses import dataclass

from aggregator.errors import NotFoundError
from aggregator.store.items import survivor
from aggregator.store.resolve import Addresses, fragment_of, target


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Where a name leads."""

    pk: int
    id: str
    moved: bool  # the name was that of an item that was merged into this one


def resolve(db: sqlite3.Connection, name: str) -> Found:
    """Return the item that an id, an address or `source:entry_id` names.

    Raises:
        NotFoundError: No item that may be shown; `nearest` are ids of likely ones.
    """
    if re.fullmatch(r"[a-z2-7]{12}", name):
        query, values = "SELECT pk FROM item WHERE id = ?", (name,)
        if row := db.execute(query, values).fetchone():
            return _found(db, row["pk"], name)
    if re.match(r"https?://", name, re.IGNORECASE):
        return find_address(db, name)
    source, _, entry_id = name.partition(":")
    row = db.execute(
        """
        SELECT pk FROM item WHERE source = :source AND entry_id = :entry_id
        UNION ALL
        SELECT item FROM observation WHERE source = :source AND entry_id = :entry_id
        LIMIT 1
        """,
        {"source": source, "entry_id": entry_id},
    ).fetchone()
    if row is None:
        raise _not_found(name, _ids_like(db, name))
    return _found(db, row["pk"], name)


def find_address(db: sqlite3.Connection, url: str) -> Found:
    """Return the item that has an address; former hosts of a platform count as it.

    Raises:
        NotFoundError: None; `nearest` are items whose addresses begin alike.
    """
    addresses = Addresses.of(db)
    identity = addresses.identity(url)
    pk = target(db, addresses, identity.canonical, identity.link_key, fragment_of(url))
    if pk is None and (home := addresses.platform(url)):
        row = db.execute(
            "SELECT pk FROM item WHERE platform = ? AND key = ?", (home.id, identity.key)
        ).fetchone()
        pk = row and row["pk"]
    if pk is None:
        raise _not_found(url, _ids_beside(db, identity.canonical))
    return _found(db, pk, url)


def _found(db: sqlite3.Connection, pk: int, name: str) -> Found:
    """Follow merges; a hidden item does not exist for readers."""
    alive = survivor(db, pk)
    row = db.execute("SELECT id, state FROM item WHERE pk = ?", (alive,)).fetchone()
    if row["state"] == "hidden":
        raise NotFoundError("der Eintrag ist ausgeblendet", where=name)
    return Found(pk=alive, id=row["id"], moved=alive != pk)


def _not_found(name: str, nearest: tuple[str, ...]) -> NotFoundError:
    return NotFoundError(
        "im Index gibt es diesen Eintrag nicht", where=name, nearest=nearest,
        remedy="Adresse prüfen oder nach dem Titel suchen",
    )  # fmt: skip


def _ids_like(db: sqlite3.Connection, name: str) -> tuple[str, ...]:
    """Return ids that share the beginning of a mistyped id."""
    start = re.sub(r"[^a-z2-7]", "", name.lower())[:6]
    if len(start) < 4:
        return ()
    rows = db.execute(
        "SELECT id FROM item WHERE id BETWEEN ? AND ? AND merged_into IS NULL"
        " AND state <> 'hidden' ORDER BY id LIMIT 5",
        (start, start + "~"),
    )
    return tuple(row["id"] for row in rows)


def _ids_beside(db: sqlite3.Connection, canonical: str) -> tuple[str, ...]:
    """Return ids of items in the same folder, else in the one above, never the whole host."""
    folder = canonical.split("?", maxsplit=1)[0].rstrip("/")
    while (folder := folder.rpartition("/")[0]).count("/") > 2:
        rows = db.execute(
            """
            SELECT DISTINCT item.id
            FROM (SELECT item FROM alias WHERE canonical BETWEEN ? AND ? LIMIT 200) AS beside
            JOIN item ON item.pk = beside.item
            WHERE item.merged_into IS NULL AND item.state <> 'hidden'
            ORDER BY item.sort_at DESC, item.id LIMIT 5
            """,
            (folder + "/", folder + "/\U0010ffff"),
        ).fetchall()
        if rows:
            return tuple(row["id"] for row in rows)
    return ()
