"""Related items: what two items share, how much that is, and how it is said to a reader.

An item is a vector of its weightiest terms: stems, those of the parts of compounds among them, so
that "Verwaltungsreform" and "Reform der Verwaltung" meet, and references (`=kind:key`). Weights are
tf-idf within a statistics epoch, brought to length 2**15 and rounded to integers once, so that
scores are exact and do not depend on the order of anything. A score is the cosine of two vectors,
raised by how many terms they share (several are better evidence than one of the same weight) and by
how near in time the items are. One function scores pairs for pages, JSON, reports and the index of
candidates alike. Pure.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    from numpy import int64
    from numpy.typing import NDArray

UNIT = 1 << 15  # length of a vector
MOST_TERMS = 48  # of a vector, the heaviest
MOST_POSTED = 14  # of these, by which candidates are found: more find no better ones
POSTED_ITEMS = 2000  # a term of more items finds too many candidates to be worth it
COMMON_SHARE = 0.05  # a term of more than this share of all items says nothing
COMMON_ITEMS = 20  # ... unless these are few
CANDIDATE_FROM = 0.07  # partial cosine over shared posted terms that makes a pair a candidate
KEPT = 10  # related items of an item's own platform, and as many of other platforms
SHOWN_CUT = 0.27  # score from which on pages show a pair; scores are measured so that it fits
SCALE = 10_000  # stored scores are per so many
TITLE_TIMES = 2  # a word of the title counts as so many of the text
RARITY = 0.75  # power of the logarithm by which rare terms outweigh common ones
OTHER_WORDS = 0.5  # weight of a word that is never written with a capital, beside a noun's
REFERENCE_WEIGHT = 1.5
UNKNOWN_REFERENCE = 1 << 31  # ids of references that the epoch does not know start here
MOST_REASONS = 5
REASON_SHARE = 0.03  # of the score, below which a shared term is no reason
SHARED_GAIN = 0.2  # of a score for each e-fold of shared terms
NEAR_GAIN, NEAR_DAYS = (
    0.15,
    365,
)  # of a score for items of one day; after so many days a third of it
MILLE = 1000
FACTORS = MILLE * MILLE  # product of the two tables below for one whole score

# Measuring, when an epoch is taken: one related item of another platform for each item is what a
# corpus that hangs together offers with few mistakes; where it offers less or more, bounds hold.
WANTED_CANDIDATES = 130  # of an item, on average: each costs a little of every new item
WANTED_SHOWN = 1.1  # links to other platforms an item, over a sample of all
SAMPLE = 1000  # items
MEASURED_FROM = 2000  # items of a corpus: fewer say too little
LEAST_CUT, MOST_CUT = 0.20, 0.36  # raw scores that may be called SHOWN_CUT


Whole = TypeVar("Whole", int, "NDArray[int64]")  # one number or many


class Feature(NamedTuple):
    """How often a term occurs, and how it is written."""

    times: int
    surface: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """The heaviest terms of an item; the first `posted` are those that find candidates."""

    terms: tuple[int, ...]
    weights: tuple[int, ...]
    surfaces: tuple[str, ...]
    posted: int

    def postings(self) -> Iterator[tuple[int, int]]:
        """Yield the terms that find candidates, with their weights."""
        return zip(self.terms[: self.posted], self.weights[: self.posted], strict=True)


class Neighbour(NamedTuple):
    """An item scored against another one; tuples of this order sort best first."""

    minus_score: int
    rank: str
    item: int
    away: bool


EMPTY = Vector(terms=(), weights=(), surfaces=(), posted=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Something that two items share; `weight` is its share of the score."""

    kind: str  # term reference
    label: str
    weight: float


class Term(NamedTuple):
    """What an epoch knows of a term."""

    id: int
    items: int
    capital: int = MILLE  # per mille of these items that write it with a capital: German nouns


@dataclass(frozen=True, slots=True)
class Measure:
    """What an epoch measures pairs by; frozen with it."""

    scores: int = MILLE  # per mille, so that SHOWN_CUT shows enough and little that is wrong
    candidates: int = round(CANDIDATE_FROM * SCALE)  # partial cosine that makes a candidate


class KnownTerms(Protocol):
    """What the epoch knows of terms; a mapping will do."""

    def get(self, term: str, /) -> Term | None:
        """Return id and document frequency, None for a term of fewer than two items."""
        ...


def vector(features: Mapping[str, Feature], known: KnownTerms, items: int) -> Vector:
    """Weigh the terms of an item.

    Args:
        features: Terms of the item.
        known: What the epoch knows of these terms; one that it does not know is left out, since a
            term of a single item can relate it to nothing. References are kept: a new one may be
            shared before the next epoch.
        items: How many items the epoch counted.

    Returns:
        The heaviest terms with integer weights; empty when nothing has weight.
    """
    common = max(COMMON_ITEMS, COMMON_SHARE * items)
    weighed = []
    for name, feature in features.items():
        term = known.get(name) or _unknown(name)
        if term and term.items <= common:
            weighed.append((_weight(name, feature.times, term, items), name, term))
    norm = math.sqrt(math.fsum(weight * weight for weight, _, _ in weighed))
    weighed.sort(key=lambda row: (-row[0], row[1]))
    heaviest = [
        (round(UNIT * weight / norm), term, features[name].surface)
        for weight, name, term in weighed[:MOST_TERMS]
    ]
    posted = [row for row in heaviest if row[1].items <= POSTED_ITEMS][:MOST_POSTED]
    first = {row[1].id for row in posted}
    ordered = posted + [row for row in heaviest if row[1].id not in first]
    return Vector(
        terms=tuple(term.id for _, term, _ in ordered),
        weights=tuple(weight for weight, _, _ in ordered),
        surfaces=tuple(surface for _, _, surface in ordered),
        posted=len(posted),
    )


def _weight(name: str, times: int, term: Term, items: int) -> float:
    rarity = math.pow(math.log1p(items / term.items), RARITY)
    if name[0] == "=":
        return REFERENCE_WEIGHT * math.sqrt(times) * rarity
    noun = OTHER_WORDS + (1 - OTHER_WORDS) * term.capital / MILLE
    return noun * math.sqrt(times) * rarity


def _unknown(name: str) -> Term | None:
    """Give a reference that the epoch does not know an id of its own."""
    if not name.startswith("="):
        return None
    digest = int.from_bytes(blake2b(name.encode(), digest_size=4).digest(), "big")
    return Term(id=UNKNOWN_REFERENCE | (digest >> 1), items=1)


def score(one: Vector, other: Vector, days: int | None, measure: int = MILLE) -> int:
    """Return how related two items are, per 10,000.

    Args:
        one: The one vector.
        other: The other vector.
        days: Between their publication; None when one of them is not dated.
        measure: `Measure.scores` of the epoch.
    """
    mine = dict(zip(one.terms, one.weights, strict=True))
    shared = [
        mine[term] * weight
        for term, weight in zip(other.terms, other.weights, strict=True)
        if term in mine
    ]
    near = FAR if days is None else min(abs(days), FAR)
    return min(SCALE, measured(sum(shared), SHARED[len(shared)], NEAR[near], measure))


def measured(dot: Whole, shared: Whole, near: Whole, measure: int) -> Whole:
    """Bring a dot product of two vectors, or an array of them, to what is stored.

    Args:
        dot: The products.
        shared: What `SHARED` says of the number of shared terms.
        near: What `NEAR` says of the days between the items.
        measure: `Measure.scores` of the epoch.
    """
    raw = dot * SCALE // (UNIT * UNIT)
    return raw * shared * near // FACTORS * measure // MILLE


FAR = 2000  # days after which nearness is not counted, as for items without a date
_MOST_SHARED = 1 + SHARED_GAIN * math.log1p(MOST_TERMS)
# By the number of shared terms, by the days between: per mille of what the most alike have.
SHARED = tuple(
    round(MILLE * (1 + SHARED_GAIN * math.log1p(number)) / _MOST_SHARED)
    for number in range(MOST_TERMS + 1)
)
NEAR = (*(
    round(MILLE * (1 + NEAR_GAIN * math.exp(-days / NEAR_DAYS)) / (1 + NEAR_GAIN))
    for days in range(FAR)
), round(MILLE / (1 + NEAR_GAIN)))  # fmt: skip


def measure_of(best: Iterable[int], partial: Iterable[int], sampled: int, items: int) -> Measure:
    """Return what an epoch measures pairs by.

    Args:
        best: Scores under `Measure()` of sampled items with their best of other platforms.
        partial: Partial cosines per `SCALE` of the sampled items with all their candidates.
        sampled: How many items were asked.
        items: How many there are in all.
    """
    if items < MEASURED_FROM or not sampled:
        return Measure()
    shown = sorted(best, reverse=True)[: round(WANTED_SHOWN * sampled)]
    least, most = round(LEAST_CUT * SCALE), round(MOST_CUT * SCALE)
    cut = min(most, max(least, shown[-1])) if shown else least
    found = sorted(partial, reverse=True)
    many = WANTED_CANDIDATES * sampled
    return Measure(
        scores=round(MILLE * SHOWN_CUT * SCALE / cut),
        candidates=max(Measure().candidates, found[many] if len(found) > many else 0),
    )


def because(one: Vector, other: Vector) -> tuple[Reason, ...]:
    """Name what two items share, in words that stand in both.

    References and nouns first: they tell a reader more than a rare verb of the same weight. A
    compound is not repeated by its own parts.
    """
    theirs = {
        term: (weight, surface)
        for term, weight, surface in zip(other.terms, other.weights, other.surfaces, strict=True)
    }
    shared = []
    for term, weight, surface in zip(one.terms, one.weights, one.surfaces, strict=True):
        if term in theirs:
            shared.append((weight * theirs[term][0], surface, theirs[term][1]))
    shared.sort(key=lambda row: (not _is_telling(row[1], row[2]), -row[0], row[1]))
    total = sum(product for product, _, _ in shared)
    return _reasons(shared, total)


def _reasons(shared: Sequence[tuple[int, str, str]], total: int) -> tuple[Reason, ...]:
    """Turn shared terms into reasons, without those that say nothing new or little."""
    reasons: list[Reason] = []
    for product, mine, theirs in shared:
        if product < REASON_SHARE * total or (reasons and not _is_telling(mine, theirs)):
            continue
        label = _label(mine, theirs)
        if not label or any(fold(label) in fold(r.label) for r in reasons):
            continue
        kind = "reference" if mine.startswith("=") else "term"
        reason = Reason(kind=kind, label=label, weight=round(product / total, 3))
        _put(reasons, reason)
    return tuple(reasons)


def _put(reasons: list[Reason], reason: Reason) -> None:
    """Add a reason; a compound takes the place of the part that was named before it."""
    for place, known in enumerate(reasons):
        if known.kind == reason.kind and fold(known.label) in fold(reason.label):
            reasons[place] = replace(reason, weight=known.weight)
            return
    if len(reasons) < MOST_REASONS:
        reasons.append(reason)


def _is_telling(mine: str, theirs: str) -> bool:
    """Whether a shared term is a reference or, by its capital, a noun in both texts."""
    return mine.startswith("=") or (mine[:1].isupper() and theirs[:1].isupper())


def _label(mine: str, theirs: str) -> str:
    """Choose the written form of a shared term that both items bear out; "" when neither does."""
    forms = (mine.lstrip("="), theirs.lstrip("="))
    for label, witness in sorted((forms, forms[::-1]), key=lambda pair: (len(pair[0]), pair)):
        if stands_in(label, witness):
            return label
    return ""


def stands_in(label: str, text: str) -> bool:
    """Whether each word of a label begins (by its first 70 % of letters) somewhere in a text."""
    folded = fold(text)
    for word in re.findall(r"[\w/]+", fold(label)):
        if any(letter.isdigit() for letter in word):
            if not re.search(rf"(?<![\w/]){re.escape(word)}(?![\w/])", folded):
                return False
        elif word[: max(3, math.ceil(len(word) * 0.7))] not in folded:
            return False
    return True


def fold(text: str) -> str:
    """Lower case, umlauts in any spelling as base letters: Länder and Land begin alike."""
    text = text.lower().translate(str.maketrans("äöü", "aou")).replace("ß", "ss")
    return re.sub("(?<=[aou])e", "", text)


def count_features(
    words: Iterable[tuple[str, str, Sequence[tuple[str, str]], int]],
    references: Iterable[tuple[str, str, str]],
) -> dict[str, Feature]:
    """Collect the terms of an item.

    Args:
        words: Stem, written form, (stem, written form) of each part, and how often; stop words
            are left out already.
        references: Kind, key, text as written.

    Returns:
        Terms with how often they occur and how they are written.
    """
    times: Counter[str] = Counter()
    written: dict[str, str] = {}
    for stem, surface, parts, count in words:
        times[stem] += count
        written.setdefault(stem, surface)
        for part, part_surface in parts:
            times[part] += count
            written.setdefault(part, part_surface)
    for kind, key, text in references:
        name = f"={kind}:{key}"
        times[name] += 1
        written.setdefault(name, "=" + " ".join(text.split()))
    return {name: Feature(times=number, surface=written[name]) for name, number in times.items()}
