"""How long a moderator's decision takes in the web while the index works.

    PYTHONPATH=. python benchmarks/web_writes.py [--feeds 1000] [--work FOLDER]

The demo's items are crawled first; a moderator then sorts them into topics through the served
application, one decision after another, while (a) a cold refresh of a thousand feeds and (b) a
rebuild with a new epoch run beside. Transactions that held the lock for more than 50 ms are told by
name. Needed: nginx.
"""

import argparse
import os
import random
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from farm import Farm, Server

from aggregator import store
from aggregator.model import UserRole
from tests.soak.place import People
from tests.web.people import PASSWORD, add

TOPICS = ("bildung", "gesundheit", "bauen_wohnen")
REST_S = 0.05  # between two decisions
SEAMS = {"AGGREGATOR_ALLOW_PRIVATE": "1", "AGGREGATOR_MIN_DELAY_S": "0"}
# The command line, with its log: `refresh` by hand says nothing of transactions.
PROGRAM = (
    "import sys; from aggregator import cli, logs; logs.set_up('text');"
    " sys.exit(cli.run(sys.argv[1:]))"
)


class Desk:
    """A data folder, its web and a moderator before it."""

    def __init__(self, data: Path, sources: Path) -> None:
        self.data, self.sources = data, sources
        self._run("demo", "--once").wait()
        db = store.connect(data / "querverweis.sqlite3")
        add(db, "moderatorin", UserRole.MODERATOR)
        self.items = [row[0] for row in db.execute("SELECT id FROM item WHERE state = 'live'")]
        db.close()
        with socket.create_server(("127.0.0.1", 0)) as place:
            port = int(place.getsockname()[1])
        self.web = self._run("serve", "--port", str(port))
        self.people = People(port)
        self.people.wait_for_the_web()
        self.people.sign_in("moderatorin", PASSWORD)

    def _run(self, *words: str, errors: Path | None = None) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "--data", self.data, "--sources", self.sources, *words],
            env={**os.environ, **SEAMS}, stdout=subprocess.DEVNULL,
            stderr=errors.open("wb") if errors else subprocess.DEVNULL,
        )  # fmt: skip

    def decide(self, chance: random.Random) -> None:
        """Sort an item into a topic, or out of it."""
        item, topic = chance.choice(self.items), chance.choice(TOPICS)
        _, text = self.people.request("GET", f"/items/{item}")
        fits = chance.choice("01")
        status = self.people.send(text, f"/items/{item}/topic", topic=topic, fits=fits)
        self.people.said[str(status)] += 1

    def beside(self, *words: str) -> None:
        """Decide while a command runs; tell how long that took, and what held the lock."""
        self.people.writes_s.clear()
        self.people.said.clear()
        chance, errors = random.Random(3), self.data / "errors.txt"
        began, process = time.monotonic(), self._run(*words, errors=errors)
        wal = 0
        while process.poll() is None:
            self.decide(chance)
            wal = max(wal, (self.data / "querverweis.sqlite3-wal").stat().st_size)
            time.sleep(REST_S)
        took = self.people.writes_s
        told = statistics.quantiles(took, n=100)
        print(f"{' '.join(words)}: {time.monotonic() - began:.0f} s, {len(took)} decisions"
              f" {dict(self.people.said)}, median {told[49] * 1000:.0f} ms,"
              f" p95 {told[94] * 1000:.0f} ms, p99 {told[98] * 1000:.0f} ms,"
              f" most {max(took) * 1000:.0f} ms, WAL {wal >> 20} MB", flush=True)  # fmt: skip
        _long(errors.read_text("utf-8", "replace"))


def _long(log: str) -> None:
    """Tell which transactions were long."""
    found: dict[str, list[int]] = defaultdict(list)
    for held, name in re.findall(r"long transaction ms=(\d+) by=(.*)", log):
        found[name].append(int(held))
    for name, held in sorted(found.items(), key=lambda one: -sum(one[1])):
        print(f"  {len(held):4} times, most {max(held):5} ms, sum {sum(held):6} ms: {name}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--port", type=int, default=8096)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "qv-writes")
    args = parser.parse_args()
    shutil.rmtree(args.work, ignore_errors=True)
    farm = Farm(args.work / "feeds", args.feeds, args.port)
    farm.write()
    with Server(farm) as server:
        server.start(0, validators=True)
        desk = Desk(args.work / "data", farm.folder / "sources.yaml")
        try:
            desk.beside("refresh", "--all")
            desk.beside("rebuild", "--epoch")
        finally:
            desk.web.terminate()
            desk.web.wait(15)
    return 0


if __name__ == "__main__":
    sys.exit(main())
