"""Vectors that other sanitisers are tested with, imported and opened in a real browser.

The folder is named by QUERVERWEIS_CORPUS; the vectors are not copied into this repository. All of
them take ten minutes and more (QV_HOSTILE=1); one of forty is the default.
"""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser import conftest
from tests.browser.hostile import Watch, infested, overviews, reflecting

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CORPUS = Path(os.environ.get("QUERVERWEIS_CORPUS") or "/nonexistent")
STEP = int(os.environ.get("QV_HOSTILE", "40"))
AT_ONCE = 60  # vectors in one index: its link matrix has as many platforms
browser = conftest.browser

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (CORPUS / "sanitiser").is_dir(),
                       reason="QUERVERWEIS_CORPUS names no folder with sanitiser"),
    pytest.mark.skipif(not conftest.CHROMIUM.exists(), reason="missing: chromium"),
]  # fmt: skip


def strings_in(told: object) -> list[str]:
    """Return every text in a document of JSON, in its order."""
    if isinstance(told, str):
        return [told] if told.strip() else []
    rows = told.values() if isinstance(told, dict) else told if isinstance(told, list) else ()
    return [text for row in rows for text in strings_in(row)]


def vectors() -> list[str]:
    """Return the vectors of the corpus, each once."""
    found: list[str] = []
    folder = CORPUS / "sanitiser"
    for path in sorted(folder.glob("*.json")):
        found += strings_in(json.loads(path.read_text("utf-8")))
    found += [path.read_text("utf-8") for path in sorted(folder.rglob("*.test"))]
    return list(dict.fromkeys(found))[::STEP]


def feeds() -> list[Path]:
    return sorted((CORPUS / "feeds-feedparser").rglob("*sanitize*/*.xml"))[::STEP]


def blocks() -> list[tuple[list[str], list[Path]]]:
    """Return vectors and feeds, a block for each index."""
    texts, paths = vectors(), feeds()
    count = max(1, -(-len(texts) // AT_ONCE))
    return [(texts[n::count], paths[n::count]) for n in range(count)] if texts else []


@pytest.mark.parametrize(("texts", "paths"), blocks(), ids=lambda told: f"{len(told)}")
def test_no_vector_runs_or_asks_another_server(
    browser: "Browser", tmp_path: Path, texts: list[str], paths: list[Path]
) -> None:
    bodies = [path.read_bytes() for path in paths]
    raw = [path.read_text("utf-8", "replace")[:2000] for path in paths]
    with infested(tmp_path, [*texts, *raw], bodies) as site:
        watch = Watch(browser, site.address)
        pages = [*overviews(), *(f"/items/{item}" for item in site.items),
                 *(f"/platforms/{platform}" for platform in site.platforms[::10]),
                 *(reflecting(text)[n % 7] for n, text in enumerate(texts))]  # fmt: skip
        faults = {path: told for path in pages if (told := watch.faults(path))}
        watch.context.close()
    assert faults == {}
