"""A second ministry: Government Site Builder, dialect "card" (BMDV, BMWK).

Kept from the real thing: session ids and `?nn=` on every link, `<base href>` with links that have
no leading slash, the date as a topline over the title, a pager whose links carry the state of the
list. In the second round a relaunch of the list of events has renamed its classes.
"""

import re
from html import escape

from aggregator.replica.content.addresses import session
from aggregator.replica.content.naming import german
from aggregator.replica.content.rounds import World
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
from aggregator.replica.values import DEMO_NOTICE, HOSTS, NETWORKS, Publication, sentence_of

HOST = HOSTS[NETWORKS]
PRESS_LIST = "/DE/Presse/Pressemitteilungen/pressemitteilungen.html"
EVENT_LIST = "/DE/Presse/Veranstaltungen/veranstaltungen.html"
_PAGE_SIZE = 8
_LABELS = {"netze": "Pressemitteilung", "netztermin": "Veranstaltung"}


class Networks:
    """Answers for the host of the second ministry."""

    def __init__(self, world: World) -> None:
        own = [p for p in world.publications if p.platform == NETWORKS]
        self._round = world.round
        self._forms = {form: [p for p in own if p.form == form] for form in _LABELS}
        self._pages = {p.path: p for p in own}
        self._moved = {former: p.path for p in own for former in p.former_paths}
        self._lasting = [p for p in self._forms["netztermin"] if p.since == 1]
        self._routes: Routes = (
            (re.compile(r"/robots\.txt"), plain(RULES[HOST].text())),
            (re.compile(re.escape(PRESS_LIST)), lambda asked, _: self._listing(asked, "netze")),
            (re.compile(re.escape(EVENT_LIST)),
             lambda asked, _: self._listing(asked, "netztermin")),
            (re.compile(r"/"), lambda asked, _: self._listing(asked, "netze")),
        )  # fmt: skip

    def answer(self, asked: Asked) -> Answer:
        """Answer one request."""
        if asked.host != HOST:
            tail = f"?{asked.raw_query}" if asked.raw_query else ""
            return redirect(f"http://{HOST}{asked.path}{tail}")
        if asked.path in self._moved:
            return redirect(f"http://{HOST}{self._moved[asked.path]}")
        if found := self._pages.get(asked.path):
            return self._page(found)
        missing = "<!DOCTYPE html><title>404</title><h1>Seite nicht gefunden</h1>"
        return routed(self._routes, asked) or page(missing, status=404)

    def _listing(self, asked: Asked, form: str) -> Answer:
        listed = sorted(self._forms[form], key=lambda p: (p.published or "", p.key), reverse=True)
        state = asked.first("gtp").rpartition("%3D")[2]
        number = int(state) if state.isdigit() else 1
        shown = listed[(number - 1) * _PAGE_SIZE : number * _PAGE_SIZE]
        cards = "\n".join(f"<li>{_card(p)}</li>" for p in shown)
        path = PRESS_LIST if form == "netze" else EVENT_LIST
        pager = _pager(path, number) if number * _PAGE_SIZE < len(listed) else ""
        content = (
            f'<h1 class="headline-title">{_LABELS[form]}en</h1>\n'
            f'<div class="search-results"><ul>{cards}</ul></div>\n{pager}'
        )
        if form == "netztermin" and self._round > 1:
            content = content.replace("search-results", "c-results").replace("card-", "c-tile__")
        return self._framed(f"{_LABELS[form]}en", path, content, teasers="")

    def _page(self, publication: Publication) -> Answer:
        day = german(publication.published or publication.modified)
        label = _LABELS[publication.form]
        lead, *others = publication.paragraphs
        content = (
            f'<article><p class="topline"><span class="date">{day}</span> · <span class="type">'
            f"{label}</span></p>\n"
            f'<h1 class="headline-title">{escape(publication.title)}</h1>\n'
            f'<div class="body-text"><div class="intro">{paragraphs([lead])}</div>\n'
            f"{paragraphs(others)}</div></article>"
        )
        start = pick(publication.key, len(self._lasting))
        beside = [self._lasting[(start + step) % len(self._lasting)] for step in (1, 3)]
        teasers = "".join(f"<li>{_card(p)}</li>" for p in beside if p != publication)
        return self._framed(publication.title, publication.path, content, teasers=teasers)

    def _framed(self, title: str, path: str, content: str, *, teasers: str) -> Answer:
        html = template("card.html").substitute(
            title=escape(title),
            canonical=escape(f"http://{HOST}{path}"),
            here=escape(path.lstrip("/")),
            session=session(path),
            content=content,
            teasers=teasers,
            notice=DEMO_NOTICE,
        )
        return page(html, tag=True)


def _card(publication: Publication) -> str:
    path = publication.path.lstrip("/")
    day = german(publication.published or publication.modified)
    text = sentence_of(publication.paragraphs[0][:1])
    return (
        f'<div class="card"><p class="topline"><span class="date">{day}</span> · '
        f"{_LABELS[publication.form]}</p>"
        f'<a class="card-link" href="{path}{session(path)}?nn=13326">'
        f'<span class="aural">Öffnet Einzelansicht: </span>'
        f'<span class="card-title">{escape(publication.title)}</span></a>'
        f'<p class="card-text">{escape(text)}</p></div>'
    )


def _pager(path: str, number: int) -> str:
    state = f"{session(path)}?nn=13326&amp;gtp=13326_list%253D{number + 1}"
    return (
        '<nav class="pagination"><a class="pagination-link-next" aria-label="Nächste Seite" '
        f'href="{path.lstrip("/")}{state}">weiter</a></nav>'
    )
