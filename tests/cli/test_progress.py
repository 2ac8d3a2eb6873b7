"""A bar on a terminal, plain lines elsewhere: seen from outside, on a real pseudo terminal."""

import os
import pty
import subprocess
import sys
from pathlib import Path

SOURCES = """\
platforms:
  - {id: amt, name: Amt, short_name: Amt, level: bund, operator: Amt, url: "http://amt.example/"}
sources:
  - {id: hand, platform: amt, kind: manual, policy: full}
"""


def words(folder: Path) -> list[str]:
    (folder / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    (folder / "in.jsonl").write_text(
        "".join(f'{{"entry_id": "{n}", "title": "Meldung {n}"}}\n' for n in range(40)), "utf-8"
    )
    where = ["--data", str(folder / "data"), "--sources", str(folder / "sources.yaml")]
    what = ["import", str(folder / "in.jsonl"), "--source", "hand"]
    return [sys.executable, "-m", "aggregator", *where, *what]


def test_a_terminal_sees_a_bar(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()

    process = subprocess.Popen(
        words(tmp_path), stderr=theirs, stdout=subprocess.PIPE, env={**os.environ, "TERM": "xterm"}
    )
    os.close(theirs)
    seen = b""
    try:
        while piece := os.read(ours, 4096):
            seen += piece
    except OSError:  # the way in which Linux tells that the other side has closed
        pass
    process.communicate()
    os.close(ours)

    assert process.returncode == 0
    assert "40/40" in seen.decode()


def test_a_pipe_sees_plain_lines(tmp_path: Path) -> None:
    done = subprocess.run(words(tmp_path), capture_output=True, text=True, check=True)

    assert done.stdout == ""
    assert done.stderr == "40 gelesen: 40 neu, 0 geändert, 0 unverändert, 0 abgelehnt\n"
