"""Which parser reads what, and what a body looks like."""

import subprocess
import sys

import pytest

from aggregator import parse
from aggregator.errors import ParseError
from aggregator.model import Code, Page, PlatformId, Role, Source, SourceId, SourceKind

PDF = b"%PDF-1.7\n"
RSS = b"<rss version='2.0'><channel><item><title>Eins</title></item></channel></rss>"
HTML = b"<!doctype html><html lang='de'><title>Antrag</title><main><h1>Antrag</h1><p>" + (
    b"Der Antrag wird digital gestellt und schnell bearbeitet. " * 20
)


def page(body: bytes, role: Role = Role.ROOT) -> Page:
    return Page(
        url="https://amt.example/a", final_url="https://amt.example/a", body=body, role=role
    )


def source(kind: SourceKind) -> Source:
    return Source(id=SourceId("amt"), platform=PlatformId("amt"), kind=kind, url=None)


def test_every_kind_but_manual_has_a_parser() -> None:
    assert set(parse.PARSERS) == set(SourceKind) - {SourceKind.MANUAL}


def test_a_root_is_read_by_the_kind_of_its_source() -> None:
    assert parse.parse(source(SourceKind.FEED), page(RSS)).entries[0].title == "Eins"


def test_the_page_behind_an_entry_is_read_as_a_page() -> None:
    for kind in (SourceKind.FEED, SourceKind.DISCOURSE):
        parsed = parse.parse(source(kind), page(HTML, Role.DETAIL))
        assert parsed.entries[0].title == "Antrag"


def test_a_file_behind_an_entry_is_read_as_a_document() -> None:
    for role in (Role.DETAIL, Role.DOCUMENT):
        with pytest.raises(ParseError) as caught:
            parse.parse(source(SourceKind.FEED), page(PDF, role))
        assert caught.value.code is Code.DECODE_FAILED


def test_json_behind_an_entry_of_a_forum_is_a_topic() -> None:
    with pytest.raises(ParseError):
        parse.parse(source(SourceKind.DISCOURSE), page(b'{"post_stream": 7', Role.DETAIL))


def test_a_manual_source_is_never_read() -> None:
    with pytest.raises(ParseError) as caught:
        parse.parse(source(SourceKind.MANUAL), page(RSS))

    assert caught.value.code is Code.UNSUPPORTED


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (RSS, SourceKind.FEED),
        (b"<!-- x --><?xml version='1.0'?><feed xmlns='http://www.w3.org/2005/Atom'/>",
         SourceKind.FEED),
        (b"<rdf:RDF xmlns='http://purl.org/rss/1.0/'/>", SourceKind.FEED),
        (b"<rdf:RDF xmlns='http://example.org/wissen'/>", None),
        (b'{"version": "https:\\/\\/jsonfeed.org\\/version\\/1.1"}', SourceKind.FEED),
        (b"<CHANNEL HREF='https://amt.example'/>", SourceKind.FEED),
        ("<?xml version='1.0'?><urlset/>".encode("utf-16"), SourceKind.SITEMAP),
        (b"<sitemapindex/>", SourceKind.SITEMAP),
        (b"https://amt.example/a\nhttps://amt.example/b\n", SourceKind.SITEMAP),
        (PDF, SourceKind.DOCUMENT),
        (b"PK\x03\x04", SourceKind.DOCUMENT),
        (b'{"users": [], "topic_list": {}}', SourceKind.DISCOURSE),
        (b'{"post_stream": {}}', SourceKind.DISCOURSE),
        (b'{"results": [{"type": "page"}], "_links": {}}', SourceKind.CONFLUENCE),
        (b'{"results": []}', None),
        (HTML, None),
        (b"<!DOCTYPE html [", None),
        (b"Wartung", None),
        (b"", None),
    ],
)  # fmt: skip
def test_kinds_are_recognised_by_their_first_bytes(body: bytes, kind: SourceKind | None) -> None:
    assert parse.recognise(page(body)) is kind


def test_parsers_are_loaded_by_need() -> None:
    code = "import sys, aggregator.parse; print({'feedparser', 'trafilatura'} & set(sys.modules))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"
