"""MediaWiki, CKAN, GitLab, OParl and JSON by paths: where they lead, what they leave out."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from aggregator import parse, urls
from aggregator.errors import ParseError
from aggregator.model import Code, ItemKind, Page, Parsed, Role, SourceKind
from tests.parse.golden import CORPUS, make_page, make_source

WIKI = "https://wiki.example/w/api.php"
GIT = "https://git.example/api/v4/projects/amt%2Fkanal"
OPARL = "https://schema.oparl.org/1.1/"


def read(kind: SourceKind, body: object, url: str, **more: Any) -> Parsed:
    source = make_source(kind, selectors=more.pop("selectors", {}))
    content = body if isinstance(body, str | bytes) else json.dumps(body)
    return parse.parse(source, make_page(content, url, **({"role": Role.INDEX} | more)))


def addresses(parsed: Parsed, role: Role = Role.INDEX) -> list[str]:
    return [follow.url for follow in parsed.follow if follow.role is role]


# --- where an address of a site leads ----------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "url", "body", "beginning"),
    [
        (SourceKind.MEDIAWIKI, "https://wiki.example/wiki/Start",
         '<html><link rel="EditURI" href="//wiki.example/w/api.php?action=rsd">',
         f"{WIKI}?action=query&generator=allpages&"),
        (SourceKind.MEDIAWIKI, WIKI, "<html>", f"{WIKI}?action=query&generator=allpages&"),
        (SourceKind.CKAN, "https://daten.example/", "<html>",
         "https://daten.example/api/3/action/package_search?sort=metadata_modified+desc&rows=100"),
        (SourceKind.CKAN, "https://daten.example/portal/dataset", "<html>",
         "https://daten.example/portal/api/3/action/package_search?"),
        (SourceKind.OPARL, "https://rat.example/system",
         {"type": f"{OPARL}System", "body": "https://rat.example/bodies"},
         "https://rat.example/bodies"),
        (SourceKind.OPARL, "https://rat.example/bodies",
         {"data": [{"type": f"{OPARL}Body", "paper": "https://rat.example/1/papers"}]},
         "https://rat.example/1/papers"),
    ],
)  # fmt: skip
def test_an_address_of_the_site_leads_to_its_lists(
    kind: SourceKind, url: str, body: object, beginning: str
) -> None:
    parsed = read(kind, body, url, role=Role.ROOT)
    assert [address.startswith(beginning) for address in addresses(parsed)] == [True]
    assert parsed.complete
    assert parsed.problems == ()


def test_a_project_leads_to_the_lists_that_are_open() -> None:
    page = {"body": "<html>", "url": "https://git.example/amt/kanal/-/issues"}
    probes = tuple(f"{GIT}/{name}?per_page=1" for name in ("releases", "issues", "wikis"))
    assert read(SourceKind.GITLAB, **page).needs == probes

    parsed = read(
        SourceKind.GITLAB, **page, more={probes[0]: b"", probes[1]: b"[]", probes[2]: b"[]"}
    )
    assert addresses(parsed) == [
        f"{GIT}/issues?per_page=50&order_by=updated_at&sort=desc&state=all&scope=all",
        f"{GIT}/wikis?per_page=50&with_content=1",
    ]
    with pytest.raises(ParseError) as caught:
        read(SourceKind.GITLAB, **page, more=dict.fromkeys(probes, b""))
    assert caught.value.code is Code.UNSUPPORTED


# --- paging ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "url", "body", "headers", "following"),
    [
        (SourceKind.MEDIAWIKI, f"{WIKI}?action=query",
         {"query": {"pages": []}, "continue": {"gapcontinue": "B", "continue": "-||"}}, {},
         [f"{WIKI}?action=query&gapcontinue=B&continue=-||"]),
        (SourceKind.MEDIAWIKI, WIKI,
         {"batchcomplete": "", "continue": {"x": None, "continue": "-"}}, {}, []),
        (SourceKind.CKAN, "https://d.example/api/3/action/package_search?sort=a&start=100",
         {"success": True, "result": {"count": 101, "results": [{"name": "a"}]}}, {}, []),
        (SourceKind.GITLAB, f"{GIT}/issues?sort=desc", [], {"x-next-page": "2"},
         [f"{GIT}/issues?sort=desc&page=2"]),
        (SourceKind.GITLAB, f"{GIT}/issues", [], {"x-next-page": ""}, []),
        (SourceKind.GITLAB, f"{GIT}/issues", [],
         {"link": f'<{GIT}/issues?page=1>; rel="first", <{GIT}/issues?id_after=3>; rel="next"'},
         [f"{GIT}/issues?id_after=3"]),
        (SourceKind.OPARL, "https://r.example/p?page=3",
         {"data": [], "links": {"first": "/p", "next": None}}, {}, []),
    ],
)  # fmt: skip
def test_lists_go_on_as_their_interface_says(
    kind: SourceKind, url: str, body: object, headers: Mapping[str, str], following: list[str]
) -> None:
    parsed = read(kind, body, url, headers=headers)
    assert addresses(parsed) == following
    assert parsed.complete


@pytest.mark.parametrize(
    ("kind", "url", "ordered"),
    [
        (SourceKind.CKAN, "https://d.example/api?sort=metadata_modified+desc", True),
        (SourceKind.CKAN, "https://d.example/api?sort=name+asc", False),
        (SourceKind.GITLAB, f"{GIT}/issues?order_by=updated_at&sort=desc", True),
        (SourceKind.GITLAB, f"{GIT}/releases?order_by=released_at&sort=desc", False),
    ],
)
def test_only_lists_in_the_order_of_change_stop_early(
    kind: SourceKind, url: str, ordered: bool
) -> None:
    empty = {"success": True, "result": {"count": 0, "results": []}}
    parsed = read(kind, empty if kind is SourceKind.CKAN else [], url)
    assert parsed.newest_first is ordered


# --- identity ----------------------------------------------------------------------------------


def test_a_wiki_page_is_one_item_in_listing_and_text() -> None:
    body = {"query": {"pages": {"5": {"pageid": 5, "title": "Ä b", "revisions": [{}]}}}}
    listing = read(SourceKind.MEDIAWIKI, body, WIKI)
    [text_address] = addresses(listing, Role.DETAIL)
    told = {"parse": {"pageid": 5, "title": "Ä b", "text": {"*": "<p>T"}}}
    text = read(SourceKind.MEDIAWIKI, told, text_address, role=Role.DETAIL)
    keys = {
        urls.identity(alias).key for p in (listing, text) for e in p.entries for alias in e.aliases
    }
    assert keys == {"mediawiki:5"}
    assert urls.identity(text_address).key == "mediawiki:5"
    assert text.entries[0].text == "T"


def test_recent_changes_name_each_page_once_and_conclude_nothing() -> None:
    rows = [{"pageid": 5, "title": "A", "timestamp": "2026-10-02T08:00:00Z"}, {"type": "log"},
            {"pageid": 5, "title": "A", "timestamp": "2026-10-01T08:00:00Z"}]  # fmt: skip
    parsed = read(SourceKind.MEDIAWIKI, {"query": {"recentchanges": rows}}, WIKI)
    assert [entry.updated_at for entry in parsed.entries] == ["2026-10-02T08:00:00Z"]
    assert (parsed.complete, parsed.newest_first) == (False, True)


# --- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        (SourceKind.MEDIAWIKI, {"error": {"code": "readapidenied", "info": "x"}}, Code.LOGIN),
        (SourceKind.MEDIAWIKI, {"error": {"code": "badvalue", "info": "x"}}, Code.PARSE_FAILED),
        (SourceKind.MEDIAWIKI, {"etwas": 1}, Code.PARSE_FAILED),
        (SourceKind.MEDIAWIKI, "<p>Kein Wiki", Code.UNSUPPORTED),
        (SourceKind.CKAN, {"success": False, "error": {"message": "weg"}}, Code.PARSE_FAILED),
        (SourceKind.GITLAB, {"message": "404 Project Not Found"}, Code.PARSE_FAILED),
        (SourceKind.OPARL, {"type": f"{OPARL}Person"}, Code.PARSE_FAILED),
        (SourceKind.OPARL, "<p>Wartung", Code.PARSE_FAILED),
        (SourceKind.JSON, {"daten": []}, Code.SELECTOR_EMPTY),
        (SourceKind.JSON, [{"nichts": 1}], Code.SELECTOR_EMPTY),
        (SourceKind.JSON, "7", Code.PARSE_FAILED),
    ],
)
def test_answers_that_are_no_list_are_refused_with_their_reason(
    kind: SourceKind, body: object, code: Code
) -> None:
    with pytest.raises(ParseError) as caught:
        read(kind, body, "https://x.example/api")
    assert caught.value.code is code


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (SourceKind.MEDIAWIKI, {"query": {"pages": []}}),
        (SourceKind.GITLAB, []),
        (SourceKind.OPARL, {"data": []}),
        (SourceKind.JSON, []),
    ],
)
def test_an_empty_list_is_a_problem_at_the_root_alone(kind: SourceKind, body: object) -> None:
    for role, codes in ((Role.ROOT, [Code.EMPTY]), (Role.INDEX, [])):
        parsed = read(kind, body, "https://x.example/api", role=role)
        assert [problem.code for problem in parsed.problems] == codes


# --- JSON by paths -----------------------------------------------------------------------------


def test_paths_lead_to_the_fields_and_to_the_next_page() -> None:
    hit = {"@id": "/l/7", "name": [{"de": "Wohngeld"}], "stand": "14.09.2026", "inhalt": "Text"}
    body = {"result": {"hits": [hit]}, "links": {"next": {"href": "?seite=2"}}}
    selectors = {"item": "result.hits", "link": r"\@id", "title": "name.de", "date": "stand",
                 "summary": "inhalt", "next": "links.next.href"}  # fmt: skip
    parsed = read(SourceKind.JSON, body, "https://amt.example/api?seite=1", selectors=selectors)
    [entry] = parsed.entries
    assert (entry.url, entry.title, entry.text) == ("https://amt.example/l/7", "Wohngeld", "Text")
    assert entry.published is not None
    assert entry.published.at == "2026-09-14"
    assert addresses(parsed) == ["https://amt.example/api?seite=2"]
    assert parsed.complete
    assert not read(SourceKind.JSON, [], "https://amt.example/api").complete


def test_an_entry_without_text_is_read_behind_its_address() -> None:
    [entry] = read(SourceKind.JSON, [{"url": "/a", "title": "A"}], "https://amt.example/").entries
    assert (entry.thin, entry.kind) == (True, None)


# --- recognition -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["mediawiki", "ckan", "gitlab", "oparl", "wordpress"])
def test_answers_of_interfaces_are_recognised(kind: str) -> None:
    for path in (CORPUS / kind).glob("*.json"):
        if not path.name.endswith(".expected.json"):
            assert parse.recognise(make_page(path.read_bytes())) == kind, path.name


def test_an_unknown_list_is_not_taken_for_anything() -> None:
    page: Page = make_page((CORPUS / "json" / "usual_names.json").read_bytes())
    assert parse.recognise(page) is None


def test_questions_are_told_from_other_issues() -> None:
    rows = [{"iid": n, "title": title, "web_url": f"https://git.example/a/b/-/issues/{n}"}
            for n, title in enumerate(("Wie geht das?", "Fehler im Export"))]  # fmt: skip
    kinds = [entry.kind for entry in read(SourceKind.GITLAB, rows, f"{GIT}/issues").entries]
    assert kinds == [ItemKind.QUESTION, ItemKind.THREAD]


def test_pages_of_a_wiki_stand_at_their_address_and_below_one_another() -> None:
    rows = [
        {"slug": "home", "title": "Start", "format": "markdown",
         "content": "Siehe [Regeln](betrieb/regeln) und das [Amt](https://amt.example/)."},
        {"slug": "betrieb/regeln", "title": "Regeln", "format": "asciidoc", "content": "== Eins"},
        {"slug": "_sidebar", "title": "_sidebar", "content": "Menü"},
        {"slug": "", "title": "ohne Namen"},
    ]  # fmt: skip
    parsed = read(SourceKind.GITLAB, rows, f"{GIT}/wikis?with_content=1")

    wiki = "https://git.example/amt/kanal/-/wikis"
    assert [entry.url for entry in parsed.entries] == [f"{wiki}/home", f"{wiki}/betrieb/regeln"]
    assert [entry.parent for entry in parsed.entries] == [None, "wiki:betrieb"]
    assert [link.url for link in parsed.entries[0].links] == [
        f"{wiki}/betrieb/regeln", "https://amt.example/",
    ]  # fmt: skip
    assert parsed.entries[1].text == "== Eins"
    assert {entry.kind for entry in parsed.entries} == {ItemKind.PAGE}


def test_page_of_a_wiki_has_no_address_where_its_project_is_a_number() -> None:
    rows = [{"slug": "home", "title": "Start", "content": "Text"}]
    entry = read(SourceKind.GITLAB, rows, "https://git.example/api/v4/projects/7/wikis").entries[0]
    assert (entry.url, entry.entry_id) == (None, "wiki:home")
