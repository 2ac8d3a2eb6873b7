"""Fetching one address: conditionally, politely, within bounds, redirects followed by hand.

`Fetcher.get` is the way out for every page, feed and document; what it returns is a body or the
news that there is none. At each hop, in this order: the guard (text, then addresses), robots.txt,
the host's turn, one exchange. The deadline counts the time of exchanges, not of waiting for turns.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from urllib.parse import urljoin

from aggregator import __version__, tdm
from aggregator.clock import Clock, SimulatedClock, stamp
from aggregator.errors import FetchError, StatusError
from aggregator.fetch import seams
from aggregator.fetch.exchange import USABLE, Answer, BrokenConnectionError
from aggregator.fetch.guard import Guard, Target
from aggregator.fetch.hosts import MemoryHosts
from aggregator.fetch.reservations import Reservations
from aggregator.fetch.robots import Robots
from aggregator.fetch.visit import Report, Visitor, unheard
from aggregator.fetch.way import Way
from aggregator.fetch.wires import open_wire
from aggregator.hostbook import HostBook
from aggregator.model import Code, Fetched, Hop, NotModified, Request, Role, Validators
from aggregator.timing import retry_after

PATIENCE_SIMULATED = timedelta(days=1)  # waiting costs nothing there
MAX_VALIDATOR_CHARS = 1024

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LOGIN_PATH = re.compile(
    r"(?i)/(login|log-in|signin|sign-in|(do)?login\.action|wp-login\.php|sso|saml2?|oauth2?"
    r"|openid-connect|cas|idp|shibboleth(\.sso)?)(/|$|\?|;)"
)
_ACCEPT = {
    Role.DETAIL: "text/html, application/xhtml+xml, application/json;q=0.9, */*;q=0.5",
    Role.DOCUMENT: "application/pdf, application/*;q=0.9, */*;q=0.5",
}
_ACCEPT_LISTS = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9,"
    " text/xml;q=0.9, application/json;q=0.9, text/html;q=0.8, */*;q=0.5"
)
# Words with which an interface says that a 403 is for strangers: Discourse and WordPress.
_STRANGER = re.compile(rb'"(?:not_logged_in|rest_not_logged_in|rest_login_required)"')
_NO_LOGIN = "als manuelle Quelle führen: hinter einer Anmeldung wird nicht gelesen"
_WAIT = "abwarten; bei Dauer den Betreiber fragen"
_MEANINGS = {
    204: ("der Server hat nichts zu sagen", _WAIT),
    205: ("der Server hat nichts zu sagen", _WAIT),
    206: ("der Server schickt einen Teil, um den niemand gebeten hat", _WAIT),
    304: ("der Server sagt, es habe sich nichts geändert, ohne gefragt zu sein", _WAIT),
    401: ("der Server verlangt eine Anmeldung", _NO_LOGIN),
    403: ("der Server verweigert den Zugriff", "den Betreiber um Freigabe bitten"),
    404: ("die Seite gibt es nicht", "die Adresse prüfen"),
    407: ("der Proxy verlangt eine Anmeldung", "die Einstellungen des Proxys prüfen"),
    410: ("die Seite wurde entfernt", "die Quelle stilllegen"),
    429: ("der Server bittet um weniger Anfragen", "`delay` der Quelle erhöhen"),
}
_CODES = {204: Code.EMPTY, 205: Code.EMPTY, 401: Code.LOGIN, 407: Code.LOGIN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one address may cost."""

    deadline_s: float = 30.0  # all exchanges of one `get` together
    page_bytes: int = 10 * 2**20
    large_bytes: int = 30 * 2**20  # documents and enumerations (a sitemap holds 50,000 addresses)
    redirects: int = 8
    patience: timedelta = timedelta(minutes=5)  # waiting for a host's spacing; else come later

    def body_bytes(self, role: Role) -> int:
        """Return the limit for what an address is to its source."""
        return self.large_bytes if role in (Role.DOCUMENT, Role.INDEX) else self.page_bytes


@dataclass(slots=True)
class _Trail:
    """What has happened on the way to one address."""

    request: Request
    left_s: float
    hops: list[Hop] = field(default_factory=list)
    visits: Counter[str] = field(default_factory=Counter)
    cookie_set: bool = False
    bytes: int = 0
    spent_s: float = 0.0
    reservations: tdm.Rules = ()  # of the host asked last

    @property
    def elapsed_ms(self) -> int:
        return round(self.spent_s * 1000)

    def final_url(self, target: Target) -> str:
        """Return where the answer came from; as written in the request when nothing redirected."""
        return target.url if self.hops else self.request.url


def user_agent(contact: str = "") -> str:
    """Return our honest name; `contact` is an address of the operator, web or mail."""
    contact = re.sub(r"[^\x21-\x7e]|[()]", "", contact)
    version = ".".join(__version__.split(".")[:2])
    return f"Querverweis/{version} (+{contact})" if contact else f"Querverweis/{version}"


class Fetcher:
    """Fetches addresses; thread-safe. Close it, or use it as a context manager.

    Args:
        hosts: Turns, spacing, robots rules and cookies; shared by all fetchers that overlap.
        clock: For spacing and validity; deadlines are real time.
        agent: The User-Agent header (`user_agent`).
        limits: What one address may cost.
        on_exchange: Told of every request sent, in the thread that called `get`.
        guard: Injected by tests.
        way: Outgoing proxy and further certificates; None: directly.
        reservations: Ask each host once a day for its `tdmrep.json`.
    """

    def __init__(
        self,
        hosts: HostBook,
        clock: Clock,
        agent: str,
        *,
        limits: Limits | None = None,
        on_exchange: Report = unheard,
        guard: Guard | None = None,
        way: Way | None = None,
        reservations: bool = False,
    ) -> None:
        self._clock = clock
        self._limits = limits or Limits()
        way = way or Way()
        self._guard = guard or Guard(proxied=bool(way.proxy))
        self._min_delay = seams.smallest_delay()
        self._robots = Robots(self._guard)
        self._reservations = Reservations(self._guard) if reservations else None
        self._visitor = Visitor(
            wire=open_wire(self._guard, agent, way),
            hosts=hosts,
            clock=clock,
            hold=timedelta(seconds=2 * self._limits.deadline_s + 30),
            patience=_patience(self._limits, clock),
            report=on_exchange,
        )

    def __enter__(self) -> "Fetcher":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._visitor.wire.close()

    def get(self, request: Request) -> Fetched | NotModified:
        """Fetch an address.

        Returns:
            The body, or `NotModified` when the server says so or the body is the known one.

        Raises:
            RefusedError: The guard or robots.txt say no; the refused address was not asked.
            StatusError: 4xx or 5xx, `status` and perhaps `retry_after` are set.
            FetchError: Everything else, by `code`.
        """
        trail = _Trail(request=request, left_s=self._limits.deadline_s)
        target = self._guard.target(request.url)
        while True:
            answer = self._ask(target, trail)
            onward = self._onward(answer, target, trail)
            if onward is None:
                return self._conclude(answer, target, trail)
            target = onward

    def _ask(self, target: Target, trail: _Trail) -> Answer:
        """Ask one hop, a second time when the connection broke."""
        trail.visits[target.url] += 1
        try:
            return self._ask_once(target, trail)
        except BrokenConnectionError:
            return self._ask_once(target, trail)

    def _ask_once(self, target: Target, trail: _Trail) -> Answer:
        self._guard.endpoints(target.hostname, target.port)
        delay = max(self._min_delay, trail.request.min_delay or timedelta(0))
        rules = self._robots.rules(target, self._visitor, delay)
        rules.check(target)
        if trail.left_s <= 0:
            raise _too_slow(target)
        spacing = max(delay, rules.crawl_delay)
        if self._reservations is not None and target.path != "/robots.txt":
            trail.reservations = self._reservations.rules(target, rules, self._visitor, spacing)
        with self._visitor.turn(target.name, spacing) as turn:
            try:
                answer = turn.send(
                    target, _headers(trail.request), seconds=trail.left_s,
                    limit=0 if trail.request.head else self._limits.body_bytes(trail.request.role),
                )  # fmt: skip
            finally:
                trail.left_s -= turn.seconds
                trail.spent_s += turn.seconds
                trail.bytes += turn.bytes
        trail.cookie_set = trail.cookie_set or bool(answer.set_cookies)
        return answer

    def _onward(self, answer: Answer, target: Target, trail: _Trail) -> Target | None:
        """Return the address that an answer sends us to, None when it is the last."""
        if answer.status == 400 and answer.set_cookies and trail.visits[target.url] == 1:
            return target  # a cookie check that answers instead of redirecting
        location = answer.headers.get("location", "").strip()
        if answer.status not in _REDIRECTS or not location:
            return None
        onward = self._guard.target(urljoin(target.url, location))
        if _LOGIN_PATH.search(onward.path) and not _LOGIN_PATH.search(target.path):
            raise FetchError(
                "die Adresse führt zu einer Anmeldung", code=Code.LOGIN, where=target.url,
                remedy=_NO_LOGIN,
                retryable=False, status=answer.status, elapsed_ms=trail.elapsed_ms,
            )  # fmt: skip
        self._check_loop(onward, target, trail)
        if onward.url != target.url:
            trail.hops.append(Hop(status=answer.status, url=target.url, to=onward.url))
        return onward

    def _check_loop(self, onward: Target, target: Target, trail: _Trail) -> None:
        """Refuse to go round in circles; once, a new cookie may make the difference."""
        visits = trail.visits[onward.url]
        if visits >= (2 if trail.cookie_set else 1):
            raise _going_round(target, trail)
        if trail.visits.total() > self._limits.redirects:
            raise _going_round(target, trail)

    def _conclude(self, answer: Answer, target: Target, trail: _Trail) -> Fetched | NotModified:
        """Make the result of the last answer."""
        known = trail.request.validators
        if answer.status == 304 and (known.etag or known.last_modified):
            return self._not_modified(_fresher(known, answer), answer, target, trail)
        if answer.status not in USABLE:
            raise self._complaint(answer, target, trail)
        digest = hashlib.sha256(answer.body).hexdigest()
        validators = replace(_validators(answer), body_sha256=digest)
        if digest == known.body_sha256:
            return self._not_modified(validators, answer, target, trail)
        media_type, charset = _content_type(answer.headers.get("content-type", ""))
        return Fetched(
            url=trail.request.url, final_url=trail.final_url(target), status=answer.status,
            headers=_with_reservation(answer, target, trail.reservations),
            media_type=media_type, charset=charset, body=answer.body, validators=validators,
            hops=tuple(trail.hops), elapsed_ms=trail.elapsed_ms,
            fetched_at=stamp(self._clock.now()), reservations=trail.reservations,
        )  # fmt: skip

    def _not_modified(
        self, validators: Validators, answer: Answer, target: Target, trail: _Trail
    ) -> NotModified:
        return NotModified(
            url=trail.request.url, validators=validators, status=answer.status, bytes=trail.bytes,
            final_url=trail.final_url(target), hops=tuple(trail.hops), headers=answer.headers,
            elapsed_ms=trail.elapsed_ms, fetched_at=stamp(self._clock.now()),
        )  # fmt: skip

    def _complaint(self, answer: Answer, target: Target, trail: _Trail) -> FetchError:
        """Return the error that a status stands for."""
        status = answer.status
        code, message, remedy = _meaning(status)
        if status == 403 and _STRANGER.search(answer.body):
            code, message, remedy = (
                Code.LOGIN,
                "die Schnittstelle verlangt eine Anmeldung",
                _NO_LOGIN,
            )
        if status == 400 and trail.cookie_set:
            code = Code.NEEDS_COOKIE
            message = "der Server verlangt ein Cookie und nimmt das gesetzte nicht an"
        return StatusError(
            message, code=code, where=target.url, remedy=remedy, status=status,
            retryable=status >= 500 or status in (408, 425, 429) or code is Code.NEEDS_COOKIE,
            retry_after=retry_after(answer.headers.get("retry-after"), self._clock.now()),
            elapsed_ms=trail.elapsed_ms,
        )  # fmt: skip


def fetcher_for_inspection(clock: Clock, contact: str = "") -> Fetcher:
    """Return a fetcher that remembers nothing, for looking at an address once.

    Guard, robots rules and spacing are those of every other fetcher; only our patience is shorter.
    """
    limits = Limits(deadline_s=8, patience=timedelta(seconds=30))  # somebody is waiting
    return Fetcher(MemoryHosts(clock), clock, user_agent(contact), limits=limits)


def _patience(limits: Limits, clock: Clock) -> timedelta:
    """Return how far ahead the end of a host's spacing may lie to be waited for."""
    simulated = isinstance(clock, SimulatedClock)
    return max(limits.patience, PATIENCE_SIMULATED) if simulated else limits.patience


def _with_reservation(answer: Answer, target: Target, rules: tdm.Rules) -> Mapping[str, str]:
    """Return the headers of an answer; where they say nothing of mining, the host's file does."""
    if tdm.HEADER in answer.headers or not tdm.is_reserved(rules, target.url):
        return answer.headers
    return {**answer.headers, tdm.HEADER: "1"}


def _headers(request: Request) -> dict[str, str]:
    """Return the headers of a request; there is never a Referer."""
    headers = {
        "Accept": request.accept or _ACCEPT.get(request.role, _ACCEPT_LISTS),
        "Accept-Language": "de, en;q=0.5",
    }
    if request.validators.etag:
        headers["If-None-Match"] = request.validators.etag
    if request.validators.last_modified:
        headers["If-Modified-Since"] = request.validators.last_modified
    return headers


def _validators(answer: Answer) -> Validators:
    """Return what an answer offers to compare with, exactly as sent."""
    return Validators(
        etag=_sendable(answer.headers.get("etag")),
        last_modified=_sendable(answer.headers.get("last-modified")),
    )


def _sendable(value: str | None) -> str | None:
    """Return a validator that can be sent back as a header, None for others."""
    if value and len(value) <= MAX_VALIDATOR_CHARS and value.isascii() and value.isprintable():
        return value
    return None


def _fresher(known: Validators, answer: Answer) -> Validators:
    """Return the validators after a 304, which may bring newer ones (RFC 9111 4.3.4)."""
    new = _validators(answer)
    return Validators(
        etag=new.etag or known.etag,
        last_modified=new.last_modified or known.last_modified,
        body_sha256=known.body_sha256,
    )


def _content_type(header: str) -> tuple[str, str | None]:
    """Split a Content-Type into lower-case media type and charset."""
    media_type, _, parameters = header.partition(";")
    charset = re.search(r"(?i)(?:^|;)\s*charset\s*=\s*\"?([\w.:+-]+)", parameters)
    return media_type.strip().lower(), charset[1].lower() if charset else None


def _meaning(status: int) -> tuple[Code, str, str]:
    """Return code, message and remedy for a status that brings no usable body."""
    code = _CODES.get(status, Code.HTTP_ERROR)
    if status in _MEANINGS:
        return code, f"{_MEANINGS[status][0]} ({status})", _MEANINGS[status][1]
    if status >= 500:
        return code, f"der Server meldet einen Fehler ({status})", _WAIT
    return code, f"der Server antwortet mit {status}", "die Adresse prüfen"


def _too_slow(target: Target) -> FetchError:
    return FetchError("die Antwort kommt zu langsam", code=Code.TOO_SLOW, where=target.url)


def _going_round(target: Target, trail: _Trail) -> FetchError:
    """Return the error of a redirect loop, or of a cookie check that is never content."""
    if trail.cookie_set:
        return FetchError(
            "der Server leitet im Kreis und verlangt ein Cookie", code=Code.NEEDS_COOKIE,
            where=target.url, remedy="die Adresse im Browser ohne Cookies prüfen",
            elapsed_ms=trail.elapsed_ms,
        )  # fmt: skip
    return FetchError(
        "der Server leitet im Kreis oder zu oft weiter", code=Code.REDIRECT_LOOP, where=target.url,
        remedy="die Adresse im Browser prüfen und die endgültige eintragen", retryable=False,
        elapsed_ms=trail.elapsed_ms,
    )  # fmt: skip
