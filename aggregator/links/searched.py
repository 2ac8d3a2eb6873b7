"""What an item is searched by: its search row, the words that are new, its topics by rule.

The first half of what is derived from one item alone, and the only one that a reader waits for.
Pure, and light to import: processes that read nothing but texts need no more than this.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from aggregator.links.topics import Assigned, Rules, TopicWords
from aggregator.text.analysis import Analyser
from aggregator.text.compounds import Counts
from aggregator.text.wordforms import WordForms
from aggregator.text.words import fold

MOST_NOTED = 300_000  # words of which something is noted


class Searched(NamedTuple):
    """What an item is searched by."""

    title: str  # columns of the search row
    heads: str  # parts of compounds in the title
    body: str
    parts: str
    refs: str
    fresh: tuple[str, ...]  # words in lower case that the epoch does not know
    topics: tuple[Assigned, ...]  # by rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Dictionary:
    """What words are read by, besides their counts; can be sent to another process."""

    forms: WordForms
    exceptions: Mapping[str, tuple[str, ...]]
    aliases: tuple[tuple[str, ...], ...]
    topics: tuple[TopicWords, ...]

    def analyser(self, counts: Counts) -> Analyser:
        """Return an analyser over the counts of an epoch."""
        return Analyser(self.forms, counts, self.exceptions, self.aliases)


class Reader:
    """Reads items by the counts of an epoch; costly to warm up."""

    def __init__(self, dictionary: Dictionary, counts: Counts, known: Counts) -> None:
        """Read by an epoch.

        Args:
            dictionary: What words are read by.
            counts: Of the words of the epoch, of the common ones at least.
            known: Of all its words.
        """
        self.analyser = dictionary.analyser(counts)
        self._counts = known
        self._rules = Rules.of(dictionary.topics, self.analyser)
        self._clues: dict[str, frozenset[str]] = {}  # of the few words that say something of topics
        self._unknown: set[str] = set()  # words that the epoch does not know

    def read(self, title: str, body: str) -> Searched:
        """Derive what an item is searched by.

        Args:
            title: Of the item.
            body: Its text as it is indexed.
        """
        self._make_room()
        head, rest = self.analyser.columns(title), self.analyser.columns(body)
        for word, stems in self.analyser.new_words():
            self._learn(word, stems)
        first = self._clues_in(head.words)
        return Searched(
            title=head.stems,
            heads=head.parts,
            body=rest.stems,
            parts=rest.parts,
            refs=_joined(head.refs, rest.refs),
            fresh=self._fresh(head.words, rest.words),
            topics=self._rules.assign(first, first | self._clues_in(rest.words)),
        )

    def _learn(self, word: str, stems: Iterable[str]) -> None:
        """Note what a new word says of topics, and whether the epoch knows it."""
        if clues := self._rules.stems.intersection(stems):
            self._clues[word] = clues
        if not self._counts.get(fold(word), 0):
            self._unknown.add(word)

    def _make_room(self) -> None:
        """Forget everything when it has grown too large; not within an item."""
        if len(self._unknown) + len(self._clues) >= MOST_NOTED:
            self.analyser.forget_words()
            self._clues.clear()
            self._unknown.clear()

    def _clues_in(self, words: Iterable[str]) -> set[str]:
        """Return the stems of words and of their parts that stand in rules."""
        return set(chain.from_iterable(filter(None, map(self._clues.get, words))))

    def _fresh(self, *told: list[str]) -> tuple[str, ...]:
        """Return the words that the epoch does not know, in lower case and in order."""
        if not self._unknown:
            return ()
        unknown = self._unknown.intersection(chain.from_iterable(told))
        return tuple(sorted({word.lower() for word in unknown}))


def _joined(one: str, other: str) -> str:
    return f"{one} {other}" if one and other else one or other
