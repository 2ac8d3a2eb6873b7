"""Streaming all items out, by platform and key."""

import json
import sqlite3
from collections.abc import Iterator
from typing import Any

COLUMNS = ("id", "entry_id", "source", "platform", "title", "url", "kind", "key", "sources",
           "level", "published_at", "date_evidence", "updated_at", "first_seen_at",
           "last_changed_at", "language", "authors", "state", "licence", "policy",
           "excerpt", "text")  # fmt: skip


def rows(db: sqlite3.Connection, *, with_hidden: bool) -> Iterator[dict[str, Any]]:
    """Yield every item as the contract's document, with `text` where the policy is full.

    Read in slices of a thousand, so that a slow reader does not pin the write-ahead log.

    Args:
        db: The connection.
        with_hidden: Also what a decision hides.
    """
    after = ("", "")
    while True:
        found = db.execute(
            "SELECT i.id, i.entry_id, i.source, i.platform, i.title, i.url, i.kind, i.key,"
            " (SELECT json_group_array(source) FROM (SELECT DISTINCT o.source FROM observation o"
            "   WHERE o.item = i.pk ORDER BY o.source)) AS sources,"
            " p.level, i.published_at, i.date_evidence, i.updated_at, i.first_seen_at,"
            " i.last_changed_at, i.language, i.authors, i.state, i.licence, i.policy, i.excerpt,"
            " i.text FROM item i LEFT JOIN platform p ON p.id = i.platform"
            " WHERE (i.platform, i.key) > (?, ?) AND i.merged_into IS NULL"
            " AND (? OR i.state <> 'hidden') ORDER BY i.platform, i.key LIMIT 1000",
            (*after, with_hidden),
        ).fetchall()
        if not found:
            return
        for row in found:
            told = dict(row)
            told["authors"] = json.loads(told["authors"])
            told["sources"] = json.loads(told["sources"])
            if told["policy"] != "full":
                del told["text"]
            yield told
        after = (found[-1]["platform"], found[-1]["key"])
