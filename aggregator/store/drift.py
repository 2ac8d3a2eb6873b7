"""Whether the derived tables still belong to the items: nothing missing, nothing left over.

What the queue explains is no drift: an item that waits for derivation may differ.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from aggregator.store import builds
from aggregator.store.derived import reading

SHOWN = 5
# Tables of a generation whose rows belong to one item each; postings and sketches, which are many
# more, are written and taken out with the vector of their item.
OF_ITEMS = ("reference", "identifier", "link", "same", "vector", "related", "topic")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    name: str
    fine: bool
    told: str  # German
    remedy: str = ""


def examine(db: sqlite3.Connection) -> Iterator[Finding]:
    """Compare the live generation with the items."""
    if (build := builds.current(db)) is not None:
        told = f"ein Neuaufbau steht bei „{build.stage}“; erst danach lässt sich vergleichen"
        yield Finding(name="drift", fine=True, told=told)
        return
    yield _searchable(db)
    yield _orphans(db)


def _searchable(db: sqlite3.Connection) -> Finding:
    """Look for items without a search row, and search rows without an item to be shown."""
    generation = reading(db)
    missing = [row[0] for row in generation.run(
        "SELECT id FROM item WHERE merged_into IS NULL AND state <> 'hidden'"
        " AND pk NOT IN (SELECT item FROM entry_@) AND pk NOT IN (SELECT item FROM changes)"
        " ORDER BY id")]  # fmt: skip
    surplus = [row[0] for row in generation.run(
        "SELECT e.id FROM entry_@ e LEFT JOIN item i ON i.pk = e.item"
        " WHERE (i.pk IS NULL OR i.merged_into IS NOT NULL OR i.state = 'hidden')"
        " AND e.item NOT IN (SELECT item FROM changes) ORDER BY e.id")]  # fmt: skip
    entries = generation.run("SELECT count(*) FROM entry_@").fetchone()[0]
    told = f"{entries} Einträge durchsuchbar"
    for name, found in (("fehlen", missing), ("sind zu viel", surplus)):
        if found:
            told += f", {len(found)} {name} ({', '.join(found[:SHOWN])})"
    fine = not missing and not surplus
    return Finding(name="drift", fine=fine, told=told, remedy="" if fine else "aggregator rebuild")


def _orphans(db: sqlite3.Connection) -> Finding:
    """Look for derived rows of items that are not there (any more)."""
    generation = reading(db)
    found = {}
    for table in OF_ITEMS:
        number = generation.run(
            f"SELECT count(*) FROM (SELECT DISTINCT item FROM {table}_@)"  # noqa: S608 (our names)
            " WHERE item NOT IN (SELECT pk FROM item) AND item NOT IN (SELECT item FROM changes)"
        ).fetchone()[0]
        if number:
            found[table] = number
    told = ", ".join(f"{table}: {number}" for table, number in found.items())
    return Finding(
        name="orphans", fine=not found,
        told=f"Ableitungen ohne Eintrag: {told}" if found else "keine Ableitung ohne Eintrag",
        remedy="aggregator rebuild" if found else "",
    )  # fmt: skip
