"""Backups while others write, drills, planned backups and their retention."""

import sqlite3
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator import store
from aggregator.clock import SimulatedClock
from aggregator.errors import StoreError
from aggregator.schedule import Scheduler
from aggregator.store.backup import backup, drill, kept, restore
from aggregator.store.digest import digest
from tests.derive.conftest import Corpus, corpus, make_corpus

__all__ = ["corpus", "make_corpus"]  # fixtures

NOW = "2026-11-24T08:00:00Z"


def test_a_backup_taken_while_another_writes_is_the_moment_it_began(
    corpus: Corpus, database: Path, tmp_path: Path, clock: SimulatedClock
) -> None:
    for number in range(1, 4):
        corpus.put(number)
    corpus.derive()
    begun, ended = threading.Event(), threading.Event()

    def write() -> None:
        other = store.connect(database)
        number = 0
        while not ended.wait(0.002):  # every write is one that a copy in pieces would trip over
            number += 1
            with store.transaction(other):
                other.execute("UPDATE item SET title = title || ?", (str(number % 10),))
        other.close()

    writer = threading.Thread(target=write)
    writer.start()
    begun.wait(10)
    try:
        for turn in range(3):
            file = tmp_path / f"{turn}.sqlite3"
            backup(corpus.db, file, now=NOW)
            done = drill(file, clock, folder=tmp_path)
            assert done.equal is True
            copy = sqlite3.connect(file)
            numbers = {row[0] for row in copy.execute("SELECT licence FROM item")}
            copy.close()
            assert len(numbers) == 1, "all items are of one transaction"
    finally:
        ended.set()
        writer.join()


def test_a_backup_taken_while_crawling_and_deriving_restores_to_a_healthy_database(
    corpus: Corpus, database: Path, tmp_path: Path, clock: SimulatedClock
) -> None:
    for number in range(1, 6):
        corpus.put(number)
    corpus.derive()
    begun, ended = threading.Event(), threading.Event()

    def work() -> None:
        other = Corpus(store.connect(database), clock)
        number = 5
        while not ended.is_set():
            number += 1
            other.put(number)  # new items, edits and derivations, each in transactions of its own
            other.put(number % 5 + 1, text=f"Fassung {number} der Meldung.")
            if number % 3 == 0:
                other.derive()
            begun.set()
        other.db.close()

    worker = threading.Thread(target=work)
    worker.start()
    begun.wait(20)
    try:
        for turn in range(3):
            backup(corpus.db, tmp_path / f"{turn}.sqlite3", now=NOW)
    finally:
        ended.set()
        worker.join()

    for turn in range(3):
        done = drill(tmp_path / f"{turn}.sqlite3", clock, folder=tmp_path)
        assert done.equal is True
        assert [finding for finding in done.findings if not finding.fine] == []
        assert done.items >= 6


def test_a_drill_restores_examines_and_leaves_nothing(
    corpus: Corpus, tmp_path: Path, clock: SimulatedClock
) -> None:
    corpus.put(1)
    corpus.derive()
    backup(corpus.db, tmp_path / "gut.sqlite3", now=NOW)
    place = tmp_path / "platz"
    place.mkdir()

    done = drill(tmp_path / "gut.sqlite3", clock, folder=place)

    assert (done.fine, done.equal, done.items, done.made_at) == (True, True, 1, NOW)
    assert list(place.iterdir()) == []


def test_a_backup_that_was_changed_afterwards_is_refused(
    corpus: Corpus, database: Path, tmp_path: Path
) -> None:
    corpus.put(1)
    corpus.derive()
    file = tmp_path / "sicherung.sqlite3"
    backup(corpus.db, file, now=NOW)
    before = digest(corpus.db)
    tampered = sqlite3.connect(file)
    tampered.execute("UPDATE item SET title = 'anders'")
    tampered.commit()
    tampered.close()

    with pytest.raises(StoreError, match="Prüfsumme"):
        restore(file, database)

    assert digest(corpus.db) == before


def test_an_older_schema_is_copied_before_it_is_changed(
    corpus: Corpus, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus.put(1)
    steps = [*store.connection.migrations(), (9999, "CREATE TABLE later (x INTEGER);")]
    monkeypatch.setattr(store.connection, "migrations", lambda: steps)

    newer = store.connect(database)

    have = steps[-2][0]
    copy = sqlite3.connect(f"{database}.before-schema-{have + 1}")
    assert copy.execute("PRAGMA user_version").fetchone()[0] == have
    assert copy.execute("SELECT count(*) FROM item").fetchone()[0] == 1
    assert newer.execute("PRAGMA user_version").fetchone()[0] == 9999
    copy.close()
    newer.close()


# --- planned ---------------------------------------------------------------------------------


@pytest.fixture
def work(corpus: Corpus, database: Path, clock: SimulatedClock) -> Scheduler:
    """The scheduler of an installation that backs up once a day and keeps two."""
    corpus.put(1)
    folder = database.parent / "sicherungen"
    (database.parent / "settings.toml").write_text(
        f'backup_dir = "{folder}"\nkeep_backups = 2\n', encoding="utf-8"
    )
    return Scheduler(database, database.parent / "sources.yaml", database.parent, clock)


def test_the_scheduler_backs_up_once_a_day_and_keeps_the_latest(
    work: Scheduler, database: Path, clock: SimulatedClock
) -> None:
    for _ in range(8):
        work.backup()
        clock.advance(timedelta(hours=12))

    names = [path.name for _, path in kept(database.parent / "sicherungen")]
    assert names == ["querverweis-20261127T080000Z.sqlite3", "querverweis-20261126T080000Z.sqlite3"]


def test_a_failed_backup_is_remembered_until_one_succeeds(
    work: Scheduler, corpus: Corpus, database: Path
) -> None:
    folder = database.parent / "sicherungen"
    folder.write_text("kein Ordner", encoding="utf-8")

    assert work.backup() is None
    assert "gescheitert" in store.get_meta(corpus.db, "backup_trouble")
    assert corpus.db.execute("SELECT count(*) FROM lease").fetchone()[0] == 0

    folder.unlink()
    assert work.backup() is not None
    assert store.get_meta(corpus.db, "backup_trouble") == ""
