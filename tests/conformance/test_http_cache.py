"""Conditional requests against the public HTTP cache tests, as far as they concern us.

We keep validators, not answers: every visit asks the server. So steps that expect a stored answer
("cached") have no counterpart here and are passed over, and tests about shared caches, methods
other than GET and 1xx answers are left out. Runs where QUERVERWEIS_CORPUS names a folder with
`http-cache/cache_tests.json`.
"""

import json
import os
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from aggregator.clock import SimulatedClock
from aggregator.fetch.client import Fetcher, user_agent
from aggregator.fetch.hosts import MemoryHosts
from aggregator.model import Fetched, Request, Validators
from tests.fetch.site import Asked, Reply, serving

FILE = Path(os.environ.get("QUERVERWEIS_CORPUS", "-")) / "http-cache" / "cache_tests.json"
VALIDATED = {"etag_validated": "if-none-match", "lm_validated": "if-modified-since"}
OURS = {*VALIDATED, "not_cached", "cached", None}
NOT_OURS = {
    "request_method", "request_headers", "disconnect", "interim_responses", "magic_ims",
    "query_arg", "filename",
}  # fmt: skip
# A "check" of the tests, no requirement: we send an ETag back exactly as it came.
EXPLAINED = {"conditional-etag-strong-generate-unquoted"}

pytestmark = pytest.mark.skipif(not FILE.is_file(), reason="QUERVERWEIS_CORPUS is not set")


def concerns_us(test: dict[str, Any]) -> bool:
    steps = test["requests"]
    return (
        len(steps) > 1
        and test["id"] not in EXPLAINED
        and not test.get("cdn_only")
        and all(step.get("expected_type") in OURS for step in steps)
        and all(step.get("response_status", [200])[0] == 200 for step in steps)
        and not any(key in NOT_OURS for step in steps for key in step)
    )


def headers_of(step: dict[str, Any], clock: SimulatedClock) -> tuple[tuple[str, str], ...]:
    """Return the headers of a step; numbers are seconds from now, as HTTP dates."""
    return tuple(
        (name, value if isinstance(value, str)
         else format_datetime(clock.now() + timedelta(seconds=value), usegmt=True))
        for name, value, *_ in step.get("response_headers", ())
        if name.lower() not in ("content-length", "content-encoding", "transfer-encoding")
        and (isinstance(value, int | str))
    )  # fmt: skip


def play(test: dict[str, Any], clock: SimulatedClock) -> None:
    """Play the steps of one test; an assertion says what went wrong."""
    with serving() as site, Fetcher(MemoryHosts(clock), clock, user_agent()) as fetcher:
        known = Validators()
        for n, step in enumerate(test["requests"]):
            kind = step.get("expected_type")
            site.pages["/x"] = _answering(kind, headers_of(step, clock), f"body {n}")
            got = fetcher.get(Request(url=f"{site.base}/x", validators=known))
            known = got.validators
            if kind in VALIDATED:
                assert VALIDATED[kind] in site.asked[-1].headers, step
                assert not isinstance(got, Fetched), step
                for name, value in step.get("expected_response_headers", ()):
                    if name == "ETag":
                        assert known.etag == value
            elif kind == "not_cached":
                assert isinstance(got, Fetched), step


def _answering(
    kind: str | None, headers: tuple[tuple[str, str], ...], text: str
) -> Callable[[Asked], Reply]:
    def answer(asked: Asked) -> Reply:
        if kind in VALIDATED and VALIDATED[kind] in asked.headers:
            return Reply(status=304, headers=headers)
        return Reply(headers=headers, body=text.encode())

    return answer


def test_conditional_requests_are_made_as_the_rfcs_say(
    clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGGREGATOR_ALLOW_PRIVATE", "1")
    suites = json.loads(FILE.read_text("utf-8"))
    tests = [test for suite in suites for test in suite["tests"] if concerns_us(test)]
    failed = {}
    for test in tests:
        try:
            play(test, clock)
        except AssertionError as error:
            failed[test["id"]] = str(error)

    assert failed == {}
    assert len(tests) > 50
