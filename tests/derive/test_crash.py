"""A run that dies anywhere, then one clean run: the same as if nothing had happened."""

import sqlite3
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest

from aggregator import store
from aggregator.clock import SimulatedClock
from aggregator.errors import StoreError
from tests.conftest import START
from tests.derive.conftest import Corpus, link
from tests.derive.test_equality import SENTENCES, fresh


def fill(corpus: Corpus) -> None:
    """Two platforms' worth of items that cite, copy and link each other."""
    for number in range(24):
        platform = "amt" if number % 3 else "land"
        text = f"{SENTENCES[number % 6]} {SENTENCES[(number + 1) % 6]} Stand {number // 2}."
        corpus.put(number, platform, text=text,
                   links=(link(f"http://alt.example/meldung/{(number * 7) % 24}"),))  # fmt: skip


def edit(corpus: Corpus) -> None:
    """Edits and removals after the first derivation."""
    for number in (1, 4, 7):
        corpus.put(number, text=f"{SENTENCES[number % 6]} Geändert.")
    corpus.drop(2)


@pytest.fixture(scope="module")
def expected() -> dict[str, str]:
    """The digest of an undisturbed run."""
    with tempfile.TemporaryDirectory() as folder:
        corpus = fresh(folder, "calm")
        fill(corpus)
        corpus.derive()
        edit(corpus)
        corpus.derive()
        corpus.derive(rebuild=True)
        return corpus.digest()


@pytest.mark.parametrize("steps", [300, 2_000, 5_000, 11_000, 23_000, 47_000, 90_000])
def test_interrupted_runs_leave_nothing_undone(
    expected: dict[str, str], tmp_path: Path, steps: int
) -> None:
    """Every so many steps of SQLite's machine a statement fails, wherever that is."""
    corpus = fresh(str(tmp_path), "shaken")
    fill(corpus)
    shake(corpus, tmp_path, steps)
    corpus.derive()
    edit(corpus)
    shake(corpus, tmp_path, steps)
    corpus.derive()
    assert corpus.digest() == expected
    corpus.derive(rebuild=True)
    assert corpus.digest() == expected
    corpus.db.close()


def shake(corpus: Corpus, folder: Path, steps: int) -> None:
    """Derive with a connection that fails again and again."""
    for more in range(4):
        other = Corpus(store.connect(folder / "shaken"), SimulatedClock(START))
        other.db.set_progress_handler(lambda: 1, steps * (more + 1))
        with suppress(sqlite3.OperationalError, StoreError):
            other.derive(rebuild=more % 2 == 1)
        other.db.set_progress_handler(None, 0)
        other.db.close()
        corpus.db.execute("DELETE FROM lease")  # as if the process were dead
