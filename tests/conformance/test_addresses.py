"""The guard against public lists of addresses meant to get past one.

Runs where QUERVERWEIS_CORPUS names a folder with `hostile/ssrf_urls.json` and
`hostile/ssrf_redirect_chains.json`.
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urljoin

import pytest

from aggregator.errors import RefusedError
from aggregator.fetch.guard import Guard

FOLDER = Path(os.environ.get("QUERVERWEIS_CORPUS", "-")) / "hostile"

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="QUERVERWEIS_CORPUS is not set")

PRIVATE_NAMES = ("nip.io", "localtest.me", "lvh.me")


def resolver(hostname: str, _: int) -> Sequence[str]:
    """Answer as the public DNS does for the names of the lists."""
    return ["127.0.0.1"] if hostname.endswith(PRIVATE_NAMES) else ["93.184.216.34"]


def refused(url: str) -> bool:
    guard = Guard(resolver=resolver, loopback=False, named={})
    try:
        target = guard.target(url)
        guard.endpoints(target.hostname, target.port)
    except RefusedError:
        return True
    return False


def test_every_address_gets_its_verdict() -> None:
    rows = json.loads((FOLDER / "ssrf_urls.json").read_text("utf-8"))
    wrong = [row for row in rows if refused(row["url"]) is not (row["verdict"] == "block")]

    assert len(rows) > 100
    assert wrong == []


def test_every_chain_of_redirects_ends_before_the_forbidden_address() -> None:
    chains = json.loads((FOLDER / "ssrf_redirect_chains.json").read_text("utf-8"))
    for chain in chains:
        url, passed = chain["start"], []
        for hop in chain.get("hops", ()):
            url = urljoin(url, hop["location"])
            passed.append(not refused(url))
        assert (chain["verdict"] == "block") is (False in passed), chain
