"""What answers a question: how much of what it asks stands in a text, and in which sentences.

A question is told by its title. Words that only ask ("wie", "habt ihr") say nothing; of the others
the rarer ones count more, and a part of a compound half. A text answers when it says enough of them
close to each other: that passage is what a reader checks. Two
questions are the same when each has most of what the other asks. Pure; words come stemmed, as the
search row has them.
"""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from aggregator.text import sentences
from aggregator.text.words import STOP_WORDS, fold, surfaces, undotted, word_set

ANSWERS_FROM = 0.6  # share of what is asked that a passage has to have
RARE = 9.0  # weight of a word that one in twenty items has: a passage needs one that is as rare
SAME_FROM = 0.6  # ... that each of two questions has to have of the other
FEWEST = 2  # words of a question that a passage has to have, whatever they weigh
PART = 0.5  # of a compound, beside a whole word
PASSAGE = 2  # sentences that are looked at together
PASSAGE_CHARS = 300
ASKING = frozenset(map(fold, word_set("""
    bitte dürfen eigentlich eure eurem euren eurer gibt geht haltet habt jemand kennt können könnt
    macht muss müssen nutzt schon seid setzt sollen sollte sonst tragt wann warum was welche welchem
    welchen welcher welches wem wen wer werdet weshalb wessen wie wieviel wieso wo wofür woher wohin
    womit worauf wozu frage fragen antwort hilfe erfahrung erfahrungen
"""))) | frozenset(map(fold, STOP_WORDS))  # fmt: skip


# Their stems: what is left when an ending of up to two letters is gone.
_IDLE = frozenset(word[:end] for word in ASKING for end in range(max(3, len(word) - 2), len(word)))
_IDLE |= ASKING


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a question asks: its stems with their weights, and the words as written."""

    title: str
    weights: Mapping[str, float]
    written: Mapping[str, str]  # stem -> word of the title

    @property
    def whole(self) -> float:
        """The weight of everything asked."""
        return sum(self.weights.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """How a text answers: the share of what is asked, the words, and where they stand."""

    share: float
    words: tuple[str, ...]
    passage: str


def asked(
    title: str, stems: Iterable[str], parts: Iterable[str], rarity: Callable[[str], float]
) -> Asked:
    """Read a question.

    Args:
        title: As written.
        stems: Of its words.
        parts: Of its compounds.
        rarity: How rare a stem is among all items; 0: everywhere.
    """
    weights: dict[str, float] = {}
    for found, worth in ((stems, 1.0), (parts, PART)):
        for stem in found:
            if stem not in _IDLE and len(stem) > 1:
                weights.setdefault(stem, worth * rarity(stem) ** 2)
    words = surfaces(title)
    written = {
        stem: word for stem in weights
        if (word := next((w for w in words if undotted(stem) in undotted(w)), None)) is not None
    }  # fmt: skip
    return Asked(
        title=title, weights={s: w for s, w in weights.items() if s in written}, written=written
    )


def share_of(question: Asked, stems: Collection[str]) -> float:
    """Return how much of what is asked stands in a text."""
    whole = question.whole
    return sum(w for stem, w in question.weights.items() if stem in stems) / whole if whole else 0.0


def is_same(one: Asked, other: Asked) -> bool:
    """Whether two questions ask the same."""
    return min(share_of(one, other.weights.keys()), share_of(other, one.weights.keys())) >= (
        SAME_FROM
    )


def answered_by(question: Asked, stems: Collection[str], text: str) -> Found | None:
    """Return how a text answers a question; None when it does not.

    Args:
        question: What is asked.
        stems: Of the text and of the parts of its compounds.
        text: As far as it may be shown.
    """
    there = [stem for stem in question.weights if stem in stems]
    share, passage = _passage(question, there, text)
    said = undotted(passage)
    found = sorted(
        (stem for stem in there if undotted(stem) in said),
        key=lambda stem: (-question.weights[stem], stem),
    )
    words = tuple(dict.fromkeys(question.written[stem] for stem in found))
    if share < ANSWERS_FROM or len(words) < FEWEST or question.weights[found[0]] < RARE:
        return None
    if undotted(question.title) in said:
        return None  # it only names the question
    if len(passage) > PASSAGE_CHARS:
        passage = passage[:PASSAGE_CHARS].rsplit(" ", 1)[0] + " …"
    return Found(share=round(share, 3), words=words, passage=passage)


def _passage(question: Asked, there: Sequence[str], text: str) -> tuple[float, str]:
    """Return the neighbouring sentences that have most of what is asked, and how much."""
    rows = [text[start:end] for start, end in sentences.split(text)]
    said = [undotted(row) for row in rows]
    wanted = [(undotted(stem), question.weights[stem]) for stem in there]
    best, passage = 0.0, ""
    for start in range(len(rows)):
        together = " ".join(said[start : start + PASSAGE])
        worth = sum(weight for stem, weight in wanted if stem in together)
        if worth > best + 1e-9:
            best, passage = worth, " ".join(" ".join(rows[start : start + PASSAGE]).split())
    return (best / question.whole if question.weights else 0.0), passage


def rarity(items: int, every: int) -> float:
    """Return how rare a word is of which so many of all items speak."""
    return math.log((every + 1) / max(items, 1))
