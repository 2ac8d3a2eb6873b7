"""Matches by relevance: a first choice by bm25 and by title, then `text.scoring` puts it in order.

Both steps are bounded. bm25 reads the whole list of a word to know its frequency, so words that
stand in very many items are left out of the choice: they tell little. Where nothing else was asked
for, the newest matches compete, those with the words in the title first.
"""

import json
from collections.abc import Sequence
from operator import itemgetter

from aggregator.store.derived import ROW_BITS, Generation
from aggregator.store.expression import Single, Translation
from aggregator.store.matching import NO_END, Found, Match
from aggregator.store.packing import unpack
from aggregator.text import scoring
from aggregator.text.scoring import Candidate, Columns, Wanted

WEIGHED = 1_000  # newest matches that bm25 weighs
CHOSEN = 60  # of them that are put in order
BY_TITLE = 30  # newest ones with the words in the title, where more match
COMMON = 3_000  # items from which on a word is not weighed beside others
READ = 6_000  # letters of a column that are looked through

_BM25 = """
    SELECT rowid, bm25(search_@, 3.0, 1.0, 1.0, 1.0, 2.0) FROM search_@
    WHERE search_@ MATCH ? AND rowid BETWEEN ? AND ?"""
_HOW_MANY = """
    SELECT count(*) FROM (SELECT 1 FROM search_@ WHERE search_@ MATCH ? LIMIT ?)"""
_IN_TITLE = """
    SELECT rowid FROM search_@ WHERE search_@ MATCH ? AND rowid BETWEEN ? AND ?
    ORDER BY rowid DESC LIMIT ?"""
# No more than `most` are looked at for an item: a law is cited by thousands.
_LINKED = """
    SELECT value, (SELECT count(*) FROM
            (SELECT 1 FROM link_@ WHERE target = value AND item <> value LIMIT :most))
        + (SELECT count(*) FROM
            (SELECT 1 FROM identifier_@ i JOIN reference_@ r USING (kind, key)
            WHERE i.item = value AND r.item <> value LIMIT :most))
    FROM json_each(:items)"""


def by_relevance(
    generation: Generation, found: Found, kept: Sequence[Match], translation: Translation
) -> tuple[list[Match], dict[int, float]]:
    """Return matches best first, those with all words before those with some, and their scores.

    Args:
        generation: The live one.
        found: How they were found.
        kept: Those of them that pass the filters, newest first.
        translation: What the query asks for.

    Returns:
        All of `kept`, and the score of each item that was put in order; what was not follows.
    """
    if not found.expression or not kept:
        return list(kept), {}
    partial = found.partial()
    full = [match for match in kept if match.item not in partial]
    rest = [match for match in kept if match.item in partial]
    scores: dict[int, float] = {}
    wanted = translation.wanted
    chosen = _chosen(generation, found, full, translation)
    ordered = _ordered(generation, chosen, wanted, scores)
    return [*ordered, *_ordered(generation, rest, wanted, scores)], scores


def _chosen(
    generation: Generation, found: Found, full: list[Match], translation: Translation
) -> list[Match]:
    """Return the matches with the likeliest first."""
    if len(full) <= CHOSEN or found.common:  # else all of the many would be read
        return full
    rows: list[int] = []
    weighed = _weighable(generation, translation.single)
    if weighed:
        newest = full[:WEIGHED]
        cursor = generation.run(_BM25, (" OR ".join(weighed), newest[-1].row, newest[0].row))
        cursor.row_factory = None  # a thousand plain tuples
        scores = dict.fromkeys([row for row, _, _ in newest], 0.0)
        scores.update((row, score) for row, score in cursor.fetchall() if row in scores)
        rows = sorted(scores, key=scores.__getitem__)
    if found.capped or len(full) > WEIGHED:
        titled = _in_title(generation, translation.exact, full)
        rows = [*rows[: CHOSEN - len(titled)], *titled]
    by_row = dict(zip(map(itemgetter(0), full), full, strict=True))
    likeliest = [by_row.pop(row) for row in dict.fromkeys(rows)]
    return [*likeliest, *by_row.values()]


def _weighable(generation: Generation, single: Sequence[Single]) -> list[str]:
    """Return the expressions of the terms whose words are not too common to be weighed."""
    words = {word for one in single for word in one.words}
    common = {word for word in words if _is_common(generation, word)}
    return [one.expression for one in single if common.isdisjoint(one.words)]


def _is_common(generation: Generation, word: str) -> bool:
    """Whether a word stands in many items; looks at no more of them than it takes to know."""
    asked = '"' + word.replace('"', " ") + '"'
    return bool(generation.run(_HOW_MANY, (asked, COMMON)).fetchone()[0] >= COMMON)


def _in_title(generation: Generation, exact: str, full: Sequence[Match]) -> list[int]:
    """Return the rows of the newest matches with the words in the title, in full."""
    expression = f"{{title heads}} : {exact}"
    rows = {row for (row,) in generation.run(
        _IN_TITLE, (expression, full[-1].row, NO_END, BY_TITLE)
    )}  # fmt: skip
    return [row for row, _, _ in full if row in rows]


def _ordered(
    generation: Generation,
    likeliest: list[Match],
    wanted: Sequence[Wanted],
    scores: dict[int, float],
) -> list[Match]:
    """Put the likeliest matches in order; the others keep theirs."""
    first = sorted(likeliest[:CHOSEN], key=lambda match: -match.row)
    by_item = {match.item: match for match in first}
    best = scoring.ordered(_candidates(generation, first), wanted)
    scores.update({item: score for score, item in best})
    return [*(by_item[item] for _, item in best), *likeliest[CHOSEN:]]


def _candidates(generation: Generation, matches: Sequence[Match]) -> list[Candidate]:
    """Read what matches are put in order by."""
    pks = json.dumps([match.item for match in matches])
    columns = {
        item: Columns(*told)
        for item, *told in generation.run(
            f"SELECT item, title, heads, substr(body, 1, {READ}), substr(parts, 1, {READ})"  # noqa: S608 (a number of ours)
            " FROM indexed_@ WHERE item IN (SELECT value FROM json_each(?))",
            (pks,),
        )
    }
    vectors = {
        item: (unpack("I", terms), unpack("H", weights))
        for item, terms, weights in generation.run(
            "SELECT item, terms, weights FROM vector_@"
            " WHERE item IN (SELECT value FROM json_each(?))",
            (pks,),
        )
    }
    links = dict(generation.run(_LINKED, {"items": pks, "most": scoring.MOST_LINKS}).fetchall())
    return [
        Candidate(match.item, columns[match.item], match.row >> ROW_BITS, vectors.get(match.item),
                  links[match.item])
        for match in matches
    ]  # fmt: skip
