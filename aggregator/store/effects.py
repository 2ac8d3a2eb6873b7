"""The effect of a decision at once, before the queue comes to its items.

Written into the live generation exactly as deriving will write it: what was decided is a source
table, and the derived rows follow from it either way.
"""

import sqlite3

from aggregator.store import decisions
from aggregator.store.decisions import PAIRS, Decision, Subject
from aggregator.store.derived import Generation, reading
from aggregator.store.items import set_hidden


def apply(db: sqlite3.Connection, decision: Decision) -> None:
    """Let a decision show; part of the transaction that records it."""
    pk = decisions.find(db, decision.subject)
    if pk is None:
        return  # it waits for its item
    generation = reading(db)
    if decision.kind in PAIRS and isinstance(decision.object, Subject):
        other = decisions.find(db, decision.object)
        if other is not None and other != pk:
            _pair(generation, decision, pk, other)
    elif decision.kind == "topic" and isinstance(decision.object, str):
        _topic(generation, pk, decision.object, value=bool(decision.value))
    elif decision.kind == "hide":
        set_hidden(db, pk, hidden=bool(decision.value))


def _pair(generation: Generation, decision: Decision, one: int, other: int) -> None:
    table = "same" if decision.kind.endswith("same") else "related"
    together = bool(decision.value) is not decision.kind.startswith("not_")
    for mine, theirs in ((one, other), (other, one)):
        if not together:
            generation.run(
                "DELETE FROM same_@ WHERE item = ? AND other = ?" if table == "same" else
                "DELETE FROM related_@ WHERE item = ? AND other = ?", (mine, theirs),
            )  # fmt: skip
        elif table == "related":
            generation.run(
                "UPDATE related_@ SET ruled = 1 WHERE item = ? AND other = ?", (mine, theirs)
            )


def _topic(generation: Generation, pk: int, topic: str, *, value: bool) -> None:
    """Assign or take a topic; search filters by a list of them beside the row of the index."""
    generation.run("DELETE FROM topic_@ WHERE item = ? AND topic = ?", (pk, topic))
    if value:
        generation.run(
            "INSERT INTO topic_@ (item, topic, source, confidence, auto, evidence)"
            " VALUES (?, ?, 'human', 1000, 1, '')", (pk, topic),
        )  # fmt: skip
    rows = generation.run("SELECT topic FROM topic_@ WHERE item = ? AND auto = 1", (pk,))
    named = " ".join(sorted(row["topic"] for row in rows))
    generation.run("UPDATE entry_@ SET topics = ? WHERE item = ?", (f" {named} ", pk))
