"""Finding items that share passages with an item: sketches in SQL, the verdict from the texts."""

import json
import sqlite3
from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping, Sequence

from aggregator.links import same
from aggregator.links.same import Content, Overlap
from aggregator.store.derived import Generation
from aggregator.store.packing import unpack
from aggregator.text.words import surfaces

MOST_CONTENTS = 4000  # kept in memory
LONGEST_CACHED = 20_000  # shingles of one that is kept

Pair = tuple[int, tuple[Overlap, Overlap]]


class Copies:
    """The same-content side of one generation; used by the process that derives."""

    def __init__(self, generation: Generation, frequent: frozenset[int]) -> None:
        self._generation = generation
        self._frequent = frequent
        self._contents: OrderedDict[int, Content] = OrderedDict()

    def forget(self, items: Iterable[int]) -> None:
        """Forget the texts of items that changed."""
        for item in items:
            self._contents.pop(item, None)

    def of(self, item: int, *, after: bool, ruled: Mapping[int, bool]) -> list[Pair]:
        """Return the items that share content with an item, seen from both sides.

        Args:
            item: Its sketch has been written.
            after: Only items with a higher number: each pair is then found once.
            ruled: What people decided, by item: related as the same, or not.
        """
        pairs = [
            (other, found)
            for other in self._candidates(item, after=after)
            if ruled.get(other) is not False
            and (found := same.compare(self._content(item), self._content(other)))
        ]
        known = {other for other, _ in pairs}
        for other, value in sorted(ruled.items()):
            if value and other not in known and not (after and other < item):
                pairs.append((other, self._by_decision(item, other)))
        return pairs

    def _by_decision(self, item: int, other: int) -> tuple[Overlap, Overlap]:
        """Describe a pair that people, not the texts, call the same."""
        one, two = self._content(item), self._content(other)
        common = len(set(one.sketch) & set(two.sketch))
        share = 1000 * common // max(1, min(len(one.sketch), len(two.sketch)))
        mine = Overlap(similarity=share, relation="overlap", differs=same.differences(one, two))
        theirs = Overlap(similarity=share, relation="overlap", differs=same.differences(two, one))
        return mine, theirs

    def _candidates(self, item: int, *, after: bool) -> list[int]:
        """Return the items that share enough sampled shingles."""
        sketch = self._sketch(item)
        telling = [value for value in sketch if value not in self._frequent]
        if not telling:
            return []
        rows = self._generation.run(
            "SELECT found.item, found.common, length(v.sketch) / 8 AS size,"
            " CASE WHEN found.common >= ? THEN v.sketch END AS sketch FROM ("
            " SELECT item, count(*) AS common FROM sketch_@"
            " WHERE hash IN (SELECT value FROM json_each(?)) AND item > ? AND item <> ?"
            " GROUP BY item) found JOIN vector_@ v ON v.item = found.item",
            (same.FEW_COMMON, json.dumps(telling), item if after else 0, item),
        ).fetchall()
        return [
            row["item"] for row in rows
            if same.likely(len(sketch), row["size"], row["common"])
            or self._likely_by_telling(len(telling), row)
            or (max(len(sketch), row["size"]) == same.MOST_SAMPLED and self._likely(item, row))
        ]  # fmt: skip

    def _sketch(self, item: int) -> Sequence[int]:
        """Return the sketch of an item; its words are read when there is something to compare."""
        if item in self._contents:
            return self._contents[item].sketch
        row = self._generation.run("SELECT sketch FROM vector_@ WHERE item = ?", (item,)).fetchone()
        return unpack("q", row["sketch"]) if row else ()

    def _likely_by_telling(self, telling: int, row: sqlite3.Row) -> bool:
        """Judge a pair by its telling hashes alone: texts full of phrases have few of them."""
        if row["sketch"] is None:
            return False
        theirs = sum(value not in self._frequent for value in unpack("q", row["sketch"]))
        return same.likely(telling, theirs, row["common"])

    def _likely(self, item: int, row: sqlite3.Row) -> bool:
        """Judge a pair with a very long text: only what both have sampled can be compared."""
        sizes = same.comparable(self._content(item).sketch, self._content(row["item"]).sketch)
        return same.likely(*sizes, row["common"])

    def _content(self, item: int) -> Content:
        """Return what an item is compared by."""
        found = self._contents.get(item)
        if found is not None:
            self._contents.move_to_end(item)
            return found
        found = self._read(item)
        self._contents[item] = found
        if len(self._contents) > MOST_CONTENTS or len(found.hashes or ()) > LONGEST_CACHED:
            self._contents.popitem(last=len(self._contents) <= MOST_CONTENTS)
        return found

    def _read(self, item: int) -> Content:
        row = self._generation.run(
            "SELECT i.title, i.text, i.published_at, i.digest, i.policy, v.sketch"
            " FROM item i LEFT JOIN vector_@ v ON v.item = i.pk WHERE i.pk = ?",
            (item,),
        ).fetchone()
        return content(row)


def content(row: sqlite3.Row) -> Content:
    """Return what an item is compared by, from its row joined with its sketch."""
    sketch = tuple(unpack("q", row["sketch"] or b""))
    if row["digest"]:
        digest = json.loads(row["digest"])
        length, hashes = digest["length"], None
        words = same.word_counts(Counter(surfaces(row["title"])) + Counter(digest["terms"]))
    else:
        told = f"{row['title']}\n{row['text']}"
        length, hashes = len(told.split()), same.shingle_hashes(told)
        words = same.word_counts(Counter(surfaces(told)))
    return Content(
        title=row["title"], text=row["text"], published_at=row["published_at"],
        sketch=sketch, hashes=hashes, length=length, words=words,
    )  # fmt: skip
