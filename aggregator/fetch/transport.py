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
from functools import partial
from typing import Any

import httpcore
import httpx

from aggregator.fetch.guard import Guard
from aggregator.fetch.idle import KEEPALIVE_S, Idle, Key
from aggregator.fetch.way import Way, trust


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


class _Resting:
    """An httpcore connection between two requests."""

    def __init__(self, connection: httpcore.ConnectionInterface) -> None:
        self.connection = connection

    def is_usable(self) -> bool:
        """Whether it has not rested too long, nor the peer ended it."""
        return not self.connection.has_expired()

    def close(self) -> None:
        """End it."""
        self.connection.close()


class GuardedTransport(httpx.BaseTransport):
    """One connection for each host, kept for its next turn, over the backends above.

    A host is asked once at a time, so there is nothing to pool. httpcore's pool would look at
    every idle connection with each request: 64 of them made a 304 five times as dear.
    Errors are httpcore's.
    """

    def __init__(self, guard: Guard, deadline: Deadline, way: Way) -> None:
        self._idle: Idle[_Resting] = Idle()
        direct: Callable[..., httpcore.ConnectionPool] = httpcore.ConnectionPool
        # Makes connections and holds none.
        self._maker = (partial(httpcore.HTTPProxy, way.proxy) if way.proxy else direct)(
            ssl_context=trust(way.ca_file),
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
        origin = asked.url.origin
        key = (url.scheme, url.host, origin.port)
        rested = self._idle.take(key)
        connection = rested.connection if rested else self._maker.create_connection(origin)
        try:
            answer = connection.handle_request(asked)
        except BaseException:
            connection.close()
            raise
        body = _Body(answer, lambda: self._give_back(key, connection))
        return httpx.Response(
            answer.status, headers=answer.headers, stream=body, extensions=answer.extensions
        )

    def _give_back(self, key: Key, connection: httpcore.ConnectionInterface) -> None:
        """Keep a connection that is still good."""
        if connection.is_idle() and not _has_surplus(connection):
            self._idle.give(key, _Resting(connection))
        else:
            connection.close()

    def close(self) -> None:
        """Close all connections."""
        self._idle.close()


def _has_surplus(connection: httpcore.ConnectionInterface) -> bool:
    """Whether more has arrived than the answer: it would be taken for the next one.

    httpcore neither looks nor lets look, so this goes by its names; where they are others, the
    connection is not kept.
    """
    inner: Any = connection
    while hasattr(inner, "_connection"):
        inner = inner._connection  # noqa: SLF001  # see above
    state = getattr(inner, "_h11_state", None)
    return state is None or state.trailing_data != (b"", False)


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
