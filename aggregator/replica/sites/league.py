"""A league of municipalities: Joomla, whose lists show no dates.

Kept from the real thing: addresses of id and alias (`/3277-alias`; an outdated alias redirects),
a pager by `?start=`, a hidden class for subheadings, and a date that only the page itself names,
written out: "Pressemitteilung vom 13. Juni 2026".
"""

import re
from html import escape

from aggregator.replica.content.naming import written
from aggregator.replica.content.rounds import World, last_world
from aggregator.replica.sites import circulars
from aggregator.replica.sites.answer import (
    Answer,
    Asked,
    Routes,
    page,
    paragraphs,
    plain,
    redirect,
    routed,
    template,
)
from aggregator.replica.sites.robots import RULES
from aggregator.replica.stock import pick
from aggregator.replica.values import DEMO_NOTICE, HOSTS, LEAGUE, Publication, sentence_of

HOST = HOSTS[LEAGUE]
LIST = "/presseforum/pressemitteilungen"
_PAGE_SIZE = 6


class League:
    """Answers for the host of the league."""

    def __init__(self, world: World) -> None:
        own = [p for p in world.publications if p.platform == LEAGUE]
        self._pages = {p.path: p for p in own}
        self._moved = {former: p.path for p in own for former in p.former_paths}
        press = [p for p in own if p.form == "verband"]
        self._press = sorted(press, key=lambda p: (p.published or "", p.key), reverse=True)
        passing = {p.key for p in last_world().gone} | set(last_world().moved)
        self._lasting = [p for p in self._press if p.since == 1 and p.key not in passing]
        self._routes: Routes = (
            (re.compile(r"/robots\.txt"), plain(RULES[HOST].text())),
            (re.compile(re.escape(circulars.FEED)), lambda *_: circulars.feed(world, LEAGUE)),
            (re.compile(rf"{LIST}|/"), lambda asked, _: self._listing(asked)),
        )

    def answer(self, asked: Asked) -> Answer:
        """Answer one request."""
        if asked.host != HOST:
            tail = f"?{asked.raw_query}" if asked.raw_query else ""
            return redirect(f"http://{HOST}{asked.path}{tail}")
        if moved := self._moved.get(asked.path):
            return redirect(f"http://{HOST}{moved}")
        if found := self._pages.get(asked.path):
            return self._page(found)
        missing = "<!DOCTYPE html><title>404</title><h1>Seite nicht gefunden</h1>"
        return routed(self._routes, asked) or page(missing, status=404)

    def _listing(self, asked: Asked) -> Answer:
        state = asked.first("start", "0")
        start = int(state) if state.isdigit() else 0
        rows = "\n".join(_teaser(p) for p in self._press[start : start + _PAGE_SIZE])
        content = (
            '<div class="com-content-category-blog blog"><div class="page-header">'
            f"<h1>Pressemitteilungen</h1></div>\n"
            f'<div class="com-content-category-blog__items blog-items">{rows}</div>\n'
            f"{_pager(start, len(self._press))}</div>"
        )
        return self._framed("Pressemitteilungen", f"http://{HOST}{LIST}", content)

    def _page(self, publication: Publication) -> Answer:
        label = "Pressemitteilung" if publication.form == "verband" else "Rundschreiben"
        day = written(publication.published or publication.modified)
        content = (
            '<div class="com-content-article item-page"><div class="page-header">'
            f"<h1>{escape(publication.title)}</h1></div>\n"
            f'<div class="com-content-article__body"><p>{label} vom {day}</p>\n'
            f"{paragraphs(publication.paragraphs)}</div></div>"
        )
        return self._framed(publication.title, publication.url, content)

    def _framed(self, title: str, url: str, content: str) -> Answer:
        start = pick(url, len(self._lasting))
        beside = [self._lasting[(start + step) % len(self._lasting)] for step in (1, 4)]
        rows = (f'<li><a href="{p.path}">{escape(p.title)}</a></li>'
                for p in beside if p.url != url)  # fmt: skip
        html = template("league.html").substitute(
            title=escape(title), canonical=escape(url), content=content, teasers="".join(rows),
            notice=DEMO_NOTICE,
        )  # fmt: skip
        return page(html, tag=True)


def _teaser(publication: Publication) -> str:
    text = sentence_of(publication.paragraphs[0][:1])
    return (
        '<div class="com-content-category-blog__item blog-item"><div class="item-content">'
        f'<h2 class="item-title"><a href="{publication.path}">{escape(publication.title)}</a></h2>'
        f"<p>{escape(text)}</p>"
        f'<p class="readmore"><a class="btn" href="{publication.path}">Weiterlesen</a></p>'
        "</div></div>"
    )


def _pager(start: int, count: int) -> str:
    rows = []
    for number, first in enumerate(range(0, count, _PAGE_SIZE), start=1):
        href = f"{LIST}?start={first}" if first else LIST
        state = " active" if first == start else ""
        rows.append(f'<li class="page-item{state}"><a class="page-link" href="{href}">{number}</a>'
                    "</li>")  # fmt: skip
    onward = start + _PAGE_SIZE
    if onward < count:
        rows.append(f'<li class="page-item"><a class="page-link next" aria-label="Zur Seite weiter"'
                    f' href="{LIST}?start={onward}">Weiter</a></li>')  # fmt: skip
    return f'<nav class="pagination__wrapper"><ul class="pagination">{"".join(rows)}</ul></nav>'
