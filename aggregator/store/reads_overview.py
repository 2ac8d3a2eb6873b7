"""Reading the whole: start page, platforms, topics."""

import json
import sqlite3
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from aggregator.clock import instant, stamp
from aggregator.errors import NotFoundError
from aggregator.model import Level
from aggregator.store import reads_sources
from aggregator.store.reads import (
    Document,
    Selection,
    count_items,
    items_by_pk,
    newest,
    news,
    on_live,
    twins,
)
from aggregator.store.reads_matrix import neighbours

T = TypeVar("T")
BERLIN = ZoneInfo("Europe/Berlin")
BUNDLES = 10
MUCH_LINKED = 5
VISIT_DAYS = 30  # published so long before a visit, something may still be new after it
NEWEST = 10
SILENT = 20  # platforms without anything on a topic that its page names
CANDIDATES = 100  # newest items looked at for bundles


class Counting(Protocol):
    """Counts, or remembers what was counted in the same state of the database."""

    def __call__(self, key: Hashable, count: Callable[[sqlite3.Connection], T]) -> T:
        """Return what `count` returns; `key` names it with all that it depends on."""


def at_once(db: sqlite3.Connection) -> Counting:
    """Return a way of counting that remembers nothing."""

    def count_now(key: Hashable, count: Callable[[sqlite3.Connection], T]) -> T:
        return count(db)

    return count_now


def day_begin(now: datetime, days_ago: int) -> str:
    """Return the instant at which a day began in Berlin, `days_ago` days before today."""
    day = now.astimezone(BERLIN).date() - timedelta(days=days_ago)
    return stamp(datetime.combine(day, time(), BERLIN))


def start_page(
    db: sqlite3.Connection, now: datetime, *, since: str | None = None, visit: str | None = None,
    counting: Counting | None = None,
) -> Document:  # fmt: skip
    """Return what is new, much linked, and how the crawl fares.

    New is what was published: a page without a date may be ten years old when a crawl finds it, so
    it counts nowhere here.

    Args:
        db: The connection.
        now: The present.
        since: RFC 3339 instant from which on what was published is new; since yesterday by default.
        visit: RFC 3339 instant of the reader's visit before: new is what we saw first after it, of
            what was published in the month before it or later (a first crawl brings old things).
        counting: Remembers what is costly to count.
    """
    counted, month_ago = counting or at_once(db), day_begin(now, 30)
    fresh = Selection(since=since or day_begin(now, 1), until=day_begin(now, -1), dated=True)
    if visit and not since:
        month = day_begin(instant(visit), VISIT_DAYS)
        fresh = Selection(seen_since=visit, since=month, until=day_begin(now, -1), dated=True)
    total = counted(("count", fresh), lambda db: count_items(db, fresh))
    latest = replace(fresh, since=None, seen_since=None)
    chosen = fresh if total else latest
    items, _ = counted(
        ("newest", chosen, CANDIDATES, None), lambda db: newest(db, chosen, limit=CANDIDATES)
    )
    told = reads_sources.sources(db, now)
    return {
        "since": fresh.since, "seen_since": fresh.seen_since, "new_total": total,
        "new": _bundles(db, items),
        "much_linked": counted(
            ("much linked", month_ago), lambda db: _much_linked(db, month_ago)
        ),
        "crawl": reads_sources.summary(told),
        "platforms": db.execute("SELECT count(*) FROM platform").fetchone()[0],
        "items": counted(("count", Selection()), lambda db: count_items(db, Selection())),
        "as_of": stamp(now),
    }  # fmt: skip


def _bundles(db: sqlite3.Connection, items: Sequence[Document]) -> list[Document]:
    """Put the same content into one bundle, led by the newest; the others are told by time."""
    same = twins(db, [item["id"] for item in items])
    bundles: list[Document] = []
    shown: set[str] = set()
    for item in items:
        if item["id"] not in shown and len(bundles) < BUNDLES:
            others = same.get(item["id"], [])
            shown |= {item["id"], *(other["id"] for other in others)}
            bundles.append({"item": item, "same": others})
    return bundles


def _much_linked(db: sqlite3.Connection, since: str) -> list[Document]:
    """Return the items that most items of other platforms have linked to since an instant."""
    query = """
        SELECT target.pk, count(DISTINCT origin.pk) AS links_in
        FROM item AS origin
        JOIN link_@ ON link_@.item = origin.pk
        JOIN item AS target ON target.pk = link_@.target
        WHERE origin.merged_into IS NULL AND origin.state <> 'hidden' AND origin.sort_at >= ?
            AND target.merged_into IS NULL AND target.state <> 'hidden'
            AND target.platform <> origin.platform
        GROUP BY target.pk ORDER BY links_in DESC, target.sort_at DESC, target.id LIMIT ?
    """
    for begin in (since, ""):  # a quiet month: of all times
        rows = db.execute(on_live(db, query), (begin, MUCH_LINKED)).fetchall()
        if rows:
            break
    items = items_by_pk(db, [row["pk"] for row in rows])
    return [{"item": items[row["pk"]], "links_in": row["links_in"]} for row in rows]


# --- topics --------------------------------------------------------------------------------


def topics(db: sqlite3.Connection, now: datetime, known: Iterable[str]) -> list[Document]:
    """Return every topic with its items and those of the last 7 days.

    A known topic without items is told too, with zeros: the gap is a finding.
    """
    query = f"""
        SELECT topic, count(*) AS items, sum(item.sort_at >= ? AND {news()}) AS last_7_days
        FROM topic_@ JOIN item ON item.pk = topic_@.item
        WHERE auto = 1 AND item.merged_into IS NULL AND item.state <> 'hidden'
        GROUP BY topic ORDER BY topic
    """  # noqa: S608 (a constant clause)
    rows = db.execute(on_live(db, query), (day_begin(now, 7),))
    return _with_gaps(rows, known, {"items": 0, "last_7_days": 0})


def fresh_topics(db: sqlite3.Connection, now: datetime, known: Iterable[str]) -> list[Document]:
    """Return every topic with its items of the last 7 days: quick, however large the index."""
    query = f"""
        SELECT topic, count(*) AS last_7_days
        FROM item CROSS JOIN topic_@ ON topic_@.item = item.pk  -- the few new ones first
        WHERE auto = 1 AND item.merged_into IS NULL AND item.state <> 'hidden'
            AND item.sort_at >= ? AND {news()}
        GROUP BY topic ORDER BY topic
    """  # noqa: S608 (a constant clause)
    rows = db.execute(on_live(db, query), (day_begin(now, 7),))
    return _with_gaps(rows, known, {"last_7_days": 0})


def _with_gaps(
    rows: Iterable[sqlite3.Row], known: Iterable[str], zeros: Document
) -> list[Document]:
    """Return rows by topic in the order of the vocabulary, with zeros where there are none."""
    told = {row["topic"]: dict(row) for row in rows}
    return [told.get(topic, {"topic": topic} | zeros) for topic in dict.fromkeys([*known, *told])]


def topic_page(
    db: sqlite3.Connection, topic: str, *, limit: int, cursor: str | None, fresh: bool = False,
    counting: Counting | None = None,
) -> Document:  # fmt: skip
    """Return who writes about a topic, how the levels cover it, and its newest items.

    Args:
        db: The connection.
        topic: Its slug.
        limit: How many items at most.
        cursor: Where to go on.
        fresh: Only items that may count as new (`reads.news`).
        counting: Remembers what is costly to count.
    """
    chosen, counted = Selection(topic=(topic,), news=fresh), counting or at_once(db)
    items, after = counted(
        ("newest", chosen, limit, cursor),
        lambda db: newest(db, chosen, limit=limit, cursor=cursor),
    )
    platforms = counted(("writes on", topic), lambda db: _writes_on(db, topic))
    return {
        "topic": topic, "total": sum(row["items"] for row in platforms),
        "levels": _by_level(platforms), "silent": _silent(db, platforms),
        "platforms": platforms, "items": items, "cursor": after,
    }  # fmt: skip


def _writes_on(db: sqlite3.Connection, topic: str) -> list[Document]:
    """Return the platforms that have items on a topic, most first."""
    query = """
        SELECT item.platform, platform.name, platform.level, count(*) AS items,
            max(CASE WHEN item.published_at IS NOT NULL THEN item.sort_at END) AS newest_at
        FROM topic_@ JOIN item ON item.pk = topic_@.item
        LEFT JOIN platform ON platform.id = item.platform
        WHERE topic = ? AND auto = 1 AND item.merged_into IS NULL AND item.state <> 'hidden'
        GROUP BY item.platform ORDER BY items DESC, item.platform
    """
    return [dict(row) for row in db.execute(on_live(db, query), (topic,))]


def _by_level(platforms: Sequence[Document]) -> list[Document]:
    """Return how each federal level covers a topic: all of them, the gaps too."""
    return [
        {
            "level": str(level),
            "items": sum(row["items"] for row in platforms if row["level"] == level),
            "platforms": sum(row["level"] == level for row in platforms),
            "newest_at": max((row["newest_at"] for row in platforms
                              if row["level"] == level and row["newest_at"]), default=None),
        }
        for level in Level
    ]  # fmt: skip


def _silent(db: sqlite3.Connection, platforms: Sequence[Document]) -> list[Document]:
    """Return the platforms that are crawled and have nothing on a topic: `SILENT` at most."""
    rows = db.execute(
        "SELECT id AS platform, name, level FROM platform"
        " WHERE id NOT IN (SELECT value FROM json_each(?))"
        " AND EXISTS (SELECT 1 FROM source WHERE source.platform = platform.id AND enabled = 1)"
        " ORDER BY position LIMIT ?", (json.dumps([row["platform"] for row in platforms]), SILENT),
    )  # fmt: skip
    return [dict(row) for row in rows]


# --- platforms -----------------------------------------------------------------------------

_PLATFORMS = """
    SELECT id, name, short_name, level, url, definition,
        (SELECT count(*) FROM item WHERE item.platform = platform.id
            AND merged_into IS NULL AND state <> 'hidden') AS items,
        (SELECT sort_at FROM item WHERE item.platform = platform.id
            AND merged_into IS NULL AND state <> 'hidden' AND published_at IS NOT NULL
            ORDER BY sort_at DESC LIMIT 1) AS newest_at
    FROM platform ORDER BY position
"""


def platforms(
    db: sqlite3.Connection, now: datetime, counting: Counting | None = None
) -> list[Document]:
    """Return all platforms with their profile, number of items and state of their sources."""
    profiles = (counting or at_once(db))("profiles", _profiles)
    told: dict[str, list[Document]] = {}
    for source in reads_sources.sources(db, now):
        told.setdefault(source["platform"], []).append(source)
    return [row | {"crawl": reads_sources.summary(told.get(row["id"], []))} for row in profiles]


def _profiles(db: sqlite3.Connection) -> list[Document]:
    return [_profile(row) for row in db.execute(_PLATFORMS)]


def _profile(row: sqlite3.Row) -> Document:
    """Return a platform's row with what its definition says."""
    definition = json.loads(row["definition"])
    told = {key: row[key] for key in ("id", "name", "short_name", "level", "url")}
    told |= {key: definition.get(key) for key in ("operator", "former", "licence", "access")}
    return told | {"items": row["items"], "newest_at": row["newest_at"]}


def platform_page(
    db: sqlite3.Connection, platform: str, now: datetime, counting: Counting | None = None
) -> Document:
    """Return a platform: profile, sources, newest items, who links to whom, its topics.

    Raises:
        NotFoundError: No platform has this id.
    """
    counted = counting or at_once(db)
    everyone = platforms(db, now, counted)
    found = next((row for row in everyone if row["id"] == platform), None)
    if found is None:
        alike = tuple(row["id"] for row in everyone if row["id"][:3] == platform[:3])
        raise NotFoundError("diese Plattform gibt es nicht", where=platform, nearest=alike[:5])
    items, _ = newest(db, Selection(platform=(platform,)), limit=NEWEST)
    return {
        "platform": found,
        "sources": reads_sources.sources(db, now, platform),
        "newest": items,
        **counted(("neighbours", platform), lambda db: neighbours(db, platform)),
        "topics": counted(("topics of", platform), lambda db: _topics_of(db, platform)),
    }


def _topics_of(db: sqlite3.Connection, platform: str) -> list[Document]:
    """Return the topics on which a platform writes, most first."""
    query = """
        SELECT topic, count(*) AS items FROM topic_@ JOIN item ON item.pk = topic_@.item
        WHERE platform = ? AND auto = 1 AND merged_into IS NULL AND state <> 'hidden'
        GROUP BY topic ORDER BY items DESC, topic
    """
    return [dict(row) for row in db.execute(on_live(db, query), (platform,))]
