"""Same content elsewhere: copies, excerpts, extended versions and overlaps of two texts.

Texts are compared by their sequences of three words (shingles). What counts is containment, the
share of the shorter text's shingles that the other one has: a teaser is wholly contained in its
article although the two are not alike. Candidates are found by a sample of the shingles' hashes
that depends on nothing but the hash, so that two texts sample what they share; the verdict comes
from all shingles, or from the samples where a text may not be stored. Pure.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from aggregator.text import sentences

WORD = re.compile(r"\w+")
SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
SAMPLED = 4  # one hash of so many is in the sample
MOST_SAMPLED = 4096  # of one text: the smallest; compared below the smaller bound of two texts
FEWEST = 5  # shingles of the shorter text: less is a title that many things may have
SAME_FROM = 0.4  # containment from which on readers call a passage the same
WHOLE = 0.8  # containment from which on the shorter text is in the other as a whole
ALIKE = 0.8  # ratio of lengths from which on two such texts are copies
PREFILTER = 0.2  # share of telling sampled hashes from which on a pair is worth the verdict
FEW_COMMON = 2  # telling hashes in common below which a text full of frequent ones is not looked at
# Where only samples can be compared, the words of the shorter text bear witness too: a few sampled
# passages may be a habit of their authors, while copies share nearly all words.
SAMPLED_FROM = 0.25  # containment by the samples
WITNESSED_FROM = 0.58  # mean of the containment by the samples and of that by the words
LONG_TEXT_CHARS = 60_000  # differences of longer texts are told in words, not in sentences


def shingle_hashes(text: str) -> frozenset[int]:
    """Return the 63-bit hashes of all sequences of three folded words."""
    row = WORD.findall(text.lower().translate(SPELT_OUT))
    joined = [" ".join(row[i : i + 3]).encode() for i in range(len(row) - 2)]
    return frozenset(
        int.from_bytes(blake2b(words, digest_size=8).digest(), "big") >> 1 for words in joined
    )


def shingle_sample(text: str) -> tuple[int, ...]:
    """Return the sampled hashes of a text, ascending: what may be kept where text may not."""
    return sample(shingle_hashes(text))


def sample(hashes: Collection[int]) -> tuple[int, ...]:
    """Return the hashes by which a text is found, ascending."""
    return tuple(sorted(h for h in hashes if h % SAMPLED == 0)[:MOST_SAMPLED])


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a text is compared by; `hashes` is None where the text may not be stored."""

    title: str
    text: str
    published_at: str | None
    sketch: tuple[int, ...]
    hashes: frozenset[int] | None
    length: int  # words
    words: Mapping[str, int]  # folded, with their counts; looked at where `hashes` is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """How two contents overlap, seen from the first: what the other one is to it."""

    similarity: int  # containment of the shorter, per mille
    relation: str  # copy excerpt extended overlap
    differs: tuple[str, ...]


MIRRORED = {"copy": "copy", "overlap": "overlap", "excerpt": "extended", "extended": "excerpt"}


def word_counts(told: Mapping[str, int]) -> Counter[str]:
    """Return words with their counts as they are compared, from words as written."""
    counts: Counter[str] = Counter()
    for word, times in told.items():
        for folded in WORD.findall(word.lower().translate(SPELT_OUT)):
            counts[folded] += times
    return counts


def likely(one: int, other: int, common: int) -> bool:
    """Whether a pair is worth the verdict.

    Args:
        one: Hashes of the one sketch, of which those that are too frequent need not count.
        other: Hashes of the other sketch, likewise.
        common: Hashes in both that are not too frequent.
    """
    return common >= PREFILTER * min(one, other)


def comparable(one: Sequence[int], other: Sequence[int]) -> tuple[int, int]:
    """Return how many hashes of two sketches lie below the smaller of their bounds."""
    bounds = [s[-1] for s in (one, other) if len(s) == MOST_SAMPLED]
    if not bounds:
        return len(one), len(other)
    return bisect_right(one, min(bounds)), bisect_right(other, min(bounds))


def compare(one: Content, other: Content) -> tuple[Overlap, Overlap] | None:
    """Return how two contents overlap, seen from either side; None when they do not.

    The verdict is symmetric: it does not matter which of the two is given first.
    """
    mine, theirs, common = _counts(one, other)
    shorter, longer = sorted((mine, theirs))
    if shorter < FEWEST or not _enough(one, other, common / shorter):
        return None
    if common >= WHOLE * shorter:
        relation = "extended" if theirs > mine else "excerpt"
        relation = "copy" if shorter >= ALIKE * longer else relation
    else:
        relation = "overlap"
    similarity = 1000 * common // shorter
    return (
        Overlap(similarity=similarity, relation=relation, differs=differences(one, other)),
        Overlap(similarity=similarity, relation=MIRRORED[relation],
                differs=differences(other, one)),
    )  # fmt: skip


def _enough(one: Content, other: Content, contained: float) -> bool:
    """Whether so much of the shorter text being in the other makes a pair."""
    if one.hashes is not None and other.hashes is not None:
        return contained >= SAME_FROM
    if contained < SAMPLED_FROM:
        return False
    words = sum(
        times for word, n in one.words.items() if (times := min(n, other.words.get(word, 0)))
    )
    return (contained + words / _fewer_words(one, other)) / 2 >= WITNESSED_FROM


def _fewer_words(one: Content, other: Content) -> int:
    return max(1, min(sum(one.words.values()), sum(other.words.values())))


def _counts(one: Content, other: Content) -> tuple[int, int, int]:
    """Return the sizes of both sets of shingles and of what they share; estimated by samples."""
    if one.hashes is not None and other.hashes is not None:
        return len(one.hashes), len(other.hashes), len(one.hashes & other.hashes)
    common = len(set(one.sketch) & set(other.sketch))
    mine, theirs = comparable(one.sketch, other.sketch)
    return mine * SAMPLED, theirs * SAMPLED, common * SAMPLED


def differences(one: Content, other: Content) -> tuple[str, ...]:
    """Name in German what the other content has otherwise than the first."""
    found = []
    if _plain(one.title) != _plain(other.title):
        found.append("Titel")
    if one.published_at and other.published_at and one.published_at != other.published_at:
        found.append("Datum")
    known = one.hashes is not None and other.hashes is not None
    if known and max(len(one.text), len(other.text)) <= LONG_TEXT_CHARS:
        found += _told("Satz", "Sätze", *_only(one.text, other.text))
    elif one.length != other.length:
        more = other.length - one.length
        found += _told("Wort", "Wörter", max(0, -more), max(0, more))
    return tuple(found)


def _plain(text: str) -> str:
    return " ".join(WORD.findall(text.lower().translate(SPELT_OUT)))


def _only(one: str, other: str) -> tuple[int, int]:
    """Return how many sentences only the first and only the other text has."""
    mine, theirs = ({_plain(t[a:b]) for a, b in sentences.split(t)} - {""} for t in (one, other))
    return len(mine - theirs), len(theirs - mine)


def _told(single: str, plural: str, fewer: int, more: int) -> list[str]:
    """Say how many sentences or words the other text lacks and adds."""
    return [
        f"{number} {single if number == 1 else plural} {word}"
        for number, word in ((more, "mehr"), (fewer, "weniger"))
        if number
    ]
