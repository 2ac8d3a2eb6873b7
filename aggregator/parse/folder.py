"""A folder of documents: the listing that a web server makes, or a page of downloads.

What is published in a folder often appears nowhere else. A listing leads to the files in it and to
the folders below it, never above it or to another host; a page of downloads leads to the files of
its own site. A file without words of its own in the list is named by what stands in it.
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from lxml.html import HtmlElement

from aggregator import dates
from aggregator.errors import ParseError
from aggregator.model import Code, Entry, Follow, ItemKind, Page, Parsed, Problem, Role, Source
from aggregator.text import html
from aggregator.text.charset import decode
from aggregator.urls import host_of, resolve

MAX_FILES = 20_000
MAX_DEPTH = 8  # folders below the first
_FILE = re.compile(r"\.(?:pdf|docx|odt|xlsx|ods|odp)$", re.IGNORECASE)
_PUBLICATION = re.compile(r"(?:^|&)__blob=publicationFile(?:&|$)")  # Government Site Builder
# Headings that Apache, nginx, IIS, lighttpd and Caddy write over the files of a folder.
_LISTING = re.compile(
    r"<title>\s*(?:Index of|Index von|Inhalt von|Verzeichnis(?:inhalt)?|Directory listing)\b"
    r"|\[To Parent Directory\]",
    re.IGNORECASE,
)
_CHANGED = re.compile(
    r"\b(\d{4}-\d\d-\d\d|\d{1,2}-[A-Z][a-z]{2}-\d{4}|\d{1,2}/\d{1,2}/\d{4})\s+"
    r"(\d{1,2}:\d\d(?::\d\d)?(?:\s?[AP]M)?)"
)
# What follows the words of a link: format, size, whether it can be read aloud.
_HINT = re.compile(
    r"\s*[\[(]?\s*\b(?:PDF|DOCX|ODT|XLSX|ODS|ODP)\b(?:[\s,;:|/-]*(?:Datei|Dokument|barrierefrei"
    r"|nicht barrierefrei|[\d.,]+\s*[KMG]?i?B(?:yte)?s?|\d+ Seiten))*\s*[\])]?\s*$",
    re.IGNORECASE,
)


def parse_folder(source: Source, page: Page) -> Parsed:
    """Read the listing of a folder, or a page of downloads.

    Returns:
        An entry for each file, the files as documents and the folders below in `follow`.

    Raises:
        ParseError: SELECTOR_EMPTY, the page leads to no file.
    """
    text = decode(page.body, page.charset, page.media_type)
    root = html.tree(text)
    is_listing = _LISTING.search(text[:5000]) is not None
    files = [] if root is None else list(_files(root, source, page, is_listing=is_listing))
    below = list(_below(root, source, page)) if root is not None and is_listing else []
    if not files and not below and not (is_listing and page.role is Role.INDEX):
        raise ParseError(
            "Die Seite führt zu keinem Dokument", code=Code.SELECTOR_EMPTY, where=page.final_url,
            remedy="Die Adresse des Ordners oder der Seite mit den Downloads angeben",
        )  # fmt: skip
    problems = []
    if len(files) > MAX_FILES:
        message = f"Nur die ersten {MAX_FILES} Dateien wurden gelesen"
        problems.append(Problem(code=Code.TRUNCATED, message=message, where=page.final_url))
    entries = tuple(files[:MAX_FILES])
    documents = (Follow(url=entry.url or "", role=Role.DOCUMENT, lastmod=entry.updated_at)
                 for entry in entries)  # fmt: skip
    return Parsed(
        entries=entries,
        follow=(*(Follow(url=url, role=Role.INDEX) for url in below), *documents),
        complete=not problems,
        problems=tuple(problems),
    )


def _files(root: HtmlElement, source: Source, page: Page, *, is_listing: bool) -> Iterator[Entry]:
    """Yield the files that a page leads to, each once."""
    base = html.base_of(root, page.final_url)
    folder = _folder(page.final_url)
    seen: set[str] = set()
    for anchor in root.iter("a"):
        url = (resolve(base, anchor.get("href") or "") or "").partition("#")[0]
        parts = urlsplit(url)
        wanted = _FILE.search(parts.path) or _PUBLICATION.search(parts.query)
        own = url.startswith(folder) if is_listing else host_of(url) == host_of(page.final_url)
        if not wanted or not own or url in seen:
            continue
        seen.add(url)
        title = _title(anchor, parts.path)
        yield Entry(
            url=url,
            title=title,
            updated_at=_changed(anchor, source, page) if is_listing else None,
            kind=None if source.item_kind is not ItemKind.NEWS else ItemKind.DOCUMENT,
            found_by={"title": "link"} if title else {},
        )


def _title(anchor: HtmlElement, path: str) -> str | None:
    """Return the words of a link, None where they are the file's name, cut off or whole."""
    words = _HINT.sub("", " ".join(html.join(html.blocks(anchor)).split()))
    name = unquote(path.rpartition("/")[2])
    shown = re.sub(r"\.{2,3}>?$|…$", "", words)
    is_name = name.lower().startswith(shown.lower()) or _FILE.search(words) is not None
    return None if is_name or len(words) < 3 or _HINT.fullmatch(words) else words


def _changed(anchor: HtmlElement, source: Source, page: Page) -> str | None:
    """Return when a file was changed: it stands behind its link, or in the cells of its row."""
    row = next((e for e in anchor.iterancestors("tr", "li")), None)
    told = anchor.tail or ""
    if row is not None:
        told = " ".join(row.itertext())
    found = _CHANGED.search(told)
    return (
        dates.parse(f"{found[1]} {found[2]}", zone=source.timezone, now=page.now) if found else None
    )


def _below(root: HtmlElement, source: Source, page: Page) -> Iterator[str]:
    """Yield the folders below: inside this one, and not too deep below the first."""
    base, folder = html.base_of(root, page.final_url), _folder(page.final_url)
    first = _folder(source.url or page.final_url)
    seen = {folder}
    for anchor in root.iter("a"):
        url = (resolve(base, anchor.get("href") or "") or "").partition("#")[0]
        inside = url.startswith(folder) and url.endswith("/") and "?" not in url
        if inside and url not in seen and url.count("/") - first.count("/") <= MAX_DEPTH:
            seen.add(url)
            yield url


def _folder(url: str) -> str:
    """Return the address of the folder that an address is in, with its slash."""
    path = url.partition("?")[0].partition("#")[0]
    return f"{path.rpartition('/')[0]}/"
