"""The fast path for plain feeds: equal to feedparser in everything that we keep, or it declines."""

import logging
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.errors import ParseError
from aggregator.model import Page, Parsed
from aggregator.parse import feed, feed_choice, feed_fast
from aggregator.parse.feed import parse_feed
from aggregator.parse.feed_bytes import prepared
from tests.parse.feeds import NOW, SOURCE

RSS = (
    '<?xml version="1.0" encoding="{charset}"?><rss version="2.0"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom"'
    ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    ' xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
    ' xmlns:forum="http://forum.example/"'
    ' xmlns:slash="http://purl.org/rss/1.0/modules/slash/"><channel><title>Amt</title>'
    "<link>https://amt.example/</link><description>Neues</description>{body}</channel></rss>"
)
ATOM = (
    '<?xml version="1.0" encoding="{charset}"?><feed xmlns="http://www.w3.org/2005/Atom"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" xml:lang="de-DE"><title>Amt</title>'
    "<id>https://amt.example/</id><updated>2026-05-04T11:44:58Z</updated>{body}</feed>"
)
LINK = "<link>https://amt.example/1</link>"
HTML = "&lt;p&gt;Der &lt;a href='/a'&gt;Antrag&lt;/a&gt; ist da.&lt;/p&gt;"


@pytest.fixture(autouse=True)
def _choice() -> Iterator[None]:
    feed_choice.prefer(wanted=True)
    yield
    feed_choice.prefer(wanted=True)


def page_of(text: str, charset: str = "utf-8", declared: str | None = None) -> Page:
    return Page(
        url="https://amt.example/f", final_url="https://amt.example/rss/f.xml",
        body=text.encode(charset), charset=declared, now=NOW,
    )  # fmt: skip


def rss(body: str) -> Page:
    return page_of(RSS.format(charset="utf-8", body=body))


def item(inner: str) -> Page:
    return rss(f"<item>{inner}</item>")


def entry(inner: str) -> Page:
    return page_of(ATOM.format(charset="utf-8", body=f"<entry>{inner}</entry>"))


def fast(page: Page) -> Parsed | None:
    """Read a feed without feedparser, None when it is declined."""
    body, _ = prepared(page.body, page.final_url)
    found = feed_fast.read(body, page.charset)
    if found is None:
        return None
    return feed._parsed(SOURCE, page, found, feed._problems(found, body, page, shortened=False))


def slow(page: Page) -> Parsed:
    feed_choice.prefer(wanted=False)
    try:
        return parse_feed(SOURCE, page)
    finally:
        feed_choice.prefer(wanted=True)


# --- equal -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "page",
    [
        item(f"<title>Ein Titel</title>{LINK}<description>{HTML}</description>"),
        item(f"<title>Größe &lt;b&gt;fett&lt;/b&gt; &amp;amp; R&amp;D</title>{LINK}"),
        item("<title>x</title><guid>https://amt.example/p</guid>"),
        item(f"<title>x</title><guid>https://amt.example/p</guid>{LINK}"),
        item(f"<title>x</title>{LINK}<guid>https://amt.example/p</guid>"),
        item(f'<title>x</title>{LINK}<guid isPermaLink="false"> a b </guid>'),
        item(f"<title>x</title>{LINK}<content:encoded>{HTML}</content:encoded>"),
        item(f"<description>kurz</description><content:encoded>{HTML}</content:encoded>{LINK}"),
        item(f"<content:encoded>{HTML}</content:encoded><description>kurz</description>{LINK}"),
        item(f"<title>x</title>{LINK}<pubDate>Mon, 04 May 2026 11:44:58 CEST</pubDate>"),
        item(f"<title>x</title>{LINK}<dc:date>2026-05-04T11:44:58+02:00</dc:date>"),
        item(f"<title>x</title>{LINK}<author>amt@stadt.bayern (Amt)</author>"),
        item(f"<title>x</title>{LINK}<dc:creator>A</dc:creator><dc:creator>B</dc:creator>"),
        item(f'<title>x</title>{LINK}<enclosure url="a.mp3" type="AUDIO/mpeg" length="1"/>'),
        item('<title>x</title><enclosure url="https://amt.example/a.pdf" type="x" length="1"/>'),
        item(f"<title>x</title>{LINK}<category>Bau</category><slash:comments>3</slash:comments>"),
        item("<title>x</title><link>https://amt.example/?a=1&amp;b=2&amp;copy;=3</link>"),
        item('<title>x</title><atom:link href="https://amt.example/9"/>'),
        item(f"<title>UTF-8 als Latin-1: GrÃ¶Ãe</title>{LINK}"),
        item(f"<title>Anführung \x93so\x94</title>{LINK}"),
        item(f"<title>x<!-- Kommentar -->y</title>{LINK}"),
        item(f"<title><![CDATA[a < b]]> &#8211; c</title>{LINK}"),
        item(f"<title/>{LINK}<description/>"),
        item(f"<title>x</title>{LINK}<forum:views>3</forum:views><sy:x a='b'>y</sy:x>"),
        item(f'<title>x</title>{LINK}<post-id xmlns="com-wordpress:feed-additions:1">7</post-id>'),
        rss("<language>de-de</language><ttl>60</ttl>" + "<item><title>x</title></item>" * 3),
        rss("<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>"),
        rss("<image><url>u</url><title>Bild</title><link>l</link></image>"),
        entry("<title>x</title><link href='https://amt.example/1'/><id>urn:x</id>"),
        entry("<id>https://amt.example/1</id><title type='html'>&lt;b&gt;x&lt;/b&gt;</title>"),
        entry(
            "<title>x</title><link rel='enclosure' type='audio/mpeg' href='https://a.example/m'/>"
        ),
        entry(f"<title>x</title><summary>kurz</summary><content type='html'>{HTML}</content>"),
        entry(f"<title>x</title><content type='html'>{HTML}</content><summary>kurz</summary>"),
        entry(f"<title>x</title><content type='html'>{HTML}</content>"),
        entry("<title>x</title><published>2026-05-04</published><updated>2026-05-05</updated>"),
        entry("<title>x</title><author><name>A</name></author><author><name>B</name></author>"),
        entry("<title>x</title><author><name>A</name><email>a@amt.example</email></author>"),
        entry("<title>x</title><author><email>a@amt.example</email></author>"),
    ],
)
def test_a_plain_feed_is_read_as_feedparser_reads_it(page: Page) -> None:
    found = fast(page)

    assert found is not None
    assert found == slow(page)


@pytest.mark.parametrize(
    ("written", "declared"),
    [("utf-8", None), ("utf-8", "utf-8"), ("iso-8859-1", None), ("windows-1252", None),
     ("windows-1252", "windows-1252"), ("iso-8859-1", "ISO-8859-1")],
)  # fmt: skip
def test_plain_charsets_are_read_as_feedparser_reads_them(
    written: str, declared: str | None
) -> None:
    text = RSS.format(charset=written, body=f"<item><title>Größe</title>{LINK}</item>")
    page = page_of(text, written, declared)

    found = fast(page)

    assert found is not None
    assert found.entries[0].title == "Größe"
    assert found == slow(page)


# --- declined --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "page",
    [
        item("<title>a</title><title>b</title>"),
        item("<title><b>a</b></title>"),
        item('<title xml:lang="en">a</title>'),
        item("<title>a</title><link>https:///amt.example/1</link>"),
        item("<title>a</title><unbekannt/>"),
        item("<title>a</title><forum:views base='x'/>"),
        item('<title>a</title><x xmlns="http://amt.example/x"/>'),
        item("<title>a</title><dc:title>b</dc:title>"),
        item("<title>a</title><description>b</description><description>c</description>"),
        item("<title>a</title><author>a@amt.example (A)</author><author>B</author>"),
        item("<title>&nbsp;</title>"),
        item("<title>offen"),
        rss("<itunes:summary>x</itunes:summary>"),
        rss("<title>zweiter</title>"),
        rss("<textInput><title>Suche</title></textInput>"),
        entry("<title type='xhtml'><div>x</div></title>"),
        entry("<title>x</title><content type='html' xml:base='https://b.example/'>y</content>"),
        entry("<title>x</title><content type='application/xml'>y</content>"),
        entry("<title>x</title><source><title>y</title></source>"),
        entry("<title>x</title><link/>"),
        entry("<author><name>A</name></author><author><uri>u</uri></author>"),
        page_of('<!DOCTYPE rss><rss version="2.0"><channel><item/></channel></rss>'),
        page_of('<rss version="0.91"><channel><item/></channel></rss>'),
        page_of('<rss version="2.0"><channel/><channel/></rss>'),
        page_of('<rss version="2.0" xml:base="https://a.example/"><channel/></rss>'),
        page_of('<rss version="2.0" xmlns:dc="http://x.example/"><channel/></rss>'),
        page_of('<rss version="2.0" xmlns:x="http://purl.org/rss/1.0/"><channel/></rss>'),
        page_of('<rss version="2.0" xmlns="http://backend.userland.com/rss2"><channel/></rss>'),
        page_of('<?xml version="1.1"?><rss version="2.0"><channel/></rss>'),
        page_of(RSS.format(charset="utf-16", body="")),
        page_of(RSS.format(charset="iso-8859-15", body="<item><title>ä</title></item>"), "latin-1"),
        page_of(RSS.format(charset="utf-8", body="<item><title>ä</title></item>"), "latin-1",
                "utf-8"),
        page_of("<opml/>"),
    ],
)  # fmt: skip
def test_what_is_not_plain_is_left_to_feedparser(page: Page) -> None:
    assert fast(page) is None


def test_a_very_large_feed_is_left_to_feedparser() -> None:
    assert feed_fast.read(rss(" " * feed_fast.MAX_BYTES).body, None) is None


# --- anything --------------------------------------------------------------------------------

TEXTS = st.sampled_from(
    ["", "x", " Größe ", HTML, "https://amt.example/1", "/a?b=1&amp;c=2", "a@amt.example (A)",
     "GrÃ¶Ãe", "&lt;b&gt;x&lt;/b&gt;", "&amp;auml;", "<![CDATA[<p>a</p><p>b]]>", "\u2028\x85 \x93",
     "2026-05-04T11:44:58Z", "Mon, 04 May 2026 11:44:58 CEST", "urn:x", "a<!-- b -->c"]
)  # fmt: skip
ADDRESS = "href='https://amt.example/2'"
TYPED = ("", " type='html'", " type='TEXT'", " type='text/html'")
# What stands in a plain feed, with its attributes; and what makes it less plain.
IN_RSS = {
    "title": ("",), "link": ("",), "guid": ("", " isPermaLink='false'", " isPermaLink='true'"),
    "description": ("",), "content:encoded": ("",), "pubDate": ("",), "author": ("",),
    "dc:creator": ("",), "dc:date": ("",), "dc:subject": ("",), "category": ("", " domain='x'"),
    "comments": ("",), "source": (" url='u'",), "slash:comments": ("", " a='b'"),
    "enclosure": (" url='a.mp3' type='audio/mpeg'", " url='https://amt.example/a'"),
}  # fmt: skip
IN_ATOM = {
    "title": TYPED, "id": ("",), "published": ("",), "updated": ("",), "summary": TYPED,
    "content": TYPED, "category": (" term='x'",), "dc:subject": ("",), "rights": TYPED,
}  # fmt: skip
WHOLE = ("<link {a}/>", "<link rel='alternate' {a}/>", "<link rel='ENCLOSURE' {a} type='a/B'/>",
         "<link rel='self' {a}/>", "<author><name>A</name></author>",
         "<author><name>B</name><email>b@amt.example</email></author>", "<author/>",
         "<contributor><name>C</name><uri>u</uri></contributor>")  # fmt: skip
WILD = st.sampled_from(
    ["<title>zwei</title>", "<b>x</b>", "<title xml:lang='en'>x</title>", "<dc:title>x</dc:title>",
     "<link>http:///a</link>", "<content type='xhtml'><div>x</div></content>", "Text", "<name>x",
     "<category base='x'/>", "<image/>", "<textInput/>", "<content src='x'/>"]
)  # fmt: skip


@st.composite
def elements(draw: st.DrawFn, table: dict[str, tuple[str, ...]]) -> str:
    name = draw(st.sampled_from(sorted(table)))
    return f"<{name}{draw(st.sampled_from(table[name]))}>{draw(TEXTS)}</{name}>"


@st.composite
def entries(draw: st.DrawFn, table: dict[str, tuple[str, ...]], prefix: str) -> str:
    """Elements of an entry in any order, each but links and people once."""
    found = draw(st.lists(elements(table), max_size=7, unique_by=lambda e: e[: e.find(">")][:4]))
    for shape in draw(st.lists(st.sampled_from(WHOLE[: 4 if prefix else None]), max_size=3)):
        text = shape.format(a=ADDRESS).replace("<link", f"<{prefix}link")
        found.insert(draw(st.integers(0, len(found))), text)
    if draw(st.integers(0, 9)) == 0:
        found.append(draw(WILD))
    return "".join(found)


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """A feed of the profile, or one that leaves it a little; sometimes with broken bytes."""
    frame, name, table, prefix = draw(
        st.sampled_from([(RSS, "item", IN_RSS, "atom:"), (ATOM, "entry", IN_ATOM, "")])
    )
    inner = draw(st.lists(entries(table, prefix), max_size=3))
    facts = ("<language>de</language>", "<ttl>5</ttl>", "<sy:updatePeriod>daily</sy:updatePeriod>")
    before = draw(st.lists(st.sampled_from(facts), max_size=2)) if name == "item" else []
    body = "".join(before) + "".join(f"<{name}>{one}</{name}>" for one in inner)
    whole = frame.format(charset="utf-8", body=body).encode()
    for _ in range(max(0, draw(st.integers(-8, 2)))):
        at = draw(st.integers(0, len(whole)))
        cut = draw(st.integers(0, 4))
        whole = whole[:at] + draw(st.binary(max_size=2)) + whole[at + cut :]
    return whole


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(documents())
def test_any_feed_is_declined_or_read_as_feedparser_reads_it(body: bytes) -> None:
    page = Page(url="", final_url="https://amt.example/rss/f.xml", body=body, now=NOW)
    try:
        found = fast(page)
    except ParseError:
        return  # before either of the two

    if found is not None:
        assert found == slow(page)


# --- the watch -------------------------------------------------------------------------------


def test_the_first_of_each_shape_and_every_hundredth_document_is_read_twice() -> None:
    read = [feed_choice.is_to_be_checked("a" if n % 2 else "b") for n in range(1, 301)]

    assert [n for n, checked in enumerate(read, start=1) if checked] == [1, 2, 100, 200, 300]


def test_a_difference_counts_for_feedparser_and_ends_the_fast_path_for_its_source(
    caplog: pytest.LogCaptureFixture,
) -> None:
    page = item(f"<title>richtig</title>{LINK}")
    wrong = feed_fast.read(page.body, None)
    assert wrong is not None
    wrong["entries"][0]["title"] = "falsch"

    with caplog.at_level(logging.WARNING):
        found = feed._watched(SOURCE, page, page.body, wrong)

    assert found.entries[0].title == "richtig"
    assert "amt" in caplog.text
    assert not feed_choice.allows_fast(SOURCE.id)
    assert feed_choice.allows_fast("andere")


def test_the_setting_sends_everything_to_feedparser() -> None:
    feed_choice.prefer(wanted=False)

    assert not feed_choice.allows_fast(SOURCE.id)
