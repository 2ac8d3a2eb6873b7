"""The markup of every page is valid HTML, by html-validate."""

import json
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.browser.conftest import Site

FOLDER = Path(__file__).parent / "markup"
NODE = shutil.which("node")


@pytest.mark.skipif(
    NODE is None or not (FOLDER / "node_modules").is_dir(),
    reason="missing: node, or html-validate (tests/node_tools.sh)",
)
def test_every_page_is_valid_html_in_both_languages(site: Site) -> None:
    assert NODE
    with httpx.Client() as client:
        pages = {
            f"{name}_{lang}": client.get(site.url(name), headers={"Cookie": f"lang={lang}"}).text
            for name in site.pages
            for lang in ("de", "en")
        }
    done = subprocess.run(
        [NODE, "validate.mjs"], cwd=FOLDER, input=json.dumps(pages), text=True,
        capture_output=True, check=True, timeout=120,
    )  # fmt: skip
    assert json.loads(done.stdout) == []
