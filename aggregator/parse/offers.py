"""What a page offers to a crawler: feeds, interfaces of its content system, the system itself.

Pure: everything is read from one page. `aggregator.discover` asks the addresses.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from aggregator import urls
from aggregator.model import Page
from aggregator.parse import facts, listing
from aggregator.parse.presets import PRESETS
from aggregator.parse.soup import soup as tree_of
from aggregator.text import html
from aggregator.text.charset import decode

MAX_CHARS = 5_000_000
MIN_LISTED = 3  # fewer teasers are a box beside something else
_GENERATORS = (  # name of a content system <- what it calls itself in meta generator
    ("gsb", re.compile(r"government\s*site\s*builder|\bGSB\b", re.IGNORECASE)),
    ("typo3", re.compile(r"\bTYPO3\b", re.IGNORECASE)),
    ("joomla", re.compile(r"\bJoomla", re.IGNORECASE)),
    ("wordpress", re.compile(r"\bWordPress\b", re.IGNORECASE)),
    ("discourse", re.compile(r"\bDiscourse\b", re.IGNORECASE)),
    ("mediawiki", re.compile(r"\bMediaWiki\b", re.IGNORECASE)),
    ("ckan", re.compile(r"\bckan\b", re.IGNORECASE)),
    ("ikiss", re.compile(r"\bikiss\b", re.IGNORECASE)),
    ("gitlab", re.compile(r"\bGitLab\b")),
    ("ratsinfo", re.compile(r"\bALLRIS\b|\bSessionNet\b|\bSD\.?NET\b|more! ?rubin", re.IGNORECASE)),
)
# What council information systems call themselves in the title of every page.
_COUNCIL = re.compile(
    r"(?:Rats|Kreis|Kreistags|Bürger|Gremien|Sitzungs)info(?:rmation)?(?:s?system|s?portal|s?dienst"
    r"|management)?\b|\bSessionNet\b|\bALLRIS\b", re.IGNORECASE,
)  # fmt: skip
_MARKS = (  # content system <- marks in the page where it does not call itself anything
    ("confluence", "//meta[@name='ajs-base-url' or @name='ajs-page-id'"
                   " or @name='confluence-base-url']"),
    ("confluence", "//a[contains(@href, '/pages/viewpage.action?pageId=')]"),
    ("confluence-static", "//div[contains(@class, 'wiki-content')]"),
    ("gsb", "//a[contains(@href, 'SharedDocs/') or contains(@href, 'SiteGlobals/')"
            " or contains(@href, '-node.html')]"),
    ("wordpress", "//link[@rel='https://api.w.org/'] | //link[contains(@href, '/wp-content/')]"),
    ("typo3", "//link[contains(@href, '/typo3temp/') or contains(@href, '/typo3conf/')]"
              " | //script[contains(@src, '/typo3temp/') or contains(@src, '/typo3conf/')]"),
    ("joomla", "//script[contains(@src, '/media/system/js/')"
               " or contains(@class, 'joomla-script')]"),
    ("ikiss", "//a[contains(@href, 'ModID=') and contains(@href, 'FID=')]"),
    ("mediawiki", "//link[@rel='EditURI']"),
    ("ckan", "//body[@data-site-root and @data-locale-root]"),
    ("gitlab", "//meta[@property='og:site_name' and @content='GitLab']"),
)  # fmt: skip
_FEED_ADDRESS = re.compile(
    r"(?:rss|atom|feed)[\w-]*\.(?:xml|rdf|json)|\.(?:rss|atom|rdf)$|/(?:rss|atom|feed)s?/?$"
    r"|[?&](?:format=feed|feed=|type=(?:rss|100|9818)\b)|rssnewsfeed|/rss/",
    re.IGNORECASE,
)
_FEED_WORD = re.compile(r"\b(?:RSS|Atom|Newsfeed|Feed)\b", re.IGNORECASE)
_FILE = re.compile(r"\.(?:xml|rdf|rss|atom|json)$", re.IGNORECASE)
_OPARL = re.compile(r"/oparl(?:/.*)?/system(?:\.asp|\.php)?/?$|/oparl/?$", re.IGNORECASE)
_COMMENTS = re.compile(r"\bcomments?\b|kommentar|/comments/", re.IGNORECASE)
_FORMAT = re.compile(r"\b(?:rss|atom|rdf|xml|json|feed)\b|[\d.]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An address that may be a source, and what speaks for it."""

    kind: str  # a kind of source
    url: str
    evidence: str
    title: str = ""
    preset: str | None = None
    also: tuple[str, ...] = ()  # further addresses of the same thing


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """What one page offers, best first, and the content systems that it bears the marks of."""

    systems: tuple[tuple[str, str], ...]  # name, evidence
    offers: tuple[Offer, ...]
    dropped: tuple[Offer, ...]  # feeds that are not the news: comments
    title: str = ""


def candidates(page: Page) -> Offers:
    """Return what a web page offers.

    Args:
        page: HTML; its address is what relative links belong to.
    """
    text = decode(page.body, page.charset, page.media_type)[:MAX_CHARS]
    root = html.tree(text)
    if root is None:
        return Offers(systems=(), offers=(), dropped=())
    base = html.base_of(root, page.final_url)
    systems = tuple(_systems(root))
    feeds = _folded([*_linked_feeds(root, base), *_anchored_feeds(root, base, page.final_url)])
    news = tuple(feed for feed in feeds if not _is_comments(feed))
    found = (*_interfaces(root, base, page.final_url, systems), *news, *_listings(text, page))
    return Offers(
        systems=systems,
        offers=tuple({offer.url: offer for offer in reversed(found)}.values())[::-1],
        dropped=tuple(feed for feed in feeds if _is_comments(feed)),
        title=" ".join(next((t.text_content() for t in root.iter("title")), "").split()),
    )


# --- content systems -----------------------------------------------------------------------


def _systems(root: HtmlElement) -> Iterator[tuple[str, str]]:
    """Yield content systems, those that name themselves first."""
    seen = set()
    for element in root.iter("meta"):
        content = element.get("content") or ""
        if (element.get("name") or "").lower() != "generator":
            continue
        for name, pattern in _GENERATORS:
            if pattern.search(content) and name not in seen:
                seen.add(name)
                yield name, f"meta generator: {content.strip()[:80]}"
    title = " ".join(next((t.text_content() for t in root.iter("title")), "").split())
    if "ratsinfo" not in seen and (named := _COUNCIL.search(title)):
        yield "ratsinfo", f"Titel der Seite: {named[0]}"
    for name, path in _MARKS:
        if name not in seen and not (name == "confluence-static" and "confluence" in seen):
            found = [e for e in root.xpath(path) if "://" not in (e.get("href") or "")
                     or e.tag != "a"]  # fmt: skip
            if len(found) >= (MIN_LISTED if path.startswith("//a") else 1):
                seen.add(name)
                yield name, f"{len(found)} × {found[0].tag} mit Merkmalen von {name}"


def _interfaces(
    root: HtmlElement, base: str, address: str, systems: tuple[tuple[str, str], ...]
) -> Iterator[Offer]:
    """Yield the interfaces of the content systems that a page comes from."""
    home = f"{urlsplit(address).scheme}://{urlsplit(address).netloc}/"
    told = dict(reversed(systems))
    if "discourse" in told:
        yield Offer(kind="discourse", url=home, evidence=told["discourse"])
    if "confluence" in told:
        stated = _meta(root, "ajs-base-url") or _meta(root, "confluence-base-url")
        yield Offer(kind="confluence", url=stated or home, evidence=told["confluence"])
    elif "confluence-static" in told:
        yield Offer(kind="confluence-static", url=address, evidence=told["confluence-static"])
    for element in root.iter("link"):
        rel = (element.get("rel") or "").lower()
        link = urls.resolve(base, element.get("href") or "")
        if link and rel == "https://api.w.org/":
            site = re.split(r"/wp-json\b|\?rest_route=", link)[0].rstrip("/") + "/"
            yield Offer(kind="wordpress", url=site, evidence="link rel=https://api.w.org/")
        elif link and rel == "edituri":
            yield Offer(kind="mediawiki", url=link.partition("?")[0], evidence="link rel=EditURI")
    if "ckan" in told:
        yield Offer(kind="ckan", url=home, evidence=told["ckan"])
    yield from _council(root, base, home)
    if "gitlab" in told:
        yield Offer(kind="gitlab", url=address, evidence=told["gitlab"])


def _council(root: HtmlElement, base: str, home: str) -> Iterator[Offer]:
    """Yield the links that look like one to the OParl interface of the same host."""
    for anchor in root.iter("a"):
        link = urls.resolve(base, anchor.get("href") or "")
        if link and _OPARL.search(urlsplit(link).path) and urls.host_of(link) == urls.host_of(home):
            yield Offer(kind="oparl", url=link, evidence="Verweis im Text der Seite")


def _meta(root: HtmlElement, name: str) -> str | None:
    found = root.xpath("//meta[@name=$name]/@content", name=name)
    return str(found[0]) if found and urlsplit(str(found[0])).scheme in ("http", "https") else None


# --- feeds ---------------------------------------------------------------------------------


def _linked_feeds(root: HtmlElement, base: str) -> Iterator[Offer]:
    for feed in facts.feeds(root, base):
        yield Offer(
            kind="feed", url=urls.tidy(feed.url), title=feed.title, evidence="link rel=alternate"
        )


def _anchored_feeds(root: HtmlElement, base: str, address: str) -> Iterator[Offer]:
    """Yield the links that look like one to a feed of the same site."""
    host = urls.host_of(address).removeprefix("www.")
    for anchor in root.iter("a"):
        url = urls.resolve(base, anchor.get("href") or "")
        words = " ".join(anchor.text_content().split())[:120]
        if not url or urls.host_of(url).removeprefix("www.") != host:
            continue
        path = urlsplit(url).path
        named = _FEED_WORD.search(f"{words} {anchor.get('title') or ''}") and _FILE.search(path)
        if named or _FEED_ADDRESS.search(url):
            yield Offer(
                kind="feed", url=urls.tidy(url), title=words, evidence="Verweis im Text der Seite"
            )


def _folded(feeds: list[Offer]) -> list[Offer]:
    """Fold feeds that are one in several formats: same site, same name but for the format."""
    kept: dict[tuple[str, str], Offer] = {}
    for feed in feeds:
        key = (urls.host_of(feed.url), _FORMAT.sub("", feed.title).strip().lower())
        if not feed.title or not key[1]:
            key = (urls.host_of(feed.url), _FORMAT.sub("", urlsplit(feed.url).path).strip("/."))
        first = kept.setdefault(key, feed)
        if feed.url != first.url and feed.url not in first.also:
            kept[key] = Offer(kind=first.kind, url=first.url, title=first.title,
                              evidence=first.evidence, also=(*first.also, feed.url))  # fmt: skip
    return list(kept.values())


def _is_comments(feed: Offer) -> bool:
    return bool(_COMMENTS.search(f"{feed.title} {urlsplit(feed.url).path}"))


# --- listings ------------------------------------------------------------------------------


def _listings(text: str, page: Page) -> Iterator[Offer]:
    """Yield the page itself where a preset finds a list on it."""
    soup = tree_of(text)
    preset = listing.recognise(soup)
    if preset is None:
        return
    count = len(soup.select(PRESETS[preset].item, limit=listing.MAX_ITEMS))
    if count >= MIN_LISTED:
        yield Offer(kind="listing", url=page.final_url, preset=preset,
                    evidence=f"{count} Einträge nach der Vorgabe {preset}")  # fmt: skip
