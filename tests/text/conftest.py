"""The dictionary: built once for all runs and all workers, then mapped."""

from pathlib import Path

import pytest

from aggregator.text.analysis import Analyser
from aggregator.text.wordforms import WordForms

ALIASES = [
    ("OZG", "Onlinezugangsgesetz"),
    ("BundID", "Nutzerkonto Bund", "DeutschlandID"),
    ("IT-PLR", "IT-Planungsrat"),
]


@pytest.fixture(scope="session")
def forms(request: pytest.FixtureRequest) -> WordForms:
    """The German word forms; the table is kept between runs, for it takes seconds to build."""
    return WordForms.open(Path(str(request.config.cache.mkdir("wordforms"))))


@pytest.fixture(scope="session")
def analyser(forms: WordForms) -> Analyser:
    """The analysis of a fresh installation, with a few aliases."""
    return Analyser(forms, {}, {}, ALIASES)
