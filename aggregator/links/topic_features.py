"""What a topic model sees of an item: words, pieces of words, laws, LeiKa keys.

Four groups, each a vector of length 1, so that a long text does not drown its title's LeiKa key.
Words come stemmed and cut into parts, as the search row has them. Pieces of four and five letters
of the title's words let compounds agree that share a part no dictionary knows. Keys of the LeiKa
count by their first five digits (the group) and by their first eight (the object). Pure.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from aggregator.text.analysis import ref_token
from aggregator.text.words import STOP_WORDS, fold

WORDS, PIECES, LAWS, KEYS = "w", "c", "l", "k"
LEARNT = {WORDS: 1.0, PIECES: 1.0, LAWS: 0.5, KEYS: 0.5}  # weights of the groups: what is learnt by
NEAR = {WORDS: 1.0, PIECES: 1.0, LAWS: 0.25, KEYS: 2.0}  # ... and what makes two items twins

TITLE_TIMES = 2  # a word of the title counts like so many of the text
SECTION = 0.7  # a section of a law beside the law itself
PIECE_LENGTHS = (4, 5)
_LEIKA = re.compile(r"(?<!\d)99\d{12}(?!\d)")
_LAW, _LEIKA_TOKEN = ref_token("law", ""), ref_token("leika", "")
_STOP = frozenset(fold(word) for word in STOP_WORDS)

Groups = Mapping[str, Mapping[str, float]]  # group -> feature -> how often
Vector = dict[str, dict[str, float]]  # group -> feature -> weight; each group of length 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What of an item is looked at; columns as the search row has them."""

    title: str  # stems
    heads: str = ""  # parts of compounds in the title
    body: str = ""  # stems
    parts: str = ""  # of compounds
    refs: str = ""  # tokens of references
    identifiers: Sequence[str] = ()  # the item's own numbers


def groups_of(told: Told) -> Groups:
    """Count the features of an item."""
    words: Counter[str] = Counter()
    title, body = (told.title, told.heads), (told.body, told.parts)
    for column, times in [(c, TITLE_TIMES) for c in title] + [(c, 1) for c in body]:
        for stem in column.split():
            if len(stem) > 1 and not stem.isdigit() and stem not in _STOP:
                words[stem] += times
    refs = told.refs.split()
    return {
        WORDS: words,
        PIECES: Counter(_pieces(told.title.split())),
        LAWS: laws_of(ref for ref in refs if ref.startswith(_LAW)),
        KEYS: _keys(told.identifiers, refs),
    }


def _pieces(stems: Iterable[str]) -> Iterable[str]:
    for stem in stems:
        if len(stem) >= min(PIECE_LENGTHS) and stem not in _STOP:
            bounded = f"^{stem}$"
            for length in PIECE_LENGTHS:
                for start in range(len(bounded) - length + 1):
                    yield "#" + bounded[start : start + length]


def laws_of(tokens: Iterable[str]) -> dict[str, float]:
    """Count laws, and beside them their sections, by tokens like ref_law_ozg_1a."""
    found: Counter[str] = Counter()
    sections: dict[str, float] = {}
    for token in tokens:
        found[token.rpartition("_")[0]] += 1
        sections[token] = SECTION
    return {**found, **sections}


def law_token(name: str) -> str:
    """Return the feature of a law by its short name."""
    return ref_token("law", f"{name} § 1").rpartition("_")[0]


def _keys(identifiers: Sequence[str], refs: Iterable[str]) -> dict[str, float]:
    told = " ".join([*identifiers, *(r for r in refs if r.startswith(_LEIKA_TOKEN))])
    found = _LEIKA.findall(told.replace("_", " "))
    return {f"{length}:{key[:length]}": 1.0 for key in found for length in (5, 8)}


@dataclass(frozen=True, slots=True)
class Space:
    """How much each feature says: the rarer among what was learnt from, the more."""

    rarity: Mapping[str, float]  # log((documents + 1) / documents with it)
    unseen: float  # of a feature that nothing learnt from has: weighs, but speaks for no topic

    @classmethod
    def of(cls, documents: Sequence[Groups]) -> "Space":
        """Count the documents of each feature."""
        held: Counter[str] = Counter()
        for document in documents:
            for counted in document.values():
                held.update(counted.keys())
        every = len(documents) + 1
        return cls({name: math.log(every / n) for name, n in held.items()}, math.log(every))

    def vector(self, groups: Groups) -> Vector:
        """Weigh the features of a document."""
        found: Vector = {}
        for group, counted in groups.items():
            raw = {
                name: (1 + math.log(n) if n >= 1 else n) * self.rarity.get(name, self.unseen)
                for name, n in sorted(counted.items())
            }
            length = math.sqrt(sum(value * value for value in raw.values()))
            if length:
                found[group] = {name: value / length for name, value in raw.items()}
        return found


def flat(vector: Vector, weights: Mapping[str, float], *, unit: bool = False) -> dict[str, float]:
    """Join the groups of a vector by their weights.

    Args:
        vector: Of an item.
        weights: Of the groups; a scalar product of two joined vectors is the weighted sum of those
            of the groups.
        unit: Bring the result to length 1, for a cosine.
    """
    whole = math.sqrt(sum(weights[group] for group in vector)) if unit else 1.0
    return {
        name: value * math.sqrt(weights[group]) / (whole or 1.0)
        for group, found in vector.items()
        for name, value in found.items()
    }
