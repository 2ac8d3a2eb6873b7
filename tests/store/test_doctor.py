"""What doctor finds: each thing that is wrong, with what to do about it."""

from datetime import timedelta
from pathlib import Path

import pytest

from aggregator import store
from aggregator.clock import SimulatedClock
from aggregator.store import holders
from aggregator.store.backup import backup
from aggregator.store.doctor import examine
from aggregator.store.drift import Finding
from tests.derive.conftest import Corpus, corpus, make_corpus

__all__ = ["corpus", "make_corpus"]  # fixtures

NOW = "2026-11-24T08:00:00Z"


def found(corpus: Corpus, database: Path, clock: SimulatedClock, name: str) -> Finding:
    return next(f for f in examine(corpus.db, database, clock) if f.name == name)


@pytest.fixture
def healthy(corpus: Corpus) -> Corpus:
    corpus.put(1)
    corpus.put(2)
    corpus.derive()
    return corpus


def test_versions_name_everything_that_a_report_of_a_bug_needs(
    healthy: Corpus, database: Path, clock: SimulatedClock
) -> None:
    told = found(healthy, database, clock, "versions").told

    for word in ("Querverweis", "Python", "SQLite", "Schema", "flask", "httpx"):
        assert word in told


def test_a_clock_that_ran_backwards_is_seen(
    healthy: Corpus, database: Path, clock: SimulatedClock
) -> None:
    healthy.db.execute("INSERT INTO run (source, started_at, trigger) VALUES"
                       " ('amt-feed', '2026-11-24T11:00:00Z', 'refresh')")  # fmt: skip

    finding = found(healthy, database, clock, "clock")

    assert not finding.fine
    assert "stellen" in finding.remedy
    clock.advance(timedelta(hours=4))
    assert found(healthy, database, clock, "clock").fine


def test_a_lease_that_nobody_may_hold_so_long_is_seen(
    healthy: Corpus, database: Path, clock: SimulatedClock
) -> None:
    healthy.db.execute("INSERT INTO lease VALUES ('derive', ?, '2999-01-01T00:00:00Z')",
                       (holders.me(),))  # fmt: skip

    assert not found(healthy, database, clock, "leases").fine


@pytest.mark.parametrize(
    ("statement", "name", "word"),
    [
        ("DELETE FROM entry_a WHERE item = 1", "drift", "1 fehlen"),
        ("UPDATE item SET state = 'hidden' WHERE pk = 1", "drift", "1 sind zu viel"),
        ("INSERT INTO topic_a VALUES (99, 'bildung', 'rule', 900, 1, '')", "orphans", "topic: 1"),
    ],
)
def test_derived_rows_that_do_not_belong_to_the_items_are_seen(
    healthy: Corpus, database: Path, clock: SimulatedClock, statement: str, name: str, word: str
) -> None:
    healthy.db.execute(statement)

    finding = found(healthy, database, clock, name)

    assert word in finding.told
    assert finding.remedy == "aggregator rebuild"


def test_what_the_queue_explains_is_no_drift(
    healthy: Corpus, database: Path, clock: SimulatedClock
) -> None:
    healthy.put(3)  # waits for derivation

    assert found(healthy, database, clock, "drift").fine


def test_a_database_that_everybody_can_read_is_told(
    healthy: Corpus, database: Path, clock: SimulatedClock
) -> None:
    database.chmod(0o644)
    database.parent.chmod(0o755)
    finding = found(healthy, database, clock, "folder")
    assert finding.fine, "advice, no failure"
    assert "chmod" in finding.remedy

    database.parent.chmod(0o700)
    assert found(healthy, database, clock, "folder").remedy == ""


def test_little_room_is_told_with_the_limit_of_the_settings(
    healthy: Corpus, database: Path, clock: SimulatedClock
) -> None:
    low = [f for f in examine(healthy.db, database, clock, low_mb=10**9) if f.name == "disk"]

    assert not low[0].fine
    assert found(healthy, database, clock, "disk").fine


def test_backups_that_failed_or_are_old_are_told(
    healthy: Corpus, database: Path, clock: SimulatedClock, tmp_path: Path
) -> None:
    assert "noch keine" in found(healthy, database, clock, "backups").told
    backup(healthy.db, tmp_path / "s.sqlite3", now=NOW)
    assert found(healthy, database, clock, "backups").told == f"letzte Sicherung: {NOW}"
    clock.advance(timedelta(days=8))
    assert not found(healthy, database, clock, "backups").fine
    store.set_meta(healthy.db, "backup_trouble", "kein Platz")
    assert "kein Platz" in found(healthy, database, clock, "backups").told
