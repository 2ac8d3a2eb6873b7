"""YAML text as a tree of nodes that know their place; the only module that knows a YAML parser.

The tree is built from libyaml's events (10 times as quick as a parser in Python, and its own
stack cannot be overrun by deep nesting, which brings down `yaml.compose`). Scalars stay text:
what `NO` or `12:30` means is decided by the key they belong to, not by a version of YAML.
Aliases are allowed, custom tags, merge keys and several documents are not.
"""

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, cast

import yaml

from aggregator.config.mistakes import Notes

MAX_DEPTH = 12  # the deepest honest list has 5 levels
BOM = "\ufeff"

# What YAML 1.1 or 1.2 reads as something other than text when it is not quoted.
_NULL = re.compile(r"(?:~|null|Null|NULL|)\Z")
_BOOL = re.compile(r"(?i:yes|no|true|false|on|off)\Z")
_LONGEST_WORD = 5  # "false"
_NUMBER = re.compile(
    r"[-+]?(?:0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|\.inf|\.Inf|\.nan|\.NaN"
    r"|[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?"
    r"|[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?)\Z"
)
_DATE = re.compile(r"\d{4}-\d\d?-\d\d?(?:[Tt \t].*)?\Z")


class Scalar(NamedTuple):
    """A value as text; positions are code points into the text of the file."""

    text: str
    style: str  # "" plain, or one of ' " | >
    line: int  # from 1
    column: int  # from 0
    start: int
    end: int  # of a block scalar: without the empty lines after it


class Sequence(NamedTuple):
    """A list."""

    items: tuple["Node", ...]
    flow: bool
    line: int
    column: int
    start: int
    end: int  # of the last item, or after the bracket


class Mapping(NamedTuple):
    """A mapping; pairs keep their order and their duplicates."""

    pairs: tuple[tuple[Scalar, "Node"], ...]
    flow: bool
    line: int
    column: int
    start: int
    end: int


Node = Scalar | Sequence | Mapping


def kind_of_plain(text: str) -> str:
    """Return what other YAML programs see in an unquoted scalar: null bool number date text."""
    if len(text) > _LONGEST_WORD and text[0].isalpha():
        return "text"  # the quick way for most
    if _NULL.match(text):
        return "null"
    if _BOOL.match(text):
        return "bool"
    if _NUMBER.match(text):
        return "number"
    return "date" if _DATE.match(text) else "text"


def is_null(node: Node) -> bool:
    """Whether a value is absent: `null`, `~` or nothing at all."""
    return isinstance(node, Scalar) and not node.style and _NULL.match(node.text) is not None


def plain(node: Node) -> Any:
    """Return a node as lists, dicts and scalars, to compare two states of a file."""
    if isinstance(node, Mapping):
        return {key.text: plain(value) for key, value in node.pairs}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    if is_null(node):
        return None
    return node.text if node.style else _plain_scalar(node.text)


def _plain_scalar(text: str) -> Any:
    """Return what an unquoted scalar means in our files."""
    if text in ("true", "false"):
        return text == "true"
    if kind_of_plain(text) != "number":
        return text  # Python would make a number of "nan", too
    for convert in (int, float):
        try:
            return convert(text)
        except ValueError:
            continue
    return text


def decode(body: bytes, notes: Notes) -> str | None:
    """Return the text of a file; note why it is none. A byte order mark is left out."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        notes.add(
            line, f"das Byte 0x{body[error.start]:02X} ist kein UTF-8",
            "die Datei im Editor als UTF-8 speichern",
        )  # fmt: skip
        return None
    return text.removeprefix(BOM)


def parse(text: str, notes: Notes) -> Mapping | None:
    """Return the mapping that a file holds, or None with a note of what is wrong."""
    try:
        root = _Builder(notes).build(yaml.parse(text, Loader=_LOADER))
    except yaml.YAMLError as error:
        _note(error, text, notes)
        return None
    if root is None:
        return None
    if not isinstance(root, Mapping):
        notes.add(root.line, "hier steht keine Zuordnung von Namen zu Werten",
                  "mit einem Namen und Doppelpunkt beginnen, etwa „sources:“")  # fmt: skip
        return None
    return root


@contextmanager
def without_gc() -> Iterator[None]:
    """Keep the cycle collector from walking the growing trees again and again.

    Measured with 11,000 sources: 2.3 s instead of 3.4 s.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _StopReadingError(Exception):
    """The document cannot be read on; what is wrong has been noted."""


class _Builder:
    """Turns events into nodes, with a stack of its own."""

    def __init__(self, notes: Notes) -> None:
        self.notes = notes
        self.open: list[tuple[Any, list[Node]]] = []  # start event, children so far
        self.anchors: dict[str, Node] = {}
        self.root: Node | None = None

    def build(self, events: Iterator[Any]) -> Node | None:
        """Return the root node, None with a note when there is none."""
        documents = 0
        try:
            for event in events:
                if isinstance(event, yaml.ScalarEvent):
                    self._keep(event, _scalar(event))
                elif isinstance(event, yaml.CollectionStartEvent):
                    self._open(event)
                elif isinstance(event, yaml.CollectionEndEvent):
                    self._close(event)
                elif isinstance(event, yaml.AliasEvent):
                    self._keep(None, self._resolve(event))
                elif isinstance(event, yaml.DocumentStartEvent):
                    documents += 1
                    if documents > 1:
                        self._stop(event, "hier beginnt ein zweites YAML-Dokument",
                                   "die Zeile „---“ entfernen")  # fmt: skip
        except _StopReadingError:
            return None
        if self.root is None:
            self.notes.add(1, "die Datei ist leer", "mindestens „sources: []“ eintragen")
        return self.root

    def _stop(self, event: Any, cause: str, remedy: str) -> None:
        self.notes.add(event.start_mark.line + 1, cause, remedy)
        raise _StopReadingError

    def _open(self, event: Any) -> None:
        if len(self.open) >= MAX_DEPTH:
            self._stop(event, f"mehr als {MAX_DEPTH} Ebenen ineinander",
                       "Einrückung und Klammern prüfen")  # fmt: skip
        self.open.append((event, []))

    def _close(self, event: Any) -> None:
        start, children = self.open.pop()
        mark, flow = start.start_mark, bool(start.flow_style)
        # The end mark of a block lies behind the comments that follow it.
        end = event.end_mark.index if flow or not children else children[-1].end
        place = (flow, mark.line + 1, mark.column, mark.index, end)
        if isinstance(start, yaml.SequenceStartEvent):
            self._keep(start, Sequence(tuple(children), *place))
        else:
            self._keep(start, Mapping(self._pairs(children), *place))

    def _pairs(self, children: list[Node]) -> tuple[tuple[Scalar, Node], ...]:
        keys, values = children[::2], children[1::2]
        for key in keys:
            if not isinstance(key, Scalar):
                self.notes.add(key.line, "der Name vor dem Doppelpunkt ist kein Wort",
                               "Klammern um den Namen entfernen")  # fmt: skip
                raise _StopReadingError
        return tuple(zip(cast("list[Scalar]", keys), values, strict=True))

    def _keep(self, event: Any, node: Node) -> None:
        if event is not None and event.tag is not None:
            self._stop(event, f"die Typangabe „{event.tag}“ ist nicht erlaubt",
                       "die Angabe mit „!“ entfernen")  # fmt: skip
        if event is not None and event.anchor:
            self.anchors[event.anchor] = node
        if self.open:
            self.open[-1][1].append(node)
        else:
            self.root = node

    def _resolve(self, event: Any) -> Node:
        node = self.anchors.get(event.anchor)
        if node is None:
            self._stop(event, f"der Verweis „*{event.anchor}“ hat kein Ziel davor",
                       "den Wert ausschreiben")  # fmt: skip
        mark = event.start_mark
        place = {"line": mark.line + 1, "column": mark.column,
                 "start": mark.index, "end": event.end_mark.index}  # fmt: skip
        return cast("Node", cast("Any", node)._replace(**place))


def _scalar(event: Any) -> Scalar:
    """Return the node of a scalar event."""
    start, end = event.start_mark, event.end_mark
    style = event.style or ""
    if style in ("", "|", ">") and not event.value:
        end = start  # an empty value: libyaml marks where the next token begins
    return Scalar(event.value, style, start.line + 1, start.column, start.index, end.index)


# What libyaml or PyYAML says -> cause and remedy; the first that occurs in the text counts.
_PROBLEMS = (
    ("mapping values are not allowed", "ein Doppelpunkt an falscher Stelle",
     "Einrückung prüfen; Werte mit „: “ in Anführungszeichen setzen"),
    ("block sequence entries are not allowed", "ein Listenstrich an falscher Stelle",
     "die Liste auf einer neuen Zeile beginnen"),
    ("sequence entries are not allowed", "ein Listenstrich an falscher Stelle",
     "die Liste auf einer neuen Zeile beginnen"),
    ("quoted scalar", "ein Anführungszeichen wird nicht geschlossen oder ein „\\“ ist falsch",
     "das Anführungszeichen schließen; „\\“ nur zwischen einfachen Anführungszeichen verwenden"),
    ("a flow sequence", "die eckige Klammer wird nicht richtig geschlossen",
     "Kommas und „]“ prüfen"),
    ("a flow mapping", "die geschweifte Klammer wird nicht richtig geschlossen",
     "Kommas und „}“ prüfen"),
    ("a flow node", "die Klammer wird nicht geschlossen", "„]“ oder „}“ ergänzen"),
    ("could not find expected ':'", "nach dem Namen fehlt der Doppelpunkt",
     "„name: wert“ schreiben"),
    ("a block collection", "die Einrückung passt nicht zur Liste darüber",
     "alle Striche und Namen einer Ebene gleich weit einrücken"),
    ("a block mapping", "die Einrückung passt nicht zu den Zeilen darüber",
     "alle Namen einer Ebene gleich weit einrücken"),
    ("<document start>", "die Einrückung passt nicht zu den Zeilen darüber",
     "alle Namen einer Ebene gleich weit einrücken"),
    ("a block scalar", "nach „|“ oder „>“ steht noch Text",
     "den Text auf der nächsten Zeile beginnen"),
    ("cannot start any token", "ein Wert darf nicht mit diesem Zeichen beginnen",
     "den Wert in Anführungszeichen setzen"),
    ("control characters are not allowed", "die Datei enthält ein Steuerzeichen",
     "das Zeichen entfernen"),
    ("special characters are not allowed", "die Datei enthält ein Steuerzeichen",
     "das Zeichen entfernen"),
)  # fmt: skip


_OPENED = (
    "quoted scalar",
    "a flow",
    "a simple key",
)  # the mistake is where it was opened, not where the file ends


def _note(error: yaml.YAMLError, text: str, notes: Notes) -> None:
    """Note a parser's complaint with its line, in German."""
    said = str(error)
    mark = getattr(error, "problem_mark", None)
    if any(words in said for words in _OPENED):
        mark = getattr(error, "context_mark", None) or mark
    if mark is not None:
        line = min(mark.line, text.rstrip().count("\n")) + 1
    else:
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
    notes.add(line, *_explain(said, text.split("\n")[line - 1], mark.column if mark else 0))


def _explain(said: str, written: str, column: int) -> tuple[str, str]:
    """Return cause and remedy of a complaint about a line."""
    indent = len(written) - len(written.lstrip())
    if "\t" in written[:indent]:
        return "die Zeile ist mit Tabulator eingerückt", "mit Leerzeichen einrücken"
    if "a block " in said and "did not find" in said and column > indent:
        return "hinter dem Wert steht noch etwas", "den ganzen Wert in Anführungszeichen setzen"
    for words, cause, remedy in _PROBLEMS:
        if words in said:
            return cause, remedy
    return "das ist kein lesbares YAML", "Einrückung, Doppelpunkte und Anführungszeichen prüfen"
