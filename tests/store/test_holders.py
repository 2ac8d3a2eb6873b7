"""A lease ends with its process, wherever that can be known."""

import os
import subprocess
import sys

import pytest

from aggregator.store import holders

NAME = "from aggregator.store import holders; print(holders.me())"


def test_this_process_lives() -> None:
    assert not holders.is_dead(holders.me())


def test_process_that_has_ended_is_dead() -> None:
    done = subprocess.run([sys.executable, "-c", NAME], check=True, capture_output=True, text=True)

    assert done.stdout.strip() != holders.me()
    assert holders.is_dead(done.stdout.strip())


def test_process_that_nobody_has_buried_yet_is_dead() -> None:
    place = holders.me().rsplit("/", 2)[0]
    child = subprocess.Popen(["true"])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)

    assert holders.is_dead(f"{place}/{child.pid}/1")
    child.wait()


@pytest.mark.parametrize(
    ("boot", "rest", "dead"),
    [
        ("another-boot", "pid:[1]/1/1", True),
        ("", "pid:[1]/1/1", False),
        ("", "", False),
        ("unknown", "host/1/1", False),
    ],
    ids=["before a reboot", "beside this container", "no process", "no /proc there"],
)
def test_what_lies_elsewhere_is_dead_only_when_it_is_sure(boot: str, rest: str, dead: bool) -> None:
    here = holders.me().partition("/")[0]

    assert holders.is_dead(f"{boot or here}/{rest}") is dead
