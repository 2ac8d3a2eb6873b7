"""An observation as the rows that its item has at first sight. Pure: made where it is read.

A first crawl brings nothing but unknown items; what can be made of them without the database is
made by the process that reads them, on another core.
"""

import hashlib
import json
import marshal
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import NamedTuple

from aggregator import items, urls
from aggregator.model import Evidence, Item, Link, Platform, When

_JSON = json.JSONEncoder(ensure_ascii=False).encode  # `dumps` makes an encoder for each call
_text = json.encoder.encode_basestring  # as `_JSON` writes a string
_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"  # RFC 4648 6, lower case
_PAIRS = [one + other for one in _BASE32 for other in _BASE32]
Addresses = list[tuple[str, str, str]]  # (canonical, link key, url) each
INSERT_ITEM = (
    "INSERT INTO item (pk, first_seen_at, last_changed_at, last_seen_at, sort_at, id, platform,"
    " key, source, entry_id, url, title, kind, published_at, date_evidence, updated_at, language,"
    " authors, state, licence, policy, text, excerpt, links, parts, identifiers, digest,"
    " content_hash, content_rank, changed_by, parent, answer_to)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
    " ?, ?, ?, ?, ?)"
)


class Prepared(NamedTuple):
    """The rows of an item at first sight, without what only the store knows: number and instant."""

    platform: str
    key: str
    addresses: Addresses
    sort_at: str  # "": when it was first seen
    columns: tuple[object, ...]  # of `INSERT_ITEM` from `id` on
    told: tuple[object, ...]  # columns of the observation from `source` on


def prepare(item: Item, platform: Platform) -> Prepared:
    """Return the rows of an item that nobody has seen before: what it is merged from is itself."""
    return Prepared(
        item.platform, item.key, addresses(item.aliases, platform),
        items.sort_at(item.published, ""), _columns(item), told(item, items.rank(item)),
    )  # fmt: skip


def _columns(item: Item) -> tuple[object, ...]:
    """Return the columns of `INSERT_ITEM` from `id` on, as `items.merge` would have them."""
    return (
        item_id(item.platform, item.key), item.platform, item.key, item.source, item.entry_id,
        item.url, item.title, str(item.kind), *dated(item.published), item.updated_at,
        item.language, list_of(item.authors), "live", item.licence, str(item.policy),
        *content(item), list_of(sorted(set(item.identifiers))), digest(item),
        items.shown_hash(item.title, item.content_hash), items.rank(item), name(item),
        item.parent, item.answer_to,
    )  # fmt: skip


def packed(prepared: Iterable[Prepared]) -> bytes:
    """Return rows as bytes, for another process of ours: plain values, quicker than a pickle."""
    return marshal.dumps([tuple(one) for one in prepared], 2)


def unpacked(told: bytes) -> list[Prepared]:
    """Return the rows that `packed` has told."""
    return list(map(Prepared._make, marshal.loads(told)))  # noqa: S302 (our own process)


def told(seen: items.Observation | Item, rank: int) -> tuple[object, ...]:
    """Return the columns of an observation from `source` on."""
    return seen.source, str(seen.role), rank, seen.entry_id, fields(seen), seen.content_hash


def item_id(platform: str, key: str) -> str:
    """Return the public id of an item: 12 characters a-z2-7 of SHA-256 over platform and key."""
    told = hashlib.sha256(f"{platform}\n{key}".encode("utf-8", "surrogatepass")).digest()
    bits = int.from_bytes(told[:8], "big") >> 4
    return "".join(_PAIRS[bits >> shift & 1023] for shift in (50, 40, 30, 20, 10, 0))


def addresses(found: Iterable[str], platform: Platform) -> Addresses:
    """Return (canonical, link key, url) of each address, without duplicates."""
    result: dict[str, tuple[str, str, str]] = {}
    for url in found:
        identity = urls.identity(url, platform)
        result.setdefault(identity.canonical, (identity.canonical, identity.link_key, url))
    return list(result.values())


def fields(seen: items.Observation | Item) -> str:
    """Return what a source told, as `items._observation` reads it; written by hand: it is hot."""
    at = seen.published
    published = f"[{_text(at.at)}, {_text(at.evidence)}]" if at else "null"
    return (
        f'{{"title": {_text(seen.title)}, "kind": {_text(seen.kind)},'
        f' "updated_at": {_text_or_null(seen.updated_at)}, "published": {published},'
        f' "language": {_text(seen.language)}, "authors": {list_of(seen.authors)},'
        f' "licence": {_text(seen.licence)}, "policy": {_text(seen.policy)},'
        f' "url": {_text(seen.url)}, "identifiers": {list_of(seen.identifiers)}}}'
    )


def _text_or_null(value: str | None) -> str:
    return "null" if value is None else _text(value)


def dated(published: When | None) -> tuple[str | None, str]:
    """Return a date and its evidence as columns."""
    told = published.evidence if published else Evidence.NONE
    return published.at if published else None, str(told)


def list_of(values: Sequence[object]) -> str:
    """Return values as a column that holds a list."""
    return _JSON(values) if values else "[]"


def content(item: Item) -> tuple[str, str, str, str]:
    """Return text, excerpt, links and parts as columns."""
    return (
        item.text,
        item.excerpt,
        _links(item.links),
        list_of([asdict(part) for part in item.parts]),
    )


def _links(links: Iterable[Link]) -> str:
    """Return links as a list of JSON, written by hand (an encoder takes five times as long)."""
    return "[" + ", ".join([
        f'{{"url": {_text(link.url)}, "anchor": {_text(link.anchor)},'
        f' "sentence": {_text(link.sentence)}, "position": {link.position},'
        f' "prose": {"true" if link.prose else "false"}}}'
        for link in links
    ]) + "]"  # fmt: skip


def digest(item: Item) -> str | None:
    """Return the column that says what may be kept of a text that is not stored."""
    if item.digest is None:
        return None
    told = item.digest
    return json.dumps(
        {"terms": dict(told.terms), "shingles": told.shingles, "references": told.references,
         "length": told.length}, ensure_ascii=False,
    )  # fmt: skip


def name(item: Item) -> str:
    """Return the name of an observation in `changed_by`."""
    return f"{item.source} {item.role}"
