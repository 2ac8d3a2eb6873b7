"""The shapes of an installation's own rules for addresses, under `url_rules` of `vocabulary.yaml`.

What they mean stands in `aggregator.urls` and docs/urls.md; here they are read with the line of
every mistake.
"""

import re
from collections.abc import Callable
from string import Formatter
from typing import Any

from aggregator.config.document import Mapping, Node, Sequence
from aggregator.config.mistakes import Notes, WrongError, shown
from aggregator.config.shapes import Key, ListOf, Section, Shape, Text
from aggregator.config.values import some_text


def _pattern(text: str) -> str:
    """Return a regular expression that compiles."""
    try:
        re.compile(text)
    except re.error as error:
        raise WrongError(
            f"{shown(text)} ist kein regulärer Ausdruck ({error})",
            "den Ausdruck berichtigen, etwa ^/meldung/(?P<id>\\d+)$",
        ) from error
    return some_text(text)


_TEXT = Text(expects="einen Text", convert=some_text, constraints={"minLength": 1})
_PATTERN = Text(expects="einen regulären Ausdruck", convert=_pattern, constraints={"minLength": 1})


class _Query:
    """Parameters of a query, each with the pattern that its value must match."""

    def read(self, node: Node, notes: Notes, name: str) -> dict[str, str] | None:
        """Return parameter -> pattern."""
        if not isinstance(node, Mapping) or not node.pairs:
            notes.add(node.line, f"„{name}“ ist keine Zuordnung",
                      "je Parameter „name: Ausdruck“ eintragen")  # fmt: skip
            return None
        told = {key.text: _PATTERN.read(value, notes, key.text) for key, value in node.pairs}
        return {parameter: pattern for parameter, pattern in told.items() if pattern}

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value."""
        return {"type": "object", "additionalProperties": _PATTERN.schema()}


class _Rule(Section):
    """A rule, of which something more is demanded than the shapes of its keys."""

    def __init__(
        self, title: str, keys: tuple[Key, ...], check: Callable[[dict[str, Any]], str | None]
    ) -> None:
        id_key = Key(name="id", shape=_TEXT, required=True, about="Name der Regel")
        super().__init__(title, (id_key, *keys), dict)
        self._check = check

    def read(self, node: Node, notes: Notes, name: str) -> Any:
        """Return the rule as a mapping."""
        rule = super().read(node, notes, name)
        if rule is not None and (wrong := self._check(rule)):
            notes.add(node.line, f"Regel {shown(rule['id'])}: {wrong}", "die Regel berichtigen")
            return None
        return rule


def _nothing(_: dict[str, Any]) -> str | None:
    return None


def _names_groups(rule: dict[str, Any]) -> str | None:
    """Say what is wrong with the key of a rule."""
    patterns = [rule.get("path"), *rule.get("query", {}).values()]
    if not any(patterns):
        return "ohne „path“ und „query“ träfe sie jede Adresse"
    known = {group for pattern in patterns if pattern for group in re.compile(pattern).groupindex}
    try:
        wanted = {name for _, name, _, _ in Formatter().parse(rule["key"]) if name is not None}
    except ValueError as error:
        return f"„key“ ist keine Vorlage ({error})"
    if not wanted:
        return "„key“ nennt keine Gruppe, alle Adressen wären dieselbe Sache"
    unknown = sorted(wanted - known)
    return (
        f"„key“ nennt {shown(unknown[0])}, eine Gruppe, die kein Ausdruck hat" if unknown else None
    )


def _finds_back(rule: dict[str, Any]) -> str | None:
    return None if rule["from"] != rule["to"] else "„from“ und „to“ sind gleich"


class _Rules:
    """A list of rules with different ids."""

    def __init__(self, rule: Shape) -> None:
        self._list = ListOf(rule)

    def read(self, node: Node, notes: Notes, name: str) -> tuple[Any, ...] | None:
        """Return the rules as mappings."""
        if not isinstance(node, Sequence) or any(not isinstance(i, Mapping) for i in node.items):
            notes.add(node.line, f"„{name}“ ist keine Liste von Regeln",
                      "jede Regel mit „- id: …“ beginnen")  # fmt: skip
            return None
        found: tuple[Any, ...] | None = self._list.read(node, notes, name)
        ids = [rule["id"] for rule in found or ()]
        for twice in sorted({one for one in ids if ids.count(one) > 1}):
            notes.add(node.line, f"die Regel {shown(twice)} steht zweimal", "eine umbenennen")
        return found

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value."""
        return self._list.schema()


def _key(name: str, about: str, *, required: bool = False, shape: Shape = _PATTERN) -> Key:
    return Key(name=name, shape=shape, required=required, about=about)


_RULES = {
    "noise": _Rule("Regel für Beiwerk", (
        _key("drop", "Ausdruck für den ganzen Namen eines Parameters, der nichts sagt",
             required=True),
        _key("path", "Nur wo der Pfad dies enthält"),
        _key("beside", "Nur neben diesem Parameter", shape=_TEXT),
        _key("value", "Nur mit einem Wert, auf den dies ganz passt"),
    ), _nothing),
    "rewrites": _Rule("Regel für Schreibweisen", (
        _key("path", "Wo der Pfad dies enthält", required=True),
        _key("from", "Was ersetzt wird, wörtlich", required=True, shape=_TEXT),
        _key("to", "Wodurch", required=True, shape=_TEXT),
    ), _finds_back),
    "keys": _Rule("Regel für Kennungen", (
        _key("key", "Die Kennung, mit Gruppen in geschweiften Klammern", required=True,
             shape=_TEXT),
        _key("host", "Nur auf Hosts (ohne www.), die dies enthalten"),
        _key("path", "Der Pfad, mit Gruppen"),
        _key("query", "Parameter mit Ausdrücken, mit Gruppen", shape=_Query()),
    ), _names_groups),
    "tenants": _Rule("Regel für Mandanten", (
        _key("path", "Was in Pfaden gleich gilt", required=True),
        _key("to", "Wofür", required=True, shape=_TEXT),
    ), _nothing),
}  # fmt: skip
NAMES = tuple(_RULES)  # sections of the table of `aggregator.urls`
SECTIONS = Section("Adressregeln", (
    Key(name=name, shape=_Rules(rule), about=rule.title) for name, rule in _RULES.items()
), dict)  # fmt: skip
