"""Derived tables: which generation is live, and what pages read of it.

Derived tables exist twice, as generations `a` and `b`; readers use the live one while the other is
rebuilt. Statements name a table of a generation as `table_@`.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from aggregator.links import related
from aggregator.links.related import Reason, Vector
from aggregator.store.connection import get_meta
from aggregator.store.packing import unpack

LETTERS = ("a", "b")
ROW_BITS = 26  # of a search row's number, behind the day


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

    def run(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> sqlite3.Cursor:
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


@contextmanager
def snapshot(db: sqlite3.Connection) -> Iterator[None]:
    """Let all statements of a page see one state; joins a transaction that is open already.

    Without it a swap between two statements would show half of a page from an emptied generation.
    """
    if db.in_transaction:
        yield
        return
    db.execute("BEGIN")
    try:
        yield
    finally:
        db.execute("COMMIT")


def first_row(day: str) -> int:
    """Return the smallest search row of a day (YYYY-MM-DD)."""
    return date.fromisoformat(day).toordinal() << ROW_BITS


def last_row(day: str) -> int:
    """Return the largest search row of a day (YYYY-MM-DD)."""
    return first_row(day) | (1 << ROW_BITS) - 1


def wanted_row(row: sqlite3.Row) -> int:
    """Return the search row that an item's date and key ask for: newer items have higher ones."""
    name = f"{row['platform']}\0{row['key']}".encode()
    digest = int.from_bytes(blake2b(name, digest_size=4).digest(), "big")
    return first_row(row["sort_at"][:10]) | digest >> (32 - ROW_BITS)


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
