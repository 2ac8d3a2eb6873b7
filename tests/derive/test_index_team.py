"""Processes that read for search: the same answers, whatever becomes of them."""

from collections.abc import Iterator

import pytest

from aggregator import derive
from aggregator.index_team import Team
from aggregator.language import language
from aggregator.links.searched import Reader
from tests.derive.conftest import VOCABULARY, WORDS, Corpus

TEXTS = [("Antrag auf Wohngeld", "Nach § 1a OZG gilt das auch für die Verwaltungsreform."),
         ("Steuer", "Die FIT-Connect-Schnittstelle der Kommune.")]  # fmt: skip
COUNTS = {"wohngeld": 30, "gilt": 2}


@pytest.fixture
def reader() -> Reader:
    return Reader(language(VOCABULARY, WORDS).dictionary, COUNTS, COUNTS)


@pytest.fixture
def team(reader: Reader) -> Iterator[Team]:
    found = Team(language(VOCABULARY, WORDS).dictionary, COUNTS, reader)
    yield found
    found.close()


def test_a_process_reads_like_this_one(team: Team, reader: Reader) -> None:
    answers = [team.read(TEXTS), team.read(TEXTS[::-1])]

    expected = [reader.read(*text) for text in TEXTS]
    assert [answer.result() for answer in answers] == [expected, expected[::-1]]


def test_a_process_that_dies_is_done_without(team: Team, reader: Reader) -> None:
    team.read(TEXTS).result()
    for child in team.children:
        child.kill()

    assert team.read(TEXTS).result() == [reader.read(*text) for text in TEXTS]


def test_no_process_is_left(team: Team) -> None:
    team.read(TEXTS)

    team.close()

    assert all(child.poll() is not None for child in team.children)


def test_rows_do_not_depend_on_who_read_them(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, (title, text) in enumerate(TEXTS * 3):
        corpus.put(number, title=title, text=f"{text} {number}")
    corpus.derive()
    before = corpus.digest()
    for number, (title, text) in enumerate(TEXTS * 3):
        corpus.put(number, title=title, text=f"{text} {number} Neues")
        corpus.put(number, title=title, text=f"{text} {number}")
    monkeypatch.setattr(derive, "TEAM_FROM", 1)

    corpus.derive()

    assert corpus.digest() | {"versions": ""} == before | {"versions": ""}
