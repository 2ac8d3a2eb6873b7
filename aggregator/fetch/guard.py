"""Which addresses may be asked at all: no private network, no trick with a URL, at any hop.

Three gates, in this order. `Guard.target` normalises a URL as browsers do (WHATWG, by can_ada:
numeric, octal and full-width hosts become the address they mean) and refuses what is not plain
http(s). `Guard.endpoints` resolves the name and refuses it when *any* answer is not public. The
network backend (`fetch.transport`) connects to the addresses that `endpoints` returned and to
nothing else, so a name that changes its answer between check and connection wins nothing.

`AGGREGATOR_ALLOW_PRIVATE=1` admits loopback and nothing else private.
"""

import logging
import re
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from queue import Empty, SimpleQueue

import can_ada

from aggregator import baton
from aggregator.clock import seams_allowed
from aggregator.errors import FetchError, RefusedError
from aggregator.fetch import seams
from aggregator.model import Code

DEFAULT_PORTS = {"http": 80, "https": 443}
MAX_URL_CHARS = 4096  # longest honest address seen: 1.9 k (a SharePoint download)
RESOLVE_S = 10.0
MAX_ADDRESSES = 8  # of one name that are tried
ANSWER_S = 60.0  # for how long a resolver's answer is believed
# Ports at which other protocols listen, from the Fetch standard's "bad ports" (2.9), of those
# above 1023; below, only 80 and 443 are asked.
BAD_PORTS = frozenset(
    {1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6679, 6697, 10080}
    | {6665, 6666, 6667, 6668, 6669, 6379, 9200, 11211, 27017}  # and databases without a login
)
# Names that by their registration never mean a public host (RFC 6761, 6762, 8375; ICANN).
LOCAL_NAMES = ("localhost", "local", "localdomain", "internal", "home.arpa", "onion", "invalid")

_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: carries an IPv4 address
_REFUSED_V6 = (
    IPv6Network("2001::/32"),  # Teredo
    IPv6Network("2002::/16"),  # 6to4, RFC 7526
    IPv6Network("3fff::/20"),  # documentation, RFC 9637
)

_log = logging.getLogger(__name__)

Resolver = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A URL that may be asked as far as its text tells."""

    url: str  # normalised, without fragment: what is sent
    scheme: str
    hostname: str  # ASCII, lower case, IPv6 without brackets
    port: int
    name: str  # "host" or "host:port": the key of turns, robots and cookies
    path: str  # path?query, as robots rules see it


def system_resolver(hostname: str, port: int) -> Sequence[str]:
    """Ask the operating system for the addresses of a name, best first.

    `getaddrinfo` knows no timeout, so it works in a thread that we may leave behind.

    Raises:
        OSError: No answer, or none within `RESOLVE_S`.
    """
    box: SimpleQueue[Sequence[str] | OSError | UnicodeError] = SimpleQueue()

    def ask() -> None:
        try:
            answers = socket.getaddrinfo(hostname, port, type=socket.SOCK_STREAM)
            box.put([str(sockaddr[0]) for *_, sockaddr in answers])
        except (OSError, UnicodeError) as error:
            box.put(error)

    threading.Thread(target=ask, name=f"resolve {hostname}", daemon=True).start()
    try:
        with baton.apart():
            answer = box.get(timeout=RESOLVE_S)
    except Empty:
        raise TimeoutError(f"no answer within {RESOLVE_S:.0f} s") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


class Guard:
    """The guard of a process; thread-safe.

    Args:
        resolver: (name, port) -> addresses; injected by tests.
        loopback: Whether loopback is admitted; None: as the environment says.
        named: Name -> (address, port) before any resolver; None: as the environment says.
        proxied: Requests go through a proxy that resolves for itself. Names are still checked as
            far as they resolve here; what the proxy makes of them the guard cannot see, and says
            so once.
    """

    def __init__(
        self,
        *,
        resolver: Resolver = system_resolver,
        loopback: bool | None = None,
        named: Mapping[str, tuple[str, int]] | None = None,
        proxied: bool = False,
    ) -> None:
        self._resolver = resolver
        self._loopback = seams_allowed() if loopback is None else loopback
        self._named = seams.resolve_map() if named is None else named
        self._proxied = proxied
        self._answers: dict[str, tuple[float, tuple[str, ...]]] = {}

    def target(self, url: str) -> Target:
        """Normalise a URL and refuse what its text alone gives away.

        Raises:
            RefusedError: With code `address_refused`, before anything was resolved or sent.
        """
        parsed = _parse(url)
        scheme = parsed.protocol.removesuffix(":")
        hostname = parsed.hostname.strip("[]").removesuffix(".")
        if not hostname or hostname.endswith("."):
            raise _refused("die Adresse nennt keinen Server", url)
        port = int(parsed.port) if parsed.port else DEFAULT_PORTS[scheme]
        bracketed = f"[{hostname}]" if ":" in hostname else hostname
        name = bracketed if port == DEFAULT_PORTS[scheme] else f"{bracketed}:{port}"
        path = f"{parsed.pathname}{parsed.search}"
        target = Target(
            url=f"{scheme}://{name}{path}", scheme=scheme, hostname=hostname, port=port,
            name=name, path=path,
        )  # fmt: skip
        if self._mapping(hostname, port) is None:
            self._check_text(target)
        return target

    def endpoints(self, hostname: str, port: int) -> Sequence[tuple[str, int]]:
        """Return where to connect for a name, every address checked.

        Raises:
            RefusedError: One of the addresses is not public.
            FetchError: The name has no address (`offline`).
        """
        if (mapped := self._mapping(hostname, port)) is not None:
            if not (self._loopback and _is_loopback(mapped[0])):
                raise _refused(f"AGGREGATOR_RESOLVE führt zu {mapped[0]}", hostname)
            return [mapped]
        addresses = [hostname] if _literal(hostname) else self._resolve(hostname, port)
        for address in addresses:
            self._check_address(address, hostname)
        return [(address, port) for address in addresses[:MAX_ADDRESSES]]

    def _mapping(self, hostname: str, port: int) -> tuple[str, int] | None:
        return self._named.get(f"{hostname}:{port}") or self._named.get(hostname)

    def _check_text(self, target: Target) -> None:
        """Refuse private literals, local names and ports of other protocols."""
        if _literal(target.hostname):
            self._check_address(target.hostname, target.url)
        elif _is_local_name(target.hostname) and not (
            self._loopback and target.hostname.split(".")[-1] == "localhost"
        ):
            raise _refused("der Name gehört zum eigenen Netz", target.url)
        loopback = self._loopback and _is_loopback(target.hostname)
        if not loopback and (
            target.port in BAD_PORTS
            or (target.port < 1024 and target.port not in DEFAULT_PORTS.values())
        ):
            raise _refused(f"an Port {target.port} wird keine Website erwartet", target.url)

    def _check_address(self, address: str, where: str) -> None:
        if not (is_public(address) or (self._loopback and _is_loopback(address))):
            raise _refused(f"{address} ist keine öffentliche Adresse", where)

    def _resolve(self, hostname: str, port: int) -> Sequence[str]:
        """Ask the resolver; an answer is believed for `ANSWER_S` seconds."""
        until, addresses = self._answers.get(hostname, (0.0, ()))
        if time.monotonic() < until:
            return addresses
        try:
            addresses = tuple(dict.fromkeys(self._resolver(hostname, port)))
        except (OSError, UnicodeError):
            addresses = ()
        if self._proxied:
            _warn_unseen()
        elif not addresses:
            raise _unknown_name(hostname)
        self._answers[hostname] = (time.monotonic() + ANSWER_S, addresses)
        return addresses


def _parse(url: str) -> can_ada.URL:
    """Parse as WHATWG does, less its leniency where programs disagree about the host."""
    if len(url) > MAX_URL_CHARS:
        raise _refused(f"die Adresse ist länger als {MAX_URL_CHARS} Zeichen", url[:80] + "…")
    if re.search(r"[\x00-\x1f\x7f]", url) or url != url.strip():
        raise _refused("die Adresse enthält Steuerzeichen oder Leerraum am Rand", repr(url))
    start = re.match(r"(?i)https?://([^/?#]+)", url)
    if start is None:
        raise _refused("keine vollständige http- oder https-Adresse", url)
    if "\\" in start[1]:
        raise _refused("ein umgekehrter Schrägstrich im Namen des Servers", url)
    try:
        parsed = can_ada.parse(url)
    except (ValueError, TypeError) as error:  # TypeError: half a surrogate pair
        raise _refused("die Adresse ist nicht lesbar", ascii(url)) from error
    if parsed.username or parsed.password or "@" in start[1]:
        raise _refused("die Adresse enthält Zugangsdaten", f"{parsed.protocol}//…@{parsed.host}")
    if parsed.port == "0":
        raise _refused("die Adresse nennt keinen Server", url)
    return parsed


@lru_cache(maxsize=1024)
def is_public(address: str) -> bool:
    """Whether an IP address, as text, is one of the public internet.

    Addresses that carry another one (IPv4-mapped, NAT64) are judged by what they carry;
    transition schemes that tunnel to one (6to4, Teredo) are not public here.
    """
    ip = _literal(address)
    if ip is None or (isinstance(ip, IPv6Address) and ip.scope_id):
        return False
    if isinstance(ip, IPv6Address):
        return _is_public_v6(ip)
    return ip.is_global and not (ip.is_multicast or ip.is_reserved)


def _is_public_v6(ip: IPv6Address) -> bool:
    if ip.ipv4_mapped is not None:
        return is_public(str(ip.ipv4_mapped))
    if ip in _NAT64:
        return is_public(str(IPv4Address(int(ip) & 0xFFFFFFFF)))
    return ip in _GLOBAL_UNICAST and ip.is_global and not any(ip in net for net in _REFUSED_V6)


@lru_cache(maxsize=1024)
def _is_loopback(address: str) -> bool:
    """Whether an address is 127.0.0.0/8 or ::1, also IPv4-mapped."""
    ip = _literal(address)
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        return ip.ipv4_mapped.is_loopback
    return ip is not None and ip.is_loopback


@lru_cache(maxsize=1024)
def _literal(address: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(address)
    except ValueError:
        return None


@cache
def _warn_unseen() -> None:
    """Say once in a process what the guard cannot promise."""
    _log.warning(
        "Abrufe gehen über einen Proxy: Querverweis prüft Adressen, soweit Namen hier auflösbar"
        " sind; wohin der Proxy verbindet, muss der Proxy selbst begrenzen"
    )


def _is_local_name(hostname: str) -> bool:
    return any(hostname == name or hostname.endswith(f".{name}") for name in LOCAL_NAMES)


def _refused(cause: str, where: str) -> RefusedError:
    return RefusedError(
        f"diese Adresse wird nicht abgerufen: {cause}", where=where,
        remedy="eine öffentliche http- oder https-Adresse angeben", retryable=False,
    )  # fmt: skip


def _unknown_name(hostname: str) -> FetchError:
    return FetchError(
        "der Name des Servers ist nicht auflösbar", code=Code.OFFLINE, where=hostname,
        remedy="Schreibweise und Netzverbindung prüfen",
    )  # fmt: skip
