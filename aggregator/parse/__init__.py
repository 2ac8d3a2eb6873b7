"""Bytes -> entries: one parser per kind of source, chosen by the table `PARSERS`.

Parsers are pure and loaded when first needed, since feedparser and trafilatura take a second.
Siblings do not know each other: what a document leads to is `Parsed.follow`, and the pipeline
comes back with the page.
"""

import importlib
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from aggregator.errors import ParseError
from aggregator.model import Code, Page, Parsed, Role, Source, SourceKind
from aggregator.parse import feed_choice, sniff

Parser = Callable[[Source, Page], Parsed]
prefer_fast_feeds = feed_choice.prefer

_PDF = b"%PDF-"
_ZIP = b"PK\x03\x04"
_DISCOURSE = re.compile(r'"(?:topic_list|post_stream|category_list|latest_posts)"\s*:')
_CONFLUENCE = re.compile(r'"_links"\s*:|"_expandable"\s*:')
_WORDPRESS = re.compile(r'"guid"\s*:\s*\{\s*"rendered"|"namespaces"\s*:\s*\[[^\]]*"wp\\?/v2"')
_EXPORT = re.compile(r"(?:Available Pages|Verfügbare Seiten|VerfÃ¼gbare Seiten)\s*:")
_CONFLUENCE_TYPE = re.compile(r'"type"\s*:\s*"(?:page|blogpost|attachment)"')


def _parser(module: str, name: str) -> Parser:
    """Return a parser that imports its module when it is first called."""

    def parse_lazily(source: Source, page: Page) -> Parsed:
        parser: Parser = getattr(importlib.import_module(f"{__name__}.{module}"), name)
        return parser(source, page)

    return parse_lazily


# `manual` has no parser: its items are imported, never fetched.
PARSERS: Mapping[SourceKind, Parser] = MappingProxyType(
    {
        SourceKind.FEED: _parser("feed", "parse_feed"),
        SourceKind.SITEMAP: _parser("sitemap", "parse_sitemap"),
        SourceKind.LISTING: _parser("listing", "parse_listing"),
        SourceKind.CONFLUENCE: _parser("confluence", "parse_confluence"),
        SourceKind.DISCOURSE: _parser("discourse", "parse_discourse"),
        SourceKind.DOCUMENT: _parser("document", "parse_document"),
        SourceKind.WORDPRESS: _parser("wordpress", "parse_wordpress"),
        SourceKind.CONFLUENCE_STATIC: _parser("confluence_static", "parse_confluence_static"),
    }
)
PAGE: Parser = _parser("page", "parse_page")
# What stands behind an entry is read by the kind's own parser when it is JSON; or always.
_OWN_JSON = frozenset({SourceKind.CONFLUENCE, SourceKind.DISCOURSE})
_OWN_PAGES = frozenset({SourceKind.CONFLUENCE_STATIC})
# What a closed interface is replaced by, recognised by its first bytes.
_STAND_INS = {SourceKind.WORDPRESS: frozenset({SourceKind.FEED, SourceKind.SITEMAP})}


def parse(source: Source, page: Page) -> Parsed:
    """Read a page of a source as what it is to the source.

    A detail page is read as a web page, or by its kind's own parser when it is JSON; a file as a
    document, wherever it comes from; everything else by the source's kind.

    Raises:
        ParseError: The body is not what it should be; see the parsers.
    """
    if page.role is Role.DOCUMENT or (page.role is Role.DETAIL and is_document(page)):
        return PARSERS[SourceKind.DOCUMENT](source, page)
    if page.role is Role.DETAIL:
        own = source.kind in _OWN_PAGES or (
            source.kind in _OWN_JSON and sniff.is_json(sniff.head_of(page.body))
        )
        return PARSERS[source.kind](source, page) if own else PAGE(source, page)
    if source.kind in _STAND_INS and (found := recognise(page)) in _STAND_INS[source.kind]:
        return PARSERS[found](source, page)
    if source.kind not in PARSERS:
        raise ParseError(
            f"Eine Quelle der Art {source.kind} wird nicht abgerufen",
            code=Code.UNSUPPORTED,
            where=str(source.id),
            remedy="Einträge mit `aggregator import` einlesen",
        )
    return PARSERS[source.kind](source, page)


def is_document(page: Page) -> bool:
    """Whether a body is a PDF or an office file, by its first bytes."""
    return _PDF in page.body[:1024] or page.body.startswith(_ZIP)


def recognise(page: Page) -> SourceKind | None:
    """Return the kind of source that a body looks like, None for web pages and the unknown.

    The body must not be compressed. Of web pages only the index of an exported wiki is told;
    `listing` and `manual` cannot be seen from outside.
    """
    if is_document(page):
        return SourceKind.DOCUMENT
    head = sniff.head_of(page.body)
    if sniff.is_json(head):
        return _recognise_json(head)
    if sniff.is_feed(head):
        return SourceKind.FEED
    if sniff.is_sitemap(head):
        return SourceKind.SITEMAP
    if _EXPORT.search(head) and "confluence" in head.lower():
        return SourceKind.CONFLUENCE_STATIC
    return None


def _recognise_json(head: str) -> SourceKind | None:
    if sniff.is_feed(head):
        return SourceKind.FEED
    if _DISCOURSE.search(head):
        return SourceKind.DISCOURSE
    if _CONFLUENCE.search(head) and _CONFLUENCE_TYPE.search(head):
        return SourceKind.CONFLUENCE
    if _WORDPRESS.search(head):
        return SourceKind.WORDPRESS
    return None
