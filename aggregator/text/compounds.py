"""Where German compounds are cut: Verwaltungs|verfahrens|gesetz.

A dynamic programme over the letters, after Koehn and Knight (2003), with family sizes for
frequencies: a cut is good when many other words begin with the left part (its linking element
included, so that links need no rules: "grund|steuer", for nothing begins with "grunds") and many
end with the right one. The word itself stands against being cut by the number of words that are
built with it as a whole. Parts that the dictionary lacks are taken from the corpus. What is found
is cut again, without its linking element.

Everything here is folded (`words.fold`): small letters, umlauts spelt out.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple, Protocol

from aggregator.text.lexicalised import SHORT_PARTS, WHOLE
from aggregator.text.wordforms import PREFIXES, SUFFIXES, WordForms
from aggregator.text.words import fold

LINKS = ("s", "es", "n", "en", "er", "e", "ens")
# After these endings a left part always takes its s: Planungs|rat, Sicherheits|lücke.
_LINKING = ("ung", "heit", "keit", "ion", "taet", "schaft", "tum", "ling", "ing")
_SHORTEST = 7  # letters of a word worth looking at
_LONGEST = 64  # letters; longer strings are no words
_TOTAL = 1e5  # scale of family sizes, so that every further part costs
_SELF = 5e-4  # how much a word's own family counts against cutting it
_ALONE = 0.1  # family of a known word with which no other is built
_GUESS = 0.4  # weight of a known word with no family as a part
_COMMON = 10  # family that makes "Bau|ende" believable
CORPUS_LEAST = 20  # occurrences that make an unknown word a part
_CORPUS_WEIGHT = 0.5
_CORPUS_SHORTEST = 4  # letters of such a part
_CACHE_WORDS = 50_000  # the parts of all compounds are some ten thousand words
_CACHE_RESTS = 20_000  # many words end alike
_VOWELS = ("a", "o", "u")  # with an "e" behind them umlauts, maybe


class _Left(NamedTuple):
    """A dictionary form as a left part."""

    score: float
    links: tuple[str, ...]  # linking elements that may follow
    ending: bool  # an ending of words too, so it is no part inside a word
    umlaut: bool  # the "e" behind it may belong to it


class Counts(Protocol):
    """Counts of the folded words of a corpus; a mapping will do."""

    def get(self, word: str, default: int, /) -> int:
        """Return how often a word occurs."""
        ...


class _Common:
    """The words of a corpus that are common enough to be parts, found by how they begin."""

    def __init__(self, corpus: Counts) -> None:
        self._corpus = corpus
        self._sizes: dict[str, set[int]] | None = None  # by the first letters
        if isinstance(corpus, Mapping):
            self._sizes = {}
            for word, times in corpus.items():
                if times >= CORPUS_LEAST and len(word) >= _CORPUS_SHORTEST:
                    self._sizes.setdefault(word[:_CORPUS_SHORTEST], set()).add(len(word))

    def begin(self, text: str, most: int) -> Iterable[int]:
        """Return the lengths, up to `most`, of the words with which a text begins."""
        sizes: Iterable[int] = range(_CORPUS_SHORTEST, most + 1)
        if self._sizes is not None:  # else counts are looked up one by one, for a few words
            sizes = self._sizes.get(text[:_CORPUS_SHORTEST], ())
            if not sizes:
                return ()
        return [
            size
            for size in sizes
            if size <= most and self._corpus.get(text[:size], 0) >= CORPUS_LEAST
        ]


class Splitter:
    """Cuts folded words; pure within one table, one corpus and one list of exceptions."""

    def __init__(
        self, forms: WordForms, corpus: Counts, exceptions: Mapping[str, tuple[str, ...]]
    ) -> None:
        """Take the dictionary, the corpus and word -> parts, () for "leave it whole".

        Raises:
            ValueError: The parts of an exception do not make up its word.
        """
        self._forms = forms
        self._corpus = corpus
        self._common = _Common(corpus)
        remember = lru_cache(maxsize=_CACHE_WORDS)  # the same few parts stand in many words
        self._once = remember(self._find)
        self._every = remember(self._find_every)
        self._left = remember(self._find_left)
        self._last = remember(self._find_last)
        self._inside = lru_cache(maxsize=_CACHE_RESTS)(self._firsts_inside)
        self._base = remember(self._find_base)
        self._fixed: dict[str, tuple[int, ...]] = dict.fromkeys(WHOLE, ())
        for word, parts in exceptions.items():
            self._fixed[fold(word)] = _offsets(word, parts)

    def cuts(self, word: str) -> tuple[int, ...]:
        """Return the offsets at which a folded word is cut, as far as possible; () for nowhere."""
        return self._every(word)

    def _find_every(self, word: str) -> tuple[int, ...]:
        first = self._once(word)
        if not first or word in self._fixed:
            return first
        every: list[int] = []
        for start, part in self._parts(word, first):
            every += [start + cut for cut in self._every(part)]
            every.append(start)
        return tuple(sorted(every))[1:]

    def inner(self, word: str) -> tuple[str, ...]:
        """Return the parts that are compounds themselves: Wohngeld of Wohngeldantrag."""
        found: list[str] = []
        for _, part in self._parts(word, self._once(word)):
            if part != word and self.cuts(part):
                found += (part, *self.inner(part))
        return tuple(found)

    def _find(self, word: str) -> tuple[int, ...]:
        """Return the offsets of the best way to cut a word, its parts left whole."""
        if word in self._fixed:
            return self._fixed[word]
        if not _SHORTEST <= len(word) <= _LONGEST or not word.isalpha():
            return ()
        lemma = self._forms.lemma(word)
        if lemma is not None and lemma != word:
            return self._like(lemma, word)
        best, found = self._best(word)
        return found if found and best >= self._whole(word) else ()

    def _parts(self, word: str, cuts: tuple[int, ...]) -> Iterator[tuple[int, str]]:
        """Yield the offset of each part, and the part without its linking element."""
        for start, end in pairwise((0, *cuts, len(word))):
            yield start, word[start:end] if end == len(word) else self._base(word[start:end])

    def base(self, part: str) -> str:
        """Return a left part without its linking element: "verwaltung" for "verwaltungs"."""
        return self._base(part)

    def _find_base(self, part: str) -> str:
        forms = self._forms
        if part in self._fixed or forms.heads(part) or part.endswith("ss"):
            return part
        for link in ("s", "es", "n", "en", "ens"):
            bare = part.removesuffix(link)
            if (
                bare != part
                and len(bare) > 2
                and (forms.heads(bare) or bare in self._fixed or bare.endswith(_LINKING))
            ):
                return bare
        if part not in forms and forms.heads(part + "e"):
            return part + "e"
        return part

    def _like(self, lemma: str, word: str) -> tuple[int, ...]:
        """Return the cuts of an inflected form: those of its lemma that lie in what both share."""
        shared = next(
            (i for i, (one, other) in enumerate(zip(lemma, word, strict=False)) if one != other),
            min(len(lemma), len(word)),
        )
        return tuple(cut for cut in self._once(lemma) if cut < shared)

    def _whole(self, word: str) -> float:
        """Return the score of a word left alone."""
        if word not in self._forms:
            return -math.inf
        own = max(self._forms.heads(word), self._forms.modifiers(word), _ALONE)
        return math.log(own * _SELF / _TOTAL)

    def _best(self, word: str) -> tuple[float, tuple[int, ...]]:
        """Return the best way to cut a word at least once, with its score.

        Forward over the letters: only places that some row of parts leads to are looked at.
        """
        size = len(word)
        best: tuple[float, tuple[int, ...]] = (-math.inf, ())
        ways: dict[int, tuple[float, tuple[int, ...]]] = {0: (0.0, ())}
        for start in range(size - 2):
            if start not in ways:
                continue
            score, cuts = ways[start]
            if start:
                cuts = (*cuts, start)
                last = self._last(word[start:])
                if last is not None:
                    best = max(best, (score + last, cuts))
            firsts = self._inside(word[start:]) if start else self._firsts(word)
            for length, gain in firsts.items():
                end = start + length
                way = (score + gain, cuts)
                if end not in ways or way > ways[end]:
                    ways[end] = way
        return best

    def _firsts_inside(self, rest: str) -> dict[int, float]:
        """Return the lengths of the parts with which the rest of a word may go on, scored."""
        return self._firsts(rest, inside=True)

    def _firsts(self, rest: str, *, inside: bool = False) -> dict[int, float]:
        """Return the lengths of the left parts with which a word may begin, or go on, scored."""
        found: dict[int, float] = {}
        for form in self._forms.prefixes(rest):
            left = self._left(form)
            if left is None or (inside and left.ending):
                continue
            size = len(form)
            if left.umlaut and rest.startswith("e", size):
                continue  # the cut would fall inside an ü
            if size not in found or left.score > found[size]:
                found[size] = left.score
            for link in left.links:
                if rest.startswith(link, size):
                    found.setdefault(size + len(link), _GUESS_SCORE)
        for size in self._common.begin(rest, len(rest) - 3):
            found.setdefault(size, _CORPUS_SCORE)
        return found

    def _find_left(self, form: str) -> _Left | None:
        """Return what a dictionary form is as a left part, None when it is none."""
        if len(form) < 3 or form in PREFIXES:
            return None
        family = self._forms.modifiers(form)
        weight = _shortened(form, family) or (_GUESS if len(form) > 3 else 0)
        if not weight:
            return None
        may_link = len(form) > 3 and (form.endswith(_LINKING) or self._forms.heads(form))
        return _Left(
            score=_score(weight),
            links=_links(form) if may_link else (),
            ending=form in SUFFIXES,
            umlaut=form[-1] in _VOWELS and family < _COMMON,
        )

    def _find_last(self, form: str) -> float | None:
        """Return the score of the last part, None when it is none."""
        weight = self._last_weight(form)
        return _score(weight) if weight else None

    def _last_weight(self, form: str) -> float:
        if form in SUFFIXES or form in PREFIXES:
            return 0
        if heads := self._forms.heads(form):
            return _shortened(form, heads)
        if len(form) > 4 and form in self._forms:
            return _GUESS
        if len(form) > 3 and self._corpus.get(form, 0) >= CORPUS_LEAST:
            return _CORPUS_WEIGHT
        return 0


def _score(weight: float) -> float:
    return math.log(weight / _TOTAL)


_GUESS_SCORE, _CORPUS_SCORE = _score(_GUESS), _score(_CORPUS_WEIGHT)


def _links(form: str) -> tuple[str, ...]:
    return ("s",) if form.endswith(_LINKING) else LINKS


def _shortened(form: str, family: int) -> int:
    """Return a family size, nothing for short strings that stand in many words by chance."""
    return family if len(form) > 3 or form in SHORT_PARTS else 0


def _offsets(word: str, parts: tuple[str, ...]) -> tuple[int, ...]:
    """Return the folded offsets of an exception."""
    if parts and "".join(parts).casefold() != word.casefold():
        raise ValueError(f"parts {parts!r} do not make up {word!r}")
    ends: list[int] = []
    for part in parts[:-1]:
        ends.append((ends[-1] if ends else 0) + len(fold(part)))
    return tuple(ends)
