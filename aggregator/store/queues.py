"""What waits for a moderator: uncertain pairs and topics, and now and then a sure one as a control.

A queue is computed from the derived tables and from what was said already; nothing is put into it.
Every tenth card is a sample of what the machine accepted by itself: what people say to those is the
precision that is published.
"""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.clock import instant, stamp
from aggregator.links.related import SCALE, SHOWN_CUT
from aggregator.store import decisions, standing
from aggregator.store.decisions import Decision, Subject
from aggregator.store.derived import Generation, reading, related_of
from aggregator.store.effects import apply
from aggregator.store.reads import Document, items_by_pk

QUEUES = ("related", "same", "topic", "confirm", "suspect")
CONTROL_EVERY = 10
SKIPPED_FOR = timedelta(days=7)
UNDO_FOR = timedelta(hours=1)
# A pair is uncertain when it lies so near to the cut from which on pages show it.
NEAR, FAR = int(SHOWN_CUT * 0.8 * SCALE), int(SHOWN_CUT * 1.25 * SCALE)
SURE_SAME = 650  # per mille of containment; below it a passage rather than a text is shared

# item and object as stored, uncertain rows; @ the generation. `sure` is what controls come from.
_SOURCES = {
    "related": (
        "SELECT r.item, r.other, r.score AS worth FROM related_@ r"
        " WHERE r.item < r.other AND r.away = 1 AND r.ruled = 0",
        f"worth BETWEEN {NEAR} AND {FAR}", f"worth > {FAR}",
        f"abs(worth - {int(SHOWN_CUT * SCALE)})",
    ),
    "same": (
        "SELECT r.item, r.other, r.similarity AS worth FROM same_@ r WHERE r.item < r.other",
        f"worth < {SURE_SAME}", f"worth >= {SURE_SAME}", "worth",
    ),
    "topic": (
        "SELECT t.item, t.topic AS other, t.confidence * 2 + t.auto AS worth FROM topic_@ t"
        " WHERE t.source <> 'human'",
        "worth % 2 = 0", "worth % 2 = 1", "-worth",
    ),
}  # fmt: skip
# What much links to is read by many: its cards come first. A topic is never a target.
_LINKED = "(SELECT count(*) FROM link_@ l WHERE l.target IN (named.item, named.other))"
# What was said of a pair, or skipped lately, does not come again.
_LEFT = """
    WITH row AS ({rows}), named AS (
        SELECT row.*, i.id AS item_id,
            CASE WHEN typeof(row.other) = 'text' THEN row.other ELSE o.id END AS object
        FROM row JOIN item i ON i.pk = row.item LEFT JOIN item o ON o.pk = row.other
        WHERE i.state = 'live')
    SELECT {what} FROM named WHERE {which} AND NOT EXISTS (
        SELECT 1 FROM review v WHERE v.queue = :queue AND v.item = item_id
        AND v.object = named.object AND (v.verdict <> 'skip' OR v.at >= :since)) {order}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a moderator said to a card."""

    queue: str
    item: str  # id; in `suspect` the source
    object: str
    verdict: str  # yes no skip
    by: str
    role: str
    at: str


def counts(db: sqlite3.Connection, now: datetime) -> dict[str, int]:
    """Return how many cards are left in each queue."""
    told = {queue: _count(db, queue, now) for queue in _SOURCES}
    told["confirm"] = len(_to_confirm(db, now))
    told["suspect"] = len(_suspects(db, now))
    return told


def _count(db: sqlite3.Connection, queue: str, now: datetime) -> int:
    rows, uncertain, _, _ = _SOURCES[queue]
    sql = _LEFT.format(rows=rows, what="count(*)", which=uncertain, order="")
    return int(reading(db).run(sql, _values(queue, now)).fetchone()[0])


def _values(queue: str, now: datetime) -> dict[str, str]:
    return {"queue": queue, "since": stamp(now - SKIPPED_FOR)}


def card(db: sqlite3.Connection, queue: str, now: datetime) -> Document | None:
    """Return the next card of a queue, None when it is empty.

    Every tenth one is a control; it does not say so, for who knows judges otherwise.
    """
    if queue == "confirm":
        return next(iter(_to_confirm(db, now)), None)
    if queue == "suspect":
        return next(iter(_suspects(db, now)), None)
    said = db.execute(
        "SELECT count(*) FROM review WHERE queue = ? AND verdict <> 'skip'", (queue,)
    ).fetchone()[0]
    is_control = said % CONTROL_EVERY == CONTROL_EVERY - 1
    found = _next(db, queue, now, control=True) if is_control else None
    return found or _next(db, queue, now, control=False)


def _next(db: sqlite3.Connection, queue: str, now: datetime, *, control: bool) -> Document | None:
    rows, uncertain, sure, order = _SOURCES[queue]
    # Controls in an order that has nothing to do with how sure the machine was.
    mixed = "(item * 2654435761 + length(object) * 40503) % 1000003"
    first = f"{_LINKED} DESC, {order}"
    sql = _LEFT.format(
        rows=rows, what="item, other, object, item_id, worth", which=sure if control else uncertain,
        order=f"ORDER BY {mixed if control else first}, item_id, object LIMIT 1",
    )  # fmt: skip
    generation = reading(db)
    row = generation.run(sql, _values(queue, now)).fetchone()
    if row is None:
        return None
    return {"queue": queue, "control": control, **_sides(db, row["item"], row["other"]),
            "object_id": row["object"], **_reason(generation, queue, row)}  # fmt: skip


def _sides(db: sqlite3.Connection, item: int, other: int | str) -> Document:
    """Return both sides as readers see them, with excerpts."""
    pks = [item, *([other] if isinstance(other, int) else [])]
    told = items_by_pk(db, pks)
    excerpts = {row["pk"]: row["excerpt"] for row in db.execute(
        "SELECT pk, excerpt FROM item WHERE pk IN (SELECT value FROM json_each(?))",
        (json.dumps(pks),))}  # fmt: skip
    sides = {pk: {**told[pk], "excerpt": excerpts[pk]} for pk in pks if pk in told}
    return {"item": sides.get(item), "other": sides.get(other) if isinstance(other, int) else None}


def _reason(generation: Generation, queue: str, row: sqlite3.Row) -> Document:
    """Return why the machine proposes a card, in what a person can check."""
    item, other = row["item"], row["other"]
    if queue == "related":
        found = related_of(generation.db, item, limit=100)
        mine = next((one for one in found if one.item == other), None)
        return {"because": [reason.label for reason in mine.because] if mine else [],
                "sure": row["worth"] / SCALE}  # fmt: skip
    if queue == "same":
        told = generation.run(
            "SELECT similarity, relation, differs FROM same_@ WHERE item = ? AND other = ?",
            (item, other),
        ).fetchone()
        return {"because": json.loads(told["differs"]), "sure": told["similarity"] / 1000}
    told = generation.run(
        "SELECT evidence, confidence FROM topic_@ WHERE item = ? AND topic = ?", (item, other)
    ).fetchone()
    words = [word.strip() for word in told["evidence"].split(",") if word.strip()]
    return {"because": words, "sure": told["confidence"] / 1000}


def _to_confirm(db: sqlite3.Connection, now: datetime) -> list[Document]:
    """Return decisions whose item has changed since, with what it is now."""
    skipped = _said(db, "confirm", now)
    found = []
    for decision in standing.to_confirm(db):
        name = decision_name(decision)
        pk = decisions.find(db, decision.subject)
        if pk is None or name in skipped:
            continue
        other = (decisions.find(db, decision.object)
                 if isinstance(decision.object, Subject) else None)  # fmt: skip
        found.append({
            "queue": "confirm", "control": False, "decision": decisions.document(decision),
            "object_id": name, "because": [], "sure": None,
            **_sides(db, pk, other if other is not None else ""),
        })  # fmt: skip
    return found


def decision_name(decision: Decision) -> str:
    """Return a name for a decision, by what stays."""
    told = decisions.document(decision)
    return json.dumps([told[key] for key in ("kind", "subject", "object", "at", "by")],
                      ensure_ascii=False, sort_keys=True)  # fmt: skip


def _suspects(db: sqlite3.Connection, now: datetime) -> list[Document]:
    """Return sources whose last run was not believed, as long as nobody said anything to it."""
    said = _said(db, "suspect", now)
    rows = db.execute(
        "SELECT source, reason, message, last_run_at FROM source_state WHERE state = 'suspect'"
        " AND NOT EXISTS (SELECT 1 FROM acceptance a WHERE a.source = source_state.source"
        "  AND used_at IS NULL) ORDER BY last_run_at, source"
    ).fetchall()
    return [
        {"queue": "suspect", "control": False, "source": row["source"], "item": None, "other": None,
         "reason": row["reason"], "message": row["message"], "at": row["last_run_at"],
         "object_id": f"{row['source']} {row['last_run_at']}", "because": [], "sure": None}
        for row in rows if f"{row['source']} {row['last_run_at']}" not in said
    ]  # fmt: skip


def _said(db: sqlite3.Connection, queue: str, now: datetime) -> set[str]:
    rows = db.execute(
        "SELECT object FROM review WHERE queue = ? AND (verdict <> 'skip' OR at >= ?)",
        (queue, stamp(now - SKIPPED_FOR)),
    )
    return {row["object"] for row in rows}


# --- saying something ------------------------------------------------------------------------


def say(db: sqlite3.Connection, verdict: Verdict, decision: Decision | None) -> None:
    """Keep what a moderator said, with its effect at once; part of the caller's transaction.

    Args:
        db: The connection.
        verdict: What was said.
        decision: What follows from it; None where nothing does.
    """
    control = _is_sure(db, verdict)
    decided = ""
    if decision is not None and decisions.record(db, decision):
        apply(db, decision)
        decided = decision_name(decision)
    db.execute(
        "INSERT INTO review (queue, item, object, verdict, control, decided, at, by_name)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (verdict.queue, verdict.item, verdict.object, verdict.verdict, control, decided,
         verdict.at, verdict.by),
    )  # fmt: skip


def _is_sure(db: sqlite3.Connection, verdict: Verdict) -> bool:
    """Whether the machine had accepted a card by itself: then it was a control."""
    if verdict.queue not in _SOURCES:
        return False
    rows, _, sure, _ = _SOURCES[verdict.queue]
    what = f"count(*) FILTER (WHERE item_id = :item AND object = :object AND {sure})"
    sql = _LEFT.format(rows=rows, what=what, which="1", order="")
    values = {**_values(verdict.queue, instant(verdict.at)),
              "item": verdict.item, "object": verdict.object}  # fmt: skip
    return bool(reading(db).run(sql, values).fetchone()[0])


def last_said(db: sqlite3.Connection, by: str, now: datetime) -> Document | None:
    """Return what somebody said last, as long as it can be taken back."""
    row = db.execute(
        "SELECT id, queue, item, object, verdict, decided, at FROM review"
        " WHERE by_name = ? AND at >= ? ORDER BY id DESC LIMIT 1",
        (by, stamp(now - UNDO_FOR)),
    ).fetchone()
    return dict(row) if row else None


def undo(db: sqlite3.Connection, by: str, now: datetime) -> str | None:
    """Take back what somebody said last; return the queue. Part of the caller's transaction."""
    said = last_said(db, by, now)
    if said is None:
        return None
    db.execute("DELETE FROM review WHERE id = ?", (said["id"],))
    if said["queue"] == "suspect":
        db.execute("DELETE FROM acceptance WHERE source = ? AND used_at IS NULL AND by_name = ?",
                   (said["item"], by))  # fmt: skip
    if said["decided"]:
        kind, subject, other, at, who = json.loads(said["decided"])
        decisions.take_back(db, kind, subject, other, at, who)
    return str(said["queue"])


def precision(db: sqlite3.Connection) -> dict[str, Mapping[str, float | int | None]]:
    """Return for each queue how many controls were judged, and which share was right."""
    told: dict[str, Mapping[str, float | int | None]] = {}
    for queue in _SOURCES:
        row = db.execute(
            "SELECT count(*) AS judged, coalesce(sum(verdict = 'yes'), 0) AS right FROM review"
            " WHERE queue = ? AND control = 1 AND verdict <> 'skip'", (queue,),
        ).fetchone()  # fmt: skip
        share = round(row["right"] / row["judged"], 4) if row["judged"] else None
        told[queue] = {"judged": row["judged"], "right": row["right"], "precision": share}
    return told
