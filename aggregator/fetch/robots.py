"""robots.txt as RFC 9309 says, a little stricter: what we may ask of a host, and how often.

| answer | rules |
|---|---|
| 2xx | what it says, up to 500 KiB |
| 401, 403 | nothing is asked: who locks the rules away does not invite (the RFC would allow all) |
| other 4xx, more than 5 redirects, a redirect that we refuse to follow | everything is allowed |
| 429, 5xx, no answer | the rules last read; without any, nothing is asked for 30 days, then all |

A copy serves for 24 hours. `Crawl-delay` is kept as given. The rules of a name hold for http and
https alike.
"""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urljoin

from protego import Protego

from aggregator.errors import FetchError, RefusedError
from aggregator.fetch.exchange import Answer, BrokenConnectionError
from aggregator.fetch.guard import Guard, Target
from aggregator.fetch.visit import Turn, Visitor
from aggregator.hostbook import RobotsCopy
from aggregator.model import Code
from aggregator.timing import retry_after

TOKEN = "Querverweis"  # noqa: S105  # our product token (RFC 9309 2.2.1), not a secret
MAX_BYTES = 500 * 1024  # RFC 9309 2.5: at least this much must be read
MAX_REDIRECTS = 5  # RFC 9309 2.3.1.2
COPY_SERVES = timedelta(hours=24)  # RFC 9309 2.4
ASK_AGAIN = timedelta(minutes=10)  # while the server fails
GIVE_UP = timedelta(days=30)  # RFC 9309 2.3.1.4: "a reasonably long period of time"
MAX_CRAWL_DELAY_S = 86_400.0
SECONDS = 10.0  # for one request; it is a small file
MAX_KNOWN = 1_000  # parsed rules in memory

_ALLOW_ALL = ""
_DISALLOW_ALL = "User-agent: *\nDisallow: /\n"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a host allows us, ready to be asked."""

    copy: RobotsCopy
    asked_at: datetime  # by this process
    parsed: Protego | None  # None: everything is allowed
    failure: FetchError | None = None  # why there are none

    @property
    def crawl_delay(self) -> timedelta:
        """The spacing that the host asks for; zero when it does not."""
        return timedelta(seconds=self.copy.crawl_delay or 0)

    def serves(self, now: datetime) -> bool:
        """Whether they need not be read again yet."""
        if self.copy.unreachable:
            return now - self.asked_at < ASK_AGAIN
        return now - self.copy.at < COPY_SERVES

    def allow(self, url: str, agent: str = TOKEN) -> bool:
        """Whether `agent` may ask for a normalised URL; the path with its query decides."""
        return self.parsed is None or self.parsed.can_fetch(url, agent)

    def check(self, target: Target) -> None:
        """Return when `target` may be asked.

        Raises:
            RefusedError: The rules forbid it, or there are none yet (`robots_denied`).
            FetchError: They could not be read for want of a connection.
        """
        if self.failure is not None:
            raise _again(self.failure)
        if not self.allow(target.url):
            raise RefusedError(
                "robots.txt verbietet diese Adresse", code=Code.ROBOTS_DENIED, where=target.url,
                remedy="eine erlaubte Adresse wählen oder den Betreiber fragen", retryable=False,
            )  # fmt: skip


class Robots:
    """The rules of all hosts, as this process knows them; thread-safe."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._known: dict[str, Rules] = {}
        self._lock = threading.Lock()

    def rules(self, target: Target, visitor: Visitor, delay: timedelta) -> Rules:
        """Return the rules for a host, read through `visitor` where none serve.

        Args:
            target: The host's scheme and name count.
            visitor: Takes the turns.
            delay: Spacing to be kept whatever the rules say.
        """
        if known := self._serving(target.name, visitor):
            return known
        place = self._guard.target(f"{target.scheme}://{target.name}/robots.txt")
        for attempt in range(MAX_REDIRECTS + 1):
            with visitor.turn(place.name, delay) as turn:
                if attempt == 0 and (known := self._serving(target.name, visitor)):
                    return known  # another thread or process was quicker
                answer = _ask(turn, place)
                onward = self._onward(answer, place, attempt)
                if onward is None:
                    rules = self._learn(target.name, answer, visitor, place.url)
                    turn.spacing = max(turn.spacing, rules.crawl_delay)
                    break
            place = onward
        if place.name != target.name:  # the delay is kept where it was asked for, too
            with visitor.turn(target.name, max(delay, rules.crawl_delay)) as turn:
                turn.spends = True
        return rules

    def _serving(self, host: str, visitor: Visitor) -> Rules | None:
        """Return rules that need not be read again, from memory or from the host book."""
        now = visitor.clock.now()
        with self._lock:
            known = self._known.get(host)
        if known is not None and known.serves(now):
            return known
        copy = visitor.hosts.robots(host)
        if copy is None or copy.unreachable:
            return None
        known = rules_of(copy, now)
        if not known.serves(now):
            return None
        self._remember(host, known)
        return known

    def _remember(self, host: str, rules: Rules) -> None:
        with self._lock:
            self._known.pop(host, None)
            self._known[host] = rules
            if len(self._known) > MAX_KNOWN:
                del self._known[next(iter(self._known))]

    def _onward(self, answer: Answer | FetchError, place: Target, attempt: int) -> Target | None:
        """Return where to ask next: the target of a redirect, or here after a broken connection.

        None when the answer must do: also when it leads to where we do not go.
        """
        if isinstance(answer, BrokenConnectionError) and attempt == 0:
            return place
        if isinstance(answer, FetchError) or attempt == MAX_REDIRECTS:
            return None
        if answer.status not in _REDIRECTS:
            return None
        location = answer.headers.get("location", "").strip()
        try:
            target = self._guard.target(urljoin(place.url, location)) if location else None
            if target is not None:
                self._guard.endpoints(target.hostname, target.port)
        except (FetchError, ValueError):
            return None
        return target

    def _learn(self, host: str, answer: Answer | FetchError, visitor: Visitor, where: str) -> Rules:
        """Turn an answer into rules and remember them."""
        now = visitor.clock.now()
        status = None if isinstance(answer, FetchError) else answer.status
        copy = RobotsCopy(body=_body(answer), at=now, status=status)
        failure = None
        if copy.unreachable:
            before = visitor.hosts.robots(host)
            since = before.at if before is not None and before.unreachable else now
            copy = RobotsCopy(
                body=before.body if before is not None else None, at=since, status=status,
                crawl_delay=before.crawl_delay if before is not None else None,
            )  # fmt: skip
            if copy.body is None and now - since < GIVE_UP:
                failure = _unreadable(answer, where, now)
        rules = rules_of(copy, now, failure)
        visitor.hosts.keep_robots(host, rules.copy)
        self._remember(host, rules)
        return rules


def _ask(turn: Turn, place: Target) -> Answer | FetchError:
    """Ask once; a fault is an answer here."""
    try:
        return turn.send(
            place, {"Accept": "text/plain, */*;q=0.5"}, limit=MAX_BYTES, seconds=SECONDS, cut=True
        )
    except FetchError as error:
        return error


def _body(answer: Answer | FetchError) -> str | None:
    """Return the rules that an answer stands for, by the table above."""
    if isinstance(answer, FetchError):
        return None
    if 200 <= answer.status < 300:
        return answer.body.decode("utf-8-sig", "replace")
    return _DISALLOW_ALL if answer.status in (401, 403) else _ALLOW_ALL


def rules_of(copy: RobotsCopy, asked_at: datetime, failure: FetchError | None = None) -> Rules:
    """Parse a copy; the crawl delay is noted in it."""
    parsed = Protego.parse(copy.body) if copy.body else None
    delay = parsed.crawl_delay(TOKEN) if parsed is not None else None
    if delay is not None:
        delay = min(max(float(delay), 0.0), MAX_CRAWL_DELAY_S)
    noted = RobotsCopy(body=copy.body, at=copy.at, status=copy.status, crawl_delay=delay)
    return Rules(copy=noted, asked_at=asked_at, parsed=parsed, failure=failure)


def _unreadable(answer: Answer | FetchError, where: str, now: datetime) -> FetchError:
    """Return why nothing may be asked of a host whose rules cannot be read."""
    if isinstance(answer, FetchError):
        return answer
    return RefusedError(
        f"robots.txt antwortet mit {answer.status}: bis sie lesbar ist, wird nichts abgerufen",
        code=Code.ROBOTS_DENIED, where=where, status=answer.status, retryable=True,
        retry_after=retry_after(answer.headers.get("retry-after"), now),
    )  # fmt: skip


def _again(error: FetchError) -> FetchError:
    """Return an equal error: one object must not be raised in several threads."""
    return type(error)(
        error.message, code=error.code, where=error.where, remedy=error.remedy,
        retryable=error.retryable, retry_after=error.retry_after, status=error.status,
    )  # fmt: skip
