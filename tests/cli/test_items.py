"""`aggregator import` and `export`: items in and out."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Program


def written(folder: Path, *records: dict[str, Any], name: str = "in.jsonl") -> str:
    """Write records as JSON Lines; return the name of the file."""
    file = folder / name
    lines = (json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    file.write_text("".join(lines), encoding="utf-8")
    return str(file)


def record(number: int, **more: Any) -> dict[str, Any]:
    return {
        "entry_id": f"a-{number}", "url": f"http://amt.example/{number}",
        "title": f"Wohngeld, Teil {number}", "text": f"Das Amt erklärt Teil {number}.",
        "published_at": "2026-11-20",
    } | more  # fmt: skip


def put(aggregator: Program, *records: dict[str, Any], source: str = "amt-hand") -> int:
    return aggregator("import", written(aggregator.folder, *records), "--source", source)


def test_what_is_imported_is_searchable_when_import_ends(aggregator: Program) -> None:
    assert put(aggregator, record(1), record(2)) == 0

    assert "2 gelesen: 2 neu, 0 geändert, 0 unverändert, 0 abgelehnt" in aggregator.err
    [found] = aggregator.rows("search", "Wohngeld", "--json")
    assert {hit["entry_id"] for hit in found["hits"]} == {"a-1", "a-2"}
    assert aggregator.values("SELECT trigger, state, new FROM run") == [("import", "ok", 2)]


def test_the_same_entry_again_is_an_update(aggregator: Program) -> None:
    put(aggregator, record(1), record(2))

    put(aggregator, record(1), record(2, text="Das Amt berichtigt sich."))

    assert "2 gelesen: 0 neu, 1 geändert, 1 unverändert" in aggregator.err
    assert aggregator.values("SELECT count(*) FROM item") == [(2,)]


def test_what_cannot_be_used_is_told_with_its_line_and_the_rest_is_stored(
    aggregator: Program,
) -> None:
    file = written(aggregator.folder, record(1), {"title": "Ohne Kennung"}, record(3, kind="x"))

    [told] = aggregator.rows("import", file, "--source", "amt-hand", "--json")

    assert (told["source"], told["read"], told["new"]) == ("amt-hand", 3, 1)
    assert [(row["line"], row["code"]) for row in told["rejected"]] == [
        (2, "identity_lost"), (3, "parse_failed"),
    ]  # fmt: skip


def test_rejected_records_end_with_1(aggregator: Program) -> None:
    assert put(aggregator, record(1), {"title": "Ohne Kennung"}) == 1
    assert "Zeile 2: weder entry_id noch url (identity_lost)" in aggregator.err


def test_absence_means_something_only_in_a_complete_import(aggregator: Program) -> None:
    put(aggregator, record(1), record(2))
    put(aggregator, record(1))
    assert aggregator.values("SELECT DISTINCT state FROM item") == [("live",)]

    file = written(aggregator.folder, record(1))
    aggregator("import", file, "--source", "amt-hand", "--complete")

    states = aggregator.values("SELECT entry_id, state FROM item ORDER BY entry_id")
    assert states == [("a-1", "live"), ("a-2", "vanished")]


def test_files_are_read_in_order_and_by_their_names(aggregator: Program) -> None:
    first = written(aggregator.folder, record(1))
    second = aggregator.folder / "zwei.csv"
    second.write_text("entry_id;title;text\na-2;Zweiter;Text\n", encoding="utf-8")

    [told] = aggregator.rows("import", first, str(second), "--source", "amt-hand", "--json")

    assert (told["read"], told["new"]) == (2, 2)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("amt-hnd", "es gibt keine manuelle Quelle „amt-hnd“"),
        ("amt-feed", "wird abgerufen (kind: feed)"),
    ],
    ids=["unknown", "crawled"],
)
def test_only_a_manual_source_takes_items(aggregator: Program, source: str, said: str) -> None:
    assert put(aggregator, record(1), source=source) == 2

    assert said in aggregator.err
    assert "amt-hand" in aggregator.err or "kind: manual" in aggregator.err


def test_a_file_that_is_not_there_stores_nothing(aggregator: Program) -> None:
    first = written(aggregator.folder, record(1))

    assert aggregator("import", first, "nirgends.jsonl", "--source", "amt-hand") == 2

    assert "nirgends.jsonl: keine Datei" in aggregator.err
    assert aggregator.values("SELECT count(*) FROM item") == [(0,)]


def test_a_file_that_cannot_be_read_as_a_whole_is_a_failed_run(aggregator: Program) -> None:
    file = aggregator.folder / "in.csv"
    file.write_text("titel;inhalt\na;b\n", encoding="utf-8")

    assert aggregator("import", str(file), "--source", "amt-hand") == 2

    assert "Kopfzeile" in aggregator.err
    assert aggregator.values("SELECT state FROM run") == [("failed",)]
    assert aggregator.values("SELECT state FROM source_state WHERE source = 'amt-hand'") == [
        ("failed",)
    ]


# --- export --------------------------------------------------------------------------------


def test_every_item_is_a_line_by_platform_and_key(aggregator: Program) -> None:
    put(aggregator, record(2), record(1, authors=["Eins", "Zwei"]))

    rows = aggregator.rows("export")

    assert [row["key"] for row in rows] == ["a-1", "a-2"]
    assert rows[0]["authors"] == ["Eins", "Zwei"]
    assert rows[0]["sources"] == ["amt-hand"]
    assert (rows[0]["level"], rows[0]["text"]) == ("bund", "Das Amt erklärt Teil 1.")


def test_text_leaves_only_where_the_policy_is_full(aggregator: Program) -> None:
    aggregator.configure("amt-auszug")
    put(aggregator, record(1), source="amt-auszug")

    [row] = aggregator.rows("export")

    assert row["policy"] == "excerpt"
    assert "text" not in row
    assert row["excerpt"] == "Das Amt erklärt Teil 1."


def test_hidden_items_leave_only_when_asked_for(aggregator: Program) -> None:
    put(aggregator, record(1), record(2))
    aggregator.values("UPDATE item SET state = 'hidden' WHERE entry_id = 'a-1'")

    assert [row["entry_id"] for row in aggregator.rows("export")] == ["a-2"]
    assert len(aggregator.rows("export", "--all")) == 2


def test_no_cell_of_the_csv_starts_a_formula(aggregator: Program) -> None:
    put(aggregator, record(1, title="=HYPERLINK(1)", authors=["@eins", "zwei"], text="- a\n+ b"))

    aggregator("export", "--format", "csv")

    [row] = csv.DictReader(io.StringIO(aggregator.out))
    assert row["title"] == "'=HYPERLINK(1)"
    assert row["authors"] == "'@eins|zwei"
    assert row["text"] == "'- a\n+ b"
    assert row["updated_at"] == ""


def test_more_than_a_slice_is_exported_whole(aggregator: Program) -> None:
    put(aggregator, *(record(n, text=f"Text {n}.") for n in range(1005)))

    keys = [row["key"] for row in aggregator.rows("export")]

    assert len(keys) == 1005
    assert keys == sorted(set(keys))


def test_without_a_database_there_is_nothing_to_export(aggregator: Program) -> None:
    assert aggregator("export") == 2
    assert "es gibt noch keine Datenbank" in aggregator.err
