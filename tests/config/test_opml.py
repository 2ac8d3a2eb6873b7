"""Feed lists of other programs: read leniently, written strictly."""

from dataclasses import replace
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest

from aggregator.config import opml
from aggregator.errors import ConfigError
from aggregator.model import Catalogue, PlatformId, Site
from tests.builders import make_platform, make_source

NESTED = """<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0">
  <head><title>Meine Feeds</title></head>
  <body>
    <outline text="Verwaltung">
      <outline text="Bund"><outline type="rss" text="Amt" xmlUrl="https://amt.example/feed.xml"/></outline>
      <outline text="Kreis" title="Kreis &amp; Stadt" XMLURL=" https://kreis.example/rss "/>
      <outline type="link" text="Seite" url="https://seite.example/"/>
    </outline>
    <outline type="rss" text="Noch einmal" xmlUrl="https://amt.example/feed.xml"/>
    <outline type="atom" text="Podcast" xmlUrl="feed://https://pod.example/atom"/>
    <outline type="rss" text="Befehl" xmlUrl="|cat /etc/passwd"/>
    <outline type="rss" text="Leer"/>
  </body>
</opml>
"""


def read(text: str | bytes) -> opml.Subscriptions:
    return opml.read(text.encode() if isinstance(text, str) else text, "feeds.opml")


def test_nested_feeds_are_found_each_once() -> None:
    found = read(NESTED)

    assert [(feed.title, feed.url) for feed in found.feeds] == [
        ("Amt", "https://amt.example/feed.xml"),
        ("Kreis & Stadt", "https://kreis.example/rss"),
        ("Podcast", "https://pod.example/atom"),
    ]


def test_what_is_no_feed_address_is_told_with_its_line() -> None:
    told = [(mistake.line, mistake.cause) for mistake in read(NESTED).mistakes]

    assert [line for line, _ in told] == [12, 13]
    assert "beginnt nicht mit http" in told[0][1]
    assert "„Leer“ hat keine Adresse" in told[1][1]


def test_version_1_in_latin_1_is_read() -> None:
    body = ('<?xml version="1.0" encoding="ISO-8859-1"?><opml version="1.0"><body>'
            '<outline text="Grüße" xmlUrl="http://g.example/"/></body></opml>')  # fmt: skip

    assert read(body.encode("latin-1")).feeds[0].title == "Grüße"


@pytest.mark.parametrize(
    "body",
    [NESTED.replace("&amp;", "&"), NESTED[: NESTED.index("<outline type=\"rss\" text=\"Befehl")]],
    ids=["bare-ampersand", "cut-off"],
)  # fmt: skip
def test_a_broken_list_gives_what_it_can_and_says_so(body: str) -> None:
    found = read(body)

    assert len(found.feeds) == 3
    assert "kein wohlgeformtes XML" in found.mistakes[0].cause


@pytest.mark.parametrize(
    "body",
    ["", "  \n", "kein XML", "<rss version='2.0'><channel/></rss>", "\x00\x01", "{}"],
    ids=["empty", "blank", "text", "rss", "binary", "json"],
)
def test_what_is_no_opml_is_refused(body: str) -> None:
    with pytest.raises(ConfigError, match="kein OPML") as caught:
        read(body)

    assert caught.value.remedy


def test_entities_are_not_expanded() -> None:
    hostile = """<!DOCTYPE opml [<!ENTITY f SYSTEM "file:///etc/passwd">]>
        <opml><body><outline text="&f;" xmlUrl="https://x.example/"/></body></opml>"""

    assert "root:" not in "".join(feed.title for feed in read(hostile).feeds)


def test_definitions_leave_out_what_is_known_and_have_ids_of_their_own() -> None:
    catalogue = Catalogue(
        site=Site(), platforms=(make_platform(),), checksum="",
        sources=(make_source("amt-kreis-stadt", url="https://amt.example/feed.xml"),),
    )  # fmt: skip

    found = opml.definitions(read(NESTED).feeds, PlatformId("amt"), catalogue)

    assert [definition["id"] for definition in found] == ["amt-kreis-stadt-2", "amt-podcast"]


@pytest.mark.parametrize(
    ("text", "name"),
    [("Grüße & Söhne", "gruesse-soehne"),
     ("https://www.amt.example/Feed.xml", "amt-example-feed-xml"), ("§§", "quelle"),
     ("x" * 99, "x" * 56)],
    ids=["umlauts", "address", "nothing-left", "long"],
)  # fmt: skip
def test_an_id_is_made_of_a_text(text: str, name: str) -> None:
    assert opml.new_id(text, ()) == name


def test_what_is_written_is_read_again() -> None:
    platforms = (make_platform(), make_platform("leer"), make_platform("b"))
    platforms = (*platforms[:2], replace(platforms[2], name='A&B "<\x0bC>'))
    sources = (
        make_source("a1", url="https://amt.example/1?a=1&b=2"),
        make_source("b1", platform="b", url="https://b.example/"),
    )
    catalogue = Catalogue(
        site=Site(title="Index & Co", operator="Amt"), platforms=platforms, sources=sources,
        checksum="",
    )  # fmt: skip

    text = opml.write(catalogue, datetime(2026, 11, 24, 8, tzinfo=UTC))

    root = ET.fromstring(text)
    assert root.get("version") == "2.0"
    assert root.findtext("head/dateCreated") == "Tue, 24 Nov 2026 08:00:00 +0000"
    assert [group.get("text") for group in root.findall("body/outline")] == ["Amt", 'A&B "<C>']
    assert [feed.url for feed in read(text).feeds] == [s.url for s in sources]
    assert not read(text).mistakes
    required = {"type", "text", "title", "xmlUrl"}
    assert all(required <= set(o.keys()) for o in root.findall("body/outline/outline"))
