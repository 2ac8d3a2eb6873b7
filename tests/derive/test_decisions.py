"""Decisions through everything that happens to items: states as the rule says, none lost.

The rule is told here once more, on the texts themselves and by the addresses of items; the product
knows hashes, keys and merged rows.
"""

import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator import store, urls
from aggregator.links.same import shingle_hashes
from aggregator.store import decisions
from aggregator.store.standing import GONE, MATERIAL, State, all_in_force, standings
from tests.derive.conftest import Corpus, address
from tests.derive.test_equality import fresh

ROUNDS = int(os.environ.get("DECISION_ROUNDS", "15"))
NUMBERS, TITLES = range(4), ("Erster Titel", "Zweiter Titel")
SENTENCES = (
    "Die Kommune nimmt den Antrag auf Wohngeld seit dem Frühjahr elektronisch an.",
    "Der Bund fördert die Digitalisierung der Verwaltung mit sehr viel Geld.",
    "Für die Steuer gilt eine neue Frist, die das Finanzamt allen mitteilt.",
    "Im Rathaus wurde eine Ausstellung über alte Brücken und Straßen eröffnet.",
)
KINDS = ("hide", "same", "not_same", "related", "not_related", "topic", "title")
ROLES = ("moderator", "admin")

numbers = st.sampled_from(NUMBERS)
texts = st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=3, unique=True)
steps = st.one_of(
    st.tuples(st.just("put"), numbers, texts, st.sampled_from(TITLES)),
    st.tuples(st.just("vanish"), numbers),
    st.tuples(st.just("move"), numbers, texts),
    st.tuples(st.just("merge"), numbers, numbers, texts),
    st.tuples(st.just("decide"), st.sampled_from(KINDS), numbers, numbers, st.booleans(),
              st.sampled_from(ROLES)),
    st.tuples(st.just("decide"), st.sampled_from(KINDS), numbers, numbers, st.booleans(),
              st.sampled_from(ROLES)),
    st.tuples(st.just("derive")),
    st.tuples(st.just("rebuild")),
    st.tuples(st.just("carry over")),
)  # fmt: skip


@dataclass(frozen=True)
class Said:
    """A decision as the test remembers it."""

    at: str
    kind: str
    one: int
    other: int
    answer: Any
    role: str
    seen: tuple[str, str] | None  # title and text; None: there was no item
    named: frozenset[int]  # numbers that were one item by then


class World:
    """Items under numbers, and what was decided on them."""

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus
        self.said: list[Said] = []
        self.moved: dict[int, int] = {}

    def url(self, number: int) -> str:
        return address(number) + "-neu" * self.moved.get(number, 0)

    def pk(self, number: int) -> int | None:
        """The item that has the first address of a number."""
        row = self.corpus.db.execute(
            "SELECT item FROM alias WHERE canonical = ?", (urls.canonical(address(number)),)
        ).fetchone()
        return row[0] if row else None

    def seen(self, number: int) -> tuple[str, str] | None:
        row = self.corpus.db.execute(
            "SELECT title, text FROM item WHERE pk = ?", (self.pk(number),)
        ).fetchone()
        return (row["title"], row["text"]) if row else None

    def put(self, number: int, sentences: Sequence[str], **more: Any) -> None:
        aliases = (address(number),) if self.moved.get(number) else ()
        told = {"url": self.url(number), "aliases": aliases, "text": " ".join(sentences)} | more
        self.corpus.put(number, **told)

    def decide(self, kind: str, one: int, other: int, value: bool, role: str) -> None:
        at = f"2026-11-25T08:{len(self.said) // 60:02}:{len(self.said) % 60:02}Z"
        about = {"platform": "amt", "key": address(other), "url": address(other)}
        told = {
            "kind": kind, "subject": {"platform": "amt", "key": address(one), "url": address(one)},
            "object": "umwelt" if kind == "topic" else about if kind in decisions.PAIRS else None,
            "value": ("Von Hand" if value else None) if kind == "title" else value,
            "by": "Erika", "role": role, "at": at, "why": "", "judged_hash": None,
        }  # fmt: skip
        with store.transaction(self.corpus.db):
            decisions.record(self.corpus.db, decisions.read(told, where="Test"))
        answer = told["value"]
        if kind in decisions.PAIRS:
            answer = value is not kind.startswith("not_")
        here = frozenset(n for n in NUMBERS if self.pk(n) == self.pk(one) is not None)
        self.said.append(Said(at, kind, one, other, answer, role, self.seen(one), here))

    def carry_over(self) -> None:
        """Export all decisions, forget them, and import them again."""
        db = self.corpus.db
        lines = [json.dumps(decisions.document(d)) for d in decisions.stored(db)]
        with store.transaction(db):
            db.execute("DELETE FROM decision")
            for line in lines:
                decisions.record(db, decisions.read(json.loads(line), where="Test"))

    # --- the rule --------------------------------------------------------------------------

    def question(self, said: Said) -> tuple[object, ...] | None:
        pk = self.pk(said.one)
        if pk is None or said.kind not in decisions.PAIRS:
            return None if pk is None else (said.kind, pk)
        other = self.pk(said.other)
        if other in (None, pk):
            return None
        return said.kind.removeprefix("not_"), frozenset((pk, other))

    def changed(self, said: Said) -> tuple[bool, bool]:
        """Whether the item changed materially since, and whether what was judged is gone."""
        now = self.seen(said.one)
        if said.seen is None or now is None or said.seen == now:
            return False, False
        judged, present = (shingle_hashes("\n".join(told)) for told in (said.seen, now))
        left = len(judged & present) / len(judged)
        return left < MATERIAL or said.seen[0] != now[0], left < GONE

    def expected(self) -> dict[str, tuple[State, bool]]:
        asked: dict[tuple[object, ...], list[Said]] = {}
        found: dict[str, tuple[State, bool]] = {}
        for said in self.said:
            question = self.question(said)
            if question is None:
                found[said.at] = State.WAITING, False
            else:
                asked.setdefault(question, []).append(said)
        for question, held in asked.items():
            found |= self.judged(str(question[0]), held)
        return found

    def judged(self, about: str, held: Sequence[Said]) -> dict[str, tuple[State, bool]]:
        best = max(held, key=lambda said: (ROLES.index(said.role), said.at))
        backing = [s for s in held if s.at >= best.at and s.answer == best.answer]
        material, gone = (all(row) for row in zip(*map(self.changed, backing), strict=True))
        may_rest = about in ("topic", "title") or (about == "same" and best.answer)
        latest = {self.names(s): s for s in sorted(held, key=lambda s: (ROLES.index(s.role), s.at))}
        against = [s for s in latest.values() if s.answer != best.answer
                   and self.names(s) != self.names(best) and s.one not in best.named]  # fmt: skip
        state = State.SUSPENDED if gone and may_rest else State.IN_FORCE
        return {
            said.at: (
                state if said is best else State.OVERRULED,
                (material and said is best) or (bool(against) and said in (best, *against)),
            )
            for said in held
        }

    def names(self, said: Said) -> frozenset[int]:
        return frozenset((said.one, said.other) if said.kind in decisions.PAIRS else (said.one,))


def play(world: World, played: Sequence[tuple[Any, ...]]) -> None:
    """Do what the steps say; most items are there from the beginning."""
    for number in NUMBERS[:-1]:
        world.put(number, SENTENCES[number : number + 2], title=TITLES[0])
    for what, *told in played:
        if what == "put":
            world.put(told[0], told[1], title=told[2])
        elif what == "vanish":
            with store.transaction(world.corpus.db):
                world.corpus.db.execute(
                    "UPDATE item SET state = 'vanished' WHERE pk = ? AND state = 'live'",
                    (world.pk(told[0]),),
                )
        elif what == "move":
            if world.pk(told[0]) is not None:
                world.moved[told[0]] = world.moved.get(told[0], 0) + 1
                world.put(told[0], told[1])
        elif what == "merge":
            world.put(told[0], told[2], aliases=(address(told[0]), address(told[1])))
        elif what == "decide":
            world.decide(*told)
        elif what == "carry over":
            world.carry_over()
        else:
            world.corpus.derive(rebuild=what == "rebuild")


@settings(max_examples=ROUNDS, deadline=None)
@given(played=st.lists(steps, min_size=3, max_size=18))
def test_decisions_survive_whatever_happens(played: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(fresh(folder, "decisions.sqlite3"))
        play(world, played)

        told = {s.decision.at: (s.state, s.confirm) for s in standings(world.corpus.db)}
        assert told == world.expected()

        world.carry_over()
        again = {s.decision.at: (s.state, s.confirm) for s in standings(world.corpus.db)}
        assert again == told, "the same after export and import"
        _has_its_effect(world)
        world.corpus.db.close()


def _has_its_effect(world: World) -> None:
    """What is in force shows in the derived rows, what is suspended does not."""
    world.corpus.derive()
    before = world.corpus.digest()
    rulings = all_in_force(world.corpus.db)
    human = set(world.corpus.live("SELECT item FROM topic_@ WHERE source = 'human'"))
    hidden = {tuple(row) for row in world.corpus.db.execute(
        "SELECT pk FROM item WHERE state = 'hidden'")}  # fmt: skip
    assert hidden == {(pk,) for pk, ruling in rulings.items() if ruling.hidden}
    assert human == {(pk,) for pk, ruling in rulings.items()
                     if ruling.topics.get("umwelt") and not ruling.hidden}  # fmt: skip
    world.corpus.derive(rebuild=True)
    assert world.corpus.digest() == before
