"""Topics by rule: strong words are enough alone, weak ones need each other.

The rules are words of the vocabulary; they are read by the same analysis as the texts, so that
"Wohngeldantrag" speaks for "Wohngeld". Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Protocol

STRONG, WEAK, TITLE = 600, 250, 150  # per mille: of a strong word, of a weak one, more in a title
MOST = 980  # per mille: a rule is never certain
# Per mille from which on a topic is assigned that leads all others by so much; the rest is only
# queued. On the replica .90 of the assigned ones are right and .80 of the planted ones found (every
# topic from 800 on, whatever else the text speaks of: .77 and .74).
AUTO_FROM, LEAD = 700, 30
WEAK_NEEDED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicWords:
    """What the vocabulary has of one topic."""

    topic: str
    strong: tuple[str, ...]
    weak: tuple[str, ...]
    name: str = ""
    axis: str = ""  # topics of one axis compete
    situations: tuple[str, ...] = ()  # for the model alone, as the laws
    laws: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """A topic of an item; confidence is per mille, `auto` false means only queued."""

    topic: str
    source: str  # rule model human
    confidence: int
    auto: bool
    evidence: str


class Stems(Protocol):
    """What the rules need of the analysis."""

    def stems(self, text: str) -> list[str]:
        """Return the stems of a text's words without stop words."""
        ...


@dataclass(frozen=True, slots=True)
class _Clue:
    topic: str
    word: str
    stems: frozenset[str]
    several: bool  # stems: an expression of several words, all of which have to be there
    worth: int


@dataclass(frozen=True, slots=True)
class Rules:
    """Clues by the first of their stems, and all stems that stand in any of them."""

    clues: Mapping[str, tuple[_Clue, ...]] = field(default_factory=dict)
    stems: frozenset[str] = frozenset()

    @classmethod
    def of(cls, topics: Iterable[TopicWords], analysis: Stems) -> "Rules":
        """Compile the words of a vocabulary."""
        clues: dict[str, list[_Clue]] = {}
        for topic in topics:
            for words, worth in ((topic.strong, STRONG), (topic.weak, WEAK)):
                for word in words:
                    stems = sorted(set(analysis.stems(word)))
                    if stems:
                        clue = _Clue(topic.topic, word, frozenset(stems), len(stems) > 1, worth)
                        clues.setdefault(stems[0], []).append(clue)
        every = frozenset(stem for found in clues.values() for clue in found for stem in clue.stems)
        return cls({stem: tuple(found) for stem, found in clues.items()}, every)

    def assign(self, title: Iterable[str], text: Iterable[str]) -> tuple[Assigned, ...]:
        """Return the topics of an item.

        Args:
            title: Stems of the title's words and of their parts.
            text: The same of title and text.

        Returns:
            By topic, with the words that decided, the weightiest first.
        """
        found: dict[str, dict[str, int]] = {}
        said, said_first = self.stems.intersection(text), self.stems.intersection(title)
        for stem in said:
            for clue in self.clues.get(stem, ()):
                if not clue.several or clue.stems <= said:
                    first = clue.stems <= said_first if clue.several else stem in said_first
                    worth = clue.worth + TITLE if first else clue.worth
                    words = found.setdefault(clue.topic, {})
                    if worth > words.get(clue.word, 0):
                        words[clue.word] = worth
        return _settled([
            _judged(topic, frozenset(words.items()))
            for topic, words in sorted(found.items())
            if len(words) >= WEAK_NEEDED or max(words.values()) >= STRONG
        ])  # fmt: skip


def _settled(judged: list[Assigned]) -> tuple[Assigned, ...]:
    """Assign the topic that leads; texts speak of much beside what they are about."""
    if judged:
        best = max(range(len(judged)), key=lambda place: judged[place].confidence)
        second = max((a.confidence for n, a in enumerate(judged) if n != best), default=0)
        if judged[best].confidence >= max(AUTO_FROM, second + LEAD):
            judged[best] = replace(judged[best], auto=True)
    return tuple(judged)


@lru_cache(maxsize=10_000)
def _judged(topic: str, words: frozenset[tuple[str, int]]) -> Assigned:
    """Weigh the clues of one topic; the same few meet again and again."""
    best = sorted(words, key=lambda row: (-row[1], row[0]))
    doubt = 1.0
    for _, worth in best:
        doubt *= 1 - worth / 1000
    confidence = min(MOST, round(1000 * (1 - doubt)))
    return Assigned(
        topic=topic, source="rule", confidence=confidence, auto=False,
        evidence=", ".join(word for word, _ in best[:5]),
    )  # fmt: skip


def overruled(assigned: Sequence[Assigned], human: Mapping[str, bool]) -> tuple[Assigned, ...]:
    """Let people's labels win: added with certainty, or taken away."""
    kept = {a.topic: a for a in assigned if human.get(a.topic) is None}
    for topic, value in human.items():
        if value:
            kept[topic] = Assigned(
                topic=topic, source="human", confidence=1000, auto=True, evidence=""
            )
    return tuple(kept[topic] for topic in sorted(kept))
