"""Taking turns at a host: one request at a time, spaced, with its cookies, each reported.

Robots rules and pages go through the same turns, so no request of ours can be impolite by way of
another module.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aggregator.clock import Clock, stamp
from aggregator.errors import FetchError
from aggregator.fetch import cookies
from aggregator.fetch.exchange import Answer, Meter, Wire
from aggregator.fetch.guard import Target
from aggregator.hostbook import Cookie, HostBook
from aggregator.model import Code, Exchange
from aggregator.timing import retry_after

Report = Callable[[Exchange], None]
# Whose Retry-After is kept: too much, unavailable, and redirects (RFC 9110 10.2.3, 15.5.14).
_PAUSING = frozenset({413, 429, 503, *range(300, 400)})


def unheard(exchange: Exchange) -> None:
    """Report to nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Gives out turns at hosts."""

    wire: Wire
    hosts: HostBook
    clock: Clock
    hold: timedelta  # longest that a turn lasts, in real time
    patience: timedelta  # longest wait for the end of a host's spacing
    report: Report = unheard

    @contextmanager
    def turn(self, host: str, spacing: timedelta) -> Iterator["Turn"]:
        """Wait for our turn at a host; give it back at the end of the block.

        Args:
            host: Its name.
            spacing: How long the host rests afterwards, if something was sent. The block may
                raise it (`Turn.spacing`).

        Raises:
            FetchError: The host asked for a pause longer than `patience`.
        """
        began = time.monotonic()
        spaced = self.hosts.acquire(host, hold=self.hold, patience=self.patience)
        waited = max(spaced, timedelta(seconds=time.monotonic() - began))
        turn = Turn(visitor=self, host=host, spacing=spacing, waited=waited)
        try:
            yield turn
        finally:
            next_at = self.clock.now() + turn.spacing if turn.spends else None
            self.hosts.release(host, next_at=next_at)


@dataclass(slots=True, kw_only=True)
class Turn:
    """A turn at a host while it lasts."""

    visitor: Visitor
    host: str
    spacing: timedelta
    waited: timedelta
    spends: bool = False  # whether the host must rest afterwards
    _meter: Meter = field(default_factory=Meter)

    @property
    def seconds(self) -> float:
        """Real seconds that this turn's exchanges took."""
        return self._meter.seconds

    @property
    def bytes(self) -> int:
        """Bytes of bodies that this turn's exchanges transferred."""
        return self._meter.bytes

    def send(
        self,
        target: Target,
        headers: Mapping[str, str],
        *,
        limit: int,
        seconds: float,
        cut: bool = False,
    ) -> Answer:
        """Ask once; see `Wire.get`. `Retry-After` lengthens the rest of the host.

        Raises:
            FetchError: As `Wire.get`.
        """
        self.spends = True
        at = self.visitor.clock.now()
        known = self.visitor.hosts.cookies(self.host)
        code: Code | None = Code.HTTP_ERROR
        try:
            answer = self.visitor.wire.get(
                target, _with_cookies(headers, known, target), limit=limit, seconds=seconds,
                meter=self._meter, cut=cut,
            )  # fmt: skip
            code = Code.HTTP_ERROR if answer.status >= 400 else None
        except FetchError as error:
            code = error.code
            error.elapsed_ms = round(self._meter.seconds * 1000)
            raise
        finally:
            self._report(target, at, code)
        self._heed(answer, known, target, at)
        return answer

    def _heed(
        self, answer: Answer, known: tuple[Cookie, ...], target: Target, at: datetime
    ) -> None:
        """Keep what the server set, and the pause that it asks for."""
        if answer.set_cookies:
            new = cookies.updated(known, answer.set_cookies, path=_path(target), now=at)
            self.visitor.hosts.keep_cookies(self.host, new)
        if answer.status in _PAUSING:
            wish = retry_after(answer.headers.get("retry-after"), at)
            self.spacing = max(self.spacing, wish or timedelta(0))

    def _report(self, target: Target, at: datetime, code: Code | None) -> None:
        exchange = Exchange(
            at=stamp(at), host=self.host, url=target.url, status=self._meter.status, code=code,
            bytes=self._meter.bytes, ms=round(self._meter.seconds * 1000),
            waited_ms=round(self.waited / timedelta(milliseconds=1)),
        )  # fmt: skip
        self.visitor.report(exchange)


def _with_cookies(
    headers: Mapping[str, str], known: tuple[Cookie, ...], target: Target
) -> Mapping[str, str]:
    secure = target.scheme == "https"
    header = cookies.cookie_header(known, path=_path(target), secure=secure)
    return {**headers, "Cookie": header} if header else headers


def _path(target: Target) -> str:
    return target.path.partition("?")[0]
