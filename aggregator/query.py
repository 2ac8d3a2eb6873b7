"""The query language: words, "phrases", -not, OR, parentheses, prefix*, field:value.

A query is read into a small tree; nothing of the user's text is ever passed on as a query of the
database. Whatever people type gives a tree or a QueryError: unclosed quotes and parentheses close
at the end, operators without operands are left out, unknown fields are words. Pure.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from aggregator.errors import QueryError

FIELDS = ("platform", "level", "kind", "topic", "source", "since", "until", "ref")
LONGEST = 1000  # code points
MOST_NODES = 60
DEEPEST = 20  # parentheses in parentheses

_TOKEN = re.compile(
    r"""(?P<minus>-(?=["„“(\w]))?
        (?: ["„“](?P<phrase>[^"“”]*)["“”]?
          | (?P<open>\() | (?P<close>\))
          | (?P<field>[a-z]+):(?:"(?P<quoted>[^"]*)"?|(?P<plain>[^\s()"]+))
          | (?P<word>[^\s()"„“]+) )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Words:
    """Words side by side: all are asked for; names and references among them are found later."""

    text: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words in this order."""

    text: str


@dataclass(frozen=True, slots=True)
class Prefix:
    """The beginning of a word."""

    text: str


@dataclass(frozen=True, slots=True)
class Not:
    """What must not occur."""

    node: "Node"


@dataclass(frozen=True, slots=True)
class All:
    """All of these."""

    nodes: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Any:
    """Any of these."""

    nodes: tuple["Node", ...]


Node: TypeAlias = Words | Phrase | Prefix | Not | All | Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A query: what is looked for (None: everything), and the fields that were named in it."""

    node: Node | None
    fields: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # phrase open close word prefix or
    text: str = ""
    negated: bool = False


def parse(text: str) -> Asked:
    """Read a query.

    Raises:
        QueryError: It is too long or too deeply nested, or only says what is not wanted.
    """
    if len(text) > LONGEST:
        raise QueryError(
            f"die Suchanfrage hat {len(text)} Zeichen, erlaubt sind {LONGEST}", where="q",
            remedy="nur die wichtigsten Wörter angeben",
        )  # fmt: skip
    fields: dict[str, tuple[str, ...]] = {}
    tokens = list(_tokens(text, fields))
    if len(tokens) > MOST_NODES:
        raise QueryError(
            f"die Suchanfrage hat {len(tokens)} Teile, erlaubt sind {MOST_NODES}", where="q",
            remedy="nur die wichtigsten Wörter angeben",
        )  # fmt: skip
    node = _Parser(tokens).parse()
    if node is not None and not _wants(node):
        raise QueryError(
            "die Suchanfrage schließt nur aus", where="q",
            remedy="mindestens ein Wort ohne Minuszeichen angeben",
        )  # fmt: skip
    return Asked(node=node, fields=fields)


def _tokens(text: str, fields: dict[str, tuple[str, ...]]) -> Iterator[_Token]:
    """Cut a query into tokens; named fields are collected on the way."""
    negate_next = False
    for match in _TOKEN.finditer(text):
        negated = bool(match["minus"]) or negate_next
        negate_next = False
        word = match["word"]
        if match["field"] in FIELDS:
            value = match["quoted"] if match["quoted"] is not None else match["plain"]
            fields[match["field"]] = (*fields.get(match["field"], ()), value)
        elif word == "NOT":
            negate_next = True
        elif word == "OR":
            yield _Token("or")
        elif word == "AND":
            continue
        elif match["open"] or match["close"]:
            yield _Token("open" if match["open"] else "close", negated=negated)
        elif match["phrase"] is not None:
            yield _Token("phrase", match["phrase"], negated)
        else:
            told = match[0].removeprefix("-") if match["minus"] else match[0]
            if re.fullmatch(r"\w{2,}\*", told):
                yield _Token("prefix", told[:-1], negated)
            else:
                yield _Token("word", told, negated)


class _Parser:
    """Recursive descent over tokens; OR binds less than side by side."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._place = 0

    def parse(self) -> Node | None:
        """Return the tree of all tokens; stray closing parentheses are left out."""
        parts = []
        while self._place < len(self._tokens):
            parts.append(self._any(0))
            self._place += 1
        return _joined(All, [part for part in parts if part is not None])

    def _any(self, depth: int) -> Node | None:
        if depth > DEEPEST:
            raise QueryError(
                "die Klammern sind zu tief verschachtelt", where="q", remedy="Klammern weglassen"
            )
        found = [self._all(depth)]
        while self._peek() == "or":
            self._place += 1
            found.append(self._all(depth))
        return _joined(Any, [node for node in found if node is not None])

    def _all(self, depth: int) -> Node | None:
        found: list[Node] = []
        while self._peek() not in (None, "or", "close"):
            token = self._tokens[self._place]
            self._place += 1
            node = self._one(token, depth)
            if node is None:
                continue
            if token.negated:
                node = Not(node)
            if isinstance(node, Words) and found and isinstance(found[-1], Words):
                found[-1] = Words(f"{found[-1].text} {node.text}")
            else:
                found.append(node)
        return _joined(All, found)

    def _one(self, token: _Token, depth: int) -> Node | None:
        if token.kind == "open":
            inner = self._any(depth + 1)
            if self._peek() == "close":
                self._place += 1
            return inner
        if not any(c.isalnum() or c == "§" for c in token.text):
            return None
        kinds: dict[str, type[Words] | type[Phrase] | type[Prefix]] = {
            "phrase": Phrase, "prefix": Prefix, "word": Words,
        }  # fmt: skip
        return kinds[token.kind](token.text)

    def _peek(self) -> str | None:
        return self._tokens[self._place].kind if self._place < len(self._tokens) else None


def _joined(kind: type[All] | type[Any], nodes: list[Node]) -> Node | None:
    """Join nodes; one alone stays itself."""
    if len(nodes) < 2:
        return nodes[0] if nodes else None
    return kind(tuple(nodes))


def _wants(node: Node) -> bool:
    """Whether a tree asks for something, and each alternative of it does."""
    if isinstance(node, Not):
        return False
    if isinstance(node, All):
        return any(_wants(child) for child in node.nodes)
    if isinstance(node, Any):
        return all(_wants(child) for child in node.nodes)
    return True
