"""Legal and administrative references in running text, and the keys under which they are linked.

The kinds, their keys and the forms in which they are written stand in `references_patterns`, laws
in `norms` and `laws`. Found is only what names its subject: "2018/36" alone is no decision, "10115
Berlin" no service.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from aggregator.text import norms
from aggregator.text.laws import LAND_CODES
from aggregator.text.references_patterns import PATTERNS, Pattern

_LAW_TRIGGERS = ("§", "Art", "Paragra")
_DIGIT = re.compile("[0-9]")  # four times as fast as \d, which also finds digits of other scripts
_CONTEXTS = re.compile(r"\n[^\S\n]*\n\s*")
# A key that is given as such: "bt:17/1234", "itplr:2018/36", "bgbl-1/2024/245".
_KEYS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("drs", re.compile(rf"(?:bt|br|{'|'.join(LAND_CODES.values())}|\?):\d{{1,3}}/\d{{1,5}}")),
    ("itplr", re.compile(r"itplr:20\d\d/\d{2,3}")),
    ("bgbl", re.compile(r"bgbl-[123](?:/20\d\d/\d{1,4}|:(?:\d{4}|\?):\d{1,5})")),
)  # fmt: skip
_BARE_DECISION = re.compile(r"(?:Beschl(?:uss|uß)\s)?(20[0-3]\d)/(\d{1,3})")
_BARE_PAPER = re.compile(r"(\d{1,2})/(\d{1,5})")


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference as it stands in a text: code points `start` to `end`, end exclusive."""

    kind: str
    key: str
    text: str
    start: int
    end: int


def find(text: str) -> list[Reference]:
    """Return all references of a text in order; a blank line separates contexts.

    The time is linear in the text; of ordinary text without references it is a few microseconds
    per hundred letters.
    """
    found: list[Reference] = []
    if "\n" not in text:
        return _find_in(text, 0)
    start = 0
    for gap in _CONTEXTS.finditer(text):
        found += _find_in(text[start : gap.start()], start)
        start = gap.end()
    return found + _find_in(text[start:], start)


def normal_identifiers(strings: Iterable[str]) -> list[tuple[str, str]]:
    """Return the keys of an item's own numbers as given: "BT-Drs. 17/1234", "Beschluss 2018/36".

    An identifier stands alone and means the item itself, so it needs no context: a bare decision is
    the IT-Planungsrat's, a bare paper one of an unnamed parliament.
    """
    keys: dict[tuple[str, str], None] = {}
    for string in strings:
        keys.update(dict.fromkeys(_identified(" ".join(string.split()))))
    return list(keys)


def _identified(string: str) -> Iterator[tuple[str, str]]:
    """Yield the keys of one identifier."""
    for kind, pattern in _KEYS:
        if pattern.fullmatch(string):
            yield kind, string
            return
    if match := _BARE_DECISION.fullmatch(string):
        yield "itplr", f"itplr:{match[1]}/{int(match[2]):02d}"
    elif match := _BARE_PAPER.fullmatch(string):
        yield "drs", f"?:{match[1]}/{match[2]}"
    else:
        yield from ((found.kind, found.key) for found in find(string))


def _find_in(text: str, shift: int) -> list[Reference]:
    """Return the references of one context that begins at `shift`."""
    # Only the URNs of standards do without a digit.
    if _DIGIT.search(text) is None and "urn:" not in text:
        return []
    found: list[Reference] = []
    if any(trigger in text for trigger in _LAW_TRIGGERS):
        found += [
            Reference("law", norm.key, text[norm.start : norm.end], norm.start, norm.end)
            for norm in norms.find(text)
        ]
    for pattern in PATTERNS:
        for trigger in pattern.triggers:  # a plain loop: any() costs more than the search itself
            if trigger in text:
                found += _matches(pattern, text)
                break
    return _in_order(found, shift) if found else found


def _matches(pattern: Pattern, text: str) -> Iterator[Reference]:
    """Yield what a pattern finds."""
    for match in pattern.expression.finditer(text):
        for key, start, end in pattern.read(match):
            yield Reference(pattern.kind, key, text[start:end], start, end)


def _in_order(found: list[Reference], shift: int) -> list[Reference]:
    """Return references by place; of two that overlap the longer one stays."""
    found.sort(key=lambda one: (one.start, -one.end))
    kept: list[Reference] = []
    for one in found:
        if kept and one.start < kept[-1].end:
            if one.end - one.start <= kept[-1].end - kept[-1].start:
                continue
            kept.pop()
        kept.append(one)
    return [Reference(r.kind, r.key, r.text, r.start + shift, r.end + shift) for r in kept]
