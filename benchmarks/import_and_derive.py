"""What an import costs: records a second until stored, searchable and linked, and peak memory.

    python benchmarks/import_and_derive.py RECORDS.jsonl.gz [--limit N]

The records are parliamentary ones (id, titel, text, typ, datum), one manual source for each kind.
Without a file, invented records are made. The peer is the floor: the same records into a bare
FTS5 table, in the same run.
"""

import argparse
import gzip
import json
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

WORDS = [
    "Antrag",
    "Wohngeld",
    "Register",
    "Verwaltung",
    "Digitalisierung",
    "Bescheid",
    "Kommune",
    "Bund",
    "Land",
    "Dienst",
    "Portal",
    "Nutzerkonto",
    "Schnittstelle",
    "Standard",
    "Leistung",
    "Umsetzung",
    "Frist",
    "Gesetz",
    "Verordnung",
    "Haushalt",
]


def records(file: Path | None, limit: int) -> Iterator[dict[str, str]]:
    """Yield records of a file, or invented ones."""
    if file is None:
        rng = random.Random(1)
        for n in range(limit or 5000):
            text = " ".join(rng.choice(WORDS) for _ in range(60))
            yield {"id": str(n), "typ": f"Art {n % 5}", "titel": text[:60], "text": text}
        return
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for n, line in enumerate(lines):
            if limit and n >= limit:
                return
            yield json.loads(line)


def write(folder: Path, rows: Iterator[dict[str, str]]) -> list[tuple[str, Path]]:
    """Write a source list and a file of records for each kind."""
    kinds = defaultdict(list)
    for row in rows:
        kinds[row["typ"]].append(row)
    platforms, sources, files = [], [], []
    for n, (kind, found) in enumerate(kinds.items()):
        name = f"art-{n}"
        platforms.append(
            f"  - {{id: {name}, name: {json.dumps(kind)}, short_name: {name}, level: bund,"
            f" operator: Parlament, url: 'https://{name}.example/', licence: none}}\n"
        )
        sources.append(
            f"  - {{id: {name}, platform: {name}, kind: manual, item_kind: document,"
            " policy: full}\n"
        )
        file = folder / f"{name}.jsonl"
        file.write_text(
            "".join(
                json.dumps({"entry_id": row["id"], "title": row["titel"], "text": row["text"],
                            "published_at": row.get("datum") or None}) + "\n"
                for row in found
            ), encoding="utf-8",
        )  # fmt: skip
        files.append((name, file))
    (folder / "sources.yaml").write_text(
        "platforms:\n" + "".join(platforms) + "sources:\n" + "".join(sources), encoding="utf-8"
    )
    return files


def floor(files: list[tuple[str, Path]], path: Path) -> float:
    """Return the seconds that a bare FTS5 table takes for the same records."""
    began = time.perf_counter()
    db = sqlite3.connect(path)
    db.execute("CREATE VIRTUAL TABLE t USING fts5 (title, text)")
    for _, file in files:
        rows = [json.loads(line) for line in file.open(encoding="utf-8")]
        with db:
            db.executemany("INSERT INTO t VALUES (?, ?)", [(r["title"], r["text"]) for r in rows])
    return time.perf_counter() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--limit", type=int, default=0)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = write(folder, records(args.file, args.limit))
        count = sum(1 for _, file in files for _ in file.open(encoding="utf-8"))
        bare = floor(files, folder / "bare.sqlite3")
        began = time.perf_counter()
        for source, file in files:
            subprocess.run(
                [sys.executable, "-m", "aggregator", "--data", str(folder / "data"), "--sources",
                 str(folder / "sources.yaml"), "import", str(file), "--source", source],
                check=True,
            )  # fmt: skip
        spent = time.perf_counter() - began
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        size = sum(f.stat().st_size for f in (folder / "data").glob("*.sqlite3*")) / 2**20
    print(f"records          {count}")
    print(f"sources          {len(files)}")
    print(f"seconds          {spent:.1f}  ({count / spent:.0f} records/s)")
    print(f"bare FTS5        {bare:.1f}  (ratio {spent / bare:.1f})")
    print(f"peak RSS MiB     {peak:.0f}")
    print(f"database MiB     {size:.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
