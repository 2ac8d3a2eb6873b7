"""An agency: TYPO3 with the news extension.

Kept from the real thing: a pager and details whose addresses carry a `cHash` of their own (an
address that somebody built answers 404), half of the details under speaking addresses and half by
the number of the news, a clock and a counter on every page. In the second round a relaunch has
renamed the class of the text.
"""

import re
from html import escape

from aggregator.replica.content.federation import signed
from aggregator.replica.content.naming import german
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
from aggregator.replica.values import AGENCY, DEMO_NOTICE, HOSTS, Publication, sentence_of

HOST = HOSTS[AGENCY]
LIST = "/aktuelles"
_PAGE_SIZE = 7


class Agency:
    """Answers for the agency's host."""

    def __init__(self, world: World) -> None:
        self._world = world
        own = [p for p in world.publications if p.platform == AGENCY]
        self._pages = {p.path: p for p in own}
        news = [p for p in own if p.form == "agentur"]
        self._news = sorted(news, key=lambda p: (p.published or "", p.key), reverse=True)
        passing = {p.key for p in last_world().gone}
        self._lasting = [p for p in self._news if p.since == 1 and p.key not in passing]
        self._routes: Routes = (
            (re.compile(r"/robots\.txt"), plain(RULES[HOST].text())),
            (re.compile(re.escape(circulars.FEED)), lambda *_: circulars.feed(world, AGENCY)),
            (re.compile(r"/(?:aktuelles/?)?"), lambda asked, _: self._listing(asked)),
        )

    def answer(self, asked: Asked) -> Answer:
        """Answer one request."""
        tail = f"?{asked.raw_query}" if asked.raw_query else ""
        if asked.host != HOST:
            return redirect(f"http://{HOST}{asked.path}{tail}")
        if found := self._pages.get(f"{asked.path}{tail}"):
            return self._page(found)
        return routed(self._routes, asked) or _missing()

    def _listing(self, asked: Asked) -> Answer:
        """Show a page of news; a page number without its hash is not served."""
        written = asked.first("tx_news_pi1[currentPage]", "1")
        number = int(written) if written.isdigit() else 0
        here = signed("list", number).partition("?")[2]
        shown = self._news[(number - 1) * _PAGE_SIZE : number * _PAGE_SIZE]
        if (asked.raw_query and asked.raw_query != here) or number < 1 or not shown:
            return _missing()
        rows = "\n".join(_teaser(p) for p in shown)
        pages = -(-len(self._news) // _PAGE_SIZE)
        content = f'<h1>Aktuelles</h1>\n<ul class="results">{rows}</ul>\n{_pager(number, pages)}'
        return self._framed("Aktuelles", f"http://{HOST}{LIST}", content)

    def _page(self, publication: Publication) -> Answer:
        relaunched = self._world.round > 1
        body = "frame-type-text" if relaunched else "ce-bodytext"
        label = "Rundbrief" if publication.form == "rundbrief" else "Meldung"
        day = german(publication.published or publication.modified)
        content = (
            f'<article class="article"><header><p class="article-meta">{label} vom {day}</p>\n'
            f"<h1>{escape(publication.title)}</h1></header>\n"
            f'<div class="{body}">{paragraphs(publication.paragraphs)}</div></article>'
        )
        return self._framed(publication.title, publication.url, content)

    def _framed(self, title: str, url: str, content: str) -> Answer:
        start = pick(url, len(self._lasting))
        beside = [self._lasting[(start + step) % len(self._lasting)] for step in (2, 7)]
        teasers = "".join(
            f'<li><a href="{escape(p.path)}">{escape(p.title)}</a></li>'
            for p in beside
            if p.url != url
        )
        number = self._world.round
        html = template("agency.html").substitute(
            title=escape(title),
            canonical=escape(url),
            content=content,
            teasers=teasers,
            clock=f"{8 + number}:{pick(url, 50) + 10}",
            counter=pick(url, 900) + 100 * number,
            notice=DEMO_NOTICE,
        )
        return page(html)


def _teaser(publication: Publication) -> str:
    day = german(publication.published or publication.modified)
    text = sentence_of(publication.paragraphs[0][:1])
    title = escape(publication.title)
    return (
        f'<li class="search-result teaser"><a class="teaser-link" title="{title}" '
        f'href="{escape(publication.path)}"><span class="date-text">{day}, Meldung</span>'
        f'<span class="teaser-headline">{title}</span></a>'
        f'<div class="results-list-teaser"><p>{escape(text)}</p></div></li>'
    )


def _pager(number: int, pages: int) -> str:
    rows = "".join(
        f'<li class="{"active" if to == number else ""}">'
        f'<a href="{escape(signed("list", to))}">{to}</a></li>'
        for to in range(1, pages + 1)
    )
    onward = (
        f'<li class="next"><a href="{escape(signed("list", number + 1))}">Nächste</a></li>'
        if number < pages
        else ""
    )
    return f'<div class="pagination"><ul>{rows}{onward}</ul></div>'


def _missing() -> Answer:
    return page(
        "<!DOCTYPE html><title>404</title><h1>Seite nicht gefunden</h1>"
        "<p>Der Aufruf trägt keine gültige Prüfsumme.</p>",
        status=404,
    )
