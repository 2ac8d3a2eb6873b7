"""Feeds found on the pages of a public test suite for autodiscovery (feedvalidator, MIT).

They lie in `feeds-feedfinder` of the folder that QUERVERWEIS_CORPUS names.
"""

import os
from pathlib import Path

import pytest

from aggregator.model import Page
from aggregator.parse.offers import candidates

CORPUS = os.environ.get("QUERVERWEIS_CORPUS")
FILES = sorted(Path(CORPUS or "/nonexistent", "feeds-feedfinder").glob("html4-*.html"))


@pytest.mark.skipif(not FILES, reason="QUERVERWEIS_CORPUS names no folder with feeds-feedfinder")
def test_the_one_feed_of_every_page_is_found() -> None:
    missed = []
    for path in FILES:
        address = f"http://diveintomark.org/tests/client/autodiscovery/{path.name}"
        page = Page(url=address, final_url=address, body=path.read_bytes())
        found = [offer.url for offer in candidates(page).offers if offer.kind == "feed"]
        if len(found) != 1 or not found[0].endswith(f"{path.stem}.xml"):
            missed.append((path.name, found))
    assert not missed, f"{len(FILES) - len(missed)} of {len(FILES)} pages"
