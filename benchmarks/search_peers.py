"""The queries of tests/search_quality asked of plain full-text indexes over the same items.

    aggregator --data DIR demo --once
    python -m benchmarks.search_peers DIR

Two indexes of SQLite: its usual tokenizer, and the one of the feed library "reader" (3.26: porter
stems, bm25 with weights 4 and 2). Each query is asked as typed, as both take it; what raises an
error counts as not found, as a person would see it. Filters and typos are beyond both.
"""

import sqlite3
import sys
from collections import Counter
from pathlib import Path

from aggregator import store
from aggregator.store import reads_names
from tests.search_quality.counting import FIRST, questions

INDEXES = {
    "plain FTS5": ("unicode61", "1.0, 1.0"),
    "reader's index": ("porter unicode61 remove_diacritics 1 tokenchars '_'", "4.0, 2.0"),
}


def main(data: Path) -> None:
    """Print how many queries of each category are right, for each index."""
    db = store.connect(data / "querverweis.sqlite3", readonly=True)
    items = db.execute("SELECT id, title, text FROM item WHERE merged_into IS NULL").fetchall()
    asked = questions()
    right = {
        question.query: {str(reads_names.find_address(db, url).id) for url in question.right}
        for question in asked
    }
    for name, (tokenizer, weights) in INDEXES.items():
        index = sqlite3.connect(":memory:")
        index.execute(
            f'CREATE VIRTUAL TABLE t USING fts5(id UNINDEXED, title, text, tokenize="{tokenizer}")'
        )
        index.executemany("INSERT INTO t VALUES (?, ?, ?)", [tuple(row) for row in items])
        found: Counter[str] = Counter()
        raised = 0
        for question in asked:
            try:
                rows = index.execute(
                    f"SELECT id FROM t WHERE t MATCH ? ORDER BY bm25(t, 0.0, {weights}) LIMIT ?",
                    (question.query, FIRST),
                ).fetchall()
            except sqlite3.OperationalError:
                raised += 1
                continue
            found[question.category] += bool(right[question.query] & {row[0] for row in rows})
        print(name, found.total(), "of", len(asked), "right;", raised, "raised;", dict(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
