"""One HTTP exchange: a GET within bounds of time and size, its faults in our words.

The only module that calls httpx. Redirects, retries, cookies and manners are the callers' affair.
"""

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpcore
import httpx

from aggregator.errors import FetchError
from aggregator.fetch import body
from aggregator.fetch.guard import Guard, Target
from aggregator.fetch.transport import CONNECT_S, Deadline, GuardedTransport, Way
from aggregator.model import Code

USABLE = frozenset({200, 203})  # statuses whose body is wanted whole
NETWORK_FAULTS = (
    httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError,
)  # fmt: skip
MAX_ERROR_BYTES = 64 * 1024  # of other bodies, read only to keep the connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server said."""

    status: int
    headers: Mapping[str, str]  # lower-case names; repeated ones joined by ", "
    set_cookies: tuple[str, ...]
    body: bytes  # content codings undone


@dataclass(slots=True)
class Meter:
    """What an exchange has cost, also when it failed."""

    status: int | None = None
    bytes: int = 0  # of the body, as transferred
    seconds: float = 0.0


class BrokenConnectionError(FetchError):
    """The connection broke under an exchange; a GET may be tried once more."""

    code = Code.OFFLINE


class Wire:
    """Sends requests; thread-safe, connections are kept.

    Args:
        guard: Resolves names and checks addresses.
        agent: The User-Agent header.
        way: How requests leave the house.
    """

    def __init__(self, guard: Guard, agent: str, way: Way) -> None:
        self._guard = guard
        self._agent = agent
        self._way = way
        self._deadline = Deadline()

    @cached_property
    def _client(self) -> httpx.Client:
        nobody = CookieJar(DefaultCookiePolicy(allowed_domains=()))  # ours are in the host book
        return httpx.Client(
            transport=GuardedTransport(self._guard, self._deadline, self._way),
            headers={"User-Agent": self._agent, "Accept-Encoding": body.ACCEPTED},
            timeout=httpx.Timeout(None, connect=CONNECT_S),
            follow_redirects=False,
            trust_env=False,
            cookies=nobody,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

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
        """Send a GET and read the answer.

        Args:
            target: Checked by the guard.
            headers: Beside User-Agent and Accept-Encoding.
            limit: Bytes of the body, as transferred and decoded.
            seconds: For all of it: connecting, sending, reading.
            meter: Filled in, whatever happens.
            cut: Take the first `limit` bytes of a longer body.

        Raises:
            BrokenConnectionError: Worth another try.
            FetchError: `offline`, `too_slow`, `too_large`, `decode_failed`, `truncated`, ...
        """
        began = time.monotonic()
        # The path goes out as it was checked, not as httpx quotes it; a proxy needs the whole URL.
        exact = {} if self._way.proxy else {"target": target.path.encode("ascii")}
        request = self._client.build_request(
            "GET", target.url, headers=dict(headers), extensions=exact
        )
        try:
            with self._deadline.within(max(seconds, 0.0)):
                response = self._client.send(request, stream=True)
                try:
                    return self._read(response, limit, meter, cut=cut)
                finally:
                    response.close()
        except NETWORK_FAULTS as error:
            raise _in_our_words(error, target.url) from error
        except FetchError as error:
            error.where = error.where or target.url
            raise
        finally:
            meter.seconds += time.monotonic() - began

    def _read(self, response: httpx.Response, limit: int, meter: Meter, *, cut: bool) -> Answer:
        """Read a body as far as it is wanted."""
        meter.status = response.status_code
        headers = response.headers
        codings = headers.get("content-encoding", "")
        if response.status_code not in USABLE:
            limit, cut, codings = MAX_ERROR_BYTES, True, ""
        length = headers.get("content-length", "")
        if not cut and length.isascii() and length.isdigit() and int(length) > limit:
            raise body.too_large(limit)
        counted = body.Counter(response.iter_raw(), None if cut else limit)
        try:
            content = body.read(counted, codings, limit, cut=cut)
        finally:
            meter.bytes += counted.bytes
        return Answer(
            status=response.status_code,
            headers=dict(headers),
            set_cookies=tuple(headers.get_list("set-cookie")),
            body=content,
        )


def _in_our_words(error: Exception, url: str) -> FetchError:
    """Translate a fault of the network."""
    match error:
        case httpcore.ProtocolError():
            return _protocol_fault(str(error), url)
        case httpcore.ConnectError() if _is_tls(error):
            return FetchError(
                f"die verschlüsselte Verbindung kommt nicht zustande: {error}", where=url,
                remedy="das Zertifikat des Servers prüfen",
            )  # fmt: skip
        case httpcore.ConnectError() | httpcore.ConnectTimeout() | httpcore.ProxyError():
            return FetchError("der Server ist nicht erreichbar", code=Code.OFFLINE, where=url)
        case httpcore.TimeoutException():
            return FetchError("die Antwort kommt zu langsam", code=Code.TOO_SLOW, where=url)
    return BrokenConnectionError("die Verbindung bricht ab", where=url)


def _protocol_fault(text: str, url: str) -> FetchError:
    """Translate what h11 says of a peer that breaks HTTP."""
    if "complete message body" in text:
        return BrokenConnectionError("die Antwort bricht ab", code=Code.TRUNCATED, where=url)
    if "disconnected" in text:
        return BrokenConnectionError("der Server beendet die Verbindung", where=url)
    if "too long" in text:
        return FetchError(
            "die Kopfzeilen sind zu groß", code=Code.TOO_LARGE, where=url, retryable=False
        )
    return FetchError(f"die Antwort ist kein gültiges HTTP: {text}", where=url)


def _is_tls(error: BaseException) -> bool:
    """Whether TLS is at the bottom of an error."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    return cause is not None
