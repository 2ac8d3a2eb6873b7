"""Sockets under httpx: connected to checked addresses only, and never beyond the deadline.

httpx has no place for either rule, so both sit in the network backend of its connection pool.
The backend resolves through the guard and connects to the literal address; Host header and TLS
name stay those of the URL. The deadline bounds every read and write of the calling thread, so a
server that drips one byte a second cannot stretch a request (a read timeout starts anew with
each byte).
"""

import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import certifi
import httpcore
import httpx

from aggregator.fetch.guard import Guard

CONNECT_S = 10.0
KEEPALIVE_S = 30.0
MAX_IDLE = 64


class Deadline(threading.local):
    """Until when the exchange of the calling thread may last, in monotonic seconds."""

    at = float("inf")

    def left(self) -> float:
        """Return the seconds left; negative when it is over."""
        return self.at - time.monotonic()

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Bound everything in the block."""
        self.at = time.monotonic() + seconds
        try:
            yield
        finally:
            self.at = float("inf")

    def clip(self, timeout: float | None) -> float:
        """Return a timeout that ends no later than the deadline.

        Raises:
            httpcore.ReadTimeout: It is over.
        """
        left = self.left()
        if left <= 0:
            raise httpcore.ReadTimeout("deadline")
        return left if timeout is None else min(timeout, left)


class BoundedStream(httpcore.NetworkStream):
    """A connection that obeys the deadline of whoever uses it."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what is there."""
        return self._stream.read(max_bytes, self._deadline.clip(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of `buffer`."""
        self._stream.write(buffer, self._deadline.clip(timeout))

    def close(self) -> None:
        """Close the socket."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Shake hands."""
        stream = self._stream.start_tls(ssl_context, server_hostname, self._deadline.clip(timeout))
        return BoundedStream(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """Return what the socket says of itself."""
        return self._stream.get_extra_info(info)


class GuardedBackend(httpcore.NetworkBackend):
    """Connects to what the guard has resolved and checked, nothing else."""

    def __init__(self, guard: Guard, deadline: Deadline) -> None:
        self._guard = guard
        self._deadline = deadline
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Try the checked addresses of a name in the resolver's order."""
        failure: Exception = httpcore.ConnectError("no address")
        for address, real_port in self._guard.endpoints(host.strip("[]"), port):
            try:
                stream = self._sockets.connect_tcp(
                    address, real_port, self._deadline.clip(timeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return BoundedStream(stream, self._deadline)
        raise failure


class ProxyBackend(httpcore.NetworkBackend):
    """Connects to the outgoing proxy and nothing else; the proxy does the rest, unseen by us."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the proxy, which may well stand in a private network."""
        stream = self._sockets.connect_tcp(
            host, port, self._deadline.clip(timeout), local_address, socket_options
        )
        return BoundedStream(stream, self._deadline)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How requests leave the house."""

    proxy: str | None = None  # http://host:port; None: directly
    ca_file: str | None = None  # further certificates to trust, PEM


Key = tuple[bytes, bytes, int | None]


class GuardedTransport(httpx.BaseTransport):
    """One connection for each host, kept for its next turn, over the backends above.

    A host is asked once at a time, so there is nothing to pool. httpcore's pool would look at
    every idle connection with each request: 64 of them made a 304 five times as dear.
    Errors are httpcore's.
    """

    def __init__(self, guard: Guard, deadline: Deadline, way: Way) -> None:
        self._idle: dict[Key, httpcore.ConnectionInterface] = {}
        self._lock = threading.Lock()
        direct: Callable[..., httpcore.ConnectionPool] = httpcore.ConnectionPool
        # Makes connections and holds none.
        self._maker = (partial(httpcore.HTTPProxy, way.proxy) if way.proxy else direct)(
            ssl_context=_trust(way.ca_file),
            keepalive_expiry=KEEPALIVE_S,
            network_backend=ProxyBackend(deadline)
            if way.proxy
            else GuardedBackend(guard, deadline),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request without a body; the response must be closed."""
        url = request.url
        asked = httpcore.Request(
            request.method,
            httpcore.URL(
                scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
            ),
            headers=request.headers.raw,
            extensions=request.extensions,
        )
        key = (url.raw_scheme, url.raw_host, url.port)
        connection = self._take(key) or self._maker.create_connection(asked.url.origin)
        try:
            answer = connection.handle_request(asked)
        except BaseException:
            connection.close()
            raise
        body = _Body(answer, lambda: self._give_back(key, connection))
        return httpx.Response(
            answer.status, headers=answer.headers, stream=body, extensions=answer.extensions
        )

    def _take(self, key: Key) -> httpcore.ConnectionInterface | None:
        with self._lock:
            connection = self._idle.pop(key, None)
        if connection is not None and connection.has_expired():
            connection.close()
            return None
        return connection

    def _give_back(self, key: Key, connection: httpcore.ConnectionInterface) -> None:
        """Keep a connection that is still good; let the one go that rested longest."""
        if not connection.is_idle():
            connection.close()
            return
        with self._lock:
            gone = [self._idle.pop(key, None)]
            self._idle[key] = connection
            if len(self._idle) > MAX_IDLE:
                gone.append(self._idle.pop(next(iter(self._idle))))
        for old in gone:
            if old is not None:
                old.close()

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            connections, self._idle = list(self._idle.values()), {}
        for connection in connections:
            connection.close()


class _Body(httpx.SyncByteStream):
    """The body of an answer; closing it ends the use of its connection."""

    def __init__(self, answer: httpcore.Response, done: Callable[[], None]) -> None:
        self._answer = answer
        self._done = done

    def __iter__(self) -> Iterator[bytes]:
        return self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()
        self._done()


@cache  # reading the roots costs 75 ms
def _trust(ca_file: str | None) -> ssl.SSLContext:
    """Return the system's and Mozilla's roots: administrations use authorities of either."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    if ca_file:
        context.load_verify_locations(ca_file)
    return context
