"""The published quality of the search: administrative queries on the replica."""

import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator.cli.common import Context
from aggregator.cli.demo import SOURCES, crawl_all
from aggregator.clock import SimulatedClock
from aggregator.replica import Replica
from tests.search_quality.counting import Verdict, judged, questions

PUBLISHED = Path(__file__).parents[2] / "docs" / "search-quality.md"
LEAST = 0.95
DRIFT = 0.02  # what a word more in the vocabulary, or another weight, may move


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> list[Verdict]:
    """Everything asked of a freshly crawled replica."""
    folder = tmp_path_factory.mktemp("replica")
    replica = Replica(round=1)
    replica.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AGGREGATOR_ALLOW_PRIVATE", "1")
        patch.setenv("AGGREGATOR_RESOLVE", replica.resolve)
        crawl_all(Context(folder, SOURCES, SimulatedClock(datetime(2026, 11, 23, 8, tzinfo=UTC))))
    replica.stop()
    return judged(folder)


def test_of_all_queries_19_in_20_have_a_right_answer_among_the_first_three(
    verdicts: list[Verdict],
) -> None:
    faults = [(verdict.question.query, verdict.fault) for verdict in verdicts if verdict.fault]

    assert len(verdicts) - len(faults) >= LEAST * len(verdicts), faults


def test_what_is_published_is_what_is_counted(verdicts: list[Verdict]) -> None:
    text = PUBLISHED.read_text("utf-8")
    found = re.search(r"\| \*\*all\*\* \| \*\*(\d+)\*\* \| \*\*(\d+)\*\* \|", text)
    assert found
    assert int(found[1]) == len(verdicts)
    counted = sum(not verdict.fault for verdict in verdicts)
    assert abs(int(found[2]) - counted) <= DRIFT * len(verdicts)


def test_every_kind_of_query_that_people_type_is_among_them() -> None:
    every = questions()
    kinds = Counter(question.category for question in every)

    assert len(every) >= 200
    assert len({question.query for question in every}) == len(every)
    assert min(kinds[kind] for kind in (
        "inflection", "compound", "umlaut", "abbreviation", "reference", "typo", "operator",
        "field",
    )) >= 15  # fmt: skip
    assert all(question.right for question in every)
