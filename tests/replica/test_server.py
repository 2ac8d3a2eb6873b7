"""The dialects: walls, robots, validators, pagers, several generations of addresses."""

import re
from html import unescape
from typing import Any

import pypdfium2
import pytest

from aggregator.replica import Replica
from aggregator.replica.server import CONTROL_HOST
from aggregator.replica.sites.confluence import BANNER, OLD_REVISION
from aggregator.replica.values import DEMO_NOTICE
from tests.replica.conftest import Client, visible

DV = "http://www.digitale-verwaltung.de"
GUIDE = "http://leitfaden.ozg-umsetzung.de"
COUNCIL = "http://www.it-planungsrat.de"
FORUM = "http://www.ozg-kommunal.de"
PRESS = f"{DV}/DE/service/rss-newsfeed/function/rssnewsfeed-pressemitteilungen.xml"
NEWSLETTER = f"{DV}/DE/service/rss-newsfeed/function/rssnewsfeed-newsletter.xml"
NEWS_LIST = f"{DV}/Webs/DV/DE/aktuelles-service/meldungen/meldungen-node.html"

EVENT_LIST = f"{DV}/Webs/DV/DE/aktuelles-service/veranstaltungen/veranstaltungen-node.html"


def test_without_the_cookie_a_page_redirects_to_itself_and_xml_says_400(client: Client) -> None:
    client.cookie = None

    page, xml = client.get(f"{DV}/"), client.get(f"{DV}/Sitemap_Index.xml")

    assert (page.status, page.headers["location"]) == (302, f"{DV}/")
    assert xml.status == 400
    for reply in (page, xml):
        assert reply.headers["set-cookie"].startswith("AL_SESS-S=")
    client.cookie = page.headers["set-cookie"].partition(";")[0]
    assert client.get(f"{DV}/Sitemap_Index.xml").status == 200


def test_robots_is_readable_without_cookie_and_wants_ten_seconds(client: Client) -> None:
    client.cookie = None

    robots = client.get(f"{DV}/robots.txt").text

    assert "Crawl-delay: 10" in robots
    assert "Disallow: /SiteGlobals/" in robots
    assert f"Sitemap: {DV}/Sitemap_Index.xml" in robots


def test_forbidden_requests_are_counted(replica: Replica, client: Client) -> None:
    client.get(f"{DV}/robots.txt")
    client.get(f"{DV}/SiteGlobals/Frontend/logo.svg")
    client.get(f"{DV}/SiteGlobals/Forms/Suche/Servicesuche_Formular.html;jsessionid=AB.live892")

    assert [x.path.partition(";")[0] for x in replica.forbidden_requests] == [
        "/SiteGlobals/Forms/Suche/Servicesuche_Formular.html"
    ]


def test_pages_hold_links_to_forbidden_paths_and_sitemaps_name_one(client: Client) -> None:
    sitemap = client.get(f"{DV}/sitemap_kurzmeldungen.xml").text

    assert "/DV/DE/intern/" in sitemap
    assert 'href="SiteGlobals/' in client.get(f"{DV}/").text


@pytest.mark.parametrize(
    ("url", "etag", "modified"),
    [
        (f"{DV}/sitemap_interviews.xml", False, True),
        (PRESS, True, True),
        (NEWSLETTER, False, True),
        (NEWS_LIST, True, False),
        (f"{COUNCIL}/sitemap.xml", True, False),
        (f"{COUNCIL}/aktuelles/feed.xml", False, False),
        (f"{GUIDE}/rest/api/content?expand=version", True, False),
        (f"{FORUM}/latest.json", True, False),
    ],
)
def test_validators_are_sent_and_answered_by_304(
    client: Client, url: str, etag: bool, modified: bool
) -> None:
    first = client.get(url)

    assert ("etag" in first.headers, "last-modified" in first.headers) == (etag, modified)
    if etag:
        again = client.get(url, If_None_Match=first.headers["etag"])
        assert (again.status, again.body) == (304, b"")
        assert client.get(url, If_None_Match='"other"').status == 200
    elif modified:
        again = client.get(url, If_Modified_Since=first.headers["last-modified"])
        assert (again.status, again.body) == (304, b"")
    else:
        assert client.get(url).body == first.body


def test_unchanged_sources_keep_their_bytes_in_the_second_round(
    replica: Replica, client: Client, truth: dict[str, Any]
) -> None:
    unchanged = {
        "dv-interviews": f"{DV}/sitemap_interviews.xml",
        "dv-termine": EVENT_LIST,
        "dv-faq": f"{DV}/sitemap_faq.xml",
        "dv-handreichung": f"{DV}/SharedDocs/downloads/Webs/DV/DE/handreichung-aufenthaltstitel.pdf"
        "?__blob=publicationFile&v=1",
        "itplr-aktuelles": f"{COUNCIL}/aktuelles/feed.xml",
    }
    assert set(truth["rounds"]["2"]["unchanged_sources"]) == set(unchanged)
    before = {url: client.get(url).body for url in unchanged.values()}

    replica.round = 2

    assert {url: client.get(url).body for url in unchanged.values()} == before


def test_second_round_breaks_the_newsletter_feed(replica: Replica, client: Client) -> None:
    assert client.get(NEWSLETTER).text.count("<item>") == 6

    replica.round = 2

    reply = client.get(NEWSLETTER)
    assert reply.status == 200
    assert reply.text.startswith("<!DOCTYPE html>")


def test_listing_is_read_to_its_end_through_the_forward_links(client: Client) -> None:
    found: list[str] = []
    address: str | None = NEWS_LIST
    while address:
        html = client.get(address).text
        found += re.findall(r'c-content-teaser__l" href="([^";]+)', html.partition("</main>")[0])
        forward = re.search(r'<li class="forward"><a href="([^"]+)"', html)
        address = f"{DV}/{unescape(forward[1])}" if forward else None

    assert len(found) == len(set(found)) == 56
    assert not any(link.startswith("/") for link in found)


def test_press_feed_has_ten_entries_without_guid_escaped_twice(client: Client) -> None:
    feed = client.get(PRESS).text

    assert feed.count("<item>") == 10
    assert "<guid" not in feed
    assert "&amp;#252;" in feed
    assert re.search(r"<pubDate>\w{3}, \d{2} \w{3} 2026 [\d:]{8} \+0[12]00</pubDate>", feed)


def extracted(body: bytes) -> tuple[str, str]:
    """Return title and text of a PDF."""
    document: Any = pypdfium2.PdfDocument(body)  # type: ignore[no-untyped-call] # has no types
    try:
        pages = [page.get_textpage().get_text_bounded() for page in document]
        return document.get_metadata_dict()["Title"], " ".join(" ".join(pages).split())
    finally:
        document.close()


def test_every_file_is_a_pdf_whose_text_can_be_extracted(
    truth: dict[str, Any], client: Client
) -> None:
    files = [i for i in truth["rounds"]["1"]["items"] if ".pdf" in i["url"]]
    assert len(files) == 23

    for item in files:
        reply = client.get(item["url"])
        assert reply.headers["content-type"] == "application/pdf"
        title, words = extracted(reply.body)
        assert title == item["title"]
        assert item["first_sentence"] in words
        assert item["last_sentence"] in words
        assert DEMO_NOTICE in words


def test_wiki_pages_have_several_generations_of_addresses(
    truth: dict[str, Any], client: Client
) -> None:
    for item in truth["rounds"]["1"]["items"]:
        if item["key"].startswith("confluence:") and item["kind"] == "guide":
            [archived] = [alias for alias in item["aliases"] if "archiv" in alias]
            assert item["first_sentence"] in visible(client.get(archived).text)
            for alias in item["aliases"]:
                if alias == archived:
                    continue
                html = client.get(alias).text
                assert f'content="{item["key"].partition(":")[2]}"' in html, alias


def test_wiki_rest_is_paged_by_next_links_and_names_one_old_revision(client: Client) -> None:
    address: str | None = (
        "/rest/api/content/search?cql=space%3DOZG+and+type%3Dpage+order+by+lastmodified+desc"
        "&expand=body.view,version,history&limit=10"
    )
    entities: list[dict[str, Any]] = []
    while address:
        document = client.get(f"{GUIDE}{address}").json()
        entities += document["results"]
        address = document["_links"].get("next")

    current = [e for e in entities if e["status"] == "current"]
    old = [e for e in entities if e["status"] == "historical"]
    when = [e["version"]["when"] for e in current]
    assert len({e["id"] for e in current}) == len(current) == document["totalSize"] - 1
    assert when == sorted(when, reverse=True)
    assert [e["id"] for e in old] == [str(OLD_REVISION)]
    assert BANNER in old[0]["body"]["view"]["value"]
    assert BANNER in client.get(f"{GUIDE}/pages/viewpage.action?pageId={OLD_REVISION}").text


def test_wiki_attachments_are_listed_below_their_page(
    truth: dict[str, Any], client: Client
) -> None:
    files = [i for i in truth["rounds"]["1"]["items"]
             if i["key"].startswith("confluence:") and i["kind"] == "document"]  # fmt: skip
    for item in files:
        page = item["key"].partition(":")[2].partition("/")[0]
        listed = client.get(f"{GUIDE}/rest/api/content/{page}/child/attachment").json()
        assert [f"{GUIDE}{e['_links']['download']}" for e in listed["results"]] == [item["url"]]
    assert client.get(f"{GUIDE}/rest/api/content/1").status == 404


def test_decisions_are_listed_under_old_and_new_addresses(client: Client) -> None:
    sitemap = client.get(f"{COUNCIL}/sitemap.xml").text
    old = re.findall(r"<loc>([^<]+/beschluesse/beschluss/[^<]+)</loc>", sitemap)

    assert len(old) == 3
    for url in old:
        address, reply = client.follow(url)
        assert re.search(r"/beschluss/beschluss-\d{4}-\d{2}$", address)
        assert re.search(r"IT-Planungsrat \| [\d.]{10} \| \d+\. Sitzung \| Beschluss", reply.text)


def test_forum_list_is_paged_and_pinned_topics_stand_first(client: Client) -> None:
    first = client.get(f"{FORUM}/latest.json").json()["topic_list"]
    more = first["more_topics_url"].replace("/latest?", "/latest.json?")
    second = client.get(f"{FORUM}{more}").json()["topic_list"]

    topics = first["topics"] + second["topics"]
    assert len({topic["id"] for topic in topics}) == len(topics) == 40
    assert "more_topics_url" not in second
    pinned = [topic["pinned"] for topic in topics]
    assert pinned == sorted(pinned, reverse=True)
    assert any(pinned)
    assert any(topic["last_posted_at"] is None for topic in topics)


def test_long_topic_gives_its_other_posts_by_id(truth: dict[str, Any], client: Client) -> None:
    long = max((i for i in truth["rounds"]["1"]["items"] if "posts" in i), key=lambda i: i["posts"])
    number = long["key"].partition(":")[2]
    stream = client.get(f"{FORUM}/t/{number}.json").json()["post_stream"]
    missing = stream["stream"][len(stream["posts"]) :]

    query = "&".join(f"post_ids[]={post}" for post in missing)
    more = client.get(f"{FORUM}/t/{number}/posts.json?{query}").json()["post_stream"]["posts"]

    assert len(stream["posts"]) == 20
    assert len(missing) == len(more) == long["posts"] - 20
    assert more[-1]["post_number"] == long["posts"]
    second = client.get(f"{FORUM}/t/{number}.json?page=2").json()["post_stream"]["posts"]
    whole = client.get(f"{FORUM}/t/{number}.json?print=true").json()["post_stream"]["posts"]
    assert second == more
    assert whole == stream["posts"] + more


def test_solved_topics_carry_the_marks_of_the_plugin(truth: dict[str, Any], client: Client) -> None:
    for item in truth["rounds"]["1"]["items"]:
        if item["platform"] != "ozg-kommunal":
            continue
        topic = client.get(f"{FORUM}/t/{item['key'].partition(':')[2]}.json").json()
        marked = [p["post_number"] for p in topic["post_stream"]["posts"] if p["accepted_answer"]]
        assert ("accepted_answer" in topic) == item["solved"] == bool(marked)
        if marked:
            assert topic["accepted_answer"]["post_number"] == marked[0]


def test_every_kind_of_page_says_that_it_is_invented(client: Client) -> None:
    addresses = (
        f"{DV}/", PRESS, f"{DV}/Sitemap_Index.xml", f"{GUIDE}/", f"{COUNCIL}/beschluesse",
        f"{COUNCIL}/aktuelles/feed.xml", f"{FORUM}/", f"{FORUM}/latest.json",
        f"{FORUM}/categories.json", f"{GUIDE}/rest/api/content",
    )  # fmt: skip
    for address in addresses:
        assert DEMO_NOTICE in client.get(address).text, address


def test_round_is_switched_through_the_control_host_alone(replica: Replica, client: Client) -> None:
    assert client.get(f"{DV}/round/2", method="POST").status == 405
    assert replica.round == 1

    assert client.get(f"http://{CONTROL_HOST}/round/2", method="POST").text == "2\n"
    assert replica.round == 2


def test_resolve_names_every_host_with_the_port(replica: Replica) -> None:
    assert len(replica.hosts) == 21
    assert replica.resolve.count(f"=127.0.0.1:{replica.port}") == 21


def test_unknown_host_is_told_what_this_is(client: Client) -> None:
    reply = client.get("http://127.0.0.1/")

    assert reply.status == 404
    assert DEMO_NOTICE in reply.text


def test_head_sends_no_body(client: Client) -> None:
    reply = client.get(f"{FORUM}/latest.json", method="HEAD")

    assert reply.status == 200
    assert reply.body == b""
    assert int(reply.headers["content-length"]) > 1000
