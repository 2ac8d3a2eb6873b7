"""The guard and the resolver of references against the URL standard's own tests.

No input that must fail may come out as an address that we would ask. Where an input is fine and
the guard takes it, the host is that of the standard. Runs where QUERVERWEIS_CORPUS names a folder
with `url-whatwg/urltestdata.json`, `IdnaTestV2.json` and `toascii.json`.
"""

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import can_ada
import pytest

from aggregator import urls
from aggregator.errors import RefusedError
from aggregator.fetch.guard import Guard

FOLDER = Path(os.environ.get("QUERVERWEIS_CORPUS", "-")) / "url-whatwg"

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="QUERVERWEIS_CORPUS is not set")


def rows(*files: str) -> list[dict[str, Any]]:
    told = [row for file in files for row in json.loads((FOLDER / file).read_text("utf-8"))]
    return [row for row in told if isinstance(row, dict) and "input" in row]


def accepted(url: str) -> str | None:
    """Return the host that the guard would ask for an address, None when it refuses."""
    try:
        return Guard(loopback=False, named={}).target(url).hostname
    except RefusedError:
        return None


def test_nothing_that_must_fail_is_accepted_as_a_host() -> None:
    broken = [row for row in rows("urltestdata.json", "ada_extra_urltestdata.json")
              if row.get("failure")]  # fmt: skip
    assert len(broken) > 140
    assert [
        (row["input"], row.get("base"), url) for row in broken for url in made_of(row)
        if url is not None and accepted(url) is not None
    ] == []  # fmt: skip


def made_of(row: dict[str, Any]) -> tuple[str | None, str | None]:
    """Return what a redirect and what a link would make of an input."""
    base = row.get("base") or ""
    redirect = _joined(base, row["input"]) if base else row["input"]
    return redirect, urls.resolve(base, row["input"])


def _joined(base: str, reference: str) -> str | None:
    try:
        return urljoin(base, reference)
    except ValueError:
        return None


def test_no_name_that_idna_forbids_is_accepted() -> None:
    broken = [row for row in rows("IdnaTestV2.json", "toascii.json") if row.get("output") is None]

    assert len(broken) > 500
    assert [row["input"] for row in broken if accepted(f"http://{row['input']}/")] == []


def test_a_host_that_is_accepted_is_the_one_that_browsers_ask() -> None:
    fine = [row for row in rows("urltestdata.json", "ada_extra_urltestdata.json")
            if not row.get("failure") and not row.get("base")]  # fmt: skip
    asked = [
        (host, can_ada.parse(row["href"]).hostname.strip("[]").removesuffix("."))
        for row in fine if (host := accepted(row["input"]))
    ]  # fmt: skip

    assert len(asked) > 30
    assert [pair for pair in asked if pair[0] != pair[1]] == []
