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

MOST_KNOWN = 300_000  # words in memory


class Searched(NamedTuple):
    """What an item is searched by."""

    title: str  # columns of the search row
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


class _Clues(dict[str, tuple[str, ...]]):
    """What each word says of topics: stems that stand in rules, of most words none.

    A word that is new is read when it is asked for, and noted as fresh when the epoch lacks it.
    """

    def __init__(self, analyser: Analyser, known: Counts, rules: Rules) -> None:
        self._analyser = analyser
        self._counts = known
        self._stems = rules.stems
        self.fresh: set[str] = set()

    def __missing__(self, surface: str) -> tuple[str, ...]:
        if not self._counts.get(fold(surface), 0):
            self.fresh.add(surface)
        stems = self._stems.intersection(self._analyser.all_stems(surface))
        found = self[surface] = tuple(sorted(stems))
        return found

    def make_room(self) -> None:
        """Forget everything when it has grown too large; not within an item."""
        if len(self) >= MOST_KNOWN:
            self.clear()
            self.fresh.clear()


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
        self._rules = Rules.of(dictionary.topics, self.analyser)
        self._clues = _Clues(self.analyser, known, self._rules)

    def read(self, title: str, body: str) -> Searched:
        """Derive what an item is searched by.

        Args:
            title: Of the item.
            body: Its text as it is indexed.
        """
        self._clues.make_room()
        head, rest = self.analyser.columns(title), self.analyser.columns(body)
        # No step of Python's for a word, as in the analysis.
        told = set(chain.from_iterable(map(self._clues.__getitem__, head.words)))
        topics = self._rules.assign(
            told, told.union(chain.from_iterable(map(self._clues.__getitem__, rest.words)))
        )
        return Searched(
            title=head.stems,
            body=rest.stems,
            parts=_joined(head.parts, rest.parts),
            refs=_joined(head.refs, rest.refs),
            fresh=self._fresh((head.words, rest.words)),
            topics=topics,
        )

    def _fresh(self, told: Iterable[list[str]]) -> tuple[str, ...]:
        """Return the words that the epoch does not know, in lower case and in order."""
        if not self._clues.fresh:
            return ()
        fresh = self._clues.fresh.intersection(chain.from_iterable(told))
        return tuple(sorted({word.lower() for word in fresh}))


def _joined(one: str, other: str) -> str:
    return f"{one} {other}" if one and other else one or other
