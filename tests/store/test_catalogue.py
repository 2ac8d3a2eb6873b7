"""The mirrored source list is the list itself, for this version and these very bytes."""

from datetime import timedelta
from pathlib import Path

import pytest

from aggregator import config, store
from aggregator.model import Catalogue

LIST = """\
site: {title: Index, operator: Amt, contact: amt@example.org}
platforms:
  - id: amt
    name: Das Amt
    short_name: Amt
    level: bund
    operator: [{name: Altes Amt, until: 2025-05}, {name: Amt, since: 2025-05}]
    url: https://amt.example/
    former: [https://alt.example/]
    licence: CC0-1.0
sources:
  - {id: schlicht, platform: amt, kind: feed, url: "https://amt.example/feed.xml"}
  - {id: hand, platform: amt, kind: manual}
  - id: liste
    platform: amt
    kind: listing
    url: https://amt.example/meldungen
    include: ["/meldungen/", "re:^/presse/[0-9]+"]
    exclude: [/archiv/]
    item_kind: press_release
    details: always
    every: 90m
    budget: {requests: 20, time: 5m}
    expect: {min_entries: 3, max_age: 60d, max_vanish: 0.5, required: [title, text]}
    policy: full
    licence: dl-de/by-2-0
    language: de
    delay: 2s
    preset: gsb-c
    selectors: {item: li.treffer}
    enabled: false
"""


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    path = tmp_path / "sources.yaml"
    path.write_text(LIST, encoding="utf-8")
    assert config.fingerprint(path) == config.load(path).checksum
    return config.load(path)


def test_a_recalled_list_is_equal_to_the_one_that_was_read(
    db: store.Connection, catalogue: Catalogue
) -> None:
    store.catalogue.mirror(db, catalogue)

    recalled = store.catalogue.recall(db, catalogue.checksum)

    assert recalled == catalogue
    assert recalled is not None
    assert recalled.sources[2].delay == timedelta(seconds=2)


def test_other_bytes_and_other_versions_are_read_anew(
    db: store.Connection, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert store.catalogue.recall(db, catalogue.checksum) is None
    store.catalogue.mirror(db, catalogue)

    assert store.catalogue.recall(db, "0" * 64) is None
    monkeypatch.setattr("aggregator.store.catalogue.__version__", "99.0")
    assert store.catalogue.recall(db, catalogue.checksum) is None
