"""Changes to YAML text that leave every other byte alone: comments, order, quotes, indentation.

Works on the text, guided by the positions of its nodes, not on a tree that is written anew: what a
person arranged stays as it is. Positions are code points into the text that the nodes came from.
"""

import json
import re
from collections.abc import Mapping as Values
from collections.abc import Sequence as Items
from typing import Any

from aggregator.config.document import (
    Mapping,
    Node,
    Scalar,
    Sequence,
    is_null,
    kind_of_plain,
    plain,
)

Change = tuple[int, int, str]  # start, end, what stands there afterwards

# What needs no quotes in any version of YAML, inside and outside of brackets.
_UNQUOTED = re.compile(
    r"(?:[^\W_]|/)[\w./+@%=&?~()§-]*(?: [\w./+@%=&?~()§-]+)*\Z|https?://[^\s,\[\]{}#]*[^\s,\[\]{}#:]\Z"
)
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")


def apply(text: str, changes: Items[Change]) -> str:
    """Return the text with some places changed; places must not overlap."""
    for start, end, replacement in sorted(changes, reverse=True):
        text = text[:start] + replacement + text[end:]
    return text


def rendered(value: Any, *, style: str = "") -> str:
    """Return a value in one line: text, number, truth value, None, list or mapping of them.

    Args:
        value: What to write.
        style: The quotes that stood here before; kept for text.
    """
    if isinstance(value, Values):
        inner = ", ".join(f"{name}: {rendered(told)}" for name, told in value.items())
        return f"{{{inner}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(rendered, value))}]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    return _text(str(value), style)


def _text(text: str, style: str) -> str:
    """Return a text with the quotes that it needs, or that stood there."""
    if style == "'" and not _UNSAFE.search(text):
        return "'" + text.replace("'", "''") + "'"
    if style != '"' and _UNQUOTED.match(text) and kind_of_plain(text) == "text":
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


def set_keys(text: str, node: Mapping, values: Values[str, Any]) -> list[Change]:
    """Return the changes that give keys of a mapping new values.

    Args:
        text: The text of the file.
        node: The mapping in it.
        values: Key -> value; None removes the key. Equal values change nothing; a mapping is
            compared key by key, so that its other lines stay.
    """
    present = {key.text: (key, value) for key, value in node.pairs}
    changes: list[Change] = []
    fresh = {}
    for name, value in values.items():
        if name not in present:
            if value is not None:
                fresh[name] = value
        elif value is None:
            changes.append(_removal(text, node, name))
        else:
            changes += _replacement(text, *present[name], value)
    if fresh:
        changes.append(_addition(text, node, fresh))
    return changes


def _replacement(text: str, key: Scalar, old: Node, value: Any) -> list[Change]:
    if plain(old) == value and type(plain(old)) is type(value):
        return []
    if isinstance(old, Mapping) and isinstance(value, Values) and value:
        gone = {known.text: None for known, _ in old.pairs if known.text not in value}
        return set_keys(text, old, {**gone, **value})
    if isinstance(old, Sequence) and not old.flow and isinstance(value, list | tuple) and value:
        return [_list(text, old, value)]
    if isinstance(old, Scalar) and old.style not in ("|", ">") and not is_null(old):
        return [(old.start, old.end, rendered(value, style=old.style))]
    start = text.index(":", key.end) + 1
    return [(start, max(start, _end(text, old)), f" {rendered(value)}")]


def _list(text: str, old: Sequence, value: Items[Any]) -> Change:
    """Write a list with dashes again; what has not changed keeps its lines and comments."""
    have = [plain(item) for item in old.items]
    equal = [was == now for was, now in zip(have, value, strict=False)]
    same = equal.index(False) if False in equal else len(equal)
    lines = [f"{' ' * old.column}- {rendered(item)}" for item in value[same:]]
    end = _end(text, old)
    if not same:
        return old.start, end, _newline(text).join(lines).lstrip(" ")
    start = _line_end(text, _end(text, old.items[same - 1]))
    return start, max(start, _line_end(text, end)), "".join(_newline(text) + x for x in lines)


def _removal(text: str, node: Mapping, name: str) -> Change:
    """Take a key with its value out, with its line where it has one of its own."""
    at = next(n for n, (key, _) in enumerate(node.pairs) if key.text == name)
    key, value = node.pairs[at]
    end = _end(text, value)
    if node.flow or at == 0:  # in brackets, or behind the dash of its list
        if at + 1 < len(node.pairs):
            return key.start, node.pairs[at + 1][0].start, ""
        return (_end(text, node.pairs[at - 1][1]) if at else key.start), end, ""
    before = _line_end(text, _end(text, node.pairs[at - 1][1]))
    line = _line_end(text, text.rindex("\n", before, key.start))  # keeps comments above the line
    return line, _line_end(text, end), ""


def _addition(text: str, node: Mapping, fresh: Values[str, Any]) -> Change:
    """Write new keys behind the last one."""
    end = _end(text, node.pairs[-1][1]) if node.pairs else node.end - 1
    if node.flow:
        words = ", ".join(f"{name}: {rendered(value)}" for name, value in fresh.items())
        return end, end, f", {words}" if node.pairs else words
    end = _line_end(text, end)
    return (
        end,
        end,
        "".join(
            f"{_newline(text)}{' ' * node.column}{name}: {rendered(value)}"
            for name, value in fresh.items()
        ),
    )


def append(
    text: str, root: Mapping, section: str, entries: Items[Values[str, Any]]
) -> list[Change]:
    """Return the changes that put entries at the end of a list at the top of the file."""
    found = next(((key, node) for key, node in root.pairs if key.text == section), None)
    newline = _newline(text)
    if found is None:
        gap = "" if text.endswith("\n") or not text else newline
        lines = "".join(_entry(entry, 2, 4, newline) + newline for entry in entries)
        return [(len(text), len(text), f"{gap}{section}:{newline}{lines}")]
    key, node = found
    if isinstance(node, Sequence) and node.items:
        return [_append_to(text, node, entries)]
    start = text.index(":", key.end) + 1
    end = max(start, _end(text, node))
    line = _line_end(text, end)
    added = "".join(newline + _entry(entry, 2, 4, newline) for entry in entries)
    return [(start, end, ""), (line, line, added)]


def _append_to(text: str, node: Sequence, entries: Items[Values[str, Any]]) -> Change:
    """Write entries behind the last one, laid out as that is."""
    newline = _newline(text)
    if node.flow:
        end = _end(text, node.items[-1])
        return end, end, "".join(f", {rendered(entry)}" for entry in entries)
    last = node.items[-1]
    inner = last.column if isinstance(last, Mapping) and not last.flow else node.column + 2
    gap = newline if _spaced(text, node) else ""
    end = _line_end(text, _end(text, node))
    added = (f"{newline}{gap}{_entry(entry, node.column, inner, newline)}" for entry in entries)
    return end, end, "".join(added)


def lines_of(text: str, root: Mapping, index: int) -> str:
    """Return the lines of a source of a file, as if its dash stood at the margin."""
    start, end, margin = _span(text, _listed(root), index)
    return "\n".join(
        line.removeprefix(" " * margin)
        for line in text[start:end].replace("\r\n", "\n").split("\n")
    )


def rewrite(text: str, root: Mapping, index: int, lines: str) -> Change:
    """Return the change that puts lines in the place of those of a source (see `lines_of`)."""
    start, end, margin = _span(text, _listed(root), index)
    told = lines.replace("\r\n", "\n").rstrip("\n").split("\n")
    first, *rest = (" " * margin + line if line.strip() else "" for line in told)
    return start, end, _newline(text).join((first, *rest))


def _listed(root: Mapping) -> Sequence:
    """Return the list of the sources of a file, which is known to have one."""
    found = next(node for key, node in root.pairs if key.text == "sources")
    assert isinstance(found, Sequence), "an index into it was found"  # noqa: S101
    return found


def _span(text: str, listed: Sequence, index: int) -> tuple[int, int, int]:
    """Return where the lines of an entry begin and end, and how far its dash is indented."""
    node = listed.items[index]
    if listed.flow:
        return node.start, node.end, 0
    start = text.rfind("\n", 0, node.start) + 1
    while text[start + listed.column : start + listed.column + 1] != "-":
        start = text.rindex("\n", 0, start - 1) + 1  # its dash stands on a line before
    return start, _line_end(text, _end(text, node)), listed.column


def _entry(entry: Values[str, Any], dash: int, inner: int, newline: str) -> str:
    """Return an entry of a list, a key a line."""
    lines = [f"{name}: {rendered(value)}" for name, value in entry.items() if value is not None]
    first = " " * dash + "-" + " " * max(1, inner - dash - 1)
    return first + (newline + " " * len(first)).join(lines)


def _spaced(text: str, node: Sequence) -> bool:
    """Whether empty lines stand between the entries of a list."""
    if len(node.items) < 2:
        return False
    between = text[_end(text, node.items[-2]) : node.items[-1].start]
    return re.search(r"\n[ \t]*\r?\n", between) is not None


def _end(text: str, node: Node) -> int:
    """Return where a value ends, without the line breaks behind a block of text."""
    if isinstance(node, Scalar) and node.style in ("|", ">"):
        return node.start + len(text[node.start : node.end].rstrip())
    if isinstance(node, Mapping) and not node.flow and node.pairs:
        return _end(text, node.pairs[-1][1])
    if isinstance(node, Sequence) and not node.flow and node.items:
        return _end(text, node.items[-1])
    return node.end


def _line_end(text: str, at: int) -> int:
    """Return where the line of a position ends, before its line break."""
    end = text.find("\n", at)
    if end < 0:
        return len(text)
    return end - 1 if text[end - 1] == "\r" else end


def _newline(text: str) -> str:
    """Return the line break that a file uses."""
    return "\r\n" if "\r\n" in text else "\n"
