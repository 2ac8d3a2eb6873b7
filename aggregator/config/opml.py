"""Lists of feeds as other programs keep them: OPML 1.0 to 2.0 in, OPML 2.0 out (opml.org/spec2).

Reading is lenient, since broken lists are common: what can be read is, and what is wrong is told
with its line. Names of attributes count without case, nesting is ignored.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from xml.etree import ElementTree as ET

from aggregator.config.mistakes import Mistake, WrongError, shown
from aggregator.config.values import address
from aggregator.errors import ConfigError
from aggregator.model import Catalogue, PlatformId, SourceKind

_SLUG_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A feed in a list."""

    title: str
    url: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriptions:
    """The feeds of a list, each address once, and what could not be read."""

    feeds: tuple[Subscription, ...]
    mistakes: tuple[Mistake, ...]


def read(body: bytes, file: str) -> Subscriptions:
    """Read an OPML document.

    Args:
        body: The document.
        file: Its name, for messages.

    Raises:
        ConfigError: It is no OPML at all.
    """
    from lxml import etree

    # No entities, no network, and lxml's own bounds on depth and size.
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(body, parser) if body.strip() else None
    except etree.XMLSyntaxError:  # nothing in it could be saved
        root = None
    mistakes = [
        Mistake(file=file, line=entry.line, cause=f"kein wohlgeformtes XML ({entry.message})",
                remedy="die Datei neu ausgeben lassen oder von Hand berichtigen")
        for entry in list(parser.error_log)[:1]
    ]  # fmt: skip
    name = etree.QName(root).localname if root is not None and isinstance(root.tag, str) else ""
    if root is None or name.lower() != "opml":
        raise ConfigError(
            f"das ist kein OPML, sondern <{name}>" if name else "das ist kein OPML",
            where=file, remedy="eine OPML-Datei nennen; einzelne Feeds: aggregator sources add",
        )  # fmt: skip
    feeds: dict[str, Subscription] = {}
    for outline in root.iter("{*}outline"):
        told = {str(k).lower(): str(v).strip() for k, v in outline.attrib.items()}
        line = outline.sourceline
        found = _subscription(told, line if isinstance(line, int) else 1, file)
        if isinstance(found, Mistake):
            mistakes.append(found)
        elif found is not None:
            feeds.setdefault(found.url, found)
    return Subscriptions(feeds=tuple(feeds.values()), mistakes=tuple(mistakes))


def _subscription(told: Mapping[str, str], line: int, file: str) -> Subscription | Mistake | None:
    """Return what an outline stands for: a feed, a mistake, or None for a mere heading."""
    title = " ".join((told.get("title") or told.get("text") or "").split())
    url = told.get("xmlurl", "")
    if not url.startswith(("http", "feed:")) and told.get("type", "").lower() not in (
        "rss",
        "atom",
    ):
        return None  # a heading, or what other programs keep beside their feeds (`vfolder`)
    if not url:
        return Mistake(file=file, line=line, cause=f"der Feed {shown(title)} hat keine Adresse",
                       remedy="„xmlUrl“ ergänzen")  # fmt: skip
    try:
        return Subscription(title=title, url=address(re.sub(r"^feed:(//)?(?=http)", "", url)),
                            line=line)  # fmt: skip
    except WrongError as error:
        return Mistake(file=file, line=line, cause=error.cause, remedy=error.remedy)


def definitions(
    feeds: Iterable[Subscription], platform: PlatformId, catalogue: Catalogue
) -> list[dict[str, str]]:
    """Return definitions of sources for the feeds that the catalogue does not have yet."""
    known = {source.url for source in catalogue.sources if source.kind is SourceKind.FEED}
    taken = {str(source.id) for source in catalogue.sources}
    found = []
    for feed in feeds:
        if feed.url in known:
            continue
        name = new_id(f"{platform}-{feed.title or feed.url}", taken)
        taken.add(name)
        found.append({"id": name, "platform": platform, "kind": "feed", "url": feed.url})
    return found


def new_id(text: str, taken: Iterable[str]) -> str:
    """Return an id made of a text that no source has yet."""
    slug = re.sub(r"https?://(www\.)?", "", text.lower()).translate(_SLUG_LETTERS)
    slug = re.sub(r"[^a-z0-9]+", "-", slug).strip("-")[:56].strip("-") or "quelle"
    used = set(taken)
    numbered = (f"{slug}-{number}" for number in range(2, len(used) + 3))
    return slug if slug not in used else next(name for name in numbered if name not in used)


def write(catalogue: Catalogue, now: datetime) -> str:
    """Return the feeds of a catalogue as OPML 2.0, grouped by platform.

    Args:
        catalogue: The source list.
        now: Aware; the date of the document.
    """
    opml = ET.Element("opml", version="2.0")
    head = ET.SubElement(opml, "head")
    ET.SubElement(head, "title").text = _writable(catalogue.site.title)
    ET.SubElement(head, "dateCreated").text = format_datetime(now)
    if catalogue.site.operator:
        ET.SubElement(head, "ownerName").text = _writable(catalogue.site.operator)
    body = ET.SubElement(opml, "body")
    for platform in catalogue.platforms:
        feeds = [
            source for source in catalogue.sources
            if source.platform == platform.id and source.kind is SourceKind.FEED
        ]  # fmt: skip
        if not feeds:
            continue
        name = _writable(platform.name)
        group = ET.SubElement(body, "outline", text=name, title=name)
        for source in feeds:
            title = f"{name} ({source.id})"
            ET.SubElement(group, "outline", type="rss", text=title, title=title,
                          xmlUrl=source.url or "", htmlUrl=platform.url,
                          language=source.language)  # fmt: skip
    ET.indent(opml)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(opml, "unicode") + "\n"


def _writable(text: str) -> str:
    """Return a text without the characters that XML cannot hold."""
    return _UNWRITABLE.sub("", text)
