"""Models of topics are learnt once for an epoch: whatever comes later is read by the same."""

from dataclasses import replace

import pytest

from aggregator import store
from aggregator.config.vocabulary import Topic
from aggregator.store import decisions, epochs, topic_models
from tests.derive import conftest
from tests.derive.conftest import VOCABULARY, Corpus, address

NOUNS = {"bauen": ("Haus", "Dach", "Wand", "Keller"), "umwelt": ("Wald", "Fluss", "Moor", "Deich")}
ACTS = ("genehmigen", "anzeigen", "verlängern", "löschen", "prüfen", "melden")
TITLES = [
    (f"{noun}sache {letter} {act}", topic)
    for topic, nouns in NOUNS.items() for noun in nouns for letter in "wxyz" for act in ACTS
]  # fmt: skip


@pytest.fixture
def learnt(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    """Items of two topics, half of them decided on, and an epoch that learnt from that."""
    topics = {slug: Topic(slug=slug, name=nouns[0], axis="achse", strong=nouns[:2])
              for slug, nouns in NOUNS.items()}  # fmt: skip
    told = replace(VOCABULARY, topics=topics, checksum="learning")
    monkeypatch.setattr(conftest, "VOCABULARY", told)
    with store.transaction(corpus.db):
        for number, (_, topic) in enumerate(TITLES):
            if (number + number // len(ACTS)) % 2 == 0:
                decide(corpus, number, topic)
    for number, (title, _) in enumerate(TITLES):
        corpus.put(number, title=title, text="")
    corpus.derive()
    return corpus


def decide(corpus: Corpus, number: int, topic: str) -> None:
    told = {
        "kind": "topic", "object": topic, "value": True, "by": "Erika", "role": "admin",
        "subject": {"platform": "amt", "key": address(number), "url": address(number)},
        "at": "2026-11-20T08:00:00Z", "why": "", "judged_hash": None,
    }  # fmt: skip
    decisions.record(corpus.db, decisions.read(told, where="Test"))


def epoch(corpus: Corpus) -> int:
    current = epochs.current(corpus.db)
    assert current is not None
    return current.n


def test_undecided_twins_get_their_topic(learnt: Corpus) -> None:
    wanted = dict(TITLES)
    rows = learnt.live("SELECT i.title, t.topic FROM topic_@ t JOIN item i ON i.pk = t.item"
                       " WHERE t.source = 'model' AND t.auto = 1")  # fmt: skip

    assert len(rows) > len(TITLES) // 4
    assert all(wanted[title] == topic for title, topic in rows)


def test_what_comes_later_is_read_as_in_a_rebuild(learnt: Corpus) -> None:
    learnt.put(900, title="Moorsache x melden", text="")
    learnt.put(901, title="Etwas anderes", text="Ein Text ohne Thema.")
    learnt.derive()
    before = learnt.digest()

    learnt.derive(rebuild=True)

    assert learnt.digest() == before
    [row] = learnt.live("SELECT topic FROM topic_@ WHERE item = ? AND auto = 1",
                        learnt.pks["amt", 900])  # fmt: skip
    assert row == ("umwelt",)


def test_new_epoch_that_learns_nothing_new_takes_the_models_over(learnt: Corpus) -> None:
    first = topic_models.load(learnt.db, epoch(learnt))
    assert [model.axis for model in first] == ["achse"]
    assert topic_models.learnt_from(learnt.db, epoch(learnt))

    learnt.derive(epoch=True)
    assert topic_models.load(learnt.db, epoch(learnt)) == first

    with store.transaction(learnt.db):
        decide(learnt, 1, "umwelt")
    learnt.derive(epoch=True)
    assert topic_models.load(learnt.db, epoch(learnt)) != first


def test_label_of_a_person_stands_beside_what_was_learnt(learnt: Corpus) -> None:
    [row] = learnt.live("SELECT source, auto FROM topic_@ WHERE item = ? AND topic = 'bauen'",
                        learnt.pks["amt", 0])  # fmt: skip

    assert row == ("human", 1)
