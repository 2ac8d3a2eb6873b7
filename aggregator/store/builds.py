"""Building the shadow generation while readers keep the live one.

The first build of an installation fills the live generation: its items are searchable already, and
it adds the links. A build goes through all items with a stored cursor, so a killed one goes on
where it was. Changes that arrive meanwhile stay in the queue and are derived after the swap; those
that were there before the build began are covered by it.
"""

import sqlite3
from dataclasses import dataclass

from aggregator.store import changes
from aggregator.store.connection import set_meta, transaction
from aggregator.store.derived import Generation, live

CLEAR, DESCRIBE, RELATE, READY = "clear", "describe", "relate", "ready"
TABLES = (  # entry first: no row is then looked for in a search table that is empty already
    "entry", "search", "indexed", "fresh", "reference", "identifier", "link", "sketch", "same",
    "vector", "posting", "related", "topic", "facet_value",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """The generation that is being built, and how far it is."""

    generation: str
    epoch: int
    seq: int
    stage: str
    cursor: int


def current(db: sqlite3.Connection) -> Build | None:
    """Return the unfinished build, if any."""
    row = db.execute("SELECT generation, epoch, seq, stage, cursor FROM build").fetchone()
    return Build(**dict(row)) if row else None


def begin(db: sqlite3.Connection, epoch: int) -> None:
    """Begin a build of the shadow generation, instead of one that is under way."""
    _begin(db, Generation(db, live(db)).other.letter, epoch, CLEAR)


def begin_live(db: sqlite3.Connection, epoch: int) -> None:
    """Begin to link all items of the live generation, which holds nothing but search rows yet."""
    _begin(db, live(db), epoch, DESCRIBE)


def _begin(db: sqlite3.Connection, letter: str, epoch: int, stage: str) -> None:
    with transaction(db):
        db.execute("DELETE FROM build")
        db.execute(
            "INSERT INTO build (generation, epoch, seq, stage, cursor) VALUES (?, ?, ?, ?, 0)",
            (letter, epoch, changes.newest(db), stage),
        )


def drop(db: sqlite3.Connection) -> None:
    """Give up a build."""
    with transaction(db):
        db.execute("DELETE FROM build")


def advance(db: sqlite3.Connection, stage: str, cursor: int) -> None:
    """Note how far the build is; in the transaction of the work."""
    db.execute("UPDATE build SET stage = ?, cursor = ?", (stage, cursor))


def finish(db: sqlite3.Connection, build: Build) -> None:
    """Make what was built the live generation, and take what it covers out of the queue.

    What became searchable in the old generation meanwhile is not so in the new one.
    """
    with transaction(db):
        if build.generation == live(db):
            changes.forget_links_until(db, build.seq)
        else:
            set_meta(db, "live", build.generation)
            set_meta(db, "epoch", str(build.epoch))
            changes.forget_until(db, build.seq)
            changes.search_again(db)
        db.execute("UPDATE epoch SET seq = 0 WHERE n = ?", (build.epoch,))
        db.execute("DELETE FROM build")


def clear(generation: Generation) -> None:
    """Empty all tables of a generation that no reader uses, each in one short transaction."""
    for name in TABLES:
        with transaction(generation.db):
            if name == "search":
                _make_anew(generation)
            else:
                generation.run(f"DELETE FROM {name}_@")  # noqa: S608 (names are ours)


def _make_anew(generation: Generation) -> None:
    """Drop and create the full-text table: deleting its rows one by one takes minutes."""
    name = f"search_{generation.letter}"
    row = generation.db.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()
    settings = generation.run("SELECT k, v FROM search_@_config WHERE k <> 'version'").fetchall()
    generation.run("DROP TABLE search_@")
    generation.db.execute(row["sql"])
    generation.many("INSERT INTO search_@ (search_@, rank) VALUES (?, ?)", map(tuple, settings))


def is_clear(generation: Generation) -> bool:
    """Whether a generation is empty."""
    return all(
        generation.run(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is None  # noqa: S608 (names are ours)
        for table in ("search_@_docsize", *(f"{name}_@" for name in TABLES if name != "search"))
    )
