"""Human decisions: stored apart, keyed to stable keys, never undone by a crawl.

A decision names its item by platform and key, with an address beside it for the case that the key
changes; one on an item that is not known waits for it. All are kept; the latest of the highest
role is in force. After a material change of what was judged it stays in force and is put up for
confirmation.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from aggregator import urls
from aggregator.errors import ConfigError
from aggregator.links.same import shingle_hashes
from aggregator.store import versions
from aggregator.store.changes import enqueue
from aggregator.store.items import survivor

KINDS = ("hide", "same", "not_same", "related", "not_related", "topic", "title")
PAIRS = ("same", "not_same", "related", "not_related")
ROLES = {"reader": 0, "moderator": 1, "admin": 2}
MATERIAL = 0.9  # containment with the judged text below which a change is material


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is judged, by what stays: platform and key, and an address."""

    platform: str
    key: str
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision; `object` is the other item of a pair, or a topic."""

    kind: str
    subject: Subject
    object: Subject | str | None
    value: Any
    by: str
    role: str
    at: str
    why: str
    judged_hash: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulings:
    """What is in force for one item; pairs are told by the other item's pk."""

    hidden: bool = False
    title: str | None = None
    topics: Mapping[str, bool] = field(default_factory=dict)
    same: Mapping[int, bool] = field(default_factory=dict)
    related: Mapping[int, bool] = field(default_factory=dict)


NONE = Rulings()


def read(row: Mapping[str, Any], *, where: str) -> Decision:
    """Read a decision from its exchange form.

    Raises:
        ConfigError: A field is missing or of the wrong kind.
    """
    try:
        kind = str(row["kind"])
        if kind not in KINDS:
            raise ValueError(f"unbekannte Art {kind!r}; es gibt {', '.join(KINDS)}")
        told = row.get("object")
        return Decision(
            kind=kind,
            subject=_subject(row["subject"]),
            object=_subject(told) if kind in PAIRS else str(told) if kind == "topic" else None,
            value=row["value"],
            by=str(row["by"]),
            role=str(row.get("role") or "admin"),
            at=str(row["at"]),
            why=str(row.get("why") or ""),
            judged_hash=row.get("judged_hash"),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(
            f"keine Entscheidung: {error}", where=where,
            remedy="Felder: kind, subject {platform, key, url}, object, value, by, at, why",
        ) from error  # fmt: skip


def _subject(told: Any) -> Subject:
    return Subject(platform=str(told["platform"]), key=str(told["key"]), url=told.get("url"))


def document(decision: Decision) -> dict[str, Any]:
    """Write a decision in its exchange form."""
    subject, other = decision.subject, decision.object
    return {
        "kind": decision.kind,
        "subject": {"platform": subject.platform, "key": subject.key, "url": subject.url},
        "object": json.loads(_object(other)) if isinstance(other, Subject) else other,
        "value": decision.value, "by": decision.by, "role": decision.role, "at": decision.at,
        "why": decision.why, "judged_hash": decision.judged_hash,
    }  # fmt: skip


def _object(told: Subject | str | None) -> str:
    if isinstance(told, Subject):
        return json.dumps(
            {"platform": told.platform, "key": told.key, "url": told.url}, ensure_ascii=False
        )
    return told or ""


def record(db: sqlite3.Connection, decision: Decision) -> bool:
    """Keep a decision and have its items derived anew; return whether it is new.

    Belongs into the caller's transaction.
    """
    subject = decision.subject
    pk = find(db, subject)
    judged = decision.judged_hash or _hash_of(db, pk)
    cursor = db.execute(
        "INSERT OR IGNORE INTO decision (kind, platform, key, url, object, value, by_name, role,"
        " at, why, judged_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (decision.kind, subject.platform, subject.key, subject.url, _object(decision.object),
         json.dumps(decision.value, ensure_ascii=False), decision.by, decision.role, decision.at,
         decision.why, judged),
    )  # fmt: skip
    if cursor.rowcount == 0:
        return False
    other = find(db, decision.object) if isinstance(decision.object, Subject) else None
    for item in (pk, other):
        if item is not None:
            enqueue(db, item)
    return True


def take_back(
    db: sqlite3.Connection, kind: str, subject: Mapping[str, Any], other: Any, at: str, by: str
) -> bool:
    """Remove a decision that was made by mistake a moment ago; return whether it was there.

    Belongs into the caller's transaction. Whoever changes their mind later decides anew.
    """
    told = _object(_subject(other) if isinstance(other, Mapping) else other)
    cursor = db.execute(
        "DELETE FROM decision WHERE kind = ? AND platform = ? AND key = ? AND object = ?"
        " AND at = ? AND by_name = ?",
        (kind, subject["platform"], subject["key"], told, at, by),
    )
    for one in (_subject(subject), _subject(other) if isinstance(other, Mapping) else None):
        pk = find(db, one) if one else None
        if pk is not None:
            enqueue(db, pk)
    return cursor.rowcount > 0


def stored(db: sqlite3.Connection) -> Iterator[Decision]:
    """Yield all decisions, oldest first, in an order by content."""
    for row in db.execute(
        "SELECT kind, platform, key, url, object, value, by_name, role, at, why, judged_hash"
        " FROM decision ORDER BY at, platform, key, kind, object, by_name"
    ):
        yield _decision(row)


def _decision(row: sqlite3.Row) -> Decision:
    told = row["object"]
    other = _subject(json.loads(told)) if row["kind"] in PAIRS else told or None
    return Decision(
        kind=row["kind"],
        subject=Subject(platform=row["platform"], key=row["key"], url=row["url"]),
        object=other, value=json.loads(row["value"]), by=row["by_name"], role=row["role"],
        at=row["at"], why=row["why"], judged_hash=row["judged_hash"],
    )  # fmt: skip


def find(db: sqlite3.Connection, subject: Subject) -> int | None:
    """Return the living item that a decision is about, by key, else by address."""
    row = db.execute(
        "SELECT pk FROM item WHERE platform = ? AND key = ?", (subject.platform, subject.key)
    ).fetchone()
    named = subject.url or (subject.key if subject.key.startswith("http") else None)
    if row is None and named:  # the key has changed since
        row = db.execute(
            "SELECT item FROM alias WHERE platform = ? AND canonical = ?",
            (subject.platform, urls.canonical(named)),
        ).fetchone()
    return None if row is None else survivor(db, row[0])


def _hash_of(db: sqlite3.Connection, pk: int | None) -> str | None:
    row = db.execute("SELECT content_hash FROM item WHERE pk = ?", (pk,)).fetchone()
    return row[0] if row else None


# --- what is in force ------------------------------------------------------------------------


def all_in_force(db: sqlite3.Connection) -> dict[int, Rulings]:
    """Return what is in force, for each item that any decision is about."""
    verdicts: dict[tuple[str, int, int | str], tuple[tuple[int, str, str], Any]] = {}
    for decision in stored(db):
        pk = find(db, decision.subject)
        other = find(db, decision.object) if isinstance(decision.object, Subject) else None
        if pk is None or (decision.kind in PAIRS and other in (None, pk)):
            continue
        strength = (ROLES.get(decision.role, 0), decision.at, decision.by)
        for question, value in _questions(decision, pk, other):
            if question not in verdicts or verdicts[question][0] <= strength:
                verdicts[question] = (strength, value)
    return _rulings({question: value for question, (_, value) in verdicts.items()})


def _questions(
    decision: Decision, pk: int, other: int | None
) -> list[tuple[tuple[str, int, int | str], Any]]:
    """Return what a decision answers: a pair is one question, asked from both sides."""
    kind = decision.kind
    if kind in PAIRS and other is not None:
        answer = bool(decision.value) is not kind.startswith("not_")
        about = kind.removeprefix("not_")
        return [((about, pk, other), answer), ((about, other, pk), answer)]
    return [((kind, pk, decision.object if isinstance(decision.object, str) else ""),
             decision.value)]  # fmt: skip


def _rulings(verdicts: Mapping[tuple[str, int, int | str], Any]) -> dict[int, Rulings]:
    """Group verdicts by item."""
    found: dict[int, dict[str, Any]] = {}
    for (kind, pk, about), value in verdicts.items():
        mine = found.setdefault(pk, {"topics": {}, "same": {}, "related": {}})
        if kind == "hide":
            mine["hidden"] = bool(value)
        elif kind == "title":
            mine["title"] = str(value) if value else None
        else:
            mine["topics" if kind == "topic" else kind][about] = bool(value)
    return {pk: Rulings(**fields) for pk, fields in found.items()}


def to_confirm(db: sqlite3.Connection) -> list[Decision]:
    """Return decisions that stand and whose item changed materially since it was judged.

    One stands until a later one answers the same question: of a role as high, or with the same
    answer, which confirms it.
    """
    every = list(stored(db))
    later: dict[tuple[str, str, str, str], list[Decision]] = {}
    for decision in every:
        later.setdefault(_question(decision), []).append(decision)
    return [
        d for d in every
        if not any(_supersedes(other, d) for other in later[_question(d)]) and _changed(db, d)
    ]  # fmt: skip


def _question(decision: Decision) -> tuple[str, str, str, str]:
    subject = decision.subject
    about = decision.object
    named = f"{about.platform} {about.key}" if isinstance(about, Subject) else about or ""
    return decision.kind.removeprefix("not_"), subject.platform, subject.key, named


def _supersedes(later: Decision, decision: Decision) -> bool:
    if later.at <= decision.at:
        return False
    as_high = ROLES.get(later.role, 0) >= ROLES.get(decision.role, 0)
    return as_high or (later.kind, later.value) == (decision.kind, decision.value)


def _changed(db: sqlite3.Connection, decision: Decision) -> bool:
    """Whether title or text are materially other than what was judged."""
    pk = find(db, decision.subject)
    row = db.execute(
        "SELECT title, text, content_hash FROM item WHERE pk = ?", (pk,)
    ).fetchone()  # fmt: skip
    if pk is None or row is None or decision.judged_hash in (None, row["content_hash"]):
        return False
    judged = versions.state_with(db, pk, decision.judged_hash)
    if judged is None or judged.title != row["title"]:
        return True
    before, now = shingle_hashes(judged.text), shingle_hashes(row["text"])
    return len(before & now) < MATERIAL * len(before)
