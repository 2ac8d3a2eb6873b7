"""Derived tables: which generation is live, and what pages read of it.

Derived tables exist twice, as generations `a` and `b`; readers use the live one while the other is
rebuilt. Statements name a table of a generation as `table_@`.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from aggregator.links import related
from aggregator.links.related import Reason, Vector
from aggregator.store.connection import get_meta
from aggregator.store.packing import unpack

LETTERS = ("a", "b")


@lru_cache(maxsize=1000)
def _named(sql: str, letter: str) -> str:
    """Name the tables of a generation; the statement is a literal of ours, the letter checked."""
    if letter not in LETTERS:
        raise ValueError(f"no generation: {letter!r}")
    return sql.replace("_@", f"_{letter}")


@dataclass(frozen=True, slots=True)
class Generation:
    """The derived tables of one letter."""

    db: sqlite3.Connection
    letter: str

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Execute a statement on tables `..._@`."""
        return self.db.execute(_named(sql, self.letter), parameters)

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Execute a statement on tables `..._@` for each row."""
        self.db.executemany(_named(sql, self.letter), rows)

    @property
    def other(self) -> "Generation":
        """The generation that is not this one."""
        return Generation(self.db, "b" if self.letter == "a" else "a")


def live(db: sqlite3.Connection) -> str:
    """Return the letter of the generation that readers use."""
    return get_meta(db, "live", "a")


def reading(db: sqlite3.Connection) -> Generation:
    """Return the generation that readers use."""
    return Generation(db, live(db))


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """A candidate related to an item, with the reasons."""

    item: int
    score: float  # cosine, 0 to 1
    away: bool  # of another platform
    shown: bool
    because: tuple[Reason, ...]


def related_of(db: sqlite3.Connection, pk: int, *, limit: int = 10) -> tuple[Related, ...]:
    """Return the related items of an item, best first.

    At least half of them are of other platforms where so many exist. Items that an administrator
    put together are first and always shown.
    """
    generation = reading(db)
    rows = generation.run(
        "SELECT r.other, r.score, r.away, r.ruled, v.rank FROM related_@ r"
        " JOIN vector_@ v ON v.item = r.other WHERE r.item = ?"
        " ORDER BY r.ruled DESC, r.score DESC, v.rank",
        (pk,),
    ).fetchall()
    away = [row for row in rows if row["away"]]
    home = [row for row in rows if not row["away"]]
    kept_away = max(len(away[: limit // 2]), limit - len(home))
    chosen = {row["other"] for row in away[:kept_away]}
    chosen |= {row["other"] for row in home[: limit - len(chosen)]}
    best = [row for row in rows if row["other"] in chosen]
    mine = vector_of(generation, pk)
    return tuple(
        Related(
            item=row["other"], score=row["score"] / related.SCALE, away=bool(row["away"]),
            shown=bool(row["ruled"]) or row["score"] >= related.SHOWN_CUT * related.SCALE,
            because=related.because(mine, vector_of(generation, row["other"])),
        )
        for row in best
    )  # fmt: skip


def vector_of(generation: Generation, pk: int) -> Vector:
    """Return the vector of an item; empty when it has none."""
    row = generation.run(
        "SELECT terms, weights, surface, posted FROM vector_@ WHERE item = ?", (pk,)
    ).fetchone()
    if row is None:
        return related.EMPTY
    terms = tuple(unpack("I", row["terms"]))
    return Vector(
        terms=terms,
        weights=tuple(unpack("H", row["weights"])),
        surfaces=tuple(row["surface"].split("\t")) if terms else (),
        posted=row["posted"],
    )
