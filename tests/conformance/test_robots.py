"""robots rules against public cases, Google's and Protego's: {robots, agent, url, allowed}.

Runs where QUERVERWEIS_CORPUS names a folder with `robots-cases/robots_cases.json`.
"""

import json
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from protego import Protego

from aggregator.errors import RefusedError
from aggregator.fetch.guard import Guard
from aggregator.fetch.robots import rules_of
from aggregator.hostbook import RobotsCopy

FILE = Path(os.environ.get("QUERVERWEIS_CORPUS", "-")) / "robots-cases" / "robots_cases.json"
DOCS = (Path(__file__).parents[2] / "docs" / "conformance.md").read_text("utf-8")
NOW = datetime(2026, 11, 24, tzinfo=UTC)
# Where we differ, by the name of the test; the reasons stand in docs/conformance.md.
EXPLAINED = {
    "GoogleOnly_AcceptUserAgentUpToFirstSpace": 2,
    "ID_LineSyntax_Groups_OtherRules": 1,
    "ID_Encoding": 3,
}

pytestmark = pytest.mark.skipif(not FILE.is_file(), reason="QUERVERWEIS_CORPUS is not set")


def cases() -> list[dict[str, Any]]:
    return list(json.loads(FILE.read_text("utf-8")))


def verdict(case: dict[str, Any]) -> bool:
    """Return what we would do: URLs reach the rules in their normal form."""
    copy = RobotsCopy(body=case["robots"], at=NOW, status=200)
    url = case["url"]
    with suppress(RefusedError):  # a case about no web address
        url = Guard(loopback=False, named={}).target(url).url
    return rules_of(copy, NOW).allow(url, case["agent"])


def verdict_of_the_peer(case: dict[str, Any]) -> bool:
    return bool(Protego.parse(case["robots"]).can_fetch(case["url"], case["agent"]))


def test_every_verdict_is_that_of_the_rfc() -> None:
    different: dict[str, int] = {}
    for case in cases():
        if verdict(case) != case["allowed"]:
            different[case["test"]] = different.get(case["test"], 0) + 1

    assert len(cases()) > 200
    assert {name: n for name, n in different.items() if n > EXPLAINED.get(name, 0)} == {}


def test_no_verdict_is_worse_than_that_of_the_parser_alone() -> None:
    assert [
        case for case in cases()
        if verdict_of_the_peer(case) == case["allowed"] != verdict(case)
    ] == []  # fmt: skip


@pytest.mark.parametrize("name", EXPLAINED)
def test_every_difference_is_explained(name: str) -> None:
    assert f"`{name}`" in DOCS
