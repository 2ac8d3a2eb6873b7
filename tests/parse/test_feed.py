"""Feeds: what publishers send becomes entries, and what they should not send is refused."""

import gzip
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.errors import ParseError
from aggregator.model import (
    Code,
    Evidence,
    ItemKind,
    Page,
)
from aggregator.parse.feed import parse_feed
from aggregator.parse.feed_bytes import MAX_ENTRIES
from tests.parse.feeds import LONG, SOURCE, only, read, refused, rss


def test_an_rss_item_becomes_an_entry() -> None:
    parsed = read(
        rss(
            "<item><guid isPermaLink='false'>n-7</guid><link>/neu/7</link>"
            "<title>Antrag &amp; Bescheid</title><dc:creator>Amt für Digitales</dc:creator>"
            "<pubDate>Mon, 02 Mar 2026 09:30:00 CET</pubDate>"
            "<description>&lt;p&gt;Zum &lt;a href='a.html'&gt;Antrag&lt;/a&gt; geht es hier."
            "&lt;/p&gt;</description></item>",
            "<language>de-DE</language>",
        )
    )

    entry = only(parsed)
    assert parsed.title == "Amt"
    assert not parsed.problems
    assert not parsed.complete
    assert entry.entry_id == "n-7"
    assert entry.url == "https://amt.example/neu/7"
    assert entry.title == "Antrag & Bescheid"
    assert entry.published
    assert (entry.published.at, entry.published.evidence) == ("2026-03-02T08:30:00Z", Evidence.FEED)
    assert entry.text == entry.summary == "Zum Antrag geht es hier."
    assert [(link.url, link.anchor) for link in entry.links] == [
        ("https://amt.example/neu/a.html", "Antrag")
    ]
    assert entry.authors == ("Amt für Digitales",)
    assert entry.language == "de"
    assert entry.thin
    assert entry.aliases == ()


def test_a_link_stays_as_written_where_the_feeds_own_address_is_unknown() -> None:
    body = rss("<item><title>Antrag</title><link>neu/7.html</link></item>")
    unknown = Page(url="", final_url="", body=body.encode())
    assert only(parse_feed(SOURCE, unknown)).url == "neu/7.html"
    assert only(read(body)).url == "https://amt.example/rss/neu/7.html"


def test_an_atom_entry_has_both_dates_and_the_full_text() -> None:
    parsed = read(
        "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='https://amt.example/b/'><title>A</title>"
        "<entry><id>tag:amt.example,2026:1</id><link href='eins.html'/><title type='html'>"
        "Neu: &lt;b&gt;Antrag&lt;/b&gt;</title><published>2026-03-02T09:00:00+01:00</published>"
        "<updated>2026-03-03T09:00:00+01:00</updated><summary>Kurz</summary>"
        f"<content type='html'>&lt;p&gt;{LONG}&lt;/p&gt;</content></entry></feed>"
    )

    entry = only(parsed)
    assert entry.url == "https://amt.example/b/eins.html"
    assert entry.title == "Neu: Antrag"
    assert entry.published
    assert entry.published.at == "2026-03-02T08:00:00Z"
    assert entry.updated_at == "2026-03-03T08:00:00Z"
    assert entry.summary == "Kurz"
    assert entry.text == LONG.strip()
    assert not entry.thin


def test_links_in_a_body_belong_to_its_base() -> None:
    atom = (
        "<feed xmlns='http://www.w3.org/2005/Atom'><entry xml:base='/b/'><link href='eins.html'/>"
        "<content type='html'>&lt;a href='zwei.html'&gt;Zwei&lt;/a&gt;</content></entry></feed>"
    )

    entry = only(read(atom))

    assert entry.url == "https://amt.example/b/eins.html"
    assert entry.links[0].url == "https://amt.example/b/zwei.html"


def test_an_atom_entry_without_published_is_dated_by_its_update() -> None:
    entry = only(
        read(
            "<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>a</id>"
            "<updated>2026-03-03T09:00:00Z</updated></entry></feed>"
        )
    )

    assert entry.published
    assert entry.published.at == entry.updated_at == "2026-03-03T09:00:00Z"
    assert entry.found_by == {"published": "updated"}


def test_rdf_and_cdf_are_feeds() -> None:
    rdf = read(
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' "
        "xmlns='http://purl.org/rss/1.0/'><channel/><item rdf:about='https://amt.example/1'>"
        "<title>Eins</title><link>https://amt.example/1</link></item></rdf:RDF>"
    )
    cdf = read(
        "<CHANNEL HREF='https://amt.example/'><ITEM HREF='https://amt.example/1'>"
        "<TITLE>Eins</TITLE></ITEM></CHANNEL>"
    )

    assert only(rdf).entry_id == only(rdf).url == "https://amt.example/1"
    assert only(cdf).title == "Eins"


@pytest.mark.parametrize(
    "title",
    ["M&amp;#252;nchen", "M&amp;amp;uuml;nchen", "M&amp;uuml;nchen", "München", "M&#xfc;nchen",
     "<![CDATA[M&uuml;nchen]]>", "Mu\u0308nchen"],
)  # fmt: skip
def test_umlauts_escaped_too_often_are_repaired(title: str) -> None:
    entry = only(
        read(rss(f"<item><title>{title}</title><description>{title}</description></item>"))
    )

    assert entry.title == entry.text == "München"


def test_what_only_looks_like_a_reference_stays() -> None:
    entry = only(read(rss("<item><title>R&amp;D, AT&amp;T und &amp;copy ohne Ende</title></item>")))

    assert entry.title == "R&D, AT&T und &copy ohne Ende"


def test_html_escaped_twice_is_read_as_html() -> None:
    entry = only(
        read(
            rss(
                "<item><description>&amp;lt;p&amp;gt;Eins&amp;lt;/p&amp;gt;"
                "&amp;lt;p&amp;gt;Zwei&amp;lt;/p&amp;gt;</description></item>"
            )
        )
    )

    assert entry.text == "Eins\n\nZwei"


def test_links_of_html_escaped_too_often_are_repaired_like_their_text() -> None:
    body = (
        "&lt;p&gt;F&amp;amp;uuml;r &lt;a href='/blatt?a=1&amp;amp;amp;b=2'&gt;"
        "M&amp;amp;uuml;nchen&lt;/a&gt; gilt das.&lt;/p&gt;"
    )

    (link,) = only(read(rss(f"<item><description>{body}</description></item>"))).links

    assert link.url.endswith("/blatt?a=1&b=2")
    assert (link.anchor, link.sentence) == ("München", "Für München gilt das.")


def test_plain_text_keeps_its_paragraphs() -> None:
    entry = only(read(rss("<item><description>Eins \n\n\n Zwei  \n drei</description></item>")))

    assert entry.text == "Eins\n\nZwei drei"


@pytest.mark.parametrize(
    ("encoding", "declared", "header"),
    [
        ("utf-8", "utf-8", None),
        ("utf-8", "iso-8859-1", None),
        ("utf-8", "utf-8", "iso-8859-1"),
        ("utf-8-sig", "iso-8859-1", None),
        ("cp1252", "utf-8", None),
        ("cp1252", "iso-8859-1", None),
        ("cp1252", "utf-8", "windows-1252"),
        ("iso-8859-15", "iso-8859-15", None),
        ("utf-16", "utf-16", None),
        ("cp037", "cp037", None),
    ],
)
def test_the_charset_is_found_whatever_is_declared(
    encoding: str, declared: str, header: str | None
) -> None:
    text = rss("<item><title>Bürgerämter Gößweinstein grüßen</title></item>")
    body = text.replace("utf-8", declared, 1).encode(encoding)

    parsed = read(body, charset=header)

    assert only(parsed).title == "Bürgerämter Gößweinstein grüßen"
    assert not parsed.problems


def test_latin_1_means_windows_1252() -> None:
    text = rss("<item><title>Gebühr: 5 € – „neu“</title></item>")

    parsed = read(text.replace("utf-8", "iso-8859-1", 1).encode("cp1252"))

    assert only(parsed).title == "Gebühr: 5 € – „neu“"


def test_dates_without_a_zone_are_in_the_zone_of_the_source() -> None:
    body = rss("<item><pubDate>02.07.2026 09:30</pubDate></item>")

    berlin, utc = only(read(body)), only(read(body, source=replace(SOURCE, timezone="UTC")))

    assert berlin.published
    assert utc.published
    assert (berlin.published.at, utc.published.at) == (
        "2026-07-02T07:30:00Z", "2026-07-02T09:30:00Z")  # fmt: skip


@pytest.mark.parametrize("date", ["Thu, 01 Jan 1970 00:00:00 +0000", "01.01.2031", "bald", ""])
def test_absurd_dates_are_none(date: str) -> None:
    assert (
        only(read(rss(f"<item><title>a</title><pubDate>{date}</pubDate></item>"))).published is None
    )


def test_a_date_that_feedparser_makes_up_is_none() -> None:
    entry = only(read(rss("<item><pubDate>2004년 05월 28일  01:31:15</pubDate></item>")))

    assert entry.published is None


def test_an_audio_enclosure_makes_a_podcast() -> None:
    entry = only(
        read(
            rss(
                "<item><title>Folge 1</title><enclosure url='https://amt.example/1.mp3' "
                "type='audio/mpeg' length='1'/></item>"
            )
        )
    )

    assert entry.kind is ItemKind.PODCAST
    assert entry.url == "https://amt.example/1.mp3"


@pytest.mark.parametrize(
    ("item", "aliases"),
    [
        ("<guid>https://amt.example/1</guid><link>https://amt.example/eins</link>",
         ("https://amt.example/1",)),
        ("<guid isPermaLink='false'>https://amt.example/?p=12</guid>"
         "<link>https://amt.example/eins</link>", ("https://amt.example/?p=12",)),
        ("<guid isPermaLink='false'>https://andere.example/?p=12</guid>"
         "<link>https://amt.example/eins</link>", ()),
        ("<guid isPermaLink='false'>https://amt.example/</guid>"
         "<link>https://amt.example/eins</link>", ()),
        ("<guid>https://amt.example/1</guid>", ()),
        ("<guid>n-1</guid><link>https://amt.example/eins</link>", ()),
    ],
)  # fmt: skip
def test_a_guid_is_an_alias_only_when_it_is_an_address_of_the_entry(
    item: str, aliases: tuple[str, ...]
) -> None:
    assert only(read(rss(f"<item>{item}</item>"))).aliases == aliases


def test_a_guid_stays_as_given_and_is_no_address_of_its_own() -> None:
    entry = only(read(rss("<item><guid>n-1</guid></item>")))

    assert entry.entry_id == "n-1"
    assert entry.url is None


def test_mail_addresses_are_no_authors() -> None:
    atom = "<feed xmlns='http://www.w3.org/2005/Atom'><entry>{}</entry></feed>"

    def authors(document: str) -> tuple[str, ...]:
        return only(read(document)).authors

    assert authors(rss("<item><author>e@amt.bayern (Erika M)</author></item>")) == ("Erika M",)
    assert authors(rss("<item><author>Erika M &lt;e@amt.de&gt;</author></item>")) == ("Erika M",)
    assert authors(rss("<item><author>e@amt.bayern</author></item>")) == ()
    assert authors(
        atom.format(
            "<author><name>A</name></author><author><name>B</name><email>b@c.de</email></author>"
        )
    ) == ("A", "B")


@pytest.mark.parametrize(
    ("channel", "ttl"),
    [
        ("<ttl>90</ttl>", timedelta(minutes=90)),
        ("<ttl>0</ttl>", None),
        ("<ttl>bald</ttl>", None),
        ("<ttl>999999999999</ttl>", timedelta(days=7)),
        ("<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>",
         timedelta(hours=6)),
        ("<sy:updatePeriod>hourly</sy:updatePeriod>", timedelta(hours=1)),
        ("<sy:updatePeriod>yearly</sy:updatePeriod>", timedelta(days=7)),
        ("<sy:updatePeriod>nie</sy:updatePeriod>", None),
    ],
)  # fmt: skip
def test_hints_when_to_come_back(channel: str, ttl: timedelta | None) -> None:
    assert read(rss("<item/>", channel)).ttl == ttl


def test_an_article_instead_of_a_feed_is_told() -> None:
    page = "<!doctype html><html lang=de><title>Aktuelles</title><ul><li>Neu</ul></html>"

    assert refused(page) is Code.FEED_IS_HTML
    assert refused(f"<!-- x --><html>{page}") is Code.FEED_IS_HTML


def test_a_login_page_instead_of_a_feed_is_told() -> None:
    page = "<!doctype html><html><form><input type=password name=p></form></html>"

    assert refused(page) is Code.LOGIN


@pytest.mark.parametrize("body", ["", " \n ", "\ufeff"])
def test_an_empty_body_is_told(body: str) -> None:
    assert refused(body) is Code.EMPTY


@pytest.mark.parametrize("body", ["Wartungsarbeiten", "<urlset/>", "%PDF-1.7", "\0\0\0"])
def test_what_is_no_feed_is_refused(body: str) -> None:
    assert refused(body) in (Code.PARSE_FAILED, Code.EMPTY)


def test_a_feed_without_entries_is_told() -> None:
    assert [p.code for p in read(rss("")).problems] == [Code.EMPTY]


def test_a_feed_that_ends_in_the_middle_keeps_what_came_and_says_so() -> None:
    whole = rss("".join(f"<item><title>{n}</title></item>" for n in range(9)))

    parsed = read(whole[: len(whole) // 2])

    assert parsed.entries
    assert [p.code for p in parsed.problems] == [Code.TRUNCATED]


@pytest.mark.parametrize(
    "change",
    [
        lambda body: "\ufeff\r\n\r\n  " + body,
        lambda body: body.replace("<item>", "<item><neu:stufe neu:x='1'>A &amp; O</neu:stufe>"),
        lambda body: body.replace("Eins", "Ei\x0bns \x00"),
        lambda body: body.replace("</rss>", "</rss><!-- erzeugt -->\n"),
        lambda body: body.replace("Eins", "Eins &nbsp; & <br>"),
    ],
    ids=["blanks", "unknown tags", "control characters", "trailer", "loose markup"],
)  # fmt: skip
def test_small_faults_are_forgiven(change: object) -> None:
    assert callable(change)
    parsed = read(change(rss("<item><title>Eins</title></item>")))

    assert (only(parsed).title or "").startswith("Ei")
    assert not parsed.problems


def test_a_compressed_feed_is_read_and_a_broken_one_refused() -> None:
    packed = gzip.compress(rss("<item><title>Eins</title></item>").encode())

    assert only(read(packed)).title == "Eins"
    assert only(read(gzip.compress(packed))).title == "Eins"
    assert refused(packed[: len(packed) // 2]) is Code.DECODE_FAILED
    assert refused(packed[:10] + b"\xff" * 40) is Code.DECODE_FAILED
    assert refused(gzip.compress(b"<rss>" + bytes(40 * 2**20))) is Code.TOO_LARGE


def test_a_register_in_the_form_of_a_feed_is_cut() -> None:
    items = "".join(f"<item><title>{n}</title></item>" for n in range(MAX_ENTRIES + 5))

    closed, unclosed = read(rss(items)), read(rss(items.replace("</item>", "") * 3))

    assert len(closed.entries) == MAX_ENTRIES
    assert closed.entries[-1].title == str(MAX_ENTRIES - 1)
    assert [p.code for p in closed.problems] == [Code.TOO_LARGE]
    assert len(unclosed.entries) <= MAX_ENTRIES
    assert [p.code for p in unclosed.problems] == [Code.TOO_LARGE]


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "body",
    [
        f'<!DOCTYPE rss [<!ENTITY l0 "ha">{LAUGHS}]>{rss("<item><title>&l9;</title></item>")}',
        f'<!DOCTYPE rss [<!ENTITY a "{"x" * 5000}">]>{rss("&a;" * 1000)}',
        '<!DOCTYPE rss [<!ENTITY % p "%q;">]><rss/>',
        "<!DOCTYPE " * 10_000 + "<rss/>",
        rss("<a>" * 200_000),
        rss("".join(f"<x{n}:a xmlns:x{n}='u{n}'>" for n in range(20_000))),
        rss("<item " + " ".join(f"a{n}='1'" for n in range(20_000)) + "/>"),
    ],
    ids=["laughs", "quadratic", "parameters", "doctypes", "nested", "namespaces", "attributes"],
)
def test_documents_built_to_be_expensive_are_refused(body: str) -> None:
    assert refused(body) is Code.DOCUMENT_REFUSED


def test_external_entities_are_never_read() -> None:
    parsed = read(
        '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
        + rss("<item><title>A&x;B</title></item>").partition("?>")[2]
    )

    assert (only(parsed).title or "").replace("&x;", "") == "AB"


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.lists(
        st.sampled_from([
            b"<rss version='2.0'>", b"<channel>", b"<item>", b"<title>", b"&amp;", b"&", b"<", b">",
            b"</item>", b"</title>", b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<?xml", b"?>",
            b"<feed xmlns='http://www.w3.org/2005/Atom'>", b"<entry>", b"<link href='//['/>",
            b"<pubDate>2", b"\xff", b"\x00", b"\xfe\xff", b"{", b"<!DOCTYPE a [", b"<!ENTITY a '",
            b"<content type='xhtml'>", b"<guid>", b"xml:base='http://[' ", b"\xc3\xbc",
        ]), max_size=30),
)  # fmt: skip
def test_any_bytes_give_entries_or_a_parse_error(pieces: list[bytes]) -> None:
    try:
        parsed = read(b"".join(pieces))
    except ParseError:
        return

    assert all(entry.url is None or "://" in entry.url for entry in parsed.entries)
