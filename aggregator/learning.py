"""Learning the models of an epoch from what people decided on topics.

Done once for an epoch, before anything is read under it, so that what becomes searchable now and
what a rebuild reads later have the same topics. Where nothing that a model is learnt from changed
since the last epoch, its models are taken over.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from aggregator import indexer
from aggregator.links.searched import Reader
from aggregator.links.topic_features import Groups, groups_of
from aggregator.links.topic_model import Model
from aggregator.links.topics import TopicWords
from aggregator.store import decisions, epochs, standing, topic_models
from aggregator.store.decisions import Rulings
from aggregator.store.epochs import Epoch

if TYPE_CHECKING:
    from aggregator.links.topic_fit import Prior

MOST_DECIDED = 3_000  # items of an axis: what is learnt from grows no further, nor does its cost
MOST_SAMPLED = 400  # undecided items of a platform
LEAST_DECIDED = 60  # items of an axis below which nothing is learnt
BATCH = 500


@dataclass(frozen=True, slots=True)
class _Seen:
    """An item as a model sees it."""

    pk: int
    platform: str
    groups: Groups
    ruled: tuple[str, ...]


def learn_topics(
    db: sqlite3.Connection, epoch: Epoch, reader: Reader, topics: Sequence[TopicWords]
) -> None:
    """Learn the models of an epoch, unless that is done.

    Args:
        db: The database.
        epoch: That everything will be read under.
        reader: Reads by its words.
        topics: Of the vocabulary.
    """
    if topic_models.learnt_from(db, epoch.n) is not None:
        return
    rulings = standing.all_in_force(db)
    axes = _axes(topics, rulings)
    if not axes:
        topic_models.keep(db, epoch.n, (), "")
        return
    lessons = [_Lesson.of(db, reader, axis, axes[axis], rulings) for axis in sorted(axes)]
    digest = sha256(
        json.dumps([[t.topic for t in topics], [one.told() for one in lessons]]).encode()
    ).hexdigest()
    last = epochs.current(db)
    if last is not None and topic_models.learnt_from(db, last.n) == digest:
        topic_models.keep_as(db, epoch.n, last.n)
        return
    models = [one.model(reader, topics) for one in lessons]
    topic_models.keep(db, epoch.n, [m for m in models if m is not None], digest)


def _axes(
    topics: Sequence[TopicWords], rulings: Mapping[int, Rulings]
) -> dict[str, dict[int, frozenset[str]]]:
    """Return the decided items of each axis that has enough of them, with their topics."""
    axis_of = {topic.topic: topic.axis for topic in topics if topic.axis}
    found: dict[str, dict[int, frozenset[str]]] = {}
    for item, ruling in rulings.items():
        for topic, value in ruling.topics.items():
            if value and not ruling.hidden and topic in axis_of:
                held = found.setdefault(axis_of[topic], {})
                held[item] = held.get(item, frozenset()) | {topic}
    return {axis: held for axis, held in found.items() if len(held) >= LEAST_DECIDED}


@dataclass(frozen=True, slots=True)
class _Lesson:
    """What one model is learnt from."""

    axis: str
    decided: list[tuple[_Seen, frozenset[str]]]
    undecided: dict[str, list[Groups]]

    @classmethod
    def of(
        cls, db: sqlite3.Connection, reader: Reader, axis: str,
        held: Mapping[int, frozenset[str]], rulings: Mapping[int, Rulings],
    ) -> "_Lesson":  # fmt: skip
        """Read the decided items of an axis, and a sample of the others."""
        taken = epochs.items_of(db, list(held))
        taken = sorted((row for row in taken if row["merged_into"] is None), key=_by_chance)
        rows = sorted(taken[:MOST_DECIDED], key=lambda row: (row["platform"], row["key"]))
        decided = [(seen, held[seen.pk]) for seen in _read(reader, rows, rulings)]
        counts: dict[str, int] = {}
        for row in taken:
            counts[row["platform"]] = counts.get(row["platform"], 0) + 1
        others = [one for one in topic_models.sample(db, counts, MOST_SAMPLED)
                  if one.pk not in held]  # fmt: skip
        undecided: dict[str, list[Groups]] = {}
        for seen in _read(reader, epochs.items_of(db, [one.pk for one in others]), rulings):
            undecided.setdefault(seen.platform, []).append(seen.groups)
        return cls(axis, decided, undecided)

    def told(self) -> list[object]:
        """Return everything, for a digest."""
        decided = [(s.platform, s.groups, s.ruled, sorted(topics)) for s, topics in self.decided]
        return [self.axis, decided, self.undecided]

    def model(self, reader: Reader, topics: Sequence[TopicWords]) -> Model | None:
        """Learn it."""
        # Only here: it computes with numpy, whose import costs more than most runs.
        from aggregator.links.topic_fit import Example, learn

        examples = [
            Example(platform=seen.platform, groups=seen.groups, topics=held, ruled=tuple(
                topic for topic in seen.ruled if topic in {t.topic for t in topics
                                                           if t.axis == self.axis}))
            for seen, held in self.decided
        ]  # fmt: skip
        return learn(self.axis, examples, list(_priors(reader, topics, self.axis)), self.undecided)


def _by_chance(row: sqlite3.Row) -> str:
    return str(row["id"])  # a hash of its key


def _read(
    reader: Reader, rows: Sequence[sqlite3.Row], rulings: Mapping[int, Rulings]
) -> Iterator[_Seen]:
    """Read items as they are read for search."""
    for row in rows:
        ruling = rulings.get(row["pk"], decisions.NONE)
        if not ruling.hidden:
            found = reader.read(*indexer.text_of(row, {row["pk"]: ruling}))
            ruled = tuple(topic.topic for topic in found.topics if topic.auto)
            yield _Seen(row["pk"], row["platform"], groups_of(indexer.told_of(row, found)), ruled)


def _priors(reader: Reader, topics: Iterable[TopicWords], axis: str) -> Iterator["Prior"]:
    """Yield the documents of the vocabulary."""
    from aggregator.links.topic_fit import prior_of_law, prior_of_phrase

    for topic in topics:
        if topic.axis == axis:
            for phrase in (topic.name, *topic.strong, *topic.situations):
                found = reader.read(phrase, "")
                yield prior_of_phrase(topic.topic, found.title, found.heads)
            for phrase in topic.weak:
                found = reader.read(phrase, "")
                yield prior_of_phrase(topic.topic, found.title, found.heads, weak=True)
            for law in topic.laws:
                yield prior_of_law(topic.topic, law)
