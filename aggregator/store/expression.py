"""From the tree of a query to FTS5 expressions: only stems of ours, each in quotes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

from aggregator.query import All, Any, Node, Not, Phrase, Prefix, Words
from aggregator.text.analysis import Analyser, Term
from aggregator.text.compounds import LINKS
from aggregator.text.scoring import Wanted
from aggregator.text.words import fold

SHORTEST_PART = 3  # letters of a word that may be part of a compound
MOST_JOINED = 8  # neighbours in a query that are looked for as one word


@dataclass(frozen=True, slots=True)
class Single:
    """The expression of one term, and the words on whose frequency its cost depends."""

    expression: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Translation:
    """Ways to ask FTS5, each wider than the one before, and what a text says of what was asked."""

    exact: str  # every word, in full
    strict: str  # every word, in full or by the parts of a compound
    relaxed: str  # any word
    stems: frozenset[str]
    words: tuple[str, ...]  # plain words as typed: what a suggestion may correct
    wanted: tuple[Wanted, ...]  # what hits are put in order by
    single: tuple["Single", ...]  # expressions of single terms, to choose by


@dataclass(frozen=True, slots=True)
class _Way:
    """How wide to ask."""

    joint: str = " AND "
    by_parts: bool = True


_EXACT, _STRICT, _RELAXED = _Way(by_parts=False), _Way(), _Way(joint=" OR ")


class Translator:
    """Translates the tree of one query.

    Args:
        analyser: Of the live epoch.
        complete: Folded beginning of a word -> words of the vocabulary.
        known: Folded words -> those that the vocabulary has.
    """

    def __init__(
        self,
        analyser: Analyser,
        complete: Callable[[str], Iterable[str]],
        known: Callable[[Sequence[str]], Iterable[str]],
    ) -> None:
        self._analyser = analyser
        self._complete = complete
        self._known = known
        self._stems: set[str] = set()
        self._words: list[str] = []
        self._wanted: list[Wanted] = []
        self._single: list[Single] = []
        self._read: dict[str, list[tuple[Term, tuple[str, ...]]]] = {}

    def translate(self, node: Node) -> Translation | None:
        """Return the expressions of a tree; None when it holds nothing to be looked for."""
        exact = self._of(node, _EXACT)
        if not exact:
            return None
        stems, words, wanted = frozenset(self._stems), tuple(self._words), tuple(self._wanted)
        single = tuple(dict.fromkeys(self._single))
        return Translation(
            exact=exact,
            strict=self._of(node, _STRICT),
            relaxed=self._of(node, _RELAXED),
            stems=stems,
            words=tuple(dict.fromkeys(words)),
            wanted=tuple(dict.fromkeys(wanted)),
            single=single,
        )

    def _of(self, node: Node, way: _Way) -> str:
        """Return an expression in parentheses, or "" for a node without words."""
        if isinstance(node, Words):
            told = [self._term(term, joined, way) for term, joined in self._terms(node.text)]
            return _join(way.joint, told)
        if isinstance(node, Phrase):
            return self._phrase(node.text)
        if isinstance(node, Prefix):
            return self._prefix(node.text)
        if isinstance(node, All):
            return self._all(node, way)
        if isinstance(node, Any):
            return _join(" OR ", [self._of(child, way) for child in node.nodes])
        return self._of(node.node, way)

    def _all(self, node: All, way: _Way) -> str:
        """Join what is wanted, and take away what is not."""
        wanted = [self._of(n, way) for n in node.nodes if not isinstance(n, Not)]
        kept = set(self._stems), len(self._words), len(self._wanted), len(self._single)
        unwanted = [self._of(n, _STRICT) for n in node.nodes if isinstance(n, Not)]
        self._stems = kept[0]  # what is unwanted is not marked
        del self._words[kept[1] :], self._wanted[kept[2] :], self._single[kept[3] :]
        expression = _join(way.joint, wanted)
        without = _join(" OR ", unwanted)
        return f"({expression} NOT {without})" if expression and without else expression

    # --- words -----------------------------------------------------------------------------------

    def _terms(self, text: str) -> list[tuple[Term, tuple[str, ...]]]:
        """Return the terms of words side by side, with the compounds that neighbours make up."""
        known = self._read.get(text)
        if known is None:
            terms = self._analyser.query_terms(text)
            joined = self._compounds(terms)
            known = self._read[text] = [
                (term, joined.get(place, ())) for place, term in enumerate(terms)
            ]
        return known

    def _compounds(self, terms: Sequence[Term]) -> Mapping[int, tuple[str, ...]]:
        """Return the stems of compounds that neighbours make up, by the place of each of both.

        Whoever asks "Reform Verwaltung" means Verwaltungsreform. Only words of the corpus count,
        and only those that are read as compounds.
        """
        made: dict[str, int] = {}
        for place, (one, other) in enumerate(pairwise(terms[: MOST_JOINED + 1])):
            if _may_join(one) and _may_join(other):
                for word in (*_joined(one.surface, other.surface),
                             *_joined(other.surface, one.surface)):  # fmt: skip
                    made.setdefault(word, place)
        found: dict[int, tuple[str, ...]] = {}
        for word in sorted(self._known(list(made)) if made else ()):
            read = self._analyser.word(word)
            if read.parts and fold(word) in made:
                for place in (made[fold(word)], made[fold(word)] + 1):
                    found[place] = tuple(dict.fromkeys((*found.get(place, ()), read.stem)))
        return found

    def _term(self, term: Term, joined: tuple[str, ...], way: _Way) -> str:
        """Return the ways in which a text may say a term."""
        names = [phrase for phrase in (term.phrase, *term.alternatives) if phrase]
        names += [(stem,) for stem in joined]
        parts = term.parts
        ways = [_quoted(phrase) for phrase in names]
        if term.joined and (term.joined,) != term.phrase:
            ways.insert(1, _quoted((term.joined,)))
        if parts and parts != (term.joined,) and way.by_parts:
            ways.append("(" + " AND ".join(_quoted((part,)) for part in parts) + ")")
        self._stems.update(term.parts, [term.joined], *names)
        told = tuple(dict.fromkeys(" ".join(name) for name in names))
        self._wanted.append(Wanted(told, term.joined, parts))
        if len(term.phrase) == 1:
            self._words.append(term.surface)
        expression = _join(" OR ", ways)
        self._single.append(Single(expression, tuple(name[0] for name in names)))
        return expression

    def _phrase(self, text: str) -> str:
        """Return the words of a phrase in their order, in one column."""
        stems = self._analyser.stems_in_order(text)
        self._stems.update(stems)
        if not stems:
            return ""
        self._wanted.append(Wanted((" ".join(stems),), "".join(stems)))
        expression = f"({{title body}} : {_quoted(stems)})"
        self._single.append(Single(expression, stems))
        return expression

    def _prefix(self, text: str) -> str:
        """Return any of the words that begin so; of a common beginning, the most frequent."""
        words = [self._analyser.word(word) for word in self._complete(text)]
        stems = list(dict.fromkeys(word.stem for word in words if word.stem))
        self._stems.update(stems)
        if not stems:
            stems = list(self._analyser.stems_in_order(text))
        if stems:
            self._wanted.append(Wanted(tuple(stems), stems[0]))
        expression = _join(" OR ", [_quoted((stem,)) for stem in stems])
        self._single.append(Single(expression, tuple(stems)))
        return expression


def _may_join(term: Term) -> bool:
    return len(term.phrase) == 1 and len(term.surface) >= SHORTEST_PART and term.surface.isalpha()


def _joined(first: str, last: str) -> set[str]:
    """Return the folded words that two words may make up, with linking elements between them."""
    begin, end = fold(first), fold(last)
    stems = {begin, begin.removesuffix("e")}
    return {f"{stem}{link}{end}" for stem, link in product(stems, ("", *LINKS))}


def _quoted(stems: Iterable[str]) -> str:
    return '"' + " ".join(stem.replace('"', " ") for stem in stems) + '"'


def _join(joint: str, expressions: Iterable[str]) -> str:
    """Join expressions in parentheses; empty ones are left out."""
    told = [expression for expression in expressions if expression and expression != '""']
    return f"({joint.join(told)})" if told else ""
