"""Suggestions from the own vocabulary: what a mistyped word may have meant, how a word goes on."""

import json
import sqlite3
from collections.abc import Sequence

from aggregator.store.derived import Generation
from aggregator.text.words import fold

LETTERS = "abcdefghijklmnopqrstuvwxyzäöüß"
# Ways to write one sound that are more than an edit apart.
ALIKE = (("f", "ph"), ("x", "chs"), ("x", "ks"), ("qu", "kw"))
SHORTEST = 4  # letters of a word worth correcting
LONGEST = 40
MOST_COMPLETIONS = 40


class Spelling:
    """The words that the live generation knows."""

    def __init__(self, generation: Generation, epoch: int) -> None:
        self._generation = generation
        self._epoch = epoch

    def correct(self, words: Sequence[str]) -> dict[str, str]:
        """Return, for each word that no item contains, the most frequent word one edit away."""
        found = {}
        for word in words:
            if SHORTEST <= len(word) <= LONGEST and word.isalpha() and not self._counts([word]):
                known = self._counts(edits(word.lower()))
                if known:
                    best = min(known, key=lambda surface: (-known[surface], surface))
                    found[word] = best
        return found

    def complete(self, beginning: str) -> list[str]:
        """Return the most frequent words that begin so."""
        folded = fold(beginning)
        if len(folded) < 2:
            return []
        rows = self._generation.db.execute(
            "SELECT surface FROM epoch_word WHERE epoch = ? AND word >= ? AND word < ?"
            " ORDER BY count DESC, word LIMIT ?",
            (self._epoch, folded, folded + "\U0010ffff", MOST_COMPLETIONS),
        ).fetchall()
        rows += self._generation.run(
            "SELECT DISTINCT surface FROM fresh_@ WHERE word >= ? AND word < ? LIMIT ?",
            (folded, folded + "\U0010ffff", MOST_COMPLETIONS),
        ).fetchall()
        return [row["surface"] for row in rows]

    def known(self, words: Sequence[str]) -> list[str]:
        """Return those of some folded words that items contain, by their usual spelling."""
        return list(self._counts(words))

    def _counts(self, words: Sequence[str]) -> dict[str, int]:
        """Return the words that are known, by their usual spelling, with their frequency."""
        folded = json.dumps(sorted({fold(word) for word in words}))
        rows: list[sqlite3.Row] = self._generation.db.execute(
            "SELECT surface, count FROM epoch_word"
            " WHERE epoch = ? AND word IN (SELECT value FROM json_each(?))",
            (self._epoch, folded),
        ).fetchall()
        rows += self._generation.run(
            "SELECT surface, count(*) AS count FROM fresh_@"
            " WHERE word IN (SELECT value FROM json_each(?)) GROUP BY word",
            (folded,),
        ).fetchall()
        return {row["surface"]: row["count"] for row in rows}


def edits(word: str) -> list[str]:
    """Return all words one edit away: a letter less, more, other, two swapped, a sound respelt."""
    pairs = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    found = {a + b[1:] for a, b in pairs if b}
    found |= {a + b[1] + b[0] + b[2:] for a, b in pairs if len(b) > 1}
    found |= {a + x + b[cut:] for a, b in pairs for x in LETTERS for cut in (0, 1) if len(b) >= cut}
    for pair in ALIKE:
        for one, other in (pair, pair[::-1]):
            found |= {f"{a}{other}{b[len(one) :]}" for a, b in pairs if b.startswith(one)}
    return sorted(found - {word})
