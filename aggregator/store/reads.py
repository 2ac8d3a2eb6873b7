"""Reading items for pages: as the contract shows them, and as filtered lists.

Hidden and merged items are never part of an answer; who asks for a merged row gets its survivor.
Every function costs a fixed number of queries, however many items it reads.
"""

import json
import re
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from aggregator.errors import QueryError
from aggregator.store.derived import live

Document: TypeAlias = dict[str, Any]

ITEM_FIELDS = (
    "id", "entry_id", "source", "platform", "title", "url", "kind", "key", "sources", "level",
    "published_at", "date_evidence", "updated_at", "first_seen_at", "last_changed_at", "language",
    "authors", "state", "licence", "policy",
)  # fmt: skip


def on_live(db: sqlite3.Connection, query: str) -> str:
    """Return a query with the tables `..._@` of the live generation named."""
    return query.replace("_@", f"_{live(db)}")


def items_by_pk(db: sqlite3.Connection, pks: Iterable[int]) -> dict[int, Document]:
    """Return the contract's item for each row that may be shown, under the row asked for.

    Two queries, however many rows. Merged rows yield their survivor; hidden ones are left out.
    """
    rows = db.execute(
        """
        WITH RECURSIVE wanted (asked, pk) AS (
            SELECT value, value FROM json_each(?)
            UNION
            SELECT wanted.asked, item.merged_into FROM wanted JOIN item ON item.pk = wanted.pk
            WHERE item.merged_into IS NOT NULL
        )
        SELECT wanted.asked, item.pk, item.id, entry_id, source, item.platform, title, item.url,
            kind, key, platform.level, published_at, date_evidence, updated_at, first_seen_at,
            last_changed_at, language, authors, state, licence, policy
        FROM wanted
        JOIN item ON item.pk = wanted.pk
        LEFT JOIN platform ON platform.id = item.platform
        WHERE item.merged_into IS NULL AND item.state <> 'hidden'
        """,
        (json.dumps(list(pks)),),
    ).fetchall()
    seen_by = _sources(db, {row["pk"] for row in rows})
    return {row["asked"]: _item(row, seen_by.get(row["pk"], [])) for row in rows}


def _item(row: sqlite3.Row, seen_by: list[str]) -> Document:
    """Return a row as the contract's item, its first source first."""
    told = dict(row)
    told["authors"] = json.loads(row["authors"])
    told["sources"] = list(dict.fromkeys([row["source"], *seen_by]))
    return {name: told[name] for name in ITEM_FIELDS}


def _sources(db: sqlite3.Connection, pks: Iterable[int]) -> dict[int, list[str]]:
    """Return who observed each item, in order of first sight."""
    result: dict[int, list[str]] = {}
    for row in db.execute(
        """
        SELECT item, source FROM observation
        WHERE item IN (SELECT value FROM json_each(?))
        GROUP BY item, source ORDER BY item, min(first_seen_at), source
        """,
        (json.dumps(list(pks)),),
    ):
        result.setdefault(row["item"], []).append(row["source"])
    return result


# --- lists ---------------------------------------------------------------------------------


def news(item: str = "item") -> str:
    """Return the condition under which an item may count as new, in SQL.

    When a source is crawled for the first time, thousands of old pages come at once. Those with a
    publication date fall into their place in time; those without one would all seem to be of
    today. They count as new only when they changed after the first complete pass of their source.

    Args:
        item: The name of the table `item` in the statement.
    """
    return (
        f"({item}.published_at IS NOT NULL AND {item}.date_evidence <> 'header'"  # noqa: S608 (a name)
        " OR EXISTS (SELECT 1 FROM source_state AS first_pass"
        f" WHERE first_pass.source = {item}.source"
        f" AND first_pass.settled_at < {item}.last_changed_at))"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What a list of items holds: or within a field, and across fields."""

    platform: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    level: tuple[str, ...] = ()
    topic: tuple[str, ...] = ()  # `none`: those without any
    state: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()  # of the date
    policy: tuple[str, ...] = ()
    since: str | None = None  # RFC 3339 instant, inclusive; implies `news`
    until: str | None = None  # RFC 3339 instant, exclusive
    seen_since: str | None = None  # first seen by us at this RFC 3339 instant or later
    dated: bool = False  # only what has a publication date
    news: bool = False  # not what a first crawl brought without a date

    def clauses(self) -> str:
        """Return the conditions in SQL; its parameters are those of `values`."""
        told = [_VISIBLE]
        told += [_CLAUSES[name] for name in _CLAUSES if getattr(self, name)]
        return " AND ".join(told)

    def values(self) -> dict[str, str]:
        """Return the parameters of `clauses`."""
        lists = {name: json.dumps(getattr(self, name)) for name in _LISTS}
        return lists | {"since": self.since or "", "until": self.until or "",
                        "seen_since": self.seen_since or ""}  # fmt: skip


_VISIBLE = "item.merged_into IS NULL AND item.state <> 'hidden'"
_LISTS = ("platform", "source", "kind", "level", "topic", "state", "evidence", "policy")
_CLAUSES = {
    "platform": "item.platform IN (SELECT value FROM json_each(:platform))",
    "source": "EXISTS (SELECT 1 FROM observation WHERE observation.item = item.pk"
    " AND observation.source IN (SELECT value FROM json_each(:source)))",
    "kind": "item.kind IN (SELECT value FROM json_each(:kind))",
    "level": "item.platform IN (SELECT id FROM platform"
    " WHERE level IN (SELECT value FROM json_each(:level)))",
    "topic": "(EXISTS (SELECT 1 FROM topic_@ WHERE topic_@.item = item.pk"
    " AND topic_@.auto = 1 AND topic_@.topic IN (SELECT value FROM json_each(:topic)))"
    " OR 'none' IN (SELECT value FROM json_each(:topic)) AND NOT EXISTS"
    " (SELECT 1 FROM topic_@ WHERE topic_@.item = item.pk AND topic_@.auto = 1))",
    "state": "item.state IN (SELECT value FROM json_each(:state))",
    "evidence": "item.date_evidence IN (SELECT value FROM json_each(:evidence))",
    "policy": "item.policy IN (SELECT value FROM json_each(:policy))",
    "seen_since": "item.first_seen_at >= :seen_since",
    "since": f"item.sort_at >= :since AND {news()}",
    "news": news(),
    "until": "item.sort_at < :until",
    "dated": "item.published_at IS NOT NULL",
}


def count_items(db: sqlite3.Connection, selection: Selection) -> int:
    """Return how many items a list holds."""
    query = f"SELECT count(*) FROM item WHERE {selection.clauses()}"  # noqa: S608 (constant clauses)
    return int(db.execute(on_live(db, query), selection.values()).fetchone()[0])


def newest(
    db: sqlite3.Connection, selection: Selection, *, limit: int, cursor: str | None = None
) -> tuple[list[Document], str | None]:
    """Return one page of a list, newest first, and the cursor of the next.

    The order is total and by content: publication (or last change), then id.

    Raises:
        QueryError: The cursor is none of ours.
    """
    at, item_id = _place(cursor)
    query = f"""
        SELECT pk, sort_at, id FROM item
        WHERE {selection.clauses()} AND (item.sort_at < :at OR item.sort_at = :at AND item.id > :id)
        ORDER BY item.sort_at DESC, item.id LIMIT :most
    """  # noqa: S608 (constant clauses)
    values = {**selection.values(), "at": at, "id": item_id, "most": limit + 1}
    rows = db.execute(on_live(db, query), values).fetchall()
    items = items_by_pk(db, [row["pk"] for row in rows[:limit]])
    after = f"{rows[limit - 1]['sort_at']}~{rows[limit - 1]['id']}" if len(rows) > limit else None
    return [items[row["pk"]] for row in rows[:limit]], after


def _place(cursor: str | None) -> tuple[str, str]:
    """Read a cursor: after which instant and id to go on."""
    if cursor is None:
        return "~", ""
    if not re.fullmatch(r"[0-9TZ:-]{10,20}~[a-z2-7]{12}", cursor):
        raise QueryError(
            "der Seitenzeiger ist nicht lesbar", where="cursor", remedy="die Liste neu öffnen"
        )
    at, _, item_id = cursor.partition("~")
    return at, item_id


def items_by_id(db: sqlite3.Connection, ids: Iterable[str]) -> list[Document]:
    """Return the items with these ids that may be shown, in the given order."""
    asked = list(ids)
    rows = db.execute(
        "SELECT pk, id FROM item WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(asked),),
    )
    pks = {row["id"]: row["pk"] for row in rows}
    items = items_by_pk(db, pks.values())
    return [items[pks[name]] for name in asked if pks.get(name) in items]


def twins(db: sqlite3.Connection, ids: Iterable[str]) -> dict[str, list[Document]]:
    """Return, for each of these items that has any, the items with the same content by time."""
    query = """
        SELECT item.id, other FROM item
        JOIN same_@ ON same_@.item = item.pk
        JOIN item AS twin ON twin.pk = other
        WHERE item.id IN (SELECT value FROM json_each(?)) ORDER BY item.id, twin.sort_at, twin.id
    """
    rows = db.execute(on_live(db, query), (json.dumps(list(ids)),)).fetchall()
    items = items_by_pk(db, {row["other"] for row in rows})
    told: dict[str, list[Document]] = {}
    for row in rows:
        if row["other"] in items:
            told.setdefault(row["id"], []).append(items[row["other"]])
    return told
