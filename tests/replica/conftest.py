"""A running replica and a small client that speaks plain HTTP to it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from aggregator.replica import Replica
from aggregator.replica.build import TRUTH


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """Keeps one connection and, like a browser, the session cookie."""

    def __init__(self, replica: Replica) -> None:
        self._connection = HTTPConnection("127.0.0.1", replica.port, timeout=10)
        self.cookie: str | None = "AL_SESS-S=known"

    def get(self, url: str, *, method: str = "GET", **headers: str) -> Reply:
        parts = urlsplit(url)
        target = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        sent = {"Host": parts.netloc, **{k.replace("_", "-"): v for k, v in headers.items()}}
        if self.cookie:
            sent["Cookie"] = self.cookie
        self._connection.request(method, target, headers=sent)
        response = self._connection.getresponse()
        body = response.read()
        return Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, body)

    def follow(self, url: str) -> tuple[str, Reply]:
        for _ in range(5):
            reply = self.get(url)
            if reply.status not in {301, 302}:
                break
            url = reply.headers["location"]
        return url, reply

    def close(self) -> None:
        self._connection.close()


def visible(html: str) -> str:
    """Return the words of a page without those for screen readers only."""
    shown = re.sub(r'<span class="aural">[^<]*</span>', "", html)
    return " ".join(unescape(re.sub(r"<[^>]+>", "", shown)).split())


@pytest.fixture
def replica() -> Iterator[Replica]:
    served = Replica()
    served.start()
    yield served
    served.stop()


@pytest.fixture
def client(replica: Replica) -> Iterator[Client]:
    opened = Client(replica)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def truth() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(TRUTH.read_text(encoding="utf-8"))
    return found
