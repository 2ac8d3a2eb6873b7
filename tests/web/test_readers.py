"""Reading connections of the web: used again, let go, and never of a file that was replaced."""

from pathlib import Path

import pytest

from aggregator import store
from aggregator.errors import StoreError
from web.database import KEPT, Readers


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "querverweis.sqlite3"
    store.connect(found).close()
    return found


def test_a_connection_is_used_again_and_sees_what_came_since(path: Path) -> None:
    readers = Readers(path)
    first = readers.take()
    store.read_one_state(first)
    assert first.execute("SELECT count(*) FROM meta WHERE key = 'x'").fetchone()[0] == 0
    readers.give(first)
    writer = store.connect(path)
    writer.execute("INSERT INTO meta (key, value) VALUES ('x', '1')")
    writer.close()
    again = readers.take()
    assert again is first
    assert again.execute("SELECT count(*) FROM meta WHERE key = 'x'").fetchone()[0] == 1


def test_no_more_connections_are_kept_than_a_few(path: Path) -> None:
    readers = Readers(path)
    taken = [readers.take() for _ in range(KEPT + 2)]
    for connection in taken:
        readers.give(connection)
    again = [readers.take() for _ in range(KEPT + 1)]
    assert sum(one in taken for one in again) == KEPT


def test_a_database_that_was_replaced_is_opened_anew(path: Path) -> None:
    readers = Readers(path)
    old = readers.take()
    readers.give(old)
    other = path.with_name("other.sqlite3")
    store.connect(other).close()
    other.replace(path)
    assert readers.take() is not old


def test_a_missing_database_is_told_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        Readers(tmp_path / "querverweis.sqlite3").take()
    assert not list(tmp_path.iterdir())
