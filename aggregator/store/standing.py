"""Which decisions are in force, which are suspended, and which a person should look at again.

Of all decisions that answer one question, the latest of the highest role is in force. When the
item changed materially since it was judged (of the judged words less than nine in ten are left, the
title is another one, or the sentence that decided is gone), it goes up for confirmation and stays
in force all the same. Only a topic, a title and "the same" are suspended, and only when what was
judged is gone: nobody said that of what stands there now. A later decision with the same answer on
what stands there now confirms it. When two items turned out to be one, answers that contradict each
other go up too, until somebody who saw the one item decides.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from aggregator.links.same import SAMPLED
from aggregator.store.decisions import (
    PAIRS,
    ROLES,
    Decision,
    Rulings,
    Subject,
    document,
    find,
    names_of,
    shingles_of,
    stored,
)  # fmt: skip

MATERIAL = 0.9  # share of the judged words below which a change is material
GONE = 0.2  # ... below which what was judged is gone
SUSPENDABLE = ("topic", "title", "same")

Question = tuple[str, int, int | str]  # kind without "not_", item, other item or topic


class State(StrEnum):
    """How a decision stands."""

    WAITING = "waiting"  # for its item
    IN_FORCE = "in_force"
    SUSPENDED = "suspended"  # what was judged is gone
    OVERRULED = "overruled"  # by a later one, or by a higher role


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A decision with its state; `confirm`: a person should look at it again."""

    decision: Decision
    state: State
    confirm: bool


def standings(db: sqlite3.Connection) -> list[Standing]:
    """Return all decisions with their states, oldest first."""
    decisions = list(stored(db))
    questions = [_question(db, decision) for decision in decisions]
    asked: dict[Question, list[Decision]] = {}
    for decision, question in zip(decisions, questions, strict=True):
        if question is not None:
            asked.setdefault(question, []).append(decision)
    now = _Now(db)
    told = {question: _judge(now, question, held) for question, held in asked.items()}
    return [
        Standing(decision=decision, state=State.WAITING, confirm=False) if question is None
        else told[question][_name(decision)]
        for decision, question in zip(decisions, questions, strict=True)
    ]  # fmt: skip


def all_in_force(db: sqlite3.Connection) -> dict[int, Rulings]:
    """Return what is in force, for each item that any decision is about."""
    verdicts: dict[Question, Any] = {}
    for standing in standings(db):
        decision = standing.decision
        if standing.state is State.IN_FORCE:
            question = _question(db, decision)
            if question is not None:
                verdicts[question] = answer_of(decision)
    return _rulings(verdicts)


def to_confirm(db: sqlite3.Connection) -> list[Decision]:
    """Return the decisions that a person should look at again, oldest first."""
    return [standing.decision for standing in standings(db) if standing.confirm]


def answer_of(decision: Decision) -> Any:
    """Return what a decision says to its question; "not the same" says no to "the same"."""
    if decision.kind in PAIRS:
        return bool(decision.value) is not decision.kind.startswith("not_")
    return decision.value


def _question(db: sqlite3.Connection, decision: Decision) -> Question | None:
    """Return what a decision answers; None while an item that it is about is not there."""
    pk = find(db, decision.subject)
    if pk is None:
        return None
    if decision.kind not in PAIRS:
        about = decision.object if isinstance(decision.object, str) else ""
        return decision.kind, pk, about
    other = find(db, decision.object) if isinstance(decision.object, Subject) else None
    if other is None or other == pk:
        return None
    return decision.kind.removeprefix("not_"), min(pk, other), max(pk, other)


def _name(decision: Decision) -> tuple[str, ...]:
    """Return what tells a decision from all others; also the last word in their order."""
    told = document(decision)
    return tuple(str(told[key]) for key in ("kind", "subject", "object", "at", "by"))


def _strength(decision: Decision) -> tuple[int, str, str, tuple[str, ...]]:
    return ROLES.get(decision.role, 0), decision.at, decision.by, _name(decision)


class _Now:
    """What stands in items now; each is read once."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._known: dict[int, tuple[sqlite3.Row, frozenset[int]]] = {}

    def changes(self, decision: Decision) -> tuple[bool, bool]:
        """Return whether its item changed materially, and whether what was judged is gone."""
        pk = find(self._db, decision.subject)
        if pk is None:
            return False, False
        row = self._db.execute(
            "SELECT title, text, digest, content_hash FROM item WHERE pk = ?", (pk,)
        ).fetchone()
        if decision.judged_hash in (None, row["content_hash"]):
            return False, False
        judged = decision.judged
        if not judged.shingles and judged.title is None:
            return True, False  # other than what was judged, which is not known
        if pk not in self._known:
            self._known[pk] = row, shingles_of(row)
        present = self._known[pk][1]
        left = _share(judged.shingles, present, row)
        passage = _share(judged.passage, present, row) if judged.passage else left
        material = left < MATERIAL or passage < MATERIAL or judged.title != row["title"]
        return material, passage < GONE


def _share(judged: Sequence[int], present: frozenset[int], row: sqlite3.Row) -> float:
    """Return the share of judged hashes that are still there."""
    if row["digest"]:  # of the present text a sample is known
        judged = [value for value in judged if value % SAMPLED == 0]
    return sum(value in present for value in judged) / len(judged) if judged else 1.0


def _judge(
    now: _Now, question: Question, held: Sequence[Decision]
) -> dict[tuple[str, ...], Standing]:
    """Return how all decisions on one question stand."""
    best = max(held, key=_strength)
    # Whoever says the same later, in whatever role, confirms it for what they saw.
    backing = [d for d in held if d.at >= best.at and answer_of(d) == answer_of(best)]
    seen = [now.changes(decision) for decision in backing]
    changed = all(material for material, _ in seen)
    gone = all(passage for _, passage in seen)
    suspended = gone and question[0] in SUSPENDABLE and _is_positive(question, best)
    against = _contradicting(best, held)
    found = {}
    for decision in held:
        state = State.OVERRULED
        if decision is best:
            state = State.SUSPENDED if suspended else State.IN_FORCE
        confirm = (changed and decision is best) or (bool(against) and decision in (best, *against))
        found[_name(decision)] = Standing(decision=decision, state=state, confirm=confirm)
    return found


def _is_positive(question: Question, decision: Decision) -> bool:
    """Whether it says something of what was judged: "not the same" stands whatever comes."""
    return question[0] != "same" or bool(answer_of(decision))


def _contradicting(best: Decision, held: Iterable[Decision]) -> list[Decision]:
    """Return what was decided otherwise on an item that turned out to be this one later."""
    known = set(best.judged.keys)
    latest: dict[tuple[str, str], Decision] = {}
    for decision in sorted(held, key=_strength):
        latest[_about(decision)] = decision
    return [
        decision for decision in latest.values()
        if answer_of(decision) != answer_of(best) and _about(decision) != _about(best)
        and not names_of(decision.subject) & known
    ]  # fmt: skip


def _about(decision: Decision) -> tuple[str, str]:
    """Return the items that a decision names, in one order."""
    names = [decision.subject.key]
    if isinstance(decision.object, Subject):
        names.append(decision.object.key)
    return min(names), max(names)


def _rulings(verdicts: Mapping[Question, Any]) -> dict[int, Rulings]:
    """Group verdicts by item; a pair is told to both."""
    found: dict[int, dict[str, Any]] = {}
    for (kind, pk, about), value in verdicts.items():
        mine = found.setdefault(pk, _nothing())
        if kind == "hide":
            mine["hidden"] = bool(value)
        elif kind == "title":
            mine["title"] = str(value) if value else None
        elif kind == "topic":
            mine["topics"][about] = bool(value)
        else:
            mine[kind][about] = bool(value)
            found.setdefault(int(about), _nothing())[kind][pk] = bool(value)
    return {pk: Rulings(**fields) for pk, fields in found.items()}


def _nothing() -> dict[str, Any]:
    return {"topics": {}, "same": {}, "related": {}}
