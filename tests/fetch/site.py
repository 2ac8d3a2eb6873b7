"""A real HTTP server on loopback that says what a test tells it to, and notes what it was asked."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request as it arrived."""

    path: str
    headers: Mapping[str, str]  # lower-case names
    version: str
    peer: int  # the client's port: one for each connection
    method: str = "GET"


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer; `stream` replaces `body` and the Content-Length."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    stream: Callable[[socket.socket], None] | None = None


Answer = Reply | Callable[[Asked], Reply]


@dataclass
class Site:
    """Paths and what they answer; a path that is not there answers 404."""

    port: int = 0
    pages: dict[str, Answer] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    busy: int = 0
    overlaps: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def paths(self) -> list[str]:
        """What was asked, in order, robots.txt left out."""
        return [asked.path for asked in self.asked if asked.path != "/robots.txt"]


def page(body: bytes = b"<p>Hallo</p>", *headers: tuple[str, str], status: int = 200) -> Reply:
    """An ordinary answer."""
    return Reply(status=status, headers=(("Content-Type", "text/html"), *headers), body=body)


def moved(to: str, *headers: tuple[str, str], status: int = 302) -> Reply:
    """A redirect."""
    return Reply(status=status, headers=(("Location", to), *headers))


@contextlib.contextmanager
def serving(certificate: Path | None = None) -> Iterator[Site]:
    """Serve a site on a free port, over TLS where there is a certificate with its key."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            with site.lock:
                site.overlaps += site.busy > 0
                site.busy += 1
            try:
                self.answer()
            finally:
                with site.lock:
                    site.busy -= 1

        do_HEAD = do_GET  # noqa: N815 (the name is the library's)

        def answer(self) -> None:
            asked = Asked(
                method=self.command, version=self.request_version, peer=self.client_address[1],
                headers={n.lower(): v for n, v in self.headers.items()}, path=self.path,
            )  # fmt: skip
            site.asked.append(asked)
            found = site.pages.get(self.path, Reply(status=404))
            reply = found if isinstance(found, Reply) else found(asked)
            if reply.stream is not None:
                self.close_connection = True
                with contextlib.suppress(OSError):
                    reply.stream(self.connection)
                return
            self.send_response_only(reply.status)
            for name, value in reply.headers:
                self.send_header(name, value)
            if reply.status != 304:
                self.send_header("Content-Length", str(len(reply.body)))
            with contextlib.suppress(OSError):  # the client may have gone
                self.end_headers()
                self.wfile.write(reply.body if self.command == "GET" else b"")

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if certificate is not None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate)
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    site.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def drip(start: bytes, piece: bytes, every_s: float) -> Callable[[socket.socket], None]:
    """Send `start`, then a piece now and again until the client has gone."""

    def stream(connection: socket.socket) -> None:
        connection.sendall(start)
        until = time.monotonic() + 20
        while time.monotonic() < until:
            connection.sendall(piece)
            time.sleep(every_s)

    return stream


def flood(start: bytes, total: int) -> Callable[[socket.socket], None]:
    """Send `start` and then `total` bytes as fast as they go."""

    def stream(connection: socket.socket) -> None:
        connection.sendall(start)
        piece = b"x" * 2**20
        for _ in range(total // len(piece)):
            connection.sendall(piece)

    return stream
