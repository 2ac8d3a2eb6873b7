"""How words are read in this installation: dictionary, vocabulary and the counts of the live epoch.

Light to import: a search needs no more than this.
"""

import sqlite3
from dataclasses import dataclass

from aggregator.config.vocabulary import Vocabulary
from aggregator.links.searched import Dictionary
from aggregator.links.topics import TopicWords
from aggregator.store import epochs
from aggregator.text.analysis import Analyser
from aggregator.text.versions import reading_version
from aggregator.text.wordforms import WordForms


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """How words are read: the dictionary of word forms and what the vocabulary adds."""

    dictionary: Dictionary
    version: str  # changes with the code, the dictionary and the vocabulary


def language(vocabulary: Vocabulary, words: WordForms) -> Language:
    """Return how words are read under a vocabulary."""
    return Language(
        dictionary=Dictionary(
            forms=words,
            exceptions=dict(vocabulary.split_exceptions),
            aliases=vocabulary.aliases,
            topics=tuple(
                TopicWords(
                    topic=slug,
                    strong=topic.strong,
                    weak=topic.weak,
                    name=topic.name,
                    axis=topic.axis,
                    situations=topic.situations,
                    laws=topic.laws,
                )
                for slug, topic in vocabulary.topics.items()
            ),
        ),
        version=reading_version(vocabulary.checksum),
    )


def analyser(db: sqlite3.Connection, vocabulary: Vocabulary, words: WordForms) -> Analyser:
    """Return the analyser of the live epoch, for queries and for marking what they matched."""
    epoch = epochs.current(db)
    counts = epochs.WordCounts(db, epoch.n if epoch else 0)
    return language(vocabulary, words).dictionary.analyser(counts)
