"""The main text of a page and the links that stand in it.

A known dialect names the element that holds the content; everything else goes to trafilatura,
whose kept text is found again in the blocks of the page, so that only links of kept blocks count.
"""

import logging
import re
import unicodedata
from copy import deepcopy
from dataclasses import dataclass

from lxml.html import HtmlElement

from aggregator.parse import edges
from aggregator.parse.dialects import Dialect, select
from aggregator.text import html

# trafilatura's logger complains about every odd page; the outcome is what counts here.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)

_FRAME = ("nav", "footer", "aside", "form", "header")
_NAVIGATION_ROLES = frozenset({"navigation", "banner", "contentinfo", "search", "complementary"})
_CONTAINERS = ("main", "article", "#content", "#main", "#main-content", "div.content")
_MIN_CHARS = 200  # below this trafilatura has missed the content more often than found it
_STRONG_CHARS = 30  # a block this long stands in the text by no accident
_MAX_ELEMENTS = 60_000  # trafilatura needs seconds beyond this
_LIST_MARK = re.compile(r"^[-–•*] ", re.MULTILINE)
# A table comes as "| cell | cell |" with a rule of dashes below its head.
_BARS = re.compile(r"^\s*\|[\s|:-]*|[\s|:-]*\|\s*$")
_CELLS = re.compile(r"\s*\|\s*")
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The main text, the blocks that it was read from, and the rule that found it."""

    text: str
    blocks: tuple[html.Block, ...]
    rule: str


def main_content(root: HtmlElement, dialect: Dialect | None) -> Content:
    """Return the content of a page; the tree is left as it was."""
    if dialect:
        elements = _outermost([e for s in dialect.content for e in select(root, s)])
        found = _of_elements(elements, frozenset(dialect.drop), f"dialect {dialect.name}")
        if found.text:
            return found
    if sum(1 for _ in root.iter()) > _MAX_ELEMENTS:
        return _of_container(root)
    kept = _trafilatura(root)
    if len(kept) < _MIN_CHARS:
        container = _of_container(root)
        if len(container.text) > len(kept):
            return container
    blocks = html.blocks(next(root.iter("body"), root))
    kept = edges.without_tail(kept, blocks)
    of_text = _kept_blocks(blocks, kept)
    lead = edges.lead(root, blocks, of_text, kept)
    text = "\n\n".join([*(edges.flat(block.text) for block in lead), kept])
    return Content(text=text, blocks=(*lead, *of_text), rule="trafilatura")


def _outermost(elements: list[HtmlElement]) -> list[HtmlElement]:
    """Drop elements within other elements of the list; keep document order."""
    chosen = set(elements)
    outer = [e for e in chosen if not any(a in chosen for a in e.iterancestors())]
    order = {e: n for n, e in enumerate(outer[0].getroottree().iter())} if len(outer) > 1 else {}
    return sorted(outer, key=lambda e: order.get(e, 0))


def _of_elements(elements: list[HtmlElement], drop: frozenset[str], rule: str) -> Content:
    found: list[html.Block] = []
    for element in elements:
        copy = deepcopy(element)
        copy.tail = None
        _prune(copy)
        found += html.blocks(copy, drop)
    return Content(text=html.join(found), blocks=tuple(found), rule=rule)


def _prune(element: HtmlElement) -> None:
    """Take navigation out of an element."""
    doomed = [
        e for e in element.iterdescendants()
        if e.tag == "nav" or e.get("role") in _NAVIGATION_ROLES
    ]  # fmt: skip
    for one in doomed:
        if one.getparent() is not None:
            one.drop_tree()


def _of_container(root: HtmlElement) -> Content:
    """Take the element that the page marks as its content, else its body without the frame."""
    for selector in _CONTAINERS:
        if elements := _outermost(select(root, selector)):
            found = _of_elements(elements, frozenset(), f"element {selector}")
            if found.text:
                return found
    body = deepcopy(next(root.iter("body"), root))
    for one in list(body.iterdescendants(*_FRAME)):
        if one.getparent() is not None:
            one.drop_tree()
    return _of_elements([body], frozenset(), "body")


def _trafilatura(root: HtmlElement) -> str:
    import trafilatura

    found = trafilatura.extract(deepcopy(root), include_comments=False) or ""
    return _paragraphs(_INVISIBLE.sub("", unicodedata.normalize("NFC", found)))


def _paragraphs(text: str) -> str:
    """Set paragraphs apart by a blank line, list items by a line."""
    lines = [line for told in text.split("\n") if (line := _BARS.sub("", told).strip())]
    parts: list[str] = []
    for number, line in enumerate(lines):
        both = number and _LIST_MARK.match(line) and _LIST_MARK.match(lines[number - 1])
        parts.append(("\n" if both else "\n\n") if number else "")
        parts.append(line)
    return _LIST_MARK.sub("", "".join(parts))


def _kept_blocks(blocks: list[html.Block], kept: str) -> tuple[html.Block, ...]:
    """Return the blocks whose text was kept.

    Long ones are looked up anywhere in the kept text; short ones must be a whole line of it (or a
    cell of a table) and stand between two long ones, since a menu repeats the words of headings.
    """
    flat = " ".join(kept.split())
    lines = {" ".join(line.split()) for line in kept.split("\n")}
    lines |= {cell for line in lines if "|" in line for cell in _CELLS.split(line)}
    texts = [" ".join(block.text.split()) for block in blocks]
    strong = [n for n, text in enumerate(texts) if len(text) >= _STRONG_CHARS and text in flat]
    if not strong:
        return tuple(b for b, text in zip(blocks, texts, strict=True) if text in lines)
    between = range(strong[0], strong[-1] + 1)
    sure = set(strong)
    return tuple(
        block for n, block in enumerate(blocks)
        if n in sure or (n in between and texts[n] in lines)
    )  # fmt: skip
