"""The edges of a main text: the lead that trafilatura drops, the tail that it leaves on.

Content systems set a lead in a box of its own (`header`, intro, the teaser of TYPO3's news), where
it looks like navigation; pages name it for machines all the same, as their description. What
follows an article (further articles, sharing, the newsletter) looks like text.
"""

import re
from collections.abc import Iterator, Sequence

from lxml.html import HtmlElement

from aggregator.text import html

_LEAD_BLOCKS, _LEAD_PARAGRAPHS = 20, 2
_SENTENCE_CHARS = 60  # what is shorter may be a heading, a label or a menu
_LABEL_CHARS = 30
_DESCRIPTION_CHARS = 40
_SAME_CHARS = 60  # from here on one of them may be cut off, or put otherwise
_DESCRIPTIONS = frozenset(
    {"description", "og:description", "twitter:description", "dc.description"}
)
_MERE_LINK = 0.9  # share of a paragraph
_MOST_TAIL = 1 / 3  # of a text; what is longer is the text
_SENTENCE_END = re.compile(r"[.!?…][\"'“”»)]?(?:\s?\[?mehr\]?)?$")
_CAPTION = re.compile(r"^\W*(?:Foto|Bild|Quelle|Photo|Image|Grafik|©)\b|\bFotos?:|©", re.IGNORECASE)
_CUT_OFF = ".… "
_THINGS = r"(?:Artikel|Beiträge|Meldungen|Nachrichten|News|Themen|Inhalte|Links|Informationen)"
# The headings that systems and themes put over what follows an article, as a whole line.
_TAIL = re.compile(
    rf"\W*(?:(?:Weitere|Ähnliche|Verwandte|Empfohlene|Passende|Aktuelle) {_THINGS}(?: \w+){{0,5}}"
    r"|(?:Auch|Das könnte Sie auch|Das könnte dich auch) interessant|Das könnte (?:Sie|dich) auch"
    r" interessieren|(?:Lesen Sie|Lies) auch(?: \w+){0,4}|Mehr zum Thema|Mehr (?:Artikel|Beiträge)"
    r"(?: \w+){0,4}|Teilen(?: mit)?|Teilen Sie dies mit|(?:Beitrag|Artikel|Seite) teilen"
    r"|Gefällt mir|Wird geladen|(?:Schreibe einen )?Kommentar(?: schreiben| verfassen)?"
    r"|Kommentare|Keine Kommentare|(?:Zum )?Newsletter(?: abonnieren| anmelden)?"
    r"|Related (?:articles|posts|stories)|You (?:may|might) also like|Share this)\W*",
    re.IGNORECASE,
)


def lead(
    root: HtmlElement, blocks: Sequence[html.Block], kept: Sequence[html.Block], text: str
) -> tuple[html.Block, ...]:
    """Return the blocks that belong before a text and are missing from it.

    Args:
        root: The page.
        blocks: All its blocks.
        kept: Those of the text.
        text: What was kept.

    Returns:
        Whole sentences right below the heading, and what the page itself calls its description;
        no captions and no lists of links.
    """
    lines = [flat(block.text) for block in blocks]
    place = {id(block): number for number, block in enumerate(blocks)}
    headings = {flat(html.join(html.blocks(h))) for h in root.iter("h1")} - {""}
    numbers = [n for block in kept if lines[n := place[id(block)]] not in headings]
    if not numbers:
        return ()
    first = next((n for n in numbers if len(lines[n]) >= _LABEL_CHARS), numbers[0])
    body = next((n for n in numbers if _is_sentence(lines[n])), first)
    known = flat(text)
    free = [
        n for n in range(body)
        if len(lines[n]) >= _DESCRIPTION_CHARS and lines[n] not in known
        and not _CAPTION.search(lines[n]) and 2 * _linked(blocks[n]) < len(lines[n])
    ]  # fmt: skip
    found = {n for n in free if any(_same(lines[n], told) for told in _descriptions(root))}
    begin = max((n for n in range(first) if lines[n] in headings), default=None)
    if begin is not None and first - begin <= _LEAD_BLOCKS:
        below = [n for n in free if begin < n < first and _is_sentence(lines[n])]
        found |= set(below[:_LEAD_PARAGRAPHS])
    return tuple(blocks[n] for n in sorted(found))


def without_tail(kept: str, blocks: Sequence[html.Block]) -> str:
    """Return a text without what follows an article: what stands under a stock heading, and links.

    A paragraph at the end that is nothing but a link is a download or a further subject.
    """
    paragraphs = kept.split("\n\n")
    left = len(kept)
    for number, paragraph in enumerate(paragraphs):
        if number and left <= len(kept) * _MOST_TAIL and _TAIL.fullmatch(flat(paragraph)):
            paragraphs = paragraphs[:number]
            break
        left -= len(paragraph) + 2
    linked = {flat(b.text) for b in blocks if b.anchors and _linked(b) >= _MERE_LINK * len(b.text)}
    while len(paragraphs) > 1 and flat(paragraphs[-1]) in linked:
        paragraphs.pop()
    shorter = "\n\n".join(paragraphs)
    return shorter if 2 * len(shorter) >= len(kept) else kept  # else the links are the content


def flat(text: str) -> str:
    """Return a text on one line, with single blanks."""
    return " ".join(text.split())


def _is_sentence(line: str) -> bool:
    return len(line) >= _SENTENCE_CHARS and _SENTENCE_END.search(line) is not None


def _descriptions(root: HtmlElement) -> Iterator[str]:
    """Yield what the page calls its description (meta elements), without the marks of a cut."""
    for element in root.iter("meta"):
        name = element.get("property") or element.get("name") or ""
        told = flat(element.get("content") or "").rstrip(_CUT_OFF)
        if name.strip().lower() in _DESCRIPTIONS and len(told) >= _DESCRIPTION_CHARS:
            yield told


def _same(line: str, description: str) -> bool:
    """Whether a block is what a description says, of which either may be the beginning."""
    return line.startswith(description[:_SAME_CHARS]) or description.startswith(
        line.rstrip(_CUT_OFF)
    )


def _linked(block: html.Block) -> int:
    """Count the characters of a block that are links."""
    return sum(anchor.end - anchor.start for anchor in block.anchors)
