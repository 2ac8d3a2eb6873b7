"""What an item is searched by: its search row, the words that are new, its topics by rule.

The first half of what is derived from one item alone, and the only one that a reader waits for.
Pure, and light to import: processes that read nothing but texts need no more than this.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from aggregator.links.topics import Assigned, Rules, TopicWords
from aggregator.text.analysis import Analyser
from aggregator.text.compounds import Counts
from aggregator.text.wordforms import WordForms
from aggregator.text.words import fold

MOST_KNOWN = 300_000  # words in memory that the epoch knows


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
        self._known: set[str] = set()

    def read(self, title: str, body: str) -> Searched:
        """Derive what an item is searched by.

        Args:
            title: Of the item.
            body: Its text as it is indexed.
        """
        head, rest = self.analyser.columns(title), self.analyser.columns(body)
        told = head.stems.split() + head.parts.split()
        return Searched(
            title=head.stems,
            body=rest.stems,
            parts=_joined(head.parts, rest.parts),
            refs=_joined(head.refs, rest.refs),
            fresh=self._fresh({*head.words, *rest.words}),
            topics=self._rules.assign(told, told + rest.stems.split() + rest.parts.split()),
        )

    def _fresh(self, words: set[str]) -> tuple[str, ...]:
        """Return the words that the epoch does not know, in lower case and in order."""
        unsure = words - self._known
        if not unsure:
            return ()
        fresh = {word for word in unsure if not self._counts.get(fold(word), 0)}
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known |= unsure - fresh
        return tuple(sorted({word.lower() for word in fresh}))


def _joined(one: str, other: str) -> str:
    return f"{one} {other}" if one and other else one or other
