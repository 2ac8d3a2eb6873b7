"""The council's site: TYPO3, decisions under several generations of addresses, news as a feed."""

import re
from html import escape

from aggregator.replica.content.rounds import World
from aggregator.replica.sites import feeds
from aggregator.replica.sites.answer import (
    Answer,
    Asked,
    Routes,
    etag,
    http_date,
    page,
    paragraphs,
    plain,
    redirect,
    routed,
    sitemap,
    template,
)
from aggregator.replica.stock import pick
from aggregator.replica.values import COUNCIL, DEMO_NOTICE, HOSTS, Publication

HOST = HOSTS[COUNCIL]
ROBOTS = (
    f"User-agent: *\nDisallow: /typo3/\nDisallow: /suche\n\nSitemap: http://{HOST}/sitemap.xml\n"
)


class Council:
    """Answers for the council's host."""

    def __init__(self, world: World) -> None:
        own = [p for p in world.publications if p.platform == COUNCIL]
        self._decisions = [p for p in own if p.form == "beschluss"]
        self._news = [p for p in own if p.form == "nachricht"]
        self._pages = {p.path: p for p in own}
        self._moved = {former: p.url for p in own for former in p.former_paths}

        self._routes: Routes = (
            (re.compile(r"/robots\.txt"), plain(ROBOTS)),
            (re.compile(r"/sitemap\.xml"), lambda *_: self._sitemap()),
            (re.compile(r"/aktuelles/feed\.xml"), lambda *_: self._feed()),
            (re.compile(r"/|/beschluesse/?|/aktuelles/?"),
             lambda asked, _: self._overview(asked.path.rstrip("/"))),
        )  # fmt: skip

    def answer(self, asked: Asked) -> Answer:
        """Answer one request."""
        path = asked.path.rstrip("/")
        if asked.host != HOST:
            return redirect(f"http://{HOST}{asked.path}")
        if path in self._moved:
            return redirect(self._moved[path])
        if path in self._pages:
            return self._page(self._pages[path])
        missing = "<!DOCTYPE html><title>404</title><h1>Seite nicht gefunden</h1>"
        return routed(self._routes, asked) or page(missing, status=404)

    def _feed(self) -> Answer:
        """Return the news: no validator at all, always the same bytes."""
        return feeds.rss(self._news, title="Aktuelles", home=f"http://{HOST}/", full=True)

    def _sitemap(self) -> Answer:
        """List decisions, a few also under the address of the generation before."""
        entries = [(p.url, p.modified) for p in self._decisions]
        entries += [(f"http://{HOST}{former}", p.modified)
                    for p in self._decisions for former in p.former_paths]  # fmt: skip
        body = sitemap(entries)
        return Answer(body=body, type="application/xml", etag=etag(body))

    def _page(self, publication: Publication) -> Answer:
        content = paragraphs(publication.paragraphs)
        if publication.form == "nachricht":
            return page(self._framed(publication.title, publication.url, "Aktuelles", content))
        html = self._framed(publication.title, publication.url, publication.heading, content)
        return Answer(body=html.encode(), last_modified=http_date(publication.modified))

    def _overview(self, path: str) -> Answer:
        shown = self._news if path == "/aktuelles" else self._decisions
        rows = "".join(f'<li><a href="{p.path}">{escape(p.title)}</a></li>' for p in shown)
        return page(self._framed("Übersicht", f"http://{HOST}{path}", "", f"<ul>{rows}</ul>"))

    def _framed(self, title: str, url: str, heading: str, content: str) -> str:
        others = [p for p in self._decisions if p.since == 1 and p.url != url]
        start = pick(url, len(others))
        chosen = [others[(start + step) % len(others)] for step in (1, 5)]
        teasers = "".join(f'<li><a href="{p.path}">{escape(p.title)}</a></li>' for p in chosen)
        return template("typo3.html").substitute(
            title=escape(title),
            canonical=escape(url),
            heading=escape(heading),
            content=content,
            teasers=teasers,
            notice=DEMO_NOTICE,
        )
