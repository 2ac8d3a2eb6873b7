"""Addresses: what is the same, what names the thing behind them, what a source admits.

Knows the WHATWG URL standard (through ada) and the rule table `url_rules.json`, which holds all
that is particular to a family of content management systems. The table is data: an installation
may add to it (`install`).

A canonical address is a *name*, never an address to be fetched: http and https are one thing and
written `https` (only a port of its own keeps the scheme, since it names another server), `www.`,
user, fragment, default port, sessions and trackers are gone, `//` is one slash, unreserved
characters are decoded, parameters are in order. What is not a valid http(s) address is returned
as it is.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, unquote_to_bytes, urljoin

import can_ada

from aggregator.model import Identity, Platform

SECTIONS = ("noise", "rewrites", "keys", "tenants")  # of the rule table that can be added to
_PORTS = {"http:": "80", "https:": "443"}
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
# Written as they are in names and values of a query: `tx_news_pi1[news]` stays readable.
_QUERY_SAFE = "/:,@!()*[]|"
_SESSION = re.compile(r";jsessionid=[^/?#]*", re.IGNORECASE)
_CHECKED = re.compile(r"[cp]hash|v|version|modificationDate|cacheVersion|api", re.IGNORECASE)
_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})")
_SLASHES = re.compile(r"/{2,}")
_LEADING = re.compile(r"^/{2,}")
_PLAIN_PATH = re.compile(r"/[\w-][\w/-]*")
_ORIGIN = re.compile(r"https?://[^/?#\s\\]+(?=/)")
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
# What the URL standard removes before it reads an address.
_BLANKS = "".join(map(chr, range(0x21)))
_BREAKS = str.maketrans("", "", "\t\n\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Noise:
    """Parameters that say nothing about what is behind an address."""

    drop: re.Pattern[str]
    path: re.Pattern[str] | None = None
    beside: str | None = None  # only where this parameter stands too
    value: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Key:
    """How a family of systems writes the identity of a page into its address."""

    id: str
    key: str  # a format string over the named groups
    host: re.Pattern[str] | None = None
    path: re.Pattern[str] | None = None
    query: tuple[tuple[str, re.Pattern[str]], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rules:
    """A compiled rule table; equal to itself alone, so that it can be looked up fast."""

    session: re.Pattern[str]
    everywhere: tuple[re.Pattern[str], ...]
    noise: tuple[_Noise, ...]
    rewrites: tuple[tuple[re.Pattern[str], str, str], ...]
    keys: tuple[_Key, ...]
    path_keys: tuple[_Key, ...]  # those of them that need no query
    tenants: tuple[tuple[re.Pattern[str], str], ...]


@dataclass(frozen=True, slots=True)
class _Address:
    """A canonical http(s) address in pieces; `params` are names and values as written."""

    scheme: str
    host: str
    path: str
    params: tuple[tuple[str, str | None], ...]

    def __str__(self) -> str:
        return f"{self.scheme}//{self.host}{self.path}{_written(self.params)}"


@dataclass(frozen=True, slots=True)
class _Known:
    """An address as read, with the identity of its system, and written in canonical form."""

    address: _Address
    key: str | None
    identity: Identity  # on a platform that was never elsewhere


# --- the rule table ------------------------------------------------------------------------


def load(document: Mapping[str, Any]) -> Rules:
    """Compile a rule table of the form of `url_rules.json`.

    Raises:
        KeyError: A rule lacks a field.
        re.error: A pattern is wrong.
    """
    noise = [
        _Noise(drop=re.compile(rule["drop"]), path=_pattern(rule, "path"),
               beside=rule.get("beside"), value=_pattern(rule, "value"))
        for rule in document["noise"]
    ]  # fmt: skip
    keys = tuple(_key_rule(rule) for rule in document["keys"])
    return Rules(
        session=re.compile(document["session"]),
        everywhere=tuple(n.drop for n in noise if not (n.path or n.beside or n.value)),
        noise=tuple(n for n in noise if n.path or n.beside or n.value),
        rewrites=tuple((re.compile(r["path"]), r["from"], r["to"]) for r in document["rewrites"]),
        keys=keys,
        path_keys=tuple(rule for rule in keys if not rule.query),
        tenants=tuple((re.compile(rule["path"]), rule["to"]) for rule in document["tenants"]),
    )


def _pattern(rule: Mapping[str, str], name: str) -> re.Pattern[str] | None:
    return re.compile(rule[name]) if name in rule else None


def _key_rule(rule: Mapping[str, Any]) -> _Key:
    query = tuple((name, re.compile(p)) for name, p in rule.get("query", {}).items())
    return _Key(
        id=rule["id"],
        key=rule["key"],
        host=_pattern(rule, "host"),
        path=_pattern(rule, "path"),
        query=query,
    )


def packaged() -> dict[str, Any]:
    """Return the table that comes with the product, as data."""
    text = resources.files("aggregator").joinpath("url_rules.json").read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text)
    return table


class _Current:
    """The table in force; one for the process, since an identity must not depend on the caller."""

    rules = load(packaged())
    additions: Mapping[str, Sequence[Mapping[str, Any]]] = MappingProxyType({})


def installed() -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """Return what `install` was given, to be handed to a process that reads for this one."""
    return _Current.additions


def table_with(additions: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    """Return the packaged table with an installation's own rules before it, as data.

    Args:
        additions: Lists of rules under `noise`, `rewrites`, `keys` or `tenants`; a rule with the
            `id` of a packaged one replaces it. Empty: the packaged table alone.
    """
    table = packaged()
    for section, own in additions.items():
        named = {rule.get("id") for rule in own}
        table[section] = [*own, *(rule for rule in table[section] if rule["id"] not in named)]
    return table


def install(additions: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Let an installation's own rules hold beside the packaged ones, for this process.

    Raises:
        KeyError: A rule lacks a field.
        re.error: A pattern is wrong.
    """
    _Current.rules, _Current.additions = load(table_with(additions)), additions
    _is_noise.cache_clear()
    _known.cache_clear()


# --- the canonical form --------------------------------------------------------------------


def canonical(url: str) -> str:
    """Return the canonical form of an address; see the module's docstring.

    Idempotent. What is no valid http(s) address (WHATWG URL standard) is returned unchanged.
    """
    known = _known(url, _Current.rules)
    return url if known is None else known.identity.canonical


def identity(url: str, platform: Platform | None = None) -> Identity:
    """Return what an address says about the thing behind it.

    Args:
        url: Any address.
        platform: Where it lives; with it, former hosts and tenants count as the present ones.

    Returns:
        `key`: the identity that a content management system writes into its addresses
        (`confluence:79430869`), unique within a platform, else the canonical address.
        `link_key`: equal for all addresses that lead to the same thing: host and key, else host,
        path without its last slash, and query.
    """
    return identity_under(_Current.rules, url, platform)


def identity_under(rules: Rules, url: str, platform: Platform | None = None) -> Identity:
    """Return what an address says by a table that need not be in force: to preview a change."""
    known = _known(url, rules)
    if known is None:
        return Identity(key=url, canonical=url, link_key=url)
    if platform is None or not platform.former:
        return known.identity
    host, path = _present(known.address, platform, rules)
    link_key = _link_key(host, path, known.key, known.address.params)
    return replace(known.identity, link_key=link_key)


def _link_key(
    host: str, path: str, key: str | None, params: tuple[tuple[str, str | None], ...]
) -> str:
    if key is not None:
        return f"{host}#{key}"
    return f"{host}{path.rstrip('/')}{_written(params)}"


def _written(params: tuple[tuple[str, str | None], ...]) -> str:
    """Return a query with its question mark, "" when there is none."""
    query = "&".join(n if v is None else f"{n}={v}" for n, v in params) if params else ""
    return f"?{query}" if query else ""


def rule_of(rules: Rules, url: str) -> str | None:
    """Return the id of the rule that gives an address its key, None when it is a mere address."""
    address = _read(url, rules)
    found = _numbered(address, rules) if address else None
    return found[0] if found else None


def host_of(url: str) -> str:
    """Return `host` or `host:port` in lower case (IDNA encoded), "" when there is none."""
    parsed = _parse(url)
    return str(parsed.host) if parsed is not None else ""


def resolve(base: str, href: str) -> str | None:
    """Return the absolute http(s) address of a reference, None when it has none.

    Args:
        base: The address of the document or its `<base href>`; "" when unknown.
        href: As written; backslashes and line breaks are forgiven as browsers do.
    """
    href = href.strip(_BLANKS)
    if "\n" in href or "\t" in href or "\r" in href:
        href = href.translate(_BREAKS)
    if not _SCHEME.match(href):
        try:
            href = _joined(base, href)
        except ValueError:
            return None
    parsed = _parse(href)
    return str(parsed.href) if parsed is not None else None


def _joined(base: str, href: str) -> str:
    """Join a reference to its base as browsers do.

    Raises:
        ValueError: The base is none.
    """
    if _PLAIN_PATH.fullmatch(href) and (origin := _ORIGIN.match(base)):
        return origin[0] + href  # as `urljoin`, in a tenth of its time
    return urljoin(base, _LEADING.sub("//", href.replace("\\", "/")))


def admits(url: str, include: Sequence[str], exclude: Sequence[str]) -> bool:
    """Whether a source's filters let an address through.

    Args:
        url: Absolute, as published.
        include: Substrings of path and query, or `re:PATTERN`; empty: everything.
        exclude: The same; wins over `include`.
    """
    start = url.find("/", url.find("://") + 3)
    target = url[start:] if start >= 0 else "/"
    if any(_test(rule)(target) for rule in exclude):
        return False
    return not include or any(_test(rule)(target) for rule in include)


@lru_cache(maxsize=1024)
def _test(rule: str) -> Callable[[str], bool]:
    if rule.startswith("re:"):
        pattern = re.compile(rule[3:])
        return lambda target: pattern.search(target) is not None
    return lambda target: rule in target


@lru_cache(maxsize=1024)  # what `resolve` returns is asked for again soon
def _parse(url: str) -> Any | None:
    """Parse an absolute http(s) address by the URL standard, None when it is none."""
    try:
        parsed = can_ada.parse(url)
    except (ValueError, TypeError):  # TypeError: half a surrogate pair
        return None
    return parsed if parsed.protocol in _PORTS else None


@lru_cache(maxsize=8192)  # an address is asked for five times between its feed and the store
def _known(url: str, rules: Rules) -> _Known | None:
    address = _read(url, rules)
    if address is None:
        return None
    found = _numbered(address, rules)
    key, text = found[1] if found else None, str(address)
    link_key = _link_key(address.host, address.path, key, address.params)
    return _Known(address, key, Identity(key=key or text, canonical=text, link_key=link_key))


def _read(url: str, rules: Rules) -> _Address | None:
    parsed = _parse(url)
    if parsed is None:
        return None
    path = _clean_path(parsed.pathname)
    if ";" in path and (short := rules.session.sub("", path)) != path:
        # What is left may be a dot segment or a second session, so it is read once more.
        return _read(f"{parsed.protocol}//{parsed.host}{short}{parsed.search}", rules)
    for pattern, old, new in rules.rewrites:
        if old in path and pattern.search(path):
            path = path.replace(old, new)
    query = parsed.search
    params = _clean_query(path, query[1:], rules) if query else ()
    scheme = parsed.protocol if parsed.port else "https:"
    return _Address(scheme, _without_www(parsed.host), path, params)


def _without_www(host: str) -> str:
    short = host.removeprefix("www.")
    return short if "." in short else host


def _clean_path(path: str) -> str:
    if "//" in path:
        path = _SLASHES.sub("/", path)
    return _ESCAPE.sub(_decode, path) if "%" in path else path


def _decode(match: re.Match[str]) -> str:
    """Decode an unreserved character, else write the escape in upper case (RFC 3986 6.2.2)."""
    character = chr(int(match[1], 16))
    return character if character in _UNRESERVED else match[0].upper()


def _clean_query(path: str, query: str, rules: Rules) -> tuple[tuple[str, str | None], ...]:
    params: list[tuple[str, str | None]] = []
    for part in query.split("&"):
        name, sign, value = part.partition("=")
        name = _requote(name)
        if part and not _is_noise(name, rules):
            params.append((name, _requote(value) if sign else None))
    for rule in rules.noise:
        if params:
            params = _without_noise(rule, path, params)
    return tuple(sorted(params, key=lambda pair: pair[0]))


def _without_noise(
    rule: _Noise, path: str, params: list[tuple[str, str | None]]
) -> list[tuple[str, str | None]]:
    if rule.path and not rule.path.search(path):
        return params
    if rule.beside and not any(name == rule.beside for name, _ in params):
        return params
    return [
        (name, value)
        for name, value in params
        if not rule.drop.fullmatch(name)
        or (rule.value is not None and not rule.value.fullmatch(value or ""))
    ]


@lru_cache(maxsize=4096)
def _is_noise(name: str, rules: Rules) -> bool:
    return any(pattern.fullmatch(name) for pattern in rules.everywhere)


@lru_cache(maxsize=4096)
def _requote(text: str) -> str:
    """Decode a name or value and encode it in the one way; `+` is a blank."""
    if text.isalnum() and text.isascii():
        return text
    return quote(unquote_to_bytes(text.replace("+", " ")), safe=_QUERY_SAFE)


# --- identity ------------------------------------------------------------------------------


def _numbered(address: _Address, rules: Rules) -> tuple[str, str] | None:
    """Return the rule that finds a system's identity in an address, and the key."""
    path = address.path
    for rule in rules.keys if address.params else rules.path_keys:
        found = rule.path.search(path) if rule.path else None
        if found or not rule.path:
            groups = _groups(rule, address, found.groupdict() if found else {})
            if groups is not None:
                return rule.id, rule.key.format_map(groups)
    return None


def _groups(rule: _Key, address: _Address, groups: dict[str, str]) -> dict[str, str] | None:
    """Add the named groups of host and query to those of a path; None: the rule does not apply."""
    if rule.host and not rule.host.search(address.host):
        return None
    for name, pattern in rule.query:
        value = next((v for n, v in address.params if n == name and v), None)
        if value is None or (found := pattern.search(value)) is None:
            return None
        groups |= found.groupdict()
    return groups


def _present(address: _Address, platform: Platform, rules: Rules) -> tuple[str, str]:
    """Return host and path with what is former made present, tenants made equal."""
    host, hosts = _hosts(platform, rules)
    if not any(address.host == h and address.path.startswith(p) for h, p in hosts):
        return address.host, address.path
    path = address.path
    for pattern, to in rules.tenants:
        path = pattern.sub(to, path)
    return host, path


@lru_cache(maxsize=4096)
def _hosts(platform: Platform, rules: Rules) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return the present host of a platform and all its (host, path prefix)."""
    present = _read(platform.url, rules)
    host = present.host if present else ""
    former = [a for a in (_read(url, rules) for url in platform.former) if a is not None]
    return host, ((host, "/"), *((a.host, a.path) for a in former))


def page_address(url: str) -> str:
    """Return the address of one page of a list: pager and sort state stay, a session does not.

    For items the pager's parameters are noise; for the list they are what tells its pages apart.
    """
    return _SESSION.sub("", url.partition("#")[0])


def tidy(url: str) -> str:
    """Return an address as it is asked for and shown: without session, trackers and fragment.

    Unlike the canonical form it stays the publisher's own: scheme, host, order and quoting. What a
    server may check stays too (TYPO3's cHash, the version of a file).
    """
    address, _, query = page_address(url).partition("?")
    path = f"/{address.partition('//')[2].partition('/')[2]}"
    kept = [part for part in query.split("&") if part and not _is_dispensable(path, part)]
    return f"{address}?{'&'.join(kept)}" if kept else address


def _is_dispensable(path: str, part: str) -> bool:
    name, _, value = part.partition("=")
    if _CHECKED.fullmatch(name):
        return False
    pairs: list[tuple[str, str | None]] = [(name, value)]
    rules = _Current.rules
    return _is_noise(name, rules) or any(
        not _without_noise(rule, path, pairs) for rule in rules.noise
    )
