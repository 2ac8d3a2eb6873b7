"""The query language: words, "phrases", -not, OR, parentheses, prefix*, field:value.

A query is read into a small tree; nothing of the user's text is ever passed on as a query of the
database. Whatever people type gives a tree or a QueryError: unclosed quotes and parentheses close
at the end, operators without operands are left out, unknown fields are words. A field narrows the
whole query, wherever it stands, and is lifted out of the tree. Pure.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from aggregator.errors import QueryError
from aggregator.query_words import FIELD_NAMES, FIELDS, GERMAN

__all__ = ["FIELDS", "All", "Any", "Asked", "Node", "Not", "Phrase", "Prefix", "Words", "joined",
           "parse"]  # fmt: skip

LONGEST = 1000  # code points
MOST_NODES = 60
DEEPEST = 20  # parentheses in parentheses

_TOKEN = re.compile(
    r"""(?P<minus>-(?=["„“(\w]))?
        (?: ["„“](?P<phrase>[^"“”]*)["“”]?
          | (?P<open>\() | (?P<close>\))
          | (?P<field>[^\W\d_]+):(?:["„“](?P<quoted>[^"“”]*)["“”]?|(?P<plain>[^\s()"„“]+))
          | (?P<word>[^\s()"„“]+) )""",
    re.VERBOSE,
)
_PREFIX = re.compile(r"\w{2,}\*")
_SCHEME = re.compile(r"https?", re.IGNORECASE)


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
    """A query: what is looked for (None: everything), and the fields that were named in it.

    `unknown` are names before a colon that are no fields; they are looked for as words.
    """

    node: Node | None
    fields: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # phrase open close word prefix or field
    text: str = ""
    negated: bool = False
    name: str = ""  # of a field


def parse(text: str) -> Asked:
    """Read a query.

    Raises:
        QueryError: It is too long or too deeply nested, only says what is not wanted, or names a
            field where it cannot narrow the whole query (behind a minus, beside OR).
    """
    if len(text) > LONGEST:
        raise _too_much(f"{len(text)} Zeichen, erlaubt sind {LONGEST}")
    tokens = list(_tokens(text))
    if len(tokens) > MOST_NODES:
        raise _too_much(f"{len(tokens)} Teile, erlaubt sind {MOST_NODES}")
    unknown = dict.fromkeys(token.name for token in tokens if token.kind == "word" and token.name)
    tokens, fields = _lifted(tokens)
    node = _Parser(tokens).parse()
    if node is not None and not _wants(node):
        raise QueryError(
            "die Suchanfrage schließt nur aus", where="q",
            remedy="mindestens ein Wort ohne Minuszeichen angeben",
        )  # fmt: skip
    return Asked(node=node, fields=fields, unknown=tuple(unknown))


def _too_much(told: str) -> QueryError:
    return QueryError(
        f"die Suchanfrage hat {told}", where="q", remedy="nur die wichtigsten Wörter angeben"
    )


def _tokens(text: str) -> Iterator[_Token]:
    """Cut a query into tokens."""
    negate_next = False
    for match in _TOKEN.finditer(text):
        negated = bool(match["minus"]) or negate_next
        negate_next = False
        if match["word"] in ("OR", "ODER", "AND", "UND", "NOT", "NICHT") and not match["minus"]:
            if match["word"] in ("OR", "ODER"):
                yield _Token("or")
            negate_next = match["word"] in ("NOT", "NICHT")
        else:
            yield replace(_token(match), negated=negated)


def _token(match: re.Match[str]) -> _Token:
    """Return a token that is no operator."""
    if match["open"] or match["close"]:
        return _Token("open" if match["open"] else "close")
    if match["phrase"] is not None:
        return _Token("phrase", match["phrase"])
    if match["field"] is None:
        word = match["word"]
        return _Token("prefix", word[:-1]) if _PREFIX.fullmatch(word) else _Token("word", word)
    told, quoted = match["field"], match["quoted"]
    name = FIELD_NAMES.get(told.casefold(), "")
    value = match["plain"] if quoted is None else quoted.strip()
    if name and value:
        return _Token("field", value, name=name)
    if _SCHEME.fullmatch(told) and value.startswith("//"):
        return _Token("word", f"{told}:{value}")
    return _Token("word", f"{told}:{value}" if quoted is None else f'{told}:"{quoted}"', name=told)


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
        return joined(All, [part for part in parts if part is not None])

    def _any(self, depth: int) -> Node | None:
        if depth > DEEPEST:
            raise QueryError(
                "die Klammern sind zu tief verschachtelt", where="q", remedy="Klammern weglassen"
            )
        found = [self._all(depth)]
        while self._peek() == "or":
            self._place += 1
            found.append(self._all(depth))
        return joined(Any, [node for node in found if node is not None])

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
            found.append(node)
        return joined(All, found)

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


def joined(kind: type[All] | type[Any], nodes: list[Node]) -> Node | None:
    """Join nodes; one alone stays itself, and words side by side are one."""
    kept: list[Node] = []
    for node in nodes:
        last = kept[-1] if kept else None
        if kind is All and isinstance(node, Words) and isinstance(last, Words):
            kept[-1] = Words(f"{last.text} {node.text}")
        else:
            kept.append(node)
    if len(kept) < 2:
        return kept[0] if kept else None
    return kind(tuple(kept))


def _lifted(tokens: list[_Token]) -> tuple[list[_Token], dict[str, tuple[str, ...]]]:
    """Take the fields out of the tokens: they narrow the whole query.

    Values of one field with OR between them are what several values of it mean anyway.

    Raises:
        QueryError: A field is behind a minus, or an alternative to something else.
    """
    fields: dict[str, tuple[str, ...]] = {}
    kept: list[_Token] = []
    dropped: set[int] = set()  # places of OR between values of one field
    groups: list[bool] = []  # of each open parenthesis: whether it is behind a minus
    for place, token in enumerate(tokens):
        if token.kind == "field":
            if token.negated or any(groups):
                raise _misplaced(token, "ausschließen")
            for way in (-1, 1):
                if _is_alternative(tokens, place, way):
                    dropped.add(place + way)
            fields[token.name] = (*fields.get(token.name, ()), token.text)
            continue
        if token.kind == "open":
            groups.append(token.negated)
        elif token.kind == "close" and groups:
            groups.pop()
        if place not in dropped:
            kept.append(token)
    return kept, fields


def _is_alternative(tokens: list[_Token], place: int, way: int) -> bool:
    """Whether OR joins a field with another value of it, before (-1) or after it (1).

    Raises:
        QueryError: It joins it with something else.
    """
    joint, beyond = place + way, place + 2 * way
    inside = min(joint, beyond) >= 0 and max(joint, beyond) < len(tokens)
    if not inside or tokens[joint].kind != "or":
        return False
    other = tokens[beyond]
    if (other.kind, other.name) != ("field", tokens[place].name):
        raise _misplaced(tokens[place], "mit OR verknüpfen")
    return True


def _misplaced(token: _Token, what: str) -> QueryError:
    return QueryError(
        f"das Feld „{GERMAN[token.name]}:“ lässt sich nicht {what}", where="q",
        remedy="Felder gelten für die ganze Anfrage; die gewünschten Werte einzeln angeben",
    )  # fmt: skip


def _wants(node: Node) -> bool:
    """Whether a tree asks for something, and each alternative of it does."""
    if isinstance(node, Not):
        return False
    if isinstance(node, All):
        return any(_wants(child) for child in node.nodes)
    if isinstance(node, Any):
        return all(_wants(child) for child in node.nodes)
    return True
