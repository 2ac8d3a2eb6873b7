"""What "equal" means everywhere: one SHA-256 for each group of tables, over rows by stable keys.

Left out are surrogate ids, runs, leases, which source saw an item first, and our own clock: two
databases with the same content give the same digest whatever the order in which it came.
"""

import json
import sqlite3
from hashlib import sha256

from aggregator.store.derived import reading, snapshot

GROUPS = {
    "items": """
        SELECT i.platform, i.key, i.id, i.entry_id, i.url, i.title, i.kind, i.published_at,
            i.date_evidence, i.updated_at, i.language, i.authors, i.state, i.licence, i.policy,
            i.text, i.excerpt, i.links, i.parts, i.identifiers, i.digest, i.content_hash,
            i.parent, i.answer_to, o.platform, o.key
        FROM item i LEFT JOIN item o ON o.pk = i.merged_into ORDER BY i.platform, i.key""",
    "aliases": """
        SELECT a.platform, a.canonical, a.link_key, i.platform, i.key
        FROM alias a JOIN item i ON i.pk = a.item ORDER BY a.platform, a.canonical""",
    "versions": """
        SELECT i.platform, i.key, v.n, v.title, v.published_at, hex(v.text), hex(v.links),
            v.content_hash
        FROM version v JOIN item i ON i.pk = v.item ORDER BY i.platform, i.key, v.n""",
    "decisions": """
        SELECT kind, platform, key, url, object, value, by_name, role, at, why, judged_hash,
            judged
        FROM decision ORDER BY platform, key, kind, object, at, by_name""",
    "search": """
        SELECT i.platform, i.key, s.title, s.heads, s.body, s.parts, s.refs, e.kind, e.topics
        FROM entry_@ e JOIN item i ON i.pk = e.item JOIN search_@ s ON s.rowid = e.row
        ORDER BY i.platform, i.key""",
    "references": """
        SELECT i.platform, i.key, r.position, r.kind, r.key, r.text, r.start, r.end, r.sentence
        FROM reference_@ r JOIN item i ON i.pk = r.item
        UNION ALL
        SELECT i.platform, i.key, -1, n.kind, n.key, '', 0, 0, ''
        FROM identifier_@ n JOIN item i ON i.pk = n.item
        ORDER BY 1, 2, 3, 4, 5""",
    "links": """
        SELECT i.platform, i.key, l.position, l.url, l.canonical, l.link_key, l.anchor, l.sentence,
            l.prose, o.platform, o.key
        FROM link_@ l JOIN item i ON i.pk = l.item LEFT JOIN item o ON o.pk = l.target
        ORDER BY i.platform, i.key, l.position""",
    "same": """
        SELECT i.platform, i.key, o.platform, o.key, p.similarity, p.relation, p.differs
        FROM same_@ p JOIN item i ON i.pk = p.item JOIN item o ON o.pk = p.other
        ORDER BY i.platform, i.key, o.platform, o.key""",
    "related": """
        SELECT i.platform, i.key, o.platform, o.key, p.score, p.away, p.ruled
        FROM related_@ p JOIN item i ON i.pk = p.item JOIN item o ON o.pk = p.other
        ORDER BY i.platform, i.key, o.platform, o.key""",
    "topics": """
        SELECT i.platform, i.key, t.topic, t.source, t.confidence, t.auto, t.evidence
        FROM topic_@ t JOIN item i ON i.pk = t.item ORDER BY i.platform, i.key, t.topic""",
}


def digest(db: sqlite3.Connection) -> dict[str, str]:
    """Return the SHA-256 of each group of tables, in one state of the database."""
    with snapshot(db):
        generation = reading(db)
        found = {}
        for name, sql in GROUPS.items():
            told = sha256()
            for row in generation.run(sql):
                told.update(json.dumps(list(row), ensure_ascii=True).encode() + b"\n")
            found[name] = told.hexdigest()
    return found
