"""The markup of content systems, as data: where title, date, kind and content stand.

Selectors are `tag`, `tag.class`, `.class` or `#id`, the first that matches wins; `content` takes
all matches of every selector, in document order. The places are those that public scrapers of the
Government Site Builder family and Confluence's own templates use.
"""

import re
from dataclasses import dataclass

from lxml.html import HtmlElement

from aggregator.model import ItemKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """The places of one content system."""

    name: str
    marks: tuple[str, ...]  # one of these must be there
    content: tuple[str, ...]
    title: tuple[str, ...] = ("h1",)
    date: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    # Whether a page without a date in these places has none: guessing would invent one.
    dates_are_final: bool = False


DIALECTS = (
    Dialect(
        name="gsb-c",
        marks=("div.c-content-article", "h1.c-content-stage__headline"),
        title=("h1.c-content-stage__headline",),
        date=("span.c-content-stage__date", "time.c-content-stage__date", "p.dateOfRevision"),
        kind=("span.c-content-stage__type",),
        content=("p.c-content-stage__p", "div.c-content-article"),
        drop=("c-share", "c-toolbar", "c-breadcrumb", "c-topnav", "navIndex", "c-pagination"),
        dates_are_final=True,
    ),
    Dialect(
        name="gsb-card",
        marks=("h1.headline-title",),
        title=("h1.headline-title",),
        date=("span.date", "p.number"),
        content=("div.body-text", "div.article-text", "main"),
    ),
    Dialect(
        name="gsb-pp",
        marks=("pp-headline", "pp-richtext"),
        title=("pp-headline", "h1"),
        date=("time",),
        content=("article", "main"),
    ),
    Dialect(
        name="confluence",
        marks=("div.wiki-content",),
        title=("#title-text",),
        date=("time.date", "a.last-modified"),
        content=("#main-content", "div.wiki-content"),
        drop=("page-metadata", "toc-macro", "expand-control", "plugin_pagetree"),
        dates_are_final=True,
    ),
)

# The word that a page puts before its date or into its stage, and what it means for readers.
KINDS = (
    (re.compile(r"\bPressemitteilung", re.IGNORECASE), ItemKind.PRESS_RELEASE),
    (re.compile(r"\b(?:Interview|Gastbeitrag)", re.IGNORECASE), ItemKind.INTERVIEW),
    (re.compile(r"\b(?:Kurz)?meldung|\bNachricht", re.IGNORECASE), ItemKind.NEWS),
    (re.compile(r"\b(?:Termin|Veranstaltung)", re.IGNORECASE), ItemKind.EVENT),
    (re.compile(r"\bBeschluss\b", re.IGNORECASE), ItemKind.DECISION),
    (re.compile(r"\bFAQ\b|Fragen und Antworten", re.IGNORECASE), ItemKind.FAQ),
    (re.compile(r"\b(?:Publikation|Download|Dokument)\b", re.IGNORECASE), ItemKind.DOCUMENT),
)


def recognise(root: HtmlElement) -> Dialect | None:
    """Return the dialect that a page is written in."""
    return next((d for d in DIALECTS if any(select(root, m) for m in d.marks)), None)


def select(root: HtmlElement, selector: str) -> list[HtmlElement]:
    """Return the elements that a selector of this module names, in document order."""
    tag, dot, name = selector.partition(".")
    if selector.startswith("#"):
        found = root.xpath("//*[@id=$name]", name=selector[1:])
    elif dot:
        found = root.xpath(
            f"//{tag or '*'}[contains(concat(' ', normalize-space(@class), ' '), $name)]",
            name=f" {name} ",
        )
    else:
        found = root.xpath(f"//{tag}")
    return list(found)


def first_text(root: HtmlElement, selectors: tuple[str, ...]) -> tuple[str, str] | None:
    """Return the first non-empty text that one of the selectors finds, and that selector."""
    for selector in selectors:
        for element in select(root, selector):
            # A time element says it precisely.
            stated = element.get("datetime") or " ".join(element.text_content().split())
            if stated:
                return stated, selector
    return None


def kind_of(label: str) -> ItemKind | None:
    """Return what a page calls itself."""
    return next((kind for pattern, kind in KINDS if pattern.search(label)), None)
