"""Learning a model of topics: ridge regression on decided items and on the vocabulary.

The vocabulary's words, situations and laws are documents of their topics, at half weight: they
carry what no decision has taught yet. Ridge regression in its dual form has its leave-one-out
predictions for nothing (residual i is a_i / A_ii), so how often the model is right is measured on
every decided item as if that had not been there. Deterministic; the only reader of numpy here.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from aggregator.links.topic_features import (
    LAWS,
    LEARNT,
    NEAR,
    PIECES,
    WORDS,
    Groups,
    Space,
    Told,
    flat,
    groups_of,
    law_token,
)  # fmt: skip
from aggregator.links.topic_model import Judgement, Model, nearest, votes

Array = npt.NDArray[np.float64]

RIDGE = 0.5  # beside vectors of length up to 1.7
PRIOR, PRIOR_WEAK = 0.5, 0.25  # weights of the vocabulary's documents beside a decided item
TARGET = 0.95  # share of automatic topics that has to be right
DOUBT = 0.5  # standard errors that the measured share has to be above the target
LEAST_MEASURED = 20  # decided items from which on a share is a measure
LEAST_DECIDED = 60  # ... on an axis, from which on a model is learnt
LEAST_PLATFORM = 40  # ... on a platform, from which on it can be compared with its undecided ones
SAME_SHAPE = 1.95  # Kolmogorov and Smirnov's statistic, exceeded by chance once in a thousand
RULES_FROM = 800  # confidence per mille of the rules that are measured
DIGITS = 5  # of every figure that is stored
COLUMNS = 2_000  # features taken into memory at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A decided item."""

    platform: str
    groups: Groups
    topics: frozenset[str]
    ruled: tuple[str, ...] = ()  # topics that the rules would call automatic


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """A document of the vocabulary."""

    topic: str
    groups: Groups
    weight: float


@dataclass(frozen=True, slots=True)
class _Fitted:
    weights: Array  # documents x topics: dual coefficients
    base: Array
    left_out: Array  # documents x topics: predicted without the document itself


def prior_of_phrase(topic: str, stems: str, parts: str, *, weak: bool = False) -> Prior:
    """Make a document of a word or a situation of the vocabulary."""
    groups = groups_of(Told(title=stems, heads=parts))
    return Prior(
        topic=topic, groups={name: groups[name] for name in (WORDS, PIECES)},
        weight=PRIOR_WEAK if weak else PRIOR,
    )  # fmt: skip


def prior_of_law(topic: str, name: str) -> Prior:
    """Make a document of a law of the vocabulary."""
    return Prior(topic=topic, groups={LAWS: {law_token(name): 1.0}}, weight=PRIOR)


def learn(
    axis: str,
    examples: Sequence[Example],
    priors: Sequence[Prior],
    undecided: Mapping[str, Sequence[Groups]],
) -> Model | None:
    """Learn a model of one axis.

    Args:
        axis: Whose topics compete.
        examples: Decided items, in an order by content.
        priors: Documents of the vocabulary.
        undecided: By platform a sample of the items that nobody decided on.

    Returns:
        The model; None where there are too few decisions.
    """
    topics = sorted({t for e in examples for t in e.topics} | {p.topic for p in priors})
    if len(examples) < LEAST_DECIDED or len(topics) < 2:
        return None
    documents = [e.groups for e in examples] + [p.groups for p in priors]
    space = Space.of(documents)
    vectors = [space.vector(groups) for groups in documents]
    learnt = _Columns([flat(vector, LEARNT) for vector in vectors])
    targets = _targets(topics, [e.topics for e in examples] + [{p.topic} for p in priors])
    weight = np.array([1.0] * len(examples) + [p.weight for p in priors])
    kernel = learnt.kernel()
    whole = _ridge(kernel, targets, weight)
    only = np.arange(len(examples), len(documents))
    alone = _ridge(kernel[np.ix_(only, only)], targets[only], weight[only])
    near = [flat(v, NEAR, unit=True) for v in vectors[: len(examples)]]
    held = tuple(
        tuple(sorted(topics.index(topic) for topic in e.topics)) for e in examples
    )  # fmt: skip
    prior_scores = kernel[np.ix_(np.arange(len(examples)), only)] @ alone.weights + alone.base
    likeness = _Columns(near).kernel()
    measured = _judgements(whole.left_out[: len(examples)], prior_scores, likeness, held)
    right = [judged.best in held[place] for place, judged in enumerate(measured)]
    scale = _calibrate([judged.traits() for judged in measured], right)
    draft = Model(
        axis=axis, topics=tuple(topics),
        space=Space({k: _short(v) for k, v in space.rarity.items()}, _short(space.unseen)),
        weights=learnt.weights(whole.weights, np.arange(len(documents))),
        prior=learnt.weights(alone.weights, only),
        base=_row(whole.base), prior_base=_row(alone.base),
        examples=held, postings=_postings(near), calibration=scale[:-1], intercept=scale[-1][0],
        cut=math.inf, floor=_floor(prior_scores, held), trusted=frozenset(),
        rules_hold=_rules_hold(examples),
    )  # fmt: skip
    return _with_cut(draft, measured, right, examples, undecided)


def _targets(topics: Sequence[str], held: Iterable[Iterable[str]]) -> Array:
    """Return 1 for each topic that a document has, and what sums up to -1 for all others."""
    rows = []
    for mine in held:
        row = [-1 / (len(topics) - 1)] * len(topics)
        for topic in mine:
            row[topics.index(topic)] = 1.0
        rows.append(row)
    return np.array(rows)


def _ridge(kernel: Array, targets: Array, weight: Array) -> _Fitted:
    """Solve weighted ridge regression in its dual form."""
    base = (targets * weight[:, None]).sum(axis=0) / weight.sum()
    inverse = np.linalg.inv(kernel + np.diag(RIDGE / weight))
    weights = inverse @ (targets - base)
    left_out = targets - weights / np.diag(inverse)[:, None]
    return _Fitted(weights, base, left_out)


class _Columns:
    """Sparse vectors, taken into memory some thousand features at a time."""

    def __init__(self, rows: Sequence[Mapping[str, float]]) -> None:
        self._size = len(rows)
        columns: dict[str, list[tuple[int, float]]] = {}
        for place, row in enumerate(rows):
            for name, value in row.items():
                columns.setdefault(name, []).append((place, value))
        self._columns = sorted(columns.items())

    def _blocks(self, *, least: int) -> Iterable[tuple[list[str], Array]]:
        """Yield the features that so many rows have, with their columns."""
        columns = [column for column in self._columns if len(column[1]) >= least]
        for start in range(0, len(columns), COLUMNS):
            taken = columns[start : start + COLUMNS]
            block = np.zeros((self._size, len(taken)))
            for place, (_, held) in enumerate(taken):
                for row, value in held:
                    block[row, place] = value
            yield [name for name, _ in taken], block

    def kernel(self) -> Array:
        """Return the scalar products of all rows."""
        found = np.zeros((self._size, self._size))
        for _, block in self._blocks(least=2):
            found += block @ block.T
        for _, held in self._columns:  # most features stand in one row alone
            if len(held) == 1:
                row, value = held[0]
                found[row, row] += value * value
        return found

    def weights(self, dual: Array, rows: npt.NDArray[np.int64]) -> dict[str, tuple[float, ...]]:
        """Turn dual coefficients of some rows into a weight for each feature and topic."""
        found = {}
        for names, block in self._blocks(least=1):
            primal = block[rows].T @ dual
            for name, row in zip(names, primal, strict=True):
                if np.abs(row).max() >= 10**-DIGITS:
                    found[name] = _row(row)
        return found


def _row(values: Array) -> tuple[float, ...]:
    return tuple(_short(float(value)) for value in values)


def _short(value: float) -> float:
    return round(value, DIGITS) + 0.0


def _postings(
    rows: Sequence[Mapping[str, float]],
) -> dict[str, tuple[tuple[int, float], ...]]:
    """List the decided items of each feature."""
    found: dict[str, list[tuple[int, float]]] = {}
    for place, row in enumerate(rows):
        for name, value in row.items():
            found.setdefault(name, []).append((place, _short(value)))
    return {name: tuple(held) for name, held in sorted(found.items())}


def _judgements(
    scores: Array, prior: Array, likeness: Array, held: Sequence[tuple[int, ...]]
) -> list[Judgement]:
    """Judge every decided item as if it had not been decided."""
    topics = scores.shape[1]
    found = []
    for place, row in enumerate(likeness):
        others = np.flatnonzero(row)
        near = {int(other): float(row[other]) for other in others if other != place}
        found.append(Judgement(
            scores=tuple(map(float, scores[place])), prior=tuple(map(float, prior[place])),
            near=nearest(near, held, topics), votes=votes(near, held, topics),
        ))  # fmt: skip
    return found


def _calibrate(
    traits: Sequence[Sequence[float]], right: Sequence[bool]
) -> tuple[tuple[float, float, float], ...]:
    """Fit a logistic curve to what was right; the last triple holds the intercept."""
    table, goal = np.array(traits), np.array(right, dtype=float)
    mean, spread = table.mean(axis=0), table.std(axis=0) + 1e-9
    scaled = np.hstack([(table - mean) / spread, np.ones((len(table), 1))])
    penalty = np.eye(scaled.shape[1])
    penalty[-1, -1] = 1e-3  # keeps the intercept finite where everything is right
    found = np.zeros(scaled.shape[1])
    for _ in range(50):  # Newton's steps; some ten suffice
        chance = 1 / (1 + np.exp(-np.clip(scaled @ found, -30, 30)))
        slope = scaled.T @ (chance - goal) + penalty @ found
        bend = (scaled * (chance * (1 - chance))[:, None]).T @ scaled + penalty
        found -= np.linalg.solve(bend, slope)
    rows = zip(_row(mean), _row(spread), _row(found), strict=False)
    return (*((m, max(s, 10**-DIGITS), w) for m, s, w in rows), (_short(float(found[-1])), 0, 0))


def _floor(prior: Array, held: Sequence[tuple[int, ...]]) -> float:
    """Return the vocabulary's margin for the surest decided item that it is wrong of."""
    surest = 0.0
    for row, mine in zip(prior, held, strict=True):
        ordered = np.sort(row)
        if int(row.argmax()) not in mine:
            surest = max(surest, float(ordered[-1] - ordered[-2]))
    return _short(surest)


def _with_cut(
    draft: Model,
    measured: Sequence[Judgement],
    right: Sequence[bool],
    examples: Sequence[Example],
    undecided: Mapping[str, Sequence[Groups]],
) -> Model:
    """Set from where on neighbours are believed, and on which platforms."""
    trusted = set()
    for platform in sorted({e.platform for e in examples}):
        inside = [max(m.near) for m, e in zip(measured, examples, strict=True)
                  if e.platform == platform]  # fmt: skip
        outside = [max(draft.judge(groups)[0].near) for groups in undecided.get(platform, ())]
        if len(inside) >= LEAST_PLATFORM and _is_alike(inside, outside):
            trusted.add(platform)
    cut = cut_at([draft.belief(m) for m in measured], right)
    return replace(draft, cut=_short(cut) if cut is not None else math.inf,
                   trusted=frozenset(trusted) if cut is not None else frozenset())  # fmt: skip


def _is_alike(inside: Sequence[float], outside: Sequence[float]) -> bool:
    """Whether two samples may come from one distribution (Kolmogorov and Smirnov)."""
    if not outside:
        return True
    # Rounded: twins of both samples are alike to the last digit that their sums are sure of.
    one, other = (np.sort(np.round(sample, 3)) for sample in (inside, outside))
    every = np.concatenate([one, other])
    apart = np.abs(
        np.searchsorted(one, every, side="right") / len(one)
        - np.searchsorted(other, every, side="right") / len(other)
    ).max()
    return float(apart) * math.sqrt(len(one) * len(other) / len(every)) < SAME_SHAPE


def cut_at(beliefs: Sequence[float], right: Sequence[bool]) -> float | None:
    """Return the lowest belief from which on enough was right; None where it never was."""
    order = sorted(range(len(beliefs)), key=lambda place: -beliefs[place])
    good, cut = 0, None
    for number, place in enumerate(order, start=1):
        good += right[place]
        if number >= LEAST_MEASURED and lower_bound(good, number) >= TARGET:
            cut = beliefs[place]
    return cut


def lower_bound(good: int, number: int) -> float:
    """Return Wilson's lower bound of a share, `DOUBT` standard errors down."""
    share, square = good / number, DOUBT * DOUBT
    spread = math.sqrt(share * (1 - share) / number + square / (4 * number * number))
    return (share + square / (2 * number) - DOUBT * spread) / (1 + square / number)


def _rules_hold(examples: Sequence[Example]) -> bool:
    """Whether what the rules call automatic is right often enough of decided items."""
    told = Counter(topic in e.topics for e in examples for topic in e.ruled)
    number = told.total()
    return number >= LEAST_MEASURED and lower_bound(told[True], number) >= TARGET
