"""kill -9 at random moments of refresh and derive; then one clean run gives the undisturbed result.

`QUERVERWEIS_KILLS` sets how often (CI: a few; the figure of the release notes: 200).
"""

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.cli.demo import NOW, SOURCES
from aggregator.replica import Replica

KILLS = int(os.environ.get("QUERVERWEIS_KILLS", "5"))
LONGEST_S = 6.0


class Box:
    """An installation of its own: a data folder, a simulated time, the command line."""

    def __init__(self, data: Path, resolve: str) -> None:
        self.data, self.resolve = data, resolve
        self.now = datetime.fromisoformat(NOW).astimezone(UTC)

    def start(self, *words: str) -> "subprocess.Popen[bytes]":
        self.now += timedelta(hours=6)
        environment = {
            **os.environ,
            "AGGREGATOR_ALLOW_PRIVATE": "1",
            "AGGREGATOR_RESOLVE": self.resolve,
            "AGGREGATOR_NOW": self.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        return subprocess.Popen(
            [sys.executable, "-m", "aggregator", "--data", str(self.data),
             "--sources", str(SOURCES), *words],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, *words: str) -> str:
        process = self.start(*words)
        out, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors.decode()[-3000:]
        return out.decode()

    def settle(self) -> None:
        """Refresh until nothing is pending."""
        for _ in range(50):
            last = json.loads(self.run("refresh", "--all", "--json").strip().rpartition("\n")[2])
            if last["summary"]["pending"] == 0:
                return
        pytest.fail("the crawl does not come to an end")

    def digest(self) -> dict[str, str]:
        found: dict[str, str] = json.loads(self.run("doctor", "--digest", "--json"))
        return found


@pytest.fixture(scope="module")
def resolve() -> Iterator[str]:
    platforms = Replica(round=1)
    platforms.start()
    yield platforms.resolve
    platforms.stop()


@pytest.mark.slow
def test_killed_crawl_ends_where_an_undisturbed_one_does(tmp_path: Path, resolve: str) -> None:
    calm = Box(tmp_path / "calm", resolve)
    calm.settle()
    rng = random.Random(9)
    torn = Box(tmp_path / "torn", resolve)

    for _ in range(KILLS):
        process = torn.start("refresh", "--all")
        with suppress(subprocess.TimeoutExpired):
            process.wait(rng.uniform(0.2, LONGEST_S))
        process.send_signal(signal.SIGKILL)
        process.communicate()
    torn.settle()

    assert torn.digest() == calm.digest()
