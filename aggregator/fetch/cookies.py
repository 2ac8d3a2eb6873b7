"""Cookies of one host (RFC 6265), as much as a session behind a cookie check needs.

A cookie goes back to the host that set it and to no other: `Domain` is read past on purpose, so no
site can set a cookie for its neighbours.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from aggregator.hostbook import Cookie
from aggregator.timing import http_date

MAX_COOKIES = 20
MAX_CHARS = 4096  # name and value together, RFC 6265 6.1

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # token, RFC 9110 5.6.2
_UNSAFE = re.compile(r"[^\x21-\x7e]|[;,]")


def cookie_header(cookies: Iterable[Cookie], *, path: str, secure: bool) -> str:
    """Return the Cookie header for a request, "" when no cookie applies.

    Args:
        cookies: Of the host.
        path: Path of the request, without query.
        secure: Whether the request goes over TLS.
    """
    fitting = [c for c in cookies if _matches(path, c.path) and (secure or not c.secure)]
    fitting.sort(key=lambda c: len(c.path), reverse=True)  # RFC 6265 5.4
    return "; ".join(f"{c.name}={c.value}" for c in fitting)


def updated(
    cookies: tuple[Cookie, ...], headers: Iterable[str], *, path: str, now: datetime
) -> tuple[Cookie, ...]:
    """Return the cookies of a host after an answer of it; the newest `MAX_COOKIES` are kept.

    Args:
        cookies: Before.
        headers: The answer's Set-Cookie headers, one each.
        path: Path of the request, without query.
        now: Aware; what has expired by then is deleted.
    """
    kept = {(c.name, c.path): c for c in cookies}
    for header in headers:
        if (read := _read(header, path, now)) is None:
            continue
        cookie, expired = read
        kept.pop((cookie.name, cookie.path), None)
        if not expired:
            kept[cookie.name, cookie.path] = cookie
    return tuple(kept.values())[-MAX_COOKIES:]


def _read(header: str, path: str, now: datetime) -> tuple[Cookie, bool] | None:
    """Read one Set-Cookie header; None for what we could not send back as it is."""
    pair, *rest = header.split(";")
    name, separator, value = (part.strip() for part in pair.partition("="))
    if not separator or not _NAME.fullmatch(name) or _UNSAFE.search(value):
        return None
    if len(name) + len(value) > MAX_CHARS:
        return None
    attributes = {}
    for attribute in rest:
        key, _, text = attribute.partition("=")
        attributes[key.strip().lower()] = text.strip()
    own_path = attributes.get("path", "")
    cookie = Cookie(
        name=name, value=value, secure="secure" in attributes,
        path=own_path if own_path.startswith("/") else path.rpartition("/")[0] or "/",
    )  # fmt: skip
    return cookie, _is_expired(attributes, now)


def _is_expired(attributes: dict[str, str], now: datetime) -> bool:
    """Whether Max-Age or else Expires tell to delete a cookie (RFC 6265 5.3)."""
    if re.fullmatch(r"-?[0-9]+", max_age := attributes.get("max-age", "")):
        return int(max_age[:12]) <= 0
    expires = http_date(attributes.get("expires", ""))
    return expires is not None and expires <= now.astimezone(UTC)


def _matches(path: str, prefix: str) -> bool:
    """Whether a cookie's path covers a request's path (RFC 6265 5.1.4)."""
    return path == prefix or (
        path.startswith(prefix) and (prefix.endswith("/") or path[len(prefix)] == "/")
    )
