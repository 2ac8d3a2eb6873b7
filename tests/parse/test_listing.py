"""Listings: places by preset or by selectors, the next page, and being honest when nothing fits."""

import pytest

from aggregator.errors import ParseError
from aggregator.model import Code, Evidence, Role
from aggregator.parse.listing import parse_listing
from aggregator.parse.presets import PRESETS
from tests.parse.golden import CORPUS, make_page, make_source

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


@pytest.mark.parametrize(
    ("file", "preset"),
    [
        ("gsb_teasers", "gsb-c"), ("gsb_card", "gsb-card"), ("gsb_pp", "gsb-pp"),
        ("typo3_search", "typo3-news"), ("typo3_news", "typo3-news"), ("joomla_blog", "joomla"),
        ("vogel", "vogel"), ("ikiss", "ikiss"),
    ],
)  # fmt: skip
def test_the_system_of_a_listing_is_recognised(file: str, preset: str) -> None:
    body = (CORPUS / "listing" / f"{file}.html").read_bytes()
    assert parse_listing(make_source(), make_page(body)).dialect == preset
    assert parse_listing(make_source(preset=preset), make_page(body)).entries


def test_every_preset_has_a_listing_in_the_corpus() -> None:
    bodies = [path.read_bytes() for path in (CORPUS / "listing").glob("*.html")]
    seen = {parse_listing(make_source(), make_page(body)).dialect for body in bodies}
    assert seen == set(PRESETS)


def test_pager_of_numbers_goes_on_behind_the_page_that_was_asked_for() -> None:
    html = (
        '<div class="news-list-view"><div class="article"><h3><a href="/a">A</a></h3></div></div>'
        '<ul class="pager">{}</ul>'
    ).format("".join(f'<li><a href="?currentPage={n}&cHash={n}f">{n}</a></li>' for n in (1, 3, 2)))
    for asked, following in (("", "2"), ("?currentPage=2&cHash=2f", "3")):
        parsed = parse_listing(make_source(), make_page(html, f"https://haus.example/liste{asked}"))
        assert [f.url for f in parsed.follow] == [
            f"https://haus.example/liste?currentPage={following}&cHash={following}f"
        ]
    last = make_page(html, "https://haus.example/liste?currentPage=3&cHash=3f")
    assert parse_listing(make_source(), last).follow == ()


def test_disabled_link_of_a_pager_leads_nowhere() -> None:
    html = (
        '<div class="blog"><div class="item"><h2><a href="/1-a">A</a></h2></div></div>'
        '<ul class="pagination"><li class="disabled page-item pagination-next">'
        '<a href="/liste?start=0">Weiter</a></li></ul>'
    )
    assert parse_listing(make_source(), make_page(html)).follow == ()


def test_link_that_only_says_more_is_named_by_its_title() -> None:
    html = (
        '<ul><li class="search-result teaser">'
        '<a class="teaser-link" title="Wallet" href="/w">mehr</a></li></ul>'
    )
    assert [e.title for e in parse_listing(make_source(), make_page(html)).entries] == ["Wallet"]


def test_found_by_names_the_alternative_that_matched() -> None:
    body = (CORPUS / "listing" / "gsb_pp.html").read_bytes()
    entry = parse_listing(make_source(), make_page(body)).entries[0]
    assert entry.found_by == {
        "title": "pp-headline",
        "published": "time",
        "summary": "pp-richtext",
    }


@pytest.mark.parametrize(
    ("title", "body", "code"),
    [
        ("Anmeldung", "<form><input type=password></form>", Code.LOGIN),
        ("Cookies erforderlich", "Bitte aktivieren Sie Cookies.", Code.NEEDS_COOKIE),
        ("Sind Sie ein Mensch?", "<div class=g-recaptcha></div>", Code.LOGIN),
        ("Wartungsarbeiten", "Wir sind bald zurück.", Code.HTTP_ERROR),
        ("Seite nicht gefunden", "Bitte nutzen Sie die Suche.", Code.NOT_FOUND),
    ],
)
def test_wall_instead_of_a_listing_is_named(title: str, body: str, code: Code) -> None:
    html = f"<!doctype html><title>{title}</title><h1>{title}</h1>{body}"
    with pytest.raises(ParseError) as caught:
        parse_listing(make_source(), make_page(html))
    assert caught.value.code is code


LAST = ("<p>Keine weiteren Meldungen</p><a href='?seite=1'>1</a> <a href='?seite=2'>2</a>"
        " <a href='/impressum?seite=1'>Impressum</a>")  # fmt: skip


def test_empty_page_behind_a_full_last_one_is_the_end() -> None:
    source = make_source(selectors=SELECTORS)
    address = "https://haus.example/liste/?seite=3"
    parsed = parse_listing(source, make_page(LAST, address, role=Role.INDEX))
    assert (parsed.entries, parsed.follow, parsed.problems) == ((), (), ())
    assert parsed.complete


@pytest.mark.parametrize(
    ("address", "role", "html"),
    [
        ("https://haus.example/liste/?seite=3", Role.ROOT, LAST),
        ("https://haus.example/liste/?seite=1", Role.INDEX, LAST),
        ("https://haus.example/liste/?seite=3", Role.INDEX, "<p>Wartung</p>"),
        ("https://haus.example/liste/c.html", Role.INDEX, LAST),
    ],
    ids=["root", "first", "no-way-back", "no-number"],
)
def test_other_pages_without_entries_stay_doubtful(address: str, role: Role, html: str) -> None:
    parsed = parse_listing(make_source(selectors=SELECTORS), make_page(html, address, role=role))
    assert [problem.code for problem in parsed.problems] == [Code.SELECTOR_EMPTY]
    assert not parsed.complete
