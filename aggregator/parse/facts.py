"""What a page says about itself for machines: JSON-LD, microdata, meta elements, headers.

Strongest first: JSON-LD and microdata (evidence `structured`), then Open Graph, Dublin Core and
their kin (evidence `meta`). Nothing is guessed here.
"""

import json
import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from lxml.html import HtmlElement

from aggregator import dates
from aggregator.clock import instant
from aggregator.model import Evidence, FeedLink, Policy, When
from aggregator.urls import host_of, resolve

_ARTICLE = re.compile(r"(?:Article|Posting|Report|Speech|PressRelease|Event|FAQPage|QAPage)$")
_PAGE = re.compile(r"(?:WebPage|ItemPage|CreativeWork|Document)$")
# What others said below or beside the article has dates of its own.
_FOREIGN = frozenset({"comment", "review", "video", "image", "isPartOf", "publisher", "author"})
_PUBLISHED_META = (
    "article:published_time", "og:article:published_time", "og:published_time", "datepublished",
    "article:published", "og:release_date", "dcterms.issued", "dc.date.issued", "dcterms.created",
    "dc.date.created", "citation_publication_date", "citation_date",
    "sailthru.date", "parsely-pub-date", "cxenseparse:recs:publishtime", "vr:published_time",
    "pubdate", "publish-date", "publish_date", "publication_date", "article_date_original",
)  # fmt: skip
# Systems write the day of the last change into these as often as that of publication.
_VAGUE_META = ("dcterms.date", "dc.date", "date")
_UPDATED_META = (
    "article:modified_time", "og:updated_time", "datemodified", "dcterms.modified",
    "dc.date.modified", "last-modified",
)  # fmt: skip
_MIDNIGHT = re.compile(r"^(\d{4}-\d\d-\d\d)[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+-]\d\d:?\d\d)?$")
_WRITTEN_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json",
               "application/rdf+xml")  # fmt: skip
_WITH_VALUE = frozenset(
    {"max-snippet", "max-image-preview", "max-video-preview", "unavailable_after"}
)
_FORBIDS = frozenset({"noindex", "nosnippet", "none"})
_NO_COPY = frozenset({"noarchive", "nocache"})
_OUR_NAME = "querverweis"  # in robots.txt, too
_MAX_JSON_CHARS = 1_000_000
_MAX_NODES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the page declares."""

    title: str | None = None
    title_rule: str = ""
    site_name: str | None = None
    published: When | None = None
    dated: When | None = None  # by a name that may mean the last change
    updated_at: str | None = None
    authors: tuple[str, ...] = ()
    language: str | None = None
    is_faq: bool = False


def declared(root: HtmlElement, *, zone: str, now: str) -> Facts:
    """Return what structured data and meta elements say.

    Args:
        root: The page.
        zone: Where zone-less times belong.
        now: RFC 3339; dates after it are rejected.
    """
    nodes = sorted(islice(_nodes(root), _MAX_NODES), key=_rank)
    meta = _metas(root)
    best = nodes[0] if nodes and _rank(nodes[0]) < 2 else {}
    headline = _text(best.get("headline"))
    title = headline or meta.get("og:title") or meta.get("twitter:title") or meta.get("dc.title")
    return Facts(
        title=title,
        title_rule="json-ld headline" if headline else "meta og:title",
        site_name=meta.get("og:site_name") or meta.get("application-name"),
        published=_published(root, nodes, meta, zone, now),
        dated=_from_meta(_VAGUE_META, meta, zone, now),
        updated_at=_updated(nodes, meta, zone, now),
        authors=_authors(best, meta),
        language=_language(root, best),
        is_faq=any("FAQPage" in _types(node) for node in nodes),
    )


def day_or_instant(value: object, *, zone: str, now: str) -> str | None:
    """Read a machine-readable date.

    A midnight that a system made up becomes its day. So does an instant whose day, as written in
    the publisher's own zone, is neither that of UTC nor that of `zone`: readers know the article
    by the day that stands on it.
    """
    text = _text(value)
    if not text or len(text) > 80:
        return None
    if midnight := _MIDNIGHT.match(text):
        text = midnight[1]
    at = dates.parse(text, zone=zone, now=now)
    if not at or len(at) == len("YYYY-MM-DD") or not (written := _WRITTEN_DAY.match(text)):
        return at
    local = instant(at).astimezone(ZoneInfo(zone)).date().isoformat()
    return at if written[0] in (at[:10], local) else written[0]


def _published(
    root: HtmlElement, nodes: list[dict[str, Any]], meta: Mapping[str, str], zone: str, now: str
) -> When | None:
    stated = [node.get("datePublished") for node in nodes]
    stated += [e.get("content") or e.get("datetime") or e.text_content()
               for e in root.xpath('//*[@itemprop="datePublished"]')[:3]]  # fmt: skip
    for value in stated:
        if at := day_or_instant(value, zone=zone, now=now):
            return When(at=at, evidence=Evidence.STRUCTURED)
    return _from_meta(_PUBLISHED_META, meta, zone, now)


def _from_meta(names: tuple[str, ...], meta: Mapping[str, str], zone: str, now: str) -> When | None:
    for name in names:
        if at := day_or_instant(meta.get(name), zone=zone, now=now):
            return When(at=at, evidence=Evidence.META)
    return None


def _updated(
    nodes: list[dict[str, Any]], meta: Mapping[str, str], zone: str, now: str
) -> str | None:
    stated = [node.get("dateModified") for node in nodes] + [meta.get(n) for n in _UPDATED_META]
    return next((at for v in stated if (at := day_or_instant(v, zone=zone, now=now))), None)


def _authors(node: Mapping[str, Any], meta: Mapping[str, str]) -> tuple[str, ...]:
    stated = node.get("author") or meta.get("author") or meta.get("dc.creator")
    several = stated if isinstance(stated, list) else [stated]
    names = (_text(one.get("name") if isinstance(one, dict) else one) for one in several)
    return tuple(dict.fromkeys(name for name in names if name and "://" not in name))


def _language(root: HtmlElement, node: Mapping[str, Any]) -> str | None:
    stated = root.get("lang") or root.get("xml:lang") or _text(node.get("inLanguage")) or ""
    found = re.match(r"[A-Za-z]{2,3}(?=[-_]|$)", stated.strip())
    return found[0].lower() if found else None


def _nodes(root: HtmlElement) -> Iterator[dict[str, Any]]:
    """Yield the JSON-LD objects of the page, without those about other things."""
    for script in root.iter("script"):
        if "ld+json" not in (script.get("type") or "").lower():
            continue
        text = (script.text or "")[:_MAX_JSON_CHARS].strip().removeprefix("<!--")
        try:
            waiting = deque([json.loads(text.removesuffix("-->"), strict=False)])
        except (ValueError, RecursionError):
            continue
        while waiting:
            value = waiting.popleft()
            if isinstance(value, list):
                waiting.extend(value)
            elif isinstance(value, dict):
                yield value
                waiting.extend(v for k, v in value.items()
                               if k not in _FOREIGN and isinstance(v, dict | list))  # fmt: skip


def _types(node: Mapping[str, Any]) -> tuple[str, ...]:
    stated = node.get("@type")
    several = stated if isinstance(stated, list) else [stated]
    return tuple(name for name in several if isinstance(name, str))


def _rank(node: Mapping[str, Any]) -> int:
    types = _types(node)
    if any(_ARTICLE.search(name) for name in types):
        return 0
    return 1 if any(_PAGE.search(name) for name in types) else 2


def _text(value: object) -> str | None:
    if isinstance(value, list) and value:
        value = value[0]
    return " ".join(value.split()) or None if isinstance(value, str) else None


def _metas(root: HtmlElement) -> dict[str, str]:
    """Return the first non-empty content of every meta element, by lower-case name."""
    found: dict[str, str] = {}
    for element in root.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop")
        content = _text(element.get("content"))
        if name and content:
            found.setdefault(name.strip().lower(), content)
    return found


def aliases(root: HtmlElement, base: str, address: str) -> tuple[str, ...]:
    """Return further addresses of the page on its own host: rel=canonical, then og:url."""
    stated = [e.get("href") for e in root.iter("link") if "canonical" in _relations(e)]
    stated.append(_metas(root).get("og:url"))
    found = (resolve(base, href) for href in stated if href)
    home = host_of(address).removeprefix("www.")
    return tuple(
        dict.fromkeys(
            url for url in found
            if url and url != address and host_of(url).removeprefix("www.") == home
        )
    )  # fmt: skip


def feeds(root: HtmlElement, base: str) -> tuple[FeedLink, ...]:
    """Return the feeds that a page offers (`<link rel=alternate>` with a feed type)."""
    found: dict[str, FeedLink] = {}
    for element in root.iter("link"):
        kind = (element.get("type") or "").split(";")[0].strip().lower()
        url = resolve(base, element.get("href") or "") if kind in _FEED_TYPES else None
        if url and _relations(element) & {"alternate", "feed"}:
            title = _text(element.get("title")) or ""
            found.setdefault(url, FeedLink(url=url, title=title, type=kind, evidence="link"))
    return tuple(found.values())


def _relations(element: HtmlElement) -> set[str]:
    return set((element.get("rel") or "").lower().split())


def restriction(
    root: HtmlElement | None, headers: Mapping[str, str]
) -> tuple[Policy | None, int | None]:
    """Return how far the page or its headers tighten the policy, and the longest snippet.

    A file has no `root`; then only the headers speak.

    | said | policy |
    |---|---|
    | `noindex`, `nosnippet`, `none`, `max-snippet:0` | link |
    | `tdm-reservation` 1: meta element, else header (TDMRep, W3C CG 2024) | link |
    | `noarchive`, `nocache` | excerpt: text and versions of a page are a copy of it |
    | `max-snippet:N` | as it was, the excerpt at most N characters |

    The directives are those that search engines document, as `robots` or under our own name, as
    meta element or X-Robots-Tag. `unavailable_after` is left alone: it speaks of results that
    outlive their page, and we visit pages to see whether they live.
    """
    directives = _directives(headers.get("x-robots-tag", ""))
    reserved = headers.get("tdm-reservation", "")
    if root is not None:
        for element in root.iter("meta"):
            if (element.get("name") or "").strip().lower() in ("robots", _OUR_NAME):
                directives |= _directives(element.get("content") or "")
        reserved = _metas(root).get("tdm-reservation") or reserved
    limits = [int(d[len("max-snippet:"):]) for d in directives
              if re.fullmatch(r"max-snippet:[0-9]{1,9}", d)]  # fmt: skip
    if directives & _FORBIDS or "1" in re.split(r"[,\s]+", reserved) or 0 in limits:
        return Policy.LINK, None
    return Policy.EXCERPT if directives & _NO_COPY else None, min(limits, default=None)


def _directives(text: str) -> set[str]:
    """Return the directives meant for us; `otherbot: noindex` binds only that robot.

    Args:
        text: The content of a meta element, or X-Robots-Tag with a line for each header: the
            name of a robot holds until the end of its header.
    """
    found: set[str] = set()
    for line in text.lower().splitlines():
        for_us = True
        for part in line.split(","):
            name, colon, rest = (piece.strip() for piece in part.partition(":"))
            if colon and name in _WITH_VALUE:
                name = f"{name}:{rest}"
            elif colon and re.fullmatch(r"\*|[a-z][\w-]*", name):
                for_us, name = name in ("*", _OUR_NAME), rest
            if for_us and name:
                found.add(name)
    return found
