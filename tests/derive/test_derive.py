"""What is derived from items: links both ways, references, same and related, in any order."""

from datetime import timedelta

import pytest

from aggregator import store
from aggregator.clock import stamp
from aggregator.model import Policy
from aggregator.store import builds, changes, holders, leases
from aggregator.store.decisions import read, record
from aggregator.store.derived import related_of
from tests.derive.conftest import Corpus, address, link

WOHNGELD = (
    "Die Kommune nimmt den Antrag auf Wohngeld seit dem Frühjahr auch auf elektronischem Wege an. "
    "Die Leute sparen sich damit den Weg in das Rathaus und erhalten den Bescheid früher als je."
)
LINKS = "SELECT item, target FROM link_@ WHERE target IS NOT item ORDER BY item, position"


def test_link_is_resolved_when_its_target_arrives_later(corpus: Corpus) -> None:
    one = corpus.put(1, links=(link(address(2, "land")),))
    corpus.derive()
    assert corpus.live(LINKS) == [(one, None)]
    two = corpus.put(2, "land")
    corpus.derive()
    assert corpus.live(LINKS) == [(one, two)]


def test_link_through_a_former_host_leads_to_the_item_of_today(corpus: Corpus) -> None:
    target = corpus.put(1)
    one = corpus.put(2, "land", links=(link(address(1, "alt")),))
    corpus.derive()
    assert corpus.live(LINKS) == [(one, target)]


def test_link_is_resolved_when_its_target_gets_a_late_alias(corpus: Corpus) -> None:
    one = corpus.put(1, "land", links=(link("http://amt.example/kurz"),))
    two = corpus.put(2)
    corpus.derive()
    assert corpus.live(LINKS) == [(one, None)]
    corpus.put(2, aliases=("http://amt.example/kurz",))
    corpus.derive()
    assert corpus.live(LINKS) == [(one, two)]


def test_link_loses_its_target_with_the_item(corpus: Corpus) -> None:
    one = corpus.put(1, links=(link(address(2, "land")),))
    corpus.put(2, "land")
    corpus.derive()
    corpus.drop(2, "land")
    corpus.derive()
    assert corpus.live(LINKS) == [(one, None)]


def test_reference_carries_its_sentence_and_place(corpus: Corpus) -> None:
    text = "Das ist neu. Nach § 1a OZG sind Leistungen zu bündeln. Mehr folgt."
    pk = corpus.put(1, title="Portale", text=text)
    corpus.derive()
    [(item, kind, key, start, end, sentence)] = corpus.live(
        "SELECT item, kind, key, start, end, sentence FROM reference_@"
    )
    assert (item, kind, key) == (pk, "law", "OZG § 1a")
    assert "§ 1a OZG" in f"Portale\n{text}"[start:end]
    assert sentence == "Nach § 1a OZG sind Leistungen zu bündeln."


def test_paper_of_an_unnamed_parliament_finds_the_bundestags(corpus: Corpus) -> None:
    corpus.put(1, identifiers=("BT-Drs. 19/1234",))
    corpus.put(2, "land", text="Siehe dazu die Drucksache 19/1234 aus dem Frühjahr.")
    corpus.derive()
    joined = "SELECT count(*) FROM reference_@ JOIN identifier_@ USING (kind, key)"
    assert corpus.live(joined) == [(1,)]


def test_copies_are_told_from_teasers_from_either_side(corpus: Corpus) -> None:
    whole = corpus.put(
        1, title="Wohngeld", text=f"{WOHNGELD} {WOHNGELD.replace('Kommune', 'Stadt')}"
    )
    teaser = corpus.put(2, "land", title="Wohngeld", text=WOHNGELD[:120])
    corpus.derive()
    assert corpus.live("SELECT item, other, relation FROM same_@ ORDER BY item") == [
        (whole, teaser, "excerpt"), (teaser, whole, "extended"),
    ]  # fmt: skip


def test_same_content_is_found_where_the_text_may_not_be_stored(corpus: Corpus) -> None:
    told = WOHNGELD + " " + WOHNGELD.replace("Kommune", "Stadt").replace("Bürger", "Leute")
    one = corpus.put(1, text=told)
    two = corpus.put(2, "land", text=told, policy=Policy.EXCERPT)
    corpus.derive()
    assert (one, two, "copy") in corpus.live("SELECT item, other, relation FROM same_@")


def test_related_items_are_explained_by_words_of_both(corpus: Corpus) -> None:
    one = corpus.put(1, title="Wohngeld digital", text="Das Wohngeld kann man online beantragen.")
    two = corpus.put(2, "land", title="Antrag online", text="Wohngeld gibt es nun im Portal.")
    for number in range(3, 8):
        corpus.put(number, title=f"Etwas {number}", text=f"Ganz anderes steht hier {number * 7}.")
    corpus.derive()
    [found] = [r for r in related_of(corpus.db, one) if r.item == two]
    assert found.away
    assert "Wohngeld" in {reason.label for reason in found.because}
    assert {r.item for r in related_of(corpus.db, two)} >= {one}


def decide(corpus: Corpus, kind: str, number: int, value: object, **more: object) -> None:
    row = {"kind": kind, "value": value, "by": "redaktion", "at": stamp(corpus.clock.now()),
           "why": "Test", "judged_hash": None, **more}  # fmt: skip
    row.setdefault("subject", more.get("subject") or subject(corpus, number))
    with store.transaction(corpus.db):
        record(corpus.db, read(row, where="Test"))


def subject(corpus: Corpus, number: int, platform: str = "amt") -> dict[str, object]:
    row = corpus.db.execute(
        "SELECT platform, key, url FROM item WHERE url = ?", (address(number, platform),)
    ).fetchone()
    return dict(row)


def test_hidden_item_leaves_everything_and_returns(corpus: Corpus) -> None:
    pk = corpus.put(1, text=WOHNGELD)
    corpus.derive()
    before = corpus.digest()
    decide(corpus, "hide", 1, value=True)
    corpus.derive()
    assert corpus.live("SELECT * FROM entry_@") == []
    assert corpus.db.execute("SELECT state FROM item").fetchone()[0] == "hidden"
    corpus.clock.advance(timedelta(minutes=1))
    decide(corpus, "hide", 1, value=False)
    corpus.derive()
    assert corpus.live("SELECT item FROM entry_@") == [(pk,)]
    after = corpus.digest()
    assert {**after, "decisions": ""} == {**before, "decisions": ""}


def test_pair_that_a_person_parted_stays_parted(corpus: Corpus) -> None:
    corpus.put(1, text=WOHNGELD)
    corpus.put(2, "land", text=WOHNGELD)
    corpus.derive()
    assert len(corpus.live("SELECT * FROM same_@")) == 2
    decide(corpus, "not_same", 1, value=True, object=subject(corpus, 2, "land"))
    corpus.derive()
    assert corpus.live("SELECT * FROM same_@") == []
    corpus.derive(rebuild=True)
    assert corpus.live("SELECT * FROM same_@") == []


def test_pair_that_a_person_made_is_shown_first(corpus: Corpus) -> None:
    one = corpus.put(1, text="Über Wohngeld wird hier berichtet.")
    two = corpus.put(2, "land", text="Ganz anderes steht in diesem Text.")
    corpus.derive()
    decide(corpus, "related", 1, value=True, object=subject(corpus, 2, "land"))
    corpus.derive()
    for item, other in ((one, two), (two, one)):
        first = related_of(corpus.db, item)[0]
        assert (first.item, first.shown) == (other, True)


def test_pair_that_a_person_made_before_the_other_came(corpus: Corpus) -> None:
    one = corpus.put(1, text="Über Wohngeld wird hier berichtet.")
    corpus.derive()
    other = {"platform": "land", "key": address(2, "land").replace("http:", "https:"), "url": None}
    decide(corpus, "related", 1, value=True, object=other)
    corpus.derive()
    two = corpus.put(2, "land", text="Ganz anderes steht in diesem Text.")
    corpus.derive()
    assert [(r.item, r.shown) for r in related_of(corpus.db, one)] == [(two, True)]
    before = corpus.digest()
    corpus.derive(rebuild=True)
    assert corpus.digest() == before


def test_topic_of_a_person_wins_over_the_rule(corpus: Corpus) -> None:
    corpus.put(1, title="Antrag auf Wohngeld", text=WOHNGELD)
    corpus.derive()
    topics = "SELECT topic, source, auto FROM topic_@"
    assert corpus.live(topics) == [("bauen_wohnen", "rule", 1)]
    decide(corpus, "topic", 1, value=False, object="bauen_wohnen")
    decide(corpus, "topic", 1, value=True, object="umwelt")
    corpus.derive()
    assert corpus.live(topics) == [("umwelt", "human", 1)]


def test_decision_waits_for_its_item(corpus: Corpus) -> None:
    pk = corpus.put(1, text=WOHNGELD)
    told = subject(corpus, 1)
    corpus.drop(1)
    corpus.db.execute("DELETE FROM tombstone")
    decide(corpus, "hide", 1, value=True, subject=told)
    corpus.put(1, text=WOHNGELD)
    corpus.derive()
    assert corpus.live("SELECT * FROM entry_@") == []
    assert pk > 0


def test_time_limit_leaves_the_rest_for_the_next_run(corpus: Corpus) -> None:
    corpus.put(1)
    corpus.derive()
    for number in range(2, 60):
        corpus.put(number)
    corpus.db.execute("UPDATE epoch SET items = 1000")  # no new epoch, the queue alone
    done = corpus.derive(links_for=timedelta(0), at_once=20)
    assert not done.complete
    assert done.unlinked == changes.count(corpus.db) == 58
    assert corpus.live("SELECT count(*) FROM entry_@") == [(59,)]  # all can be found
    assert corpus.live("SELECT count(*) FROM vector_@") == [(1,)]
    assert corpus.derive().complete
    assert corpus.live("SELECT count(*) FROM vector_@") == [(59,)]


def test_interrupted_build_goes_on_and_readers_keep_the_old(corpus: Corpus) -> None:
    for number in range(60):
        corpus.put(number)
    corpus.derive()
    before = corpus.digest()
    done = corpus.derive(rebuild=True, links_for=timedelta(seconds=4), at_once=0)
    assert builds.current(corpus.db) is not None
    assert corpus.digest() == before
    corpus.put(1, text=WOHNGELD)
    assert corpus.derive(rebuild=True).items < 61 + done.items
    assert builds.current(corpus.db) is None
    edited = corpus.digest()
    corpus.derive(rebuild=True)
    assert corpus.digest() == edited != before


def test_lease_of_a_dead_process_is_taken_over(db: store.Connection) -> None:
    process = holders.me().rpartition("/")[0]  # this pid, but of another start
    db.execute("INSERT INTO lease VALUES ('derive', ?, '2999-01-01T00:00:00Z')", (f"{process}/0",))
    assert leases.acquire(db, "derive")


def test_lease_of_a_living_process_is_respected(db: store.Connection) -> None:
    boot = holders.me().partition("/")[0]
    name = f"{boot}/pid:[1]/1/1"  # of a container beside this one
    db.execute("INSERT INTO lease VALUES ('derive', ?, '2999-01-01T00:00:00Z')", (name,))
    assert not leases.acquire(db, "derive")
    db.execute("UPDATE lease SET until = '2020-01-01T00:00:00Z'")
    assert leases.acquire(db, "derive")


@pytest.mark.parametrize(("first", "then", "kept"), [
    ("item", "relate", "item"), ("relate", "item", "item"), ("relate", "relate", "relate"),
    ("link", "relate", "link"), ("link", "item", "item"),
])  # fmt: skip
def test_whole_item_wins_in_the_queue(
    db: store.Connection, first: str, then: str, kept: str
) -> None:
    changes.enqueue(db, 1, first)
    changes.enqueue(db, 1, then)
    found = [*changes.to_search(db, 0, 9), *changes.to_link(db, 9)]
    assert [change.what for change in found] == [kept]


def test_change_that_came_meanwhile_stays_in_the_queue(db: store.Connection) -> None:
    changes.enqueue(db, 1)
    taken = changes.to_search(db, 0, 9)
    changes.enqueue(db, 1)
    changes.done(db, taken)
    assert changes.count(db) == 1


def test_a_small_corpus_does_not_depend_on_what_an_earlier_epoch_had_seen(corpus: Corpus) -> None:
    corpus.put(1, text=WOHNGELD)
    corpus.derive(small_corpus=100)
    corpus.put(2, "land", text=f"{WOHNGELD} Das Register antwortet sofort.")
    corpus.put(3, text="Der Registerabruf geht ohne Papier.")
    corpus.derive(small_corpus=100)
    before = corpus.digest()

    corpus.derive(epoch=True)

    assert corpus.digest() == before
