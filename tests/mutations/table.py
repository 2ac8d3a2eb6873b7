"""The mutations: what a source says three days later, and the one right end of that run.

`changed` is how many items have a new version: 0 where nothing was edited, None where the
publisher did edit them. No mutation brings a new item, and none loses one.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from aggregator.model import Code, RunState
from tests.mutations import changes as c
from tests.mutations.sites import Site, feed, forum, json_feed, listing, sitemap, wiki
from tests.scripted import Answer

OK, SUSPECT, FAILED = RunState.OK, RunState.SUSPECT, RunState.FAILED
LIST_2 = "/liste?currentPage=2&cHash=ab"
ERROR_JSON = json.dumps({"error": {"code": 500, "message": "Internal error"}})


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """One way to change a site, and how a run on it must end."""

    name: str
    site: Callable[[str], Site]
    change: Callable[[Site], Site]
    state: RunState = OK
    reason: Code | None = None
    changed: int | None = 0


def root(name: str, site: Callable[[str], Site], change: c.Change, *end: object) -> Mutation:
    """A mutation of the address in the source list; `end` is state, reason, changed."""
    return at(name, site, "", change, *end)


def at(
    name: str, site: Callable[[str], Site], path: str, change: c.Change, *end: object
) -> Mutation:
    """A mutation of one address."""
    fields = dict(zip(("state", "reason", "changed"), end, strict=False))
    return Mutation(name=name, site=site,
                    change=lambda s: s.at(path or s.root, change), **fields)  # type: ignore[arg-type]  # fmt: skip


def pages(
    name: str, change: c.Change, state: RunState = OK, reason: Code | None = None
) -> Mutation:
    """A mutation of every page behind a sitemap, none of which was edited."""
    return Mutation(name=name, site=sitemap, state=state, reason=reason,
                    change=lambda s: s.everywhere(lambda _, answer: change(answer)))  # fmt: skip


def with_path(path: str, answer: Answer) -> Callable[[Site], Site]:
    """Add an address."""
    return lambda site: replace(site, paths={**site.paths, path: answer})


def both(*steps: Callable[[Site], Site]) -> Callable[[Site], Site]:
    """Several changes in a row."""

    def change(site: Site) -> Site:
        for step in steps:
            site = step(site)
        return site

    return change


def cp1252(content: bytes) -> bytes:
    """The bytes of Windows under the old declaration."""
    return content.decode().encode("cp1252")


FEEDS = [
    root("feed-page", feed, c.instead("<!doctype html><title>Neu</title><h1>Neue Seite</h1>"),
         SUSPECT, Code.FEED_IS_HTML),
    root("feed-login", feed, c.instead(c.LOGIN), RunState.LOGIN, Code.LOGIN),
    root("feed-captcha", feed, c.instead(c.CAPTCHA), SUSPECT, Code.FEED_IS_HTML),
    root("feed-cookies", feed, c.instead(c.COOKIES), RunState.NEEDS_COOKIE, Code.NEEDS_COOKIE),
    root("feed-maintenance", feed, c.instead(c.MAINTENANCE), SUSPECT, Code.FEED_IS_HTML),
    root("feed-soft-404", feed, c.instead(c.MISSING), SUSPECT, Code.FEED_IS_HTML),
    root("feed-no-bytes", feed, c.instead(b"", "application/rss+xml"), SUSPECT, Code.EMPTY),
    root("feed-emptied", feed, c.without(c.ITEM, slice(0)), SUSPECT, Code.EMPTY),
    root("feed-newest-gone", feed, c.without(c.ITEM, slice(6, None)), SUSPECT, Code.MASS_VANISH),
    root("feed-oldest-gone", feed, c.without(c.ITEM, slice(4)), SUSPECT, Code.MASS_VANISH),
    root("feed-cut", feed, c.first_half, SUSPECT, Code.TRUNCATED),
    root("feed-half-gzip", feed, c.half_gzipped, FAILED, Code.TRUNCATED),
    root("feed-no-gzip", feed, c.not_gzipped, RunState.UNCHANGED),
    root("feed-silent-gzip", feed, c.gzipped),
    root("feed-redirect-loop", feed, c.status(302, Location="/feed.xml"),
         FAILED, Code.REDIRECT_LOOP),
    root("feed-to-login", feed, c.status(302, Location="/login?ziel=feed"),
         RunState.LOGIN, Code.LOGIN),
    root("feed-401", feed, c.status(401), RunState.LOGIN, Code.LOGIN),
    root("feed-403", feed, c.status(403), RunState.DENIED, Code.HTTP_ERROR),
    root("feed-404", feed, c.status(404), FAILED, Code.HTTP_ERROR),
    root("feed-410", feed, c.status(410), RunState.GONE, Code.HTTP_ERROR),
    root("feed-429", feed, c.status(429, Retry_After="3600"), FAILED, Code.HTTP_ERROR),
    root("feed-500", feed, c.status(500), FAILED, Code.HTTP_ERROR),
    root("feed-503", feed, c.status(503, Retry_After="7200"), FAILED, Code.HTTP_ERROR),
    root("feed-shuffled", feed, c.mixed(c.ITEM)),
    root("feed-doubled", feed, c.doubled(c.ITEM)),
    root("feed-charset-lied", feed, c.body(cp1252)),
    root("feed-new-guids", feed, c.sub(r"urn:m:(\d+)", r"urn:neu:\1")),
    root("feed-no-guids", feed, c.sub(r"<guid.*?</guid>", "")),
    root("feed-trackers", feed, c.sub(r"(/m/\d+)</link>", r"\1?utm_source=rss</link>")),
    root("feed-sessions", feed,
         c.sub(r"(/m/\d+)</link>", r"\1;jsessionid=0123456789ABCDEF0123456789ABCDEF.n1</link>")),
    root("feed-www", feed, c.sub(r"<link>http://([^<]+/m/)", r"<link>http://www.\1")),
    root("feed-https", feed, c.sub(r"<link>http://([^<]+/m/)", r"<link>https://\1")),
    root("feed-dates-swapped", feed,
         c.sub(r"(<pubDate>)(\d+)", lambda f: f"{f[1]}{31 - int(f[2])}"), OK, None, None),
    root("feed-undated", feed, c.sub(r"<pubDate>.*?</pubDate>", ""), OK, None, None),
    root("feed-absurd-dates", feed, c.sub(r"Nov 2026", "Nov 2096"), OK, None, None),
    root("feed-clock", feed,
         c.swap("<title>Kreis</title>", "<title>Kreis</title><lastBuildDate>Fri, 27 Nov 2026"
                " 08:00:00 +0100</lastBuildDate>")),
    root("feed-counter", feed, c.swap("3 Aufrufe, Stand 07:00", "4711 Aufrufe, Stand 08:15")),
    root("feed-escaped-twice", feed, c.swap("Grüße", "Gr&amp;#252;&amp;#223;e")),
    root("feed-blanks-before", feed, c.body(lambda b: b"\xef\xbb\xbf\r\n\r\n " + b)),
    root("feed-unknown-tags", feed,
         c.swap("<item>", "<item><neu:stufe neu:x='1'>A &amp; O</neu:stufe>")),
    root("feed-xml-error", feed,
         c.instead("<?xml version='1.0'?><error><code>500</code></error>", "application/xml"),
         SUSPECT, Code.PARSE_FAILED),
    root("feed-json-error", feed, c.instead(ERROR_JSON, "application/json"),
         SUSPECT, Code.PARSE_FAILED),
    root("feed-too-large", feed, c.body(lambda b: b + b" " * (10 * 2**20)),
         FAILED, Code.TOO_LARGE),
    Mutation(name="feed-robots", site=feed, state=RunState.DENIED, reason=Code.ROBOTS_DENIED,
             change=with_path("/robots.txt", Answer(body=b"User-agent: *\nDisallow: /\n"))),
    Mutation(name="feed-lying-304", site=feed, state=RunState.UNCHANGED,
             change=lambda s: s.at(s.root, lambda a: replace(a, body=b"", status=304))),
    root("jsonfeed-error", json_feed, c.instead(ERROR_JSON, "application/json"),
         SUSPECT, Code.PARSE_FAILED),
    root("jsonfeed-emptied", json_feed, c.as_json(c.told(items=[])), SUSPECT, Code.EMPTY),
    root("jsonfeed-half", json_feed, c.as_json(lambda d: {**d, "items": d["items"][:4]}),
         SUSPECT, Code.MASS_VANISH),
    root("jsonfeed-new-ids", json_feed,
         c.as_json(c.each("items", lambda i: {**i, "id": f"neu-{i['id']}"}))),
    root("jsonfeed-cut", json_feed, c.first_half, SUSPECT, Code.PARSE_FAILED),
]  # fmt: skip

LISTINGS = [
    root("list-class-renamed", listing, c.swap('class="article"', 'class="karte"'),
         SUSPECT, Code.SELECTOR_EMPTY),
    root("list-emptied", listing, c.without(c.ARTICLE, slice(0)), SUSPECT, Code.SELECTOR_EMPTY),
    root("list-half-gone", listing, c.without(c.ARTICLE, slice(1)), SUSPECT, Code.MASS_VANISH),
    root("list-login", listing, c.instead(c.LOGIN), RunState.LOGIN, Code.LOGIN),
    root("list-captcha", listing, c.instead(c.CAPTCHA), RunState.LOGIN, Code.LOGIN),
    root("list-cookies", listing, c.instead(c.COOKIES), RunState.NEEDS_COOKIE, Code.NEEDS_COOKIE),
    root("list-maintenance", listing, c.instead(c.MAINTENANCE), SUSPECT, Code.HTTP_ERROR),
    root("list-soft-404", listing, c.instead(c.MISSING), SUSPECT, Code.NOT_FOUND),
    root("list-without-links", listing, c.sub(r'<a href="/d/\d+">(.*?)</a>', r"\1"),
         SUSPECT, Code.SELECTOR_EMPTY),
    root("list-json", listing, c.instead(ERROR_JSON, "application/json"),
         SUSPECT, Code.SELECTOR_EMPTY),
    root("list-reordered", listing, c.mixed(c.ARTICLE)),
    root("list-pinned-twice", listing, c.doubled(c.ARTICLE)),
    root("list-sessions", listing,
         c.sub(r'href="(/d/\d+)"', r'href="\1;jsessionid=0123456789ABCDEF0123456789ABCDEF.n1"')),
    root("list-clock", listing, c.swap("</body>", "<p>Es ist 08:15 Uhr</p></body>")),
    root("list-counters", listing, c.swap("7 Aufrufe", "4711 Aufrufe")),
    root("list-undated", listing, c.sub(r'<span class="news-list-date">[\d.]+</span>',
                                        '<span class="news-list-date"></span>'), OK, None, None),
    root("list-pager-gone", listing, c.sub("<ul>.*?</ul>", ""), SUSPECT, Code.MASS_VANISH),
    root("list-pager-to-itself", listing, c.sub('href="/liste[^"]*"', 'href="/liste"'),
         SUSPECT, Code.MASS_VANISH),
    at("list-second-page-500", listing, LIST_2, c.status(500), FAILED, Code.HTTP_ERROR),
    at("list-second-page-login", listing, LIST_2, c.instead(c.LOGIN), RunState.LOGIN, Code.LOGIN),
    at("list-second-page-empty", listing, LIST_2, c.without(c.ARTICLE, slice(0)),
       SUSPECT, Code.SELECTOR_EMPTY),
    Mutation(
        name="list-endless-pager", site=listing,
        change=both(
            lambda s: s.at(LIST_2, c.swap("</body>", '<ul><li class="next"><a href="/liste?'
                                          'currentPage=3">3</a></li></ul></body>')),
            lambda s: replace(s, paths={**s.paths, **{
                f"/liste?currentPage={n}": c.sub("currentPage=2&amp;cHash=ab",
                                                 f"currentPage={n + 1}")(s.paths["/liste"])
                for n in range(3, 40)}}),
        ),
    ),
]  # fmt: skip

SITEMAPS = [
    root(
        "map-page",
        sitemap,
        c.instead("<!doctype html><title>Neu</title><h1>Neue Seite</h1>"),
        SUSPECT,
        Code.FEED_IS_HTML,
    ),
    root("map-login", sitemap, c.instead(c.LOGIN), RunState.LOGIN, Code.LOGIN),
    root("map-emptied", sitemap, c.without(c.LOCATION, slice(0)), SUSPECT, Code.EMPTY),
    root("map-half-gone", sitemap, c.without(c.LOCATION, slice(4)), SUSPECT, Code.MASS_VANISH),
    root("map-cut", sitemap, c.first_half, SUSPECT, Code.TRUNCATED),
    root("map-gzipped", sitemap, c.gzipped),
    root("map-www", sitemap, c.sub("<loc>http://", "<loc>http://www.")),
    root("map-doubled", sitemap, c.doubled(c.LOCATION)),
    root("map-lastmod-of-today", sitemap, c.sub("</loc>", "</loc><lastmod>2026-11-27</lastmod>")),
    root("map-500", sitemap, c.status(500), FAILED, Code.HTTP_ERROR),
    pages("pages-clock", c.swap("</article>", "<p>Es ist 08:15 Uhr</p></article>")),
    pages("pages-counter", c.swap("</article>", "<p>1.204 Aufrufe</p></article>")),
    pages("pages-ago", c.swap("vor 2 Stunden", "vor 3 Tagen")),
    pages("pages-session", c.swap("href='/'", "href='/;jsessionid=0123456789ABCDEF.n1'")),
    pages("pages-menu", c.swap("<nav>", "<nav><a href='/neu'>Neue Rubrik</a>")),
    pages("pages-comment", c.swap("<main>", "<!-- Knoten 7, 08:15:01 --><main>")),
    pages("pages-login", c.instead(c.LOGIN)),
    pages("pages-captcha", c.instead(c.CAPTCHA)),
    pages("pages-cookies", c.instead(c.COOKIES)),
    pages("pages-maintenance", c.instead(c.MAINTENANCE)),
    pages("pages-soft-404", c.instead(c.MISSING)),
    pages("pages-404", c.status(404), RunState.UNCHANGED),
    pages("pages-500", c.status(500), RunState.UNCHANGED),
    pages("pages-home", c.status(302, Location="/"), RunState.UNCHANGED),
    pages("pages-loop", c.status(302, Location="?"), RunState.UNCHANGED),
    pages("pages-no-bytes", c.instead(b"")),
    pages("pages-half-gzip", c.half_gzipped, RunState.UNCHANGED),
]

INTERFACES = [
    root("forum-json-error", forum, c.instead(ERROR_JSON, "application/json"),
         SUSPECT, Code.PARSE_FAILED),
    root("forum-emptied", forum, c.as_json(c.told(topic_list={"topics": []})),
         SUSPECT, Code.EMPTY),
    root("forum-cut", forum, c.first_half, SUSPECT, Code.PARSE_FAILED),
    root("forum-403", forum, c.status(403), RunState.DENIED, Code.HTTP_ERROR),
    root("forum-views", forum,
         c.as_json(c.each("topic_list.topics", lambda t: {**t, "views": 4711}))),
    root("forum-pinned", forum,
         c.as_json(c.each("topic_list.topics", lambda t: {**t, "pinned": True}))),
    root("forum-doubled", forum, c.as_json(
        lambda d: {"topic_list": {"topics": d["topic_list"]["topics"] * 2}})),
    root("wiki-json-error", wiki, c.instead(
        json.dumps({"statusCode": 404, "message": "No space"}), "application/json"),
        SUSPECT, Code.PARSE_FAILED),
    root("wiki-emptied", wiki, c.as_json(c.told(results=[], size=0)), SUSPECT, Code.EMPTY),
    root("wiki-half-gone", wiki, c.as_json(lambda d: {**d, "results": d["results"][:4]}),
         SUSPECT, Code.MASS_VANISH),
    root("wiki-total-wrong", wiki, c.as_json(c.told(size=4711))),
    root("wiki-doubled", wiki, c.as_json(lambda d: {**d, "results": d["results"] * 2})),
    root("wiki-cut", wiki, c.first_half, SUSPECT, Code.PARSE_FAILED),
    root("wiki-inner-host", wiki,
         c.as_json(c.told(_links={"base": "http://intern.local:8090", "context": ""}))),
]  # fmt: skip

MUTATIONS = [*FEEDS, *LISTINGS, *SITEMAPS, *INTERFACES]
