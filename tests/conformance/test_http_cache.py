"""Conditional requests and freshness against the public HTTP cache tests, where they concern us.

We keep validators, not answers, and a lifetime only delays our next visit. So the tests are played
in two ways: visits against a server that checks our conditions, and lifetimes against what a
private cache may believe. docs/conformance.md lists what is left out and why. Runs where
QUERVERWEIS_CORPUS names a folder with `http-cache/cache_tests.json`.
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
from aggregator.fetch.way import Way
from aggregator.model import Fetched, Request, Validators
from aggregator.timing import freshness
from tests.fetch.site import Asked, Reply, serving

FILE = Path(os.environ.get("QUERVERWEIS_CORPUS", "-")) / "http-cache" / "cache_tests.json"
DOCS = (Path(__file__).parents[2] / "docs" / "conformance.md").read_text("utf-8")
VALIDATED = {"etag_validated": "if-none-match", "lm_validated": "if-modified-since"}
OURS = {*VALIDATED, "not_cached", "cached", None}
NOT_OURS = {
    "request_method", "request_headers", "disconnect", "interim_responses", "magic_ims",
    "query_arg", "filename",
}  # fmt: skip
NOT_OUR_LIFETIMES = {"request_method", "request_headers", "query_arg", "disconnect"}
PAUSE = timedelta(seconds=3)  # of a step that is followed by one
# Where we differ: tests by their beginnings; the reasons stand in docs/conformance.md.
EXPLAINED_VISITS = ("conditional-etag-strong-generate-unquoted",)
EXPLAINED_LIFETIMES = (
    "freshness-max-age-two-stale-fresh-sameline",
    "freshness-max-age-decimal",
    "headers-omit-headers-listed-in-Cache-Control-no-cache-single",
    "heuristic-",
    "other-heuristic-content-disposition-attachment",
    "pragma-response-no-cache-heuristic",
    "query-args-different",
    "stale-",
    "status-200-must-understand",
)

pytestmark = pytest.mark.skipif(not FILE.is_file(), reason="QUERVERWEIS_CORPUS is not set")


def all_tests() -> list[dict[str, Any]]:
    """Return the tests about private caches that make more than one request."""
    suites = json.loads(FILE.read_text("utf-8"))
    return [
        test for suite in suites for test in suite["tests"]
        if len(test["requests"]) > 1 and not test.get("cdn_only")
    ]  # fmt: skip


def is_visit(test: dict[str, Any]) -> bool:
    """Whether a test is one of requests such as we make."""
    steps = test["requests"]
    return (
        not test["id"].startswith(EXPLAINED_VISITS)
        and all(step.get("expected_type") in OURS for step in steps)
        and all(step.get("response_status", [200])[0] == 200 for step in steps)
        and not any(key in NOT_OURS for step in steps for key in step)
    )


def is_lifetime(test: dict[str, Any]) -> bool:
    """Whether a test asks if an answer may be used again without asking."""
    first, second, *_ = test["requests"]
    return (
        second.get("expected_type") in ("cached", "not_cached")
        and not test.get("browser_skip")  # about shared caches
        and not any(key in NOT_OUR_LIFETIMES for step in (first, second) for key in step)
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


def play(test: dict[str, Any], clock: SimulatedClock, client: str) -> None:
    """Play the steps of one test; an assertion says what went wrong."""
    hosts, way = MemoryHosts(clock), Way(client=client)
    with serving() as site, Fetcher(hosts, clock, user_agent(), way=way) as fetcher:
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
                    if name != "Content-Length":  # of the body that we have, which stays
                        assert got.headers[name.lower()] == value, step
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


@pytest.mark.parametrize("client", ["lean", "httpx"])
def test_conditional_requests_are_made_as_the_rfcs_say(
    clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch, client: str
) -> None:
    monkeypatch.setenv("AGGREGATOR_ALLOW_PRIVATE", "1")
    tests = [test for test in all_tests() if is_visit(test)]
    failed = {}
    for test in tests:
        try:
            play(test, clock, client)
        except AssertionError as error:
            failed[test["id"]] = str(error)

    assert failed == {}
    assert len(tests) > 50


def test_lifetimes_are_those_that_a_private_cache_may_believe(clock: SimulatedClock) -> None:
    tests = [test for test in all_tests() if is_lifetime(test)]
    wrong = [test["id"] for test in tests if is_fresh(test, clock) != is_reused(test)]

    assert [name for name in wrong if not name.startswith(EXPLAINED_LIFETIMES)] == []
    assert len(tests) > 90


def is_reused(test: dict[str, Any]) -> bool:
    return bool(test["requests"][1]["expected_type"] == "cached")


def is_fresh(test: dict[str, Any], clock: SimulatedClock) -> bool:
    """Whether we would still be waiting when the second request is made."""
    step = test["requests"][0]
    headers: dict[str, str] = {}
    for name, value in headers_of(step, clock):
        before = headers.get(name.lower())
        headers[name.lower()] = f"{before}, {value}" if before else value
    lifetime = freshness(headers, clock.now()) or timedelta(0)
    return lifetime > (PAUSE if step.get("pause_after") else timedelta(0))


def test_what_we_would_reuse_wrongly_is_nothing(clock: SimulatedClock) -> None:
    """Among the differences none makes us wait where a cache must not reuse."""
    tests = [test for test in all_tests() if is_lifetime(test) and not is_reused(test)]

    assert [
        test["id"] for test in tests
        if is_fresh(test, clock) and test["id"] != "query-args-different"
    ] == []  # fmt: skip


@pytest.mark.parametrize("beginning", [*EXPLAINED_VISITS, *EXPLAINED_LIFETIMES])
def test_every_difference_is_explained(beginning: str) -> None:
    assert f"`{beginning}" in DOCS
