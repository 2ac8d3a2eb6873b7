"""How good related items are, by the keywords that people gave the same records.

    python benchmarks/link_quality.py DATA RECORDS.jsonl.gz [--asked 300] [--seed 3]

DATA holds the records (id, text, schlagwort), imported with `entry_id` = id and linked. Keywords
were never imported. Two records are related when the idf-weighted Jaccard overlap of their keywords
is at least .1 (loose) or .2 (strict). Prints P@5 and the precision of what pages show across
platforms.
"""

import argparse
import gzip
import json
import math
import random
from collections import Counter
from pathlib import Path
from typing import Any

from aggregator import store
from aggregator.store.reads_related import related

LOOSE, STRICT = 0.1, 0.2
Row = tuple[float, bool, bool]  # overlap, other platform, shown


def read(file: Path) -> dict[str, dict[str, Any]]:
    """Read records by id."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return {row["id"]: row for row in map(json.loads, lines) if row["text"]}


def overlap(one: set[str], other: set[str], weight: dict[str, float]) -> float:
    """Return the weighted overlap of two sets of keywords."""
    either = sum(weight[k] for k in one | other)
    return sum(weight[k] for k in one & other) / either if either else 0.0


def mean(values: list[float]) -> float:
    """Return the mean, 0 of nothing."""
    return sum(values) / len(values) if values else 0.0


def at_five(rows: list[Row]) -> float:
    """Return the share of five places that hold a strict one."""
    return sum(found >= STRICT for found, _, _ in rows[:5]) / 5


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("records", type=Path)
    parser.add_argument("--asked", type=int, default=300)
    parser.add_argument("--seed", type=int, default=3)
    args = parser.parse_args()
    records = read(args.records)
    keywords = {name: set(row["schlagwort"]) for name, row in records.items()}
    count = Counter(k for found in keywords.values() for k in found)
    weight = {k: math.log(len(records) / n) for k, n in count.items()}
    db = store.connect(args.data / "querverweis.sqlite3", readonly=True)
    held = {r["entry_id"]: r for r in db.execute("SELECT pk, entry_id, platform FROM item")}
    fit = [n for n, r in records.items()
           if n in held and len(r["text"]) >= 150 and len(keywords[n]) >= 3]  # fmt: skip
    found: list[list[Row]] = []
    for name in random.Random(args.seed).sample(fit, min(args.asked, len(fit))):
        rows = []
        for row in related(db, held[name]["pk"], ()):
            other = row["item"]
            points = overlap(keywords[name], keywords.get(other["entry_id"], set()), weight)
            rows.append((points, other["platform"] != held[name]["platform"], row["shown"]))
        found.append(rows)
    shown = [points for rows in found for points, away, told in rows if away and told]
    print(f"items asked           {len(found)}")
    print(f"P@5                   {mean([at_five(rows) for rows in found]):.4f}")
    print(f"P@5, other platforms  {mean([at_five([r for r in x if r[1]]) for x in found]):.4f}")
    print(f"shown elsewhere       {len(shown) / max(1, len(found)):.4f} an item")
    print(f"  right, loosely      {mean([float(p >= LOOSE) for p in shown]):.4f}")
    print(f"  right, strictly     {mean([float(p >= STRICT) for p in shown]):.4f}")


if __name__ == "__main__":
    main()
