"""Bytes -> entries: one parser per kind of source, chosen by the table `PARSERS`.

Parsers are pure and loaded when first needed, since feedparser and trafilatura take a second.
Siblings do not know each other: what a document leads to is `Parsed.follow`, and the pipeline
comes back with the page.
"""

import importlib
from collections.abc import Callable, Mapping
from types import MappingProxyType

from aggregator.errors import ParseError
from aggregator.model import Code, Page, Parsed, Role, Source, SourceKind
from aggregator.parse import feed_choice, kinds, sniff

Parser = Callable[[Source, Page], Parsed]
prefer_fast_feeds = feed_choice.prefer
recognise = kinds.recognise
is_document = kinds.is_document


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
        SourceKind.FOLDER: _parser("folder", "parse_folder"),
        SourceKind.MEDIAWIKI: _parser("mediawiki", "parse_mediawiki"),
        SourceKind.CKAN: _parser("ckan", "parse_ckan"),
        SourceKind.GITLAB: _parser("gitlab", "parse_gitlab"),
        SourceKind.OPARL: _parser("oparl", "parse_oparl"),
        SourceKind.JSON: _parser("jsonapi", "parse_json"),
        SourceKind.CONFLUENCE_STATIC: _parser("confluence_static", "parse_confluence_static"),
    }
)
PAGE: Parser = _parser("page", "parse_page")
# What stands behind an entry is read by the kind's own parser when it is JSON; or always.
_OWN_JSON = frozenset({SourceKind.CONFLUENCE, SourceKind.DISCOURSE, SourceKind.MEDIAWIKI})
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
