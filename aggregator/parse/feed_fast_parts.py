"""The elements of plain feeds, and what feedparser 6 makes of each (`_start_X`, `_end_X`, `pop`).

The order of the children of an entry counts, as it does in feedparser.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from feedparser.html import _cp1252
from feedparser.mixin import _FeedParserMixin
from lxml import etree

from aggregator.text.blanks import has_unseen

ATOM = "http://www.w3.org/2005/Atom"
SCHEMA = "http://www.w3.org/2001/XMLSchema-instance"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
_DC = "{http://purl.org/dc/elements/1.1/}"
_DCTERMS = "{http://purl.org/dc/terms/}"
_SY = "{http://purl.org/rss/1.0/modules/syndication/}"
_BURNER = "{http://rssnamespace.org/feedburner/ext/1.0}"
_MEDIA = "{http://search.yahoo.com/mrss/}"
_LINK = f"{{{ATOM}}}link"
# The one namespace that is widely declared below the root: by WordPress, at each of its numbers.
WORDPRESS = "com-wordpress:feed-additions:1"
WORDPRESS_IDS = frozenset({f"{{{WORDPRESS}}}site", f"{{{WORDPRESS}}}post-id"})
# What has a handler in feedparser, but one that changes nothing that we look at.
_MUTE_ELEMENTS = frozenset({
    f"{_DC}subject", f"{_DC}language", f"{_DC}publisher", f"{_DC}rights", f"{_DC}identifier",
    f"{_DC}type", f"{_DC}format", f"{_DC}source", f"{_DC}relation", f"{_DC}coverage",
    f"{_MEDIA}content", f"{_MEDIA}thumbnail", f"{_BURNER}info", f"{_BURNER}feedburnerHostname",
})  # fmt: skip
_MUTE_IN_ITEM = frozenset({"category", "comments", "source"}) | _MUTE_ELEMENTS
_MUTE_IN_CHANNEL = frozenset({
    "link", "description", "copyright", "managingEditor", "webMaster", "pubDate", "lastBuildDate",
    "category", "generator", "docs", "rating", "cloud", _LINK, f"{_DC}creator", f"{_DC}date",
}) | _MUTE_ELEMENTS  # fmt: skip
_IMAGE = frozenset({"url", "title", "link", "width", "height", "description"})
_MUTE_IN_FEED = frozenset(
    f"{{{ATOM}}}{name}"
    for name in ("id", "link", "updated", "generator", "icon", "logo", "category", "subtitle",
                 "rights")
) | _MUTE_ELEMENTS  # fmt: skip
_MUTE_IN_ENTRY = frozenset({f"{{{ATOM}}}category", f"{{{ATOM}}}rights"}) | _MUTE_ELEMENTS
_PERSON = {f"{{{ATOM}}}{name}" for name in ("name", "uri", "email")}
_TYPES = {None: "text/plain", "text": "text/plain", "html": "text/html",
          "text/plain": "text/plain", "text/html": "text/html"}  # fmt: skip
_LINK_ATTRIBUTES = frozenset({"rel", "type", "href", "title", "hreflang", "length"})
_THREAD = frozenset({"{http://purl.org/syndication/thread/1.0}count",
                     "{http://purl.org/syndication/thread/1.0}updated"})  # fmt: skip
_INHERITED = frozenset({"base", "lang"})  # feedparser obeys them whatever their namespace
_C1 = re.compile("[\x80-\x9f]")
_AUTHORITY = re.compile(r"[A-Za-z][A-Za-z0-9+-.]*:///")  # the class is feedparser's
_CLOSED_REFERENCE = re.compile("&([A-Za-z0-9_]+);")

STANDARD = {address.lower(): prefix for address, prefix in _FeedParserMixin.namespaces.items()}
STANDARD_PREFIXES = frozenset(filter(None, map(str.lower, STANDARD.values()))) | {
    "title", "summary", "author", "creativecommons",
}  # fmt: skip
# Declaring one of these makes feedparser take the document for another version.
VERSIONS_BY_NAMESPACE = frozenset({
    "http://purl.org/rss/1.0/", "http://my.netscape.com/rdf/simple/0.9/",
})  # fmt: skip

_looks_like: Callable[[str], bool] = _FeedParserMixin.looks_like_html

Element = etree._Element  # noqa: SLF001 (its only name)
Handler = Callable[[dict[str, Any], Element], None]
Handlers = Mapping[str, Handler]


class OutsideError(Exception):
    """The document is not of the profile."""


def mended(text: str) -> str:
    """Return text as feedparser stores it: without outer blanks, UTF-8 taken for Latin-1 undone."""
    text = text.strip()
    if text.isascii():
        return text
    text = _read_as_utf8(text)
    return text.translate(_cp1252) if has_unseen(text) and _C1.search(text) else text


def _read_as_utf8(text: str) -> str:
    try:
        return text.encode("iso-8859-1").decode("utf-8")
    except UnicodeError:  # nearly always
        return text


def _text(element: Element, allowed: Iterable[str] = ()) -> str:
    """Return the text of an element without children and with no attributes but these."""
    names = element.keys()
    if len(element) or (names and not set(names) <= set(allowed)):
        raise OutsideError(str(element.tag))
    return element.text or ""


def _address(text: str) -> str:
    """Return an address as feedparser resolves it without a base: as it is."""
    if _AUTHORITY.match(text):
        raise OutsideError("empty authority")
    return text


def _pass_over(element: Element, names: frozenset[str]) -> None:
    """Make sure that an element changes nothing that we look at."""
    tag = element.tag
    if len(element) or not (tag in names or _is_unheard(tag, element.prefix)):
        raise OutsideError(tag)
    for name in map(str, element.attrib):
        if name.rpartition("}")[2].lower() in _INHERITED:
            raise OutsideError(f"{tag} {name}")


@lru_cache(maxsize=1024)
def _is_unheard(tag: str, prefix: str | None) -> bool:
    """Whether feedparser has no handler for an element: then it becomes a key that nobody reads.

    The prefix of a namespace that feedparser does not know is none that it does (see `feed_fast`).
    """
    if tag in WORDPRESS_IDS:
        return True
    address, _, local = tag[1:].partition("}")
    name = f"{STANDARD.get(address.lower(), prefix or '')}_{local}".lower()
    return not name.startswith("_") and not any(
        hasattr(_FeedParserMixin, f"_{when}_{name}") for when in ("start", "end")
    )


class Reader(ABC):
    """Reads the children of a feed in document order, since feedparser's quirks depend on it."""

    version = ""
    entry_tag = ""
    mute: frozenset[str] = frozenset()
    guesses_markup = False  # feedparser guesses where a version is not Atom's

    def __init__(self, language: str | None, feed: dict[str, Any]) -> None:
        self._language = language.replace("_", "-") if language else language
        self._feed = feed
        self._seen: dict[str, str] = {}
        self.tags: set[str] = set()

    def read(self, root: Element) -> list[dict[str, Any]]:
        """Return the entries; the facts of the feed go into `feed`."""
        handlers = self._handlers()
        found = []
        for child in root:
            self.tags.add(child.tag)
            if child.tag == self.entry_tag:
                if child.keys():
                    raise OutsideError("attributes of an entry")
                found.append(self._entry(child, handlers))
            else:
                self._of_feed(child)
        return found

    @abstractmethod
    def _of_feed(self, element: Element) -> None:
        """Note what stands beside the entries."""

    @abstractmethod
    def _handlers(self) -> Handlers:
        """Return what reads each child of an entry, by tag."""

    def _fact(self, name: str, value: str) -> None:
        """Note a fact of the feed; its language replaces that of the root."""
        self._put(self._seen, name, value)
        self._feed[name] = value

    def _entry(self, element: Element, handlers: Handlers) -> dict[str, Any]:
        entry: dict[str, Any] = {}
        for child in element:
            self.tags.add(child.tag)
            handler = handlers.get(child.tag)
            if handler is None:
                _pass_over(child, self.mute)
            else:
                handler(entry, child)
        return entry

    # --- what elements of both formats do ---

    def _put(self, entry: dict[str, Any], key: str, value: Any) -> None:
        if key in entry:
            raise OutsideError(f"second {key}")
        entry[key] = value

    def _detail(self, value: str, media_type: str) -> dict[str, Any]:
        return {"type": media_type, "language": self._language, "base": "", "value": value}

    def _plain(self, key: str) -> Handler:
        def handle(entry: dict[str, Any], element: Element) -> None:
            self._put(entry, key, mended(_text(element)))

        return handle

    def _title(self, entry: dict[str, Any], element: Element) -> None:
        value, media_type = self._typed(element)
        if self.guesses_markup and _looks_like_html(value):
            media_type = "text/html"
        self._put(entry, "title", value)
        entry["title_detail"] = self._detail(value, media_type)

    def _typed(self, element: Element) -> tuple[str, str]:
        """Return the text of an Atom text construct (RFC 4287 3.1) and its media type."""
        stated = element.get("type")
        text = _text(element, ("type",))
        media_type = _TYPES.get(stated.lower() if stated else stated)
        if media_type is None:
            raise OutsideError("type of a text")
        return mended(text), media_type

    def _summary(self, entry: dict[str, Any], value: str, media_type: str) -> None:
        # Content that came before was copied to the summary, and gives way.
        if "summary_detail" in entry or ("summary" in entry and "content" not in entry):
            raise OutsideError("second summary")
        entry["summary"], entry["summary_detail"] = value, self._detail(value, media_type)

    def _content(self, entry: dict[str, Any], value: str, media_type: str) -> None:
        self._put(entry, "content", [self._detail(value, media_type)])
        entry.setdefault("summary", value)

    def _id(self, entry: dict[str, Any], value: str, *, is_link: bool) -> None:
        self._put(entry, "id", _address(value) if is_link else value)
        entry["guidislink"] = is_link and "link" not in entry
        if is_link:
            entry.setdefault("link", value)

    def _add_author(self, entry: dict[str, Any], person: dict[str, str], written: str) -> None:
        if "@" in entry.get("author", ""):
            raise OutsideError("author after one with an address")  # would inherit parts of it
        entry.setdefault("authors", []).append(person)
        entry["author"] = written

    def _atom_link(self, entry: dict[str, Any], element: Element) -> None:
        attributes = {str(name): str(value) for name, value in element.attrib.items()
                      if name not in _THREAD}  # fmt: skip
        if len(element) or element.text or not _LINK_ATTRIBUTES.issuperset(attributes):
            raise OutsideError("link")
        href = _address(attributes.get("href") or "")
        if not href:
            raise OutsideError("link without address")
        relation = attributes.get("rel", "alternate").lower()
        default = "application/atom+xml" if relation == "self" else "text/html"
        media_type = attributes.get("type", default).lower()
        entry.setdefault("links", []).append({"rel": relation, "type": media_type, "href": href})
        if relation == "alternate" and media_type in ("text/html", "html", "application/xhtml+xml",
                                                      "xhtml"):  # fmt: skip
            entry["link"] = href


def _looks_like_html(text: str) -> bool:
    return ("</" in text or "&" in text) and bool(_looks_like(text))


class RssReader(Reader):
    """Reads a channel of RSS 2.0."""

    version = "rss20"
    entry_tag = "item"
    mute = _MUTE_IN_ITEM
    guesses_markup = True

    def _of_feed(self, element: Element) -> None:
        tag = element.tag
        if tag in ("title", "ttl", "language", f"{_DC}language"):
            self._fact(etree.QName(element).localname, mended(_text(element)))
        elif tag in (f"{_SY}updatePeriod", f"{_SY}updateFrequency"):
            key = f"sy_{etree.QName(element).localname.lower()}"
            self._put(self._feed, key, mended(_text(element)))
        elif tag == "image":
            for child in element:
                _pass_over(child, _IMAGE)
            if element.keys():
                raise OutsideError("image")
        elif tag in ("skipHours", "skipDays"):
            for child in element:
                _pass_over(child, frozenset({"hour", "day"}))
        else:
            _pass_over(element, _MUTE_IN_CHANNEL)

    def _handlers(self) -> Handlers:
        return {
            "title": self._title_of_item, "link": self._link, "guid": self._guid,
            "description": self._description, _CONTENT: self._encoded,
            "pubDate": self._plain("published"), f"{_DC}date": self._plain("updated"),
            f"{_DCTERMS}created": self._plain("created"),
            f"{_DCTERMS}modified": self._plain("updated"),
            "author": self._author, f"{_DC}creator": self._author,
            "enclosure": self._enclosure, _LINK: self._atom_link,
            f"{_BURNER}origLink": self._plain("feedburner_origlink"),
        }  # fmt: skip

    def _title_of_item(self, entry: dict[str, Any], element: Element) -> None:
        _text(element)  # no attributes
        self._title(entry, element)

    def _link(self, entry: dict[str, Any], element: Element) -> None:
        value = mended(_address(_text(element).strip())).replace("&amp;", "&")
        self._put(entry, "own link", value)
        entry["link"] = _CLOSED_REFERENCE.sub(r"&\1", value)

    def _guid(self, entry: dict[str, Any], element: Element) -> None:
        value = mended(_text(element, ("isPermaLink",)))
        self._id(entry, value, is_link=element.get("isPermaLink", "true") == "true")

    def _description(self, entry: dict[str, Any], element: Element) -> None:
        self._summary(entry, mended(_text(element)), "text/html")

    def _encoded(self, entry: dict[str, Any], element: Element) -> None:
        self._content(entry, mended(_text(element)), "text/html")

    def _author(self, entry: dict[str, Any], element: Element) -> None:
        name = mended(_text(element))
        self._add_author(entry, {"name": name} if name else {}, name)

    def _enclosure(self, entry: dict[str, Any], element: Element) -> None:
        _text(element, ("url", "length", "type"))
        link = {"rel": "enclosure", "type": (element.get("type") or "").lower(),
                "href": element.get("url")}  # fmt: skip
        entry.setdefault("links", []).append(link)


class AtomReader(Reader):
    """Reads a feed of Atom 1.0 (RFC 4287)."""

    version = "atom10"
    entry_tag = f"{{{ATOM}}}entry"
    mute = _MUTE_IN_ENTRY

    def _of_feed(self, element: Element) -> None:
        if element.tag == f"{{{ATOM}}}title":
            self._fact("title", self._typed(element)[0])
        elif element.tag == f"{_DC}language":
            self._fact("language", mended(_text(element)))
        elif element.tag in (f"{{{ATOM}}}author", f"{{{ATOM}}}contributor"):
            self._person(element)
        else:
            _pass_over(element, _MUTE_IN_FEED)

    def _handlers(self) -> Handlers:
        return {
            f"{{{ATOM}}}{name}": handler
            for name, handler in (
                ("title", self._title), ("id", self._atom_id), ("link", self._atom_link),
                ("published", self._plain("published")), ("updated", self._plain("updated")),
                ("summary", self._atom_summary), ("content", self._atom_content),
                ("author", self._author), ("contributor", self._contributor),
            )
        } | {f"{_DC}date": self._plain("updated"),
             f"{_BURNER}origLink": self._plain("feedburner_origlink")}  # fmt: skip

    def _atom_id(self, entry: dict[str, Any], element: Element) -> None:
        self._id(entry, mended(_text(element)), is_link=True)

    def _atom_summary(self, entry: dict[str, Any], element: Element) -> None:
        self._summary(entry, *self._typed(element))

    def _atom_content(self, entry: dict[str, Any], element: Element) -> None:
        self._content(entry, *self._typed(element))

    def _contributor(self, _: dict[str, Any], element: Element) -> None:
        self._person(element)

    def _author(self, entry: dict[str, Any], element: Element) -> None:
        person = self._person(element)
        name, mail = person.get("name"), person.get("email")
        if "authors" in entry and "name" not in person:
            raise OutsideError("nameless author after another")  # would inherit the other's name
        both = f"{name} ({mail})" if name and mail else None
        self._add_author(entry, person, both or name or mail or "")

    def _person(self, element: Element) -> dict[str, str]:
        if element.keys() or (element.text or "").strip():
            raise OutsideError("person")
        found: dict[str, str] = {}
        for child in element:
            if child.tag not in _PERSON or (child.tail or "").strip():
                raise OutsideError(str(child.tag))
            self._put(found, etree.QName(child).localname, _text(child).strip())
        return found
