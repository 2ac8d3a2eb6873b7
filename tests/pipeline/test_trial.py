"""Trials for the web: in a process of their own, bounded from outside, with no secret at hand."""

import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from aggregator import trial
from aggregator.trial import TrialError, discover, try_source
from tests.builders import rss
from tests.scripted import Web

FEED = "http://amt.example/feed.xml"
LIST = b"""\
platforms:
  - {id: amt, name: Das Amt, short_name: Amt, level: bund, operator: Amt, url: "http://amt.example/"}
sources:
  - {id: amt-feed, platform: amt, kind: feed, url: "http://amt.example/feed.xml", details: never}
"""


@pytest.fixture
def files(tmp_path: Path) -> dict[Path, bytes]:
    """A list that stands in no file."""
    return {tmp_path / "sources.yaml": LIST, tmp_path / "sources.d" / "mehr.yaml": b"sources: []\n"}


def test_a_list_that_is_not_saved_is_tried_and_nothing_is_stored(
    tmp_path: Path, files: dict[Path, bytes], web: Web
) -> None:
    web.put(FEED, rss(1, 2), media_type="application/rss+xml")

    told = try_source(tmp_path / "data", files, "amt-feed")

    assert (told["status"], told["entries"]) == (200, 2)
    assert told["next_at"]
    assert not (tmp_path / "sources.yaml").exists()
    assert not (tmp_path / "data" / "querverweis.sqlite3").exists()


def test_what_takes_too_long_is_ended(
    tmp_path: Path, files: dict[Path, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "LONGEST_S", 0.05)
    began = time.monotonic()

    with pytest.raises(TrialError, match="länger"):
        try_source(tmp_path / "data", files, "amt-feed")

    assert time.monotonic() - began < 10


def test_what_takes_too_much_memory_is_ended(
    tmp_path: Path, files: dict[Path, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "MEMORY_BYTES", 40 << 20)

    with pytest.raises(TrialError, match="Speicher"):
        try_source(tmp_path / "data", files, "amt-feed")


def test_no_more_than_two_run_at_once(
    tmp_path: Path, files: dict[Path, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, go_on = threading.Semaphore(0), threading.Event()

    def wait(_words: object) -> str:
        inside.release()
        go_on.wait(10)
        return "{}"

    monkeypatch.setattr(trial, "_output", wait)
    running = [threading.Thread(target=try_source, args=(tmp_path, files, "x")) for _ in range(2)]
    for thread in running:
        thread.start()
        inside.acquire()
    try:
        with pytest.raises(TrialError, match="so viele Proben"):
            try_source(tmp_path, files, "x")
    finally:
        go_on.set()
        for thread in running:
            thread.join()

    assert try_source(tmp_path, files, "x") == {}


def test_a_trial_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, str] = {}
    real = subprocess.Popen

    def watched(words: Any, **more: Any) -> Any:
        seen.update(more["env"])
        return real([sys.executable, "-c", "print('{}')"], **more)

    monkeypatch.setenv("AGGREGATOR_SMTP_PASSWORD", "planted")
    monkeypatch.setenv("AGGREGATOR_OIDC_CLIENT_SECRET", "planted")
    monkeypatch.setenv("AGGREGATOR_WORKERS", "3")
    monkeypatch.setattr(subprocess, "Popen", watched)

    discover(Path("data"), Path("sources.yaml"), "http://amt.example/")

    assert "planted" not in seen.values()
    assert seen["AGGREGATOR_WORKERS"] == "3"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:22/", "http://169.254.169.254/", "http://[::ffff:10.0.0.1]/",
            "file:///etc/passwd", "--help"],
)  # fmt: skip
def test_discovery_opens_no_connection_into_the_house(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.delenv("AGGREGATOR_ALLOW_PRIVATE", raising=False)
    path = tmp_path / "sources.yaml"
    path.write_bytes(LIST)

    told = discover(tmp_path / "data", path, url)

    assert told.get("proposals", []) == []
    assert told.get("error") or told["problems"]
    assert "root:" not in str(told)
