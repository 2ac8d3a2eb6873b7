"""What people decide on the page of an item: on a pair, on a topic, and items added by hand."""

import json
import sqlite3
from dataclasses import dataclass

from aggregator.errors import NotFoundError
from aggregator.model import Platform, Source, SourceKind
from aggregator.store import audit, catalogue, effects
from aggregator.store.decisions import PAIRS, Decision, Subject, find, record
from aggregator.store.reads import Document, items_by_pk
from aggregator.store.reads_names import resolve

KINDS = (*PAIRS, "topic")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Who decides, when, and why."""

    name: str
    role: str
    at: str
    why: str = ""


def subject_of(db: sqlite3.Connection, item_id: str) -> tuple[int, Subject]:
    """Return an item's row and what of it stays.

    Raises:
        NotFoundError: There is no such item that may be shown.
    """
    pk = resolve(db, item_id).pk
    row = db.execute("SELECT platform, key, url FROM item WHERE pk = ?", (pk,)).fetchone()
    return pk, Subject(platform=row["platform"], key=row["key"], url=row["url"])


def judge_pair(
    db: sqlite3.Connection, kind: str, item_id: str, other_id: str, judge: Judge
) -> bool:
    """Decide that two items are the same or related, or that they are not; return if it is new.

    Belongs into the caller's transaction.

    Args:
        db: The connection.
        kind: One of `PAIRS`.
        item_id: The item on whose page it was decided.
        other_id: The other one, by id or address.
        judge: Who decides.

    Raises:
        NotFoundError: One of them does not exist.
    """
    pk, subject = subject_of(db, item_id)
    other_pk, other = subject_of(db, other_id)
    if pk == other_pk:
        raise NotFoundError("ein Eintrag kann nicht mit sich selbst verknüpft werden",
                            where=other_id, remedy="einen anderen Eintrag nennen")  # fmt: skip
    return _record(db, kind, subject, other, judge, item_id, value=True)


def judge_topic(
    db: sqlite3.Connection, item_id: str, topic: str, judge: Judge, *, fits: bool
) -> bool:
    """Decide that an item belongs to a topic or does not; return whether it is new.

    Belongs into the caller's transaction.

    Raises:
        NotFoundError: There is no such item.
    """
    _, subject = subject_of(db, item_id)
    return _record(db, "topic", subject, topic, judge, item_id, value=fits)


def _record(
    db: sqlite3.Connection, kind: str, subject: Subject, about: Subject | str, judge: Judge,
    item_id: str, *, value: bool,
) -> bool:  # fmt: skip
    decision = Decision(
        kind=kind, subject=subject, object=about, value=value, by=judge.name, role=judge.role,
        at=judge.at, why=judge.why, judged_hash=None,
    )  # fmt: skip
    new = record(db, decision)
    if new:
        effects.apply(db, decision)
        told = about if isinstance(about, str) else about.url
        audit.note(db, judge.name, "decision", judge.at, item_id,
                   {"kind": kind, "object": told, "value": value})  # fmt: skip
    return new


def verdicts(db: sqlite3.Connection, pk: int) -> list[Document]:
    """Return what was decided on the page of an item, the latest of each question, newest first.

    Who decided stands in the audit log and the exchange form, not here: this is public.
    """
    rows = db.execute(
        "SELECT decision.kind, object, value, at, why FROM decision"
        " JOIN item USING (platform, key)"
        " WHERE item.pk = ? AND decision.kind IN (SELECT value FROM json_each(?))"
        " ORDER BY at DESC, seq DESC",
        (pk, json.dumps(KINDS)),
    )
    told: dict[tuple[str, str], Document] = {}
    for row in rows:
        about = _about(db, row)
        question = (row["kind"].removeprefix("not_"), about["id"] or about["topic"] or "")
        told.setdefault(question, {
            "kind": question[0], "item": about["item"], "topic": about["topic"],
            "yes": bool(json.loads(row["value"])) is not row["kind"].startswith("not_"),
            "at": row["at"], "why": row["why"],
        })  # fmt: skip
    return list(told.values())


def _about(db: sqlite3.Connection, row: sqlite3.Row) -> Document:
    """Return the other side of a decision: an item, or a topic."""
    if row["kind"] == "topic":
        return {"id": None, "item": None, "topic": row["object"]}
    told = json.loads(row["object"])
    pk = find(db, Subject(platform=told["platform"], key=told["key"], url=told["url"]))
    item = items_by_pk(db, [pk]).get(pk) if pk is not None else None
    return {"id": item and item["id"], "item": item, "topic": None}


# --- added by hand ---------------------------------------------------------------------------


def manual_sources(db: sqlite3.Connection) -> list[str]:
    """Return the sources that are filled by hand."""
    rows = db.execute("SELECT id FROM source WHERE kind = 'manual' ORDER BY position")
    return [row["id"] for row in rows]


def manual_source(db: sqlite3.Connection, name: str) -> tuple[Source, Platform]:
    """Return a source that is filled by hand, with its platform.

    Raises:
        NotFoundError: There is none of this name.
    """
    source = catalogue.source(db, name)
    if source is None or source.kind is not SourceKind.MANUAL:
        known = manual_sources(db)
        raise NotFoundError(
            "es gibt keine solche Quelle, die von Hand befüllt wird", where=name,
            remedy=f"eine von {', '.join(known)} nennen" if known
            else "in sources.yaml eine mit kind: manual anlegen",
        )  # fmt: skip
    return source, next(p for p in catalogue.platforms(db) if p.id == source.platform)
