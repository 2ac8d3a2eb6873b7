"""What RFC 4287 and JSON Feed 1.1 demand of a feed, as lists of faults."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

NS = "{http://www.w3.org/2005/Atom}"
# RFC 3339 5.6; RFC 4287 3.3 wants capital T and Z.
TIME = re.compile(
    r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?"
    r"(Z|[+-]\d\d:\d\d)"
)


def atom_faults(body: str) -> list[str]:
    """Return what a feed does against RFC 4287 (sections 4.1.1, 4.1.2, 4.2.6, 4.2.7)."""
    feed = ElementTree.fromstring(body)
    if feed.tag != f"{NS}feed":
        return [f"the root is {feed.tag}"]
    faults = [*_once(feed, "feed"), *_links(feed, "feed")]
    if [link.get("href") for link in feed.findall(f"{NS}link") if link.get("rel") == "self"] == []:
        faults.append("feed: no link to itself")
    seen: Counter[str] = Counter()
    for number, entry in enumerate(feed.findall(f"{NS}entry")):
        where = f"entry {number}"
        faults += [*_once(entry, where), *_links(entry, where)]
        if feed.find(f"{NS}author") is None and entry.find(f"{NS}author") is None:
            faults.append(f"{where}: nobody is its author")
        alternates = [e for e in entry.findall(f"{NS}link") if e.get("rel") == "alternate"]
        if entry.find(f"{NS}content") is None and not alternates:
            faults.append(f"{where}: neither content nor alternate")
        seen[entry.findtext(f"{NS}id") or ""] += 1
    return faults + [f"id {name} occurs {n} times" for name, n in seen.items() if n > 1]


def _once(node: ElementTree.Element, where: str) -> Iterator[str]:
    """Yield faults of what must, or may, occur once."""
    for name in ("id", "title", "updated"):
        if len(node.findall(f"{NS}{name}")) != 1:
            yield f"{where}: {name} does not occur exactly once"
    for name in ("published", "summary", "content", "rights", "subtitle"):
        if len(node.findall(f"{NS}{name}")) > 1:
            yield f"{where}: {name} occurs more than once"
    for name in ("updated", "published"):
        for told in node.findall(f"{NS}{name}"):
            if not TIME.fullmatch(told.text or ""):
                yield f"{where}: {name} is {told.text}"
    if not urlsplit((node.findtext(f"{NS}id") or "").strip()).scheme:
        yield f"{where}: its id is no IRI"


def _links(node: ElementTree.Element, where: str) -> Iterator[str]:
    kinds: Counter[tuple[str | None, ...]] = Counter()
    for link in node.findall(f"{NS}link"):
        if not urlsplit(link.get("href", "")).scheme:
            yield f"{where}: a link leads to {link.get('href')}"
        if link.get("rel", "alternate") == "alternate":
            kinds[link.get("type"), link.get("hreflang")] += 1
    if any(n > 1 for n in kinds.values()):
        yield f"{where}: several alternates of one type"


def json_feed_faults(told: dict[str, Any]) -> list[str]:
    """Return what a feed does against JSON Feed 1.1."""
    faults = []
    if told.get("version") != "https://jsonfeed.org/version/1.1":
        faults.append("another version")
    faults += [f"{name} is no text" for name in ("title",) if not isinstance(told.get(name), str)]
    for name in ("home_page_url", "feed_url"):
        if name in told and not urlsplit(told[name]).scheme:
            faults.append(f"{name} is {told[name]}")
    if not isinstance(told.get("items"), list):
        return [*faults, "no items"]
    for number, item in enumerate(told["items"]):
        faults += [f"item {number}: {fault}" for fault in _item_faults(item)]
    ids = Counter(item.get("id") for item in told["items"])
    return faults + [f"id {name} occurs {n} times" for name, n in ids.items() if n > 1]


def _item_faults(item: dict[str, Any]) -> Iterator[str]:
    if not isinstance(item.get("id"), str) or not item["id"]:
        yield "no id"
    if not isinstance(item.get("content_text", item.get("content_html")), str):
        yield "no content"
    for name in ("date_published", "date_modified"):
        if name in item and not TIME.fullmatch(item[name]):
            yield f"{name} is {item[name]}"
    for name in ("url", "external_url"):
        if name in item and not urlsplit(item[name]).scheme:
            yield f"{name} is {item[name]}"
    if not all(isinstance(tag, str) for tag in item.get("tags", ())):
        yield "a tag is no text"
    if not all(author.get("name") for author in item.get("authors", ())):
        yield "an author without a name"
    own = "version title id url external_url content_text content_html summary date_published"
    known = {*own.split(), "date_modified", "authors", "tags", "language", "image", "attachments"}
    yield from (f"unknown {name}" for name in item if name not in known and name[:1] != "_")
