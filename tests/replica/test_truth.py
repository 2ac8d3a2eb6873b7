"""The committed truth is current, and the served pages say what it says."""

from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import pytest

from aggregator import config, urls
from aggregator.model import ItemKind, Level, Platform, PlatformId
from aggregator.replica import Replica
from aggregator.replica.build import TRUTH, text
from aggregator.replica.content.rounds import world
from aggregator.replica.values import AGENCY, FORUM, GUIDE, PAPER
from aggregator.text import references
from tests.replica.conftest import Client, visible

MINISTRY = Platform(
    id=PlatformId("digitale-verwaltung"), name="Digitale Verwaltung", short_name="DigiVerw",
    level=Level.BUND, operator=(), url="http://www.digitale-verwaltung.de/",
    former=("http://www.onlinezugangsgesetz.de/",),
)  # fmt: skip


def test_committed_truth_is_current() -> None:
    assert TRUTH.read_text(encoding="utf-8") == text(), "python -m aggregator.replica.build"


def test_there_are_four_hundred_items_on_ten_platforms_and_eleven_sites(
    truth: dict[str, Any],
) -> None:
    items = truth["rounds"]["1"]["items"]

    assert len(items) >= 400
    assert len({item["platform"] for item in items}) == 10
    assert len({urlsplit(alias).netloc.removeprefix("www.")
                for item in items for alias in item["aliases"]}) >= 11  # fmt: skip
    assert {item["kind"] for item in items} <= set(ItemKind)


def test_every_item_has_one_key_and_every_address_belongs_to_one_item(
    truth: dict[str, Any],
) -> None:
    owners: dict[str, set[str]] = {}
    for item in truth["rounds"]["1"]["items"]:
        for alias in item["aliases"]:
            owners.setdefault(alias, set()).add(item["key"])

    keys = Counter(item["key"] for item in truth["rounds"]["1"]["items"])
    assert [key for key, count in keys.items() if count > 1] == []
    assert [alias for alias, found in owners.items() if len(found) > 1] == []


def test_keys_are_those_that_the_address_rules_give(truth: dict[str, Any]) -> None:
    for item in truth["rounds"]["1"]["items"]:
        if item["kind"] == "faq":  # told apart by fragment
            continue
        by_number = item["platform"] in {GUIDE, PAPER}
        addresses = item["aliases"] if by_number else [item["url"]]
        assert item["key"] in {urls.identity(url).key for url in addresses}, item["url"]


def test_every_address_of_a_ministry_item_has_its_link_key(truth: dict[str, Any]) -> None:
    for item in truth["rounds"]["1"]["items"]:
        if item["platform"] != "digitale-verwaltung" or item["kind"] == "faq":
            continue
        keys = {urls.identity(alias, MINISTRY).link_key for alias in item["aliases"]}
        assert len(keys) == 1, keys


@pytest.mark.parametrize("number", ["1", "2"])
def test_every_page_of_the_truth_is_served_with_its_text(
    truth: dict[str, Any], replica: Replica, client: Client, number: str
) -> None:
    replica.round = int(number)
    gone = set(truth["rounds"]["2"]["vanished"]) if number == "2" else set()
    newer = {item["key"]: item for item in truth["rounds"]["2"]["items"]} if gone else {}
    items = {item["key"]: item for item in truth["rounds"]["1"]["items"]} | newer

    for item in items.values():
        if item["key"] in gone:
            continue
        reply = client.get(item["url"])
        assert reply.status == 200, item["url"]
        if item["kind"] != "document":
            words = visible(reply.text)
            assert item["first_sentence"] in words, item["url"]
            assert item["last_sentence"] in words, item["url"]


def test_every_alias_on_a_platform_leads_to_the_item_or_to_its_successor(
    truth: dict[str, Any], client: Client
) -> None:
    """On the former host some addresses are lost: those resolve by rule, not by redirect."""
    lost = 0
    for item in truth["rounds"]["1"]["items"]:
        for alias in item["aliases"]:
            _, reply = client.follow(alias.replace("https://", "http://"))
            former = "onlinezugangsgesetz.de" in alias
            lost += former and reply.status == 404
            assert reply.status == 200 or (former and reply.status == 404), alias

    assert 20 < lost < 120


def test_links_that_lead_nowhere_are_marked_dead(truth: dict[str, Any], client: Client) -> None:
    links = truth["rounds"]["1"]["links"]
    dead = [link for link in links if link["dead"]]

    assert len(dead) >= 6
    for link in dead:
        assert client.follow(link["url"].replace("https://", "http://"))[1].status == 404


def test_sentences_of_links_are_whole_and_hold_the_anchor(truth: dict[str, Any]) -> None:
    for link in truth["rounds"]["1"]["links"]:
        assert link["anchor"] in link["sentence"]
        assert not link["prose"] or link["sentence"][-1] in ".?"


def test_links_go_between_all_platforms(truth: dict[str, Any]) -> None:
    items = truth["rounds"]["1"]["items"] + truth["rounds"]["2"]["items"]
    platform = {item["key"]: item["platform"] for item in items}
    pairs = {(platform[link["from"]], platform[link["to"]])
             for link in truth["rounds"]["1"]["links"] if link["to"]}  # fmt: skip

    assert {(one, other) for one, other in pairs if one != other} >= {
        ("ozg-kommunal", "digitale-verwaltung"), ("digitale-verwaltung", "ozg-kommunal"),
        ("ozg-leitfaden", "digitale-verwaltung"), ("digitale-verwaltung", "ozg-leitfaden"),
        ("ozg-kommunal", "ozg-leitfaden"), ("ozg-leitfaden", "ozg-kommunal"),
        ("ozg-kommunal", "it-planungsrat"), ("it-planungsrat", "ozg-leitfaden"),
    }  # fmt: skip


def test_some_links_wait_for_targets_of_the_second_round(truth: dict[str, Any]) -> None:
    new = set(truth["rounds"]["2"]["new"])

    waiting = [link for link in truth["rounds"]["1"]["links"] if link["to"] in new]

    assert len(waiting) >= 5


def test_second_round_differs_only_as_planted(truth: dict[str, Any]) -> None:
    second = truth["rounds"]["2"]
    moved = {move["key"] for move in second["moved"]}
    planted = set(second["new"]) | set(second["changed"]) | moved

    assert {item["key"] for item in second["items"]} == planted
    assert len(second["new"]) == 24
    assert len(second["changed"]) == 19
    assert len(moved) == 6
    assert len(second["vanished"]) == 9
    assert not planted & set(second["vanished"])


def test_pages_that_are_not_planted_to_change_keep_their_content(
    truth: dict[str, Any], replica: Replica, client: Client
) -> None:
    """Their bytes even, but for articles, beside which the newest press releases stand, for the
    agency, whose pages carry a clock, and for posts of the paper that count their views.
    """
    differing = set(truth["rounds"]["2"]["vanished"])
    differing |= {item["key"] for item in truth["rounds"]["2"]["items"]}
    same = [i for i in truth["rounds"]["1"]["items"] if i["key"] not in differing]
    before = {item["key"]: client.get(item["url"]).body for item in same}

    replica.round = 2

    after = {item["key"]: client.get(item["url"]).body for item in same}
    other = {i["key"] for i in same if before[i["key"]] != after[i["key"]]}
    ticking = {i["key"] for i in same if i["platform"] == AGENCY}
    articles = {i["key"] for i in same if i["kind"] == "page"}
    assert other == ticking | articles | set(truth["rounds"]["2"]["counted"])


def test_moved_pages_redirect_for_good_and_gone_ones_are_missing(
    truth: dict[str, Any], replica: Replica, client: Client
) -> None:
    first = {item["key"]: item for item in truth["rounds"]["1"]["items"]}
    replica.round = 2

    for move in truth["rounds"]["2"]["moved"]:
        reply = client.get(move["from"])
        assert (reply.status, reply.headers["location"]) == (301, move["to"])
    for key in truth["rounds"]["2"]["vanished"]:
        assert client.get(first[key]["url"]).status == 404


def test_copies_are_alike_and_nothing_else_is(truth: dict[str, Any]) -> None:
    """Near misses stay under four tenths of shared three-word sequences."""
    texts = {p.key: p.text.lower().split() for p in world(1).publications}
    shingles = {k: {tuple(w[i : i + 3]) for i in range(len(w) - 2)} for k, w in texts.items()}

    def share(one: str, other: str) -> float:
        return len(shingles[one] & shingles[other]) / min(len(shingles[one]), len(shingles[other]))

    for group in truth["groups"]:
        original, *copies = group["items"]
        assert all(share(original, copy) > 0.5 for copy in copies), group
    assert len(truth["near_misses"]) == 8
    assert all(0.2 < share(one, other) < 0.45 for one, other in truth["near_misses"])


def test_topics_that_ask_are_questions_and_some_are_solved(truth: dict[str, Any]) -> None:
    topics = [i for i in truth["rounds"]["1"]["items"] if i["platform"] == FORUM]

    assert sum(topic["solved"] for topic in topics) > 15
    assert all((topic["kind"] == "question") == topic["title"].endswith("?") for topic in topics)
    assert max(topic["posts"] for topic in topics) > 20


def test_topics_are_those_of_the_vocabulary(truth: dict[str, Any]) -> None:
    known = set(config.vocabulary().topics)

    assert {slug for item in truth["rounds"]["1"]["items"] for slug in item["topics"]} <= known


def test_attachments_stay_with_their_pages(truth: dict[str, Any]) -> None:
    parents = {item["key"].partition("/")[0] for item in truth["rounds"]["1"]["items"]
               if item["platform"] == GUIDE and item["kind"] == "document"}  # fmt: skip

    assert len(parents) == 7
    assert not parents & set(truth["rounds"]["2"]["vanished"])


def test_references_that_were_planted_are_found_and_no_others() -> None:
    for publication in world(2).publications:
        planted = {reference for s in publication.sentences for reference in s.references}
        found = {(str(r.kind), r.key) for r in references.find(publication.text)}
        assert found == planted, publication.key
