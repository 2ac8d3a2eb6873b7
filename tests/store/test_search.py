"""Search over a small corpus: words, parts, spellings, facets, pages, snippets."""

from collections.abc import Callable
from typing import Any

import pytest

from aggregator import store
from aggregator.clock import SimulatedClock
from aggregator.errors import QueryError
from aggregator.language import analyser
from aggregator.model import Evidence, ItemKind, Policy, When
from aggregator.store import facet_bits, matching
from aggregator.store.catalogue import mirror
from aggregator.store.derived import reading
from aggregator.store.facet_bits import Numbers
from aggregator.store.search import SearchPage, search
from aggregator.store.search_query import SearchQuery
from tests.builders import make_catalogue, make_source
from tests.derive.conftest import AMT, LAND, VOCABULARY, WORDS, Corpus, address, link

Ask = Callable[..., SearchPage]
TEXTS = [
    (
        "Verwaltungsreform im Land",
        "amt",
        2024,
        "Die Kommunen warten auf die Reform der Verwaltung.",
    ),
    ("Wohngeldantrag digital", "amt", 2025, "Der Antrag auf Wohngeld geht jetzt online."),
    (
        "Haushaltsplan",
        "land",
        2025,
        "Über die Straße wird gestritten, und das Onlinezugangsgesetz.",
    ),
    ("Frist für die Steuer", "land", 2026, "Nach § 1a OZG gilt für die Steuererklärung das Neue."),
    ("Kurz gesagt", "land", 2026, "Wohngeld gibt es auch im Land, ganz ohne Papier."),
]


@pytest.fixture
def corpus(db: store.Connection, clock: SimulatedClock) -> Corpus:
    """Five items of two platforms."""
    sources = [make_source("amt-feed"), make_source("land-feed", platform="land")]
    mirror(db, make_catalogue(sources, [AMT, LAND]))
    filled = Corpus(db, clock)
    for number, (title, platform, year, text) in enumerate(TEXTS, start=1):
        filled.put(number, platform, title=title, text=text,
                   published=When(at=f"{year}-05-0{number}T10:00:00Z", evidence=Evidence.FEED),
                   kind=ItemKind.NEWS if number < 4 else ItemKind.DECISION)  # fmt: skip
    filled.derive()
    return filled


@pytest.fixture
def ask(corpus: Corpus) -> Ask:
    """Ask a question."""

    def asked(text: str = "", **more: Any) -> SearchPage:
        words = analyser(corpus.db, VOCABULARY, WORDS)
        return search(corpus.db, words, SearchQuery(text=text, **more))

    return asked


def titles(page: SearchPage) -> list[str]:
    return [hit["title"] for hit in page.hits]


FOUND = [
    ("Verwaltungsreform", ["Verwaltungsreform im Land"]),
    ("reform verwaltung", ["Verwaltungsreform im Land"]),
    ("strasse", ["Haushaltsplan"]),
    ("ueber strasse", ["Haushaltsplan"]),
    ('"Reform der Verwaltung"', ["Verwaltungsreform im Land"]),
    ('"Verwaltung der Reform"', []),
    ("wohngeld -papier", ["Wohngeldantrag digital"]),
    ("wohngeld platform:land", ["Kurz gesagt"]),
    ("OZG", ["Haushaltsplan", "Frist für die Steuer"]),
    ("§ 1a OZG", ["Frist für die Steuer"]),
    ("haush*", ["Haushaltsplan"]),
    ("haushaltsplan OR steuererklärung", ["Haushaltsplan", "Frist für die Steuer"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), FOUND, ids=[text for text, _ in FOUND])
def test_items_are_found(ask: Ask, text: str, expected: list[str]) -> None:
    assert sorted(titles(ask(text))) == sorted(expected)


def test_items_with_all_words_come_before_those_with_some(ask: Ask) -> None:
    page = ask("Wohngeld Papier")
    assert titles(page) == ["Kurz gesagt", "Wohngeldantrag digital"]
    assert page.partial


def test_no_query_lists_everything_newest_first(ask: Ask) -> None:
    page = ask()
    assert page.total == 5
    assert titles(page)[0] == "Kurz gesagt"


def test_query_without_a_word_finds_nothing(ask: Ask) -> None:
    assert ask("%").total == 0


def test_mistyped_word_is_corrected(ask: Ask) -> None:
    page = ask("Wohngled")
    assert page.correction == "wohngeld"
    suggestion = page.document("/search")["suggestion"]
    assert suggestion == {"query": "wohngeld", "url": "/search?q=wohngeld"}
    assert ask("Wohngeld").correction is None


def test_word_that_came_after_the_epoch_is_suggested_too(corpus: Corpus, ask: Ask) -> None:
    corpus.put(9, title="Nachgereicht", text="Die Quartiersgarage wird geprüft.")
    corpus.derive()
    assert ask("Quartiersgarge").correction == "quartiersgarage"


def test_facets_count_what_choosing_them_would_show(ask: Ask) -> None:
    page = ask("wohngeld", platform=("land",))
    facets = page.document("/search")["facets"]
    counts = {row["value"]: (row["count"], row["selected"]) for row in facets["platform"]}
    assert counts == {"amt": (1, False), "land": (1, True)}
    assert [(row["value"], row["count"]) for row in facets["year"]] == [("2026", 1)]
    assert facets["platform"][0]["toggle_url"] in (
        "/search?q=wohngeld&platform=land&platform=amt", "/search?q=wohngeld",
    )  # fmt: skip
    assert ask("wohngeld", platform=("amt",)).total == 1


@pytest.mark.parametrize(("filters", "expected"), [
    ({"kind": ("decision",)}, 2), ({"level": ("bund",)}, 5), ({"level": ("kommune",)}, 0),
    ({"topic": ("bauen_wohnen",)}, 1), ({"source": ("land-feed",)}, 3),
    ({"since": "2025-05-03", "until": "2026-05-04"}, 2), ({"ref": ("OZG § 1a",)}, 1),
    ({"ref": ("§ 1a OZG",)}, 1), ({"platform": ("unbekannt",)}, 0),
])  # fmt: skip
def test_filters_narrow(ask: Ask, filters: dict[str, Any], expected: int) -> None:
    assert ask(**filters).total == expected


def test_same_content_is_one_hit_unless_asked_otherwise(corpus: Corpus, ask: Ask) -> None:
    told = "Das teilte die Behörde am Montag mit und nannte dabei auch weitere Einzelheiten."
    corpus.put(7, "amt", title="Doppelt", text=told)
    corpus.put(8, "land", title="Doppelt", text=told)
    corpus.derive()
    page = ask("einzelheiten")
    assert (page.total, page.hits[0]["same_count"]) == (1, 1)
    assert [row[2] for row in page.facets["platform"]] == [1, 1]
    assert ask("einzelheiten", bundle=False).total == 2


def test_most_linked_items_come_first_when_asked(corpus: Corpus, ask: Ask) -> None:
    corpus.put(9, "amt", title="Hinweis", text="Anderes.", links=(link(address(3, "land")),))
    corpus.derive()
    page = ask(sort="linked")
    assert titles(page)[0] == "Haushaltsplan"
    assert page.hits[0]["links_in"] == 1


def test_of_hits_that_say_the_same_the_linked_one_comes_first(corpus: Corpus, ask: Ask) -> None:
    when = When(at="2026-09-01T10:00:00Z", evidence=Evidence.FEED)
    for number in (21, 22, 23):
        corpus.put(number, "land", title="Bericht", text=f"Radweg {number}.", published=when)
    corpus.derive()
    last = ask("radweg").hits[-1]
    linked = next(n for n in (21, 22, 23) if address(n, "land") == last["url"])
    corpus.put(30, "amt", title="Hinweis", text="Anderes.", links=(link(address(linked, "land")),))
    corpus.derive()
    assert ask("radweg").hits[0]["id"] == last["id"]


def test_snippet_marks_what_was_asked_for(ask: Ask) -> None:
    hit = ask("Antrag Wohngeld").hits[0]
    marked = [hit["snippet"][start:end] for start, end in hit["marks"]]
    assert {"Antrag", "Wohngeld"} <= set(marked)


def test_snippet_shows_no_more_than_the_policy_allows(corpus: Corpus, ask: Ask) -> None:
    corpus.put(9, title="Knapp", text="Sonderfall " * 200, policy=Policy.LINK)
    corpus.put(10, title="Auszug", text="Sonderfall und mehr. " * 60, policy=Policy.EXCERPT)
    corpus.derive()
    assert [hit["snippet"] for hit in ask("Knapp").hits] == [""]
    assert len(ask("Sonderfall").hits[0]["snippet"]) <= 300


def test_pages_follow_each_other_without_gaps(ask: Ask) -> None:
    seen = [title for n in (1, 2, 3) for title in titles(ask(limit=2, page=n))]
    assert len(seen) == len(set(seen)) == 5
    document = ask(limit=2, page=2).document("/search")
    assert (document["prev"], document["next"]) == (
        "/search?limit=2", "/search?limit=2&page=3",
    )  # fmt: skip


def test_cursor_follows_the_date(ask: Ask) -> None:
    seen: list[str] = []
    cursor = None
    for _ in range(3):
        page = ask(limit=2, sort="date", cursor=cursor)
        seen += titles(page)
        cursor = page.cursor
    assert cursor is None
    assert seen == titles(ask(sort="date"))


def test_total_is_a_lower_bound_when_too_many_match(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matching, "LOOKED_AT", 2)
    page = ask()
    assert (page.total, page.total_is_exact) == (2, False)
    assert ask(platform=("amt",)).total == 2, "filters reach beyond what is ranked"
    first = ask(sort="date", limit=2)
    assert titles(
        ask(sort="date", limit=2, cursor=f"{first.hits[-1]['published_at']}~222222222222")
    )


@pytest.mark.parametrize("given", [
    {"limit": ["0"]}, {"limit": ["101"]}, {"page": ["51"]}, {"page": ["x"]}, {"sort": ["best"]},
    {"kind": ["blog"]}, {"level": ["stadt"]}, {"bundle": ["ja"]}, {"since": ["gestern"]},
    {"until": ["2026-13-01"]}, {"cursor": ["17"]}, {"until": ["9999-12-31"]},
])  # fmt: skip
def test_impossible_parameters_are_refused(given: dict[str, list[str]]) -> None:
    with pytest.raises(QueryError) as refused:
        SearchQuery.read(given)
    assert refused.value.remedy


def test_parameters_survive_their_address() -> None:
    given = {
             "q": ["wohngeld"], "platform": ["amt", "land"], "since": ["2026-01-01"],
             "until": ["2026-12-31"], "sort": ["date"],
             "bundle": ["0"], "limit": ["5"]}  # fmt: skip
    query = SearchQuery.read(given)
    assert query.year == "2026"
    assert query.url("/search") == (
        "/search?q=wohngeld&platform=amt&platform=land&since=2026-01-01&until=2026-12-31"
        "&sort=date&bundle=0&limit=5"
    )
    assert "since" not in query.toggled("/search", "year", "2026")


def test_the_compound_that_two_words_make_up_comes_first(corpus: Corpus, ask: Ask) -> None:
    corpus.put(11, "land", title="Antrag zu Wohngeld", text="Reform und Verwaltung sind zweierlei.",
               published=When(at="2026-09-01T10:00:00Z", evidence=Evidence.FEED))  # fmt: skip
    corpus.derive()
    assert titles(ask("reform verwaltung"))[0] == "Verwaltungsreform im Land"


def test_parts_are_looked_for_only_where_the_word_itself_is_rare(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = ask("Wohngeldantrag")
    monkeypatch.setattr(matching, "ENOUGH", 1)
    assert titles(ask("Wohngeldantrag")) == ["Wohngeldantrag digital"]
    assert wide.total >= 1
    assert wide.hits[0]["title"] == "Wohngeldantrag digital"


def test_what_is_common_is_found_newest_first_within_the_bound(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matching, "LOOKED_AT", 2)
    page = ask("wohngeld OR land OR steuer OR reform")
    assert not page.total_is_exact
    assert sum(row[2] for row in page.facets["platform"]) == 2
    assert set(titles(page)) == {"Frist für die Steuer", "Kurz gesagt"}


def test_pieces_of_a_hyphenated_word_are_found_apart_where_it_is_rare(ask: Ask) -> None:
    assert titles(ask("Wohngeld-Papier")) == ["Kurz gesagt"]


def test_there_may_be_more_topics_than_bits(corpus: Corpus, ask: Ask) -> None:
    generation = reading(corpus.db)
    with store.transaction(corpus.db):
        numbers = Numbers(generation)
        numbers.pack("amt", "post", [f"frueh_{n}" for n in range(facet_bits.TOPIC_BITS + 3)])
        late = "frueh_44"
        row = generation.run("SELECT row, platform, kind FROM entry_@ LIMIT 1").fetchone()
        generation.run(
            "UPDATE entry_@ SET bits = ?, topics = ? WHERE row = ?",
            (numbers.pack(row["platform"], row["kind"], ["frueh_3", late, "frueh_43"]),
             f" frueh_3 {late} frueh_43 ", row["row"]),
        )  # fmt: skip
    counted = {value: count for value, _, count, _ in ask().facets["topic"]}
    assert (counted["frueh_3"], counted["frueh_43"], counted[late]) == (1, 1, 1)
    assert [ask(topic=(name,)).total for name in (late, "frueh_3", "frueh_42")] == [1, 1, 0]
    assert ask(topic=(late, "bauen_wohnen")).total == 2
