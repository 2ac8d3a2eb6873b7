"""What a page offers: feeds, interfaces, lists; and what only looks like it."""

import pytest

from aggregator.parse.offers import Offers, candidates
from tests.parse.golden import CORPUS, make_page

HOME = "https://haus.example/aktuelles/"


def offers(head: str = "", body: str = "", address: str = HOME) -> Offers:
    html = f"<!doctype html><html><head>{head}</head><body>{body}</body></html>"
    return candidates(make_page(html, address))


def feeds(found: Offers) -> list[str]:
    return [offer.url for offer in found.offers if offer.kind == "feed"]


def test_feed_of_comments_is_not_the_feed_of_news() -> None:
    found = offers(
        '<link rel="alternate" type="application/rss+xml" title="Haus » Feed" href="/feed/">'
        '<link rel="alternate" type="application/rss+xml" title="Haus » Kommentar-Feed"'
        ' href="/comments/feed/">'
    )
    assert feeds(found) == ["https://haus.example/feed/"]
    assert [offer.url for offer in found.dropped] == ["https://haus.example/comments/feed/"]


def test_formats_of_one_feed_are_one_offer() -> None:
    found = offers(
        '<link rel="alternate" type="application/rss+xml" title="Presse (RSS)" href="/presse.rss">'
        '<link rel="alternate" type="application/atom+xml" title="Presse (Atom)" href="/p.atom">'
    )
    assert [(o.url, o.also) for o in found.offers] == [
        ("https://haus.example/presse.rss", ("https://haus.example/p.atom",))
    ]


def test_feeds_of_rubrics_stay_apart() -> None:
    found = offers(body='<a href="/rss/presse.xml">Presse</a> <a href="/rss/termine.xml">RSS</a>')
    assert len(feeds(found)) == 2


def test_link_to_a_feed_of_another_site_is_no_offer() -> None:
    assert feeds(offers(body='<a href="https://anderswo.example/feed.xml">Feed</a>')) == []


def test_session_is_taken_off_the_address_of_a_feed() -> None:
    session = "0123456789ABCDEF0123456789ABCDEF.live1"
    found = offers(body=f'<a href="/SiteGlobals/RSSNewsfeed.xml;jsessionid={session}">RSS</a>')
    assert feeds(found) == ["https://haus.example/SiteGlobals/RSSNewsfeed.xml"]


@pytest.mark.parametrize(
    ("head", "kind", "url"),
    [
        ('<link rel="https://api.w.org/" href="/wp-json/">', "wordpress", "/"),
        ('<meta name="generator" content="Discourse 3.4.0 - https://…">', "discourse", "/"),
        ('<meta name="ajs-base-url" content="https://haus.example/wiki">', "confluence", "/wiki"),
        ('<link rel="EditURI" href="/w/api.php?action=rsd">', "mediawiki", "/w/api.php"),
        ('<meta name="generator" content="ckan 2.10.4">', "ckan", "/"),
    ],
)
def test_interface_of_a_system_is_offered(head: str, kind: str, url: str) -> None:
    found = offers(head)
    assert [(o.kind, o.url) for o in found.offers] == [(kind, f"https://haus.example{url}")]


def test_links_to_the_system_of_another_site_are_no_mark_of_this_one() -> None:
    links = "".join(
        f'<a href="https://www.bmi.bund.de/SharedDocs/kurzmeldungen/DE/{n}.html">{n}</a>'
        for n in range(9)
    )
    assert offers(body=links).systems == ()


def test_box_of_two_teasers_is_no_listing() -> None:
    teaser = '<div class="c-content-teaser"><h3>A</h3><a href="/{0}">mehr</a></div>'
    two = "".join(teaser.format(n) for n in range(2))
    three = "".join(teaser.format(n) for n in range(3))
    assert offers(body=two).offers == ()
    assert [(o.kind, o.preset) for o in offers(body=three).offers] == [("listing", "gsb-c")]


def test_listing_of_the_corpus_is_offered_with_its_preset() -> None:
    page = make_page((CORPUS / "listing" / "gsb_card.html").read_bytes(), HOME)
    assert [(o.kind, o.preset, o.url) for o in candidates(page).offers] == [
        ("listing", "gsb-card", HOME)
    ]


def test_bytes_that_are_no_page_offer_nothing() -> None:
    assert candidates(make_page(b"")).offers == ()
    assert candidates(make_page(b"\x00\xff" * 50)).offers == ()


@pytest.mark.parametrize(
    ("head", "name"),
    [
        ("<title>Stadt Musterstadt - Ratsinformationssystem</title>", "ratsinfo"),
        ("<title>Bürgerinfoportal | Kreis</title>", "ratsinfo"),
        ('<meta name="generator" content="ALLRIS 4">', "ratsinfo"),
        ("<title>Der Rat informiert sich</title>", None),
    ],
)
def test_council_information_systems_are_known_by_their_titles(head: str, name: str | None) -> None:
    assert next((system for system, _ in offers(head).systems), None) == name


def test_link_to_the_interface_of_a_council_is_offered() -> None:
    found = offers(body='<a href="/oparl/v1.1/system">Offene Daten</a> <a href="/oparlament">x</a>'
                   '<a href="https://anderswo.example/oparl/system">Nachbarn</a>')  # fmt: skip
    assert [(o.kind, o.url) for o in found.offers] == [
        ("oparl", "https://haus.example/oparl/v1.1/system")
    ]
