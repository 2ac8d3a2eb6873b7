"""How search reads words: stems, parts of compounds, references; the same for texts and queries.

Everything derived from words (search rows, terms, related items) goes through here, so that a text
and a query that mean the same give the same strings. The answer is a function of the word, the
dictionary, the frozen corpus counts and the exceptions; `versions.ANALYSIS_VERSION` changes when
the code does, and then everything is derived anew.
"""

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias
from unicodedata import is_normalized

from aggregator.errors import ConfigError
from aggregator.text import references
from aggregator.text.asked import keys_of
from aggregator.text.compounds import Counts, Splitter
from aggregator.text.stem import GermanStemmer
from aggregator.text.wordforms import WordForms
from aggregator.text.words import (
    STOP_WORDS,
    Token,
    fold,
    fold_map,
    is_stop_word,
    pieces,
    surfaces,
    token_at,
    tokens,
)

__all__ = ["STOP_WORDS", "Analyser", "Columns", "Term", "Word",
           "open_word_forms", "ref_token"]  # fmt: skip

_CACHE_WORDS = 300_000  # a corpus of 40,000 records has 230,000 words
_LONGEST_ALIAS = 6  # words of a name such as "Nutzerkonto Bund"
_HYPHENS = re.compile(r"[^-\u2010\u2011]+")
_NOT_IN_TOKEN = re.compile(r"[^a-z0-9]+")
_REFERENCE = "ref_"
_BEGINNING = 4  # letters of a stem without which a word is not read only to be marked
_PART = 3  # letters of the shortest part of a compound; shorter words stand alone
_FLAT = tuple(zip("äöüß", "aous", strict=True))  # letter by letter, so that places stay

_Index: TypeAlias = tuple[tuple[str, ...], tuple[str, ...]]  # stems, parts


@dataclass(frozen=True, slots=True)
class Word:
    """A word as search reads it.

    `parts` are stems of what cannot be cut further, `inner` those of parts that were ("wohngeld" of
    Wohngeldantrag). `boundaries` are code points in `surface` at which a compound is cut; the
    linking element belongs to the left part, and a hyphen is no boundary.
    """

    surface: str
    stem: str
    parts: tuple[str, ...]
    boundaries: tuple[int, ...]
    inner: tuple[str, ...] = ()


class Columns(NamedTuple):
    """What is indexed of a text, as it is written: strings of words with a blank between them."""

    stems: str  # in order
    parts: str  # stems of parts
    refs: str  # references as single tokens
    words: list[str]  # of the text, as written


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that a query asks for, and the ways in which a text may say it.

    `phrase`: stems side by side, as in the stems column (one for a plain word). `parts`: stems that
    say the same when all of them occur anywhere; () when there are none. `joined`: the one stem of
    a hyphenated word, as in the parts column; else equal to the only stem of `phrase`.
    `alternatives`: phrases of other names of the same thing. A reference is a term whose phrase is
    its token in the refs column.
    """

    surface: str
    phrase: tuple[str, ...]
    joined: str
    parts: tuple[str, ...] = ()
    alternatives: tuple[tuple[str, ...], ...] = ()


def open_word_forms(folder: Path) -> WordForms:
    """Open the dictionary of word forms, built first where it is missing.

    It depends on the installed software alone, so all data folders of a user share one table in
    the user's cache (`XDG_CACHE_HOME`); where that cannot be written it lies under the data folder.

    Raises:
        ConfigError: It could not be built or written anywhere.
    """
    with suppress(OSError, RuntimeError):  # RuntimeError: a user without a home folder
        cache = os.environ.get("XDG_CACHE_HOME")
        return WordForms.open((Path(cache) if cache else Path.home() / ".cache") / "querverweis")
    try:
        return WordForms.open(folder / "cache")
    except OSError as error:
        raise ConfigError(
            f"das Wörterbuch lässt sich nicht anlegen ({error})",
            where=str(folder / "cache"),
            remedy="Schreibrechte und freien Platz im Datenordner prüfen",
        ) from error


def ref_token(kind: str, key: str) -> str:
    """Return the index token of a reference, only [a-z0-9_]: OZG § 1a is ref_law_ozg_1a."""
    plain = _NOT_IN_TOKEN.sub("_", fold(key.replace("?", "x"))).strip("_")
    plain = plain.removeprefix(f"{kind}_")
    return f"{_REFERENCE}{kind}_{plain}"


class _Written(dict[str, tuple[str, str]]):
    """What each word adds to the columns of stems and parts; a new word is read when asked for."""

    def __init__(self, index: Callable[[str], _Index]) -> None:
        self._index = index
        self.new: list[tuple[str, tuple[str, ...]]] = []

    def __missing__(self, surface: str) -> tuple[str, str]:
        stems, parts = self._index(surface)
        self.new.append((surface, stems + parts))
        found = self[surface] = (" ".join(stems), " ".join(parts))
        return found


class Analyser:
    """Reads German words within one statistics epoch, and remembers what it has read."""

    def __init__(
        self,
        forms: WordForms,
        corpus: Counts,
        exceptions: Mapping[str, tuple[str, ...]],
        aliases: Iterable[Iterable[str]] = (),
    ) -> None:
        """Take what the answers depend on.

        Args:
            forms: The dictionary.
            corpus: Counts of the folded words of the installation's texts, may be empty.
            exceptions: Word -> its parts as it is to be cut, () for "leave it whole".
            aliases: Groups of names that mean one thing: ("OZG", "Onlinezugangsgesetz").

        Raises:
            ValueError: The parts of an exception do not make up its word.
        """
        self._splitter = Splitter(forms, corpus, exceptions)
        self._stemmer = GermanStemmer(forms)
        self._words: dict[str, Word] = {}
        self._indexed: dict[str, _Index] = {}
        self._written = _Written(lambda surface: self._index_of(self.word(surface)))
        self._aliases: dict[str, tuple[tuple[str, ...], ...]] = {}
        for group in aliases:
            self._learn([self.stems_in_order(name) for name in group])

    # --- words ---------------------------------------------------------------------------------

    def word(self, surface: str) -> Word:
        """Return how search reads a word; hyphens and capitals inside it make parts too."""
        known = self._words.get(surface)
        if known is None:
            _make_room(self._words)
            known = self._words[surface] = self._read(surface)
        return known

    def _read(self, surface: str) -> Word:
        """Read a word that is not known yet."""
        if _is_plain(surface):
            folded = fold(surface)
            if not self._splitter.cuts(folded):  # most words; what follows would say the same
                return Word(surface, self._stem(folded), (), ())
        found = [piece for match in _HYPHENS.finditer(surface)
                 for piece in _pieces(match.group(), match.start())]  # fmt: skip
        parts: list[str] = []
        inner: list[str] = []
        boundaries: list[int] = []
        for piece, start in found:
            folded, origins = fold_map(piece)
            if start and surface[start - 1].isalnum():
                boundaries.append(start)
            if len(found) > 1:
                parts.append(self._stem(folded))
            cuts = self._splitter.cuts(folded)
            boundaries += [start + origins[cut] for cut in cuts]
            parts += self._part_stems(folded, cuts)
            if len(cuts) > 1:
                inner += map(self._stem, self._splitter.inner(folded))
        whole = "".join(fold(piece) for piece, _ in found)
        return Word(
            surface, self._stem(whole), tuple(dict.fromkeys(parts)), tuple(boundaries), tuple(inner)
        )  # fmt: skip

    def _part_stems(self, folded: str, cuts: tuple[int, ...]) -> Iterator[str]:
        """Yield the stems of the parts of a compound, linking elements taken off."""
        if cuts:
            for start, end in pairwise((0, *cuts, len(folded))):
                part = folded[start:end]
                yield self._stem(part if end == len(folded) else self._splitter.base(part))

    def _stem(self, folded: str) -> str:
        # The same few stems stand behind many words: one object for each.
        return sys.intern(self._stemmer.stem(folded))

    # --- texts ---------------------------------------------------------------------------------

    def columns(self, text: str) -> Columns:
        """Return what is indexed of a text.

        The pieces of a hyphenated word stand one by one among the stems, where phrases find them,
        and joined among the parts.
        """
        _make_room(self._written)
        words = surfaces(text)
        # One look-up for a word: this is where the time of indexing goes.
        written = list(map(self._written.__getitem__, words))
        stems = " ".join([one[0] for one in written])
        parts = " ".join([one[1] for one in written if one[1]])
        refs = " ".join([ref_token(found.kind, found.key) for found in references.find(text)])
        return Columns(stems, parts, refs, words)

    def new_words(self) -> list[tuple[str, tuple[str, ...]]]:
        """Return, once, the words that `columns` did not remember, with what they added to it."""
        new, self._written.new = self._written.new, []
        return new

    def forget_words(self) -> None:
        """Let `columns` take all words for new."""
        self._written.clear()

    def stems_in_order(self, text: str) -> tuple[str, ...]:
        """Return the stems of a text as its stems column has them: what a phrase is made of."""
        return tuple(chain.from_iterable(self._index(surface)[0] for surface in surfaces(text)))

    def stems(self, text: str) -> list[str]:
        """Return the stems of a text in order, without those of stop words."""
        return [
            stem
            for surface in surfaces(text)
            if not is_stop_word(surface)
            for stem in self._index(surface)[0]
        ]

    def _index(self, surface: str) -> _Index:
        """Return, and remember, what a word adds to the two columns."""
        known = self._indexed.get(surface)
        if known is None:
            _make_room(self._indexed)
            known = self._indexed[surface] = self._index_of(self.word(surface))
        return known

    def _index_of(self, word: Word) -> _Index:
        hyphened = _HYPHENS.findall(word.surface)
        if len(hyphened) > 1:
            stems = tuple(self._stem(fold(piece)) for piece in hyphened)
            return stems, (word.stem, *(p for p in word.parts if p not in stems), *word.inner)
        return (word.stem,), (*word.parts, *word.inner)

    def matches(self, text: str, stems: frozenset[str]) -> list[tuple[int, int]]:
        """Return where a text says one of some stems, parts or reference tokens.

        Whole words are marked also where only a part matches: [Verwaltungsreform] for "Reform". A
        word without the first letters of any of the stems is taken for none.

        Returns:
            Offsets in code points, end exclusive, in order and without overlaps.
        """
        marks = []
        for token in _worth_reading(text, _beginnings(stems)):
            several = self._index(token.text)
            if not stems.isdisjoint(several[0]) or not stems.isdisjoint(several[1]):
                marks.append((token.start, token.end))
        if any(stem.startswith(_REFERENCE) for stem in stems):
            marks += [
                (found.start, found.end)
                for found in references.find(text)
                if ref_token(found.kind, found.key) in stems
            ]
        return _merged(marks)

    # --- queries -------------------------------------------------------------------------------

    def query_terms(self, query: str) -> list[Term]:
        """Return what a query asks for, in order.

        References go first in their span, then the longest known name, then single words; stop
        words count only when there is nothing else.
        """
        words = list(tokens(query))
        found = references.find(query)
        content = [word for word in words if not is_stop_word(word.text)] or words
        terms: list[Term] = []
        place = 0
        while place < len(content):
            token = content[place]
            reference = next((r for r in found if r.start <= token.start < r.end), None)
            if reference is None:
                size = self._name_at(content, place)
                terms.append(self._term(query[token.start : content[place + size - 1].end]))
                place += size
            else:
                terms.append(self._reference_term(reference))
                while place < len(content) and content[place].start < reference.end:
                    place += 1
        return terms

    def query_alternatives(self, term: str) -> tuple[tuple[str, ...], ...]:
        """Return the phrases of all other names of a thing; () for a word with no other name."""
        return self._aliases.get("".join(self.stems_in_order(term)), ())

    def _term(self, surface: str) -> Term:
        """Return the term of a word or of a known name of several words."""
        phrase = self.stems_in_order(surface)
        names = self.query_alternatives(surface)
        if len(list(tokens(surface))) == 1:
            word = self.word(surface)
            return Term(surface, phrase, word.stem, word.parts, names)
        return Term(surface, phrase, "".join(phrase), tuple(dict.fromkeys(phrase)), names)

    def _reference_term(self, reference: references.Reference) -> Term:
        """Return the term of a reference: its token, or its words as they stand."""
        exact, *others = (ref_token(reference.kind, key) for key in keys_of(reference))
        written = self.stems_in_order(reference.text)
        alternatives = (written, *((other,) for other in others))
        return Term(reference.text, (exact,), exact, alternatives=alternatives)

    def _name_at(self, words: list[Token], place: int) -> int:
        """Return how many words the longest known name at a place has, 1 when there is none."""
        for size in range(min(_LONGEST_ALIAS, len(words) - place), 1, -1):
            joined = "".join(
                stem for word in words[place : place + size] for stem in self._index(word.text)[0]
            )
            if joined in self._aliases:
                return size
        return 1

    def _learn(self, names: list[tuple[str, ...]]) -> None:
        """Remember a group of names; a name of two groups belongs to both."""
        for name in names:
            others = [other for other in names if "".join(other) != "".join(name)]
            known = self._aliases.get("".join(name), ())
            self._aliases["".join(name)] = tuple(dict.fromkeys((*known, *others)))


@lru_cache(maxsize=1000)
def _beginnings(stems: frozenset[str]) -> re.Pattern[str]:
    """Return a pattern of the first letters of stems, for a flat text in any spelling."""
    told = {stem[:_BEGINNING] for stem in stems if not stem.startswith(_REFERENCE)}
    spelt = [re.sub("([aou])e?", r"\1e?", re.escape(begin)) for begin in sorted(told)]
    spelt = [rf"\b{begin}\b" if len(begin) < _PART else begin for begin in spelt]
    return re.compile("|".join(spelt) or r"(?!)")


def _worth_reading(text: str, begin: re.Pattern[str]) -> Iterator[Token]:
    """Yield the words that have the first letters of a stem, also inside: others say none.

    To read all words of a page took longer than to find the page.
    """
    flat = text.lower()
    for letter, plain in _FLAT:
        flat = flat.replace(letter, plain)
    if len(flat) != len(text):  # a rare letter is two in lower case
        yield from tokens(text)
        return
    places = (match.start() for match in begin.finditer(flat))
    end = -1
    for place in places:
        if place < end:
            continue
        token = token_at(text, place)
        if token is not None:
            end = token.end
            yield token


def _is_plain(word: str) -> bool:
    """Whether a word is of one piece, and folds letter by letter."""
    return (
        word.isalnum()
        and (word[1:].islower() or word.isupper() or word.isdecimal())
        and is_normalized("NFKC", word)
    )


def _pieces(word: str, offset: int) -> Iterator[tuple[str, int]]:
    """Yield what capitals inside a word without hyphens hold apart, with the offset of each."""
    for piece in pieces(word) or (word,):
        yield piece, offset
        offset += len(piece)


def _merged(marks: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return spans in order, overlapping ones made one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(marks):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _make_room(cache: dict[str, Any]) -> None:
    """Empty a cache that has grown too large; dearer rules would cost every look-up."""
    if len(cache) >= _CACHE_WORDS:
        cache.clear()
