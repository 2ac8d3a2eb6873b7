"""Changed rules of a source, applied to what is stored already.

Filters hold at once: what they no longer let in leaves the source, and vanishes where no other
source names it; it comes back with the next reading when they let it in again. Everything else
(selectors, kind, policy) is a matter of reading: all addresses become due, without validators, and
the next runs read them by the new rules within their budget.
"""

import sqlite3
from dataclasses import dataclass

from aggregator import urls
from aggregator.model import ItemState, Source
from aggregator.store.connection import transaction
from aggregator.store.items import set_state

SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What filters come to: live items of the source before and after."""

    before: int
    after: int
    leaving: tuple[tuple[str, str], ...]  # id, title of the first ones that leave


def effect(db: sqlite3.Connection, source: Source) -> Effect:
    """Count what the filters of a source would leave of its items; writes nothing."""
    rows = _items(db, source.id)
    out = [row for row in rows if not urls.admits(row["url"], source.include, source.exclude)]
    return Effect(
        before=len(rows), after=len(rows) - len(out),
        leaving=tuple((row["id"], row["title"]) for row in out[:SHOWN]),
    )  # fmt: skip


def _items(db: sqlite3.Connection, source: str) -> list[sqlite3.Row]:
    return db.execute(
        "SELECT DISTINCT i.pk, i.id, i.url, i.title FROM observation o JOIN item i ON i.pk = o.item"
        " WHERE o.source = ? AND i.merged_into IS NULL AND i.state IN ('live', 'hidden')"
        " ORDER BY i.sort_at DESC, i.id",
        (source,),
    ).fetchall()


def apply_filters(db: sqlite3.Connection, source: Source) -> Effect:
    """Let leave what the filters of a source no longer admit; return what was done."""
    with transaction(db):
        told = effect(db, source)
        for row in _items(db, source.id):
            if not urls.admits(row["url"], source.include, source.exclude):
                _leave(db, source.id, row["pk"])
        for url, canonical in db.execute(
            "SELECT url, canonical FROM frontier WHERE source = ? AND role IN"
            " ('detail', 'document')", (source.id,),
        ).fetchall():  # fmt: skip
            if not urls.admits(url, source.include, source.exclude):
                db.execute("DELETE FROM frontier WHERE source = ? AND canonical = ?",
                           (source.id, canonical))  # fmt: skip
    return told


def _leave(db: sqlite3.Connection, source: str, pk: int) -> None:
    """Let an item vanish unless another source names it; what was seen of it is kept."""
    others = db.execute(
        "SELECT count(*) FROM observation WHERE item = ? AND source <> ?", (pk, source)
    ).fetchone()[0]
    if not others:
        set_state(db, pk, ItemState.VANISHED)


def read_again(db: sqlite3.Connection, source: str, now: str) -> int:
    """Make all addresses of a source due, without validators; return how many."""
    with transaction(db):
        done = db.execute(
            "UPDATE frontier SET due_at = ?, pending = 1, etag = NULL, last_modified = NULL,"
            " body_sha256 = NULL, reason = iif(role IN ('root', 'index'), reason, 'changed')"
            " WHERE source = ?", (now, source),
        ).rowcount  # fmt: skip
        ask_now(db, source)
    return done


def ask_now(db: sqlite3.Connection, source: str) -> None:
    """Make a source due; crawling stays with the scheduler and with cron."""
    with transaction(db):
        db.execute(
            "UPDATE source_state SET next_at = NULL WHERE source = ? AND paused = 0", (source,)
        )
