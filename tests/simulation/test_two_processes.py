"""Cron starts `refresh` while another one is at work: each address is asked once."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.builders import page, rss
from tests.scripted import Answer, Web

PAGES = 6
LIST = """\
platforms:
  - {id: amt, name: Das Amt, short_name: Amt, level: bund, operator: Amt, url: "http://amt.example/"}
  - {id: land, name: Das Land, short_name: Land, level: land, operator: Land,
     url: "http://land.example/"}
sources:
  - {id: amt-feed, platform: amt, kind: feed, url: "http://amt.example/feed.xml", details: always}
  - {id: land-feed, platform: land, kind: feed, url: "http://land.example/feed.xml",
     details: never}
"""


@pytest.fixture
def folder(tmp_path: Path, web: Web) -> Path:
    web.answers["amt.example", "/robots.txt"] = Answer(body=b"User-agent: *\nCrawl-delay: 10\n")
    web.put("http://amt.example/feed.xml", rss(*range(PAGES)), media_type="application/rss+xml")
    web.put("http://land.example/feed.xml", rss(*range(PAGES)).replace(b"amt", b"land"),
            media_type="application/rss+xml")  # fmt: skip
    for number in range(PAGES):
        text = f"Das Amt sagt zur Nummer {number}, was alle wissen sollen, die etwas beantragen."
        web.put(f"http://amt.example/meldung/{number}", page(f"Meldung {number}", text))
    (tmp_path / "sources.yaml").write_text(LIST, "utf-8")
    return tmp_path


def start(folder: Path) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, "AGGREGATOR_NOW": "2026-11-24T08:00:00Z",
                   "AGGREGATOR_PARSE_WORKERS": "0"}  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-m", "aggregator", "--data", str(folder / "data"),
         "--sources", str(folder / "sources.yaml"), "refresh", "--json"],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def test_two_runs_at_once_ask_for_each_address_once(folder: Path, web: Web) -> None:
    both = [start(folder), start(folder)]
    told = [process.communicate(timeout=120) for process in both]

    assert [process.returncode for process in both] == [0, 0], told
    lines = [json.loads(line) for out, _ in told for line in out.decode().splitlines()]
    states = Counter(line["state"] for line in lines if "source" in line)
    assert states["ok"] == 2
    assert states["ok"] + states["busy"] + states["not_due"] == 4
    asked = Counter(row[:2] for row in web.log if "feed" in row[1] or "meldung" in row[1])
    assert set(asked.values()) == {1}
    assert len(asked) == PAGES + 2
