"""The words of the subject, as data: topics, aliases, exceptions of the word splitter, URL rules.

Packaged defaults (`vocabulary.yaml` beside this file), to which `data/vocabulary.yaml` adds,
section by section: a topic of the same slug or an exception of the same word is replaced, groups
of aliases and URL rules are added. An exception with an empty list keeps a word whole.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from aggregator.config import url_rules
from aggregator.config.document import Mapping as MappingNode
from aggregator.config.document import Node, decode, parse
from aggregator.config.mistakes import Notes, shown
from aggregator.config.shapes import Key, ListOf, Section, Text
from aggregator.config.values import some_text

FILE = "vocabulary.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A topic and the words that speak for it: strong ones alone, weak ones together."""

    slug: str
    name: str
    strong: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    axis: str = ""  # topics of one axis compete: usually one of them holds
    situations: tuple[str, ...] = ()  # what else the topic stands for, for the model
    laws: tuple[str, ...] = ()  # short names


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """All of the vocabulary; `checksum` is the SHA-256 over the files that it came from."""

    topics: Mapping[str, Topic] = field(default_factory=dict)  # by slug, in order of the file
    aliases: tuple[tuple[str, ...], ...] = ()  # names of one thing, the preferred one first
    split_exceptions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    url_rules: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    checksum: str = ""


_WORD = Text(expects="ein Wort", convert=some_text, constraints={"minLength": 1})
_WORDS = ListOf(_WORD)
_TOPIC = Section("Thema", (
    Key(name="name", shape=_WORD, required=True, about="Name des Themas"),
    Key(name="strong", shape=_WORDS, about="Wörter, von denen eines genügt"),
    Key(name="weak", shape=_WORDS, about="Wörter, von denen mehrere zusammenkommen müssen"),
    Key(name="axis", shape=_WORD, about="Achse: von ihren Themen trifft meist eines zu"),
    Key(name="situations", shape=_WORDS, about="Lebenslagen und Leistungen, für das Modell"),
    Key(name="laws", shape=_WORDS, about="Kurznamen seiner Gesetze, für das Modell"),
), dict)  # fmt: skip


class _ByName:
    """A mapping whose names are free and whose values have one shape."""

    def __init__(self, shape: Any) -> None:
        self.shape = shape

    def read(self, node: Node, notes: Notes, name: str) -> dict[str, Any] | None:
        """Return name -> value."""
        if not isinstance(node, MappingNode):
            notes.add(node.line, f"„{name}“ ist keine Zuordnung",
                      "je Zeile „name: wert“ eintragen")  # fmt: skip
            return None
        found: dict[str, Any] = {}
        for key, value in node.pairs:
            if key.text in found:
                notes.add(key.line, f"{shown(key.text)} steht zweimal", "eine Zeile entfernen")
            found[key.text] = self.shape.read(value, notes, key.text)
        return found

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value."""
        return {"type": "object", "additionalProperties": self.shape.schema()}


class _Parts:
    """The parts of a word, which together make it up; none: it stays whole."""

    def read(self, node: Node, notes: Notes, name: str) -> tuple[str, ...] | None:
        """Return the parts of the word `name`."""
        parts: tuple[str, ...] | None = _WORDS.read(node, notes, name)
        if parts and "".join(parts).casefold() != name.casefold():
            notes.add(node.line, f"die Teile ergeben nicht {shown(name)}",
                      "die Teile so schreiben, dass sie zusammen das Wort ergeben")  # fmt: skip
        return parts

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value."""
        return _WORDS.schema()


ROOT = Section("Vokabular", (
    Key(name="topics", shape=_ByName(_TOPIC), about="Themen"),
    Key(name="aliases", shape=ListOf(_WORDS), about="Namen derselben Sache"),
    Key(name="split_exceptions", shape=_ByName(_Parts()),
        about="Wort: seine Teile; [] lässt es ganz"),
    Key(name="url_rules", about="Eigene Regeln für Adressen", shape=url_rules.SECTIONS),
), dict)  # fmt: skip


def vocabulary(data_dir: Path | None = None) -> Vocabulary:
    """Return the vocabulary in force.

    Args:
        data_dir: The folder that may hold `vocabulary.yaml`; None: the packaged one alone.

    Raises:
        InvalidConfigError: A file is wrong; every mistake is listed.
    """
    bodies = [("vocabulary.yaml", resources.files("aggregator.config").joinpath(FILE).read_bytes())]
    own = data_dir / FILE if data_dir is not None else None
    if own is not None and own.is_file():
        bodies.append((str(own), own.read_bytes()))
    return _read(tuple(bodies))


@lru_cache(maxsize=4)
def _read(bodies: tuple[tuple[str, bytes], ...]) -> Vocabulary:
    """Read files with their names, later ones on top of earlier ones; cached by content."""
    topics: dict[str, Topic] = {}
    aliases: list[tuple[str, ...]] = []
    exceptions: dict[str, tuple[str, ...]] = {}
    rules: dict[str, tuple[Mapping[str, Any], ...]] = {}
    digest = hashlib.sha256()
    for name, body in bodies:
        digest.update(body)
        told = _told(name, body)
        for slug, words in (told.get("topics") or {}).items():
            topics[slug] = Topic(slug=slug, **words)
        aliases += told.get("aliases") or ()
        exceptions |= told.get("split_exceptions") or {}
        for section, own in (told.get("url_rules") or {}).items():
            rules[section] = (*own, *rules.get(section, ()))
    return Vocabulary(
        topics=topics, aliases=tuple(aliases), split_exceptions=exceptions, url_rules=rules,
        checksum=digest.hexdigest(),
    )  # fmt: skip


def rules_in(body: bytes, name: str) -> Mapping[str, tuple[Mapping[str, Any], ...]]:
    """Return the URL rules of a text that is not in force yet, to be tried.

    Args:
        body: A whole `vocabulary.yaml`, or what stands in it under `url_rules`.
        name: What to call it in mistakes.

    Returns:
        Section -> rules, as `urls.table_with` takes them.

    Raises:
        InvalidConfigError: It is wrong; every mistake is listed with its line.
    """
    notes = Notes(name)
    text = decode(body, notes)
    root = parse(text, notes) if text is not None else None
    keys = {key.text for key, _ in root.pairs} if isinstance(root, MappingNode) else set()
    shape = url_rules.SECTIONS if keys & set(url_rules.NAMES) else ROOT
    told = shape.read(root, notes, name) if root is not None else None
    notes.raise_any()
    found = told or {}
    return dict(found if shape is url_rules.SECTIONS else found.get("url_rules") or {})


def _told(name: str, body: bytes) -> Mapping[str, Any]:
    """Return what one file says."""
    notes = Notes(name)
    text = decode(body, notes)
    root = parse(text, notes) if text is not None else None
    told = ROOT.read(root, notes, "") if root is not None else None
    notes.raise_any()
    return told or {}
