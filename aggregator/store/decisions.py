"""Human decisions: stored apart, keyed to stable keys, never undone by a crawl.

A decision names its item by platform and key, with an address beside it for the case that the key
changes; one on an item that is not known waits for it. All are kept; which of them is in force is
what `store.standing` knows. With a decision goes what was judged: title and hashes of the words, so
that a change is noticed wherever the decision is taken to.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from aggregator import urls
from aggregator.errors import ConfigError
from aggregator.links.same import SAMPLED, shingle_hashes
from aggregator.store import versions
from aggregator.store.changes import enqueue
from aggregator.store.items import survivor

KINDS = ("hide", "same", "not_same", "related", "not_related", "topic", "title")
PAIRS = ("same", "not_same", "related", "not_related")
ROLES = {"reader": 0, "moderator": 1, "admin": 2}
MOST_JUDGED = 256  # hashes of a judged text: its share in another is known to some 2 %


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is judged, by what stays: platform and key, and an address."""

    platform: str
    key: str
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What was looked at: hashes, since of some items no text may be kept."""

    title: str | None = None  # None: not known
    shingles: tuple[int, ...] = ()  # of title and text; none: not known
    passage: tuple[int, ...] = ()  # of the sentence that decided, where one was named
    keys: tuple[str, ...] = ()  # all names that the item had by then


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
    judged: Judged = Judged()


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
            judged=_judged(row.get("judged") or {}, row.get("passage")),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(
            f"keine Entscheidung: {error}", where=where,
            remedy="Felder: kind, subject {platform, key, url}, object, value, by, at, why",
        ) from error  # fmt: skip


def _subject(told: Any) -> Subject:
    return Subject(platform=str(told["platform"]), key=str(told["key"]), url=told.get("url"))


def _judged(told: Mapping[str, Any], passage: Any) -> Judged:
    """Read what was judged; a passage may also come as the sentence itself."""
    return Judged(
        title=told.get("title"),
        shingles=tuple(map(int, told.get("shingles") or ())),
        passage=tuple(sorted(shingle_hashes(passage))) if isinstance(passage, str)
        else tuple(map(int, told.get("passage") or ())),
        keys=tuple(map(str, told.get("keys") or ())),
    )  # fmt: skip


def document(decision: Decision) -> dict[str, Any]:
    """Write a decision in its exchange form."""
    subject, other = decision.subject, decision.object
    return {
        "kind": decision.kind,
        "subject": {"platform": subject.platform, "key": subject.key, "url": subject.url},
        "object": json.loads(_object(other)) if isinstance(other, Subject) else other,
        "value": decision.value, "by": decision.by, "role": decision.role, "at": decision.at,
        "why": decision.why, "judged_hash": decision.judged_hash,
        "judged": _judged_document(decision.judged),
    }  # fmt: skip


def _judged_document(judged: Judged) -> dict[str, Any]:
    return {"title": judged.title, "shingles": list(judged.shingles),
            "passage": list(judged.passage), "keys": list(judged.keys)}  # fmt: skip


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
    judged_hash = decision.judged_hash or _hash_of(db, pk)
    judged = seen(db, pk, judged_hash, decision.judged) if pk is not None else decision.judged
    cursor = db.execute(
        "INSERT OR IGNORE INTO decision (kind, platform, key, url, object, value, by_name, role,"
        " at, why, judged_hash, judged) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (decision.kind, subject.platform, subject.key, subject.url, _object(decision.object),
         json.dumps(decision.value, ensure_ascii=False), decision.by, decision.role, decision.at,
         decision.why, judged_hash, json.dumps(_judged_document(judged), ensure_ascii=False)),
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
        "SELECT kind, platform, key, url, object, value, by_name, role, at, why, judged_hash,"
        " judged FROM decision ORDER BY at, platform, key, kind, object, by_name"
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
        judged=_judged(json.loads(row["judged"]), None),
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


# --- what was judged -------------------------------------------------------------------------


def seen(db: sqlite3.Connection, pk: int, judged_hash: str | None, told: Judged) -> Judged:
    """Return what was judged of an item, as far as it is stored; what the decision tells stands.

    Args:
        db: The database.
        pk: The item.
        judged_hash: Of the state that was judged: the current one, or one that was superseded.
        told: What came with the decision.
    """
    state = versions.state_with(db, pk, judged_hash)
    row = db.execute(
        "SELECT title, text, digest, content_hash FROM item WHERE pk = ?", (pk,)
    ).fetchone()
    keys = told.keys or keys_of(db, pk)
    if judged_hash == row["content_hash"]:
        title, shingles = row["title"], shingles_of(row)
    elif state is not None:
        title, shingles = state.title, shingle_hashes(f"{state.title}\n{state.text}")
    else:
        return replace(told, keys=keys)
    return replace(
        told, title=told.title or title, shingles=told.shingles or _few(shingles), keys=keys
    )


def shingles_of(row: sqlite3.Row) -> frozenset[int]:
    """Return the hashes of an item's title and text; of a text that may not be stored a sample."""
    if row["digest"]:
        return frozenset(json.loads(row["digest"])["shingles"])
    return shingle_hashes(f"{row['title']}\n{row['text']}")


def _few(shingles: frozenset[int]) -> tuple[int, ...]:
    """Return the hashes to be kept, those first that any sample has."""
    return tuple(sorted(shingles, key=lambda value: (value % SAMPLED != 0, value))[:MOST_JUDGED])


def keys_of(db: sqlite3.Connection, pk: int) -> tuple[str, ...]:
    """Return all names of an item: its key, those of what turned out to be it, its addresses."""
    rows = db.execute(
        "WITH RECURSIVE mine(pk) AS (SELECT ? UNION SELECT i.pk FROM item i"
        " JOIN mine ON i.merged_into = mine.pk) SELECT key AS name FROM item JOIN mine USING (pk)"
        " UNION SELECT canonical FROM alias JOIN mine ON alias.item = mine.pk ORDER BY name",
        (pk,),
    )
    return tuple(row["name"] for row in rows)


def names_of(subject: Subject) -> frozenset[str]:
    """Return the names by which a decision may mean its item."""
    addresses = [told for told in (subject.url, subject.key) if told and told.startswith("http")]
    return frozenset([subject.key, *map(urls.canonical, addresses)])
