"""The static export of a wiki: its index names every page, ids are those of the live wiki."""

import pytest

from aggregator import parse, urls
from aggregator.errors import ParseError
from aggregator.model import Code, Page, Parsed, Role, SourceKind
from tests.parse.golden import CORPUS, make_page, make_source

FOLDER = "https://handbuch.amt.example/lf/"
INDEX = (CORPUS / "confluence-static" / "index.html").read_bytes()
TOPIC = (CORPUS / "confluence-static" / "page_topic.html").read_bytes()


def read(page: Page) -> Parsed:
    return parse.parse(make_source(SourceKind.CONFLUENCE_STATIC), page)


def test_index_is_a_complete_enumeration_of_its_own_folder() -> None:
    parsed = read(make_page(INDEX, f"{FOLDER}index.html"))
    assert parsed.complete
    assert [entry.title for entry in parsed.entries] == [
        "Start", "5.2 Zusammenarbeit in einem Themenfeld", "11.3 Prüfung & Abnahme", "Glossar"
    ]  # fmt: skip


def test_a_page_is_the_same_item_as_in_the_live_wiki_on_any_host() -> None:
    page = make_page(TOPIC, f"{FOLDER}irgendwie_4621586.html", role=Role.DETAIL)
    (entry,) = read(page).entries
    assert "confluence:4621586" in {urls.identity(alias).key for alias in entry.aliases}
    live = "https://handbuch.amt.example/pages/viewpage.action?pageId=4621586"
    assert urls.identity(live).key == "confluence:4621586"


def test_a_page_of_the_export_leads_to_its_index() -> None:
    (follow,) = read(make_page(TOPIC, f"{FOLDER}4621586.html")).follow
    assert (follow.url, follow.role) == (f"{FOLDER}index.html", Role.INDEX)


def test_an_index_without_pages_is_suspect() -> None:
    with pytest.raises(ParseError) as caught:
        read(make_page("<h1>Wartung</h1>", f"{FOLDER}index.html"))
    assert caught.value.code is Code.SELECTOR_EMPTY


def test_an_old_revision_in_the_export_is_no_entry() -> None:
    banner = b'<div id="page"><div>Sie zeigen eine alte Version dieser Seite an.</div>'
    body = TOPIC.replace(b'<div id="page">', banner)
    parsed = read(make_page(body, f"{FOLDER}4621586.html", role=Role.DETAIL))
    assert (parsed.entries, [p.code for p in parsed.problems]) == ((), [Code.STALE])


@pytest.mark.parametrize(
    ("line", "published", "updated"),
    [
        ("Created by <span>A</span>, last modified by <span>B</span> on Oct 26, 2021", None,
         "2021-10-26"),
        ("Created by <span>A</span> on Mar 01, 2020", "2020-03-01", None),
        ("Angelegt von A, zuletzt geändert am 1. März 2021", None, "2021-03-01"),
    ],
)  # fmt: skip
def test_dates_stand_in_the_line_of_metadata(
    line: str, published: str | None, updated: str | None
) -> None:
    body = (
        f'<div id="main-content" class="wiki-content"><p>Der Text der Seite.</p></div>'
        f'<div class="page-metadata">{line}</div>'
    )
    (entry,) = read(make_page(body, f"{FOLDER}4621586.html", role=Role.DETAIL)).entries
    assert (entry.published and entry.published.at, entry.updated_at) == (published, updated)


def test_the_index_is_recognised() -> None:
    page = make_page(INDEX, f"{FOLDER}index.html")
    assert parse.recognise(page) is SourceKind.CONFLUENCE_STATIC
    assert parse.recognise(make_page(TOPIC, f"{FOLDER}1.html")) is None


@pytest.mark.parametrize(
    ("crumbs", "above"),
    [
        ("<a href='index.html'>Leitfaden</a><a href='4621000.html'>5</a>", "4621000"),
        ("<a href='index.html'>Leitfaden</a>", None),
        ("", None),
    ],
)
def test_page_of_the_export_knows_the_one_above_it(crumbs: str, above: str | None) -> None:
    trail = f"<ol id='breadcrumbs'>{crumbs}</ol>"
    body = (
        f"<html><body>{trail}<h1 id='title-heading'>Teil</h1><div id='main-content'"
        f" class='wiki-content'><p>{'Ein Satz über die Arbeit. ' * 9}</p></div></body></html>"
    )
    (entry,) = read(make_page(body, f"{FOLDER}4621586.html", role=Role.DETAIL)).entries
    assert entry.parent == above
