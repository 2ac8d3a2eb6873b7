"""RSS 0.9x to 2.0, RDF, Atom and CDF through feedparser; JSON Feed through `feed_json`.

feedparser finds the elements. What it gets wrong is done here and in `feed_bytes`, `feed_parts`:
charset lies, dates (it knows neither CET nor German months), references escaped twice, bombs.
HTML is not sanitised: only plain text leaves this module.

An Atom entry without `published` is dated by its `updated`, the only date that it has; `found_by`
says so.
"""

import io
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import feedparser.api

from aggregator import dates
from aggregator.errors import ParseError
from aggregator.model import (
    Code,
    Entry,
    Evidence,
    ItemKind,
    Link,
    Page,
    Parsed,
    Problem,
    Source,
    When,
)
from aggregator.parse import feed_choice, feed_fast, sniff
from aggregator.parse.feed_bytes import MAX_ENTRIES, charset_of, prepared
from aggregator.parse.feed_json import parse_json_feed
from aggregator.parse.feed_parts import THIN_CHARS, distinct, is_audio, line, prose
from aggregator.urls import host_of, resolve

MAX_BYTES = 16 * 2**20  # uncompressed
MAX_TTL = timedelta(days=7)

_parse: Callable[..., Any] = feedparser.api.parse
_MAIL = re.compile(r"[^\s@<>()]+@[^\s@<>()]+")
_WORDPRESS_GUID = re.compile(r"[?&]p=\d+")
_PERIODS = {"hourly": 1, "daily": 24, "weekly": 168, "monthly": 720, "yearly": 8760}
# What feedparser raises on input that neither of its two parsers survives.
_FAULTS = (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError)


def parse_feed(source: Source, page: Page) -> Parsed:
    """Read a feed.

    Returns:
        Entries in document order, not deduplicated; at most `MAX_ENTRIES`, then with a TOO_LARGE
        problem, as when the document ends in the middle. EMPTY when there is no entry.

    Raises:
        ParseError: EMPTY (no bytes), FEED_IS_HTML, LOGIN, TOO_LARGE, DECODE_FAILED,
            DOCUMENT_REFUSED (entity bomb) or PARSE_FAILED (no feed at all).
    """
    body = sniff.whole(page.body, MAX_BYTES)
    where = page.final_url
    if not body.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        raise ParseError(
            "Die Antwort ist leer",
            code=Code.EMPTY,
            where=where,
            remedy="Beim nächsten Abruf noch einmal versuchen",
        )
    head = sniff.head_of(body)
    if sniff.is_json(head):
        return parse_json_feed(source, replace(page, body=body), limit=MAX_ENTRIES)
    sniff.refuse_html(body, head, wanted="des Feeds", where=where)
    body, shortened = prepared(body, where)
    if not shortened and feed_choice.allows_fast(source.id):
        found = feed_fast.read(body, page.charset)
        if found is not None:
            return _watched(source, page, body, found)
    return _by_feedparser(source, page, body, shortened=shortened)


def _watched(source: Source, page: Page, body: bytes, found: Mapping[str, Any]) -> Parsed:
    """Return what the fast path found, or what feedparser finds where the two differ."""
    parsed = _parsed(source, page, found, _problems(found, body, page, shortened=False))
    if not feed_choice.is_to_be_checked(found["shape"]):
        return parsed
    expected = _by_feedparser(source, page, body, shortened=False)
    if parsed != expected:
        feed_choice.distrust(source.id)
    return expected


def _by_feedparser(source: Source, page: Page, body: bytes, *, shortened: bool) -> Parsed:
    found = _feedparser(body, page)
    if not found.get("version") and not found["entries"]:
        raise ParseError(
            "Das Dokument ist kein Feed, den wir kennen",
            where=page.final_url,
            remedy="RSS, Atom oder JSON Feed erwartet; die Adresse prüfen",
        )
    return _parsed(source, page, found, _problems(found, body, page, shortened=shortened))


def _parsed(
    source: Source, page: Page, found: Mapping[str, Any], problems: Iterable[Problem]
) -> Parsed:
    reader = _Reader(source, page, found["feed"])
    return Parsed(
        entries=tuple(reader.entry(dict(raw)) for raw in found["entries"]),
        ttl=_ttl(found["feed"]),
        title=line(found["feed"].get("title") or "", markup=True) or None,
        problems=tuple(problems),
    )


def _feedparser(body: bytes, page: Page) -> Any:
    charset = charset_of(body, page.charset)
    # No base address is given: feedparser would resolve guids too, and an id must stay as given.
    headers = {"content-type": f"application/xml; charset={charset}" if charset
               else "application/xml"}  # fmt: skip
    try:
        return _parse(
            io.BytesIO(body),  # never a string: feedparser would take it for a file or an address
            response_headers=headers,
            sanitize_html=False,
            resolve_relative_uris=False,  # of bodies; their links are resolved by `prose`
        )
    except _FAULTS as error:
        raise ParseError(
            "Der Feed ist so fehlerhaft, dass er nicht lesbar ist",
            where=page.final_url,
            remedy="Den Betreiber fragen",
        ) from error


def _problems(
    found: Mapping[str, Any], body: bytes, page: Page, *, shortened: bool
) -> Iterable[Problem]:
    where = page.final_url
    if shortened:
        yield Problem(code=Code.TOO_LARGE, where=where,
                      message=f"Nur die ersten {MAX_ENTRIES} Einträge wurden gelesen")  # fmt: skip
    elif found.get("bozo") and not _ends(body):
        yield Problem(code=Code.TRUNCATED, where=where,
                      message="Der Feed bricht mitten im Dokument ab")  # fmt: skip
    if not found["entries"]:
        yield Problem(code=Code.EMPTY, where=where, message="Der Feed hat keine Einträge")


def _ends(body: bytes) -> bool:
    """Whether the root element is closed somewhere."""
    root = sniff.root_of(sniff.head_of(body))
    if body.startswith(sniff.EBCDIC):
        body = body.decode("cp037").encode("utf-8")
    flat = body.replace(b"\0", b"")
    end = rb"</(?:[\w.-]+:)?" + re.escape(root.encode()) + rb"\s*>"
    return re.search(end, flat, re.IGNORECASE) is not None


def _ttl(feed: Mapping[str, Any]) -> timedelta | None:
    """Return how long the publisher wants to be left alone (RSS `ttl`, RSS 1.0 `sy:`)."""
    minutes = str(feed.get("ttl") or "").strip()
    if minutes.isdecimal():
        return min(timedelta(minutes=min(int(minutes), 10**6)), MAX_TTL) or None
    hours = _PERIODS.get(str(feed.get("sy_updateperiod") or "").strip().lower())
    if hours is None:
        return None
    times = str(feed.get("sy_updatefrequency") or "").strip()
    often = int(times) if times.isdecimal() and len(times) < 5 else 1
    return min(timedelta(hours=hours) / max(often, 1), MAX_TTL)


# --- entries -------------------------------------------------------------------------------


class _Reader:
    """Turns feedparser's entries into ours, for one document.

    `dict` access goes past feedparser's own lookups, which substitute one date for another.
    """

    def __init__(self, source: Source, page: Page, feed: Mapping[str, Any]) -> None:
        self._zone, self._now = source.timezone, page.now
        self._base = page.final_url
        self._language = _language(feed.get("language"))

    def entry(self, raw: dict[str, Any]) -> Entry:
        """Return one entry."""
        enclosures = [e for e in map(dict, raw.get("links") or ()) if e.get("rel") == "enclosure"]
        url = self._address(raw, enclosures)
        text, summary, links, is_full = self._body(raw, url or self._base)
        updated = self._date(raw, "updated")
        published, rule = self._published(raw, updated)
        title = dict(raw.get("title_detail") or ())
        return Entry(
            entry_id=(raw.get("id") or "").strip() or None,
            url=url,
            title=line(raw.get("title") or "", markup=_is_markup(title)) or None,
            text=text,
            summary=summary,
            published=When(at=published, evidence=Evidence.FEED) if published else None,
            updated_at=updated,
            authors=_authors(raw),
            kind=_kind(enclosures),
            language=_language(title.get("language")) or self._language,
            links=links,
            aliases=_aliases(raw, url),
            found_by={"published": rule} if published else {},
            thin=not is_full and len(text) < THIN_CHARS,
        )

    def _address(self, raw: dict[str, Any], enclosures: list[dict[str, Any]]) -> str | None:
        """Return the link, else what is attached.

        A guid without a link is taken for one by feedparser; it must look like an address. Where
        nobody knows the feed's own address (a file that is looked at), a link stays as written.
        """
        link = raw.get("link") or ""
        if link == raw.get("id") and "://" not in link:
            link = ""
        for address in (link, *(e.get("href") for e in enclosures)):
            if address and (url := resolve(self._base, address)):
                return url
        return None if self._base else link.strip() or None

    def _body(self, raw: dict[str, Any], base: str) -> tuple[str, str, tuple[Link, ...], bool]:
        """Return text, summary, links and whether there was a content element."""
        detail = dict(raw.get("summary_detail") or ())
        short, short_links = prose(raw.get("summary") or "", self._inner(detail, base),
                                   markup=_is_markup(detail))  # fmt: skip
        contents = [c for c in map(dict, raw.get("content") or ()) if c.get("value")]
        if not contents:
            return short, short, short_links, False
        longest = max(contents, key=lambda c: len(c["value"]))
        text, links = prose(longest["value"], self._inner(longest, base),
                            markup=_is_markup(longest))  # fmt: skip
        if len(text) < len(short):
            return short, short, short_links, True
        return text, short, links, True

    def _inner(self, detail: Mapping[str, Any], base: str) -> str:
        """Return what links in a body belong to: `xml:base`, else the entry, not the feed."""
        declared = detail.get("base")
        return (resolve(self._base, declared) if declared else None) or base

    def _published(self, raw: dict[str, Any], updated: str | None) -> tuple[str | None, str]:
        for name in ("published", "created"):
            if at := self._date(raw, name):
                return at, name
        return updated, "updated"

    def _date(self, raw: dict[str, Any], name: str) -> str | None:
        # feedparser's own reading takes CET for UTC and fills gaps from the present month.
        return dates.parse(raw.get(name) or "", zone=self._zone, now=self._now)


def _is_markup(detail: Mapping[str, Any]) -> bool:
    return "html" in (detail.get("type") or "")


def _language(tag: object) -> str | None:
    """Return the language of a tag such as `de-DE`, None when there is none."""
    text = str(tag or "").strip().lower().partition("-")[0].partition("_")[0]
    return text if text.isalpha() and 2 <= len(text) <= 3 else None


def _authors(raw: dict[str, Any]) -> tuple[str, ...]:
    """Return names; mail addresses of people are not collected.

    feedparser takes addresses apart as if top-level domains had four letters at most: from
    `amt@stadt.bayern` it leaves a person called "rn". So the last author is read as written.
    """
    names = [person.get("name") or "" for person in raw.get("authors") or ()]
    written = raw.get("author") or ""
    if "@" in written:
        names = [*names[:-1], _MAIL.sub(" ", written).strip(" ()<>,;:")]
    return distinct(line(name, markup=True) for name in names if "@" not in name)


def _kind(enclosures: Iterable[Mapping[str, Any]]) -> ItemKind | None:
    heard = any(is_audio(e.get("type") or "", e.get("href") or "") for e in enclosures)
    return ItemKind.PODCAST if heard else None


def _aliases(raw: dict[str, Any], url: str | None) -> tuple[str, ...]:
    """Return further addresses: a permanent guid, what a feed service hides, WordPress's `?p=`."""
    guid = (raw.get("id") or "").strip()
    candidates = [raw.get("feedburner_origlink") or ""]
    if raw.get("guidislink") or (
        _WORDPRESS_GUID.search(guid) and url and host_of(guid) == host_of(url)
    ):
        candidates.append(guid)
    found = (resolve("", candidate) for candidate in candidates if candidate)
    return distinct(address for address in found if address and address != url)
