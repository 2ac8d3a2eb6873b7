"""Which page of a document says what was looked for. Pure.

A document keeps the text of its pages (`parts` of an item, role `page`). A page counts by how many
of the different things asked for it says, then by how often; the first of equal pages wins.
"""

import json
from dataclasses import dataclass
from urllib.parse import urldefrag

from aggregator.text.analysis import Analyser

LOOKED_AT = 6  # pages that are read word by word
LETTERS = 5  # of a stem, by which the others are sorted out
MOST_PAGES = 400  # that are looked at; of a longer document the first
_PLAIN = (("ä", "a"), ("ö", "o"), ("ü", "u"), ("ß", "ss"))  # as stems have them


@dataclass(frozen=True, slots=True)
class Passage:
    """The page that fits best: its number as a viewer counts, its text."""

    page: int
    text: str

    def address(self, url: str) -> str:
        """Return the address that opens the document at this page (RFC 8118 section 3)."""
        return f"{urldefrag(url).url}#page={self.page}"


def best_page(parts: str, stems: frozenset[str], analyser: Analyser) -> Passage | None:
    """Return the page that says most of what was looked for.

    Args:
        parts: The column `parts` of an item.
        stems: What is looked for.
        analyser: Of the live epoch.

    Returns:
        None where nothing is looked for, no page says it, or the pages have no numbers.
    """
    pages = [part for part in json.loads(parts or "[]") if part["role"] == "page"]
    if not stems or not pages or not all(page["label"].isdecimal() for page in pages):
        return None
    begins = {stem[:LETTERS] for stem in stems}
    likely = sorted(pages[:MOST_PAGES], key=lambda page: -_likely(page["text"], begins))[:LOOKED_AT]
    best, most = None, (0, 0)
    for page in sorted(likely, key=lambda page: int(page["label"])):
        said = _said(page["text"], stems, analyser)
        if said > most:
            best, most = page, said
    return Passage(int(best["label"]), best["text"]) if best else None


def _likely(text: str, begins: set[str]) -> int:
    """Return how many beginnings of words a text has; quick, and fooled by changed stems."""
    plain = text.lower()
    for letter, stemmed in _PLAIN:  # a tenth of what `fold` costs
        plain = plain.replace(letter, stemmed)
    return sum(begin in plain for begin in begins)


def _said(text: str, stems: frozenset[str], analyser: Analyser) -> tuple[int, int]:
    """Return how many of the different things asked for a text says, and how often."""
    marks = analyser.matches(text, stems)
    words = "\n\n".join({text[start:end] for start, end in marks})
    return sum(bool(analyser.matches(words, frozenset([stem]))) for stem in stems), len(marks)
