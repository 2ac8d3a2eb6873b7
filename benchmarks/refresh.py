"""What a refresh costs beside lemon24/reader and newsboat, in the same interleaved run.

    python benchmarks/refresh.py [--feeds 1000] [--rounds 3] [--work FOLDER]

Each round, in turns: `cold` (everything is new), `same304` (nothing changed), `changed` (two new
entries in every twentieth feed), `same200` (the same bodies without validators). Ours ends when all
is stored and searchable; reader's and newsboat's when it is stored. A run counts only when what is
stored afterwards is what the feeds hold. Needed: nginx; newsboat takes part where it is installed;
reader is installed into FOLDER at first use.
"""

import argparse
import json
import os
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from farm import Farm, Server

SCENARIOS = {"cold": (0, True), "same304": (0, True), "changed": (1, True), "same200": (1, False)}
READER = """
import sys
from reader import make_reader
library = make_reader(sys.argv[2])
if sys.argv[1] == "add":
    for url in open(sys.argv[3]).read().split():
        library.add_feed(url)
elif sys.argv[1] == "update":
    library.update_feeds(workers=8, scheduled=False)
else:
    print(library.get_entry_counts().total)
"""


@dataclass
class Usage:
    """Seconds by the clock, and of processor time with children."""

    wall: float
    cpu: float


def run(words: list[str | Path], env: Mapping[str, str] | None = None) -> tuple[Usage, str]:
    """Run a program; return what it cost and its output."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        words, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=True
    )
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Usage(wall, cpu), done.stdout


@dataclass
class Contestant:
    """A program with a folder of its own."""

    farm: Farm
    folder: Path
    python: Path = field(default_factory=Path)

    def prepare(self) -> None:
        """Make an empty folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)

    def prime(self) -> None:
        """Do what must come between the first refresh and the second."""


class Ours(Contestant):
    """This product; `fast` reads plain feeds without feedparser."""

    fast = True

    def _run(self, *words: str) -> tuple[Usage, str]:
        return run(
            [sys.executable, "-m", "aggregator", "--data", self.folder, "--sources",
             self.farm.folder / "sources.yaml", *words],
            {"AGGREGATOR_ALLOW_PRIVATE": "1", "AGGREGATOR_MIN_DELAY_S": "0",
             "AGGREGATOR_FAST_FEEDS": "1" if self.fast else "0"},
        )  # fmt: skip

    def refresh(self) -> Usage:
        return self._run("refresh", "--all", "--json")[0]

    def stored(self) -> int:
        _, found = self._run("search", "Amt OR Register OR der OR die", "--json", "--limit", "1")
        if not json.loads(found)["total"]:
            return 0
        return self._run("export", "--format", "jsonl")[1].count("\n")


class Feedparser(Ours):
    """This product, every feed through feedparser."""

    fast = False


class Reader(Contestant):
    """lemon24/reader with eight workers; it does not index."""

    def prepare(self) -> None:
        super().prepare()
        run([self.python, "-c", READER, "add", self.folder / "db", self.farm.folder / "urls.txt"])

    def refresh(self) -> Usage:
        return run([self.python, "-c", READER, "update", self.folder / "db"])[0]

    def stored(self) -> int:
        return int(run([self.python, "-c", READER, "count", self.folder / "db"])[1])


class Newsboat(Contestant):
    """newsboat with eight threads."""

    def refresh(self) -> Usage:
        (self.folder / "config").write_text("reload-threads 8\nmax-items 0\n")
        return run(
            ["newsboat", "-u", self.farm.folder / "urls.txt", "-c", self.folder / "db",
             "-C", self.folder / "config", "-x", "reload"], {"HOME": str(self.folder)},
        )[0]  # fmt: skip

    def prime(self) -> None:
        """Refresh once more: it sends validators from the third time on."""
        self.refresh()

    def stored(self) -> int:
        with sqlite3.connect(self.folder / "db") as db:
            return int(db.execute("SELECT count(*) FROM rss_item").fetchone()[0])


def peers(work: Path) -> Path:
    """Return the Python that has reader, installed at first use."""
    python = work / "venv" / "bin" / "python"
    if not python.exists():
        venv.create(work / "venv", with_pip=True)
        run([python, "-m", "pip", "install", "--quiet", "reader", "feedparser<6.0.13"])
    return python


def one_round(
    racers: Mapping[str, Contestant],
    server: Server,
    totals: Mapping[int, int],
    note: Callable[[str, str, Usage], None],
) -> None:
    """Let every contestant run all scenarios.

    Raises:
        SystemExit: One stored something else than the feeds hold.
    """
    for name, racer in racers.items():
        racer.prepare()
        for scenario, (number, validators) in SCENARIOS.items():
            server.start(number, validators=validators)
            if scenario == "same304":
                racer.prime()
            usage = racer.refresh()  # type: ignore[attr-defined]  # each has its own
            if (stored := racer.stored()) != totals[number]:  # type: ignore[attr-defined]
                raise SystemExit(f"{name} {scenario}: {stored} entries, not {totals[number]}")
            note(name, scenario, usage)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--without-newsboat", action="store_true", help="its rounds are long")
    parser.add_argument("--port", type=int, default=8095)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "qv-farm")
    args = parser.parse_args()
    farm = Farm(args.work / "feeds", args.feeds, args.port)
    shutil.rmtree(farm.folder, ignore_errors=True)
    totals = farm.write()
    python = peers(args.work)
    kinds = {"ours": Ours, "ours, feedparser": Feedparser, "reader": Reader}
    if shutil.which("newsboat") and not args.without_newsboat:
        kinds["newsboat"] = Newsboat
    racers = {name: kind(farm, args.work / kind.__name__, python) for name, kind in kinds.items()}
    samples: dict[tuple[str, str], list[Usage]] = defaultdict(list)

    def note(name: str, scenario: str, usage: Usage) -> None:
        samples[name, scenario].append(usage)
        print(f"{name:17} {scenario:8} {usage.wall:7.2f} s  CPU {usage.cpu:7.2f} s", flush=True)

    with Server(farm) as server:
        for number in range(args.rounds):
            order = list(racers)[number % len(racers) :] + list(racers)[: number % len(racers)]
            one_round({name: racers[name] for name in order}, server, totals, note)
    report(samples)
    return 0


def report(samples: Mapping[tuple[str, str], list[Usage]]) -> None:
    """Print medians, and how reader fares against each of the others."""
    print(
        f"\n{'median':17} {'':8} {'wall':>9} {'CPU':>9}  {'reader/it wall':>15} {'CPU/reader':>11}"
    )
    for (name, scenario), usages in samples.items():
        wall, cpu = (
            statistics.median(getattr(u, what) for u in usages) for what in ("wall", "cpu")
        )
        peer = samples["reader", scenario]
        faster = statistics.median(u.wall for u in peer) / wall
        share = cpu / statistics.median(u.cpu for u in peer)
        print(f"{name:17} {scenario:8} {wall:7.2f} s {cpu:7.2f} s  {faster:15.2f} {share:11.2f}")


if __name__ == "__main__":
    sys.exit(main())
