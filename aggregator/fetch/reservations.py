"""`/.well-known/tdmrep.json` of a host, asked for once a day through the same turns as all else.

It is read before the first page of a host, as the protocol wants. A host without the file is one
request a day dearer, like one without robots.txt. Who sends us elsewhere for it has none.
"""

import threading
from datetime import datetime, timedelta
from urllib.parse import urljoin

from aggregator import tdm
from aggregator.errors import FetchError
from aggregator.fetch.exchange import Answer
from aggregator.fetch.guard import Guard, Target
from aggregator.fetch.robots import Rules
from aggregator.fetch.visit import Turn, Visitor
from aggregator.hostbook import TdmCopy

PLACE = "/.well-known/tdmrep.json"
SERVES = timedelta(hours=24)
MAX_BYTES = 2**20
MAX_REDIRECTS = 3  # on the same host
SECONDS = 10.0
MAX_KNOWN = 1_000  # parsed rules in memory

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Reservations:
    """The reservations of all hosts, as this process knows them; thread-safe."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._known: dict[str, tuple[datetime, tdm.Rules]] = {}
        self._lock = threading.Lock()

    def rules(
        self, target: Target, robots: Rules, visitor: Visitor, spacing: timedelta
    ) -> tdm.Rules:
        """Return the reservations of a host, read through `visitor` where none serve.

        Args:
            target: The host's scheme and name count.
            robots: Its robots rules, which hold for this file, too.
            visitor: Takes the turns.
            spacing: To be kept at the host.

        Raises:
            FetchError: The host must not be asked now.
        """
        known = self._serving(target.name, visitor)
        return known if known is not None else self._read(target, robots, visitor, spacing)

    def _serving(self, host: str, visitor: Visitor) -> tdm.Rules | None:
        """Return reservations that need not be read again, from memory or from the host book."""
        now = visitor.clock.now()
        with self._lock:
            known = self._known.get(host)
        if known is None:
            copy = visitor.hosts.tdm(host)
            known = self._learn(host, copy) if copy is not None else None
        return known[1] if known is not None and now - known[0] < SERVES else None

    def _learn(self, host: str, copy: TdmCopy) -> tuple[datetime, tdm.Rules]:
        known = (copy.at, tdm.rules_of(copy.body) if copy.body else ())
        with self._lock:
            self._known.pop(host, None)
            self._known[host] = known
            if len(self._known) > MAX_KNOWN:
                del self._known[next(iter(self._known))]
        return known

    def _read(
        self, target: Target, robots: Rules, visitor: Visitor, spacing: timedelta
    ) -> tdm.Rules:
        """Ask the host, and remember what it says before the turn is given back."""
        host = target.name
        place = self._guard.target(f"{target.scheme}://{host}{PLACE}")
        for attempt in range(MAX_REDIRECTS + 1):
            if not robots.allow(place.url):
                break
            with visitor.turn(host, spacing) as turn:
                if attempt == 0 and (known := self._serving_elsewhere(host, visitor)) is not None:
                    return known
                answer = _ask(turn, place)
                onward = self._onward(answer, place)
                if onward is None:
                    return self._remember(host, answer, visitor)
            place = onward
        return self._remember(host, None, visitor)  # robots.txt keeps us out, or it goes in circles

    def _remember(
        self, host: str, answer: Answer | FetchError | None, visitor: Visitor
    ) -> tdm.Rules:
        copy = _copy(answer, visitor.hosts.tdm(host), visitor.clock.now())
        visitor.hosts.keep_tdm(host, copy)
        return self._learn(host, copy)[1]

    def _serving_elsewhere(self, host: str, visitor: Visitor) -> tdm.Rules | None:
        """Return what another thread or process has read while we waited for our turn."""
        copy = visitor.hosts.tdm(host)
        if copy is None or visitor.clock.now() - copy.at >= SERVES:
            return None
        return self._learn(host, copy)[1]

    def _onward(self, answer: Answer | FetchError, place: Target) -> Target | None:
        """Return where a redirect leads on the same host."""
        if isinstance(answer, FetchError) or answer.status not in _REDIRECTS:
            return None
        try:
            onward = self._guard.target(urljoin(place.url, answer.headers.get("location", "")))
        except (FetchError, ValueError):
            return None
        return onward if onward.name == place.name and onward != place else None


def _ask(turn: Turn, place: Target) -> Answer | FetchError:
    """Ask once; a fault is an answer here."""
    try:
        return turn.send(place, {"Accept": "application/json"}, limit=MAX_BYTES, seconds=SECONDS)
    except FetchError as error:
        return error


def _copy(answer: Answer | FetchError | None, before: TdmCopy | None, now: datetime) -> TdmCopy:
    """Return what is remembered; while a server fails, what it last said holds."""
    if answer is None:
        return TdmCopy(body=None, at=now, status=None)
    status = None if isinstance(answer, FetchError) else answer.status
    if status is None or status >= 500 or status == 429:
        return TdmCopy(body=before.body if before is not None else None, at=now, status=status)
    body = None
    if not isinstance(answer, FetchError) and answer.status == 200:
        body = answer.body.decode("utf-8-sig", "replace")
    return TdmCopy(body=body, at=now, status=status)
