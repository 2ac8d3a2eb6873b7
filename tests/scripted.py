"""The fake web: sites on loopback that say what a test tells them to, and remember what was asked.

A path is answered by an `Answer`, with ETag and 304 as a good server does; unknown paths are 404.
One server plays any number of hosts, told apart by the Host header.
"""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

RULES = ("/robots.txt", "/.well-known/tdmrep.json")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a path answers."""

    body: bytes = b""
    status: int = 200
    media_type: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    validators: bool = True  # an ETag, and 304 to who knows it

    @property
    def etag(self) -> str:
        return '"' + hashlib.sha256(self.body).hexdigest()[:16] + '"'


@dataclass
class Web:
    """Hosts, their paths and the log of requests."""

    port: int = 0
    answers: dict[tuple[str, str], Answer] = field(default_factory=dict)
    log: list[tuple[str, str, int]] = field(default_factory=list)  # host, path, status
    heads: list[str] = field(default_factory=list)  # paths asked by HEAD
    headless: set[str] = field(default_factory=set)  # paths that answer 405 to HEAD

    def put(self, url: str, body: str | bytes = b"", **more: object) -> None:
        """Let an address answer; `more` are fields of `Answer`."""
        host, _, path = url.removeprefix("http://").partition("/")
        told = body.encode() if isinstance(body, str) else body
        self.answers[host, "/" + path] = Answer(body=told, **more)  # type: ignore[arg-type]  # named fields

    def drop(self, url: str) -> None:
        """Let an address be 404 from now on."""
        host, _, path = url.removeprefix("http://").partition("/")
        self.answers.pop((host, "/" + path), None)

    def asked(self, host: str | None = None) -> list[str]:
        """Return the paths asked for, those of the host's rules left out."""
        return [p for h, p, _ in self.log if host in (None, h) and p not in RULES]

    def resolve(self, *hosts: str) -> str:
        """Return the value of AGGREGATOR_RESOLVE for these hosts."""
        return ",".join(f"{host}=127.0.0.1:{self.port}" for host in hosts)


@contextmanager
def serving(web: Web) -> Iterator[Web]:
    """Serve a web on a port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            host = self.headers.get("Host", "").partition(":")[0]
            answer = web.answers.get((host, self.path), Answer(status=404, body=b"nicht da"))
            known = answer.validators and self.headers.get("If-None-Match") == answer.etag
            status = 304 if known and answer.status == 200 else answer.status
            if self.command == "HEAD":
                web.heads.append(self.path)
                status = 405 if self.path in web.headless else status
            web.log.append((host, self.path, status))
            body = b"" if status == 304 else answer.body
            self.send_response(status)
            self.send_header("Content-Type", answer.media_type)
            self.send_header("Content-Length", str(len(body)))
            if answer.validators and answer.status == 200:
                self.send_header("ETag", answer.etag)
            for name, value in answer.headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body if self.command == "GET" else b"")

        def do_HEAD(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    web.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
