"""A command line of its own: data folder, source list, a scripted web, a simulated clock."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from aggregator import store
from aggregator.cli import run
from tests.scripted import Web, serving

NOW = "2026-11-24T08:00:00Z"
PLATFORM = """\
platforms:
  - {id: amt, name: Das Amt, short_name: Amt, level: bund, operator: Amt, url: "http://amt.example/"}
  - {id: land, name: Das Land, short_name: Land, level: land, operator: L, url: "http://land.example/"}
sources:
"""
SOURCES = {
    "amt-feed": "platform: amt, kind: feed, url: 'http://amt.example/feed.xml', policy: full,"
    " details: never, every: 2h",
    "land-feed": "platform: land, kind: feed, url: 'http://land.example/feed.xml', policy: full,"
    " details: never, every: 2h",
    "amt-hand": "platform: amt, kind: manual, policy: full",
    "amt-auszug": "platform: amt, kind: manual, policy: excerpt",
}


@dataclass
class Program:
    """Runs `aggregator` in this process and keeps what it printed."""

    folder: Path
    capture: pytest.CaptureFixture[str]
    out: str = ""
    err: str = ""
    _databases: list[store.Connection] = field(default_factory=list)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def source_list(self) -> Path:
        return self.folder / "sources.yaml"

    def configure(self, *names: str) -> None:
        """Write a source list with these of `SOURCES`."""
        lines = "".join(f"  - {{id: {name}, {SOURCES[name]}}}\n" for name in names)
        self.source_list.write_text(PLATFORM + lines, encoding="utf-8")

    def __call__(self, *words: str) -> int:
        """Run a command; return its exit code."""
        code = run(["--data", str(self.data), "--sources", str(self.source_list), *words])
        self.out, self.err = self.capture.readouterr()
        return code

    def rows(self, *words: str) -> list[Any]:
        """Run a command; return the JSON documents that it printed, one a line."""
        self(*words)
        return [json.loads(line) for line in self.out.split("\n") if line]

    def values(self, sql: str) -> list[tuple[Any, ...]]:
        """Return what the database says."""
        if not self._databases:
            self._databases.append(store.connect(self.data / "querverweis.sqlite3"))
        return [tuple(row) for row in self._databases[0].execute(sql)]

    def close(self) -> None:
        for database in self._databases:
            database.close()


@pytest.fixture
def aggregator(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Program]:
    """The command line with two feeds and a manual source."""
    program = Program(tmp_path, capsys)
    program.configure("amt-feed", "land-feed", "amt-hand")
    yield program
    program.close()


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a function that sets the clock of the commands that follow."""
    return lambda now: monkeypatch.setenv("AGGREGATOR_NOW", now)


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch, at: Callable[[str], None]) -> Iterator[Web]:
    """The hosts amt.example and land.example."""
    with serving(Web()) as web:
        monkeypatch.setenv("AGGREGATOR_ALLOW_PRIVATE", "1")
        monkeypatch.setenv("AGGREGATOR_RESOLVE", web.resolve("amt.example", "land.example"))
        at(NOW)
        yield web
