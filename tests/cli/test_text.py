"""`aggregator analyse` and `aggregator references`."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from aggregator import store
from aggregator.cli import run


@pytest.fixture
def data(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A data folder whose dictionary is already built."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "cache").symlink_to(Path(str(request.config.cache.mkdir("wordforms"))))
    return folder


def rows(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_analyse_answers_a_row_for_each_word(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(["--data", str(data), "analyse", "Apfelbäume", "Antrag", "--json"])

    assert code == 0
    assert rows(capsys) == [
        {"word": "Apfelbäume", "stem": "apfelbaum", "parts": ["apfel", "baum"], "boundaries": [5]},
        {"word": "Antrag", "stem": "antrag", "parts": [], "boundaries": []},
    ]


def test_analyse_shows_people_where_a_word_is_cut(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--data", str(data), "analyse", "Apfelbäume"]) == 0
    assert "Apfel|bäume" in capsys.readouterr().out


def test_analyse_reads_words_with_the_counts_of_the_live_epoch(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    db = store.connect(data / "querverweis.sqlite3")
    with store.transaction(db):
        db.execute(
            "INSERT INTO epoch (n, analysis, taken_at, items, state)"
            " VALUES (1, '', '2026-11-24T08:00:00Z', 9, 'complete')"
        )
        db.execute(
            "INSERT INTO epoch_word (epoch, word, count, surface)"
            " VALUES (1, 'querverweiserix', 25, 'Querverweiserix')"
        )
        store.set_meta(db, "epoch", "1")
    db.close()

    assert run(["--data", str(data), "analyse", "Querverweiserixantrag", "--json"]) == 0
    assert rows(capsys)[0]["boundaries"] == [15]


def test_analyse_says_what_to_do_where_it_cannot_write(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cache").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    assert run(["--data", str(tmp_path), "analyse", "Antrag", "--json"]) == 2
    (error,) = rows(capsys)
    assert error["error"]["code"] == "config_invalid"
    assert "Schreibrechte" in error["error"]["remedy"]


def test_references_reads_texts_and_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "text.txt"
    file.write_bytes("Der IT-Planungsrat.\r\n\r\nSiehe § 1a OZG.".encode())

    code = run(["references", str(file), "Nach § 2 OZG", "--json"])

    assert code == 0
    assert rows(capsys) == [
        {"input": str(file), "kind": "law", "key": "OZG § 1a", "text": "§ 1a OZG", "start": 29,
         "end": 37},
        {"input": "Nach § 2 OZG", "kind": "law", "key": "OZG § 2", "text": "§ 2 OZG", "start": 5,
         "end": 12},
    ]  # fmt: skip


def test_references_reads_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("BT-Drs. 20/8093"))

    assert run(["references", "-", "--json"]) == 0
    assert [row["key"] for row in rows(capsys)] == ["bt:20/8093"]


def test_references_shows_people_a_table_or_says_that_there_are_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["references", "Nach § 2 OZG"]) == 0
    assert "OZG § 2" in capsys.readouterr().out

    assert run(["references", "Nichts"]) == 0
    assert "Keine Fundstellen" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["Nach § 2 OZG " * 1000, "§ 2 OZG \0"])
def test_a_text_that_can_be_no_file_name_is_read_as_text(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["references", text, "--json"]) == 0
    assert rows(capsys)
