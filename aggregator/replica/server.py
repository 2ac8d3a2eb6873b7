"""One process, one port, a dozen host names: the HTTP side of the replica.

Routing is by the Host header, so a crawler reaches it by resolving the names to this port
(`Replica.resolve`). Conditional requests follow RFC 9110 section 13. The round is switched on the
object, or by `POST /round/2` to the control host, which no platform links to.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import NamedTuple, Protocol
from urllib.parse import parse_qs, unquote

from aggregator.replica.content.rounds import World, world
from aggregator.replica.sites.agency import Agency
from aggregator.replica.sites.answer import Answer, Asked
from aggregator.replica.sites.card import Networks
from aggregator.replica.sites.centre import Centre
from aggregator.replica.sites.confluence import Guide
from aggregator.replica.sites.discourse import Forum
from aggregator.replica.sites.export import Export
from aggregator.replica.sites.gsb import Ministry
from aggregator.replica.sites.league import League
from aggregator.replica.sites.paper import Paper
from aggregator.replica.sites.portal import Portal
from aggregator.replica.sites.robots import is_forbidden
from aggregator.replica.sites.typo3 import Council
from aggregator.replica.values import (
    AGENCY,
    ARCHIVE_HOST,
    COUNCIL,
    DEMO_NOTICE,
    FORMER_HOST,
    FORUM,
    GUIDE,
    HOSTS,
    LEAGUE,
    MINISTRY,
    NETWORKS,
    PAPER,
    PORTAL,
    PROVIDER,
)

CONTROL_HOST = "replica.invalid"
_SESSION = re.compile(r";jsessionid=[^/?#]*", re.IGNORECASE)
_NAMES = (*HOSTS.values(), FORMER_HOST, ARCHIVE_HOST)


class Site(Protocol):
    """What answers for one host; made of the world of a round."""

    def answer(self, asked: Asked) -> Answer:
        """Answer one request."""


_SITES: dict[str, Callable[[World], Site]] = {
    HOSTS[MINISTRY]: Ministry,
    FORMER_HOST: Ministry,
    HOSTS[GUIDE]: Guide,
    HOSTS[COUNCIL]: Council,
    HOSTS[FORUM]: Forum,
    HOSTS[NETWORKS]: Networks,
    HOSTS[AGENCY]: Agency,
    HOSTS[PAPER]: Paper,
    HOSTS[LEAGUE]: League,
    HOSTS[PROVIDER]: Centre,
    HOSTS[PORTAL]: Portal,
    ARCHIVE_HOST: Export,
}


class Exchange(NamedTuple):
    """One request that was answered."""

    at: str  # RFC 3339 with milliseconds, the server's own clock
    host: str
    path: str  # with session id and query, as it was asked for
    status: int
    round: int


@lru_cache(maxsize=32)
def _site(name: str, number: int) -> Site:
    return _SITES[name](world(number))


@lru_cache(maxsize=8192)
def _answer(number: int, host: str, target: str, cookies: str) -> Answer:
    """Answer a request; the same question has the same answer within a round."""
    path, _, raw_query = target.partition("?")
    asked = Asked(
        host=host,
        path=unquote(_SESSION.sub("", path)),
        query=parse_qs(raw_query, keep_blank_values=True),
        raw_query=raw_query,
        cookies=cookies,
    )
    name = host if host in _SITES else f"www.{host}"
    return _site(name, number).answer(asked)


class Replica:
    """The replica of the platforms, switched between two rounds."""

    def __init__(self, round: int = 1) -> None:  # noqa: A002 - the word of the whole package
        """Prepare the replica.

        Args:
            round: 1, or 2 for the state after additions, edits, moves, deletions and a fault.
        """
        self.round = round
        self.log: list[Exchange] = []
        self._server: ThreadingHTTPServer | None = None
        self._thread: Thread | None = None

    @property
    def round(self) -> int:
        """The round that is served; may be set at any time."""
        return self._round

    @round.setter  # noqa: A003 - the property, not the builtin
    def round(self, number: int) -> None:
        if number not in {1, 2}:
            raise ValueError(f"no such round: {number!r}")
        self._round = number
        for name in _SITES:  # so that the first request is as quick as all others
            _site(name, number)

    @property
    def hosts(self) -> tuple[str, ...]:
        """All names that are served, with and without `www.`."""
        bare = (name.removeprefix("www.") for name in _NAMES)
        return tuple(dict.fromkeys((*_NAMES, *bare)))

    @property
    def port(self) -> int:
        """The port that is listened on.

        Raises:
            RuntimeError: The server is not running.
        """
        if self._server is None:
            raise RuntimeError("the replica is not running")
        return int(self._server.server_address[1])

    @property
    def resolve(self) -> str:
        """The value for AGGREGATOR_RESOLVE."""
        return ",".join(f"{host}=127.0.0.1:{self.port}" for host in self.hosts)

    @property
    def forbidden_requests(self) -> list[Exchange]:
        """The requests that robots.txt of a host forbids; an honest crawler makes none."""
        return [x for x in self.log if is_forbidden(x.host, unquote(x.path))]

    def start(self, port: int = 0) -> int:
        """Listen on loopback and return the port; 0 takes a free one."""
        replica = self

        class Handler(_Handler):
            served = replica

        server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        server.daemon_threads = True
        self._server = server
        self._thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self.port

    def stop(self) -> None:
        """Stop listening; does nothing when not running."""
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server = self._thread = None

    def answer(self, host: str, target: str, *, cookies: str = "") -> Answer:
        """Return what a name answers to a request target, without HTTP and without a log line."""
        return _answer(self.round, host, target, cookies)


class _Handler(BaseHTTPRequestHandler):
    """Turns answers into HTTP."""

    protocol_version = "HTTP/1.1"
    server_version = "Replica"
    sys_version = ""
    # Headers and body leave in one segment: else each answer waits for a delayed ACK (40 ms).
    wbufsize = -1
    disable_nagle_algorithm = True
    served: Replica

    def do_GET(self) -> None:
        host = (self.headers.get("Host") or "").partition(":")[0].lower()
        if host not in self.served.hosts:
            self._send(self._about(host))
            return
        answer = self.served.answer(host, self.path, cookies=self.headers.get("Cookie") or "")
        if answer.status == 200 and self._is_known(answer):
            answer = Answer(status=304, etag=answer.etag, last_modified=answer.last_modified)
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        number = self.served.round
        self.served.log.append(Exchange(at, host, self.path, answer.status, number))
        self._send(answer)

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        host = (self.headers.get("Host") or "").partition(":")[0].lower()
        found = re.fullmatch(r"/round/([12])", self.path)
        if host == CONTROL_HOST and found:
            self.served.round = int(found[1])
            self._send(self._about(host))
        else:
            self._send(Answer(status=405, headers=(("Allow", "GET, HEAD"),)))

    def _about(self, host: str) -> Answer:
        """Tell the control host the round, and people without one of the names what this is."""
        if host == CONTROL_HOST:
            return Answer(body=f"{self.served.round}\n".encode(), type="text/plain")
        rows = "\n".join(self.served.hosts)
        body = f"{DEMO_NOTICE}\n\n{rows}\n".encode()
        return Answer(status=404, body=body, type="text/plain; charset=utf-8")

    def _is_known(self, answer: Answer) -> bool:
        """Whether the client has this representation (RFC 9110 13.1.2, 13.1.3)."""
        if (wanted := self.headers.get("If-None-Match")) is not None:
            tags = {tag.strip().removeprefix("W/") for tag in wanted.split(",")}
            return answer.etag is not None and answer.etag.removeprefix("W/") in tags
        since = self.headers.get("If-Modified-Since")
        if since is None or answer.last_modified is None:
            return False
        try:
            return parsedate_to_datetime(answer.last_modified) <= parsedate_to_datetime(since)
        except ValueError:
            return False

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.etag:
            self.send_header("ETag", answer.etag)
        if answer.last_modified:
            self.send_header("Last-Modified", answer.last_modified)
        if answer.status != 304:
            self.send_header("Content-Type", answer.type)
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD" and answer.status != 304:
            self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - name of the base
        """Stay silent: `Replica.log` is the log."""
