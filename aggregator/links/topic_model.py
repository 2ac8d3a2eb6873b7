"""A linear model of topics, learnt from people's decisions: what it says, and how surely.

Of the topics of one axis (the 14 subjects, say) one usually holds, so they compete. The model is
frozen in the statistics epoch (`topic_fit` makes it); what it says depends on it and on the item
alone.

Automatic is what was right often enough when it was measured, in one of two ways:

* **Neighbours.** The item's twins among the decided ones agree, and so does the model. How often
  that is right was measured by leaving out each decided item in turn, and holds where the undecided
  items of a platform lie as near to decided ones as those do to each other. Where they lie farther
  off (Kolmogorov and Smirnov's test at the epoch), people decided on one corner of the platform and
  this measure says nothing of the rest: the platform is not trusted.
* **Vocabulary.** The words, situations and laws of the vocabulary alone name the topic as surely as
  they name it for their own words, more surely than for any decided item that they were wrong of,
  and what was learnt agrees. No decision goes into that judgement, so the decided items measure it
  whatever they are a sample of.

Everything else is only queued, the closest calls first. No numpy: it is not for readers of items.
"""

import json
import math
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace

from aggregator.links.topic_features import LEARNT, NEAR, Groups, Space, flat
from aggregator.links.topics import Assigned
from aggregator.text.words import undotted

SURE = 0.95  # margin of the vocabulary; for its own words it comes to about 1
SHARPNESS = 6.0  # turns scores into shares of confidence
VOTE_POWER, VOTE_ROOM = 4, 0.05  # of neighbours: near ones count much more; few votes count less
KEPT = 3  # topics that are told of an item
LEAST_SHARE = 50  # per mille below which a topic is not worth telling
AUTOMATIC, MOST_QUEUED = 950, 949  # confidence: an automatic one is never less, a queued one more
WORDS_TOLD = 5


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the model makes of an item, before anything is called automatic."""

    scores: tuple[float, ...]  # by topic
    prior: tuple[float, ...]  # by topic, of the vocabulary alone
    near: tuple[float, ...]  # by topic: likeness to its nearest decided item, -1: it has none
    votes: tuple[float, ...]  # by topic: share of the neighbours' votes

    @property
    def best(self) -> int:
        """The likeliest topic."""
        return max(range(len(self.scores)), key=lambda place: (self.scores[place], -place))

    def traits(self) -> tuple[float, ...]:
        """Return what tells whether the likeliest topic is right."""
        best = self.best
        margin, gap = _lead(self.scores, best), _lead(self.near, best)
        return (margin, gap, self.scores[best], self.votes[best], max(self.near),
                _lead(self.prior, best), margin * gap, min(margin, gap))  # fmt: skip


def _lead(values: Sequence[float], place: int) -> float:
    """Return by how much one value is above all others."""
    return values[place] - max(v for other, v in enumerate(values) if other != place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model of one axis; all figures are rounded, so that it is the same after being stored."""

    axis: str
    topics: tuple[str, ...]
    space: Space
    weights: Mapping[str, tuple[float, ...]]  # feature -> by topic
    prior: Mapping[str, tuple[float, ...]]  # the same of the vocabulary alone
    base: tuple[float, ...]
    prior_base: tuple[float, ...]
    examples: tuple[tuple[int, ...], ...]  # topics of each decided item
    postings: Mapping[str, tuple[tuple[int, float], ...]]  # feature -> decided items with it
    calibration: tuple[tuple[float, float, float], ...]  # mean, spread and weight of each trait
    intercept: float
    cut: float  # of the calibrated trait sum, from which on neighbours are believed
    floor: float  # of the vocabulary's margin: the surest decided item that it was wrong of
    trusted: frozenset[str]  # platforms
    rules_hold: bool  # the rules of the vocabulary are right often enough of decided items

    def judge(self, groups: Groups) -> tuple[Judgement, Mapping[str, float]]:
        """Score an item; also return its features as they are weighed."""
        vector = self.space.vector(groups)
        learnt = flat(vector, LEARNT)
        near = self._near(flat(vector, NEAR, unit=True))
        return Judgement(
            scores=_product(learnt, self.weights, self.base),
            prior=_product(learnt, self.prior, self.prior_base),
            near=self._nearest(near),
            votes=self._votes(near),
        ), learnt

    def _near(self, features: Mapping[str, float]) -> dict[int, float]:
        """Return the likeness to every decided item that shares anything."""
        found: dict[int, float] = {}
        for name, value in features.items():
            for example, weight in self.postings.get(name, ()):
                found[example] = found.get(example, 0.0) + value * weight
        return found

    def _nearest(self, near: Mapping[int, float]) -> tuple[float, ...]:
        return nearest(near, self.examples, len(self.topics))

    def _votes(self, near: Mapping[int, float]) -> tuple[float, ...]:
        return votes(near, self.examples, len(self.topics))

    def belief(self, judged: Judgement) -> float:
        """Return how much speaks for the likeliest topic being right: a log of odds."""
        return self.intercept + sum(
            weight * (trait - mean) / spread
            for trait, (mean, spread, weight) in zip(judged.traits(), self.calibration, strict=True)
        )

    def is_automatic(self, judged: Judgement, platform: str) -> bool:
        """Whether the likeliest topic holds without being looked at."""
        best = judged.best
        if platform in self.trusted and self.belief(judged) >= self.cut:
            return True
        return _lead(judged.prior, best) > max(SURE, self.floor)

    def assign(self, groups: Groups, platform: str, words: Sequence[str]) -> list[Assigned]:
        """Return the topics of an item on this axis, the likeliest first.

        Args:
            groups: Its features.
            platform: Where it stands.
            words: Of its title and of the beginning of its text, for the evidence.
        """
        judged, learnt = self.judge(groups)
        automatic = self.is_automatic(judged, platform)
        shares = _shares(judged.scores)
        order = sorted(range(len(shares)), key=lambda place: (-shares[place], self.topics[place]))
        found = []
        for place in order[:KEPT]:
            first = place == judged.best
            share = max(shares[place], AUTOMATIC) if first and automatic else shares[place]
            if share >= LEAST_SHARE or first:
                found.append(Assigned(
                    topic=self.topics[place], source="model",
                    confidence=share if first and automatic else min(share, MOST_QUEUED),
                    auto=first and automatic, evidence=self._evidence(learnt, place, words),
                ))  # fmt: skip
        return found

    def _evidence(self, learnt: Mapping[str, float], place: int, words: Sequence[str]) -> str:
        """Return the words that speak most for a topic, as written."""
        gains = {}
        for name, value in learnt.items():
            weights = self.weights.get(name)
            if weights is not None and name.isalpha():  # pieces, laws and keys are no words
                gains[name] = value * (weights[place] - sum(weights) / len(weights))
        found: list[str] = []
        for stem in sorted(gains, key=lambda name: (-gains[name], name)):
            written = next((word for word in words if undotted(stem) in undotted(word)), None)
            if gains[stem] <= 0 or len(found) == WORDS_TOLD:
                break
            if written is not None and written not in found:
                found.append(written)
        return ", ".join(found)


def judged(
    models: Sequence[Model], ruled: Iterable[Assigned], groups: Groups, platform: str,
    words: Sequence[str],
) -> tuple[Assigned, ...]:  # fmt: skip
    """Return the topics of an item by models and rules.

    On the axis of a model the rules' words are part of what it learnt from; what they say apart is
    automatic only where that was right often enough of decided items, and never the likeliest.
    """
    found = {topic.topic: topic for topic in ruled}
    for model in models:
        own = model.assign(groups, platform, words)
        most = own[0].confidence - 1
        for slug in set(model.topics) & found.keys():
            rule = found[slug]
            found[slug] = replace(
                rule, auto=rule.auto and model.rules_hold, confidence=min(rule.confidence, most)
            )
        for topic in own:
            found[topic.topic] = _joined(topic, found.get(topic.topic))
    return tuple(found[topic] for topic in sorted(found))


def _joined(topic: Assigned, rule: Assigned | None) -> Assigned:
    """Return what the model says of a topic with what the rules say of it."""
    if rule is None:
        return topic
    told = dict.fromkeys([*rule.evidence.split(", "), *topic.evidence.split(", ")])
    evidence = ", ".join([word for word in told if word][:WORDS_TOLD])
    return replace(topic, auto=topic.auto or rule.auto, evidence=evidence)


def nearest(
    near: Mapping[int, float], examples: Sequence[Sequence[int]], topics: int
) -> tuple[float, ...]:
    """Return for each topic the likeness to its nearest decided item."""
    found = [-1.0] * topics
    for topic in {topic for held in examples for topic in held}:
        found[topic] = 0.0
    for example, likeness in near.items():
        for topic in examples[example]:
            found[topic] = max(found[topic], likeness)
    return tuple(found)


def votes(
    near: Mapping[int, float], examples: Sequence[Sequence[int]], topics: int
) -> tuple[float, ...]:
    """Return for each topic its share of the votes of all decided items, by likeness."""
    found = [0.0] * topics
    for example in sorted(near):
        vote = max(near[example], 0.0) ** VOTE_POWER
        for topic in examples[example]:
            found[topic] += vote
    every = sum(found) + VOTE_ROOM
    return tuple(vote / every for vote in found)


def _product(
    features: Mapping[str, float], weights: Mapping[str, tuple[float, ...]], base: Sequence[float]
) -> tuple[float, ...]:
    sums = list(base)
    for name, value in features.items():
        for place, weight in enumerate(weights.get(name, ())):
            sums[place] += value * weight
    return tuple(sums)


def _shares(scores: Sequence[float]) -> list[int]:
    """Turn scores into per mille that sum up to about 1,000."""
    top = max(scores)
    raised = [math.exp(SHARPNESS * (score - top)) for score in scores]
    return [round(1000 * value / sum(raised)) for value in raised]


# --- the stored form -------------------------------------------------------------------------


def packed(model: Model) -> bytes:
    """Return a model as compressed JSON."""
    told = {field.name: getattr(model, field.name) for field in fields(Model)}
    told |= {"space": [model.space.rarity, model.space.unseen], "trusted": sorted(model.trusted)}
    return zlib.compress(json.dumps(told, separators=(",", ":")).encode())


def unpacked(body: bytes) -> Model:
    """Read a model as `packed` wrote it."""
    told = json.loads(zlib.decompress(body))
    return Model(
        axis=told["axis"], topics=tuple(told["topics"]), space=Space(*told["space"]),
        weights=_rows(told["weights"]), prior=_rows(told["prior"]),
        base=tuple(told["base"]), prior_base=tuple(told["prior_base"]),
        examples=tuple(map(tuple, told["examples"])),
        postings={name: tuple(map(tuple, held)) for name, held in told["postings"].items()},
        calibration=tuple(map(tuple, told["calibration"])),
        intercept=told["intercept"], cut=told["cut"], floor=told["floor"],
        trusted=frozenset(told["trusted"]), rules_hold=told["rules_hold"],
    )  # fmt: skip


def _rows(told: Mapping[str, Sequence[float]]) -> dict[str, tuple[float, ...]]:
    return {name: tuple(row) for name, row in told.items()}
