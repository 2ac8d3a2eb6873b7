"""Atom feeds of lists (RFC 4287), built with the standard library, so always well-formed."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

ATOM = "http://www.w3.org/2005/Atom"
NEVER = "1970-01-01T00:00:00Z"  # an empty feed must say when it was updated, too
# Characters that XML 1.0 has no way to write.
UNWRITABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def feed(title: str, page: str, own: str, entries: Sequence[Mapping[str, Any]]) -> str:
    """Return a feed.

    Args:
        title: Of the list.
        page: Its address as a page.
        own: The address of the feed, which is also its id.
        entries: Each with `item` (the contract's), `summary` and `url` (its page with us); what
            tells of an event rather than of an item has an `id` and a time (`updated`) of its own.

    The id of an entry is stable across addresses of this instance: the item's own id.
    """
    ElementTree.register_namespace("", ATOM)
    root = ElementTree.Element(f"{{{ATOM}}}feed")
    _add(root, "title", title)
    _add(root, "id", own)
    _add(root, "link", rel="self", type="application/atom+xml", href=own)
    _add(root, "link", rel="alternate", type="text/html", href=page)
    stamps = [entry.get("updated") or instant_of(entry["item"]) for entry in entries]
    _add(root, "updated", max(stamps, default=NEVER))
    author = _add(root, "author")
    _add(author, "name", "Querverweis")
    for entry in entries:
        _entry(root, entry)
    return str(ElementTree.tostring(root, encoding="unicode", xml_declaration=True))


def _entry(root: ElementTree.Element, told: Mapping[str, Any]) -> None:
    item = told["item"]
    entry = _add(root, "entry")
    _add(entry, "title", item["title"] or item["url"])
    _add(entry, "id", told.get("id") or entry_id(item))
    _add(entry, "link", rel="alternate", type="text/html", href=item["url"])
    _add(entry, "link", rel="related", type="text/html", href=told["url"])
    _add(entry, "updated", told.get("updated") or instant_of(item))
    if item["published_at"]:
        _add(entry, "published", instant(item["published_at"]))
    _add(entry, "category", term=item["platform"])
    _add(entry, "category", term=item["kind"])
    if told["summary"]:
        _add(entry, "summary", told["summary"])


def instant_of(item: Mapping[str, Any]) -> str:
    """Return when an item changed last, as Atom wants it.

    What changes on the day when we first see it is our own reading (its page after its feed), and
    a first crawl would make thousands of old items look like those of today.
    """
    seen, changed = item["first_seen_at"], item["last_changed_at"]
    if not item["updated_at"] and item["published_at"] and changed[:10] == seen[:10]:
        return instant(item["published_at"])
    return instant(item["updated_at"] or changed)


def entry_id(item: Mapping[str, Any]) -> str:
    """Return the id of an entry: the item's own, the same at every address and in every feed."""
    return f"urn:querverweis:item:{item['id']}"


def instant(at: str) -> str:
    """Return a time as feeds want it: they know no days, so a mere day is its noon."""
    return at if "T" in at else f"{at}T12:00:00Z"


def _add(
    parent: ElementTree.Element, name: str, text: str | None = None, **attributes: str
) -> ElementTree.Element:
    clean = {key: UNWRITABLE.sub("", value) for key, value in attributes.items()}
    node = ElementTree.SubElement(parent, f"{{{ATOM}}}{name}", clean)
    if text is not None:
        node.text = UNWRITABLE.sub("", text)
    return node
