"""Question and answer pairs of a page, each with an anchor of its own."""

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

from lxml.html import HtmlElement

from aggregator.text import html

MIN_PAIRS = 3
_HEADINGS = ("h2", "h3", "h4", "h5", "h6")
_QUESTIONS = (*_HEADINGS, "dt", "summary")
_CLIMB = 3  # wrappers between a question and the element that holds its answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A question with its answer; `fragment` is the anchor on the page."""

    fragment: str
    question: str
    blocks: tuple[html.Block, ...]


def pairs(root: HtmlElement) -> tuple[Pair, ...]:
    """Return the pairs of a page in document order, () unless there are at least three.

    A question is a heading, `dt` or `summary` that ends in a question mark and has an anchor:
    its own id, one in it, or that of the element around this question alone.
    """
    found: dict[str, Pair] = {}
    for element in root.iter(*_QUESTIONS):
        question = " ".join(html.join(html.blocks(_alone(element))).split())
        fragment = _fragment(element) if question.endswith("?") else None
        if fragment and fragment not in found:
            blocks = tuple(b for part in _answer(element) for b in html.blocks(_alone(part)))
            if any(block.text for block in blocks):
                found[fragment] = Pair(fragment=fragment, question=question, blocks=blocks)
    return tuple(found.values()) if len(found) >= MIN_PAIRS else ()


def _alone(element: HtmlElement) -> HtmlElement:
    copy = deepcopy(element)
    copy.tail = None
    return copy


def _fragment(element: HtmlElement) -> str | None:
    own: str | None = element.get("id")
    if own:
        return own
    for inner in element.iterdescendants():
        name: str | None = inner.get("id") or (inner.get("name") if inner.tag == "a" else None)
        if name:
            return name
    above = element
    for _ in range(_CLIMB):
        parent = above.getparent()
        if parent is None or sum(1 for _ in parent.iter(*_QUESTIONS)) > 1:
            return None
        above = parent
        outer: str | None = above.get("id")
        if outer:
            return outer
    return None


def _answer(element: HtmlElement) -> Iterator[HtmlElement]:
    """Yield the elements of the answer: what follows the question, up to the next one."""
    if element.tag == "summary" and element.getparent() is not None:
        details = _alone(element.getparent())
        next(details.iter("summary")).drop_tree()
        yield details
        return
    above = element
    for _ in range(_CLIMB):
        following = list(_until_next(above, element))
        if any(part.text_content().strip() for part in following):
            yield from following
            return
        parent = above.getparent()
        if parent is None or sum(1 for _ in parent.iter(*_QUESTIONS)) > 1:
            return
        above = parent


def _until_next(above: HtmlElement, question: HtmlElement) -> Iterator[HtmlElement]:
    for sibling in above.itersiblings():
        if not isinstance(sibling.tag, str):
            continue
        if next(sibling.iter(*_QUESTIONS), None) is not None and _ends(sibling, question):
            return
        yield sibling


def _ends(sibling: HtmlElement, question: HtmlElement) -> bool:
    """Whether a sibling begins another question or a higher heading."""
    inner = next(sibling.iter(*_QUESTIONS))
    if question.tag not in _HEADINGS or inner.tag not in _HEADINGS:
        return True
    return bool(inner.tag <= question.tag) or re.search(r"\?\s*$", inner.text_content()) is not None
