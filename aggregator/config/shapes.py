"""The shapes of values in a configuration file: how each is read and what a JSON Schema says of it.

A shape reads a node, notes what is wrong and goes on, so that one look tells all mistakes. A value
that could not be read is None; whoever needs to know asks whether the notes have grown.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from aggregator.config.document import (
    Mapping as MappingNode,
)
from aggregator.config.document import (
    Node,
    Scalar,
    Sequence,
    is_null,
    kind_of_plain,
)
from aggregator.config.mistakes import Notes, WrongError, shown, suggestion

_KINDS = {"bool": "ein Wahrheitswert", "number": "eine Zahl", "date": "ein Datum"}


class Shape(Protocol):
    """What the value of a key may be."""

    def read(self, node: Node, notes: Notes, name: str) -> Any:
        """Return the value of the key `name`, or None with a note."""

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text, with a check that may also convert it."""

    expects: str  # German, accusative: what should stand here
    convert: Callable[[str], Any] = str
    constraints: Mapping[str, Any]  # of the JSON Schema, beside its type

    def read(self, node: Node, notes: Notes, name: str) -> Any:
        """Return the text, or what `convert` makes of it."""
        if not isinstance(node, Scalar):
            _note_type(node, notes, name, self.expects)
            return None
        kind = "text" if node.style else kind_of_plain(node.text)
        if kind == "null":
            notes.add(node.line, f"der Wert von „{name}“ fehlt", f"{self.expects} eintragen")
            return None
        if kind != "text":
            notes.add(
                node.line, f"„{name}“: {shown(node.text)} gilt in YAML als {_KINDS[kind]}",
                f"{self.expects} eintragen; Text dieser Form in Anführungszeichen: \"{node.text}\"",
            )  # fmt: skip
            return None
        return _converted(node, notes, name, self.convert)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value."""
        return {"type": "string", **self.constraints}


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A whole number or a fraction within bounds."""

    least: float
    most: float
    whole: bool = True

    def read(self, node: Node, notes: Notes, name: str) -> int | float | None:
        """Return the number."""
        kind = "eine ganze Zahl" if self.whole else "eine Zahl"
        expects = f"{kind} von {self.least:g} bis {self.most:g}"
        if not isinstance(node, Scalar):
            _note_type(node, notes, name, expects)
            return None
        if not node.style:
            try:
                number = int(node.text) if self.whole else float(node.text)
            except ValueError:
                number = None
            if number is not None and self.least <= number <= self.most and "_" not in node.text:
                return number
        notes.add(node.line, f"„{name}“: {shown(node.text)} ist nicht {expects}",
                  f"{expects} ohne Anführungszeichen eintragen")  # fmt: skip
        return None

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value."""
        kind = "integer" if self.whole else "number"
        return {"type": kind, "minimum": self.least, "maximum": self.most}


@dataclass(frozen=True, slots=True)
class Flag:
    """`true` or `false`: the words on which all versions of YAML agree."""

    def read(self, node: Node, notes: Notes, name: str) -> bool | None:
        """Return the truth value."""
        if not isinstance(node, Scalar):
            _note_type(node, notes, name, "„true“ oder „false“")
            return None
        if not node.style and node.text in ("true", "false"):
            return node.text == "true"
        notes.add(node.line, f"„{name}“: {shown(node.text)} ist weder true noch false",
                  "„true“ oder „false“ ohne Anführungszeichen eintragen")  # fmt: skip
        return None

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value."""
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of values of one shape."""

    shape: Shape

    def read(self, node: Node, notes: Notes, name: str) -> tuple[Any, ...] | None:
        """Return what could be read of the list."""
        if not isinstance(node, Sequence):
            _note_type(node, notes, name, "eine Liste, auch für einen einzelnen Wert: „[…]“")
            return None
        values = [self.shape.read(item, notes, name) for item in node.items]
        return tuple(value for value in values if value is not None)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value."""
        return {"type": "array", "items": self.shape.schema()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A name in a mapping."""

    name: str
    shape: Shape
    about: str  # German, for the schema: editors show it
    required: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """What a mapping said: the values that could be read, with their lines."""

    values: Mapping[str, Any]
    lines: Mapping[str, int]
    line: int
    complete: bool  # nothing was wrong with it


class Section:
    """A mapping with known keys, of which `build` makes a value."""

    def __init__(self, title: str, keys: Iterable[Key], build: Callable[..., Any]) -> None:
        self.title = title  # German, nominative
        self.keys = tuple(keys)
        self.build = build
        self._by_name = {key.name: key for key in self.keys}
        self._required = tuple(key.name for key in self.keys if key.required)

    def read(self, node: Node, notes: Notes, name: str) -> Any:
        """Return what `build` makes of the mapping, None when anything was wrong."""
        told = self.tell(node, notes, name)
        return self.build(**told.values) if told is not None and told.complete else None

    def tell(self, node: Node, notes: Notes, name: str) -> Told | None:
        """Return what the mapping says, also when parts of it are wrong."""
        if not isinstance(node, MappingNode):
            _note_type(node, notes, name, "Namen mit Werten, etwa „name: wert“")
            return None
        before = len(notes.mistakes)
        values: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for key, value in node.pairs:
            if self._admit(key, lines, notes):
                lines[key.text] = value.line
                known = self._by_name[key.text]
                if known.required or not is_null(value):
                    values[key.text] = known.shape.read(value, notes, key.text)
        for missing in self._required:
            if missing not in lines:
                notes.add(node.line, f"{self.title}: „{missing}“ fehlt", f"„{missing}:“ ergänzen")
        return Told(values, lines, node.line, len(notes.mistakes) == before)

    def _admit(self, key: Scalar, seen: Mapping[str, int], notes: Notes) -> bool:
        """Whether a key is known and new; note it otherwise."""
        if key.text not in self._by_name:
            notes.add(key.line, f"{self.title}: unbekannter Schlüssel {shown(key.text)}",
                      suggestion(key.text, self._by_name))  # fmt: skip
            return False
        if key.text in seen:
            notes.add(key.line, f"„{key.text}“ steht zweimal (schon in Zeile {seen[key.text]})",
                      "eine der beiden Zeilen entfernen")  # fmt: skip
            return False
        return True

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the mapping; an optional key may be null."""
        properties = {}
        for key in self.keys:
            shape = key.shape.schema()
            if not key.required:
                shape["type"] = [shape["type"], "null"]
                if "enum" in shape:
                    shape["enum"] = [*shape["enum"], None]
            properties[key.name] = {"description": key.about, **shape}
        schema: dict[str, Any] = {"type": "object", "properties": properties}
        if self._required:
            schema["required"] = list(self._required)
        return {**schema, "additionalProperties": False}


def choice(words: Iterable[str], *, expects: str) -> Text:
    """Return the shape of one of a few words; members of a StrEnum stay members."""
    known = {str(word): word for word in words}

    def convert(text: str) -> Any:
        if text not in known:
            raise WrongError(f"{shown(text)} gibt es nicht", suggestion(text, known))
        return known[text]

    return Text(expects=expects, convert=convert, constraints={"enum": list(known)})


def members(closed: type[StrEnum], *, expects: str) -> Text:
    """Return the shape of a closed set."""
    return choice(closed, expects=expects)


def _converted(node: Scalar, notes: Notes, name: str, convert: Callable[[str], Any]) -> Any:
    """Return a converted scalar, or None with a note."""
    try:
        return convert(node.text)
    except WrongError as error:
        notes.add(node.line, f"„{name}“: {error.cause}", error.remedy)
        return None


def _note_type(node: Node, notes: Notes, name: str, expects: str) -> None:
    """Note that a value has the wrong type."""
    what = {Scalar: "ein einzelner Wert", Sequence: "eine Liste"}.get(type(node), "eine Zuordnung")
    notes.add(node.line, f"„{name}“ ist {what}", f"{expects} eintragen")
