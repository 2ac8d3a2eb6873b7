"""Many platforms: tables are folded by level first, and never grow past what a page may weigh."""

import gzip
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from aggregator import store
from aggregator.model import Level
from aggregator.store import catalogue
from tests.builders import make_catalogue, make_platform, make_source
from tests.web.filling import Filling, read
from web import heat

PLATFORMS = 120


@pytest.fixture
def wide(filling: Filling, db: store.Connection) -> Filling:
    """A hundred municipal platforms in a ring of links, each on a topic."""
    homes = [
        replace(make_platform(f"stadt-{n:03}"), level=Level.KOMMUNE, short_name=f"Stadt {n}",
                url=f"https://stadt-{n:03}.example/")
        for n in range(PLATFORMS)
    ]  # fmt: skip
    sources = [
        make_source(f"{home.id}-feed", platform=home.id, url=f"{home.url}feed.xml")
        for home in homes
    ]
    catalogue.mirror(db, replace(make_catalogue(sources, homes), checksum="wide"))
    items = [filling.item(f"Meldung {home.id}", home) for home in homes]
    for n, item in enumerate(items):
        filling.link(item, items[(n + 1) % PLATFORMS])
        filling.topic(item, "bildung")
    return filling


@pytest.mark.parametrize(
    "url", ["/coverage", "/coverage?by=platform", "/matrix", "/matrix?by=platform", "/report"]
)
def test_pages_stay_light(wide: Filling, client: FlaskClient, url: str) -> None:
    assert wide.rows
    answer = client.get(url, headers={"Accept-Encoding": "gzip"})

    assert answer.status_code == 200
    assert len(answer.data) <= 15 * 1024
    assert gzip.decompress(answer.data).count(b"<td") < 3000


def test_levels_come_first_and_nothing_is_left_unsaid(wide: Filling, client: FlaskClient) -> None:
    assert wide.rows
    coverage = client.get("/coverage").text
    platforms = client.get("/coverage?by=platform&level=kommune").text
    matrix = client.get("/matrix?by=platform").text

    assert "by=platform&amp;level=kommune" in coverage
    left = f"{PLATFORMS - heat.MOST} Plattformen stehen nicht in dieser Tabelle"
    assert left in platforms
    assert left in matrix
    assert len(read(client, "/matrix.json")["cells"]) == PLATFORMS
    assert len(client.get("/matrix.csv").text.splitlines()) == PLATFORMS + 1
