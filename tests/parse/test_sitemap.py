"""Sitemaps: every address once, complete or not, and never more than the protocol allows."""

import gzip

import pytest

from aggregator.errors import ParseError
from aggregator.model import (
    Code,
    Evidence,
    Page,
    Parsed,
    PlatformId,
    Role,
    Source,
    SourceId,
    SourceKind,
)
from aggregator.parse.sitemap import MAX_ADDRESSES, parse_sitemap

NAMESPACE = "xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'"
SOURCE = Source(
    id=SourceId("amt"),
    platform=PlatformId("amt"),
    kind=SourceKind.SITEMAP,
    url="https://amt.example",
)


def read(body: bytes | str) -> Parsed:
    data = body.encode("utf-8") if isinstance(body, str) else body
    page = Page(
        url="https://amt.example/sitemap.xml", final_url="https://amt.example/sitemap.xml",
        body=data, now="2026-11-24T08:00:00Z",
    )  # fmt: skip
    return parse_sitemap(SOURCE, page)


def urlset(urls: str) -> str:
    return f"<?xml version='1.0' encoding='UTF-8'?><urlset {NAMESPACE}>{urls}</urlset>"


def refused(body: bytes | str) -> Code:
    with pytest.raises(ParseError) as caught:
        read(body)
    return caught.value.code


def test_addresses_have_a_last_change_and_nothing_else() -> None:
    parsed = read(
        urlset(
            "<url><loc> https://amt.example/a?x=1&amp;y=2\n</loc><lastmod>2026-03-02</lastmod>"
            "<priority>1</priority></url><url><loc>/b</loc><lastmod></lastmod></url>"
        )
    )

    first, second = parsed.entries
    assert parsed.complete
    assert not parsed.problems
    assert (first.url, first.updated_at, first.title) == (
        "https://amt.example/a?x=1&y=2", "2026-03-02", None)  # fmt: skip
    assert (second.url, second.updated_at) == ("https://amt.example/b", None)


def test_an_index_leads_to_its_sitemaps() -> None:
    parsed = read(
        f"<sitemapindex {NAMESPACE}><sitemap><loc>https://amt.example/1.xml.gz</loc>"
        "<lastmod>2026-03-02T09:00:00+01:00</lastmod></sitemap></sitemapindex>"
    )

    (follow,) = parsed.follow
    assert parsed.complete
    assert parsed.entries == ()
    assert (follow.url, follow.role, follow.lastmod) == (
        "https://amt.example/1.xml.gz", Role.INDEX, "2026-03-02T08:00:00Z")  # fmt: skip


def test_news_have_titles_and_dates_and_pictures_none() -> None:
    parsed = read(
        "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'"
        " xmlns:news='http://www.google.com/schemas/sitemap-news/0.9'"
        " xmlns:image='http://www.google.com/schemas/sitemap-image/1.1'"
        " xmlns:xhtml='http://www.w3.org/1999/xhtml'><url>"
        "<image:image><image:loc>https://amt.example/x.jpg</image:loc>"
        "<image:title>Bild</image:title></image:image>"
        "<xhtml:link rel='alternate' hreflang='en' href='https://amt.example/en'/>"
        "<loc>https://amt.example/a</loc><news:news><news:title>Neuer Antrag</news:title>"
        "<news:publication_date>2026-03-02</news:publication_date></news:news></url></urlset>"
    )

    (entry,) = parsed.entries
    assert (entry.url, entry.title) == ("https://amt.example/a", "Neuer Antrag")
    assert entry.published
    assert (entry.published.at, entry.published.evidence) == ("2026-03-02", Evidence.FEED)


@pytest.mark.parametrize(
    "namespace", ["", "xmlns='http://www.google.com/schemas/sitemap/0.84'", "xmlns:x='falsch'"]
)
def test_the_namespace_does_not_matter(namespace: str) -> None:
    parsed = read(f"\n <urlset {namespace}><url><loc>https://amt.example/a</loc></url></urlset>")

    assert [entry.url for entry in parsed.entries] == ["https://amt.example/a"]


def test_plain_text_is_a_sitemap() -> None:
    parsed = read("https://amt.example/a\nhttps://amt.example/b\r\n")

    assert [entry.url for entry in parsed.entries] == [
        "https://amt.example/a", "https://amt.example/b"]  # fmt: skip
    assert parsed.complete


def test_text_with_other_lines_is_not_complete() -> None:
    parsed = read("https://amt.example/a\nWartung\n")

    assert len(parsed.entries) == 1
    assert not parsed.complete


def test_gzip_is_undone_also_twice() -> None:
    body = gzip.compress(urlset("<url><loc>https://amt.example/a</loc></url>").encode())

    assert read(body).complete
    assert read(gzip.compress(body)).complete


def test_bare_ampersands_keep_their_parameters() -> None:
    many = "".join(f"<url><loc>https://amt.example/?a={n}&b=ü&c;</loc></url>" for n in range(3000))

    parsed = read(urlset(many))

    assert len(parsed.entries) == 3000
    assert parsed.entries[2999].url == "https://amt.example/?a=2999&b=%C3%BC&c;"


def test_broken_xml_is_recovered_but_proves_nothing() -> None:
    parsed = read(
        urlset("<url><loc>https://amt.example/a</loc></wrong></url>"
               "<url><loc>https://amt.example/b</loc></url>")
    )  # fmt: skip

    assert parsed.entries[0].url == "https://amt.example/a"
    assert not parsed.complete


def test_an_address_that_is_none_is_left_out_and_noticed() -> None:
    parsed = read(urlset("<url><loc>javascript:x</loc></url><url/>"))

    assert parsed.entries == ()
    assert not parsed.complete


def test_a_sitemap_that_ends_in_the_middle_says_so() -> None:
    whole = urlset("".join(f"<url><loc>https://amt.example/{n}</loc></url>" for n in range(99)))

    parsed = read(whole[:2000])

    assert parsed.entries
    assert not parsed.complete
    assert [p.code for p in parsed.problems] == [Code.TRUNCATED]


def test_more_addresses_than_the_protocol_allows_are_cut() -> None:
    urls = "<url><loc>https://amt.example/a</loc></url>" * (MAX_ADDRESSES + 1)

    for body in (urlset(urls), "https://amt.example/a\n" * (MAX_ADDRESSES + 1)):
        parsed = read(body)
        assert len(parsed.entries) == MAX_ADDRESSES
        assert not parsed.complete
        assert [p.code for p in parsed.problems] == [Code.TRUNCATED]


@pytest.mark.parametrize("start", ["<urlset><!--", "https://amt.example/"])
def test_bombs_are_read_to_the_limit_only(start: str) -> None:
    parsed = read(gzip.compress(start.encode() + b"x" * (60 * 2**20)))

    assert Code.TRUNCATED in [p.code for p in parsed.problems]


def test_an_empty_sitemap_is_told_and_proves_nothing() -> None:
    parsed = read(urlset(""))

    assert [p.code for p in parsed.problems] == [Code.EMPTY]
    assert not parsed.complete


def test_entities_are_not_replaced() -> None:
    parsed = read(
        "<!DOCTYPE urlset [<!ENTITY x SYSTEM 'file:///etc/hostname'>]>"
        "<urlset><url><loc>https://amt.example/&x;</loc></url></urlset>"
    )

    assert [entry.url for entry in parsed.entries] == ["https://amt.example/"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", Code.EMPTY),
        ("<!doctype html><html><h1>Fehler</h1></html>", Code.FEED_IS_HTML),
        ("<html><input name=p type='password'></html>", Code.LOGIN),
        ("<rss version='2.0'/>", Code.PARSE_FAILED),
        ("Wartungsarbeiten", Code.PARSE_FAILED),
        (gzip.compress(b"<urlset/>", mtime=0)[:-4], Code.DECODE_FAILED),
    ],
)
def test_what_is_no_sitemap_is_refused(body: bytes | str, code: Code) -> None:
    assert refused(body) is code
