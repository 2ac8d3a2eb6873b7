"""What is waiting becomes searchable at once; its links follow in the time that there is."""

import subprocess
import sys
from datetime import timedelta

import pytest

from aggregator import derive
from aggregator.store import builds, changes, holders
from aggregator.store.connection import transaction
from aggregator.store.derived import reading
from aggregator.store.derived_write import remove
from tests.derive.conftest import Corpus

NO_TIME = timedelta(0)
FOUND = "SELECT count(*) FROM entry_@"
LINKED = "SELECT item FROM vector_@ ORDER BY item"


def test_first_run_without_time_makes_everything_searchable_and_links_nothing(
    corpus: Corpus,
) -> None:
    for number in range(5):
        corpus.put(number)

    done = corpus.derive(links_for=NO_TIME, at_once=0)

    assert (done.unlinked, done.complete) == (5, False)
    assert corpus.live(FOUND) == [(5,)]
    assert corpus.live(LINKED) == []
    assert not any(changes.is_linked(corpus.db, pk) for pk in corpus.pks.values())
    assert corpus.derive().unlinked == 0
    assert len(corpus.live(LINKED)) == 5


def test_few_items_are_linked_though_there_is_no_time(corpus: Corpus) -> None:
    for number in range(5):
        corpus.put(number)

    assert corpus.derive(links_for=NO_TIME, at_once=5).complete
    assert len(corpus.live(LINKED)) == 5


def test_new_items_of_a_run_go_before_an_old_backlog(corpus: Corpus) -> None:
    corpus.put(0)
    corpus.derive()
    corpus.db.execute("UPDATE epoch SET items = 1000")  # no new epoch, the queue alone
    for number in range(1, 20):
        corpus.put(number)
    corpus.derive(links_for=NO_TIME, at_once=0)
    late = [corpus.put(number) for number in range(20, 23)]

    done = corpus.derive(links_for=NO_TIME, at_once=3)

    assert done.unlinked == 19
    assert corpus.live(LINKED) == [(corpus.pks["amt", 0],), *((pk,) for pk in late)]


def test_an_edit_during_a_build_is_found_before_and_after_it(corpus: Corpus) -> None:
    for number in range(60):
        corpus.put(number)
    corpus.derive()
    corpus.derive(rebuild=True, links_for=timedelta(seconds=3), at_once=0)
    assert builds.current(corpus.db) is not None
    body = "SELECT body FROM search_@ JOIN entry_@ e ON e.row = search_@.rowid WHERE e.item = ?"
    pk = corpus.put(1, text="Wohngeld")

    corpus.derive(links_for=NO_TIME, at_once=0)
    assert builds.current(corpus.db) is not None
    assert corpus.live(body, pk) == [("wohngeld",)]

    corpus.derive()
    assert builds.current(corpus.db) is None
    assert corpus.live(body, pk) == [("wohngeld",)]


def test_items_become_searchable_while_another_process_links(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(derive, "GRACE", NO_TIME)
    name = f"{holders.me().partition('/')[0]}/pid:[1]/1/1"  # of a container beside this one
    corpus.db.execute("INSERT INTO lease VALUES ('derive', ?, '2999-01-01T00:00:00Z')", (name,))
    corpus.put(1)

    done = corpus.derive(links_for=NO_TIME)

    assert corpus.live(FOUND) == [(1,)]
    assert done.unlinked == 1


@pytest.mark.parametrize("cleared", range(len(builds.TABLES) + 1))
def test_items_can_be_taken_out_of_a_generation_whose_clearing_was_killed(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch, cleared: int
) -> None:
    pks = [corpus.put(number) for number in range(4)]
    corpus.derive()
    generation = reading(corpus.db)
    monkeypatch.setattr(builds, "TABLES", builds.TABLES[:cleared])
    builds.clear(generation)
    monkeypatch.undo()

    with transaction(corpus.db):
        remove(generation, pks[0])
    builds.clear(generation)

    assert builds.is_clear(generation)


def test_a_run_that_has_nothing_to_link_does_without_numpy() -> None:
    loaded = "import sys; import aggregator.derive; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", loaded], check=False).returncode == 0
