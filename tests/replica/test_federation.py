"""The dialects of the further platforms: pagers, addresses, hashes, German dates, failures."""

import re
from html import unescape
from typing import Any

import pytest

from aggregator.parse import document
from aggregator.replica import Replica
from aggregator.replica.sites.card import EVENT_LIST, PRESS_LIST
from aggregator.replica.values import DEMO_NOTICE
from tests.replica.conftest import Client, visible

NETWORKS = "http://www.netze-ministerium.example"
AGENCY = "http://www.digitalagentur.example"
PAPER = "http://www.kommunalblatt.example"
LEAGUE = "http://www.gemeindeverband.example"
CENTRE = "http://www.kdz-seenland.example"
PORTAL = "http://daten.mitteland.example"
ARCHIVE = "http://leitfaden-archiv.ozg-umsetzung.de"
LEAGUE_LIST = f"{LEAGUE}/presseforum/pressemitteilungen"
POSTS = f"{PAPER}/wp-json/wp/v2/posts"
_DAY = r"\d{1,2}\. ?(?:\d{1,2}\.|[A-Z][a-zä]+) ?20\d\d"


def through(client: Client, address: str, link: str, onward: str) -> tuple[list[str], list[str]]:
    """Read a list to its end by the links that lead on; return its entries and its pages."""
    entries: list[str] = []
    pages: list[str] = []
    host = address.partition("://")[2].partition("/")[0]
    while address not in pages:
        pages.append(address)
        html = client.get(address).text.partition("<aside")[0]
        entries += [unescape(found) for found in re.findall(link, html)]
        if found := re.search(onward, html):
            address = f"http://{host}/{unescape(found[1]).lstrip('/')}"
    return entries, pages


def test_cards_carry_session_and_node_and_belong_to_the_base(client: Client) -> None:
    link, onward = r'class="card-link" href="([^"]+)"', r'pagination-link-next"[^>]*href="([^"]+)"'

    entries, pages = through(client, f"{NETWORKS}{PRESS_LIST}", link, onward)

    assert len(entries) == len(set(entries)) == 24
    assert len(pages) == 3
    assert all(";jsessionid=" in e and e.endswith("?nn=13326") for e in entries)
    assert all(client.get(f"{NETWORKS}/{entry}").status == 200 for entry in entries)


def test_relaunch_renames_the_classes_of_one_list(replica: Replica, client: Client) -> None:
    before = client.get(f"{NETWORKS}{EVENT_LIST}").text
    replica.round = 2
    after = client.get(f"{NETWORKS}{EVENT_LIST}").text

    assert ("card-link" in before, "card-link" in after.partition("<aside")[0]) == (True, False)
    assert visible(before) == visible(after)


def test_pager_of_the_agency_has_to_be_followed(client: Client) -> None:
    link, onward = r'class="teaser-link"[^>]*href="([^"]+)"', r'class="next"><a href="([^"]+)"'

    entries, pages = through(client, f"{AGENCY}/aktuelles", link, onward)

    assert len(entries) == len(set(entries)) == 26
    assert len({page.partition("cHash=")[2] for page in pages[1:]}) == len(pages) - 1 == 3
    for page in pages[1:]:
        built = page.partition("&cHash=")[0]
        assert client.get(built).status == client.get(f"{built}&cHash=0123").status == 404


def test_details_of_the_agency_by_number_are_signed_too(truth: dict[str, Any]) -> None:
    keys = [i["key"] for i in truth["rounds"]["1"]["items"] if i["platform"] == "digitalagentur"]

    assert 5 <= sum(key.startswith("tx_news:") for key in keys) <= 20


def test_posts_are_paged_with_totals_and_known_by_a_short_address(client: Client) -> None:
    first = client.get(f"{POSTS}?per_page=50&orderby=modified&order=desc")
    second = client.get(f"{POSTS}?per_page=50&orderby=modified&order=desc&page=2")
    posts = first.json() + second.json()

    assert (first.headers["x-wp-total"], first.headers["x-wp-totalpages"]) == ("34", "2")
    assert client.get(f"{POSTS}?per_page=50&page=3").status == 400
    assert len({post["id"] for post in posts}) == 34
    changed = [post["modified_gmt"] for post in posts]
    assert changed == sorted(changed, reverse=True)
    for post in posts:
        short = client.get(f"{PAPER}/?p={post['id']}")
        assert (short.status, short.headers["location"]) == (301, post["link"])


def test_counter_of_a_post_moves_on_and_its_text_stays(
    replica: Replica, client: Client, truth: dict[str, Any]
) -> None:
    assert truth["rounds"]["2"]["counted"]
    for key in truth["rounds"]["2"]["counted"]:
        address = f"{POSTS}/{key.partition(':')[2]}"
        replica.round = 1
        before = client.get(address).json()
        replica.round = 2
        after = client.get(address).json()
        counted = [re.sub(r"\d+ Aufrufe", "", p["content"]["rendered"]) for p in (before, after)]
        assert before["content"] != after["content"]
        assert counted[0] == counted[1]
        assert after["modified_gmt"] > before["modified_gmt"]


def test_list_of_the_league_shows_no_dates_and_its_pages_do(client: Client) -> None:
    link, onward = r'item-title"><a href="([^"]+)"', r'class="page-link next"[^>]*href="([^"]+)"'

    entries, pages = through(client, LEAGUE_LIST, link, onward)

    assert len(entries) == len(set(entries)) == 26
    assert [page.partition("start=")[2] for page in pages] == ["", "6", "12", "18", "24"]
    assert not any(re.search(_DAY, client.get(page).text) for page in pages)
    for entry in entries:
        assert re.search(f"Pressemitteilung vom {_DAY}", client.get(f"{LEAGUE}{entry}").text)


def test_feed_of_the_centre_escapes_twice_and_writes_german_dates(client: Client) -> None:
    feed = client.get(f"{CENTRE}/rss/meldungen.xml").body.decode("iso-8859-1")

    assert feed.count("<item>") == 20
    assert "&amp;amp;uuml;" in feed
    assert not re.search("[äöüÄÖÜß]", feed.replace(" Mär ", ""))
    dates = re.findall(r"<pubDate>(.+)</pubDate>", feed)
    assert {date.rpartition(" ")[2] for date in dates} == {"MEZ", "MESZ"}
    assert all(re.match(r"(?:Mo|Di|Mi|Do|Fr|Sa|So), \d\d [A-Z][a-zä]{2} \d{4} ", d) for d in dates)


def test_folder_is_listed_by_years_and_holds_files_of_four_formats(
    client: Client, truth: dict[str, Any]
) -> None:
    years = re.findall(r'<a href="(\d{4}/)">', client.get(f"{CENTRE}/dateien/").text)
    shown = {year: client.get(f"{CENTRE}/dateien/{year}").text for year in years}
    files = [i for i in truth["rounds"]["1"]["items"] if "kdz-dateien" in i["sources"]]

    assert {item["url"].rpartition(".")[2] for item in files} == {"docx", "odt", "pdf", "xlsx"}
    for item in files:
        year, _, name = item["url"].partition("/dateien/")[2].partition("/")
        dated = rf'href="{name}">.+</a>\s+\d{{4}}-\d\d-\d\d \d\d:\d\d'
        assert re.search(dated, shown[f"{year}/"])
        known = document.read(client.get(item["url"]).body, "")
        assert known.title == item["title"]
        assert item["first_sentence"] in known.text
        assert item["last_sentence"] in known.text


def test_data_sets_are_paged_and_have_a_name_and_an_id(client: Client) -> None:
    search = f"{PORTAL}/api/3/action/package_search?sort=metadata_modified+desc&rows=100"
    first = client.get(f"{search}&start=0").json()["result"]
    second = client.get(f"{search}&start=15").json()["result"]

    sets = first["results"] + second["results"]
    assert len(first["results"]) == 15
    assert len({one["id"] for one in sets}) == first["count"] == second["count"] == 22
    for one in sets:
        by_name = client.get(f"{PORTAL}/dataset/{one['name']}")
        assert by_name.body == client.get(f"{PORTAL}/dataset/{one['id']}").body
    unknown = client.get(f"{PORTAL}/api/3/action/package_show?id=fehlt")
    assert (unknown.status, unknown.json()["success"]) == (404, False)


def test_export_holds_the_pages_of_the_live_wiki(client: Client, truth: dict[str, Any]) -> None:
    index = client.get(f"{ARCHIVE}/index.html").text.partition("gbare Seiten:")[2]
    listed = re.findall(r'<li><a href="[^"]*_(\d+)\.html">', index)
    guide = [i for i in truth["rounds"]["1"]["items"] if i["kind"] == "guide"]

    assert {f"confluence:{page}" for page in listed} == {item["key"] for item in guide}
    assert all(item["sources"] == ["leitfaden", "leitfaden-archiv"] for item in guide)


@pytest.mark.parametrize(("host", "status"), [(AGENCY, 404), (LEAGUE, 410), (CENTRE, 500)])
def test_circulars_fail_in_the_second_round(
    replica: Replica, client: Client, host: str, status: int
) -> None:
    assert client.get(f"{host}/rundbriefe/feed.xml").text.count("<item>") == 4

    replica.round = 2

    assert client.get(f"{host}/rundbriefe/feed.xml").status == status


def test_every_host_states_its_rules_and_breaches_are_counted(
    replica: Replica, client: Client, truth: dict[str, Any]
) -> None:
    for host, rules in truth["robots"].items():
        text = client.get(f"http://{host}/robots.txt").text
        assert all(f"Disallow: {path}\n" in text for path in rules["forbidden"])
        assert (f"Crawl-delay: {rules['crawl_delay']}" in text) == bool(rules["crawl_delay"])
        client.get(f"http://{host}{rules['forbidden'][0]}geheim")

    assert {x.host for x in replica.forbidden_requests} == set(truth["robots"])


@pytest.mark.parametrize(
    "address",
    [f"{NETWORKS}/", f"{AGENCY}/", f"{PAPER}/", f"{PAPER}/wp-json/", f"{PAPER}/feed/", POSTS,
     f"{LEAGUE}/", f"{CENTRE}/", f"{CENTRE}/rundbriefe/feed.xml", f"{PORTAL}/",
     f"{PORTAL}/api/3/action/package_search", f"{ARCHIVE}/index.html"],
)  # fmt: skip
def test_every_answer_says_that_it_is_invented(client: Client, address: str) -> None:
    assert DEMO_NOTICE in client.get(address).text


def test_syndicated_posts_carry_titles_of_their_own(truth: dict[str, Any]) -> None:
    items = {item["key"]: item for item in truth["rounds"]["1"]["items"]}
    posts = [(group["items"][0], key, group["relation"]) for group in truth["groups"]
             for key in group["items"][1:] if key.startswith("wordpress:")]  # fmt: skip

    assert [relation for *_, relation in posts].count("copy") == 8
    assert [relation for *_, relation in posts].count("teaser") == 2
    for original, post, _ in posts:
        assert items[original]["platform"] != items[post]["platform"]
        assert items[original]["title"] != items[post]["title"]
