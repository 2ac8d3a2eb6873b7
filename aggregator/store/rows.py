"""An observation as the rows that its item has at first sight. Pure: made where it is read.

A first crawl brings nothing but unknown items; what can be made of them without the database is
made by the process that reads them, on another core.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import NamedTuple

from aggregator import items, urls
from aggregator.model import Evidence, Item, ItemState, Link, Platform, When

_JSON = json.JSONEncoder(ensure_ascii=False).encode  # `dumps` makes an encoder for each call
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
    """Return the rows of an item that nobody has seen before."""
    seen = items.observation(item)
    merged = items.merge([seen])
    return Prepared(
        item.platform, item.key, addresses(item.aliases, platform),
        items.sort_at(merged.published, ""), _columns(item, seen, merged), told(seen),
    )  # fmt: skip


def _columns(item: Item, seen: items.Observation, merged: items.Merged) -> tuple[object, ...]:
    return (
        item_id(item.platform, item.key), item.platform, item.key, item.source, item.entry_id,
        item.url, merged.title, str(merged.kind), *dated(merged.published), merged.updated_at,
        merged.language, list_of(merged.authors), str(ItemState.LIVE), merged.licence,
        str(merged.policy), *content(item), list_of(merged.identifiers), digest(item),
        merged.content_hash, seen.rank, name(item), item.parent, item.answer_to,
    )  # fmt: skip


def told(seen: items.Observation) -> tuple[object, ...]:
    """Return the columns of an observation from `source` on."""
    return (
        seen.source, str(seen.role), seen.rank, seen.entry_id, fields(seen), seen.content_hash
    )  # fmt: skip


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


def fields(seen: items.Observation) -> str:
    """Return what a source told, as `_observation` reads it."""
    return _JSON(
        {"title": seen.title, "kind": seen.kind, "updated_at": seen.updated_at,
         "published": [seen.published.at, seen.published.evidence] if seen.published else None,
         "language": seen.language, "authors": seen.authors, "licence": seen.licence,
         "policy": seen.policy, "url": seen.url, "identifiers": seen.identifiers}
    )  # fmt: skip


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
        list_of([_link(link) for link in item.links]),
        list_of([asdict(part) for part in item.parts]),
    )


def _link(link: Link) -> dict[str, object]:
    """Return a link as it is stored (`asdict` takes ten times as long)."""
    return {"url": link.url, "anchor": link.anchor, "sentence": link.sentence,
            "position": link.position, "prose": link.prose}  # fmt: skip


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
