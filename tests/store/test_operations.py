"""Backup, restore, doctor, digest, decisions and erasing, as the command line offers them."""

import importlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from aggregator import store
from aggregator.cli import run
from aggregator.clock import SimulatedClock
from aggregator.errors import StoreError
from aggregator.store.backup import backup, restore
from aggregator.store.doctor import examine
from aggregator.store.erase import erase
from tests.derive.conftest import Corpus, address, corpus, make_corpus

__all__ = ["corpus", "make_corpus"]  # fixtures

NOW = "2026-11-24T08:00:00Z"
SECRET = "Ein Satz mit dem seltenen Wort Quartiersgaragenverordnung, der gehen muss."


@pytest.fixture
def shell(
    database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Any:  # fmt: skip
    """Run a command on the database; return its exit code and what it printed."""
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> tuple[int, str]:
        capsys.readouterr()
        code = run(["--data", str(database.parent), *words])
        return code, capsys.readouterr().out

    return call


def test_backup_holds_everything_and_is_one_file(corpus: Corpus, tmp_path: Path) -> None:
    corpus.put(1)
    corpus.derive()
    file = tmp_path / "sicherung" / "qv.sqlite3"
    assert backup(corpus.db, file, now=NOW) == file.stat().st_size
    assert [path.name for path in file.parent.iterdir()] == ["qv.sqlite3"]
    copy = Corpus(store.connect(file), corpus.clock)
    assert copy.digest() == corpus.digest()
    copy.db.close()


def test_restore_brings_back_the_state_of_the_backup(
    corpus: Corpus, database: Path, tmp_path: Path
) -> None:
    corpus.put(1)
    corpus.derive()
    before = corpus.digest()
    backup(corpus.db, tmp_path / "qv.sqlite3", now=NOW)
    corpus.put(2)
    corpus.derive()
    corpus.db.close()
    restore(tmp_path / "qv.sqlite3", database)
    corpus.db = store.connect(database)
    assert corpus.digest() == before
    corpus.db.close()


@pytest.mark.parametrize(
    "content", [b"", b"kein SQLite " * 100, None], ids=["empty", "text", "none"]
)
def test_restore_touches_nothing_when_the_backup_is_useless(
    corpus: Corpus, database: Path, tmp_path: Path, content: bytes | None
) -> None:
    corpus.put(1)
    before = database.read_bytes()
    file = tmp_path / "schlecht"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(StoreError):
        restore(file, database)
    assert database.read_bytes() == before
    assert corpus.db.execute("SELECT count(*) FROM item").fetchone()[0] == 1


def test_restore_is_refused_while_another_process_works(
    corpus: Corpus, database: Path, tmp_path: Path
) -> None:
    from aggregator.store import leases

    backup(corpus.db, tmp_path / "qv.sqlite3", now=NOW)
    leases.acquire(corpus.db, "derive")
    with pytest.raises(StoreError, match="arbeitet gerade"):
        restore(tmp_path / "qv.sqlite3", database)


def test_doctor_finds_a_healthy_installation_fine(
    corpus: Corpus, database: Path, clock: SimulatedClock
) -> None:
    corpus.put(1)
    corpus.derive()
    findings = {f.name: f for f in examine(corpus.db, database, clock)}
    assert findings["overdue"].told.startswith("2 Quellen")
    assert [name for name, f in findings.items() if not f.fine] == ["overdue"]


def test_doctor_sees_items_that_are_not_searchable(
    corpus: Corpus, database: Path, clock: SimulatedClock
) -> None:
    corpus.put(1)
    corpus.derive()
    corpus.db.execute("DELETE FROM entry_a")
    corpus.db.execute("DELETE FROM entry_b")
    [drift] = [f for f in examine(corpus.db, database, clock) if f.name == "drift"]
    assert not drift.fine
    assert drift.remedy == "aggregator rebuild"


def test_digest_does_not_depend_on_ids_and_clocks(corpus: Corpus, shell: Any) -> None:
    corpus.put(1)
    corpus.derive()
    before = corpus.digest()
    corpus.db.execute("UPDATE item SET first_seen_at = '2020-01-01T00:00:00Z', source = 'x'")
    corpus.db.execute("PRAGMA foreign_keys = OFF")
    assert corpus.digest() == before
    code, printed = shell("doctor", "--digest", "--json")
    assert (code, json.loads(printed)) == (0, before)


def bytes_of(database: Path) -> bytes:
    return b"".join(path.read_bytes() for path in database.parent.glob("*.sqlite3*"))


def test_erased_item_leaves_no_trace_and_stays_out(corpus: Corpus, database: Path) -> None:
    pk = corpus.put(1, text=SECRET)
    corpus.put(2, "land", text="Etwas anderes.")
    corpus.derive()
    corpus.put(1, text=SECRET + " Neu.")
    corpus.derive(rebuild=True)
    assert b"Quartiersgaragenverordnung" in bytes_of(database)
    erase(corpus.db, pk, reason="Recht auf Löschung", now=NOW)
    corpus.derive()
    corpus.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"uartiersgaragen" not in bytes_of(database)
    assert corpus.put(1, text=SECRET) == -1
    assert corpus.live("SELECT count(*) FROM entry_@") == [(1,)]


def test_erase_names_the_backups_that_still_hold_it(corpus: Corpus, tmp_path: Path) -> None:
    pk = corpus.put(1)
    backup(corpus.db, tmp_path / "alt.sqlite3", now=NOW)
    [told] = erase(corpus.db, pk, reason="Test", now=NOW)
    assert told == f"{tmp_path / 'alt.sqlite3'} ({NOW})"


def line(corpus: Corpus, **more: Any) -> str:
    row = corpus.db.execute("SELECT platform, key, url FROM item ORDER BY pk").fetchone()
    told = {"kind": "hide", "subject": dict(row), "value": True, "by": "redaktion", "at": NOW,
            "why": "doppelt", "judged_hash": None}  # fmt: skip
    return json.dumps({**told, **more})


def test_decisions_come_out_as_they_went_in(
    corpus: Corpus, shell: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus.put(1)
    other = {"platform": "land", "key": "https://land.example/x", "url": None}
    rows = [line(corpus, kind="topic", object="umwelt"), line(corpus),
            line(corpus, kind="same", object=other)]  # fmt: skip
    file = tmp_path / "entscheidungen.jsonl"
    file.write_text("\n".join([*rows, '{"kind": "hide"}', "kein JSON", '{"kind": "x"}']), "utf-8")
    monkeypatch.setattr("aggregator.cli.moderation.derive_now", lambda ctx, db: None)
    code, printed = shell("decisions", "import", str(file), "--json")
    told = json.loads(printed)
    assert (code, told["new"], len(told["rejected"])) == (1, 3, 3)
    assert told["rejected"][0]["where"].endswith(":4")
    code, printed = shell("decisions", "export")
    found = [json.loads(row) for row in printed.splitlines()]
    assert code == 0
    assert {row["kind"] for row in found} == {"hide", "topic", "same"}
    assert all(row["judged_hash"] for row in found), "judged as stored then"
    again = shell("decisions", "import", str(file), "--json")
    assert json.loads(again[1])["new"] == 0


def test_decision_goes_up_for_confirmation_after_a_material_change(corpus: Corpus) -> None:
    from aggregator.store.decisions import read, record
    from aggregator.store.standing import to_confirm

    corpus.put(1, text="Das Amt hat eine neue Regel für den Antrag auf Wohngeld erlassen.")
    with store.transaction(corpus.db):
        record(corpus.db, read(json.loads(line(corpus)), where="Test"))
    assert to_confirm(corpus.db) == []
    corpus.put(1, text="Nun geht es um etwas ganz anderes, nämlich um Brücken und um Straßen.")
    assert [d.kind for d in to_confirm(corpus.db)] == ["hide"]


def test_latest_decision_of_the_highest_role_is_in_force(corpus: Corpus) -> None:
    from aggregator.store.decisions import read, record
    from aggregator.store.standing import all_in_force

    pk = corpus.put(1)
    for role, at, value in (("admin", "2026-01-01T00:00:00Z", True),
                            ("moderator", "2026-02-01T00:00:00Z", False)):  # fmt: skip
        told = json.loads(line(corpus, role=role, at=at, value=value))
        with store.transaction(corpus.db):
            record(corpus.db, read(told, where="Test"))
    assert all_in_force(corpus.db)[pk].hidden


def test_search_prints_the_document_of_the_web(
    corpus: Corpus, shell: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.derive.conftest import VOCABULARY, WORDS

    monkeypatch.setattr("aggregator.text.analysis.open_word_forms", lambda folder: WORDS)
    module = importlib.import_module("aggregator.config.vocabulary")
    monkeypatch.setattr(module, "vocabulary", lambda folder: VOCABULARY)
    corpus.put(1, title="Wohngeld")
    corpus.derive()
    code, printed = shell("search", "wohngeld", "--kind", "news", "--json")
    document = json.loads(printed)
    assert (code, document["total"], document["hits"][0]["title"]) == (0, 1, "Wohngeld")
    assert shell("search", "wohngeld", "--limit", "0", "--json")[0] == 2
    assert "Wohngeld" in shell("search", "wohngeld")[1]
    code, printed = shell("show", address(1), "--json")
    assert (code, json.loads(printed)["item"]["title"]) == (0, "Wohngeld")
    assert shell("show", "gibt:esnicht")[0] == 2


def test_damaged_file_is_told(tmp_path: Path) -> None:
    file = tmp_path / "data" / "querverweis.sqlite3"
    file.parent.mkdir()
    file.write_bytes(b"SQLite format 3\0" + b"\xff" * 4000)
    with pytest.raises((StoreError, sqlite3.DatabaseError)):
        store.connect(file)


def test_erase_command_takes_one_item_or_all_of_an_author(corpus: Corpus, shell: Any) -> None:
    corpus.put(1, authors=("Erika Musterfrau",))
    corpus.put(2, authors=("Max Mustermann", "Erika Musterfrau"))
    corpus.put(3, authors=("Max Mustermann",))
    corpus.derive()

    code, out = shell("erase", "--author", "Erika Musterfrau", "--reason", "Wunsch", "--json")

    assert code == 0
    assert len(json.loads(out)["erased"]) == 2
    left = corpus.db.execute("SELECT url FROM item WHERE merged_into IS NULL").fetchall()
    assert [row["url"] for row in left] == [address(3)]
    assert corpus.db.execute("SELECT count(*) FROM tombstone").fetchone()[0] == 2


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("erase", "--reason", "x", "--json"), "config_invalid"),
        (("erase", "abc", "--author", "x", "--reason", "x", "--json"), "config_invalid"),
        (("erase", "--author", "Niemand", "--reason", "x", "--json"), "not_found"),
        (("erase", "aaaaaaaaaaaa", "--reason", "x", "--json"), "not_found"),
    ],
)
def test_erase_command_refuses_what_is_not_one_thing(
    corpus: Corpus, shell: Any, words: tuple[str, ...], code: str
) -> None:
    corpus.put(1)

    ended, out = shell(*words)

    assert ended == 2
    assert json.loads(out)["error"]["code"] == code
