"""A space of Confluence as a static export: an index of pages, and the pages.

The export writes the page id into the file name (`5.2-Thema_4621586.html`, `40370332.html`); with
it a page is the same item as in the live wiki (`confluence:4621586`), whatever its address. The
index names every page, so it is a complete enumeration.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from aggregator import dates
from aggregator.errors import ParseError
from aggregator.model import (
    Code,
    Entry,
    Evidence,
    Follow,
    Page,
    Parsed,
    Role,
    Source,
    When,
)
from aggregator.parse.page import parse_page
from aggregator.text import html
from aggregator.text.charset import decode
from aggregator.urls import host_of, resolve

_NUMBERED = re.compile(r"(?:^|_)(\d{4,12})\.html$")
_PAGE = re.compile(r"/[^/]+\.html$")
_INDEX = "index.html"
# The tree of pages is a list; so are the way to a page and what stands in its content.
_TREE = (
    "//li//a[@href][not(ancestor::*[@id='breadcrumbs'])]"
    "[not(ancestor::*[contains(concat(' ', @class, ' '), ' wiki-content ')])]"
)
# "zuletzt geändert von R. Muster am 26.10.2021", "last modified on Oct 26, 2021"
_CHANGED = re.compile(
    r"(?:zuletzt geändert|last modified|geändert)\b.{0,80}?\b(?:am|on)\s+"
    r"(\d{1,2}\.\s?[\w.]{1,10}\s?\d{4}|[^\W\d_]{3,9}\.?\s+\d{1,2},?\s+\d{4})",
    re.IGNORECASE | re.DOTALL,
)
_CREATED = re.compile(
    r"(?:erstellt|angelegt|created)\b.{0,80}?\b(?:am|on)\s+"
    r"(\d{1,2}\.\s?[\w.]{1,10}\s?\d{4}|[^\W\d_]{3,9}\.?\s+\d{1,2},?\s+\d{4})",
    re.IGNORECASE | re.DOTALL,
)
_FILES = re.compile(r"\.(?:pdf|docx|odt|xlsx)$", re.IGNORECASE)


def parse_confluence_static(source: Source, page: Page) -> Parsed:
    """Read the index of an export, or one of its pages.

    Returns:
        From the index a thin entry for each page, in the order of the tree; from a page its entry
        with the files attached to it in `follow`.

    Raises:
        ParseError: SELECTOR_EMPTY, the page lists no pages; the index may be elsewhere.
    """
    if page.role is Role.DETAIL:
        return _read_page(source, page)
    root = html.tree(decode(page.body, page.charset, page.media_type))
    entries = () if root is None else tuple(_listed(root, page))
    if entries:
        return Parsed(entries=entries, complete=True, title=_space(root))
    index = resolve(page.final_url, _INDEX)
    if page.role is Role.ROOT and index and index != page.final_url:
        return Parsed(follow=(Follow(url=index, role=Role.INDEX),), complete=True)
    raise ParseError(
        "Die Seite listet keine Seiten eines exportierten Bereichs", code=Code.SELECTOR_EMPTY,
        where=page.final_url, remedy="Als Adresse die index.html des Exports angeben",
    )  # fmt: skip


def _listed(root: HtmlElement, page: Page) -> Iterator[Entry]:
    """Yield the pages that the tree of the index names: files beside it."""
    base = html.base_of(root, page.final_url)
    folder = page.final_url.partition("?")[0].rpartition("/")[0]
    seen = {page.final_url}
    for anchor in root.xpath(_TREE):
        url = (resolve(base, anchor.get("href") or "") or "").partition("#")[0]
        title = " ".join(html.join(html.blocks(anchor)).split())
        beside = url.rpartition("/")[0] == folder and _PAGE.search(urlsplit(url).path)
        if not beside or not title or url in seen or url.endswith(f"/{_INDEX}"):
            continue
        seen.add(url)
        number = _number(url)
        yield Entry(entry_id=number, url=url, title=title, aliases=_live(url, number), thin=True,
                    found_by={"title": "index"})  # fmt: skip


def _space(root: HtmlElement | None) -> str | None:
    for element in () if root is None else root.iter("h1", "title"):
        if text := " ".join(element.text_content().split()):
            return text
    return None


def _number(url: str) -> str | None:
    found = _NUMBERED.search(urlsplit(url).path.rpartition("/")[2])
    return found[1] if found else None


def _live(url: str, number: str | None) -> tuple[str, ...]:
    """Return the address of a page by its id: what the live wiki answers, and what names it."""
    folder = url.partition("?")[0].rpartition("/")[0]
    return (f"{folder}/pages/viewpage.action?pageId={number}",) if number else ()


def _read_page(source: Source, page: Page) -> Parsed:
    """Read a page with what the export's template says of it."""
    parsed = parse_page(source, page)
    root = html.tree(decode(page.body, page.charset, page.media_type))
    if root is None or len(parsed.entries) != 1:
        return parsed
    entry = parsed.entries[0]
    number = entry.entry_id or _number(page.final_url)
    created, changed = _dates(root, source, page)
    whole = replace(
        entry,
        entry_id=number,
        title=_without_space(entry.title or "", root) or entry.title,
        aliases=tuple(dict.fromkeys((*entry.aliases, *_live(page.final_url, number)))),
        published=created or entry.published,
        updated_at=changed or entry.updated_at,
        parent=_above(root, page),
        found_by={**entry.found_by, **({"published": "page-metadata"} if created else {})},
    )
    return replace(parsed, entries=(whole,), title=whole.title, follow=tuple(_files(root, page)))


def _without_space(title: str, root: HtmlElement) -> str:
    """Cut the name of the space off: the template writes "Leitfaden : 5.2 Zusammenarbeit"."""
    for crumb in root.xpath("//*[@id='breadcrumbs']//a"):
        space = " ".join(crumb.text_content().split())
        return title.removeprefix(f"{space} : ")
    return title


def _above(root: HtmlElement, page: Page) -> str | None:
    """Return the id of the page above, as the breadcrumbs name it; the index is none."""
    crumbs = [a.get("href") or "" for a in root.xpath("//*[@id='breadcrumbs']//a")]
    above = resolve(html.base_of(root, page.final_url), crumbs[-1]) if crumbs else None
    return _number(above) if above else None


def _dates(root: HtmlElement, source: Source, page: Page) -> tuple[When | None, str | None]:
    """Return when a page was created and last changed, as its line of metadata says."""
    told = " ".join(e.text_content() for e in root.xpath("//*[contains(@class, 'page-metadata')]"))
    told = " ".join(told.split())
    changed = _CHANGED.search(told)
    created = _CREATED.search(told[: changed.start()] if changed else told)
    read = [
        dates.parse(found[1], zone=source.timezone, now=page.now) if found else None
        for found in (created, changed)
    ]
    return (When(at=read[0], evidence=Evidence.TEXT) if read[0] else None), read[1]


def _files(root: HtmlElement, page: Page) -> Iterator[Follow]:
    """Yield the readable files that a page has attached."""
    seen = set()
    for anchor in root.xpath("//a[contains(@href, 'attachments/')]"):
        url = resolve(html.base_of(root, page.final_url), anchor.get("href") or "")
        if url and host_of(url) == host_of(page.final_url) and url not in seen:
            seen.add(url)
            if _FILES.search(urlsplit(url).path):
                yield Follow(url=url, role=Role.DOCUMENT)
