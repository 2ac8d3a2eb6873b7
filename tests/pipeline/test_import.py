"""Files into a manual source: what a complete list concludes."""

import json
from pathlib import Path

import pytest

from aggregator import store
from aggregator.clock import SimulatedClock
from aggregator.importing import Imported, import_files
from aggregator.model import SourceKind
from tests.builders import make_catalogue, make_platform, make_source
from tests.conftest import START

SOURCE = make_source("amt-hand", kind=SourceKind.MANUAL, url=None)
LINES = [json.dumps({"entry_id": f"e{n}", "title": f"Eintrag {n}"}) for n in range(3)]


def bring(db: store.Connection, folder: Path, *lines: str) -> Imported:
    """Import lines as a complete list."""
    store.catalogue.mirror(db, make_catalogue([SOURCE]))
    file = folder / "in.jsonl"
    file.write_text("\n".join(lines), encoding="utf-8")
    return import_files(db, [file], SOURCE, make_platform(), SimulatedClock(START), complete=True)


def test_what_a_complete_list_does_not_name_has_vanished(
    db: store.Connection, tmp_path: Path
) -> None:
    bring(db, tmp_path, *LINES)

    assert bring(db, tmp_path, *LINES[:2]).vanished == 1


@pytest.mark.parametrize("lines", [(), (LINES[0], "{kaputt")])
def test_unreadable_or_empty_list_lets_nothing_vanish(
    db: store.Connection, tmp_path: Path, lines: tuple[str, ...]
) -> None:
    bring(db, tmp_path, *LINES)

    assert bring(db, tmp_path, *lines).vanished == 0
