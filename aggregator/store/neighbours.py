"""Finding and scoring the neighbours of an item: postings and vectors in memory, loaded by need.

Only the process that holds the lease `derive` uses this, so what it has in memory stays true. It
keeps arrays of a bounded size and answers in fractions of a millisecond; all sums are sums of
integers below 2**53, so they are exact in whatever order they are made. This is the only module
that imports numpy.
"""

from array import array
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from aggregator.links.related import (
    CANDIDATE_FROM,
    MOST_TERMS,
    UNIT,
    Neighbour,
    Vector,
    scaled,
)
from aggregator.store.derived import Generation
from aggregator.store.packing import unpack

MOST_POSTINGS = 20_000_000  # in memory, 6 bytes each
MOST_VECTORS = 200_000  # in memory, about 500 bytes each
PARTIAL_FROM = CANDIDATE_FROM * UNIT * UNIT


Postings: TypeAlias = tuple["array[int]", "array[int]"]  # items, weights


class Indexed(NamedTuple):
    """A vector with what orders and groups its item."""

    platform: str
    rank: str
    vector: Vector


class Neighbourhood:
    """The related side of one generation."""

    def __init__(self, generation: Generation) -> None:
        self._generation = generation
        self._vectors = _VectorCache(generation)
        self._postings: dict[int, Postings] = {}
        self._size = 0

    def add(self, item: int, indexed: Indexed) -> None:
        """Put an item in, after its rows were written or are about to be."""
        self._vectors.put(item, indexed)
        vector = indexed.vector
        for term, weight in _posted(vector):
            if term in self._postings:
                items, weights = self._postings[term]
                items.append(item)
                weights.append(weight)
                self._size += 1

    def remove(self, item: int, vector: Vector) -> None:
        """Take an item out."""
        self._vectors.drop(item)
        for term, _ in _posted(vector):
            if term in self._postings:
                items, weights = self._postings[term]
                place = items.index(item)
                del items[place], weights[place]
                self._size -= 1

    def of(self, item: int, indexed: Indexed) -> list[Neighbour]:
        """Return all candidates of an item with their scores, in no order."""
        candidates = self._candidates(item, indexed.vector)
        if not len(candidates):
            return []
        dots, ranks, platforms = self._vectors.dots(indexed.vector, candidates.tolist())
        return [
            Neighbour(-scaled(dot), rank, other, platform != indexed.platform)
            for dot, rank, platform, other in zip(
                dots, ranks, platforms, candidates.tolist(), strict=True
            )
        ]

    def _candidates(self, item: int, vector: Vector) -> npt.NDArray[np.int64]:
        """Return the items that share posted terms enough."""
        items, products = [], []
        for term, weight in _posted(vector):
            others, weights = self._list(term)
            if others:
                items.append(np.frombuffer(others, np.uint32))
                products.append(np.frombuffer(weights, np.uint16) * float(weight))
        if not items:
            return np.empty(0, np.int64)
        sums = np.bincount(np.concatenate(items), np.concatenate(products))
        if item < len(sums):
            sums[item] = 0
        return np.nonzero(sums >= PARTIAL_FROM)[0]

    def _list(self, term: int) -> Postings:
        """Return the posting list of a term."""
        found = self._postings.get(term)
        if found is None:
            if self._size > MOST_POSTINGS:
                self._postings.clear()
                self._size = 0
            found = (array("I"), array("H"))
            for item, weight in self._generation.run(
                "SELECT item, weight FROM posting_@ WHERE term = ?", (term,)
            ):
                found[0].append(item)
                found[1].append(weight)
            self._postings[term] = found
            self._size += len(found[0])
        return found


def _posted(vector: Vector) -> Iterable[tuple[int, int]]:
    return zip(vector.terms[: vector.posted], vector.weights[: vector.posted], strict=True)


class _VectorCache:
    """Vectors as rows of two matrices; terms are renumbered densely for this process."""

    def __init__(self, generation: Generation) -> None:
        self._generation = generation
        self._clear()
        self._dense: dict[int, int] = {}
        self._scratch = np.zeros(1 << 16, np.int64)

    def _clear(self) -> None:
        self._row: dict[int, int] = {}
        self._ranks: list[str] = []
        self._platforms: list[str] = []
        self._terms = np.zeros((1024, MOST_TERMS), np.uint32)
        self._weights = np.zeros((1024, MOST_TERMS), np.uint16)

    def put(self, item: int, indexed: Indexed) -> None:
        """Keep a vector."""
        vector = indexed.vector
        self._keep(item, indexed.platform, indexed.rank, vector.terms, vector.weights)

    def drop(self, item: int) -> None:
        """Forget a vector."""
        self._row.pop(item, None)  # its row stays unused until the cache is cleared

    def dots(self, vector: Vector, items: Sequence[int]) -> tuple[list[int], list[str], list[str]]:
        """Return the dot products of a vector with those of items, their ranks and platforms."""
        self._load(items)
        rows = [self._row[item] for item in items]
        mine = self._numbers(vector.terms)
        self._scratch[mine] = vector.weights
        dots = (self._scratch[self._terms[rows]] * self._weights[rows]).sum(axis=1)
        self._scratch[mine] = 0
        ranks, platforms = self._ranks, self._platforms
        return dots.tolist(), [ranks[row] for row in rows], [platforms[row] for row in rows]

    def _load(self, items: Sequence[int]) -> None:
        """Read the vectors that are not in memory."""
        if len(self._ranks) + len(items) > MOST_VECTORS:
            self._clear()
        missing = [item for item in items if item not in self._row]
        for start in range(0, len(missing), 500):
            asked = "[" + ",".join(map(str, missing[start : start + 500])) + "]"
            for item, platform, rank, terms, weights in self._generation.run(
                "SELECT item, platform, rank, terms, weights FROM vector_@"
                " WHERE item IN (SELECT value FROM json_each(?))",
                (asked,),
            ):
                self._keep(item, platform, rank, unpack("I", terms), unpack("H", weights))

    def _keep(
        self, item: int, platform: str, rank: str, terms: Sequence[int], weights: Sequence[int]
    ) -> None:
        """Append a row."""
        row = len(self._ranks)
        if row == len(self._terms):
            self._terms = np.concatenate([self._terms, np.zeros_like(self._terms)])
            self._weights = np.concatenate([self._weights, np.zeros_like(self._weights)])
        self._terms[row, : len(terms)] = self._numbers(terms)
        self._weights[row, : len(weights)] = weights
        self._row[item] = row
        self._ranks.append(rank)
        self._platforms.append(platform)

    def _numbers(self, terms: Sequence[int]) -> list[int]:
        """Return the dense numbers of terms, from 1: 0 fills up the rows."""
        dense = self._dense
        numbers = [dense.setdefault(term, len(dense) + 1) for term in terms]
        if len(dense) >= len(self._scratch):
            self._scratch = np.zeros(2 * len(self._scratch), np.int64)
        return numbers
