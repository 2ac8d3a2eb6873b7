"""Snippets: a piece of a text around what was looked for, as plain text with offsets. Pure."""

import re
from collections.abc import Sequence

from aggregator.text.analysis import Analyser

LONGEST = 280  # code points: below the 300 of an excerpt
BEFORE = 60  # code points in front of the first match
SEARCHED = 20_000  # code points of a text that are looked through

_BLANK = re.compile(r"[^\S ]")  # other than a blank

Mark = tuple[int, int]


def snippet(text: str, stems: frozenset[str], analyser: Analyser) -> tuple[str, list[Mark]]:
    """Return the piece of a text that holds most of what was looked for.

    Returns:
        The piece with an ellipsis where it is cut off, and the offsets in it, end exclusive.
    """
    text = _BLANK.sub(" ", text[:SEARCHED])  # one for one: offsets stay
    marks = analyser.matches(text, stems) if stems else []
    start = _best_start(text, marks)
    stop = min(len(text), start + LONGEST)
    if stop < len(text):
        stop = max(text.rfind(" ", start, stop), start + LONGEST // 2)
    lead, tail = "… " if start else "", " …" if stop < len(text) else ""
    shift = len(lead) - start
    inside = [(a + shift, b + shift) for a, b in marks if a >= start and b <= stop]
    return f"{lead}{text[start:stop].rstrip()}{tail}", inside


def _best_start(text: str, marks: Sequence[Mark]) -> int:
    """Return where the window with most matches begins, at a word."""
    best, most = 0, 0
    for place, (first, _) in enumerate(marks):
        inside = sum(1 for _, end in marks[place : place + 12] if end <= first - BEFORE + LONGEST)
        if inside > most:
            best, most = first, inside
    if best <= BEFORE:
        return 0
    start = text.rfind(" ", 0, best - BEFORE + 1) + 1
    sentence = max(text.rfind(mark, start, best) for mark in (". ", "? ", "! "))
    return sentence + 2 if sentence > 0 else start
