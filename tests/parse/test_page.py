"""Web pages: what is declared beats what is seen, and what is seen beats what is guessed."""

import pytest

from aggregator.errors import ParseError
from aggregator.model import Code, Entry, Evidence, ItemKind, Policy
from aggregator.parse.page import parse_page
from tests.parse.golden import make_page, make_source

PROSE = (
    "<p>Der Landkreis nimmt Anträge auf Wohngeld seit dem Frühjahr über ein gemeinsames Portal"
    " entgegen, das acht Nachbarkreise mit betreiben und das ein Rechenzentrum pflegt.</p>"
    "<p>Die Bearbeitung dauert nach Angaben des Hauses im Mittel vierzehn Tage, halb so lange wie"
    " zuvor, weil Nachweise nicht mehr auf Papier eingereicht werden müssen.</p>"
)


def read(head: str = "", body: str = PROSE, **page: object) -> Entry:
    html = f"<html lang=de><head>{head}</head><body><article>{body}</article></body></html>"
    parsed = parse_page(make_source(), make_page(html, **page))  # type: ignore[arg-type]  # Page fields
    assert len(parsed.entries) == 1
    return parsed.entries[0]


@pytest.mark.parametrize(
    ("head", "at", "evidence"),
    [
        ('<script type="application/ld+json">{"@type":"NewsArticle","datePublished":'
         '"2026-05-04T10:00:00+02:00"}</script>', "2026-05-04T08:00:00Z", Evidence.STRUCTURED),
        ('<meta property="article:published_time" content="2026-05-04T10:00:00+02:00">',
         "2026-05-04T08:00:00Z", Evidence.META),
        ('<meta name="dcterms.issued" content="2026-05-04">', "2026-05-04", Evidence.META),
        # A content system wrote the midnight, not the publisher.
        ('<meta property="article:published_time" content="2026-05-04T00:00:00+02:00">',
         "2026-05-04", Evidence.META),
        # The day that stands on the article, when neither UTC nor Berlin has it.
        ('<meta property="article:published_time" content="2026-05-03T20:00:00-08:00">',
         "2026-05-03", Evidence.META),
        # Comments of an article have dates of their own.
        ('<script type="application/ld+json">{"@type":"Article","comment":[{"datePublished":'
         '"2026-01-01"}],"datePublished":"2026-05-04"}</script>', "2026-05-04",
         Evidence.STRUCTURED),
    ],
)  # fmt: skip
def test_declared_date_comes_with_its_evidence(head: str, at: str, evidence: Evidence) -> None:
    published = read(head).published
    assert published is not None
    assert (published.at, published.evidence) == (at, evidence)


@pytest.mark.parametrize(
    ("body", "at"),
    [
        ("<h1>Wohngeld</h1><p>Meldung OZG-Föderal 21.01.2021</p>", "2021-01-21"),
        ("<h1>Wohngeld</h1><p>Interview 20.01.2025</p>", "2025-01-20"),
        ("<h1>Wohngeld</h1><p>Pressemitteilung vom 13. Juni 2018</p>", "2018-06-13"),
        ("<h1>Wohngeld</h1><p>07.05.2026, Pressemitteilung</p>", "2026-05-07"),
        ("<h1>Wohngeld</h1><div>Datum: 18.10.2021</div>", "2021-10-18"),
        ("<h1>Wohngeld</h1><p>Kreishaus, (12.11.2021). Der Antrag ist da.</p>", "2021-11-12"),
        ("<h1>Wohngeld</h1><p>Von der Redaktion am 4. 2. 2022.</p>", "2022-02-04"),
        ("<p>Lesungen: 61. Erschienen am: 01.11.2023</p>", "2023-11-01"),
        ("<p>Wurde am 19. Mai 2010 um 23:03 Uhr gepostet.</p>", "2010-05-19"),
        ("<p>Stand: 26.10.2021</p>", "2021-10-26"),
    ],
)
def test_date_in_the_text_is_evidence_text(body: str, at: str) -> None:
    published = read(body=body + PROSE).published
    assert published is not None
    assert (published.at, published.evidence) == (at, Evidence.TEXT)


def test_last_change_is_no_publication() -> None:
    entry = read(
        '<meta name="dcterms.issued" content="2026-05-04">',
        PROSE + "<p>Zuletzt geändert von der Redaktion am 01.06.2026</p>",
    )
    assert entry.published is not None
    assert (entry.published.at, entry.updated_at) == ("2026-05-04", "2026-06-01")


def test_article_of_a_known_system_without_date_has_none() -> None:
    html = (
        '<h1 class="c-content-stage__headline">Rahmen</h1><div class="c-content-article">'
        "<p>Am 1. März 2024 trat die Änderung in Kraft.</p></div>"
    )
    entry = parse_page(make_source(), make_page(html)).entries[0]
    assert entry.published is None


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("<title>Wohngeld digital - Digitale Verwaltung</title>", "", "Wohngeld digital"),
        ("<title>Wohngeld digital | Kreis</title>", "<h1>Wohngeld digital</h1>",
         "Wohngeld digital"),
        ('<title>Kreis: Wohngeld</title><meta property="og:title" content="Wohngeld · Kreis">'
         '<meta property="og:site_name" content="Kreis">', "", "Wohngeld"),
        ("<title>Antrag, Bescheid - und was dann geschieht, wenn niemand antwortet</title>", "",
         "Antrag, Bescheid - und was dann geschieht, wenn niemand antwortet"),
        ("", '<h1><span class="visually-hidden">Artikel: </span>Wohn&shy;geld</h1>', "Wohngeld"),
        ("<title>Kita <em>plus</em> | Amt</title>", "<h1>Kita <em>plus</em></h1>", "Kita plus"),
    ],
)  # fmt: skip
def test_title_comes_without_the_name_of_the_site(head: str, body: str, title: str) -> None:
    assert read(head, body + PROSE).title == title


@pytest.mark.parametrize(
    ("head", "headers", "policy", "snippet"),
    [
        ('<meta name="robots" content="index, follow">', {}, None, None),
        ('<meta name="robots" content="noindex">', {}, Policy.LINK, None),
        ('<meta name="robots" content="NOSNIPPET">', {}, Policy.LINK, None),
        ('<meta name="robots" content="max-snippet:80">', {}, None, 80),
        ('<meta name="robots" content="max-snippet:0">', {}, Policy.LINK, None),
        ('<meta name="robots" content="max-snippet:-1">', {}, None, None),
        ('<meta name="robots" content="max-snippet:100, max-snippet: 80">', {}, None, 80),
        ('<meta name="robots" content="none">', {}, Policy.LINK, None),
        ('<meta name="robots" content="noarchive">', {}, Policy.EXCERPT, None),
        ('<meta name="robots" content="noarchive, max-snippet:80">', {}, Policy.EXCERPT, 80),
        ('<meta name="robots" content="nocache, noindex">', {}, Policy.LINK, None),
        (
            '<meta name="Robots" content="all"><meta name="robots" content="noindex">',
            {},
            Policy.LINK,
            None,
        ),
        ('<meta name="Querverweis" content="nosnippet">', {}, Policy.LINK, None),
        ('<meta name="otherbot" content="noindex">', {}, None, None),
        ('<meta name="robots" content="nofollow, noimageindex, notranslate">', {}, None, None),
        ('<meta name="tdm-reservation" content="1">', {}, Policy.LINK, None),
        ('<meta name="tdm-reservation" content="0">', {}, None, None),
        ('<meta name="tdm-reservation" content="0">', {"tdm-reservation": "1"}, None, None),
        ('<meta name="tdm-reservation" content="1">', {"tdm-reservation": "0"}, Policy.LINK, None),
        ("", {"tdm-reservation": "1"}, Policy.LINK, None),
        ("", {"tdm-reservation": "1, 1"}, Policy.LINK, None),
        ("", {"tdm-reservation": "10"}, None, None),
        ("", {"x-robots-tag": "querverweis: noindex"}, Policy.LINK, None),
        ("", {"x-robots-tag": "*: noindex"}, Policy.LINK, None),
        ("", {"x-robots-tag": "otherbot: noindex\nnosnippet"}, Policy.LINK, None),
        ("", {"x-robots-tag": "otherbot: noindex\nfollow"}, None, None),
        ("", {"x-robots-tag": "otherbot: noindex, querverweis: noarchive"}, Policy.EXCERPT, None),
        (
            "",
            {"x-robots-tag": "unavailable_after: Wed, 25 Jun 2030 15:00:00 GMT, noindex"},
            Policy.LINK,
            None,
        ),
        ("", {"x-robots-tag": "noarchive, noindex"}, Policy.LINK, None),
        ("", {"x-robots-tag": "otherbot: noindex, nofollow"}, None, None),
        ("", {"x-robots-tag": "unavailable_after: 25 Jun 2030 15:00:00 PST"}, None, None),
    ],
)
def test_reservations_tighten_the_policy(
    head: str, headers: dict[str, str], policy: Policy | None, snippet: int | None
) -> None:
    entry = read(head, headers=headers)
    assert (entry.policy, entry.max_snippet) == (policy, snippet)


def test_canonical_address_is_an_alias_only_on_its_own_host() -> None:
    head = (
        '<link rel=canonical href="/a"><meta property="og:url" content="https://fremd.example/a">'
    )
    assert read(head, address="https://haus.example/a?nn=1").aliases == ("https://haus.example/a",)


def test_address_before_the_redirect_is_an_alias() -> None:
    page = make_page(f"<title>x</title>{PROSE}", final_url="https://haus.example/neu")
    entry = parse_page(make_source(), page).entries[0]
    assert entry.url == "https://haus.example/neu"
    assert entry.aliases == ("https://haus.example/seite",)


def test_navigation_gives_no_links() -> None:
    html = (
        "<body><nav><ul><li><a href=/start>Startseite</a></ul></nav><main><h1>Wohngeld</h1>"
        f"{PROSE}<p>Näheres regelt das <a href=/gesetz>Gesetz über das Wohngeld in seiner geltenden"
        " Fassung</a>, das der Bund beschlossen hat.</p></main>"
        "<footer><a href=/impressum>Impressum</a></footer></body>"
    )
    entry = parse_page(make_source(), make_page(html)).entries[0]
    assert [link.url for link in entry.links] == ["https://haus.example/gesetz"]


def test_offered_feeds_are_found() -> None:
    html = (
        '<head><link rel="alternate" type="application/atom+xml" title="Neu" href="/feed">'
        '<link rel="alternate" hreflang="en" href="/en"></head>' + PROSE
    )
    feeds = parse_page(make_source(), make_page(html)).feeds
    assert [(feed.url, feed.title, feed.type) for feed in feeds] == [
        ("https://haus.example/feed", "Neu", "application/atom+xml")
    ]


def test_interview_is_no_faq() -> None:
    questions = "".join(
        f"<h3 id=q{n}>Was sagen Sie zu Punkt {n}?</h3><p>Dazu sage ich wenig.</p>" for n in range(4)
    )
    assert read("<title>Im Gespräch</title>", questions + PROSE).kind is not ItemKind.FAQ


@pytest.mark.parametrize("mark", ["dt", "summary"])
def test_definition_lists_and_details_are_questions_too(mark: str) -> None:
    wrap = {
        "dt": '<dl>{}</dl>|<dt id="f{n}">Frage {n}?</dt><dd>Antwort {n}.</dd>',
        "summary": '{}|<details id="f{n}"><summary>Frage {n}?</summary>Antwort {n}.</details>',
    }[mark]
    frame, one = wrap.split("|")
    pairs = frame.format("".join(one.format(n=n) for n in range(3)))
    parsed = parse_page(make_source(), make_page(f"<title>FAQ</title><h1>FAQ</h1>{pairs}"))
    assert [(e.url, e.title, e.text, e.kind) for e in parsed.entries] == [
        (f"https://haus.example/seite#f{n}", f"Frage {n}?", f"Antwort {n}.", ItemKind.FAQ)
        for n in range(3)
    ]


def test_login_box_beside_an_article_is_no_wall() -> None:
    body = f"<header><form><input type=password></form></header><h1>Wohngeld</h1>{PROSE}"
    assert read(body=body).text.startswith("Der Landkreis")


def test_consent_banner_is_no_cookie_wall() -> None:
    banner = "<div>Wir nutzen Cookies. Sie können Cookies zulassen oder ablehnen.</div>"
    assert read(body=f"<h1>Wohngeld</h1>{PROSE}{banner}").title == "Wohngeld"


def test_page_without_text_is_said_to_be_empty() -> None:
    parsed = parse_page(make_source(), make_page("<html><body></body></html>"))
    assert parsed.entries == ()
    assert [problem.code for problem in parsed.problems] == [Code.EMPTY]


def test_deep_nesting_and_masses_of_links_end_soon() -> None:
    deep = "<div>" * 50_000 + "Tief" + "</div>" * 50_000
    many = "<p>" + "<a href=/x>x</a> " * 70_000
    for html in (deep, many):
        parsed = parse_page(make_source(), make_page(html))
        assert parsed.entries or parsed.problems


@pytest.mark.parametrize(
    "one",
    [
        '<h3><a name="f{n}"></a>Frage {n}?</h3><p>Antwort {n}.</p>',  # a name within the heading
        '<div id="f{n}"><div><h3>Frage {n}?</h3></div><div>Antwort {n}.</div></div>',  # wrapped
    ],
)
def test_anchor_of_a_question_may_stand_in_it_or_around_it(one: str) -> None:
    body = "<title>Fragen und Antworten</title>" + "".join(one.format(n=n) for n in range(3))
    entries = parse_page(make_source(), make_page(body)).entries
    assert [(e.entry_id, e.text) for e in entries] == [(f"f{n}", f"Antwort {n}.") for n in range(3)]


def test_questions_without_anchors_stay_one_page() -> None:
    body = "<title>FAQ</title>" + "<h3>Was gilt?</h3><p>Dies.</p>" * 4
    assert len(parse_page(make_source(), make_page(body)).entries) == 1


def test_time_element_of_the_article_is_structured_evidence() -> None:
    body = '<div><time class="entry-date" datetime="2026-05-04T10:00:00+02:00">gestern</time></div>'
    published = read(body=body + PROSE).published
    assert published is not None
    assert (published.at, published.evidence) == ("2026-05-04T08:00:00Z", Evidence.STRUCTURED)


def test_searched_date_says_that_it_came_from_the_address() -> None:
    address = "https://haus.example/2020/04/16/neue-angebote/"
    published = read(address=address).published
    assert published is not None
    assert (published.at, published.evidence) == ("2020-04-16", Evidence.URL)


def test_links_in_cells_of_a_table_count() -> None:
    table = (
        "<table><tr><th>Land</th><th>Portal</th></tr><tr><td>Nord</td>"
        "<td>Zum <a href='/nord'>Portal Nord</a></td></tr></table>"
    )
    entry = read("", PROSE + table + PROSE.replace("Wohngeld", "Elterngeld"))
    assert [(link.anchor, link.sentence) for link in entry.links] == [
        ("Portal Nord", "Zum Portal Nord")
    ]
    assert "|--" not in entry.text
    assert "Nord | Zum Portal Nord" in entry.text


LONG = (
    "Die Beschäftigten des Landratsamts führen ab Januar alle Akten elektronisch und erklären, "
    "wie sich die Arbeit dadurch verändert hat und was sie dabei gelernt haben. "
)


def test_lead_between_heading_and_text_belongs_to_the_text() -> None:
    html = (
        "<!doctype html><html><head><title>Akten</title></head><body><header><h1>Akten</h1>"
        "<div class='intro'><p>Der Kreis stellt um: Was das für die Menschen im Landkreis "
        "bedeutet, erklärt der Landrat.</p></div><p>Foto: Landratsamt, alle Rechte "
        "vorbehalten und geschützt, Nachdruck nur mit Erlaubnis.</p></header><article>"
        + "".join(f"<p>{LONG} Absatz {n}.</p>" for n in range(6))
        + "</article></body></html>"
    )
    entry = parse_page(make_source(), make_page(html)).entries[0]
    assert entry.text.startswith("Der Kreis stellt um:")
    assert "Foto:" not in entry.text
    assert entry.text.count("Der Kreis stellt um:") == 1


def test_paragraphs_at_the_end_that_are_only_a_link_are_no_text() -> None:
    html = (
        "<!doctype html><html><head><title>Akten</title></head><body><article><h1>Akten</h1>"
        + "".join(f"<p>{LONG} Absatz {n}.</p>" for n in range(6))
        + "<p><a href='/a.pdf'>Informationsschreiben vom 14. Oktober, PDF, 38 KB</a></p>"
        "</article></body></html>"
    )
    entry = parse_page(make_source(), make_page(html)).entries[0]
    assert entry.text.endswith("Absatz 5.")
    assert "Informationsschreiben" not in entry.text


def _article(inside: str, *, head: str = "", before: str = "", after: str = "") -> str:
    text = "".join(f"<p>{LONG} Absatz {n}.</p>" for n in range(6))
    return (
        f"<!doctype html><html><head><title>Akten</title>{head}</head><body>{before}"
        f"<main>{inside}<div class='news-text-wrap'>{text}</div>{after}</main></body></html>"
    )


def test_lead_that_the_page_calls_its_description_belongs_to_the_text() -> None:
    lead = "Was seit Wochen erzählt wurde, hat der Kreis nun offiziell bestätigt"
    html = _article(
        f"<h2>Akten nur noch elektronisch</h2><nav class='teaser-text'><p>{lead}</p></nav>",
        head=f"<meta name='description' content='{lead}.'>",
        before="<h1>Partner</h1><h1>Impressum</h1>",
    )
    entry = parse_page(make_source(), make_page(html)).entries[0]
    assert entry.text.count(lead) == 1
    assert entry.text.index(lead) < entry.text.index("Absatz 0")


def test_lead_is_found_although_the_heading_was_kept_with_the_text() -> None:
    lead = "Der Kreis stellt um: Was das für die Menschen bedeutet, erklärt der Landrat."
    html = _article(
        f"<header><h1>Landkreis führt alle Akten elektronisch</h1><div>{lead}</div></header>",
        before="<h1>Navigation</h1>",
    )
    assert lead in parse_page(make_source(), make_page(html)).entries[0].text


@pytest.mark.parametrize(
    "heading",
    ["Weitere Themen", "Auch interessant:", "Lesen Sie auch die folgenden Beiträge:",
     "Zum Newsletter anmelden", "Teilen mit:", "Empfohlene Beiträge"],
)  # fmt: skip
def test_what_follows_an_article_under_a_stock_heading_is_no_text(heading: str) -> None:
    html = _article(
        "<h1>Akten</h1>",
        after=f"<div class='news-text-wrap'><p>{heading}</p><p>Ein anderer Beitrag erklärt, wie"
        " der Landkreis seine Formulare in das Netz gestellt hat.</p></div>",
    )
    text = parse_page(make_source(), make_page(html)).entries[0].text
    assert text.endswith("Absatz 5.")


def test_stock_heading_in_the_middle_of_a_text_ends_nothing() -> None:
    html = _article(
        "<h1>Akten</h1><div class='news-text-wrap'><h2>Weitere Informationen</h2></div>"
    )
    assert "Absatz 5." in parse_page(make_source(), make_page(html)).entries[0].text


PLACES = {"title": "p.betreff", "date": "td.datum", "content": "td.text", "drop": "div.kontakt"}
ODD = (
    "<!doctype html><html><head><title>Seite 7 | Rathaus</title></head><body><table><tr>"
    "<td class=datum>vom 3. März 2025</td><td><p class=betreff>Rat beschließt den Haushalt</p>"
    f"</td><td class=text><p>{LONG}</p><div class=kontakt>Ihr Kontakt: Frau Muster</div>"
    "<p>Mehr steht <a href='/b/1'>im Beschluss</a>.</p></td></tr><tr><td>Impressum und"
    " Datenschutz, Barrierefreiheit und Leichte Sprache finden Sie hier auf dieser Seite.</td>"
    "</tr></table></body></html>"
)


def test_selectors_of_a_source_say_where_title_date_and_text_stand() -> None:
    entry = parse_page(make_source(page_selectors=PLACES), make_page(ODD)).entries[0]

    assert entry.title == "Rat beschließt den Haushalt"
    assert entry.published is not None
    assert entry.published.at == "2025-03-03"
    assert entry.text == f"{LONG.strip()}\n\nMehr steht im Beschluss."
    assert [link.url for link in entry.links] == ["https://haus.example/b/1"]
    assert set(entry.found_by.values()) == {"page_selectors"}


def test_structured_data_ranks_before_the_selectors_of_a_source() -> None:
    declared = (
        '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "Der Haushalt",'
        ' "datePublished": "2025-03-01"}</script></head>'
    )
    entry = parse_page(
        make_source(page_selectors=PLACES), make_page(ODD.replace("</head>", declared))
    ).entries[0]

    assert entry.published is not None
    assert (entry.title, entry.published.at) == ("Der Haushalt", "2025-03-01")
    assert entry.found_by["text"] == "page_selectors"


def test_selectors_that_find_nothing_are_told_and_the_page_is_read_without_them() -> None:
    places = {"content": "div.gibt-es-nicht", "date": "td.datum"}
    parsed = parse_page(make_source(page_selectors=places), make_page(ODD))

    assert [problem.code for problem in parsed.problems] == [Code.SELECTOR_EMPTY]
    assert "div.gibt-es-nicht" in parsed.problems[0].message
    assert "Beschäftigten" in parsed.entries[0].text


def test_what_is_dropped_holds_no_title_either() -> None:
    places = {"drop": "td.datum, p.betreff", "title": "p.betreff"}
    parsed = parse_page(make_source(page_selectors=places), make_page(ODD))
    assert [problem.code for problem in parsed.problems] == [Code.SELECTOR_EMPTY]
    assert "Rat beschließt" not in parsed.entries[0].text


def test_selector_that_is_no_css_is_refused() -> None:
    with pytest.raises(ParseError) as caught:
        parse_page(make_source(page_selectors={"content": "div["}), make_page(ODD))
    assert caught.value.code is Code.CONFIG_INVALID
