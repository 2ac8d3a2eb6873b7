"""Every file of the golden corpus gives exactly what its expectation says."""

import json
from typing import Any

import pytest

from tests.parse.golden import CORPUS, PARSERS, run

EXPECTATIONS = sorted(path for kind in PARSERS for path in (CORPUS / kind).glob("*.expected.json"))


def body_of(stem: str) -> str:
    names = [path for path in CORPUS.glob(f"{stem}.*") if not path.name.endswith(".expected.json")]
    assert len(names) == 1, f"{stem}: one body for each expectation"
    return str(names[0].relative_to(CORPUS))


@pytest.mark.parametrize(
    "expectation", EXPECTATIONS, ids=lambda path: f"{path.parent.name}/{path.name.split('.')[0]}"
)
def test_parser_gives_the_recorded_result(expectation: Any) -> None:
    wanted = json.loads(expectation.read_text(encoding="utf-8"))
    stem = str(expectation.relative_to(CORPUS)).removesuffix(".expected.json")
    assert run(body_of(stem), wanted["address"]) == wanted
