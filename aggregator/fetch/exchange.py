"""One HTTP exchange: a GET within bounds of time and size, its faults in our words.

What both clients (`lean`, `over_httpx`) share. Redirects, retries, cookies and manners are the
callers' affair.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from aggregator.errors import FetchError
from aggregator.fetch import body
from aggregator.fetch.guard import Target
from aggregator.model import Code

USABLE = frozenset({200, 203})  # statuses whose body is wanted whole
MAX_ERROR_BYTES = 64 * 1024  # of other bodies, read only to keep the connection
_JOINTS = {"x-robots-tag": "\n"}
MAX_HEAD_BYTES = 100 * 1024  # of status line and headers; honest ones have 1 to 4 KiB


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server said."""

    status: int
    # Lower-case names; repeated ones joined by ", ", those of X-Robots-Tag by line feeds: in it
    # the name of a robot holds until the end of its header.
    headers: Mapping[str, str]
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


class Wire(Protocol):
    """Sends requests; thread-safe, connections are kept."""

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
        """Send a GET, or a HEAD when no body is wanted, and read the answer.

        Args:
            target: Checked by the guard.
            headers: Beside User-Agent and Accept-Encoding.
            limit: Bytes of the body, as transferred and decoded; 0: ask by HEAD.
            seconds: For all of it: connecting, sending, reading.
            meter: Filled in, whatever happens.
            cut: Take the first `limit` bytes of a longer body.

        Raises:
            BrokenConnectionError: Worth another try.
            FetchError: `offline`, `too_slow`, `too_large`, `decode_failed`, `truncated`, ...
        """

    def close(self) -> None:
        """Close the connections."""


def collect(
    status: int,
    fields: Iterable[tuple[bytes, bytes]],
    pieces: Iterable[bytes],
    limit: int,
    meter: Meter,
    *,
    cut: bool,
) -> Answer:
    """Read a body as far as it is wanted.

    Args:
        status: Of the answer.
        fields: Its headers as transferred.
        pieces: Its body as transferred, without transfer coding.
        limit: As for `Wire.get`.
        meter: Filled in, whatever happens.
        cut: As for `Wire.get`.

    Raises:
        FetchError: As `body.read`.
    """
    meter.status = status
    headers, set_cookies = _headers(fields)
    if limit == 0:
        return Answer(status=status, headers=headers, set_cookies=set_cookies, body=b"")
    codings = headers.get("content-encoding", "")
    if status not in USABLE:
        limit, cut, codings = MAX_ERROR_BYTES, True, ""
    length = headers.get("content-length", "")
    if not cut and length.isascii() and length.isdigit() and int(length) > limit:
        raise body.too_large(limit)
    counted = body.Counter(pieces, None if cut else limit)
    try:
        content = body.read(counted, codings, limit, cut=cut)
    finally:
        meter.bytes += counted.bytes
    return Answer(status=status, headers=headers, set_cookies=set_cookies, body=content)


def _headers(fields: Iterable[tuple[bytes, bytes]]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return headers by lower-case name, repeated ones joined, and the cookies that are set."""
    headers: dict[str, str] = {}
    set_cookies: list[str] = []
    for raw_name, raw_value in fields:
        name = raw_name.decode("latin-1").lower()
        value = _text(raw_value).strip()
        if name == "set-cookie":
            set_cookies.append(value)
        if name in headers:
            value = f"{headers[name]}{_JOINTS.get(name, ', ')}{value}"
        headers[name] = value
    return headers, tuple(set_cookies)


def _text(value: bytes) -> str:
    """Return the text of a header: ASCII by the standard, but UTF-8 and Latin-1 do occur."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def unreachable(url: str, cause: str = "der Server ist nicht erreichbar") -> FetchError:
    """Return the error of a server, or proxy, to which there is no connection."""
    return FetchError(cause, code=Code.OFFLINE, where=url)


def proxy_refuses(url: str, answer: str) -> FetchError:
    """Return the error of a proxy that gives no tunnel; `answer` is what it said."""
    return FetchError(
        f"der Proxy stellt keine Verbindung her: {answer}", code=Code.OFFLINE, where=url,
        remedy="die Einstellung `proxy` und die Freigaben des Proxys prüfen",
    )  # fmt: skip


def no_tls(error: Exception, url: str) -> FetchError:
    """Return the error of a handshake that failed."""
    return FetchError(
        f"die verschlüsselte Verbindung kommt nicht zustande: {error}", where=url,
        remedy="das Zertifikat des Servers prüfen",
    )  # fmt: skip


def too_slow(url: str) -> FetchError:
    """Return the error of an answer that the deadline cut off."""
    return FetchError("die Antwort kommt zu langsam", code=Code.TOO_SLOW, where=url)


def broken(url: str) -> FetchError:
    """Return the error of a connection that broke."""
    return BrokenConnectionError("die Verbindung bricht ab", where=url)


def hung_up(url: str) -> FetchError:
    """Return the error of a server that ended the connection before its answer began."""
    return BrokenConnectionError("der Server beendet die Verbindung", where=url)


def truncated(url: str) -> FetchError:
    """Return the error of a body that is shorter than announced."""
    return BrokenConnectionError("die Antwort bricht ab", code=Code.TRUNCATED, where=url)


def long_head(url: str) -> FetchError:
    """Return the error of headers without end."""
    return FetchError(
        "die Kopfzeilen sind zu groß", code=Code.TOO_LARGE, where=url, retryable=False
    )


def not_http(text: str, url: str) -> FetchError:
    """Return the error of a peer that breaks HTTP; `text` is what the parser says."""
    return FetchError(f"die Antwort ist kein gültiges HTTP: {text}", where=url)
