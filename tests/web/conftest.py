"""A filled database and a client of the application over it."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from aggregator import store
from aggregator.clock import SimulatedClock
from aggregator.text.wordforms import WordForms
from tests.web.filling import Filling
from web import create_app


@pytest.fixture
def filling(db: store.Connection) -> Filling:
    """Three platforms with one source each, and no items yet."""
    return Filling(db)


@pytest.fixture(scope="session")
def word_forms() -> WordForms:
    """A few word forms; the whole dictionary takes seconds to build."""
    return WordForms.of({"register": "register", "leitfaden": "leitfaden", "frage": "frage"})


@pytest.fixture
def app(database: Path, clock: SimulatedClock, word_forms: WordForms) -> Flask:
    """The application over the test's database."""
    app = create_app(database.parent, clock=clock)
    app.extensions["word_forms"] = word_forms
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client without cookies."""
    return app.test_client(use_cookies=False)
