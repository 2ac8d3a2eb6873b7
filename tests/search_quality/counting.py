"""Asks the queries of `queries.yaml` of an index of the replica, and counts what is right.

    aggregator --data DIR demo --once
    python -m tests.search_quality.counting DIR

prints the table and the failures of docs/search-quality.md.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from aggregator import store
from aggregator.config.vocabulary import Vocabulary, vocabulary
from aggregator.language import analyser
from aggregator.store import reads_names
from aggregator.store.filters import settle
from aggregator.store.search import search
from aggregator.store.search_query import SearchQuery
from aggregator.text.analysis import Analyser, open_word_forms

QUERIES = Path(__file__).with_name("queries.yaml")
FIRST, PAGE = 3, 10  # where a right address must stand; where no wrong one may


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A query with its right answers; see the head of `queries.yaml`."""

    query: str
    category: str
    intent: str
    right: Sequence[str]
    never: Sequence[str] = ()
    only: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a query; `fault` is "" when its answer is right."""

    question: Question
    fault: str


def questions() -> list[Question]:
    """Return all queries."""
    return [Question(**row) for row in yaml.safe_load(QUERIES.read_text("utf-8"))]


class Asking:
    """An index that is asked."""

    def __init__(self, db: store.Connection, known: Vocabulary, words: Analyser) -> None:
        self._db = db
        self._topics = {slug: topic.name for slug, topic in known.topics.items()}
        self._analyser = words

    def judge(self, question: Question) -> Verdict:
        """Ask a query as a person would: a mistyped one by what is suggested."""
        page = self._ask(question.query)
        if question.category == "typo" and page.correction:
            page = self._ask(page.correction)
        shown = [str(hit["id"]) for hit in page.hits]
        if not self._ids(question.right).intersection(shown[:FIRST]):
            return Verdict(question, f"not among the first {FIRST} of {page.total}")
        wrong = self._ids(question.never).intersection(shown[:PAGE])
        wrong |= {hit["id"] for hit in page.hits[:PAGE] if not _is_only(hit, question.only)}
        return Verdict(question, f"{len(wrong)} wrong among the first {PAGE}" if wrong else "")

    def _ask(self, text: str) -> Any:
        asked = settle(self._db, self._topics, SearchQuery(text=text))
        return search(self._db, self._analyser, asked.query)

    def _ids(self, addresses: Sequence[str]) -> set[str]:
        """Return the items that have some addresses; one that nobody has is a fault of the set."""
        return {str(reads_names.find_address(self._db, url).id) for url in addresses}


def _is_only(hit: dict[str, Any], only: dict[str, list[str]]) -> bool:
    """Whether a hit is what all of the first ones must be."""
    at = str(hit["published_at"] or hit["last_changed_at"])[:10]
    for name, values in only.items():
        if name in ("since", "until"):
            fine = at >= values[0] if name == "since" else at <= values[0]
        else:
            fine = hit[name] in values or (name == "source" and values[0] in hit["sources"])
        if not fine:
            return False
    return True


def judged(data: Path) -> list[Verdict]:
    """Ask everything of the index in a folder."""
    db = store.connect(data / "querverweis.sqlite3", readonly=True)
    known = vocabulary(data)
    asking = Asking(db, known, analyser(db, known, open_word_forms(data)))
    verdicts = [asking.judge(question) for question in questions()]
    db.close()
    return verdicts


def table(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Yield the lines of the published table and of the list of failures."""
    asked = Counter(verdict.question.category for verdict in verdicts)
    right = Counter(verdict.question.category for verdict in verdicts if not verdict.fault)
    yield "| category | queries | right in the first three |"
    yield "|---|---|---|"
    for category, count in asked.items():
        yield f"| {category} | {count} | {right[category]} |"
    yield f"| **all** | **{len(verdicts)}** | **{right.total()}** |"
    yield ""
    for verdict in verdicts:
        if verdict.fault:
            one = verdict.question
            yield f"- `{one.query}` ({one.category}: {one.intent}): {verdict.fault}"


if __name__ == "__main__":
    sys.stdout.write("\n".join(table(judged(Path(sys.argv[1])))) + "\n")
