"""The vocabulary: packaged words, and an installation's own on top of them."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aggregator import urls
from aggregator.config import InvalidConfigError, vocabulary

OWN = """\
topics:
  umwelt:
    name: Umwelt und Klima
    strong: [Klimaschutzkonzept]
  kita:
    name: Kita
    weak: [Krippe, Hort]
aliases:
  - [KISA, Kommunale Informationsverarbeitung Sachsen]
split_exceptions:
  Kitaplatz: [Kita, platz]
  Musterwort: []
url_rules:
  noise:
    - {id: haus, drop: "sid"}
"""


def test_the_packaged_vocabulary_is_valid_and_has_the_subjects() -> None:
    packaged = vocabulary()

    assert "umwelt" in packaged.topics
    assert all(topic.name and (topic.strong or topic.weak) for topic in packaged.topics.values())
    assert all(len(group) > 1 for group in packaged.aliases)


def test_own_words_come_on_top_section_by_section(tmp_path: Path) -> None:
    (tmp_path / "vocabulary.yaml").write_text(OWN, encoding="utf-8")
    packaged, own = vocabulary(), vocabulary(tmp_path)

    assert own.topics["umwelt"].name == "Umwelt und Klima"
    assert own.topics["umwelt"].strong == ("Klimaschutzkonzept",)
    assert list(own.topics) == [*packaged.topics, "kita"]
    assert own.topics["kita"].weak == ("Krippe", "Hort")
    assert own.aliases == (
        *packaged.aliases,
        ("KISA", "Kommunale Informationsverarbeitung Sachsen"),
    )
    assert own.split_exceptions["Kitaplatz"] == ("Kita", "platz")
    assert own.split_exceptions["Musterwort"] == ()
    assert own.checksum != packaged.checksum


def test_url_rules_have_the_form_that_their_table_takes(tmp_path: Path) -> None:
    (tmp_path / "vocabulary.yaml").write_text(OWN, encoding="utf-8")

    try:
        urls.install(vocabulary(tmp_path).url_rules)

        assert urls.canonical("https://a.example/?sid=1&b=2") == "https://a.example/?b=2"
    finally:
        urls.install({})


def test_without_an_own_file_the_packaged_words_hold(tmp_path: Path) -> None:
    assert vocabulary(tmp_path) == vocabulary()


@pytest.mark.parametrize(
    ("text", "line", "cause"),
    [
        pytest.param("topic: {}\n", 1, "unbekannter Schlüssel „topic“", id="section"),
        pytest.param("topics:\n  a:\n    strong: [x]\n", 3, "„name“ fehlt", id="no-name"),
        pytest.param("topics: [a]\n", 1, "keine Zuordnung", id="list-of-topics"),
        pytest.param("aliases:\n  - OZG\n", 2, "ein einzelner Wert", id="alias-alone"),
        pytest.param("split_exceptions:\n  Kitaplatz: [Kita, plätze]\n", 2, "ergeben nicht",
                     id="parts-of-another-word"),
        pytest.param("split_exceptions:\n  a: []\n  a: []\n", 3, "steht zweimal", id="word-twice"),
        pytest.param("url_rules:\n  noise: [drop]\n", 2, "keine Liste von Regeln", id="rule"),
        pytest.param("url_rules:\n  niose: []\n", 2, "unbekannter Schlüssel", id="rule-section"),
        pytest.param("- a\n", 1, "keine Zuordnung", id="list"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line(text: str, line: int, cause: str, tmp_path: Path) -> None:
    (tmp_path / "vocabulary.yaml").write_text(text, encoding="utf-8")

    with pytest.raises(InvalidConfigError) as caught:
        vocabulary(tmp_path)

    assert caught.value.mistakes[0].where == f"{tmp_path / 'vocabulary.yaml'}:{line}"
    assert cause in caught.value.mistakes[0].cause


def test_it_is_cheap_enough_for_every_search() -> None:
    started = time.process_time()
    vocabulary.__globals__["_read"].cache_clear()
    vocabulary()
    cost = time.process_time() - started

    assert cost < 0.1  # seconds; 0.01 measured


def test_the_package_loads_no_heavy_library() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import json, sys; from aggregator import config;"
         " config.vocabulary(); print(json.dumps(list(sys.modules)))"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    heavy = {"pydantic", "httpx", "lxml", "soupsieve", "trafilatura", "flask", "sqlite3"}
    assert not heavy & set(json.loads(told.stdout))
