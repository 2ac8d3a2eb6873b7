"""Reservations of text and data mining: what `tdmrep.json` says, and what follows for entries.

The TDM Reservation Protocol (W3C Community Group, final report of May 2024): of the file's rules
the first that matches a path counts; a header of the answer counts more than the file, a meta
element of the page more than both. A reserved page is kept as a link, whatever its source allows.

Public: `rules_of`, `is_reserved`, `tightened`.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import quote, urlsplit

from aggregator.model import Entry, Fetched, Policy

Rules = tuple[tuple[str, bool], ...]  # pattern, whether it reserves; in the order of the file

MAX_RULES = 1_000
HEADER = "tdm-reservation"

_VALUES = {"0": False, "1": True}
_UNRESERVED = re.compile(r"%(2[DE]|3\d|4[1-9A-F]|5[0-9AF]|6[1-9A-F]|7[0-9AE])", re.IGNORECASE)


def rules_of(text: str) -> Rules:
    """Read a `tdmrep.json`; what breaks the protocol in it says nothing.

    Args:
        text: JSON, hopefully: an array of objects with `location` and `tdm-reservation`.

    Returns:
        At most `MAX_RULES` rules.
    """
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    rules = (_rule(row) for row in (told if isinstance(told, list) else ())[:MAX_RULES])
    return tuple(rule for rule in rules if rule is not None)


def _rule(row: object) -> tuple[str, bool] | None:
    if not isinstance(row, dict):
        return None
    location, value = row.get("location"), row.get(HEADER)
    if value is True or value is False:
        value = int(value)
    reserved = _VALUES.get(str(value))
    if not isinstance(location, str) or not location or reserved is None:
        return None
    pattern = re.sub(r"(?i)^https?://[^/]*", "", location) or "/"
    return _normal(pattern if pattern.startswith(("/", "*")) else f"/{pattern}"), reserved


def is_reserved(rules: Rules, url: str) -> bool | None:
    """Whether the file reserves an address of its host; None: it says nothing of it."""
    parts = urlsplit(url)
    path = _normal((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
    return next((reserved for pattern, reserved in rules if _matches(pattern, path)), None)


def _matches(pattern: str, path: str) -> bool:
    """Compare as robots.txt does: from the start, `*` any characters, `$` the end.

    Piece by piece, not by a regular expression: those of `*a*a*a*a` take for ever.
    """
    ends = pattern.endswith("$")
    first, *pieces = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    last = pieces.pop() if ends and pieces else None
    for piece in pieces:
        at = path.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    if last is not None:
        return path.endswith(last) and len(path) - len(last) >= at
    return not ends or at == len(path)


def _normal(path: str) -> str:
    """Return a path in which equal characters are written alike (RFC 9309 2.2.2)."""
    encoded = quote(path, safe="%/:?#[]@!$&'()*+,;=-._~")
    plain = _UNRESERVED.sub(lambda found: chr(int(found[1], 16)), encoded)
    return re.sub(r"%[0-9a-fA-F]{2}", lambda found: found[0].upper(), plain)


def tightened(entries: Iterable[Entry], answer: Fetched) -> tuple[Entry, ...]:
    """Reserve the entries of a list as the list itself, and the file for their own addresses, say.

    `X-Robots-Tag` of a list is not for its entries: feeds are kept out of search engines so that
    the pages behind them are found instead.

    Args:
        entries: Of a feed, sitemap or listing.
        answer: That brought the list; entries of other hosts are none of its file's business.
    """
    whole = answer.headers.get(HEADER, "").strip() == "1"
    if not whole and not answer.reservations:
        return tuple(entries)
    host = urlsplit(answer.final_url).netloc.lower()
    return tuple(
        replace(entry, policy=Policy.LINK)
        if whole or (entry.url and _is_of(entry.url, host)
                     and is_reserved(answer.reservations, entry.url)) else entry
        for entry in entries
    )  # fmt: skip


def _is_of(url: str, host: str) -> bool:
    try:
        return urlsplit(url).netloc.lower() == host
    except ValueError:
        return False
