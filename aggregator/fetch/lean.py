"""The lean client: plain sockets under llhttp (ADR 7).

A socket is connected to an address that the guard has just checked, in literal form, so nothing
below resolves a name. Every wait on a socket is bounded by what is left until the deadline, so a
server that drips one byte a second cannot stretch a request (a timeout alone starts anew with
each byte).
"""

import errno
import os
import select
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from aggregator import baton
from aggregator.errors import FetchError
from aggregator.fetch import answers, body, exchange
from aggregator.fetch.exchange import Answer, Meter
from aggregator.fetch.guard import Guard, Target
from aggregator.fetch.idle import KEEPALIVE_S, Idle
from aggregator.fetch.way import CONNECT_S, Way, trust

PIECE = 64 * 1024
# How long to wait before others are let compute: passing the baton costs as much as a fast answer.
SOON_S = 0.001


class _LateError(Exception):
    """The deadline is over."""


class Line:
    """One connection, used by one thread at a time."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._until = 0.0
        self._rests_since = 0.0

    def bound(self, until: float) -> None:
        """Let every wait end at `until`, in monotonic seconds."""
        self._until = until

    def send(self, data: bytes) -> None:
        """Send all of `data`.

        Raises:
            _LateError: The deadline is over.
            OSError: The connection is.
        """
        self._wait_no_longer()
        self._socket.sendall(data)

    def receive(self) -> bytes:
        """Return what has arrived, b"" at the end of the connection.

        Raises:
            _LateError: The deadline is over.
            OSError: The connection is.
        """
        self._wait_no_longer()
        if not isinstance(self._socket, ssl.SSLSocket) and _is_ready(self._socket, select.POLLIN):
            return self._socket.recv(PIECE)
        with baton.apart():
            return self._socket.recv(PIECE)

    def encrypt(self, context: ssl.SSLContext, hostname: str) -> None:
        """Shake hands for a name.

        Raises:
            _LateError: The deadline is over.
            OSError: It did not work (`ssl.SSLError` for a certificate, too).
        """
        self._wait_no_longer()
        with baton.apart():
            self._socket = context.wrap_socket(self._socket, server_hostname=hostname)

    def _wait_no_longer(self) -> None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise _LateError
        self._socket.settimeout(left)

    def rest(self) -> None:
        """Note that nobody uses it from now on."""
        self._rests_since = time.monotonic()

    def is_usable(self) -> bool:
        """Whether it has not rested too long, nor the peer ended it or sent what nobody asked."""
        if time.monotonic() - self._rests_since > KEEPALIVE_S:
            return False
        poll = select.poll()
        poll.register(self._socket.fileno(), select.POLLIN)
        return not poll.poll(0)

    def close(self) -> None:
        """End it."""
        self._socket.close()


class LeanWire:
    """Sends requests over sockets of its own; see `Wire` for the promises.

    Args:
        guard: Resolves names and checks addresses.
        agent: The User-Agent header.
        way: How requests leave the house.
    """

    def __init__(self, guard: Guard, agent: str, way: Way) -> None:
        self._guard = guard
        self._way = way
        proxy = urlsplit(way.proxy) if way.proxy else None
        self._proxy = (proxy.hostname or "", proxy.port or 80) if proxy else None
        self._always = f"\r\nUser-Agent: {agent}\r\nAccept-Encoding: {body.ACCEPTED}\r\n"
        self._idle: Idle[Line] = Idle()

    def close(self) -> None:
        """Close the connections."""
        self._idle.close()

    def get(
        self,
        target: Target,
        headers: Mapping[str, str],
        *,
        limit: int,
        seconds: float,
        meter: Meter,
        cut: bool = False,
    ) -> Answer:
        """Send a GET and read the answer; see `Wire.get`."""
        began = time.monotonic()
        until = began + max(seconds, 0.0)
        try:
            request = self._request(target, headers, "GET" if limit else "HEAD")
            return self._get(target, request, until, limit, meter, cut=cut)
        except FetchError as error:
            error.where = error.where or target.url
            raise
        finally:
            meter.seconds += time.monotonic() - began

    def _get(
        self, target: Target, request: bytes, until: float, limit: int, meter: Meter, *, cut: bool
    ) -> Answer:
        """Ask over a connection that rested, or a new one; let it rest when it is still good."""
        key = (target.scheme, target.hostname, target.port)
        line = self._idle.take(key) or self._connected(target, until)
        reusable = False
        try:
            line.bound(until)
            line.send(request)
            reader = answers.read_head(line.receive)
            answer = exchange.collect(
                reader.status, reader.fields, answers.read_body(reader, line.receive), limit,
                meter, cut=cut,
            )  # fmt: skip
            reusable = limit > 0 and reader.is_reusable()  # the reader waits for the body of a GET
        except _READING_FAULTS as error:
            raise _in_our_words(error, target.url) from error
        finally:
            if reusable:
                line.rest()
                self._idle.give(key, line)
            else:
                line.close()
        return answer

    def _request(self, target: Target, headers: Mapping[str, str], method: str = "GET") -> bytes:
        """Write a request; the path goes out as it was checked, a proxy needs the whole URL."""
        plain_proxy = self._proxy is not None and target.scheme == "http"
        head = (
            f"{method} {target.url if plain_proxy else target.path} HTTP/1.1\r\nHost: {target.name}"
        )
        fields = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
        if fields.count("\n") != len(headers) or fields.count("\r") != len(headers):
            raise ValueError("a header holds a line break")
        return f"{head}{self._always}{fields}\r\n".encode("ascii")

    def _connected(self, target: Target, until: float) -> Line:
        """Connect to an address that the guard has checked, or to the proxy and nothing else."""
        ends = [self._proxy] if self._proxy else self._guard.endpoints(target.hostname, target.port)
        line = Line(_dial(ends, until, target.url))
        try:
            line.bound(until)
            if target.scheme == "https":
                if self._proxy:
                    _tunnel(line, target)
                line.encrypt(trust(self._way.ca_file), target.hostname)
        except BaseException as error:
            line.close()
            if isinstance(error, _LateError | OSError):
                raise _no_connection(error, target.url) from error
            raise
        return line


_READING_FAULTS = (
    _LateError, OSError, answers.MalformedError, answers.TruncatedError, OverflowError,
)  # fmt: skip


def _dial(ends: Iterable[tuple[str, int]], until: float, url: str) -> socket.socket:
    """Try addresses in the resolver's order; each is literal, so nothing is resolved here."""
    failure: OSError | None = None
    for end in ends:
        left = until - time.monotonic()
        if left <= 0:
            raise exchange.too_slow(url) from failure
        try:
            connected = connect(end, min(CONNECT_S, left))
        except OSError as error:
            failure = error
        else:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connected
    raise exchange.unreachable(url) from failure


def connect(end: tuple[str, int], seconds: float) -> socket.socket:
    """Connect to a literal address.

    Raises:
        OSError: It is refused, or nobody answers.
    """
    family = socket.AF_INET6 if ":" in end[0] else socket.AF_INET
    connected = socket.socket(family, socket.SOCK_STREAM)
    try:
        connected.settimeout(0)
        code = connected.connect_ex(end)
        if code == errno.EINPROGRESS:
            if not _is_ready(connected, select.POLLOUT):
                with baton.apart():
                    _is_ready(connected, select.POLLOUT, seconds)
            code = connected.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            code = code or (0 if _is_ready(connected, select.POLLOUT, 0) else errno.ETIMEDOUT)
        if code:
            raise OSError(code, os.strerror(code))
    except BaseException:
        connected.close()
        raise
    return connected


def _is_ready(waiting: socket.socket, event: int, seconds: float = SOON_S) -> bool:
    """Whether something can be read or written within some time."""
    poll = select.poll()
    poll.register(waiting, event)
    return bool(poll.poll(seconds * 1000))


def _tunnel(line: Line, target: Target) -> None:
    """Ask the proxy for a tunnel to a host (RFC 9110 9.3.6)."""
    bracketed = f"[{target.hostname}]" if ":" in target.hostname else target.hostname
    place = f"{bracketed}:{target.port}"
    line.send(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n\r\n".encode("ascii"))
    try:
        reader = answers.read_head(line.receive)
    except (answers.MalformedError, answers.TruncatedError, OverflowError) as error:
        raise exchange.proxy_refuses(target.url, "keine gültige Antwort") from error
    if not 200 <= reader.status < 300:
        raise exchange.proxy_refuses(target.url, str(reader.status))


def _no_connection(error: Exception, url: str) -> FetchError:
    """Translate a fault of the handshake."""
    if isinstance(error, ssl.SSLError):
        return exchange.no_tls(error, url)
    if isinstance(error, _LateError):
        return exchange.too_slow(url)
    return exchange.unreachable(url)


def _in_our_words(error: Exception, url: str) -> FetchError:
    """Translate a fault of an exchange."""
    match error:
        case _LateError() | TimeoutError():
            return exchange.too_slow(url)
        case OverflowError():
            return exchange.long_head(url)
        case answers.MalformedError():
            return exchange.not_http(str(error), url)
        case answers.TruncatedError():
            return _cut_off(error, url)
    return exchange.broken(url)


def _cut_off(error: answers.TruncatedError, url: str) -> FetchError:
    """Tell an answer that breaks off from one that never began."""
    return exchange.hung_up(url) if error.args == (False,) else exchange.truncated(url)
