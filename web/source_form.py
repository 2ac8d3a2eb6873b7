"""A source as the fields of a form: made from the table of keys, so that none is ever missing.

A field that is left empty is a key that the file does not have. What the form does not know (keys
of later versions, a key's own layout) is not touched: only what changed is written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aggregator.config.keys import SOURCE
from aggregator.config.shapes import Key, Section

Definition = dict[str, Any]
FIRST = ("id", "platform", "kind", "url", "enabled", "include", "exclude", "item_kind", "details",
         "preset", "selectors")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field; `name` joins the names of nested keys with a dot."""

    name: str
    about: str
    kind: str  # text number lines flag choice
    words: tuple[str, ...] = ()  # of a choice
    group: str = ""  # the key that it is nested in
    required: bool = False


def fields() -> list[Field]:
    """Return all fields, the usual ones first."""
    order = {name: number for number, name in enumerate(FIRST)}
    keys = sorted(SOURCE.keys, key=lambda key: order.get(key.name, len(order)))
    return [field for key in keys for field in _of(key)]


def _of(key: Key, group: str = "") -> list[Field]:
    if isinstance(key.shape, Section):
        return [field for inner in key.shape.keys for field in _of(inner, key.name)]
    told = key.shape.schema()
    kinds = {"boolean": "flag", "array": "lines", "integer": "number", "number": "number"}
    words = tuple(told.get("enum", ()))
    kind = "choice" if words else kinds.get(told.get("type", ""), "text")
    name = f"{group}.{key.name}" if group else key.name
    return [Field(name=name, about=key.about, kind=kind, words=words, group=group,
                  required=key.required)]  # fmt: skip


def values_of(definition: Mapping[str, Any]) -> dict[str, str]:
    """Return what stands in the fields for a source as its file has it."""
    return {field.name: _shown(_get(definition, field.name)) for field in fields()}


def _get(definition: Mapping[str, Any], name: str) -> Any:
    group, _, inner = name.rpartition(".")
    if not group:
        return definition.get(inner)
    nested = definition.get(group)
    return nested.get(inner) if isinstance(nested, Mapping) else None


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "\n".join(map(str, value))
    return str(value)


def definition_of(told: Mapping[str, str]) -> Definition:
    """Return the source that the fields of a form tell, with keys and values as in the file."""
    found: Definition = {}
    for field in fields():
        value = _read(field, told.get(field.name, ""))
        if value is None:
            continue
        home = found.setdefault(field.group, {}) if field.group else found
        home[field.name.rpartition(".")[2]] = value
    return found


def _read(field: Field, told: str) -> Any:
    """Return the value of a field; what is no number stays text, and the list's own check tells."""
    text = told.replace("\r\n", "\n").strip()
    if not text:
        return None
    if field.kind == "flag":
        return text == "true"
    if field.kind == "lines":
        return [line.strip() for line in text.split("\n") if line.strip()]
    if field.kind == "number":
        for convert in (int, float):
            try:
                return convert(text.replace(",", "."))
            except ValueError:
                continue
    return text


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Definition:
    """Return the keys that differ, None for one that goes; keys the form does not know stay."""
    known = {field.group or field.name for field in fields()}
    told: Definition = {}
    for key in known:
        if key in before and key not in after:
            told[key] = None
        elif key in after and after[key] != before.get(key):
            told[key] = after[key]
    if told.get("enabled") is True and "enabled" not in before:
        del told["enabled"]  # that is what it is anyway
    order = [key.name for key in SOURCE.keys]
    return {key: told[key] for key in order if key in told}
