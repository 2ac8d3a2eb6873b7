"""Reservations of text and data mining: what a file says of an address, and for entries."""

import json

import pytest

from aggregator import tdm
from aggregator.model import Entry, Fetched, Policy, Validators

SITE = "https://verlag.example"


def rules(*rows: object) -> tdm.Rules:
    return tdm.rules_of(json.dumps(list(rows)))


def rule(location: object, value: object = 1, **more: object) -> dict[str, object]:
    return {"location": location, "tdm-reservation": value, **more}


@pytest.mark.parametrize(
    ("location", "path", "matches"),
    [
        ("/", "/a/b?c=1", True),
        ("/a/", "/a/b", True),
        ("/a/", "/a", False),
        ("/a", "/abc", True),
        ("/A/", "/a/b", False),
        ("a/", "/a/b", True),
        ("*", "/a", True),
        ("/*.pdf", "/a/b.pdf?x=1", True),
        ("/*.pdf$", "/a/b.pdf", True),
        ("/*.pdf$", "/a/b.pdf?x=1", False),
        ("/a/*/c$", "/a/b/x/c", True),
        ("/a/*/c$", "/a/c", False),
        ("/a$", "/a", True),
        ("/a$", "/ab", False),
        ("/a*a$", "/a", False),
        ("/?s=", "/?s=1", True),
        ("/f%6Fo", "/foo", True),
        ("/foo-%24", "/foo-%24", True),
        ("/münchen/", "/m%C3%BCnchen/a", True),
        ("/m%c3%bcnchen/", "/münchen/a", True),
        (f"{SITE}/a/", "/a/b", True),
        (SITE, "/a", True),
    ],
)
def test_a_location_matches_as_in_robots_txt(location: str, path: str, *, matches: bool) -> None:
    assert (tdm.is_reserved(rules(rule(location)), SITE + path) is True) is matches


def test_the_first_rule_that_matches_counts() -> None:
    told = rules(rule("/a/free/", 0), rule("/a/", 1), rule("/a/free/b", 1))

    assert tdm.is_reserved(told, f"{SITE}/a/free/b") is False
    assert tdm.is_reserved(told, f"{SITE}/a/b") is True
    assert tdm.is_reserved(told, f"{SITE}/c") is None


@pytest.mark.parametrize("value", [1, "1", True])
def test_a_reservation_may_be_a_number_or_its_text(value: object) -> None:
    assert rules(rule("/", value, **{"tdm-policy": "https://x.example/p"})) == (("/", True),)


@pytest.mark.parametrize(
    "text",
    ["", "no json", "{}", '"x"', "[" * 100_000, "null", '[1, null, "x", []]',
     '[{"location": "/"}]', '[{"tdm-reservation": 1}]', '[{"location": 1, "tdm-reservation": 1}]',
     '[{"location": "/", "tdm-reservation": 2}]', '[{"location": "/", "tdm-reservation": "yes"}]',
     '[{"location": "", "tdm-reservation": 1}]', '[{"location": "/", "tdm-reservation": [1]}]'],
)  # fmt: skip
def test_what_breaks_the_protocol_says_nothing(text: str) -> None:
    assert tdm.rules_of(text) == ()


def test_neither_many_rules_nor_many_stars_take_long() -> None:
    many = rules(*[rule("/*a" * 200 + "$")] * 5_000)

    assert len(many) == tdm.MAX_RULES
    assert tdm.is_reserved(many, f"{SITE}/{'a' * 4_000}b") is None


def answer(**more: object) -> Fetched:
    fields = {
        "url": f"{SITE}/feed", "final_url": f"{SITE}/feed", "status": 200, "headers": {},
        "media_type": "application/rss+xml", "charset": None, "body": b"",
        "validators": Validators(),
    }  # fmt: skip
    return Fetched(**(fields | more))  # type: ignore[arg-type]  # named fields


def test_entries_of_reserved_paths_are_links_and_others_stay() -> None:
    entries = [Entry(url=f"{SITE}/presse/1"), Entry(url=f"{SITE}/amt/1"), Entry(title="ohne"),
               Entry(url="https://other.example/presse/1"), Entry(url="http://[")]  # fmt: skip

    found = tdm.tightened(entries, answer(reservations=(("/presse/", True),)))

    assert [entry.policy for entry in found] == [Policy.LINK, None, None, None, None]


def test_a_reserved_list_reserves_all_that_it_brings() -> None:
    entries = [Entry(url=f"{SITE}/a"), Entry(url="https://other.example/b")]

    for value, policy in (("1", Policy.LINK), ("0", None)):
        found = tdm.tightened(entries, answer(headers={"tdm-reservation": value}))
        assert {entry.policy for entry in found} == {policy}


def test_what_keeps_a_feed_out_of_search_engines_is_not_for_its_entries() -> None:
    found = tdm.tightened([Entry(url=f"{SITE}/a")], answer(headers={"x-robots-tag": "noindex"}))

    assert found[0].policy is None
