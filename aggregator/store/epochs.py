"""Statistics epochs: everything corpus-wide, frozen, so that derived rows are a pure function.

An epoch counts the words of all items (what compounds are cut by, and what is suggested for a
mistyped word), the items of each term (what terms are weighed by) and knows the sequences of words
that are too frequent to tell anything. A new one is taken when the corpus has grown by half, when
the analysis, the vocabulary or the platforms' addresses changed, or when it is asked for.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from aggregator.links.describe import Subject, features_of, find_references, words_of
from aggregator.links.related import MILLE, Feature, Measure, Term
from aggregator.store import builds, changes
from aggregator.store.connection import set_meta, transaction
from aggregator.store.derived import Generation
from aggregator.store.epoch_rows import (
    COMPLETE,
    COUNTED,
    SMALL_CORPUS,
    TAKING,
    WORDED,
    Epoch,
    by_number,
    current,
    is_due,
    living,
)
from aggregator.text.analysis import Analyser
from aggregator.text.words import fold

__all__ = [
    "COMPLETE",
    "COUNTED",
    "ITEM_COLUMNS",
    "SMALL_CORPUS",
    "TAKING",
    "WORDED",
    "Epoch",
    "EpochTerms",
    "WordCounts",
    "by_number",
    "current",
    "freeze",
    "frequent_shingles",
    "is_due",
    "items_after",
    "items_of",
    "living",
    "measure",
    "subject",
    "subjects",
    "take_terms",
    "take_words",
    "word_counts",
]

BATCH = 500  # items read at once
ROWS = 4000  # written in one transaction
FREQUENT_ITEMS, FREQUENT_SHARE = 50, 0.001  # a shingle of more items than both tells nothing
MOST_CACHED = 1_000_000  # answers kept by a lazy table

ITEM_COLUMNS = (
    "pk, id, platform, key, source, kind, title, text, published_at, sort_at, state, identifiers,"
    " digest, links"
)


def subject(row: sqlite3.Row) -> Subject:
    """Return what the description needs of an item's row."""
    digest: dict[str, Any] | None = json.loads(row["digest"]) if row["digest"] else None
    common = {
        "key": row["key"], "title": row["title"], "text": row["text"],
        "identifiers": tuple(json.loads(row["identifiers"])),
    }  # fmt: skip
    if digest is None:
        return Subject(**common)
    return Subject(
        **common,
        terms=digest["terms"],
        shingles=tuple(digest["shingles"]),
        digest_references=tuple((kind, key, text) for kind, key, text in digest["references"]),
    )


def subjects(db: sqlite3.Connection) -> Iterator[list[Subject]]:
    """Yield all living items in batches."""
    for rows in _living_rows(db, ITEM_COLUMNS):
        yield [subject(row) for row in rows]


def _living_rows(db: sqlite3.Connection, columns: str) -> Iterator[list[sqlite3.Row]]:
    """Yield all living items in batches; `columns` begin with pk."""
    cursor = 0
    while rows := db.execute(
        f"SELECT {columns} FROM item WHERE pk > ? AND merged_into IS NULL"  # noqa: S608 (columns are ours)
        " ORDER BY pk LIMIT ?",
        (cursor, BATCH),
    ).fetchall():
        cursor = rows[-1]["pk"]
        yield rows


# --- taking one ------------------------------------------------------------------------------


def take_words(
    db: sqlite3.Connection, analysis: str, now: str, tick: Callable[[], None]
) -> tuple[Epoch, dict[str, int]]:
    """Begin an epoch: count the words of the corpus, in short transactions.

    That is all that search rows need. A kill leaves an incomplete epoch, which is removed by the
    next.

    Args:
        db: The database.
        analysis: What the figures depend on besides the items.
        now: When.
        tick: Called after every batch; prolongs the lease.

    Returns:
        The epoch, and how often each folded word occurs.
    """
    _forget(db, tick)
    number = int(db.execute("SELECT coalesce(max(n), 0) + 1 FROM epoch").fetchone()[0])
    seen = changes.newest(db)
    counts, items = _count_words(db, tick)
    with transaction(db):
        db.execute(
            "INSERT INTO epoch (n, analysis, taken_at, items, seq, state)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (number, analysis, now, items, seen, TAKING),
        )
    _store(db, "INSERT INTO epoch_word (epoch, word, surface, count) VALUES (?, ?, ?, ?)",
           ((number, word, surface, n) for word, (n, surface) in sorted(counts.items())),
           tick)  # fmt: skip
    with transaction(db):
        db.execute("UPDATE epoch SET state = ? WHERE n = ?", (WORDED, number))
        if current(db) is None:
            set_meta(db, "epoch", str(number))  # the first: items become searchable under it
    epoch = Epoch(n=number, analysis=analysis, taken_at=now, items=items, state=WORDED)
    return epoch, {word: n for word, (n, _) in counts.items()}


def take_terms(
    db: sqlite3.Connection, epoch: Epoch, analyser: Analyser, tick: Callable[[], None]
) -> None:
    """Go on with an epoch: count the items of each term, then begin the build under it.

    Its frequent shingles are known when all sketches are written (`freeze_shingles`).
    """
    _forget_terms(db, epoch.n, tick)
    terms, capital = _count_terms(db, analyser, tick)
    known = sorted(term for term, found_in in terms.items() if found_in > 1)
    _store(db, "INSERT INTO epoch_term (epoch, term, id, items, capital) VALUES (?, ?, ?, ?, ?)",
           ((epoch.n, term, place, terms[term], MILLE * capital[term] // terms[term])
            for place, term in enumerate(known, start=1)),
           tick)  # fmt: skip
    last = current(db)
    with transaction(db):
        db.execute("UPDATE epoch SET state = ? WHERE n = ?", (COUNTED, epoch.n))
        if last is not None and last.n == epoch.n:
            builds.begin_live(db, epoch.n)
        else:
            builds.begin(db, epoch.n)


def _count_words(
    db: sqlite3.Connection, tick: Callable[[], None]
) -> tuple[dict[str, tuple[int, str]], int]:
    """Count folded words with their most frequent spelling, and the items."""
    written: Counter[str] = Counter()
    items = 0
    for rows in _living_rows(db, "pk, title, text, digest"):
        for row in rows:
            written.update(words_of(row["title"], row["text"], _terms(row)))
        items += len(rows)
        tick()
    spellings: Counter[tuple[str, str]] = Counter()
    for word, times in written.items():
        spellings[fold(word), word.lower()] += times
    counts: dict[str, tuple[int, str]] = {}
    best: dict[str, tuple[int, str]] = {}
    for (folded, spelling), times in spellings.items():
        total = counts.get(folded, (0, ""))[0] + times
        best[folded] = min(best.get(folded, (0, "")), (-times, spelling))
        counts[folded] = (total, best[folded][1])
    return counts, items


def _terms(row: sqlite3.Row) -> dict[str, int] | None:
    """Return the words of an item whose text may not be stored."""
    return json.loads(row["digest"])["terms"] if row["digest"] else None


def _count_terms(
    db: sqlite3.Connection, analyser: Analyser, tick: Callable[[], None]
) -> tuple[Counter[str], Counter[str]]:
    """Count the items of each term, and those that write it with a capital."""
    found: Counter[str] = Counter()
    capital: Counter[str] = Counter()
    for batch in subjects(db):
        for one in batch:
            features = features_of(one, analyser, find_references(one))
            found.update(features.keys())
            capital.update(_capitals(features))
        tick()
    return found, capital


def _capitals(features: Mapping[str, Feature]) -> list[str]:
    return [term for term, feature in features.items() if feature.surface[:1].isupper()]


def _store(
    db: sqlite3.Connection, sql: str, rows: Iterable[Sequence[Any]], tick: Callable[[], None]
) -> None:
    """Write rows, some thousand a transaction."""
    held: list[Sequence[Any]] = []
    for row in rows:
        held.append(row)
        if len(held) == ROWS:
            _flush(db, sql, held)
            tick()
    _flush(db, sql, held)


def _flush(db: sqlite3.Connection, sql: str, held: list[Sequence[Any]]) -> None:
    with transaction(db):
        db.executemany(sql, held)
    held.clear()


def _forget_terms(db: sqlite3.Connection, epoch: int, tick: Callable[[], None]) -> None:
    """Remove the terms of an epoch whose counting was interrupted."""
    while True:
        with transaction(db):
            cursor = db.execute(
                "DELETE FROM epoch_term WHERE (epoch, term) IN (SELECT epoch, term"
                " FROM epoch_term WHERE epoch = ? LIMIT ?)",
                (epoch, ROWS),
            )
        tick()
        if cursor.rowcount < ROWS:
            return


def _forget(db: sqlite3.Connection, tick: Callable[[], None]) -> None:
    """Remove epochs that were never finished, and those that no generation needs."""
    last = current(db)
    keep = last.n if last else 0
    for table in ("epoch_word", "epoch_term", "epoch_shingle"):
        key = "hash" if table == "epoch_shingle" else table.removeprefix("epoch_")
        while True:
            with transaction(db):
                cursor = db.execute(
                    f"DELETE FROM {table} WHERE (epoch, {key}) IN (SELECT epoch, {key}"  # noqa: S608 (names are ours)
                    f" FROM {table} WHERE epoch <> ? LIMIT {ROWS})",
                    (keep,),
                )
            tick()
            if cursor.rowcount < ROWS:
                break
    with transaction(db):
        db.execute("DELETE FROM epoch_model WHERE epoch <> ?", (keep,))
        db.execute("DELETE FROM epoch WHERE n <> ?", (keep,))


def freeze(
    db: sqlite3.Connection, generation: Generation, epoch: Epoch, measured: Callable[[], Measure]
) -> None:
    """Note what follows from all items described, once: then the epoch is complete.

    Args:
        db: The database.
        generation: In which all sketches and vectors of the epoch are written.
        epoch: The epoch.
        measured: Tells what pairs are measured by.
    """
    state = db.execute("SELECT state FROM epoch WHERE n = ?", (epoch.n,)).fetchone()["state"]
    if state == COMPLETE:
        return  # built again within the same epoch
    least = max(FREQUENT_ITEMS, FREQUENT_SHARE * epoch.items)
    found = generation.run(
        "SELECT hash FROM sketch_@ GROUP BY hash HAVING count(*) > ?", (least,)
    ).fetchall()
    taken = measured()
    with transaction(db):
        db.executemany(
            "INSERT OR IGNORE INTO epoch_shingle (epoch, hash) VALUES (?, ?)",
            [(epoch.n, row["hash"]) for row in found],
        )
        db.execute(
            "UPDATE epoch SET state = ?, scores = ?, candidates = ? WHERE n = ?",
            (COMPLETE, taken.scores, taken.candidates, epoch.n),
        )


# --- reading one -----------------------------------------------------------------------------


class WordCounts:
    """Counts of folded words, looked up when they are asked for."""

    def __init__(self, db: sqlite3.Connection, epoch: int) -> None:
        self._db = db
        self._epoch = epoch
        self._known: dict[str, int] = {}

    def get(self, word: str, default: int = 0, /) -> int:
        """Return how often a folded word occurs in the epoch's corpus."""
        found = self._known.get(word)
        if found is None:
            row = self._db.execute(
                "SELECT count FROM epoch_word WHERE epoch = ? AND word = ?", (self._epoch, word)
            ).fetchone()
            found = row[0] if row else -1
            if len(self._known) >= MOST_CACHED:
                self._known.clear()
            self._known[word] = found
        return default if found < 0 else found


def word_counts(db: sqlite3.Connection, epoch: int, *, least: int = 1) -> dict[str, int]:
    """Return the counts of all folded words that occur so often, for work on many items."""
    rows = db.execute(
        "SELECT word, count FROM epoch_word WHERE epoch = ? AND count >= ?", (epoch, least)
    )
    return dict(map(tuple, rows))


class EpochTerms:
    """Ids and document frequencies of terms, looked up when they are asked for."""

    def __init__(self, db: sqlite3.Connection, epoch: int) -> None:
        self._db = db
        self._epoch = epoch
        self._known: dict[str, Term | None] = {}

    def get(self, term: str, /) -> Term | None:
        """Return what the epoch knows of a term."""
        if term in self._known:
            return self._known[term]
        row = self._db.execute(
            "SELECT id, items, capital FROM epoch_term WHERE epoch = ? AND term = ?",
            (self._epoch, term),
        ).fetchone()
        if len(self._known) >= MOST_CACHED:
            self._known.clear()
        found = self._known[term] = Term(row[0], row[1], row[2]) if row else None
        return found


def measure(db: sqlite3.Connection, epoch: int) -> Measure:
    """Return what pairs are measured by under an epoch."""
    row = db.execute("SELECT scores, candidates FROM epoch WHERE n = ?", (epoch,)).fetchone()
    return Measure(row[0], row[1]) if row and row[0] else Measure()


def frequent_shingles(db: sqlite3.Connection, epoch: int) -> frozenset[int]:
    """Return the hashes that are too frequent to tell anything."""
    rows = db.execute("SELECT hash FROM epoch_shingle WHERE epoch = ?", (epoch,))
    return frozenset(row[0] for row in rows)


def items_after(db: sqlite3.Connection, cursor: int, most: int) -> list[sqlite3.Row]:
    """Return the next items of a build, merged ones left out."""
    return db.execute(
        f"SELECT {ITEM_COLUMNS}, merged_into FROM item"  # noqa: S608 (columns are ours)
        " WHERE pk > ? AND merged_into IS NULL ORDER BY pk LIMIT ?",
        (cursor, most),
    ).fetchall()


def items_of(db: sqlite3.Connection, pks: Sequence[int]) -> list[sqlite3.Row]:
    """Return items by pk, in order."""
    return db.execute(
        f"SELECT {ITEM_COLUMNS}, merged_into FROM item"  # noqa: S608 (columns are ours)
        " WHERE pk IN (SELECT value FROM json_each(?)) ORDER BY pk",
        (json.dumps(list(pks)),),
    ).fetchall()
