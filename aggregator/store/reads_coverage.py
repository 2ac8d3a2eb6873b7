"""Reading what is covered: topics by platform and by federal level, and why a field is blank.

A blank is one of three: `no_source` (nobody of them is crawled), `unread` (nobody has been read
yet), `silent` (who was read has nothing on it in the index).
"""

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from aggregator.clock import stamp
from aggregator.model import Level
from aggregator.store import reads_matrix, report
from aggregator.store.reads import Document, on_live

LEVELS = [str(level) for level in Level]
_RANK = {"silent": 2, "unread": 1, "no_source": 0}  # of the blanks of one level the highest counts


def coverage(db: sqlite3.Connection, *, now: datetime, topics: Collection[str]) -> Document:
    """Return the coverage of all topics.

    Args:
        db: The connection.
        now: Ages are told as of this instant.
        topics: Slugs of the vocabulary: a topic without items is a finding too.

    Returns:
        `as_of`; `platforms` by level, with their items and those without any topic; `topics` with
        items (each once), platforms and levels that have some; `cells` (topic x platform) and
        `level_cells` (topic x level), each with items, the newest, its age in days, and the blank.
    """
    cells = report.coverage(db, now=now, topics=topics)
    platforms = _platforms(db)
    level_of = {row["id"]: row["level"] for row in platforms}
    level_cells = by_level(cells, level_of)
    slugs = list(dict.fromkeys(cell["topic"] for cell in cells)) or list(topics)
    return {
        "as_of": stamp(now),
        "platforms": platforms,
        "topics": _topics(db, slugs, cells, level_cells),
        "cells": cells,
        "level_cells": level_cells,
    }


def _platforms(db: sqlite3.Connection) -> list[Document]:
    """Return the platforms by level, each with its items and how many of them have no topic."""
    query = """
        SELECT item.platform, count(*) AS items, sum(NOT EXISTS (
            SELECT 1 FROM topic_@ WHERE topic_@.item = item.pk AND auto = 1)) AS without_topic
        FROM item WHERE merged_into IS NULL AND state <> 'hidden' GROUP BY item.platform
    """
    held = {row["platform"]: dict(row) for row in db.execute(on_live(db, query))}
    told = [
        {name: home[name] for name in ("id", "name", "short_name", "level")}
        | {"items": held.get(home["id"], {}).get("items", 0),
           "without_topic": held.get(home["id"], {}).get("without_topic", 0)}
        for home in reads_matrix.homes(db)
    ]  # fmt: skip
    return sorted(told, key=lambda row: _place(row["level"]))


def _place(level: str) -> int:
    return LEVELS.index(level) if level in LEVELS else len(LEVELS)


def _topics(
    db: sqlite3.Connection,
    slugs: Sequence[str],
    cells: Iterable[Document],
    level_cells: Iterable[Document],
) -> list[Document]:
    """Return each topic with its items and how many platforms and levels have some."""
    query = """
        SELECT topic, count(*) AS items FROM topic_@ JOIN item ON item.pk = topic_@.item
        WHERE auto = 1 AND merged_into IS NULL AND state <> 'hidden' GROUP BY topic
    """
    items = {row["topic"]: row["items"] for row in db.execute(on_live(db, query))}
    told = {
        slug: {"topic": slug, "items": items.get(slug, 0), "platforms": 0, "levels": 0}
        for slug in slugs
    }
    for name, rows in (("platforms", cells), ("levels", level_cells)):
        for row in rows:
            told[row["topic"]][name] += row["items"] > 0
    return list(told.values())


def by_level(cells: Iterable[Document], level_of: dict[str, str]) -> list[Document]:
    """Add cells up by level; a level without any platform has no source."""
    told: dict[tuple[str, str], Document] = {}
    for cell in cells:
        for level in LEVELS:  # all of them, whether they have a platform or not
            told.setdefault((cell["topic"], level), _empty(cell["topic"], level))
        level = level_of[cell["platform"]]
        _add(told.setdefault((cell["topic"], level), _empty(cell["topic"], level)), cell)
    for row in told.values():
        row["blank"] = None if row["items"] else row["blank"]
    return list(told.values())


def _empty(topic: str, level: str) -> Document:
    return {"topic": topic, "level": level, "items": 0, "platforms": 0,
            "newest_published_at": None, "age_days": None, "blank": "no_source"}  # fmt: skip


def _add(row: Document, cell: Document) -> None:
    row["items"] += cell["items"]
    row["platforms"] += cell["items"] > 0
    if cell["newest_published_at"] and cell["newest_published_at"] > (
        row["newest_published_at"] or ""
    ):
        row["newest_published_at"], row["age_days"] = cell["newest_published_at"], cell["age_days"]
    if cell["blank"] and _RANK[cell["blank"]] > _RANK[row["blank"]]:
        row["blank"] = cell["blank"]
