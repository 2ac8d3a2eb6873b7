"""The numbers of the report, each section with the statement by which anyone can count it again.

A section is a list of rows and its `recount`: the very statement that counted it, or the address
of the web application that shows what was counted. Stock (matrix, coverage, freshness, quality) is
told as of now; only runs, suspicions and new items are told since a day. Counted are items that
may be shown: neither merged nor hidden.
"""

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from textwrap import dedent
from typing import Any

from aggregator import urls
from aggregator.clock import stamp
from aggregator.links.related import SCALE, SHOWN_CUT
from aggregator.store import catalogue, reads_matrix, reads_sources
from aggregator.store.derived import snapshot
from aggregator.store.reads import Document, on_live
from aggregator.store.reads_matrix import HOMES
from aggregator.store.resolve import Addresses

# Section -> the columns that name a row; the others are its numbers.
KEYS: Mapping[str, tuple[str, ...]] = {
    "summary": (), "matrix": ("from_platform", "to_platform"), "levels": ("from_level", "to_level"),
    "coverage": ("topic", "platform"), "freshness": ("platform",), "dates": ("evidence",),
    "texts": ("policy",), "internal_links": ("platform",), "sources": ("state",),
    "runs": ("state",), "suspect": ("source", "reason"), "same": (), "related": (),
}  # fmt: skip
_ACTIVE = "source.enabled = 1 AND coalesce(source_state.paused, 0) = 0"

_SUMMARY = """
    SELECT (SELECT count(*) FROM platform) AS platforms,
        (SELECT count(*) FROM source) AS sources,
        count(*) AS items,
        coalesce(sum(item.first_seen_at >= :since), 0) AS new_items,
        coalesce(sum(item.state IN ('vanished', 'gone')), 0) AS vanished_items,
        (SELECT count(*) FROM changes) AS waiting
    FROM item WHERE item.merged_into IS NULL AND item.state <> 'hidden'
"""

# A blank says why: nobody looks, nobody has looked yet, or who was read writes nothing about it.
_COVERAGE = f"""
    WITH home AS ({HOMES}),
    found AS (
        SELECT topic, item.platform, count(*) AS items,
            max(item.sort_at) FILTER (WHERE item.published_at IS NOT NULL) AS newest
        FROM topic_@ JOIN item ON item.pk = topic_@.item
        WHERE auto = 1 AND item.merged_into IS NULL AND item.state <> 'hidden'
        GROUP BY topic, item.platform),
    subject (topic, place) AS (
        SELECT value, key FROM json_each(:topics)
        UNION ALL SELECT DISTINCT topic, 1000000 FROM found
        WHERE topic NOT IN (SELECT value FROM json_each(:topics))),
    eye AS (
        SELECT platform, count(*) AS active, count(last_success_at) AS seen
        FROM source LEFT JOIN source_state ON source_state.source = source.id
        WHERE {_ACTIVE} GROUP BY platform)
    SELECT subject.topic, home.id AS platform, coalesce(items, 0) AS items,
        newest AS newest_published_at,
        CAST(max(0, julianday(:now) - julianday(newest)) AS INTEGER) AS age_days,
        CASE WHEN items > 0 THEN NULL WHEN active IS NULL THEN 'no_source'
            WHEN seen > 0 OR EXISTS (SELECT 1 FROM item WHERE item.platform = home.id)
            THEN 'silent' ELSE 'unread' END AS blank
    FROM subject CROSS JOIN home
    LEFT JOIN found ON found.topic = subject.topic AND found.platform = home.id
    LEFT JOIN eye ON eye.platform = home.id
    ORDER BY subject.place, subject.topic, home.position, home.id
"""  # noqa: S608 (constant parts)

# The median lies between the two middle ones where there is no single one.
_FRESHNESS = f"""
    WITH home AS ({HOMES}),
    aged AS (
        SELECT platform, sort_at, max(0, julianday(:now) - julianday(sort_at)) AS age,
            row_number() OVER (PARTITION BY platform ORDER BY sort_at) AS n,
            count(*) OVER (PARTITION BY platform) AS dated
        FROM item
        WHERE merged_into IS NULL AND state <> 'hidden' AND published_at IS NOT NULL),
    dated AS (
        SELECT platform, max(dated) AS dated, max(sort_at) AS newest,
            round(avg(age) FILTER (WHERE n IN ((dated + 1) / 2, (dated + 2) / 2)), 1) AS median
        FROM aged GROUP BY platform),
    held AS (
        SELECT platform, count(*) AS items, sum(first_seen_at >= :since) AS fresh
        FROM item WHERE merged_into IS NULL AND state <> 'hidden' GROUP BY platform),
    eye AS (
        SELECT platform, count(*) AS sources, max(last_success_at) AS last_success_at
        FROM source LEFT JOIN source_state ON source_state.source = source.id GROUP BY platform)
    SELECT home.id AS platform, coalesce(items, 0) AS items, coalesce(dated, 0) AS dated_items,
        median AS median_age_days, newest AS newest_published_at, coalesce(fresh, 0) AS new_items,
        last_success_at, coalesce(sources, 0) AS sources
    FROM home LEFT JOIN held ON held.platform = home.id
    LEFT JOIN dated ON dated.platform = home.id
    LEFT JOIN eye ON eye.platform = home.id
    ORDER BY home.position, home.id
"""  # noqa: S608 (constant parts)

_DATES = """
    SELECT date_evidence AS evidence, count(*) AS items, count(published_at) AS dated_items
    FROM item WHERE merged_into IS NULL AND state <> 'hidden'
    GROUP BY date_evidence ORDER BY items DESC, date_evidence
"""
_TEXTS = """
    SELECT policy, count(*) AS items, sum(text <> '') AS with_text,
        sum(text <> '' OR excerpt <> '') AS with_any
    FROM item WHERE merged_into IS NULL AND state <> 'hidden'
    GROUP BY policy ORDER BY items DESC, policy
"""

# A link is counted once for each item and address. Internal is what leads to the address of a
# platform, present or former; dead is what the publisher took back or answered with 404 or 410.
_INTERNAL_LINKS = """
    WITH told AS (
        SELECT DISTINCT link_@.item, link_@.canonical, link_@.target,
            substr(link_@.canonical, instr(link_@.canonical, '://') + 3) AS rest
        FROM link_@ JOIN item ON item.pk = link_@.item
        WHERE item.merged_into IS NULL AND item.state <> 'hidden'),
    placed AS (
        SELECT told.*, substr(rest, 1, instr(rest || '/', '/') - 1) AS host FROM told),
    home AS MATERIALIZED (SELECT key AS host, value AS platform FROM json_each(:hosts)),
    led AS (
        SELECT home.platform, CASE
            WHEN target.state IN ('vanished', 'gone') THEN 'dead'
            WHEN target.pk IS NOT NULL THEN 'resolved'
            WHEN placed.canonical IN (SELECT canonical FROM frontier WHERE status IN (404, 410))
            THEN 'dead' ELSE 'unresolved' END AS fate
        FROM placed
        JOIN home ON home.host = iif(placed.host LIKE 'www.%', substr(placed.host, 5), placed.host)
        LEFT JOIN item AS target ON target.pk = placed.target
            AND target.merged_into IS NULL AND target.state <> 'hidden')
    SELECT platform, count(*) AS links, sum(fate = 'resolved') AS resolved,
        sum(fate = 'dead') AS dead, sum(fate = 'unresolved') AS unresolved
    FROM led GROUP BY platform ORDER BY links DESC, platform
"""

_SOURCES = """
    SELECT CASE WHEN enabled = 0 THEN 'disabled' WHEN coalesce(paused, 0) = 1 THEN 'paused'
        ELSE coalesce(state, 'not_due') END AS state, count(*) AS sources
    FROM source LEFT JOIN source_state ON source_state.source = source.id
    GROUP BY 1 ORDER BY sources DESC, 1
"""
_RUNS = """
    SELECT coalesce(state, 'unfinished') AS state, count(*) AS runs, sum(new) AS new,
        sum(changed) AS changed, sum(vanished) AS vanished, sum(rejected) AS rejected,
        sum(requests) AS requests, sum(not_modified) AS not_modified
    FROM run WHERE started_at >= :since GROUP BY 1 ORDER BY runs DESC, 1
"""
_SUSPECT = """
    SELECT source, coalesce(reason, '') AS reason, count(*) AS runs, max(started_at) AS last_at
    FROM run WHERE state = 'suspect' AND started_at >= :since
    GROUP BY source, reason ORDER BY runs DESC, source, reason
"""
_SAME = """
    SELECT one.pk AS one, other.pk AS other, one.platform AS one_platform,
        other.platform AS other_platform
    FROM same_@ JOIN item AS one ON one.pk = same_@.item
    JOIN item AS other ON other.pk = same_@.other
    WHERE same_@.item < same_@.other
        AND one.merged_into IS NULL AND one.state <> 'hidden'
        AND other.merged_into IS NULL AND other.state <> 'hidden'
    ORDER BY one.pk, other.pk
"""
_RELATED = """
    SELECT count(*) AS pairs, coalesce(sum(one_platform <> other_platform), 0) AS pairs_across
    FROM (
        SELECT DISTINCT min(one.pk, other.pk), max(one.pk, other.pk),
            min(one.platform, other.platform) AS one_platform,
            max(one.platform, other.platform) AS other_platform
        FROM related_@ JOIN item AS one ON one.pk = related_@.item
        JOIN item AS other ON other.pk = related_@.other
        WHERE (related_@.score >= :cut OR related_@.ruled = 1)
            AND one.merged_into IS NULL AND one.state <> 'hidden'
            AND other.merged_into IS NULL AND other.state <> 'hidden'
            AND NOT EXISTS (SELECT 1 FROM same_@
                WHERE same_@.item = related_@.item AND same_@.other = related_@.other))
"""


def report(
    db: sqlite3.Connection, *, now: datetime, since: str, topics: Collection[str]
) -> Document:
    """Return all numbers of the report, as of one state of the database.

    Args:
        db: The connection.
        now: Ages are told as of this instant.
        since: RFC 3339 instant; runs, suspicions and new items are told from it on.
        topics: Slugs of the vocabulary: a topic without items is a finding too.

    Returns:
        `as_of`, `since`, `parameters` of the statements, `platforms`, and for each name in `KEYS`
        a section: `{"rows": [...], "recount": statement or address}`.
    """
    with snapshot(db):
        values = {
            "now": stamp(now), "since": since, "topics": json.dumps(list(topics)),
            "hosts": json.dumps(_hosts(db)), "cut": int(SHOWN_CUT * SCALE),
        }  # fmt: skip
        links = reads_matrix.matrix(db)
        same = _section(db, _SAME, values)
        found = {
            "summary": _section(db, _SUMMARY, values),
            "matrix": {"rows": links["cells"], "recount": "/matrix.json, /matrix/FROM/TO.json"},
            "levels": {"rows": links["levels"], "recount": "/matrix.json"},
            "coverage": _section(db, _COVERAGE, values),
            "freshness": _freshness(db, _section(db, _FRESHNESS, values), now),
            "dates": _section(db, _DATES, values),
            "texts": _section(db, _TEXTS, values),
            "internal_links": _section(db, _INTERNAL_LINKS, values),
            "sources": _section(db, _SOURCES, values),
            "runs": _section(db, _RUNS, values),
            "suspect": _section(db, _SUSPECT, values),
            "same": same | {"rows": [_groups(same["rows"])]},
            "related": _section(db, _RELATED, values),
        }
        return {
            "title": catalogue.site(db).title, "as_of": values["now"], "since": since,
            "parameters": values, "platforms": reads_matrix.homes(db), **found,
        }  # fmt: skip


def coverage(db: sqlite3.Connection, *, now: datetime, topics: Collection[str]) -> list[Document]:
    """Return what each platform holds on each topic, as the report tells it."""
    values = {"now": stamp(now), "topics": json.dumps(list(topics))}
    return [dict(row) for row in db.execute(on_live(db, _COVERAGE), values)]


def values(document: Document) -> Iterator[tuple[str, str, str, Any]]:
    """Yield every value of a report as (section, row, column, value).

    Each section is followed by how it is counted again.
    """
    for name in ("as_of", "since"):
        yield "report", "", name, document[name]
    for name, value in document["parameters"].items():
        yield "parameters", "", f":{name}", value
    for section, keys in KEYS.items():
        for row in document[section]["rows"]:
            label = "|".join(str(row[key]) for key in keys)
            for column, value in row.items():
                if column not in keys:
                    yield section, label, column, value
        yield section, "", "recount", " ".join(document[section]["recount"].split())


def _section(db: sqlite3.Connection, query: str, values: Mapping[str, Any]) -> Document:
    """Count by a statement, which the section names."""
    named = on_live(db, query)
    return {"rows": [dict(row) for row in db.execute(named, values)], "recount": dedent(named)}


def _hosts(db: sqlite3.Connection) -> dict[str, str]:
    """Return which platform a host without `www.` belongs to, as links are resolved."""
    addresses = Addresses.of(db)
    known = [url for home in catalogue.platforms(db) for url in (home.url, *home.former)]
    return {
        urls.host_of(url).removeprefix("www."): owner.id
        for url in known
        if (owner := addresses.platform(url))
    }


def _freshness(db: sqlite3.Connection, section: Document, now: datetime) -> Document:
    """Add how the sources of each platform fare, judged as the pages judge it."""
    told: dict[str, list[Document]] = {}
    for source in reads_sources.sources(db, now):
        told.setdefault(source["platform"], []).append(source)
    for row in section["rows"]:
        fares = reads_sources.summary(told.get(row["platform"], []))
        row["sources_active"], row["sources_current"] = fares["active"], fares["fine"]
    return section | {"recount": f"{section['recount']}\n-- sources_active, sources_current: "
                                 "/sources.json, by \"health\""}  # fmt: skip


def _groups(pairs: Sequence[Document]) -> Document:
    """Put pairs of the same content together: who is the same as one of a group belongs to it."""
    leader: dict[int, int] = {}

    def lead(pk: int) -> int:
        while leader.setdefault(pk, pk) != pk:
            leader[pk] = pk = leader[leader[pk]]
        return pk

    home: dict[int, str] = {}
    for pair in pairs:
        leader[lead(pair["other"])] = lead(pair["one"])
        home |= {pair["one"]: pair["one_platform"], pair["other"]: pair["other_platform"]}
    groups: dict[int, set[str]] = {}
    for pk, platform in home.items():
        groups.setdefault(lead(pk), set()).add(platform)
    return {
        "pairs": len(pairs), "groups": len(groups), "items": len(home),
        "groups_across": sum(len(platforms) > 1 for platforms in groups.values()),
    }  # fmt: skip
