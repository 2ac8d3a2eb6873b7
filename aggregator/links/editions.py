"""Which of two items of the same content is the newer state of a document.

What the titles say comes first ("Version 2.1", "3. Auflage", "Stand: März 2024"), since documents
are put online again years later under the day of that. Where titles say nothing, the later day of
publication decides, but only for kinds that have states at all, and only when the text changed: a
press release that others print is no newer version of it. Pure.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TypeVar

from aggregator.closed_sets import ItemKind

# What is amended and published again; news and threads are written once.
WITH_STATES = frozenset({
    ItemKind.DOCUMENT, ItemKind.STANDARD, ItemKind.GUIDE, ItemKind.LAW, ItemKind.FAQ,
    ItemKind.SERVICE, ItemKind.PAGE, ItemKind.RELEASE,
})  # fmt: skip
ABOUT = frozenset({"Titel", "Datum"})  # differences that leave the text as it is
ALIKE = 0.8  # of the words of the shorter title that the other one has as well
_MONTHS = {
    "jan": 1, "feb": 2, "mär": 3, "mae": 3, "mar": 3, "apr": 4, "mai": 5, "may": 5, "jun": 6,
    "jul": 7, "aug": 8, "sep": 9, "okt": 10, "oct": 10, "nov": 11, "dez": 12, "dec": 12,
}  # fmt: skip
_DATE = (
    r"(?:(?P<d>\d{1,2})\.\s*(?P<m>\d{1,2})\.\s*(?P<y>\d{4})"
    rf"|(?:(?P<d2>\d{{1,2}})\.\s*)?(?P<name>(?:{'|'.join(_MONTHS)})[a-zä]*)\.?\s+(?P<y2>\d{{4}})"
    r"|(?P<m3>\d{1,2})\s*[/.]\s*(?P<y3>\d{4})|(?P<y4>\d{4})(?:-(?P<m4>\d\d)(?:-(?P<d4>\d\d))?)?)"
)
_STAND = re.compile(rf"\b(?:stand|fassung vom|gültig (?:ab|seit))\s*:?\s*{_DATE}\b", re.I)
_VERSION = re.compile(
    r"\b(?:version|fassung|auflage|ausgabe|revision|rev\.?)\s*:?\s*(\d{1,3}(?:\.\d{1,3}){0,3})\b"
    r"|\bv\.?(\d{1,3}(?:\.\d{1,3}){0,3})\b"
    r"|\b(\d{1,2})\.\s?(?:version|fassung|auflage|ausgabe)\b",
    re.I,
)
_EXTENSION = re.compile(r"\.(?:pdf|docx?|odt|xlsx?|pptx?)\b", re.I)
_WORD = re.compile(r"\w+")
_Comparable = TypeVar("_Comparable", str, tuple[int, ...])


class Order(StrEnum):
    """What the other item is to the first."""

    NEWER = "newer"
    OLDER = "older"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """What of an item tells which state of a document it is."""

    title: str
    kind: str
    published_at: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """What the other item is to the first, and by what that is known, in German."""

    order: Order
    because: str


@dataclass(frozen=True, slots=True)
class _Stated:
    """A title read: the version and the day that it states, and the words that are left."""

    version: tuple[int, ...]
    day: tuple[int, ...]  # year, month, day as far as said
    words: frozenset[str]


def place(
    mine: Edition, theirs: Edition, *, relation: str, differs: Collection[str]
) -> Placed | None:
    """Return whether another item of the same content is a newer or an older state.

    Args:
        mine: The first item.
        theirs: The other one.
        relation: What the other text is to the first (`same.Overlap.relation`).
        differs: What differs between both (`same.differences`).

    Returns:
        None when neither is newer, or when that is not known. Swapping both swaps the order.
    """
    one, other = _stated(mine.title), _stated(theirs.title)
    if not _of_one_document(one, other, relation):
        return None
    if one.version and other.version and one.version != other.version:
        because = f"Version {_dotted(other.version)} statt {_dotted(one.version)}"
        return Placed(order=_order(one.version, other.version), because=because)
    known = min(len(one.day), len(other.day))
    if one.day[:known] != other.day[:known]:
        because = f"Stand {_german(other.day)} statt {_german(one.day)}"
        return Placed(order=_order(one.day, other.day), because=because)
    if known or one.version or other.version:
        return None  # the titles speak of states, and of no different ones
    return _by_day(mine, theirs, differs)


def _by_day(mine: Edition, theirs: Edition, differs: Collection[str]) -> Placed | None:
    """Order by the days of publication."""
    if not {mine.kind, theirs.kind} <= WITH_STATES or not set(differs) - ABOUT:
        return None
    one, other = (
        edition.published_at[:10] if edition.published_at else "" for edition in (mine, theirs)
    )
    if not one or not other or one == other:
        return None
    then, now = (_german(tuple(map(int, day.split("-")))) for day in (one, other))
    because = f"veröffentlicht am {now} statt am {then}, mit anderem Text"
    return Placed(order=_order(one, other), because=because)


def _order(one: _Comparable, other: _Comparable) -> Order:
    return Order.NEWER if other > one else Order.OLDER


def _of_one_document(one: _Stated, other: _Stated, relation: str) -> bool:
    """Whether two titles may be those of one document: reports of two years are not."""
    fewer = min(len(one.words), len(other.words))
    if fewer and len(one.words & other.words) >= ALIKE * fewer:
        return _numbers(one) == _numbers(other)
    return relation == "copy" and _numbers(one) == _numbers(other)


def _numbers(stated: _Stated) -> frozenset[str]:
    return frozenset(word for word in stated.words if word.isdigit())


@lru_cache(maxsize=10_000)
def _stated(title: str) -> _Stated:
    told = _EXTENSION.sub(" ", title.replace("_", " "))
    found = _STAND.search(told)
    left = _STAND.sub(" ", told)
    version = _VERSION.search(left)
    return _Stated(
        version=_numbered(version) if version else (),
        day=_day(found) if found else (),
        words=frozenset(_WORD.findall(_VERSION.sub(" ", left).casefold())),
    )


def _numbered(found: re.Match[str]) -> tuple[int, ...]:
    """Return a version without the zeros at its end: 2 and 2.0 are the same."""
    numbers = [int(part) for part in next(filter(None, found.groups())).split(".")]
    while len(numbers) > 1 and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def _day(found: re.Match[str]) -> tuple[int, ...]:
    told = found.groupdict()
    year = told["y"] or told["y2"] or told["y3"] or told["y4"]
    name = told["name"]
    month = _MONTHS[name[:3].lower()] if name else told["m"] or told["m3"] or told["m4"]
    day = told["d"] or told["d2"] or told["d4"]
    return tuple(int(part) for part in (year, month, day) if part)


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _german(day: tuple[int, ...]) -> str:
    return ".".join(f"{part:02}" for part in reversed(day))
