"""Where an item links to, whether that is still there, and what may have taken its place."""

import sqlite3
from collections.abc import Iterable

from aggregator.model import ItemState
from aggregator.store.reads import Document, items_by_pk, on_live
from aggregator.store.resolve import Addresses, target

LIVE, EXTERNAL = "live", "external"
LOST = ("vanished", "gone", "dead", "moved")  # for these a successor is looked for
SUCCESSORS = 3  # for each link
MIN_TITLE = 12  # characters: a shorter one ("Startseite") says nothing
MAX_LOOKUPS = 50  # links of one item for which successors are looked for


def links_out(db: sqlite3.Connection, pk: int) -> list[Document]:
    """Return where an item links to.

    `status` is the state of the item that is linked (`live vanished gone`); of an outside address
    `dead` or `moved` when a look at it said so, else `external`. `checked_at` says when that was.
    """
    query = (
        "SELECT l.url, l.canonical, l.link_key, l.anchor, l.sentence, l.prose, l.target,"
        " l.position, o.state AS health, o.moved_to, o.checked_at FROM link_@ l"
        " LEFT JOIN outside o ON o.canonical = l.canonical AND l.target IS NULL"
        " WHERE l.item = ? AND l.target IS NOT l.item ORDER BY l.position"
    )  # a page that links to itself tells nothing
    rows = db.execute(on_live(db, query), (pk,)).fetchall()
    targets = items_by_pk(db, {row["target"] for row in rows if row["target"] is not None})
    result, lookups = [], MAX_LOOKUPS
    for row in rows:
        item = targets.get(row["target"])
        told = {
            "url": row["url"], "anchor": row["anchor"], "sentence": row["sentence"],
            "prose": bool(row["prose"]), "position": row["position"],
            "item": item, "status": _status(row, item),
            "checked_at": row["checked_at"], "moved_to": row["moved_to"], "successors": [],
        }  # fmt: skip
        if told["status"] in LOST and lookups:
            lookups -= 1
            told["successors"] = _successors(db, pk, row, item)
        result.append(told)
    return result


def _status(row: sqlite3.Row, item: Document | None) -> str:
    if item:
        return str(item["state"])
    return str(row["health"]) if row["health"] in LOST else EXTERNAL


def _successors(
    db: sqlite3.Connection, pk: int, row: sqlite3.Row, item: Document | None
) -> list[Document]:
    """Return items that may have taken the place of what is gone, with the reason for each."""
    found: dict[int, str] = {}
    for because, pks in (
        ("moved", _at(db, row["moved_to"])),
        ("alias", _under_link_key(db, row["link_key"])),
        ("same", _of_same_text(db, row["target"])),
        ("title", _of_title(db, item["title"] if item else row["anchor"])),
    ):
        for other in pks:
            if other not in (pk, row["target"]):
                found.setdefault(other, because)
    items = items_by_pk(db, found)
    told = [{"item": items[other], "because": because} for other, because in found.items()
            if other in items and items[other]["state"] == ItemState.LIVE]  # fmt: skip
    return told[:SUCCESSORS]


def _at(db: sqlite3.Connection, url: str | None) -> Iterable[int]:
    """Return the item that has an address."""
    if not url:
        return ()
    addresses = Addresses.of(db)
    identity = addresses.identity(url)
    pk = target(db, addresses, identity.canonical, identity.link_key)
    return () if pk is None else (pk,)


def _under_link_key(db: sqlite3.Connection, link_key: str) -> list[int]:
    """Return the items under the same address of a former host or of another tenant."""
    rows = db.execute(
        "SELECT DISTINCT a.item FROM alias a JOIN item i ON i.pk = a.item WHERE a.link_key = ?"
        " AND i.state = 'live' ORDER BY i.platform, i.key LIMIT ?", (link_key, SUCCESSORS),
    )  # fmt: skip
    return [row[0] for row in rows]


def _of_same_text(db: sqlite3.Connection, pk: int | None) -> list[int]:
    """Return the items with the same content as one that is gone, the most similar first."""
    query = "SELECT other FROM same_@ WHERE item = ? ORDER BY similarity DESC, other LIMIT ?"
    return [row[0] for row in db.execute(on_live(db, query), (pk, SUCCESSORS))]


def _of_title(db: sqlite3.Connection, title: str) -> list[int]:
    """Return the live items of a title, newest first; none for one that says nothing."""
    if len(title) < MIN_TITLE:
        return []
    rows = db.execute(
        "SELECT pk FROM item WHERE title = ? AND merged_into IS NULL AND state = 'live'"
        " ORDER BY sort_at DESC, id LIMIT ?", (title, SUCCESSORS),
    )  # fmt: skip
    return [row[0] for row in rows]
