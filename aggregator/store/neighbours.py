"""Finding and scoring the neighbours of an item: postings and vectors in memory, loaded by need.

Only the process that holds the lease `derive` uses this, so what it has in memory stays true. It
keeps arrays of a bounded size and answers in fractions of a millisecond; all sums are sums of
integers below 2**53, so they are exact in whatever order they are made. This is the only module
that imports numpy.
"""

from array import array
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from aggregator.links import related
from aggregator.links.related import (
    FAR,
    MOST_TERMS,
    SCALE,
    UNIT,
    UNKNOWN_REFERENCE,
    Measure,
    Neighbour,
    Vector,
    measured,
)
from aggregator.store.derived import Generation
from aggregator.store.packing import pack, unpack

MOST_POSTINGS = 20_000_000  # in memory, 8 bytes each
WEIGHT_BITS = 16  # of a posting in memory, below the number of its item
MOST_VECTORS = 200_000  # in memory, about 500 bytes each
UNDATED = -1

Numbers: TypeAlias = npt.NDArray[np.int64]
Sums: TypeAlias = npt.NDArray[np.float64]  # of integers, exact
Postings: TypeAlias = "array[int]"  # item << WEIGHT_BITS | weight


class Indexed(NamedTuple):
    """A vector with what orders and groups its item."""

    platform: str
    rank: str
    vector: Vector

    @property
    def day(self) -> int:
        """The day of publication as an ordinal, `UNDATED` when none is said."""
        return day_of(self.rank)


def day_of(rank: str) -> int:
    """Return the day that a rank begins with (`derived_write.rank`), as an ordinal."""
    return UNDATED if rank[0] == "~" else _ordinal(rank[:10])


@lru_cache(maxsize=50_000)
def _ordinal(backwards: str) -> int:
    return date.fromisoformat(backwards.translate(_FORWARDS)).toordinal()


_FORWARDS = str.maketrans("9876543210", "0123456789")
_SHARED = np.array(related.SHARED, np.int64)
_NEAR = np.array(related.NEAR, np.int64)


class Neighbourhood:
    """The related side of one generation."""

    def __init__(self, generation: Generation, measure: Measure) -> None:
        self._generation = generation
        self._measure = measure
        self._partial_from = measure.candidates * UNIT * UNIT / SCALE
        self._vectors = _VectorCache(generation)
        self._postings: dict[int, Postings] = {}
        self._size = 0

    def add(self, item: int, indexed: Indexed) -> None:
        """Put an item in, after its rows were written or are about to be."""
        self._vectors.put(item, indexed)
        vector = indexed.vector
        for term, weight in vector.postings():
            if term in self._postings:
                self._postings[term].append(item << WEIGHT_BITS | weight)
                self._size += 1

    def remove(self, item: int, vector: Vector) -> None:
        """Take an item out."""
        self._vectors.drop(item)
        for term, weight in vector.postings():
            if term in self._postings:
                self._postings[term].remove(item << WEIGHT_BITS | weight)
                self._size -= 1

    def of(self, item: int, indexed: Indexed) -> "Scored":
        """Score all candidates of an item."""
        sums = self._shares(item, indexed.vector)
        candidates = np.nonzero(sums >= self._partial_from)[0]
        scores, rows = self._vectors.scores(indexed, candidates, self._measure.scores)
        return Scored(self._vectors, candidates, scores, rows, indexed.platform)

    def partial(self, item: int, indexed: Indexed) -> list[int]:
        """Return the partial cosines of the candidates of an item, per `SCALE`."""
        sums = self._shares(item, indexed.vector)
        found = sums[sums >= self._partial_from] * (SCALE / (UNIT * UNIT))
        return found.astype(np.int64).tolist()  # type: ignore[no-any-return] # numpy says Any

    def _shares(self, item: int, vector: Vector) -> Sums:
        """Return what each item, by its number, shares of posted terms."""
        lists = [(self._list(term), weight) for term, weight in vector.postings()]
        held = np.concatenate(
            [np.empty(0, np.int64), *(np.frombuffer(x, np.int64) for x, _ in lists if x)]
        )
        mine = np.repeat([float(weight) for _, weight in lists], [len(x) for x, _ in lists])
        if not len(held):
            return np.empty(0)
        found = np.bincount(held >> WEIGHT_BITS, (held & (1 << WEIGHT_BITS) - 1) * mine)
        sums = found.astype(np.float64, copy=False)
        if item < len(sums):
            sums[item] = 0
        return sums

    def _list(self, term: int) -> Postings:
        """Return the posting list of a term."""
        found = self._postings.get(term)
        if found is None:
            if self._size > MOST_POSTINGS:
                self._postings.clear()
                self._size = 0
            # One text of numbers, read at once: a third of the time that rows take.
            [told] = self._generation.run(
                f"SELECT group_concat(item << {WEIGHT_BITS} | weight) FROM posting_@"  # noqa: S608 (a number of ours)
                " WHERE term = ?",
                (term,),
            ).fetchone()
            found = array("q", np.fromstring(told, np.int64, sep=",").tobytes() if told else b"")
            self._postings[term] = found
            self._size += len(found)
        return found


class Scored:
    """The candidates of one item with their scores, as arrays until they are asked for."""

    def __init__(
        self, vectors: "_VectorCache", items: Numbers, scores: Numbers, rows: Numbers, home: str
    ) -> None:
        self._vectors = vectors
        self._items = items
        self._scores = scores
        self._rows = rows
        self._away = vectors.platforms[rows] != vectors.platform_number(home)

    def without(self, items: Collection[int]) -> "Scored":
        """Leave some items out."""
        if items:
            keep = ~np.isin(self._items, list(items))
            self._items, self._scores, self._rows, self._away = (
                values[keep] for values in (self._items, self._scores, self._rows, self._away)
            )
        return self

    def best(self) -> list[Neighbour]:
        """Return the best of the item's own platform and the best of the others, best first."""
        chosen: list[Neighbour] = []
        for side in (self._away, ~self._away):
            places = np.nonzero(side)[0]
            if len(places) > related.KEPT:
                scores = self._scores[places]
                least = np.partition(scores, -related.KEPT)[-related.KEPT]
                places = places[scores >= least]  # with all that equal the last
            chosen += sorted(map(self._neighbour, places.tolist()))[: related.KEPT]
        return sorted(chosen)

    def _neighbour(self, place: int) -> Neighbour:
        return Neighbour(
            -int(self._scores[place]),
            self._vectors.ranks[self._rows[place]],
            int(self._items[place]),
            bool(self._away[place]),
        )

    def __iter__(self) -> Iterator[tuple[int, int, bool]]:
        """Yield item, score and side of each candidate."""
        return zip(self._items.tolist(), self._scores.tolist(), self._away.tolist(), strict=True)


class _VectorCache:
    """Vectors as rows of two matrices; terms are numbered densely for this process."""

    def __init__(self, generation: Generation) -> None:
        self._generation = generation
        self._numbered: dict[str, int] = {}
        self._clear()
        self._dense: dict[int, int] = {}
        self._scratch = np.zeros(1 << 16, np.int64)

    def _clear(self) -> None:
        self._row: dict[int, int] = {}
        self.ranks: list[str] = []
        self.platforms = np.zeros(1024, np.uint16)
        self._days = np.zeros(1024, np.int32)
        self._terms = np.zeros((1024, MOST_TERMS), np.uint32)
        self._weights = np.zeros((1024, MOST_TERMS), np.uint16)

    def platform_number(self, platform: str) -> int:
        """Return the number by which a platform is known here."""
        return self._numbered.setdefault(platform, len(self._numbered))

    def put(self, item: int, indexed: Indexed) -> None:
        """Keep a vector."""
        vector = indexed.vector
        terms, weights = pack("I", vector.terms), pack("H", vector.weights)
        self._keep([(item, indexed.platform, indexed.rank, terms, weights)])

    def drop(self, item: int) -> None:
        """Forget a vector."""
        self._row.pop(item, None)  # its row stays unused until the cache is cleared

    def scores(self, one: Indexed, items: Numbers, measure: int) -> tuple[Numbers, Numbers]:
        """Return the scores of an item with others, and the rows of these."""
        asked = items.tolist()
        self._load(asked)
        rows = np.fromiter((self._row[item] for item in asked), np.int64, len(asked))
        mine = self._numbers(np.array(one.vector.terms, np.uint32))
        self._scratch[mine] = one.vector.weights
        found = self._scratch[self._terms[rows]]
        self._scratch[mine] = 0
        dots = np.einsum("ij,ij->i", found, self._weights[rows], dtype=np.int64)
        shared = _SHARED[np.count_nonzero(found, axis=1)]
        return np.minimum(measured(dots, shared, self._near(one.day, rows), measure), SCALE), rows

    def _near(self, day: int, rows: Numbers) -> Numbers:
        """Return what the days between a day and those of rows are worth."""
        days = self._days[rows]
        apart = np.minimum(np.abs(days - day), FAR)
        apart[(days == UNDATED) | (day == UNDATED)] = FAR
        return _NEAR[apart]

    def _load(self, items: Sequence[int]) -> None:
        """Read the vectors that are not in memory."""
        if len(self.ranks) + len(items) > MOST_VECTORS:
            self._clear()
        missing = [item for item in items if item not in self._row]
        for start in range(0, len(missing), 500):
            asked = "[" + ",".join(map(str, missing[start : start + 500])) + "]"
            rows = self._generation.run(
                "SELECT item, platform, rank, terms, weights FROM vector_@"
                " WHERE item IN (SELECT value FROM json_each(?))",
                (asked,),
            )
            rows.row_factory = None  # plain tuples: there are many
            self._keep(rows.fetchall())

    def _keep(self, vectors: Sequence[tuple[int, str, str, bytes, bytes]]) -> None:
        """Append rows, each from item, platform, rank, and terms and weights as they are stored."""
        first, more = len(self.ranks), len(vectors)
        while first + more > len(self._terms):
            self.platforms = np.concatenate([self.platforms, np.zeros_like(self.platforms)])
            self._days = np.concatenate([self._days, np.zeros_like(self._days)])
            self._terms = np.concatenate([self._terms, np.zeros_like(self._terms)])
            self._weights = np.concatenate([self._weights, np.zeros_like(self._weights)])
        sizes = np.fromiter((len(weights) // 2 for *_, weights in vectors), np.int64, more)
        rows = np.repeat(np.arange(first, first + more), sizes)
        columns = np.arange(len(rows)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        terms = np.frombuffer(b"".join(v[3] for v in vectors), "<u4")
        self._terms[rows, columns] = self._numbers(terms)
        self._weights[rows, columns] = np.frombuffer(b"".join(v[4] for v in vectors), "<u2")
        self._row.update(zip((v[0] for v in vectors), range(first, first + more), strict=True))
        self.ranks += [v[2] for v in vectors]
        self.platforms[first : first + more] = [self.platform_number(v[1]) for v in vectors]
        self._days[first : first + more] = [day_of(v[2]) for v in vectors]

    def _numbers(self, terms: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
        """Return dense numbers of terms, from 1: 0 fills up the rows.

        The terms of an epoch are numbered from 1 already and get the even numbers; references that
        it does not know have large ones and get the odd numbers as they come.
        """
        unknown = terms >= UNKNOWN_REFERENCE
        numbers = terms * np.uint32(2)
        if unknown.any():
            dense = self._dense
            numbers[unknown] = [
                2 * dense.setdefault(term, len(dense)) + 1 for term in terms[unknown].tolist()
            ]
        most = int(numbers.max(initial=0))
        if most >= len(self._scratch):
            self._scratch = np.zeros(2 * most, np.int64)
        return numbers


def indexed_of(generation: Generation, item: int) -> Indexed | None:
    """Read what is stored of an item's vector; None when it has none."""
    row = generation.run(
        "SELECT platform, rank, posted, terms, weights FROM vector_@ WHERE item = ?", (item,)
    ).fetchone()
    if row is None:
        return None
    vector = Vector(
        terms=tuple(unpack("I", row["terms"])), weights=tuple(unpack("H", row["weights"])),
        surfaces=(), posted=row["posted"],
    )  # fmt: skip
    return Indexed(row["platform"], row["rank"], vector)
