"""What links an item to others, as far as it follows from the item alone.

References, identifiers, vector and sketch: a pure function of the item, of the analysis and of what
the statistics epoch knows. Where the text of an item may not be stored, its digest (counts of
words, sampled shingles, references) stands in.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

from aggregator.links import related, same
from aggregator.links.related import Feature, KnownTerms, Vector
from aggregator.text import references, sentences
from aggregator.text.analysis import Analyser, Word
from aggregator.text.words import STOP_WORDS, fold, surfaces

MOST_REPEATED = 20  # of one word of a digest in the search row
KEYS_THAT_IDENTIFY = ("itplr:",)  # keys by which others cite an item
FEDERAL, UNSAID = "bt:", "?:"  # who cites a paper without saying whose means the Bundestag's
SENTENCE_CHARS = 300  # of a reference's sentence
LINKING = "s"  # between the parts of a compound: Verwaltungs|reform


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What of an item the description needs."""

    key: str
    title: str
    text: str
    identifiers: tuple[str, ...]
    terms: Mapping[str, int] | None = None  # of the digest; None where the text is stored
    shingles: tuple[int, ...] = ()
    digest_references: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """A reference in a text; `start` and `end` are -1 where the place is not known."""

    kind: str
    key: str
    text: str
    start: int
    end: int
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What links an item to others, as far as it follows from the item alone."""

    references: tuple[Cited, ...]
    identifiers: tuple[tuple[str, str], ...]
    vector: Vector
    sketch: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Statistics:
    """The frozen figures of an epoch."""

    terms: KnownTerms
    items: int


def describe(subject: Subject, analyser: Analyser, statistics: Statistics) -> Described:
    """Derive what links an item to others, as far as it follows from the item alone."""
    cited = find_references(subject)
    features = features_of(subject, analyser, cited)
    return Described(
        references=cited,
        identifiers=identifiers_of(subject),
        vector=related.vector(features, statistics.terms, statistics.items),
        sketch=sketch_of(subject),
    )


def body_of(subject: Subject) -> str:
    """Return the text to be indexed; of a digest its words, without their order."""
    if subject.terms is None:
        return subject.text
    return " ".join(
        word
        for word, times in sorted(subject.terms.items())
        for _ in range(min(times, MOST_REPEATED))
    )


def counts_of(subject: Subject) -> Counter[str]:
    """Count the words of an item as written; those of the title count double."""
    if subject.terms is not None:
        counts = Counter(dict(subject.terms))
        counts.update(surfaces(subject.title))
        return counts
    counts = Counter(surfaces(subject.title) * related.TITLE_TIMES)
    counts.update(surfaces(subject.text))
    return counts


def words_of(title: str, text: str, terms: Mapping[str, int] | None) -> Iterable[str]:
    """Return the words of an item as written, each as often as `counts_of` counts it.

    Args:
        title: Of the item.
        text: Of the item; "" where it may not be stored.
        terms: Of the digest; None where the text is stored.
    """
    if terms is not None:
        return chain(surfaces(title), Counter(dict(terms)).elements())
    return chain(surfaces(title) * related.TITLE_TIMES, surfaces(text))


def features_of(subject: Subject, analyser: Analyser, cited: Iterable[Cited]) -> dict[str, Feature]:
    """Collect the terms of an item: stems, parts of compounds, references."""
    words = (
        (word.stem, surface, _written_parts(word), times)
        for surface, times in counts_of(subject).items()
        if len(surface) > 1 and surface.lower() not in STOP_WORDS
        for word in (analyser.word(surface),)
    )
    return related.count_features(words, ((c.kind, c.key, c.text) for c in cited))


def _written_parts(word: Word) -> Sequence[tuple[str, str]]:
    """Return the parts of a word as stem and as they would be written by themselves."""
    if not word.parts:
        return ()
    cuts = (0, *word.boundaries, len(word.surface))
    written = [word.surface[start:end] for start, end in pairwise(cuts)]
    if len(written) != len(word.parts):
        written = list(word.parts)  # a hyphen is no boundary, but makes parts
    if word.surface[:1].isupper():  # the parts of a noun are nouns
        written = [part[:1].upper() + part[1:] for part in written]
    return [
        (stem, part[:-1] if fold(part) == stem + LINKING else part)
        for stem, part in zip(word.parts, written, strict=True)
    ]


def find_references(subject: Subject) -> tuple[Cited, ...]:
    """Return the references of an item with the sentences in which they stand."""
    if subject.terms is not None:
        return tuple(
            Cited(kind=kind, key=key, text=text, start=-1, end=-1, sentence="")
            for kind, key, text in subject.digest_references
        )
    told = f"{subject.title}\n{subject.text}"
    return tuple(
        Cited(
            kind=found.kind, key=found.key, text=found.text, start=found.start, end=found.end,
            sentence=_sentence(told, len(subject.title), found.start, found.end),
        )
        for found in references.find(told)
    )  # fmt: skip


def _sentence(told: str, title_end: int, start: int, end: int) -> str:
    """Return the sentence around a reference; the title is one of its own."""
    if end <= title_end:
        return told[:title_end]
    offset = title_end + 1
    sentence = sentences.sentence_at(told[offset:], start - offset, end - offset)
    return " ".join(sentence.split())[:SENTENCE_CHARS]


def identifiers_of(subject: Subject) -> tuple[tuple[str, str], ...]:
    """Return the numbers under which others cite an item, as kind and key."""
    found = set(references.normal_identifiers(subject.identifiers))
    if subject.key.startswith(KEYS_THAT_IDENTIFY):
        found.add((subject.key.partition(":")[0], subject.key))
    found |= {
        (k, UNSAID + key.removeprefix(FEDERAL)) for k, key in found if key.startswith(FEDERAL)
    }
    return tuple(sorted(found))


def sketch_of(subject: Subject) -> tuple[int, ...]:
    """Return the sampled shingles by which an item is found among its copies."""
    if subject.terms is not None:
        return tuple(sorted(subject.shingles)[: same.MOST_SAMPLED])
    return same.shingle_sample(f"{subject.title}\n{subject.text}")


def folded_words(subject: Subject) -> Iterator[tuple[str, str, int]]:
    """Yield each word of an item folded, in lower case, and how often it stands there."""
    for word, times in counts_of(subject).items():
        yield fold(word), word.lower(), times
