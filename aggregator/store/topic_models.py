"""Models of topics, frozen with the statistics epoch that they were learnt in."""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from aggregator.links.topic_model import Model, packed, unpacked
from aggregator.store.connection import transaction

LEARNT = ""  # the row that says that an epoch's models were learnt; its body says from what


class Undecided(NamedTuple):
    """An item whose topics nobody decided on."""

    pk: int
    platform: str


def learnt_from(db: sqlite3.Connection, epoch: int) -> str | None:
    """Return a digest of what the models of an epoch were learnt from; None: not yet learnt."""
    row = db.execute(
        "SELECT body FROM epoch_model WHERE epoch = ? AND axis = ?", (epoch, LEARNT)
    ).fetchone()
    return None if row is None else bytes(row["body"]).decode()


def load(db: sqlite3.Connection, epoch: int) -> tuple[Model, ...]:
    """Return the models of an epoch, by axis."""
    rows = db.execute(
        "SELECT body FROM epoch_model WHERE epoch = ? AND axis <> ? ORDER BY axis",
        (epoch, LEARNT),
    )
    return tuple(unpacked(row["body"]) for row in rows)


def keep(db: sqlite3.Connection, epoch: int, models: Sequence[Model], digest: str) -> None:
    """Freeze the models of an epoch."""
    bodies = [(model.axis, packed(model)) for model in models]
    with transaction(db):
        db.executemany(
            "INSERT OR REPLACE INTO epoch_model (epoch, axis, body) VALUES (?, ?, ?)",
            [(epoch, axis, body) for axis, body in [*bodies, (LEARNT, digest.encode())]],
        )


def keep_as(db: sqlite3.Connection, epoch: int, earlier: int) -> None:
    """Freeze the models of an earlier epoch once more: they would be learnt the same."""
    with transaction(db):
        db.execute(
            "INSERT OR REPLACE INTO epoch_model (epoch, axis, body)"
            " SELECT ?, axis, body FROM epoch_model WHERE epoch = ?",
            (epoch, earlier),
        )


def sample(db: sqlite3.Connection, platforms: Mapping[str, int], most: int) -> list[Undecided]:
    """Return items of platforms, by chance but always the same: their ids are hashes.

    Args:
        db: The database.
        platforms: With how many items more than `most` to return of each.
        most: Items of a platform.
    """
    found: list[Undecided] = []
    for platform, more in sorted(platforms.items()):
        rows = db.execute(
            "SELECT pk, platform FROM item WHERE platform = ? AND merged_into IS NULL"
            " AND state <> 'hidden' ORDER BY id LIMIT ?",
            (platform, most + more),
        )
        found += [Undecided(row["pk"], row["platform"]) for row in rows]
    return found
