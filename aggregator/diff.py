"""What changed between two states of a text, in words: exact, readable, never quadratic.

Lines first, then words within the lines that changed. Both steps align by what occurs once on
either side (patience diff) and look closer only between such anchors, within a fixed effort; what
would take more is told as one replacement. A word carries the blanks before it, so tokens cover the
whole text and a diff applied to the old text gives the new one, letter by letter.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate

from aggregator.text.words import is_stop_word

# A number with its separators, a word with its hyphens, or any other mark; blanks before it.
_TOKEN = re.compile(r"\s*(?:\d+(?:[.,:/]\d+)*|[^\W_]+(?:[-\u2010\u2011\u00ad'’][^\W_]+)*|\S)|\s+$")
_LINE = re.compile(r"[^\n]*\n|[^\n]+$")
MAX_DEPTH = 12  # anchors within anchors
LEAF = 40_000  # comparisons between two anchors
EFFORT = 1_000_000  # comparisons in all
MAX_BRIDGE = 2  # words that say nothing, between two changes, are told as changed with them
Span = tuple[int, int, int, int]  # old start, old end, new start, new end


@dataclass(frozen=True, slots=True)
class Change:
    """One place that changed: code points `start` to `end` of the old text became `new`."""

    start: int
    end: int
    new_start: int
    new_end: int
    old: str
    new: str


def changes(old: str, new: str) -> tuple[Change, ...]:
    """Return what turns one text into another, in order and without overlaps.

    Args:
        old: The earlier state.
        new: The later one.

    Returns:
        The changes; none for equal texts. Effort and memory grow with the length of the texts and
        not with its square.
    """
    if old == new:
        return ()
    left = [EFFORT]
    told: list[Change] = []
    before, after = _LINE.findall(old), _LINE.findall(new)
    starts, new_starts = _starts(before), _starts(after)
    for a, b, c, d in _unequal(before, after, left, 0):
        told += _in_words("".join(before[a:b]), "".join(after[c:d]), left,
                          (starts[a], new_starts[c]))  # fmt: skip
    return tuple(told)


def apply(old: str, found: Iterable[Change]) -> str:
    """Return the later state of a text: `apply(old, changes(old, new)) == new`.

    Raises:
        ValueError: The changes are not those of this text.
    """
    told: list[str] = []
    at = 0
    for change in found:
        if change.start < at or old[change.start : change.end] != change.old:
            raise ValueError(f"the text at {change.start} is not {change.old!r}")
        told += (old[at : change.start], change.new)
        at = change.end
    return "".join((*told, old[at:]))


def count_words(text: str) -> int:
    """Count the words of a text as a diff sees them; marks do not count."""
    return sum(token.strip()[:1].isalnum() for token in _TOKEN.findall(text))


def _in_words(old: str, new: str, left: list[int], at: tuple[int, int]) -> Iterator[Change]:
    """Yield what changed within a passage that begins at the offsets `at`."""
    before, after = _TOKEN.findall(old), _TOKEN.findall(new)
    starts, new_starts = _starts(before), _starts(after)
    for a, b, c, d in _bridged(_unequal(before, after, left, 0), before):
        yield _trimmed(
            old[starts[a] : starts[b]], new[new_starts[c] : new_starts[d]],
            at[0] + starts[a], at[1] + new_starts[c],
        )  # fmt: skip


def _trimmed(old: str, new: str, start: int, new_start: int) -> Change:
    """Return a change without the blanks that both sides begin with."""
    blanks = 0
    for one, other in zip(old, new, strict=False):
        if one != other or not one.isspace():
            break
        blanks += 1
    return Change(start + blanks, start + len(old), new_start + blanks, new_start + len(new),
                  old[blanks:], new[blanks:])  # fmt: skip


def _starts(tokens: Sequence[str]) -> list[int]:
    """Return where each token begins, and where the last one ends."""
    return list(accumulate(map(len, tokens), initial=0))


def _bridged(spans: Iterable[Span], tokens: Sequence[str]) -> Iterator[Span]:
    """Join changes between which only a word or two stand that say nothing."""
    last: Span | None = None
    for span in spans:
        if last is None:
            last = span
        elif _says_nothing(tokens[last[1] : span[0]]):
            last = (last[0], span[1], last[2], span[3])
        else:
            yield last
            last = span
    if last is not None:
        yield last


def _says_nothing(tokens: Sequence[str]) -> bool:
    return len(tokens) <= MAX_BRIDGE and all(
        is_stop_word(word) or not word[:1].isalnum() for word in map(str.strip, tokens)
    )


def _unequal(a: Sequence[str], b: Sequence[str], left: list[int], depth: int) -> Iterator[Span]:
    """Yield the spans in which two sequences differ.

    Args:
        a: The earlier sequence.
        b: The later one.
        left: The effort that is left, shared by all levels.
        depth: Of anchors within anchors.
    """
    head, tail = _common_ends(a, b)
    a, b = a[head : len(a) - tail], b[head : len(b) - tail]
    if not a and not b:
        return
    anchors = _anchors(a, b) if a and b and depth < MAX_DEPTH else []
    found = _between(a, b, anchors, left, depth) if anchors else _closely(a, b, left)
    for i, j, k, m in found:
        yield i + head, j + head, k + head, m + head


def _common_ends(a: Sequence[str], b: Sequence[str]) -> tuple[int, int]:
    """Return how many elements both begin with, and how many of the rest both end with."""
    most = min(len(a), len(b))
    head = next((n for n in range(most) if a[n] != b[n]), most)
    most -= head
    return head, next((n for n in range(most) if a[-1 - n] != b[-1 - n]), most)


def _between(
    a: Sequence[str], b: Sequence[str], anchors: list[tuple[int, int]], left: list[int], depth: int
) -> Iterator[Span]:
    """Yield the spans that differ between anchors."""
    i = k = 0
    for at, other in (*anchors, (len(a), len(b))):
        for w, x, y, z in _unequal(a[i:at], b[k:other], left, depth + 1):
            yield w + i, x + i, y + k, z + k
        i, k = at + 1, other + 1


def _anchors(a: Sequence[str], b: Sequence[str]) -> list[tuple[int, int]]:
    """Return the longest rising run of places of elements that occur once on either side."""
    once, others = _once(a), _once(b)
    pairs = [(place, others[word]) for word, place in once.items() if word in others]
    ends: list[int] = []  # smallest end of a run of each length
    last: list[int] = []  # the pair that has it
    before: list[int] = []
    for n, (_, other) in enumerate(pairs):  # in the order of `a`
        length = bisect_left(ends, other)
        before.append(last[length - 1] if length else -1)
        ends[length : length + 1], last[length : length + 1] = [other], [n]
    run, n = [], last[-1] if last else -1
    while n >= 0:
        run.append(pairs[n])
        n = before[n]
    return run[::-1]


def _once(words: Sequence[str]) -> dict[str, int]:
    """Return the place of each element that occurs once, in order."""
    counts = Counter(words)
    return {word: place for place, word in enumerate(words) if counts[word] == 1}


def _closely(a: Sequence[str], b: Sequence[str], left: list[int]) -> Iterator[Span]:
    """Yield the spans in which two short sequences differ; of long ones, that they differ."""
    cost = len(a) * len(b)
    if cost == 0 or cost > min(LEAF, left[0]):
        yield 0, len(a), 0, len(b)
        return
    left[0] -= cost
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag != "equal":
            yield i, j, k, m


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text as a reader is shown it."""

    kind: str  # same removed added
    text: str


def passages(old: str, found: Iterable[Change], around: int = 90) -> list[list[Piece]]:
    """Return the changes with the words around them; what lies far between them is left out.

    Args:
        old: The text before.
        found: Its changes, in order.
        around: How many characters of context to show before and after a change.

    Returns:
        A list of pieces for each passage; an ellipsis stands where text is left out.
    """
    told: list[list[Piece]] = []
    at = 0
    for change in found:
        between = old[at : change.start]
        if told and len(between) <= 2 * around:
            told[-1].append(Piece("same", between))
        else:
            if told:
                told[-1].append(Piece("same", _head(between, around)))
            told.append([Piece("same", _tail(between, around))])
        told[-1] += [Piece("removed", change.old), Piece("added", change.new)]
        at = change.end
    if told:
        told[-1].append(Piece("same", _head(old[at:], around)))
    return [[piece for piece in pieces if piece.text] for pieces in told]


def _head(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most].rpartition(" ")[0] + " …"


def _tail(text: str, most: int) -> str:
    return text if len(text) <= most else "… " + text[-most:].partition(" ")[2]
