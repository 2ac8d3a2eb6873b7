"""The sources that are mutated: one small site of each kind, with invented content."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from aggregator.model import Platform, Policy, Source, SourceId, SourceKind
from tests.builders import make_platform, make_source
from tests.scripted import Answer

COUNT = 10
PARAGRAPH = (
    "Der Kreis führt ab Januar alle Akten elektronisch und erklärt das Verfahren Nummer {n}. "
    "Die Beschäftigten werden geschult, und die Bürgerinnen und Bürger merken davon wenig. "
)
Paths = dict[str, Answer]


@dataclass(frozen=True, kw_only=True)
class Site:
    """The answers of a host, by path, and the source that reads them."""

    kind: SourceKind
    root: str
    paths: Paths
    source: dict[str, object] = field(default_factory=dict)

    def at(self, path: str, change: Callable[[Answer], Answer]) -> "Site":
        """Return the site with the answer of a path changed."""
        return replace(self, paths={**self.paths, path: change(self.paths[path])})

    def everywhere(self, change: Callable[[str, Answer], Answer]) -> "Site":
        """Return the site with all answers but the root's changed."""
        changed = {p: change(p, a) if p != self.root else a for p, a in self.paths.items()}
        return replace(self, paths=changed)


def platform_of(name: str) -> Platform:
    """The platform of a mutation, on a host of its own."""
    return make_platform(name, url=f"http://{name}.example/")


def source_of(name: str, site: Site) -> Source:
    """The source of a mutation."""
    given = {"details": "never", "policy": Policy.FULL, "every": timedelta(hours=2)}
    return make_source(
        SourceId(name), platform=name, kind=site.kind, url=f"http://{name}.example{site.root}",
        **{**given, **site.source},
    )  # fmt: skip


def words(number: int) -> str:
    """The text of an entry."""
    return PARAGRAPH.format(n=number) * 3


# --- feed ------------------------------------------------------------------------------------


def feed_item(host: str, number: int) -> str:
    """An item of the feed."""
    return (
        f"<item><title>Grüße aus Kreis {number}</title><link>http://{host}/m/{number}</link>"
        f"<guid isPermaLink='false'>urn:m:{number}</guid>"
        f"<pubDate>{number + 10} Nov 2026 10:00:00 +0100</pubDate>"
        f"<description>3 Aufrufe, Stand 07:00 Uhr. {words(number)}</description></item>"
    )


def feed(host: str) -> Site:
    """An RSS feed of ten items."""
    items = "".join(feed_item(host, n) for n in range(1, COUNT + 1))
    body = (
        "<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel>"
        f"<title>Kreis</title><link>http://{host}/</link>{items}</channel></rss>"
    )
    return Site(
        kind=SourceKind.FEED, root="/feed.xml",
        paths={"/feed.xml": Answer(body=body.encode(), media_type="application/rss+xml")},
    )  # fmt: skip


def json_feed(host: str) -> Site:
    """A JSON feed of ten items."""
    items = [
        {"id": f"urn:m:{n}", "url": f"http://{host}/m/{n}", "title": f"Meldung {n}",
         "content_text": words(n), "date_published": f"2026-11-{n + 10}T10:00:00Z"}
        for n in range(1, COUNT + 1)
    ]  # fmt: skip
    told = {"version": "https://jsonfeed.org/version/1.1", "title": "Kreis", "items": items}
    return Site(
        kind=SourceKind.FEED, root="/feed.json",
        paths={"/feed.json": Answer(body=json.dumps(told).encode(),
                                    media_type="application/feed+json")},
    )  # fmt: skip


# --- pages -----------------------------------------------------------------------------------


def article(number: int) -> bytes:
    """A page."""
    return (
        f"<!doctype html><html lang='de'><head><title>Seite {number}</title></head><body>"
        f"<nav><a href='/'>Start</a></nav><main><article><h1>Seite {number}</h1>"
        f"<p>Meldung vom {number + 10}. November 2026</p><p>{words(number)}</p>"
        f"<p>{words(number + 100)}</p><p>Veröffentlicht vor 2 Stunden</p>"
        "</article></main></body></html>"
    ).encode()


def listing(host: str) -> Site:
    """A listing of TYPO3 on two pages of five."""
    del host

    def page(numbers: range, pager: str) -> Answer:
        rows = "".join(
            f'<div class="article"><div class="header"><h3><a href="/d/{n}">Nachricht {n}</a></h3>'
            f'</div><p class="teaser-text">7 Aufrufe | {words(n)}</p>'
            f'<span class="news-list-date">{n + 10}.11.2026</span></div>'
            for n in numbers
        )
        body = (
            f"<!doctype html><html lang='de'><title>Aktuelles</title><body>"
            f'<div class="news-list-view">{rows}</div>{pager}</body></html>'
        )
        return Answer(body=body.encode())

    following = '<ul><li class="next"><a href="/liste?currentPage=2&amp;cHash=ab">2</a></li></ul>'
    return Site(
        kind=SourceKind.LISTING, root="/liste", source={"preset": "typo3-news"},
        paths={"/liste": page(range(1, 6), following),
               "/liste?currentPage=2&cHash=ab": page(range(6, 11), "")},
    )  # fmt: skip


def sitemap(host: str) -> Site:
    """A sitemap with ten pages behind it."""
    rows = "".join(f"<url><loc>http://{host}/s/{n}.html</loc></url>" for n in range(1, COUNT + 1))
    body = f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{rows}</urlset>"
    pages = {f"/s/{n}.html": Answer(body=article(n)) for n in range(1, COUNT + 1)}
    root = Answer(body=body.encode(), media_type="application/xml")
    return Site(kind=SourceKind.SITEMAP, root="/sitemap.xml", source={"details": "auto"},
                paths={"/sitemap.xml": root, **pages})  # fmt: skip


# --- interfaces ------------------------------------------------------------------------------


def forum(host: str) -> Site:
    """A Discourse forum of ten topics of one post."""
    del host
    topics = [
        {"id": n, "title": f"Frage {n}", "slug": f"frage-{n}", "posts_count": 1, "views": 7,
         "created_at": f"2026-11-{n + 10}T10:00:00.000Z", "like_count": 0, "visible": True,
         "bumped_at": f"2026-11-{n + 10}T10:00:00.000Z", "last_posted_at": None,
         "reply_count": 0, "highest_post_number": 1, "pinned": False}
        for n in range(1, COUNT + 1)
    ]  # fmt: skip
    paths = {"/latest.json": _json({"topic_list": {"topics": topics, "per_page": 30}})}
    for topic in topics:
        post = {"id": 1000 + int(str(topic["id"])), "post_number": 1, "post_type": 1,
                "username": "eva", "created_at": topic["created_at"],
                "updated_at": topic["created_at"], "reads": 3, "score": 1.2,
                "cooked": f"<p>{words(int(str(topic['id'])))}</p>"}  # fmt: skip
        told = {**topic, "post_stream": {"posts": [post], "stream": [post["id"]]}}
        for path in (f"/t/{topic['id']}.json", f"/t/frage-{topic['id']}/{topic['id']}.json"):
            paths[path] = _json(told)
    return Site(kind=SourceKind.DISCOURSE, root="/latest.json", paths=paths,
                source={"details": "auto"})  # fmt: skip


def wiki(host: str) -> Site:
    """A Confluence of ten pages, named by one page of its interface."""
    results = [
        {"id": str(9000 + n), "type": "page", "status": "current", "title": f"Kapitel {n}",
         "body": {"view": {"value": f"<p>{words(n)}</p>", "representation": "view"}},
         "version": {"number": 1, "when": f"2026-11-{n + 10}T10:00:00.000Z"},
         "history": {"createdDate": f"2026-11-{n + 10}T10:00:00.000Z"},
         "_links": {"webui": f"/display/OZG/Kapitel+{n}"}}
        for n in range(1, COUNT + 1)
    ]  # fmt: skip
    told = {"results": results, "start": 0, "limit": 25, "size": COUNT,
            "_links": {"base": f"http://{host}", "context": ""}}  # fmt: skip
    root = "/rest/api/content?type=page"
    return Site(kind=SourceKind.CONFLUENCE, root=root, paths={root: _json(told)})


def _json(value: object) -> Answer:
    body = json.dumps(value, ensure_ascii=False).encode()
    return Answer(body=body, media_type="application/json; charset=utf-8")
