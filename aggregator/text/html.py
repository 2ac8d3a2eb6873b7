"""HTML to plain text and links: for feed bodies, wiki pages, posts and the content of pages.

A document is read as a sequence of blocks (paragraph, list item, table cell, heading), each with
its text and the places of its links in it. `plain` joins the blocks; `content_links` gives every
link with the sentence around it. Nothing here recurses: the tree is walked as events, and libxml2
bounds its depth.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from aggregator.model import Link
from aggregator.text.blanks import is_even
from aggregator.text.sentences import sentence_at
from aggregator.urls import resolve

_CELL, _LINE, _PARAGRAPH = 1, 2, 3  # how strongly a boundary separates; the stronger one wins
_GLUE = {0: "\n\n", _CELL: " | ", _LINE: "\n", _PARAGRAPH: "\n\n"}
_PARAGRAPHS = (
    "address", "article", "aside", "blockquote", "body", "center", "details", "dialog", "div",
    "dl", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
    "header", "hgroup", "hr", "html", "legend", "main", "nav", "ol", "p", "pre", "section",
    "summary", "table", "ul",
)  # fmt: skip
_BOUNDARIES = {
    **dict.fromkeys(_PARAGRAPHS, _PARAGRAPH),
    **dict.fromkeys(("caption", "dd", "dt", "li", "tbody", "tfoot", "thead", "tr"), _LINE),
    **dict.fromkeys(("td", "th"), _CELL),
}
_LISTS = frozenset({"ul", "ol", "dl", "table"})
_NEVER_TEXT = frozenset({
    "script", "style", "template", "noscript", "head", "title", "iframe", "object", "embed", "svg",
    "math", "canvas", "audio", "video", "textarea", "select", "button", "input", "map",
})  # fmt: skip
# Text for screen readers only: it would stand in titles as "Öffnet Einzelansicht".
_HIDDEN_CLASS = re.compile(
    r"(?:^|\s|[-_])(?:aural|visually-?hidden|sr-only|screen-?reader(?:-text|-only)?"
    r"|element-invisible|hideme|unsichtbar)(?:\s|$)",
    re.IGNORECASE,
)
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")
_CAPTION_HINT = re.compile(
    r" ?\((?:Vergrößerung|Bild vergrößern)?[ :,-]{0,3}öffnet (?:sich )?(?:im|in einem) neuen "
    r"(?:Fenster|Tab)\)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_PICTURE = re.compile(r"\.(?:jpe?g|png|gif|svg|webp|avif)$", re.IGNORECASE)
_LINK_LIST_WORDS = 3  # fewer words than these beside the links: a mere list of links
_WINDOW = 1000  # characters on either side in which the sentence of a link is sought
_STRICT: dict[str, Any] = {
    "encoding": "utf-8", "remove_comments": True, "remove_pis": True, "collect_ids": False,
    "no_network": True, "huge_tree": False,
}  # fmt: skip
# One parser for all fragments: to make it costs as much as to read one. Threads take turns at it.
_BARE = etree.HTMLParser(**_STRICT)
MAX_LINKS = 5000  # of one piece of content; more is a trap or a register


@dataclass(frozen=True, slots=True)
class Anchor:
    """A link in a block: its address as written and its place in the text of the block."""

    href: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of text that the layout sets apart.

    `glue` is what separates it from the block before it.
    """

    text: str
    glue: str
    anchors: tuple[Anchor, ...]


def tree(html: str) -> HtmlElement | None:
    """Return the root of a document or fragment, None when there is nothing in it.

    The parser never reads from outside and keeps libxml2's own limits (`huge_tree` off).
    """
    try:
        return document_fromstring(_encoded(html), parser=HTMLParser(**_STRICT))
    except (etree.LxmlError, ValueError, AssertionError):
        return None


def _bare_tree(html: str) -> "etree._Element | None":
    """Return the same tree with elements that have no HTML methods: they cost half."""
    try:
        # None when there is nothing in it, which the types of lxml do not know.
        return etree.fromstring(_encoded(html), parser=_BARE)
    except (etree.LxmlError, ValueError, AssertionError):
        return None


def _encoded(html: str) -> bytes:
    return html.replace("\0", "").encode("utf-8", "replace")


def read(html: str, base: str) -> tuple[str, tuple[Link, ...]]:
    """Return what `plain` and `content_links` do, for the price of one reading."""
    root = _bare_tree(html)
    if root is None:
        return "", ()
    found = blocks(root)
    return join(found), links(found, base_of(root, base))


def plain(html: str) -> str:
    """Return the visible text: paragraphs separated by one blank line, list items as lines."""
    root = _bare_tree(html)
    return "" if root is None else join(blocks(root))


def content_links(html: str, base: str) -> tuple[Link, ...]:
    """Return the links of a piece of content with the sentence around each.

    Args:
        html: The content alone; navigation is not told apart here.
        base: The absolute address that relative ones belong to.
    """
    return read(html, base)[1]


def base_of(root: HtmlElement, address: str) -> str:
    """Return the address that relative links belong to (`<base href>`, WHATWG HTML 2.4.3)."""
    for base in root.iter("base"):
        if href := base.get("href"):
            return resolve(address, href) or address
    return address


def join(pieces: Iterable[Block]) -> str:
    """Return the text of blocks."""
    parts: list[str] = []
    for block in pieces:
        if block.text:
            parts.append(block.glue if parts else "")
            parts.append(block.text)
    return unicodedata.normalize("NFC", "".join(parts))


def links(pieces: Iterable[Block], base: str) -> tuple[Link, ...]:
    """Return the links of blocks; a picture's link gives way to one with words for the same.

    A picture that leads to its own enlargement is no link to anything.
    """
    found = list(islice(_links(pieces, base), MAX_LINKS))
    named = {url for url, anchor, _, _ in found if anchor}
    kept = (
        link
        for link in found
        if link[1] or not (link[0] in named or _PICTURE.search(urlsplit(link[0]).path))
    )
    return tuple(
        Link(url=url, anchor=anchor, sentence=sentence, position=number, prose=prose)
        for number, (url, anchor, sentence, prose) in enumerate(kept)
    )


def _links(pieces: Iterable[Block], base: str) -> Iterator[tuple[str, str, str, bool]]:
    """Yield address, anchor, sentence, and whether it stands in prose."""
    for block in pieces:
        prose = bool(block.anchors) and _has_words_outside(block)
        for anchor in block.anchors:
            url = None if anchor.href.startswith("#") else resolve(base, anchor.href)
            if url:
                words = block.text[anchor.start : anchor.end].strip()
                yield url, words, _sentence(block.text, anchor), prose


def _sentence(text: str, anchor: Anchor) -> str:
    first = max(0, anchor.start - _WINDOW)
    window = text[first : anchor.end + _WINDOW]
    return sentence_at(window, anchor.start - first, anchor.end - first).strip()


def _has_words_outside(block: Block) -> bool:
    """Whether a block says something beside its links."""
    text, at, wanted = block.text, 0, _LINK_LIST_WORDS
    before = text[: block.anchors[0].start].split(None, wanted)[:wanted]
    if len(before) == wanted and all(len(word) > 1 and word.isalpha() for word in before):
        return True  # nearly always, in a third of the time
    for start, end in (*((a.start, a.end) for a in block.anchors), (len(text), 0)):
        for _ in islice(_WORD.finditer(text[at:start]), wanted):
            wanted -= 1
        if not wanted:
            return True
        at = max(at, end)
    return False


def is_hidden(element: HtmlElement, drop: frozenset[str] = frozenset()) -> bool:
    """Whether an element's text is not for reading: scripts, texts for screen readers, `drop`."""
    if element.tag in _NEVER_TEXT:
        return True
    names = element.keys()
    if not names:
        return False
    if "hidden" in names:
        return True
    if "class" in names:
        classes = element.get("class")
        if _HIDDEN_CLASS.search(classes) or not drop.isdisjoint(classes.split()):
            return True
    return "style" in names and bool(_HIDDEN_STYLE.search(element.get("style")))


def blocks(root: HtmlElement, drop: frozenset[str] = frozenset()) -> list[Block]:
    """Return the blocks below an element in reading order.

    Args:
        root: Where to begin.
        drop: Class names whose elements are left out with all that they contain.
    """
    reader = _Reader()
    walker = etree.iterwalk(root, events=("start", "end"))
    skipped: HtmlElement | None = None
    for event, element in walker:
        tag = element.tag
        if not isinstance(tag, str):
            continue
        if event == "start":
            if is_hidden(element, drop):
                skipped = element
                walker.skip_subtree()
            else:
                reader.open(tag, element)
            continue
        if element is skipped:
            skipped = None
        else:
            reader.close(tag)
        if element is not root and (tail := element.tail):
            reader.write(tail)
    reader.flush()
    return reader.blocks


def _visible(text: str) -> str:
    """Return text without soft hyphens and other characters that take no room."""
    if "\u00ad" in text or "\u200b" in text or "\u2060" in text or "\ufeff" in text:
        return _INVISIBLE.sub("", text)
    return text


def _single_spaced(text: str) -> str:
    """Return text with every run of blanks as one, also at its ends."""
    words = text.split()
    if not words:
        return " " if text else ""
    first = " " if text[0].isspace() else ""
    last = " " if text[-1].isspace() else ""
    return f"{first}{' '.join(words)}{last}"


@dataclass(slots=True)
class _Reader:
    """Collects text between block boundaries."""

    blocks: list[Block] = field(default_factory=list)
    _pieces: list[str] = field(default_factory=list)
    _length: int = 0
    _ends_in_space: bool = True
    _anchors: list[Anchor] = field(default_factory=list)
    _href: str | None = None  # of the link that is open
    _href_from: int = 0
    _href_words: bool = False  # whether the open link has words in this block
    _pending: int = 0
    _lists: int = 0
    _pre: int = 0

    def open(self, tag: str, element: HtmlElement) -> None:
        if strength := _BOUNDARIES.get(tag):
            self._boundary(strength)
            if tag in _LISTS:
                self._lists += 1
            elif tag == "pre":
                self._pre += 1
        elif tag == "br":
            self._break()
        elif tag == "a" and (href := element.get("href")):
            self._end_anchor()
            self._href, self._href_from = href.strip(), self._length
        if text := element.text:
            self.write(text)

    def close(self, tag: str) -> None:
        if strength := _BOUNDARIES.get(tag):
            if tag in _LISTS:
                self._lists -= 1
            elif tag == "pre":
                self._pre -= 1
            self._boundary(strength)
        elif tag == "a":
            self._end_anchor()

    def write(self, text: str) -> None:
        if self._ends_in_space and not self._pre and text.isspace():
            return  # between two blocks
        if not text.isascii():
            text = unicodedata.normalize("NFC", text)
        if not is_even(text):
            text = _visible(text)
            if self._pre and "\n" in text:
                self._write_lines(text)
                return
            text = _single_spaced(text)
        if "(" in text and "ffnet " in text:
            text = _CAPTION_HINT.sub("", text)
        if self._ends_in_space:
            text = text.lstrip(" ")
        if text:
            self._pieces.append(text)
            self._length += len(text)
            self._ends_in_space = text[-1] in " \n"
            self._href_words |= self._href is not None and text != " "

    def flush(self) -> None:
        """End the block; an open link goes on in the next one only if it had no words yet."""
        if self._href_words:
            self._end_anchor()
        text = "".join(self._pieces).rstrip()
        if text or self._anchors:
            self.blocks.append(Block(text, _GLUE[self._pending], tuple(self._anchors)))
            self._pending = 0
        self._pieces, self._anchors = [], []
        self._length, self._href_from, self._ends_in_space = 0, 0, True

    def _boundary(self, strength: int) -> None:
        if self._pieces or self._anchors:
            self.flush()
        if self._lists and strength == _PARAGRAPH:
            strength = _LINE  # a list item stays one line, whatever it is built of
        self._pending = max(self._pending, strength)

    def _break(self) -> None:
        if self._pieces and self._pieces[-1] == "\n":
            self._boundary(_PARAGRAPH)
        elif self._length:
            self._pieces.append("\n")
            self._length += 1
            self._ends_in_space = True

    def _write_lines(self, text: str) -> None:
        for number, line in enumerate(text.expandtabs(4).split("\n")):
            if number:
                self._pieces.append("\n")
                self._length += 1
            self._pieces.append(line.rstrip())
            self._length += len(line.rstrip())
        self._ends_in_space = True

    def _end_anchor(self) -> None:
        if self._href is not None:
            self._anchors.append(Anchor(self._href, self._href_from, self._length))
        self._href, self._href_words = None, False
