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

from aggregator.errors import RefusedError
from aggregator.fetch.guard import Guard
from aggregator.fetch.robots import rules_of
from aggregator.hostbook import RobotsCopy

FILE = Path(os.environ.get("QUERVERWEIS_CORPUS", "-")) / "robots-cases" / "robots_cases.json"
NOW = datetime(2026, 11, 24, tzinfo=UTC)
# Where we differ, and why: (agent, path) of the case.
EXPLAINED = {
    ("Foo", "/x/y"): "beyond RFC 9309: an agent's name ends at its first blank",
    ("Foo Bar", "/x/y"): "beyond RFC 9309: an agent's name ends at its first blank",
    ("FooBot", "/"): "the suites contradict each other on whether an unknown record ends a group",
    ("FooBot", "/foo/bar/baz"): "RFC 9309 2.2.2 decodes %62%61%7A before comparing",
    ("FooBot", "/foo/bar/ツ"): "our URLs are always percent-encoded, where the rule allows",
}

pytestmark = pytest.mark.skipif(not FILE.is_file(), reason="QUERVERWEIS_CORPUS is not set")


def verdict(case: dict[str, Any]) -> bool:
    """Return what we would do: URLs reach the rules in their normal form."""
    copy = RobotsCopy(body=case["robots"], at=NOW, status=200)
    url = case["url"]
    with suppress(RefusedError):  # a case about no web address
        url = Guard(loopback=False, named={}).target(url).url
    return rules_of(copy, NOW).allow(url, case["agent"])


def test_every_verdict_is_that_of_the_rfc() -> None:
    cases = json.loads(FILE.read_text("utf-8"))
    different = [
        (case["test"], case["robots"], case["agent"], case["url"])
        for case in cases
        if verdict(case) != case["allowed"]
        and (case["agent"], case["url"].removeprefix("http://foo.bar")) not in EXPLAINED
    ]

    assert len(cases) > 200
    assert different == []
