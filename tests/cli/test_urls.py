"""`aggregator urls`: rules tried on addresses and on what is stored, then applied."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aggregator import urls
from tests.builders import rss
from tests.cli.conftest import Program
from tests.scripted import Web

RULES = "keys:\n  - {id: amt, path: '^/meldung/(?P<n>\\d)', key: 'amt:{n}'}\n"


def _rows(aggregator: Program) -> list[Any]:
    return [json.loads(line) for line in aggregator.out.split("\n") if line]


@pytest.fixture(autouse=True)
def packaged() -> Iterator[None]:
    """The rules of one test must not hold in the next."""
    yield
    urls.install({})


def test_addresses_are_told_apart_by_rules_that_are_not_in_force(
    aggregator: Program, tmp_path: Path
) -> None:
    aggregator.configure("amt-feed")
    file = tmp_path / "regeln.yaml"
    file.write_text(RULES, encoding="utf-8")
    one, two = "http://amt.example/meldung/1", "http://amt.example/meldung/1-langer-titel"

    assert aggregator("urls", "test", one, two) == 0
    assert "2 verschiedene Dinge" in aggregator.out
    assert aggregator("urls", "test", one, two, "--rules", str(file)) == 0
    assert "Alle meinen dasselbe" in aggregator.out
    assert aggregator("urls", "test", one, "--rules", str(file), "--json") == 0
    (row,) = _rows(aggregator)
    assert (row["key"], row["rule"], row["platform"]) == ("amt:1", "amt", "amt")


@pytest.mark.parametrize(
    ("rule", "line", "cause"),
    [
        ("  - {id: a, drop: '('}", 2, "regulärer Ausdruck"),
        ("  - {id: a}", 2, "„drop“ fehlt"),
        ("  - {id: a, drop: x, pth: y}", 2, "unbekannter Schlüssel"),
        ("  - {id: a, drop: x}\n  - {id: a, drop: y}", 2, "steht zweimal"),
    ],
    ids=["pattern", "missing", "unknown", "twice"],
)
def test_mistakes_in_rules_are_told_with_their_lines(
    aggregator: Program, tmp_path: Path, rule: str, line: int, cause: str
) -> None:
    aggregator.configure("amt-feed")
    file = tmp_path / "regeln.yaml"
    file.write_text(f"noise:\n{rule}\n", encoding="utf-8")
    assert aggregator("urls", "test", "http://amt.example/", "--rules", str(file)) == 2
    assert cause in aggregator.err
    assert f":{line}" in aggregator.err


@pytest.mark.parametrize(
    ("rule", "cause"),
    [
        ("{id: a, key: 'a:{n}'}", "träfe sie jede Adresse"),
        ("{id: a, path: 'x', key: 'a:{n}'}", "eine Gruppe, die kein Ausdruck hat"),
        ("{id: a, path: '(?P<n>x)', key: 'a'}", "alle Adressen wären dieselbe Sache"),
        ("{id: a, path: '(?P<n>x)', key: 'a:{n'}", "keine Vorlage"),
    ],
    ids=["everything", "group", "constant", "template"],
)
def test_keys_must_name_groups_of_their_patterns(
    aggregator: Program, tmp_path: Path, rule: str, cause: str
) -> None:
    aggregator.configure("amt-feed")
    file = tmp_path / "regeln.yaml"
    file.write_text(f"keys:\n  - {rule}\n", encoding="utf-8")
    assert aggregator("urls", "test", "http://amt.example/", "--rules", str(file)) == 2
    assert cause in aggregator.err


def test_preview_says_what_merges_and_apply_does_it(aggregator: Program, web: Web) -> None:
    aggregator.configure("amt-feed")
    web.put("http://amt.example/feed.xml", rss(1, 11, 2))
    assert aggregator("refresh") == 0
    (aggregator.data / "vocabulary.yaml").write_text(
        "url_rules:\n" + "".join(f"  {line}\n" for line in RULES.splitlines()), encoding="utf-8"
    )

    assert aggregator("urls", "preview", "--json") == 0
    (told,) = _rows(aggregator)
    assert told["items"] == {"before": 3, "after": 2}
    assert [len(merge["items"]) for merge in told["merges"]] == [2]
    assert aggregator("urls", "preview") == 0
    assert "Einträge 3 -> 2" in aggregator.out

    assert aggregator("urls", "apply") == 0
    assert "Einträge 3 -> 2" in aggregator.out
    assert aggregator("urls", "apply") == 0
    assert "Einträge 0 -> 0" in aggregator.out
    assert aggregator("show", "http://amt.example/meldung/11", "--json") == 0
    assert _rows(aggregator)[0]["item"]["key"] == "amt:1"


def test_preview_of_nothing_says_so(aggregator: Program) -> None:
    aggregator.configure("amt-feed")
    assert aggregator("urls", "preview") == 2
    assert "noch nichts gespeichert" in aggregator.err
