"""From the tree of a query to an FTS5 expression: only stems of ours, each in quotes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from aggregator.query import All, Any, Node, Not, Phrase, Prefix, Words
from aggregator.text.analysis import Analyser, Term


@dataclass(frozen=True, slots=True)
class Translation:
    """A way to ask FTS5, and the stems by which a text says what was asked for."""

    strict: str  # every word
    relaxed: str  # any word
    stems: frozenset[str]
    words: tuple[str, ...]  # plain words as typed: what a suggestion may correct


class Translator:
    """Translates the tree of one query.

    Args:
        analyser: Of the live epoch.
        complete: Folded beginning of a word -> words of the vocabulary.
    """

    def __init__(self, analyser: Analyser, complete: Callable[[str], Iterable[str]]) -> None:
        self._analyser = analyser
        self._complete = complete
        self._stems: set[str] = set()
        self._words: list[str] = []

    def translate(self, node: Node) -> Translation | None:
        """Return the expressions of a tree; None when it holds nothing to be looked for."""
        strict = self._of(node, " AND ")
        if not strict:
            return None
        return Translation(
            strict=strict,
            relaxed=self._of(node, " OR "),
            stems=frozenset(self._stems),
            words=tuple(dict.fromkeys(self._words)),
        )

    def _of(self, node: Node, joint: str) -> str:
        """Return an expression in parentheses, or "" for a node without words."""
        if isinstance(node, Words):
            return _join(joint, map(self._term, self._analyser.query_terms(node.text)))
        if isinstance(node, Phrase):
            stems = self._analyser.stems_in_order(node.text)
            self._stems.update(stems)
            return f"({{title body}} : {_quoted(stems)})" if stems else ""
        if isinstance(node, Prefix):
            return self._prefix(node.text)
        if isinstance(node, All):
            return self._all(node, joint)
        if isinstance(node, Any):
            return _join(" OR ", [self._of(child, joint) for child in node.nodes])
        return self._of(node.node, joint)

    def _all(self, node: All, joint: str) -> str:
        """Join what is wanted, and take away what is not."""
        wanted = [self._of(n, joint) for n in node.nodes if not isinstance(n, Not)]
        known = set(self._stems)
        kept = len(self._words)
        unwanted = [self._of(n, " AND ") for n in node.nodes if isinstance(n, Not)]
        self._stems, self._words = known, self._words[:kept]  # what is unwanted is not marked
        expression = _join(joint, wanted)
        without = _join(" OR ", unwanted)
        return f"({expression} NOT {without})" if expression and without else expression

    def _term(self, term: Term) -> str:
        """Return the ways in which a text may say a term."""
        ways = [_quoted(term.phrase)] if term.phrase else []
        if term.joined and (term.joined,) != term.phrase:
            ways.append(_quoted((term.joined,)))
        if term.parts and term.parts != term.phrase:
            ways.append("(" + " AND ".join(_quoted((part,)) for part in term.parts) + ")")
        ways += [_quoted(phrase) for phrase in term.alternatives if phrase]
        self._stems.update(term.phrase, term.parts, [term.joined])
        for phrase in term.alternatives:
            self._stems.update(phrase)
        if len(term.phrase) == 1:
            self._words.append(term.surface)
        return _join(" OR ", ways)

    def _prefix(self, text: str) -> str:
        """Return any of the words that begin so; of a common beginning, the most frequent."""
        words = [self._analyser.word(word) for word in self._complete(text)]
        stems = list(dict.fromkeys(word.stem for word in words if word.stem))
        self._stems.update(stems)
        if not stems:
            stems = list(self._analyser.stems_in_order(text))
        return _join(" OR ", [_quoted((stem,)) for stem in stems])


def _quoted(stems: Iterable[str]) -> str:
    return '"' + " ".join(stem.replace('"', " ") for stem in stems) + '"'


def _join(joint: str, expressions: Iterable[str]) -> str:
    """Join expressions in parentheses; empty ones are left out."""
    told = [expression for expression in expressions if expression and expression != '""']
    return f"({joint.join(told)})" if told else ""
