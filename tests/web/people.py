"""People with accounts, and browsers that keep cookies, for tests of access."""

import re
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse
from werkzeug.wrappers import Response

from aggregator import passwords, store
from aggregator.model import UserRole
from aggregator.store import accounts
from tests.web.filling import NOW
from web import sessions

PASSWORD = "vier bunte Wörter hier"
# A real hash, made once: 64 MiB and some tenths of a second each are too much for many tests.
_HASHES: dict[str, str] = {}


def hash_of(password: str = PASSWORD) -> str:
    """Return the hash of a password, made once in a run."""
    if password not in _HASHES:
        _HASHES[password] = passwords.hash_of(password)
    return _HASHES[password]


def add(db: store.Connection, name: str, role: UserRole = UserRole.READER, **more: Any) -> None:
    """Create an account with the usual password."""
    accounts.add(db, name, role, hash_of(), NOW, **{"must_change": False, **more})


@dataclass
class Browser:
    """Keeps cookies and sends forms as a browser does."""

    app: Flask
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.app.test_client()

    def get(self, url: str, **more: Any) -> TestResponse:
        return self.client.get(url, **more)

    def token(self, url: str = "/login") -> str:
        """Return the token of the first form of a page."""
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', self.get(url).text)
        assert found, url
        return found[1]

    def send(self, url: str, form: str | None = None, /, **fields: str) -> TestResponse:
        """Send a form; its token comes from the page `form`, by default the same address."""
        return self.client.post(url, data={"csrf": self.token(form or url), **fields})

    def sign_in(self, name: str, password: str = PASSWORD, **more: str) -> TestResponse:
        return self.send("/login", name=name, password=password, **more)

    def enter(self, name: str) -> "Browser":
        """Be signed in without having been asked for the password: hashing takes its time."""
        with self.app.test_request_context():
            token = sessions.begin(name)
            signed = sessions.keep(Response(), token).headers["Set-Cookie"]
        self.client.set_cookie("qv-session", signed.partition(";")[0].partition("=")[2])
        return self

    def cookie(self, name: str = "qv-session") -> str | None:
        """Return the value of a cookie."""
        found = self.client.get_cookie(name)
        return found.value if found else None
