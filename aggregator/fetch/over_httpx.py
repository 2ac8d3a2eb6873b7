"""The client over httpx, with our transport beneath (`fetch.transport`)."""

import ssl
import time
from collections.abc import Mapping
from functools import cached_property
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpcore
import httpx

from aggregator import baton
from aggregator.errors import FetchError
from aggregator.fetch import body, exchange
from aggregator.fetch.exchange import Answer, Meter
from aggregator.fetch.guard import Guard, Target
from aggregator.fetch.transport import Deadline, GuardedTransport
from aggregator.fetch.way import CONNECT_S, Way

NETWORK_FAULTS = (
    httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError,
)  # fmt: skip


class HttpxWire:
    """Sends requests over httpx; see `Wire` for the promises.

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
        """Send a GET and read the answer; see `Wire.get`."""
        began = time.monotonic()
        # The path goes out as it was checked, not as httpx quotes it; a proxy needs the whole URL.
        exact = {} if self._way.proxy else {"target": target.path.encode("ascii")}
        request = self._client.build_request(
            "GET" if limit else "HEAD", target.url, headers=dict(headers), extensions=exact
        )
        try:
            with baton.apart(), self._deadline.within(max(seconds, 0.0)):
                response = self._client.send(request, stream=True)
                try:
                    return exchange.collect(
                        response.status_code, response.headers.raw, response.iter_raw(), limit,
                        meter, cut=cut,
                    )  # fmt: skip
                finally:
                    response.close()
        except NETWORK_FAULTS as error:
            raise _in_our_words(error, target.url) from error
        except FetchError as error:
            error.where = error.where or target.url
            raise
        finally:
            meter.seconds += time.monotonic() - began


def _in_our_words(error: Exception, url: str) -> FetchError:
    """Translate a fault of the network."""
    match error:
        case httpcore.ProtocolError():
            return _protocol_fault(str(error), url)
        case httpcore.ProxyError():
            return exchange.proxy_refuses(url, str(error))
        case httpcore.ConnectError() if tls := _tls_fault(error):
            return exchange.no_tls(tls, url)
        case httpcore.ConnectError() | httpcore.ConnectTimeout():
            return exchange.unreachable(url)
        case httpcore.TimeoutException():
            return exchange.too_slow(url)
    return exchange.broken(url)


def _protocol_fault(text: str, url: str) -> FetchError:
    """Translate what h11 says of a peer that breaks HTTP."""
    if "complete message body" in text:
        return exchange.truncated(url)
    if "disconnected" in text:
        return exchange.hung_up(url)
    if "too long" in text:
        return exchange.long_head(url)
    return exchange.not_http(text, url)


def _tls_fault(error: BaseException) -> ssl.SSLError | None:
    """Return what TLS says at the bottom of an error."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    return cause
