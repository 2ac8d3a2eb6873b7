"""A trade paper: WordPress with its REST interface.

`/wp-json/wp/v2/posts` in pages of at most twenty posts (X-WP-Total, X-WP-TotalPages; behind the
last page 400), `/?p=ID` as a short address of every post, dates in the address, a counter of views
within the text of some posts (developer.wordpress.org, REST API Handbook).
"""

import re
from datetime import datetime
from html import escape
from typing import Any

from aggregator.replica.content.naming import BERLIN, german
from aggregator.replica.content.rounds import World, last_world
from aggregator.replica.sites import feeds
from aggregator.replica.sites.answer import (
    Answer,
    Asked,
    Routes,
    as_json,
    page,
    paragraphs,
    plain,
    redirect,
    routed,
    template,
)
from aggregator.replica.sites.robots import RULES
from aggregator.replica.stock import pick
from aggregator.replica.values import DEMO_NOTICE, HOSTS, PAPER, Publication, sentence_of

HOST = HOSTS[PAPER]
HOME = f"http://{HOST}"
_MAX_PER_PAGE = 20
_COUNTED_AT = "2026-11-24T08:30:00Z"


class Paper:
    """Answers for the host of the trade paper."""

    def __init__(self, world: World) -> None:
        self._round = world.round
        self._counted = frozenset(last_world().counted)
        self._posts = [p for p in world.publications if p.platform == PAPER]
        self._pages = {p.path: p for p in self._posts}
        self._moved = {former: p.path for p in self._posts for former in p.former_paths}
        self._numbers = {str(p.number): p for p in self._posts}
        passing = {p.key for p in last_world().gone} | set(last_world().moved)
        self._lasting = [p for p in self._posts if p.since == 1 and p.key not in passing]
        self._routes: Routes = (
            (re.compile(r"/robots\.txt"), plain(RULES[HOST].text())),
            (re.compile(r"/wp-json/?"), lambda *_: _index()),
            (re.compile(r"/wp-json/wp/v2/posts/?"), lambda asked, _: self._collection(asked)),
            (re.compile(r"/wp-json/wp/v2/posts/(\d+)"), lambda _, found: self._single(found[1])),
            (re.compile(r"/feed/?"), lambda *_: self._feed()),
            (re.compile(r"/"), lambda asked, _: self._home(asked)),
        )

    def answer(self, asked: Asked) -> Answer:
        """Answer one request."""
        if asked.host != HOST:
            return redirect(f"{HOME}{asked.path}")
        path = asked.path
        if not path.endswith("/") and f"{path}/" in self._pages:
            return redirect(f"{HOME}{path}/")
        if moved := self._moved.get(path):
            return redirect(f"{HOME}{moved}")
        if found := self._pages.get(path):
            return self._page(found)
        return routed(self._routes, asked) or page(
            "<!DOCTYPE html><title>404</title><h1>Seite nicht gefunden</h1>", status=404
        )

    def _home(self, asked: Asked) -> Answer:
        """Lead a short address to its post; else show the newest posts."""
        if number := asked.first("p"):
            found = self._numbers.get(number)
            return redirect(found.url) if found else page("<h1>Nichts gefunden</h1>", status=404)
        newest = sorted(self._posts, key=lambda p: p.published or "", reverse=True)[:8]
        rows = "".join(
            '<article><h2 class="entry-title">'
            f'<a href="{p.url}">{escape(p.title)}</a></h2></article>'
            for p in newest
        )
        return self._framed("Kommunalblatt", f"{HOME}/", HOME, rows)

    def _page(self, post: Publication) -> Answer:
        day = german(post.published or post.modified)
        content = (
            f'<article id="post-{post.number}" class="post type-post"><header class="entry-header">'
            f'<h1 class="entry-title">{escape(post.title)}</h1><p class="entry-meta"><time '
            f'class="entry-date published" datetime="{post.published}">{day}</time></p></header>\n'
            f'<div class="entry-content">{self._content(post)}</div></article>'
        )
        return self._framed(post.title, post.url, f"{HOME}/?p={post.number}", content)

    def _framed(self, title: str, url: str, short: str, content: str) -> Answer:
        start = pick(url, len(self._lasting))
        beside = [self._lasting[(start + step) % len(self._lasting)] for step in (1, 6)]
        rows = (f'<li><a href="{p.url}">{escape(p.title)}</a></li>' for p in beside if p.url != url)
        html = template("paper.html").substitute(
            title=escape(title), canonical=escape(url), short=escape(short), content=content,
            teasers="".join(rows), notice=DEMO_NOTICE,
        )  # fmt: skip
        return page(html)

    def _content(self, post: Publication) -> str:
        """Return the text as rendered, with the counter that an extension adds to some posts."""
        html = paragraphs(post.paragraphs)
        if post.key not in self._counted:
            return html
        views = 1200 + pick(post.key, 500) + 37 * (self._round - 1)
        return f'{html}\n<p class="post-views">{views} Aufrufe</p>'

    def _feed(self) -> Answer:
        newest = sorted(self._posts, key=lambda p: p.published or "", reverse=True)[:10]
        return feeds.rss(newest, title="Kommunalblatt", home=f"{HOME}/", tag=True)

    # --- REST ------------------------------------------------------------------------------

    def _collection(self, asked: Asked) -> Answer:
        size = min(int(asked.first("per_page", "10")), _MAX_PER_PAGE)
        number = int(asked.first("page", "1"))
        name = "modified" if asked.first("orderby") == "modified" else "date"
        descending = asked.first("order", "desc") == "desc"
        ordered = sorted(self._posts, key=lambda p: (self._stamp(p, name), p.number),
                         reverse=descending)  # fmt: skip
        pages = -(-len(ordered) // size)
        if number > pages:
            return as_json({"code": "rest_post_invalid_page_number", "data": {"status": 400},
                            "message": "Die Seitenzahl ist zu groß."}, status=400)  # fmt: skip
        rows = [self._entity(p, asked) for p in ordered[(number - 1) * size : number * size]]
        answer = as_json(rows)
        headers = (("X-WP-Total", str(len(ordered))), ("X-WP-TotalPages", str(pages)))
        return Answer(body=answer.body, type=answer.type, etag=answer.etag, headers=headers)

    def _single(self, number: str) -> Answer:
        found = self._numbers.get(number)
        if found is None:
            return as_json({"code": "rest_post_invalid_id", "message": "Ungültige Beitrags-ID.",
                            "data": {"status": 404}}, status=404)  # fmt: skip
        return as_json(self._whole(found))

    def _entity(self, post: Publication, asked: Asked) -> dict[str, Any]:
        fields = asked.first("_fields")
        whole = self._whole(post)
        return {n: v for n, v in whole.items() if n in fields.split(",")} if fields else whole

    def _whole(self, post: Publication) -> dict[str, Any]:
        excerpt = sentence_of(post.paragraphs[0][:1])
        return {
            "id": post.number,
            "date": _local(self._stamp(post, "date")),
            "date_gmt": self._stamp(post, "date").removesuffix("Z"),
            "guid": {"rendered": f"{HOME}/?p={post.number}"},
            "modified": _local(self._stamp(post, "modified")),
            "modified_gmt": self._stamp(post, "modified").removesuffix("Z"),
            "slug": post.path.rstrip("/").rpartition("/")[2],
            "status": "publish",
            "type": "post",
            "link": post.url,
            "title": {"rendered": escape(post.title).replace("–", "&#8211;")},
            "content": {"rendered": self._content(post), "protected": False},
            "excerpt": {"rendered": f"<p>{escape(excerpt, quote=False)} [&hellip;]</p>"},
            "author": 3,
            "_embedded": {"author": [{"id": 3, "name": "Redaktion Kommunalblatt"}]},
            "_demo": DEMO_NOTICE,
        }

    def _stamp(self, post: Publication, name: str) -> str:
        if name == "date":
            return post.published or post.modified
        counted = self._round > 1 and post.key in self._counted
        return _COUNTED_AT if counted else max(post.modified, post.published or "")


def _local(at: str) -> str:
    return datetime.fromisoformat(at).astimezone(BERLIN).strftime("%Y-%m-%dT%H:%M:%S")


def _index() -> Answer:
    return as_json({"name": "Kommunalblatt", "description": DEMO_NOTICE, "url": HOME,
                    "namespaces": ["oembed/1.0", "wp/v2"],
                    "routes": {"/wp/v2/posts": {"methods": ["GET"]}}})  # fmt: skip
