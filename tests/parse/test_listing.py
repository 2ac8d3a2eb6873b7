"""Listings: places by preset or by selectors, the next page, and being honest when nothing fits."""

import pytest

from aggregator.errors import ParseError
from aggregator.model import Code, Evidence, Role
from aggregator.parse.listing import parse_listing
from tests.parse.golden import make_page, make_source

ROWS = """
<table id="liste">
<tr class="zeile"><td class="tag"><time datetime="2026-03-01">1. März</time></td>
<td><a href="a.html">Erste</a></td></tr>
<tr class="zeile"><td class="tag">02.04.2026</td><td><a href="b.html">Zweite</a></td></tr>
</table><a class="weiter" href="?seite=2">weiter</a>
"""
SELECTORS = {"item": "tr.zeile", "title": "a", "link": "a", "date": "td.tag", "next": "a.weiter"}


def test_own_selectors_replace_those_of_the_preset() -> None:
    source = make_source(selectors=SELECTORS)
    parsed = parse_listing(source, make_page(ROWS, "https://haus.example/liste/"))
    assert [(e.url, e.title, e.published and e.published.at) for e in parsed.entries] == [
        ("https://haus.example/liste/a.html", "Erste", "2026-03-01"),
        ("https://haus.example/liste/b.html", "Zweite", "2026-04-02"),
    ]
    evidence = [e.published and e.published.evidence for e in parsed.entries]
    assert evidence == [Evidence.STRUCTURED, Evidence.TEXT]
    assert [(f.url, f.role) for f in parsed.follow] == [
        ("https://haus.example/liste/?seite=2", Role.INDEX)
    ]
    assert parsed.complete


def test_selector_that_matches_nothing_is_a_problem() -> None:
    parsed = parse_listing(make_source(), make_page("<p>Neue Gestaltung</p>"))
    assert [problem.code for problem in parsed.problems] == [Code.SELECTOR_EMPTY]
    assert not parsed.complete


def test_teasers_without_links_are_a_problem() -> None:
    html = '<div class="c-content-teaser"><h3 class="c-content-teaser__h">Titel</h3></div>'
    parsed = parse_listing(make_source(), make_page(html))
    assert [problem.code for problem in parsed.problems] == [Code.SELECTOR_EMPTY]


def test_broken_selector_names_the_source() -> None:
    source = make_source(selectors={"item": "div[[", "link": "a"})
    with pytest.raises(ParseError) as caught:
        parse_listing(source, make_page(ROWS))
    assert (caught.value.code, caught.value.where) == (Code.CONFIG_INVALID, "quelle")


def test_unknown_preset_names_the_known_ones() -> None:
    with pytest.raises(ParseError) as caught:
        parse_listing(make_source(preset="gsb-z"), make_page(ROWS))
    assert "gsb-c" in caught.value.remedy


def test_pager_that_leads_back_to_the_same_page_is_the_end() -> None:
    html = (
        '<div class="c-content-teaser"><h3>A</h3><a href="/a">mehr</a></div>'
        '<div class="navIndex"><ul><li class="forward"><a href="/seite#top">vor</a></li></ul></div>'
    )
    assert parse_listing(make_source(), make_page(html)).follow == ()


def test_pinned_teaser_is_one_entry() -> None:
    teaser = '<div class="c-content-teaser"><h3>A</h3><a href="/a">mehr</a></div>'
    assert len(parse_listing(make_source(), make_page(teaser * 2)).entries) == 1
