"""How well an item answers a query: the features by which the best matches are put in order. Pure.

Full-text search finds the candidates; these figures order them. They read the normalised columns,
so a document is looked at as search sees it. What the weights are and where they come from is
written in `docs/search-quality.md`.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

# Weights of a field in the frequency of a word: as written, as a part of a compound.
_TITLE, _HEADS, _BODY, _PARTS = 3.0, 1.5, 1.0, 0.7
_SATURATION = 1.2  # frequency at which a word says half of what it can say
_SHORTER = 0.5  # how much longer fields than usual count less
_OF_PARTS = 0.6  # what all parts of a compound say, measured by the compound
_FAR = 6  # words that a title stands away from the text
_EARLY_TITLE, _EARLY_BODY = 80, 300  # letters up to which a place counts as early
_BEST = 10  # candidates whose words the others are compared with
MOST_LINKS = 50  # to an item, from which on more say nothing

Vector = tuple[Sequence[int], Sequence[int]]  # terms, weights


class Columns(NamedTuple):
    """What is indexed of an item: words with blanks between them."""

    title: str
    heads: str  # parts of compounds in the title
    body: str
    parts: str  # ... in the body


class Candidate(NamedTuple):
    """A match to be put in its place."""

    item: int
    columns: Columns
    day: int  # proleptic ordinal of its date
    vector: Vector | None  # what it is compared by; None before it is linked
    links: int = 0  # how often others link to it or cite it


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing that a query asks for, in the words of the columns.

    `names`: ways to say it in full, of one or several words. `joined`: the one word under which
    the parts columns have it. `parts`: parts of compounds that say the same together.
    """

    names: tuple[str, ...]
    joined: str
    parts: tuple[str, ...] = ()


class Weights(NamedTuple):
    """What each feature adds; the first is the measure of all others."""

    frequency: float = 1.0  # how often the words occur, by field, best candidate 1
    near: float = 0.53  # words of the query stand side by side
    early_title: float = 0.13  # ... at the beginning of the title
    early_body: float = 0.06  # ... of the text
    title_end: float = 0.12  # the last word of the title is one of them
    in_body: float = 0.14  # share of the words that the text has, also in compounds
    parts_in_title: float = 0.17  # ... that the title has, compounds by their parts
    like_best: float = 0.5  # has the words that the best candidates have
    repeated: float = -0.14  # logarithm of the number of words that title and text share
    long_body: float = 0.09  # logarithm of its number of words
    linked: float = 0.04  # logarithm of how often others link to it or cite it, at most 1
    recent: float = 0.14  # newest candidate 1, oldest 0


WEIGHTS = Weights()


def ordered(
    candidates: Sequence[Candidate], wanted: Sequence[Wanted], weights: Weights = WEIGHTS
) -> list[tuple[float, int]]:
    """Return the scores of candidates with their items, best first.

    Equal scores keep the order of the candidates.
    """
    rows = features(candidates, wanted)
    scored = [
        (round(sum(map(float.__mul__, weights, row)), 6), one.item)
        for row, one in zip(rows, candidates, strict=True)
    ]
    return sorted(scored, key=lambda pair: -pair[0])


def features(candidates: Sequence[Candidate], wanted: Sequence[Wanted]) -> list[list[float]]:
    """Return the features of candidates, as `Weights` names them."""
    if not candidates or not wanted:
        return [[0.0] * len(Weights._fields) for _ in candidates]
    views = [_View(one.columns) for one in candidates]
    title = _mean([view.title_words for view in views]) or 1.0
    body = _mean([view.body_words for view in views]) or 1.0
    where = _places(wanted)
    last_words = {name.rpartition(" ")[2] for one in wanted for name in (*one.names, one.joined)}
    rows = []
    for view, one in zip(views, candidates, strict=True):
        found = [view.of(term) for term in wanted]
        frequency = sum(
            _frequency(view, term, told, title, body)
            for term, told in zip(wanted, found, strict=True)
        )
        rows.append([
            frequency,
            view.nearness(where, len(wanted)) if len(wanted) > 1 else 0.0,
            _mean([told.early_title for told in found]),
            _mean([told.early_body for told in found]),
            float(view.title_end in last_words),
            _mean([told.body + told.parts > 0 for told in found]),
            _mean([view.has_parts(term, told) for term, told in zip(wanted, found, strict=True)]),
            0.0,
            math.log(1 + len(view.title_set.intersection(view.body_list))),
            math.log(1 + view.body_words),
            _popular(one.links),
            0.0,
        ])  # fmt: skip
    _scale(rows)
    _compare(rows, candidates)
    _date(rows, candidates)
    return rows


class _Found(NamedTuple):
    """How often a text says one thing, by field, and how early."""

    title: int
    heads: int
    body: int
    parts: int
    early_title: float
    early_body: float


class _View:
    """The columns of a candidate, ready to be looked through."""

    def __init__(self, columns: Columns) -> None:
        self.title = f" {columns.title} "
        self.heads = f" {columns.heads} "
        self.body = f" {columns.body} "
        self.parts = f" {columns.parts} "
        self.title_list = columns.title.split()
        self.title_set = set(self.title_list)
        self.body_list = columns.body.split()
        self.title_words = len(self.title_list)
        self.body_words = len(self.body_list)
        self.title_end = self.title_list[-1] if self.title_list else ""

    def of(self, wanted: Wanted) -> _Found:
        """Return how often the text says it."""
        title = body = 0
        early_title = early_body = 0.0
        for name in wanted.names:
            told = f" {name} "
            if told in self.title:
                title += self.title.count(told)
                early_title = max(early_title, 1 - self.title.index(told) / _EARLY_TITLE)
            if told in self.body:
                body += self.body.count(told)
                early_body = max(early_body, 1 - self.body.index(told) / _EARLY_BODY)
        joined = f" {wanted.joined} "
        return _Found(title, self.heads.count(joined), body, self.parts.count(joined),
                      early_title, early_body)  # fmt: skip

    def part(self, word: str) -> tuple[int, int, int, int]:
        """Return how often the fields have a part of a compound."""
        told = f" {word} "
        return (self.title.count(told), self.heads.count(told), self.body.count(told),
                self.parts.count(told))  # fmt: skip

    def has_parts(self, wanted: Wanted, found: _Found) -> bool:
        """Whether the title has all parts of a compound; of other words, whether it has them."""
        if not wanted.parts:
            return found.title > 0
        return all(f" {part} " in self.heads or f" {part} " in self.title for part in wanted.parts)

    def nearness(self, where: Mapping[str, tuple[int, ...]], size: int) -> float:
        """Return how close together all things are said: 1 side by side, 0 when one is missing."""
        last: dict[int, int] = {}
        best = 0
        words = [*self.title_list, *[""] * _FAR, *self.body_list]
        for place, word in enumerate(words):
            if word in where:
                last.update(dict.fromkeys(where[word], place))
                if len(last) == size:
                    span = place - min(last.values())
                    best = min(best or len(words), max(span, size - 1))
        return 1 / (best - size + 2) if best else 0.0


def _places(wanted: Sequence[Wanted]) -> dict[str, tuple[int, ...]]:
    """Return which things each word says, or helps to say."""
    where: dict[str, tuple[int, ...]] = {}
    for number, one in enumerate(wanted):
        words = {word for name in one.names for word in name.split()} | {one.joined, *one.parts}
        for word in words:
            where[word] = (*where.get(word, ()), number)
    return where


def _frequency(view: _View, wanted: Wanted, found: _Found, title: float, body: float) -> float:
    """Return bm25 over weighted fields, each measured by its own usual length (bm25f).

    All things that a query asks for count alike: how rare each is was found not to matter among
    candidates that have nearly all of them, and so no figures of the corpus are needed.
    """
    short_title = 1 - _SHORTER + _SHORTER * view.title_words / title
    short_body = 1 - _SHORTER + _SHORTER * view.body_words / body

    def said(counts: Sequence[float]) -> float:
        often = (_TITLE * counts[0] + _HEADS * counts[1]) / short_title
        often += (_BODY * counts[2] + _PARTS * counts[3]) / short_body
        return often / (often + _SATURATION)

    score = said(found)
    if wanted.parts:
        score += _OF_PARTS * _mean([said(view.part(part)) for part in wanted.parts])
    return score


def _popular(links: int) -> float:
    """Return how popular links make an item, damped: the tenth says less than the first."""
    return math.log1p(min(links, MOST_LINKS)) / math.log1p(MOST_LINKS)


def _scale(rows: list[list[float]]) -> None:
    """Let the best frequency be 1."""
    best = max(row[0] for row in rows) or 1.0
    for row in rows:
        row[0] /= best


def _compare(rows: list[list[float]], candidates: Sequence[Candidate]) -> None:
    """Fill in how much each candidate has of the words of the best ones (pseudo relevance)."""
    place = Weights._fields.index("like_best")
    best = sorted(range(len(rows)), key=lambda n: -rows[n][0])[:_BEST]
    usual: dict[int, float] = {}
    for number in best:
        vector = candidates[number].vector
        if vector:
            length = math.hypot(*vector[1]) or 1.0
            for term, weight in zip(*vector, strict=True):
                usual[term] = usual.get(term, 0.0) + rows[number][0] * weight / length
    size = math.hypot(*usual.values()) or 1.0
    alike = [_cosine(one.vector, usual) / size if one.vector else None for one in candidates]
    told = [value for value in alike if value is not None]
    middle = _mean(told) if told else 0.0  # who is not linked yet is neither like nor unlike them
    for row, value in zip(rows, alike, strict=True):
        row[place] = middle if value is None else value


def _cosine(vector: Vector, usual: Mapping[int, float]) -> float:
    """Return the product of a vector, taken as of length 1, with another."""
    length = math.hypot(*vector[1]) or 1.0
    return sum(usual.get(term, 0.0) * weight for term, weight in zip(*vector, strict=True)) / length


def _date(rows: list[list[float]], candidates: Sequence[Candidate]) -> None:
    """Fill in how recent each candidate is, among the others."""
    days = [one.day for one in candidates]
    oldest, span = min(days), max(1, max(days) - min(days))
    for row, day in zip(rows, days, strict=True):
        row[-1] = (day - oldest) / span


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
