"""Sitemaps (sitemaps.org): urlset, index, plain text, gzip, news; read as a stream.

A sitemap says where pages are, not what they are: its entries have an address and `updated_at`
only and become rows of the frontier. News sitemaps name titles and dates as well. Image, video and
language extensions are ignored. XML that is not well-formed is recovered as far as it goes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import cast

from lxml import etree
from lxml.etree import _Element as Element  # lxml has no public name for it

from aggregator import dates
from aggregator.errors import ParseError
from aggregator.model import (
    Code,
    Entry,
    Evidence,
    Follow,
    Page,
    Parsed,
    Problem,
    Role,
    Source,
    When,
)
from aggregator.parse import sniff
from aggregator.text.charset import decode
from aggregator.urls import resolve

MAX_BYTES = 50 * 2**20  # uncompressed; sitemaps.org, "Sitemap file limits"
MAX_ADDRESSES = 50_000  # of one file; the same place
_REFERENCE_BYTES = 12  # a reference may be cut by the end of a piece
# An ampersand that begins no reference. Other names than XML's five need a DTD (XML 1.0, 4.1).
_BARE = re.compile(rb"&(?!(?:#\w{1,8}|amp|lt|gt|quot|apos);|\x00)")
_BARE_BESIDE_DTD = re.compile(rb"&(?!#?\w{1,10};|\x00)")
_FIELDS = frozenset({"loc", "lastmod", "title", "publication_date"})
_EXTENSIONS = ("sitemap-image", "sitemap-video")  # their <title> and <loc> are of the picture


def parse_sitemap(source: Source, page: Page) -> Parsed:
    """Read a sitemap or an index of sitemaps.

    Returns:
        `complete` unless it was cut, broken or empty: a complete sitemap proves what vanished.
        An index gives `follow` with the role INDEX. Problems: TRUNCATED (cut, or over the limits
        of the protocol), EMPTY.

    Raises:
        ParseError: FEED_IS_HTML, LOGIN, EMPTY (no bytes), DECODE_FAILED or PARSE_FAILED.
    """
    pieces = sniff.inflated(page.body)
    first = next(pieces, b"")
    head = sniff.head_of(first)
    if not head:
        raise _refused("Die Antwort ist leer", page, Code.EMPTY)
    sniff.refuse_html(first, head, wanted="der Sitemap", where=page.final_url)
    reader = _Reader(source, page)
    if "<" in head:
        _read_xml(reader, first, pieces, head)
    else:
        _read_lines(reader, first, pieces)
    return reader.parsed()


def _refused(message: str, page: Page, code: Code = Code.PARSE_FAILED) -> ParseError:
    return ParseError(
        message,
        code=code,
        where=page.final_url,
        remedy="Die Adresse der Sitemap steht meist in /robots.txt",
    )


@dataclass(slots=True)
class _Reader:
    """Collects addresses until the limits of the protocol are reached."""

    source: Source
    page: Page
    entries: list[Entry] = field(default_factory=list)
    follow: list[Follow] = field(default_factory=list)
    cut: str = ""  # why not everything was read
    broken: bool = False

    def is_full(self) -> bool:
        if len(self.entries) + len(self.follow) < MAX_ADDRESSES:
            return False
        self.cut = f"Nur die ersten {MAX_ADDRESSES} Adressen wurden gelesen"
        return True

    def add(self, fields: dict[str, str], *, index: bool) -> None:
        url = resolve(self.page.final_url, fields.get("loc", "")) if fields.get("loc") else None
        if url is None:
            self.broken = True
            return
        lastmod = self._date(fields.get("lastmod"))
        if index:
            self.follow.append(Follow(url=url, role=Role.INDEX, lastmod=lastmod))
            return
        published = self._date(fields.get("publication_date"))
        self.entries.append(
            Entry(
                url=url,
                title=fields.get("title") or None,
                published=When(at=published, evidence=Evidence.FEED) if published else None,
                updated_at=lastmod,
            )
        )

    def _date(self, text: str | None) -> str | None:
        if not text:
            return None
        return dates.parse(text, zone=self.source.timezone, now=self.page.now)

    def parsed(self) -> Parsed:
        problems = []
        if self.cut:
            problems.append((Code.TRUNCATED, self.cut))
        count = len(self.entries) + len(self.follow)
        if not count:
            problems.append((Code.EMPTY, "Die Sitemap nennt keine Adressen"))
        return Parsed(
            entries=tuple(self.entries),
            follow=tuple(self.follow),
            complete=bool(count) and not self.cut and not self.broken,
            problems=tuple(
                Problem(code=code, message=message, where=self.page.final_url)
                for code, message in problems
            ),
        )


def _read_lines(reader: _Reader, first: bytes, pieces: Iterator[bytes]) -> None:
    """Read a plain text sitemap: one address a line, UTF-8."""
    body = bytearray(first)
    for piece in pieces:
        body += piece
        if len(body) > MAX_BYTES:
            reader.cut = f"Nur die ersten {MAX_BYTES >> 20} MiB wurden gelesen"
            break
    for line in decode(bytes(body), reader.page.charset).split():
        if reader.is_full():
            return
        if line.startswith(("http://", "https://")):
            reader.add({"loc": line}, index=False)
        else:
            reader.broken = True
    if not reader.entries:
        raise _refused("Das Dokument ist keine Sitemap", reader.page)


def _read_xml(reader: _Reader, first: bytes, pieces: Iterator[bytes], head: str) -> None:
    if not sniff.is_sitemap(head):
        raise _refused(
            f"Das Dokument ist keine Sitemap, sein Wurzelelement ist <{sniff.root_of(head)}>",
            reader.page,
        )
    parser = etree.XMLPullParser(
        events=("end",), recover=True, resolve_entities=False, no_network=True, load_dtd=False,
        huge_tree=False,
    )  # fmt: skip
    taken, tail = 0, b""
    bare = _BARE_BESIDE_DTD if "<!DOCTYPE" in head else _BARE
    for piece in _escaped(first.lstrip(), pieces, bare):
        taken, tail = taken + len(piece), (tail + piece)[-256:]
        parser.feed(piece)
        _collect(reader, parser)
        if reader.is_full():
            return
        if taken > MAX_BYTES:
            reader.cut = f"Nur die ersten {MAX_BYTES >> 20} MiB wurden gelesen"
            return
    _close(reader, parser)
    if b"</" not in tail or sniff.root_of(head).encode() not in tail.replace(b"\0", b""):
        reader.cut = "Die Sitemap bricht mitten im Dokument ab"


def _close(reader: _Reader, parser: etree.XMLPullParser) -> None:
    """Take what libxml2 held back until the end."""
    try:
        parser.close()
    except etree.XMLSyntaxError:
        reader.broken = True
    _collect(reader, parser)
    reader.broken |= bool(parser.feed_error_log.filter_from_errors())


def _escaped(first: bytes, pieces: Iterator[bytes], bare: re.Pattern[bytes]) -> Iterator[bytes]:
    """Escape bare ampersands, the most frequent error: libxml2 would drop a parameter with each."""
    held = b""
    for piece in chain((first,), pieces):
        data = held + piece
        at = data.rfind(b"&", max(0, len(data) - _REFERENCE_BYTES))
        data, held = (data[:at], data[at:]) if at >= 0 else (data, b"")
        yield bare.sub(b"&amp;", data) if b"&" in data else data
    if held:
        yield bare.sub(b"&amp;", held)


def _collect(reader: _Reader, parser: etree.XMLPullParser) -> None:
    """Take the finished <url> and <sitemap> elements and free their memory."""
    for _, element in cast("Iterator[tuple[str, Element]]", parser.read_events()):
        if _name(element) not in ("url", "sitemap"):
            continue
        if reader.is_full():
            return
        reader.add(_fields(element), index=_name(element) == "sitemap")
        element.clear()
        if (parent := element.getparent()) is not None:
            parent.remove(element)


def _fields(element: Element) -> dict[str, str]:
    """Return the first of each field that we know."""
    fields: dict[str, str] = {}
    for child in element.iter():
        name = _name(child)
        if name in _FIELDS and not any(e in str(child.tag) for e in _EXTENSIONS):
            fields.setdefault(name, " ".join((child.text or "").split()))
    return fields


def _name(element: Element) -> str:
    """Return the local name; for a comment or processing instruction no name that we know."""
    return str(element.tag).rpartition("}")[2].rpartition(":")[2].lower()
