"""WordPress: posts in the order of change, identity by number, and what stands in when closed."""

import json
from typing import Any

import pytest

from aggregator import parse, urls
from aggregator.errors import ParseError
from aggregator.model import Code, Page, Parsed, Role, SourceKind
from tests.parse.golden import make_page, make_source

API = "https://blatt.example/wp-json/wp/v2/posts"
ORDERED = f"{API}?orderby=modified&order=desc&per_page=2"
RSS = b"<rss version='2.0'><channel><item><title>Eins</title><link>https://blatt.example/a/</link>"
RSS += b"</item></channel></rss>"


def read(page: Page) -> Parsed:
    return parse.parse(make_source(SourceKind.WORDPRESS), page)


def post(number: int, **more: Any) -> dict[str, Any]:
    made = {"id": number, "date_gmt": "2026-09-22T05:30:00", "modified_gmt": "2026-09-22T05:30:00",
            "guid": {"rendered": f"https://blatt.example/?p={number}"}, "status": "publish",
            "link": f"https://blatt.example/beitrag-{number}/",
            "title": {"rendered": f"Beitrag {number}"}, "excerpt": {"rendered": ""},
            "content": {"rendered": "<p>Der Text.</p>"}}  # fmt: skip
    return made | more


def posts(*numbers: int, url: str = ORDERED, role: Role = Role.INDEX, **headers: str) -> Page:
    body = json.dumps([post(number) for number in numbers])
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return make_page(body, url, role=role, headers=told)


def site(links: str, **more: Any) -> Page:
    return make_page(f"<!doctype html><html><head>{links}</head><body>", "https://blatt.example/",
                     **more)  # fmt: skip


def test_every_page_is_asked_for_and_none_behind_the_last() -> None:
    first = read(posts(1, 2, x_wp_totalpages="3"))
    last = read(posts(5, url=f"{ORDERED}&page=3", x_wp_totalpages="3"))

    assert [f.url for f in first.follow] == [f"{ORDERED}&page=2"]
    assert (first.complete, first.newest_first) == (True, True)
    assert (last.follow, last.complete) == ((), True)


def test_a_full_page_without_a_total_may_not_be_all() -> None:
    assert not read(posts(1, 2)).complete
    assert read(posts(1)).complete


def test_the_link_header_leads_on_where_the_total_is_missing() -> None:
    header = f'<{API}?page=1>; rel="prev", <{ORDERED}&page=3>; rel="next"'
    assert [f.url for f in read(posts(1, 2, link=header)).follow] == [f"{ORDERED}&page=3"]


def test_a_bare_address_is_asked_again_in_our_order_with_its_filters() -> None:
    parsed = read(posts(1, url=f"{API}?categories=7&page=4", role=Role.ROOT))
    (follow,) = parsed.follow
    assert [entry.title for entry in parsed.entries] == ["Beitrag 1"]
    assert follow.role is Role.INDEX
    assert "categories=7" in follow.url
    assert "orderby=modified&order=desc" in follow.url
    assert "page=4" not in follow.url


@pytest.mark.parametrize(
    ("root", "collection"),
    [
        ("https://blatt.example/wp-json/", "https://blatt.example/wp-json/wp/v2/posts?"),
        ("https://blatt.example/?rest_route=/", "https://blatt.example/?rest_route=/wp/v2/posts&"),
    ],
)
def test_the_index_of_the_interface_leads_to_the_posts(root: str, collection: str) -> None:
    page = make_page('{"namespaces": ["oembed/1.0", "wp/v2"], "routes": {}}', root)
    assert [f.url.startswith(collection) for f in read(page).follow] == [True]


def test_a_post_is_named_by_its_number_wherever_it_is_found() -> None:
    (entry,) = read(posts(48383, x_wp_totalpages="1")).entries
    keys = {urls.identity(alias).key for alias in entry.aliases}
    assert keys == {"wordpress:48383"}


def test_a_post_without_text_is_read_where_people_read_it() -> None:
    body = json.dumps([post(1, content={"rendered": ""})])
    (entry,) = read(make_page(body, ORDERED, role=Role.INDEX)).entries
    assert (entry.thin, entry.url) == (True, "https://blatt.example/beitrag-1/")


def test_a_single_post_is_read_like_one_of_a_list() -> None:
    page = make_page(json.dumps(post(9)), f"{API}/9", role=Role.ROOT)
    assert [e.title for e in read(page).entries] == ["Beitrag 9"]


def test_the_site_is_asked_whether_its_interface_is_open() -> None:
    page = site('<link rel="https://api.w.org/" href="https://blatt.example/wp-json/">')
    probe = "https://blatt.example/wp-json/wp/v2/posts?per_page=1&_fields=id"
    assert read(page).needs == (probe,)

    opened = site('<link rel="https://api.w.org/" href="/wp-json/">', more={probe: b'[{"id":1}]'})
    assert [f.url.partition("?")[0] for f in read(opened).follow] == [API]


def test_a_closed_interface_is_replaced_by_feed_and_sitemap() -> None:
    links = (
        '<link rel="https://api.w.org/" href="/wp-json/">'
        '<link rel="alternate" type="application/rss+xml" href="/comments/feed/">'
        '<link rel="alternate" type="application/rss+xml" href="/feed/">'
    )
    probe = "https://blatt.example/wp-json/wp/v2/posts?per_page=1&_fields=id"
    sitemap = "https://blatt.example/wp-sitemap.xml"
    assert read(site(links, more={probe: b""})).needs == (probe, sitemap)

    index = (
        b"<sitemapindex><sitemap><loc>https://blatt.example/wp-sitemap-posts-post-1.xml</loc>"
        b"</sitemap><sitemap><loc>https://blatt.example/wp-sitemap-posts-page-1.xml</loc></sitemap>"
        b"<sitemap><loc>https://blatt.example/wp-sitemap-users-1.xml</loc></sitemap>"
        b"<sitemap><loc>https://fremd.example/wp-sitemap-posts-post-1.xml</loc></sitemap>"
    )
    parsed = read(site(links, more={probe: b"", sitemap: index}))
    assert [f.url for f in parsed.follow] == [
        "https://blatt.example/feed/", "https://blatt.example/wp-sitemap-posts-post-1.xml"
    ]  # fmt: skip
    assert parsed.complete

    without = read(site(links, more={probe: b"", sitemap: b""}))
    assert ([f.url for f in without.follow], without.complete) == (
        ["https://blatt.example/feed/"], False)  # fmt: skip


def test_the_feed_of_a_site_is_read_as_a_feed() -> None:
    page = make_page(RSS, "https://blatt.example/feed/", role=Role.INDEX)
    assert [entry.title for entry in read(page).entries] == ["Eins"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("<!doctype html><p>Kein Blog", Code.UNSUPPORTED),
        ('{"code": "rest_not_logged_in", "message": "Anmelden"}', Code.LOGIN),
        ('{"code": "rest_no_route", "message": "Keine Route"}', Code.PARSE_FAILED),
        ("[{", Code.PARSE_FAILED),
    ],
)
def test_what_names_no_posts_is_refused_with_its_reason(body: str, code: Code) -> None:
    with pytest.raises(ParseError) as caught:
        read(make_page(body, API))
    assert caught.value.code is code


def test_a_site_that_hides_its_interface_is_known_by_its_files() -> None:
    page = make_page("<html><link href='/wp-content/a.css'>", "https://blatt.example/")
    assert read(page).needs == ("https://blatt.example/wp-json/wp/v2/posts?per_page=1&_fields=id",)
