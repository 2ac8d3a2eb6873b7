"""`aggregator search`: the query language and what it leads to, without the web."""

import json
from pathlib import Path

from tests.cli.conftest import Program

ROWS = [
    {"entry_id": "1", "url": "http://amt.example/1", "title": "Wohngeld in der Gemeinde",
     "text": "Wohngeld wird online beantragt.", "kind": "news", "published_at": "2026-03-01"},
    {"entry_id": "2", "url": "http://amt.example/2", "title": "Beschluss zum Wohngeld",
     "text": "Der Rat beschließt.", "kind": "decision", "published_at": "2025-03-01"},
]  # fmt: skip


def fill(aggregator: Program, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(f"{json.dumps(row)}\n" for row in ROWS), encoding="utf-8")
    assert aggregator("import", str(file), "--source", "amt-hand") == 0


def test_fields_options_and_messages_are_those_of_the_web(
    aggregator: Program, tmp_path: Path
) -> None:
    fill(aggregator, tmp_path)
    by_field = aggregator.rows("search", "Wohngeld art:beschluss seit:2025 bis:2025", "--json")[0]
    by_option = aggregator.rows(
        "search", "Wohngeld", "--kind", "decision", "--since", "2025", "--until", "2025", "--json"
    )[0]  # fmt: skip

    assert [hit["entry_id"] for hit in by_field["hits"]] == ["2"]
    assert by_field["hits"] == by_option["hits"]
    assert by_field["query"] == "Wohngeld art:beschluss seit:2025 bis:2025"

    [told] = aggregator.rows("search", "Wohngeld ebene:eu titel:x", "--json")
    assert told["unknown_fields"] == ["titel"]
    assert [(way["kind"], way["label"]) for way in told["ways_on"]] == [("filter", "ebene:eu")]
    assert aggregator("search", "Wohngeld", "ebene:eu") == 0
    assert "Ohne den Filter ebene:eu: 2 Treffer" in aggregator.err
    assert aggregator("search", "Wohngeld", "titel:x") == 0
    assert "„titel:“ ist kein Feld" in aggregator.err

    assert aggregator("search", "art:meldunk") == 2
    assert "gibt es im Feld „art“ nicht" in aggregator.err
    assert "gemeint ist wohl „news“" in aggregator.err
