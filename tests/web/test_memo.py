"""What is costly to count: exact while it is quick, and never waited for once it is slow."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregator import store
from aggregator.store.connection import set_meta
from web import memo
from web.memo import Memo


@pytest.fixture
def kept(db: store.Connection, database: Path) -> Iterator[Memo]:
    """A memory over a database."""
    set_meta(db, "n", "0")
    memory = Memo(database)
    yield memory
    memory.close()


def spend(seconds: float) -> None:
    """Use the processor for so long."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def test_the_same_state_is_counted_once_and_each_write_anew(
    kept: Memo, db: store.Connection
) -> None:
    calls: list[str] = []

    def count(connection: store.Connection) -> str:
        calls.append(store.get_meta(connection, "n"))
        return calls[-1]

    assert [kept.get("n", count) for _ in range(3)] == ["0", "0", "0"]
    set_meta(db, "n", "1")
    assert [kept.get("n", count) for _ in range(3)] == ["1", "1", "1"]
    assert calls == ["0", "1"]


def test_what_takes_long_is_told_as_it_was_while_it_is_counted_beside(
    kept: Memo, db: store.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memo, "QUICK_S", 0.01)
    monkeypatch.setattr(memo, "LEAST_S", 0)
    monkeypatch.setattr(memo, "SHARE", 0)

    def count(connection: store.Connection) -> str:
        spend(0.02)
        return store.get_meta(connection, "n")

    assert kept.get("n", count) == "0"
    set_meta(db, "n", "1")

    began = time.thread_time()
    assert kept.get("n", count) == "0"  # nobody waits
    assert time.thread_time() - began < 0.02
    end = time.monotonic() + 10
    while kept.get("n", count) != "1":
        assert time.monotonic() < end


def test_a_slow_count_is_kept_for_a_while_however_often_the_crawl_writes(
    kept: Memo, db: store.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memo, "QUICK_S", 0)
    calls: list[int] = []

    def count(_connection: store.Connection) -> int:
        calls.append(1)
        spend(0.001)
        return len(calls)

    for n in range(5):
        set_meta(db, "n", str(n))
        assert kept.get("n", count) == 1

    assert len(calls) == 1


def test_only_so_many_answers_are_kept(kept: Memo) -> None:
    for n in range(memo.MOST_KEPT + 10):
        assert kept.get(n, lambda _db, n=n: n) == n  # type: ignore[misc] # a default binds the loop's value

    assert len(kept._kept) == memo.MOST_KEPT


def test_an_error_is_raised_and_not_kept(kept: Memo) -> None:
    def fail(_connection: store.Connection) -> int:
        raise LookupError("once")

    with pytest.raises(LookupError):
        kept.get("n", fail)
    assert kept.get("n", lambda _db: 2) == 2
