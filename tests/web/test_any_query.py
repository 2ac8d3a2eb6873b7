"""Whatever is asked, by whatever entrance: an answer or a clear refusal, in bounded time."""

import os
import time
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from aggregator import derive, store
from aggregator.clock import SimulatedClock
from aggregator.config import vocabulary
from aggregator.text.wordforms import WordForms
from tests.any_query import queries
from tests.cli.conftest import Program
from tests.web.filling import COUNCIL, FORUM, MINISTRY, Filling

QUERIES = int(os.environ.get("QUERVERWEIS_QUERIES", "300"))
COMMANDS = QUERIES // 20  # a command opens database and dictionary anew
SLOWEST_S = 2.0  # of one answer, in processor time
FORMS = ("/search.json", "/search.json", "/search.json", "/search", "/search.atom",
         "/search.jsonfeed", "/search.csv", "/suggest.json", "/suggest")  # fmt: skip


@pytest.fixture
def filled(
    filling: Filling, db: store.Connection, database: Path, clock: SimulatedClock,
    word_forms: WordForms,
) -> Path:  # fmt: skip
    """A few items that the words of the generator find, derived."""
    text = "Wohngeld in der Straße der Gemeinde: das Register nach § 1a OZG und Beschluss 2018/36."
    for platform in (MINISTRY, FORUM, COUNCIL):
        for number in range(4):
            filling.item(f"Register und Wohngeld {number}", platform, text=text * (number + 1))
    derive.derive(db, clock=clock, vocabulary=vocabulary(database.parent), words=word_forms)
    return database


def test_any_query_over_http_is_answered_or_refused_clearly(
    filled: Path, client: FlaskClient
) -> None:
    assert filled.exists()
    failed, slow = [], []
    for number, text in enumerate(queries(QUERIES)):
        form = FORMS[number % len(FORMS)]
        begin = time.process_time()
        sent = text.encode("utf-8", "surrogatepass")
        answer = client.get(form, query_string={"q": sent})
        if time.process_time() - begin > SLOWEST_S:
            slow.append((form, text[:80]))
        fine = answer.status_code == 200 or (
            answer.status_code == 400
            and ("json" not in form or answer.get_json()["error"]["remedy"])
        )
        if not fine:
            failed.append((form, answer.status_code, text[:200]))
    assert failed == []
    assert slow == []


@pytest.mark.parametrize("name", [
    "platform", "source", "level", "kind", "topic", "ref", "since", "until", "sort", "bundle",
    "limit", "page", "cursor",
])  # fmt: skip
def test_any_value_of_a_parameter_is_answered_or_refused_clearly(
    filled: Path, client: FlaskClient, name: str
) -> None:
    assert filled.exists()
    values = [*list(queries(40, seed=sum(name.encode()))), "x" * 100_000, "-1", "0", "9" * 400, "٣"]
    for text in values:
        sent = text.encode("utf-8", "surrogatepass")
        for form in ("/search.json", "/search"):
            answer = client.get(form, query_string={"q": "wohngeld", name: sent})
            assert answer.status_code in (200, 400), (name, text[:200])


def test_any_query_on_the_command_line_is_answered_or_refused_clearly(
    filled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch, word_forms: WordForms,
) -> None:  # fmt: skip
    assert filled.exists()
    monkeypatch.setattr("aggregator.text.analysis.open_word_forms", lambda _folder: word_forms)
    program = Program(tmp_path, capsys)
    program.configure("amt-feed")
    for number, text in enumerate(queries(COMMANDS, seed=6)):
        words = ("search", *(["--json"] if number % 2 else []), "--", text)
        assert program(*words) in (0, 2), text[:200]
        assert program.out.encode("utf-8") is not None
        assert "Traceback" not in program.err
