"""What tells that there is nothing to derive must agree with what derives."""

from datetime import timedelta

import pytest

from aggregator import waiting
from aggregator.waiting import nothing_to_do
from tests.derive.conftest import VOCABULARY, Corpus

CHECKSUM = VOCABULARY.checksum


def test_before_the_first_epoch_there_is_something_to_do(corpus: Corpus) -> None:
    assert nothing_to_do(corpus.db, CHECKSUM, None) is None


def test_when_all_is_linked_a_run_has_nothing_to_do_and_says_what_it_would_have(
    corpus: Corpus,
) -> None:
    corpus.put(1)
    corpus.put(2)
    corpus.derive()
    told = nothing_to_do(corpus.db, CHECKSUM, None)
    assert told == corpus.derive()
    assert told is not None
    assert told.complete


def test_a_change_is_something_to_do_whatever_time_there_is(corpus: Corpus) -> None:
    corpus.put(1)
    corpus.derive()
    corpus.put(1, title="Anders")
    assert nothing_to_do(corpus.db, CHECKSUM, None) is None
    assert nothing_to_do(corpus.db, CHECKSUM, timedelta(0)) is None


def test_another_vocabulary_is_something_to_do(corpus: Corpus) -> None:
    corpus.put(1)
    corpus.derive()
    assert nothing_to_do(corpus.db, "another", None) is None


def test_a_backlog_of_links_waits_only_for_a_run_without_time(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        corpus.put(number)
    corpus.derive(links_for=timedelta(0), at_once=2)
    assert nothing_to_do(corpus.db, CHECKSUM, timedelta(0)) is None  # few: linked at once
    monkeypatch.setattr(waiting, "AT_ONCE", 2)
    assert nothing_to_do(corpus.db, CHECKSUM, None) is None
    assert nothing_to_do(corpus.db, CHECKSUM, timedelta(minutes=1)) is None
    told = nothing_to_do(corpus.db, CHECKSUM, timedelta(0))
    assert told == corpus.derive(links_for=timedelta(0), at_once=2)
    assert told is not None
    assert told.unlinked == 6
