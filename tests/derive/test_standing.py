"""How decisions stand: in force, suspended, up for confirmation; each case by itself."""

from typing import Any

import pytest

from aggregator import store
from aggregator.store import decisions
from aggregator.store.standing import State, all_in_force, standings, to_confirm
from tests.derive.conftest import Corpus, address

JUDGED = "Die Kommune nimmt den Antrag auf Wohngeld seit dem Frühjahr elektronisch an. " * 3
SENTENCE = "Beim Wohngeld hilft ein Bürgerbüro, das bis sieben Uhr am Abend geöffnet hat."
ELSE = "Im Rathaus wurde eine Ausstellung über alte Brücken und lange Straßen eröffnet."


def decide(corpus: Corpus, kind: str, number: int = 1, at: str = "08", **more: Any) -> None:
    about = {"platform": "amt", "key": address(2), "url": address(2)}
    told = {
        "kind": kind, "value": True, "by": "Erika", "role": "admin", "why": "", "judged_hash": None,
        "subject": {"platform": "amt", "key": address(number), "url": address(number)},
        "object": about if kind in decisions.PAIRS else "bildung", "at": f"2026-11-25T{at}:00:00Z",
    }  # fmt: skip
    with store.transaction(corpus.db):
        decisions.record(corpus.db, decisions.read(told | more, where="Test"))


def states(corpus: Corpus) -> list[tuple[State, bool]]:
    return [(standing.state, standing.confirm) for standing in standings(corpus.db)]


@pytest.mark.parametrize(("kind", "state"), [
    ("topic", State.SUSPENDED), ("title", State.SUSPENDED), ("same", State.SUSPENDED),
    ("hide", State.IN_FORCE), ("not_same", State.IN_FORCE), ("not_related", State.IN_FORCE),
    ("related", State.IN_FORCE),
])  # fmt: skip
def test_only_what_says_something_of_a_text_rests_when_that_is_gone(
    corpus: Corpus, kind: str, state: State
) -> None:
    corpus.put(1, text=JUDGED)
    corpus.put(2, text=JUDGED)
    decide(corpus, kind)

    corpus.put(1, text=ELSE, title="Ein anderer Titel")

    assert states(corpus) == [(state, True)]


def test_small_edit_changes_nothing_and_a_large_one_asks(corpus: Corpus) -> None:
    long = " ".join(f"Satz {n} handelt von der Sache {n} im Amt {n}." for n in range(30))
    corpus.put(1, text=long)
    decide(corpus, "topic")

    corpus.put(1, text=long.replace("Satz 3 handelt", "Satz 3 spricht"))
    assert states(corpus) == [(State.IN_FORCE, False)]
    corpus.put(1, text=long[: len(long) // 2])
    assert states(corpus) == [(State.IN_FORCE, True)]


def test_named_sentence_decides_when_the_rest_stays(corpus: Corpus) -> None:
    corpus.put(1, text=JUDGED + SENTENCE)
    decide(corpus, "topic", passage=SENTENCE)

    corpus.put(1, text=JUDGED + "Dort steht nun etwas, das niemand je so beurteilt hat, leider.")

    assert states(corpus) == [(State.SUSPENDED, True)]


def test_deciding_again_confirms_in_whatever_role(corpus: Corpus) -> None:
    corpus.put(1, text=JUDGED)
    decide(corpus, "topic")
    corpus.put(1, text=ELSE, title="Ein anderer Titel")

    decide(corpus, "topic", at="09", role="moderator")

    assert states(corpus) == [(State.IN_FORCE, False), (State.OVERRULED, False)]
    pk = corpus.pks["amt", 1]
    assert all_in_force(corpus.db)[pk].topics == {"bildung": True}


def test_suspended_decision_has_no_effect_and_comes_back_with_its_text(corpus: Corpus) -> None:
    pk = corpus.put(1, text=JUDGED)
    decide(corpus, "topic")
    corpus.put(1, text=ELSE, title="Ein anderer Titel")
    corpus.derive()
    assert corpus.live("SELECT topic FROM topic_@ WHERE item = ? AND source = 'human'", pk) == []

    corpus.put(1, text=JUDGED)
    corpus.derive()

    assert states(corpus) == [(State.IN_FORCE, False)]
    assert corpus.live("SELECT topic FROM topic_@ WHERE source = 'human'") == [("bildung",)]


def test_contradiction_that_a_merge_brings_goes_up_until_somebody_decides(corpus: Corpus) -> None:
    corpus.put(1, text=JUDGED)
    corpus.put(2, text=JUDGED)
    decide(corpus, "hide", number=1)
    decide(corpus, "hide", number=2, at="09", value=False)

    corpus.put(1, text=JUDGED, aliases=(address(1), address(2)))
    assert len(to_confirm(corpus.db)) == 2

    decide(corpus, "hide", number=1, at="10", value=False)
    assert to_confirm(corpus.db) == []
    assert [state for state, _ in states(corpus)].count(State.IN_FORCE) == 1


def test_state_is_the_same_where_decisions_are_taken_to(corpus: Corpus) -> None:
    corpus.put(1, text=JUDGED)
    decide(corpus, "topic")
    corpus.put(1, text=ELSE, title="Ein anderer Titel")
    lines = [decisions.document(decision) for decision in decisions.stored(corpus.db)]
    with store.transaction(corpus.db):
        corpus.db.execute("DELETE FROM decision")
        corpus.db.execute("DELETE FROM version")  # elsewhere nobody saw what was judged

        for line in lines:
            decisions.record(corpus.db, decisions.read(line, where="Test"))

    assert states(corpus) == [(State.SUSPENDED, True)]


def test_decision_waits_for_its_item(corpus: Corpus) -> None:
    decide(corpus, "topic")
    assert states(corpus) == [(State.WAITING, False)]

    corpus.put(1, text=JUDGED)

    assert states(corpus) == [(State.IN_FORCE, False)]
