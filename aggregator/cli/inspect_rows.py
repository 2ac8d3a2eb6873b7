"""What `inspect` says of one input: the row of the contract, made by the live parsers."""

import html
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from aggregator import parse
from aggregator.errors import AggregatorError, NotFoundError, ParseError
from aggregator.model import (
    Code,
    Entry,
    Evidence,
    Link,
    Page,
    Parsed,
    PlatformId,
    Policy,
    Problem,
    Role,
    Source,
    SourceId,
    SourceKind,
)
from aggregator.parse import sniff
from aggregator.urls import resolve

PAGE = "page"  # a web page by itself is no kind of source
KINDS = (PAGE, *(str(kind) for kind in SourceKind if kind is not SourceKind.MANUAL))
MAX_FILE_BYTES = 32 * 2**20
MAX_PAGE_BYTES = 20 * 2**20  # uncompressed
_OWN_LINK = re.compile(
    r"<(?:\w{1,20}:)?link\b[^<>]{0,500}?\brel\s*=\s*[\"']?(?:canonical|self)\b[^<>]{0,500}>", re.I
)
_HREF = re.compile(r"\bhref\s*=\s*[\"']([^\"'<>]+)")
_STREAMED = frozenset({"feed", "sitemap"})  # their parsers decompress within bounds of their own

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One input: a file to be read, or a page that was fetched."""

    input: str
    path: str | None = None
    page: Page | None = None
    kind: str | None = None  # as demanded, None: find out
    base: str = ""  # what relative addresses in a file belong to
    headers: dict[str, str] = field(default_factory=dict)


def row_of(task: Task) -> Row:
    """Return the row of a task; trouble becomes a problem in it.

    A file without a base has the address that it states. It does not say when it was fetched, so
    only in fetched pages a date is refused for lying in the future.
    """
    kind = task.kind
    try:
        page = replace(task.page, headers=task.headers) if task.page else _page_of_file(task)
        kind = kind or _kind_of(page)
        return _row(task.input, kind, _parsed(kind, page), known=page.more)
    except AggregatorError as error:
        return failure(task.input, kind, error)


def failure(name: str, kind: str | None, error: AggregatorError) -> Row:
    """Return the row of an input that could not be read."""
    message = f"{error.message}; {error.remedy}" if error.remedy else error.message
    problem = Problem(code=error.code, message=message, where=error.where or name)
    return _row(name, kind, Parsed(problems=(problem,)))


def is_unreadable(row: Row) -> bool:
    """Whether nothing but problems came of an input."""
    found = row["entries"] or row["title"] or row["text"] or row["follow"] or row["links"]
    return bool(row["problems"]) and not found


def _page_of_file(task: Task) -> Page:
    path = Path(task.path or "")
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):
            raise ParseError("Das ist keine gewöhnliche Datei", code=Code.UNSUPPORTED)
        if facts.st_size > MAX_FILE_BYTES:
            limit = MAX_FILE_BYTES >> 20
            raise ParseError(f"Die Datei ist größer als {limit} MiB", code=Code.TOO_LARGE)
        body = path.read_bytes()
    except OSError as error:
        raise NotFoundError(f"Die Datei ist nicht lesbar: {error.strerror}") from error
    base = task.base or _own_address(body)
    return Page(url=base, final_url=base, body=body)


def _own_address(body: bytes) -> str:
    """Return what a file says its address is (rel=canonical, rel=self), "" when it does not."""
    for tag in _OWN_LINK.findall(sniff.head_of(next(sniff.inflated(body), b""))):
        href = _HREF.search(tag)
        if href and (url := resolve("", html.unescape(href[1]))):
            return url
    return ""


def _kind_of(page: Page) -> str:
    """Recognise what a body is.

    Raises:
        ParseError: UNSUPPORTED, it is nothing that we read; EMPTY; DECODE_FAILED.
    """
    beginning = next(sniff.inflated(page.body), b"")
    if kind := parse.recognise(replace(page, body=beginning)):
        return str(kind)
    head = sniff.head_of(beginning)
    if sniff.is_html(head) or page.media_type in ("text/html", "application/xhtml+xml"):
        return PAGE
    if not head:
        raise ParseError("Der Inhalt ist leer", code=Code.EMPTY)
    raise ParseError(
        "Der Inhalt ist weder Feed, Sitemap, Webseite, Dokument noch eine bekannte Schnittstelle",
        code=Code.UNSUPPORTED,
        remedy="Mit --as lässt sich eine Art vorgeben",
    )


def source_of(task: Task) -> Source:
    """Return the source that the page of a task is read for."""
    page = task.page or Page(url="", final_url="", body=b"")
    return _source(task.kind or PAGE, page)


def _source(kind: str, page: Page) -> Source:
    return Source(
        id=SourceId("inspect"),
        platform=PlatformId("inspect"),
        kind=SourceKind.LISTING if kind == PAGE else SourceKind(kind),
        url=page.final_url or None,
        policy=Policy.FULL,
    )


def _parsed(kind: str, page: Page) -> Parsed:
    source = _source(kind, page)
    if kind not in _STREAMED and page.body.startswith(sniff.GZIP):
        page = replace(page, body=sniff.whole(page.body, MAX_PAGE_BYTES))
    if kind == PAGE:
        return parse.PAGE(source, replace(page, role=Role.DETAIL))
    return parse.parse(source, page)


def _row(
    name: str, kind: str | None, parsed: Parsed, known: Mapping[str, bytes] = MappingProxyType({})
) -> Row:
    first = parsed.entries[0] if parsed.entries and kind in (PAGE, "document") else None
    texts = [entry.text for entry in parsed.entries] if first else []
    links = [link for entry in parsed.entries for link in entry.links] if first else []
    when = first.published if first else None
    return {
        "input": name,
        "kind": kind,
        "entries": [_entry(entry) for entry in parsed.entries],
        "title": parsed.title or (first.title if first else None),
        "published_at": when.at if when else None,
        "date_evidence": when.evidence if when else Evidence.NONE,
        "text": "\n\n".join(texts),
        "language": first.language if first else None,
        "links": [_link(link) for link in links],
        "feeds": [
            {"url": feed.url, "title": feed.title, "type": feed.type, "evidence": feed.evidence}
            for feed in parsed.feeds
        ],
        "follow": [
            {"url": follow.url, "role": follow.role, "lastmod": follow.lastmod}
            for follow in parsed.follow
        ],
        "needs": [url for url in parsed.needs if url not in known],
        "complete": parsed.complete,
        "dialect": parsed.dialect,
        "problems": [
            {"code": problem.code, "message": problem.message, "where": problem.where or name}
            for problem in parsed.problems
        ],
    }


def _link(link: Link) -> dict[str, str]:
    return {"url": link.url, "anchor": link.anchor, "sentence": link.sentence}


def _entry(entry: Entry) -> Row:
    return {
        "entry_id": entry.entry_id,
        "url": entry.url,
        "title": entry.title,
        "published_at": entry.published.at if entry.published else None,
        "date_evidence": entry.published.evidence if entry.published else Evidence.NONE,
        "updated_at": entry.updated_at,
        "summary": entry.summary,
        "text": entry.text,
        "authors": entry.authors,
        "kind": entry.kind,
        "language": entry.language,
        "found_by": dict(entry.found_by),
    }
