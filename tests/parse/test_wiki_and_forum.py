"""Confluence and Discourse: start pages lead to the interface, odd answers are refused clearly."""

import json
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from aggregator.errors import ParseError
from aggregator.model import Code, ItemKind, Role
from aggregator.parse.confluence import parse_confluence, without_macros
from aggregator.parse.discourse import parse_discourse
from aggregator.text.html import plain
from tests.parse.golden import make_page, make_source


@pytest.mark.parametrize(
    ("address", "body", "api", "space"),
    [
        ("https://w.example/display/OZG/Start", "<p>", "https://w.example", 'space="OZG" and '),
        ("https://w.example/display/%7Eamt/Start", "<p>", "https://w.example", 'space="~amt" and '),
        ("https://w.example/wiki/spaces/OZG/overview", "<p>", "https://w.example/wiki",
         'space="OZG" and '),
        ("https://w.example/wiki", "<p>", "https://w.example/wiki", ""),
        ("https://w.example/x/AbC",
         '<meta name="ajs-space-key" content="LF"><meta name="ajs-context-path" content="/c">',
         "https://w.example/c", 'space="LF" and '),
    ],
)  # fmt: skip
def test_wiki_page_leads_to_its_space_in_the_order_of_change(
    address: str, body: str, api: str, space: str
) -> None:
    parsed = parse_confluence(make_source(), make_page(body, address))
    [follow] = parsed.follow
    assert follow.role is Role.INDEX
    assert parsed.complete
    parts = urlsplit(follow.url)
    assert follow.url.startswith(f"{api}/rest/api/content/search?")
    assert parse_qs(parts.query)["cql"] == [
        f"{space}type in (page,blogpost) order by lastmodified desc"
    ]


@pytest.mark.parametrize(
    ("query", "ordered"),
    [
        ("search?cql=space%3DA+order+by+lastmodified+desc&start=25", True),
        ("search?cql=space%3DA%20order%20by%20lastModified%20DESC", True),
        ("search?cql=lastModified%3E%3D'1970-01-01'%20order%20by%20lastModified", False),
        ("?spaceKey=A", False),
    ],
)
def test_only_a_search_by_last_change_stops_at_what_is_known(query: str, ordered: bool) -> None:
    page = make_page('{"results": []}', f"https://w.example/rest/api/content/{query}",
                     role=Role.INDEX)  # fmt: skip
    assert parse_confluence(make_source(), page).newest_first is ordered


def test_listing_without_bodies_gives_thin_entries() -> None:
    body = {
        "results": [{"id": "5", "type": "page", "title": "T", "_links": {"webui": "/display/A/T"}}]
    }
    page = make_page(json.dumps(body), "https://w.example/rest/api/content")
    parsed = parse_confluence(make_source(), page)
    (entry,) = parsed.entries
    assert (entry.thin, entry.url) == (True, "https://w.example/display/A/T")
    assert [(link.role, link.url) for link in parsed.follow] == [
        (
            Role.DETAIL,
            "https://w.example/rest/api/content/5?expand=body.view,version,history,ancestors",
        )
    ]


def test_storage_format_keeps_bodies_and_drops_parameters() -> None:
    storage = (
        '<ac:structured-macro ac:name="code"><ac:parameter ac:name="language">py</ac:parameter>'
        "<ac:plain-text-body><![CDATA[a < b]]></ac:plain-text-body></ac:structured-macro>"
        '<p>Text <ac:emoticon ac:name="smile"/>bleibt.</p>'
    )
    assert plain(without_macros(storage)) == "a < b\n\nText bleibt."


def test_titles_that_are_read_as_text_are_text() -> None:
    storage = (
        '<p>Stand: <ac:structured-macro ac:name="status"><ac:parameter ac:name="colour">Green'
        '</ac:parameter><ac:parameter ac:name="title">FERTIG</ac:parameter>'
        "</ac:structured-macro></p>"
        '<ac:structured-macro ac:name="expand"><ac:parameter ac:name="title">Mehr</ac:parameter>'
        "<ac:rich-text-body><p>Text</p></ac:rich-text-body></ac:structured-macro>"
    )
    assert plain(without_macros(storage)) == "Stand: FERTIG\n\nMehr\n\nText"


@pytest.mark.parametrize("parser", [parse_confluence, parse_discourse])
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("{", Code.PARSE_FAILED),
        ("[1]", Code.PARSE_FAILED),
        ('{"etwas": 1}', Code.PARSE_FAILED),
        ('{"errors": ["x"], "error_type": "not_logged_in"}', Code.LOGIN),
        ("[" * 100_000, Code.PARSE_FAILED),
    ],
)
def test_answers_that_are_no_list_are_refused(parser: object, body: str, code: Code) -> None:
    with pytest.raises(ParseError) as caught:
        parser(make_source(), make_page(body))  # type: ignore[operator]  # both are parsers
    assert caught.value.code is code


@pytest.mark.parametrize(
    ("address", "latest"),
    [
        ("https://f.example/", "https://f.example/latest.json"),
        ("https://f.example/forum/c/ozg/5", "https://f.example/forum/latest.json"),
    ],
)
def test_start_page_of_a_forum_leads_to_its_topics(address: str, latest: str) -> None:
    parsed = parse_discourse(make_source(), make_page("<html>", address))
    assert [f.url for f in parsed.follow] == [latest]


def test_category_pages_go_on_as_the_interface_answers() -> None:
    topics = {"topic_list": {"more_topics_url": "/c/ozg/5/l/latest?page=1", "topics": []}}
    page = make_page(json.dumps(topics), "https://f.example/c/ozg/5.json", role=Role.INDEX)
    parsed = parse_discourse(make_source(), page)
    assert [f.url for f in parsed.follow] == ["https://f.example/c/ozg/5/l/latest.json?page=1"]


def test_last_page_of_a_list_may_be_empty() -> None:
    page = make_page('{"topic_list": {"topics": []}}', role=Role.INDEX)
    parsed = parse_discourse(make_source(), page)
    assert (parsed.problems, parsed.complete) == ((), True)


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"title": "Erfahrungen mit XBau"}, ItemKind.THREAD),
        ({"title": "Wer hat Erfahrungen mit XBau?"}, ItemKind.QUESTION),
        ({"title": "Erfahrungen mit XBau", "has_accepted_answer": True}, ItemKind.QUESTION),
        ({"title": "Erfahrungen mit XBau", "tags": ["Frage"]}, ItemKind.QUESTION),
    ],
)
def test_questions_are_told_from_threads(fields: dict[str, object], kind: ItemKind) -> None:
    body = json.dumps({"topic_list": {"topics": [{"id": 1, "slug": "s", **fields}]}})
    page = make_page(body, "https://f.example/latest.json")
    assert parse_discourse(make_source(), page).entries[0].kind is kind


def test_later_posts_of_a_thread_are_asked_for_and_put_in_order() -> None:
    def post(number: int) -> dict[str, object]:
        return {"id": 100 + number, "post_number": number, "cooked": f"<p>Beitrag {number}</p>"}

    stream = {"posts": [post(n) for n in range(1, 21)], "stream": list(range(101, 143))}
    topic = {"id": 9, "title": "Lang", "slug": "lang", "post_stream": stream}
    page = make_page(json.dumps(topic), "https://f.example/t/9.json", role=Role.DETAIL)
    first = parse_discourse(make_source(), page)
    assert [problem.code for problem in first.problems] == [Code.TRUNCATED]
    assert len(first.needs) == 2
    assert (
        first.needs[1] == "https://f.example/t/9/posts.json?post_ids%5B%5D=141&post_ids%5B%5D=142"
    )

    slices = ([post(n) for n in range(40, 20, -1)], [post(42), post(41)])
    bodies = [json.dumps({"post_stream": {"posts": posts}}).encode() for posts in slices]
    whole = parse_discourse(
        make_source(), replace(page, more=dict(zip(first.needs, bodies, strict=True)))
    )
    assert whole.problems == ()
    assert whole.needs == first.needs
    assert [part.label for part in whole.entries[0].parts] == [str(n) for n in range(1, 43)]

    broken = parse_discourse(make_source(), replace(page, more=dict.fromkeys(first.needs, b"")))
    assert [problem.code for problem in broken.problems] == [Code.TRUNCATED]


def test_preview_of_an_address_counts_as_one_link() -> None:
    cooked = (
        '<p>Siehe:</p><aside class="onebox allowlistedgeneric"><header class="source">'
        '<a href="https://amt.example/wohngeld">amt.example</a></header><article>'
        '<h3><a href="https://amt.example/wohngeld">Wohngeld digital</a></h3></article></aside>'
    )
    topic = {"id": 1, "title": "T", "post_stream": {"posts": [{"cooked": cooked}]}}
    parsed = parse_discourse(
        make_source(), make_page(json.dumps(topic), "https://f.example/t/1.json")
    )
    assert [link.anchor for link in parsed.entries[0].links] == ["Wohngeld digital"]


def test_authors_of_a_forum_are_not_kept() -> None:
    cooked = '<p>Danke <a class="mention" href="/u/max">@max</a></p>'
    post = {"post_number": 1, "username": "erika", "name": "Erika Beispiel", "cooked": cooked}
    topic = {"id": 1, "title": "T", "slug": "t", "post_stream": {"posts": [post]}}
    parsed = parse_discourse(
        make_source(), make_page(json.dumps(topic), "https://f.example/t/1.json")
    )
    told = repr(parsed).lower()
    assert "erika" not in told
    assert "max" not in told.replace("max_snippet", "")


def test_single_content_is_read_like_one_of_a_listing() -> None:
    content = {"id": "5", "type": "page", "title": "T", "body": {"view": {"value": "<p>Text</p>"}}}
    page = make_page(json.dumps(content), "https://w.example/rest/api/content/5", role=Role.DETAIL)
    (entry,) = parse_confluence(make_source(), page).entries
    assert (entry.entry_id, entry.text) == ("5", "Text")


def test_contents_without_identity_and_other_types_are_no_entries() -> None:
    results = [{"id": "1", "type": "comment", "title": "x"}, {"type": "page", "title": "x"}]
    page = make_page(json.dumps({"results": results}), "https://w.example/rest/api/content")
    parsed = parse_confluence(make_source(), page)
    assert parsed.entries == ()
    assert [problem.code for problem in parsed.problems] == [Code.IDENTITY_LOST]


def test_empty_space_is_a_problem_only_at_its_root() -> None:
    for role, codes in ((Role.ROOT, [Code.EMPTY]), (Role.INDEX, [])):
        page = make_page('{"results": []}', "https://w.example/rest/api/content", role=role)
        parsed = parse_confluence(make_source(), page)
        assert [problem.code for problem in parsed.problems] == codes


def test_next_page_may_name_the_context_path_or_an_inner_host() -> None:
    for path in (
        "/wiki/rest/api/content?start=2",
        "http://innen:8090/wiki/rest/api/content?start=2",
    ):
        body = json.dumps({"results": [], "_links": {"next": path}})
        page = make_page(body, "https://w.example/wiki/rest/api/content", role=Role.INDEX)
        (follow,) = parse_confluence(make_source(), page).follow
        assert follow.url == "https://w.example/wiki/rest/api/content?start=2"


def test_page_knows_the_one_above_it_the_nearest_of_its_ancestors() -> None:
    rows = [
        {"id": "5", "type": "page", "title": "T", "ancestors": [{"id": "1"}, {"id": 3}],
         "body": {"view": {"value": "<p>x</p>"}}},
        {"id": "1", "type": "page", "title": "S", "ancestors": []},
        {"id": "7", "type": "page", "title": "U", "ancestors": "", "body": {}},
    ]  # fmt: skip
    page = make_page(json.dumps({"results": rows}), "https://w.example/rest/api/content")
    entries = parse_confluence(make_source(), page).entries
    assert [entry.parent for entry in entries] == ["3", None, None]
