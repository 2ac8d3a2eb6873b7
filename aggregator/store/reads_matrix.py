"""Reading links between platforms: the matrix, the links behind each of its numbers.

Counted are explicit links from one item to another, each pair once, however often it is repeated
in the text. Links within a platform are left out.
"""

import json
import sqlite3
from collections.abc import Iterable
from typing import Any

from aggregator.links.related import SCALE, SHOWN_CUT
from aggregator.model import Level
from aggregator.store.reads import Document, items_by_pk, on_live

# All platforms, also those that the source list names no more but items have.
HOMES = """
    SELECT id, position, name, short_name, level FROM platform
    UNION ALL
    SELECT DISTINCT platform, 1000000, platform, platform, 'unlisted' FROM item
    WHERE merged_into IS NULL AND state <> 'hidden' AND platform NOT IN (SELECT id FROM platform)
"""
UNLISTED = "unlisted"  # the level of platforms that the source list names no more
CANDIDATES = 1000  # newest items of other platforms that a feed of counterparts looks at

_PAIRS = """
    SELECT link_@.item AS one, link_@.target AS other, min(link_@.position) AS position,
        origin.platform AS from_platform, target.platform AS to_platform, origin.sort_at, origin.id
    FROM link_@
    JOIN item AS origin ON origin.pk = link_@.item
    JOIN item AS target ON target.pk = link_@.target
    WHERE origin.merged_into IS NULL AND origin.state <> 'hidden'
        AND target.merged_into IS NULL AND target.state <> 'hidden'
        AND origin.platform <> target.platform
"""
_BY_PAIR = " GROUP BY link_@.item, link_@.target"


def matrix(db: sqlite3.Connection) -> Document:
    """Return how often each platform links to each other one.

    `cells` holds only pairs with links; `platforms` are in the order of the source list.
    """
    query = f"""
        SELECT from_platform, to_platform, count(*) AS links, count(DISTINCT one) AS items
        FROM ({_PAIRS}{_BY_PAIR}) GROUP BY from_platform, to_platform
        ORDER BY from_platform, to_platform
    """  # noqa: S608 (constant parts)
    cells = [dict(row) for row in db.execute(on_live(db, query))]
    platforms = [{name: home[name] for name in ("id", "name", "short_name", "level")}
                 for home in homes(db)]  # fmt: skip
    return {
        "platforms": platforms, "cells": cells, "levels": by_level(cells, platforms),
        "total": sum(c["links"] for c in cells),
    }  # fmt: skip


def homes(db: sqlite3.Connection) -> list[Document]:
    """Return all platforms in the order of the source list, with their levels."""
    return [dict(row) for row in db.execute(f"{HOMES} ORDER BY position, id")]


def by_level(cells: Iterable[Document], platforms: Iterable[Document]) -> list[Document]:
    """Add the matrix up by level: all pairs of levels, also those without a link."""
    level_of = {home["id"]: home["level"] for home in platforms}
    counts = {(str(one), str(other)): 0 for one in Level for other in Level}
    for cell in cells:
        pair = (level_of.get(cell["from_platform"], UNLISTED),
                level_of.get(cell["to_platform"], UNLISTED))  # fmt: skip
        counts[pair] = counts.get(pair, 0) + cell["links"]
    return [
        {"from_level": one, "to_level": other, "links": links}
        for (one, other), links in counts.items()
    ]


def neighbours(db: sqlite3.Connection, platform: str) -> Document:
    """Return to whom a platform links and who links to it, most first."""
    told = {}
    for name, mine, theirs in (
        ("links_to", "from_platform", "to_platform"),
        ("linked_from", "to_platform", "from_platform"),
    ):
        near = "origin" if mine == "from_platform" else "target"
        query = f"""
            SELECT {theirs} AS platform, platform.name, platform.level, count(*) AS links
            FROM ({_PAIRS} AND {near}.platform = :platform {_BY_PAIR}) AS pairs
            LEFT JOIN platform ON platform.id = {theirs}
            GROUP BY {theirs} ORDER BY links DESC, {theirs}
        """  # noqa: S608 (constant parts)
        rows = db.execute(on_live(db, query), {"platform": platform})
        told[name] = [dict(row) for row in rows]
    return told


_OF = {  # whose links: those of a platform, or of all platforms of a level
    "platform": "{}.platform = :{}",
    "level": "{}.platform IN (SELECT id FROM home WHERE level = :{})",
}


def links_between(
    db: sqlite3.Connection, origin: str, target: str, *, by: str, limit: int, page: int
) -> Document:
    """Return the links behind one number of the matrix, newest linking item first.

    Args:
        db: The connection.
        origin: A platform or a level.
        target: The same.
        by: `platform` or `level`.
        limit: How many.
        page: From 1.
    """
    both = " AND ".join(_OF[by].format(end, end) for end in ("origin", "target"))
    pairs = f"WITH home AS ({HOMES}) {_PAIRS} AND {both} {_BY_PAIR}"
    values: dict[str, Any] = {"origin": origin, "target": target}
    count = f"SELECT count(*) FROM ({pairs})"  # noqa: S608 (constant parts)
    total = db.execute(on_live(db, count), values).fetchone()[0]
    query = f"""
        SELECT pairs.one, pairs.other, anchor, sentence, prose FROM ({pairs}) AS pairs
        JOIN link_@ ON link_@.item = pairs.one AND link_@.position = pairs.position
        ORDER BY pairs.sort_at DESC, pairs.id, pairs.position LIMIT :most OFFSET :skip
    """  # noqa: S608 (constant parts)
    values |= {"most": limit, "skip": (page - 1) * limit}
    rows = db.execute(on_live(db, query), values).fetchall()
    items = items_by_pk(db, {pk for row in rows for pk in (row["one"], row["other"])})
    links = [
        {"item": items[row["one"]], "target": items[row["other"]], "anchor": row["anchor"],
         "sentence": row["sentence"], "prose": bool(row["prose"])}
        for row in rows
    ]  # fmt: skip
    return {"total": total, "links": links, "page": page, "pages": -(-total // limit)}


def counterparts(db: sqlite3.Connection, platform: str, limit: int) -> list[Document]:
    """Return the newest items of other platforms that belong to something on this one.

    Each with the item of this platform and why: a link either way, the same content, or related
    above the cut. Looks at the newest items of the others and stops when it has enough.
    """
    query = """
        SELECT pk, (
            SELECT json_array(mine.pk, edge.kind) FROM (
                SELECT other AS pk, 'same' AS kind, 0 AS rank FROM same_@ WHERE item = theirs.pk
                UNION ALL SELECT target, 'links_to', 1 FROM link_@ WHERE item = theirs.pk
                UNION ALL SELECT item, 'linked_from', 2 FROM link_@ WHERE target = theirs.pk
                UNION ALL SELECT other, 'related', 3 FROM related_@
                    WHERE item = theirs.pk AND away = 1 AND score >= :cut
            ) AS edge
            JOIN item AS mine ON mine.pk = edge.pk
            WHERE mine.platform = :platform
                AND mine.merged_into IS NULL AND mine.state <> 'hidden'
            ORDER BY edge.rank, mine.sort_at DESC, mine.id LIMIT 1) AS reason
        FROM (
            SELECT pk, sort_at, id FROM item
            WHERE platform <> :platform AND merged_into IS NULL AND state <> 'hidden'
            ORDER BY sort_at DESC, id LIMIT :candidates) AS theirs
        WHERE reason IS NOT NULL
        ORDER BY sort_at DESC, id LIMIT :most
    """
    values = {
        "platform": platform, "cut": int(SHOWN_CUT * SCALE), "most": limit,
        "candidates": CANDIDATES,
    }  # fmt: skip
    rows = db.execute(on_live(db, query), values).fetchall()
    reasons = {row["pk"]: json.loads(row["reason"]) for row in rows}
    items = items_by_pk(db, {*reasons, *(mine for mine, _ in reasons.values())})
    return [
        {"item": items[pk], "counterpart": items[mine], "kind": kind}
        for pk, (mine, kind) in reasons.items()
    ]
