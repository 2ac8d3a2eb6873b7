"""The ministry's site: Government Site Builder, dialect "c-" (BMI family).

Kept from the real thing: session ids in the path, `<base href>` with links that have no leading
slash, texts for screen readers, `__blob` downloads with a version counter, a robots.txt that
forbids `/SiteGlobals/` and wants ten seconds between requests, a wall that wants a session cookie,
a feed whose descriptions are escaped twice, and a former host of another tenant name.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from aggregator.replica.content.addresses import session
from aggregator.replica.content.ministry import FAQ_PATH
from aggregator.replica.content.naming import german
from aggregator.replica.content.rounds import World, last_world
from aggregator.replica.sites import feeds, pdf
from aggregator.replica.sites.answer import (
    Answer,
    Asked,
    Routes,
    etag,
    http_date,
    linked,
    page,
    redirect,
    routed,
    sitemap,
    template,
)
from aggregator.replica.sites.robots import RULES
from aggregator.replica.stock import pick
from aggregator.replica.values import (
    DEMO_NOTICE,
    FORMER_HOST,
    HOSTS,
    MINISTRY,
    Anchor,
    Publication,
    Sentence,
    sentence_of,
)

HOST = HOSTS[MINISTRY]
HOME = f"http://{HOST}/"
COOKIE = "AL_SESS-S"
ROBOTS = (
    f"User-agent: Amazonbot\nDisallow: /\n\n{RULES[HOST].text()}\n"
    f"Sitemap: http://{HOST}/Sitemap_Index.xml\n"
)
# Listed in a sitemap and forbidden by robots.txt: must not be fetched.
TRAP = "/SharedDocs/kurzmeldungen/Webs/DV/DE/intern/01_entwurf.html"
NEWS_LIST = "/Webs/DV/DE/aktuelles-service/meldungen/meldungen-node.html"
EVENT_LIST = "/Webs/DV/DE/aktuelles-service/veranstaltungen/veranstaltungen-node.html"
PRESS_FEED = "/DE/service/rss-newsfeed/function/rssnewsfeed-pressemitteilungen.xml"
NEWSLETTER_FEED = "/DE/service/rss-newsfeed/function/rssnewsfeed-newsletter.xml"
_FEED_ENTRIES = 10
_PAGE_SIZE = 10
# Name of the sub-sitemap -> forms that it lists.
_SITEMAPS = {"kurzmeldungen": "meldung", "interviews": "interview", "artikel": "artikel",
             "downloads": "download", "faq": "faq"}  # fmt: skip


class Ministry:
    """Answers for the present and the former host."""

    def __init__(self, world: World) -> None:
        self._round = world.round
        self._passing = {p.key for p in last_world().gone}
        own = [p for p in world.publications if p.platform == MINISTRY]
        self._forms: dict[str, list[Publication]] = {}
        for publication in own:
            self._forms.setdefault(publication.form, []).append(publication)
        self._pages = {p.path.partition("?")[0]: p for p in own if p.form != "faq"}
        self._moved: Mapping[str, str] = {former: p.path for p in own for former in p.former_paths}
        self._routes: Routes = (
            (re.compile(r"/Sitemap_Index\.xml"), lambda *_: self._sitemap_index()),
            (re.compile(r"/sitemap_(\w+)\.xml"), lambda _, found: self._sub_sitemap(found[1])),
            (re.compile(re.escape(NEWS_LIST)),
             lambda asked, _: self._listing(asked, NEWS_LIST, "meldung", "Meldung")),
            (re.compile(re.escape(EVENT_LIST)),
             lambda asked, _: self._listing(asked, EVENT_LIST, "termin", "Veranstaltung")),
            (re.compile(re.escape(PRESS_FEED)), lambda *_: self._press_feed()),
            (re.compile(re.escape(NEWSLETTER_FEED)), lambda *_: self._newsletter_feed()),
            (re.compile(re.escape(FAQ_PATH)), lambda *_: self._questions()),
            (re.compile(r"/|.*-node\.html"), lambda asked, _: self._rubric(asked)),
        )  # fmt: skip

    def answer(self, asked: Asked) -> Answer:
        """Answer one request."""
        if asked.host.removeprefix("www.") == FORMER_HOST.removeprefix("www."):
            return self._former(asked)
        if asked.host != HOST:
            return redirect(f"{HOME}{asked.path.lstrip('/')}{_tail(asked)}")
        if asked.path == "/robots.txt":
            return Answer(body=ROBOTS.encode(), type="text/plain")
        if f"{COOKIE}=" not in asked.cookies:
            return _wall(asked)
        return self._inside(asked)

    def _inside(self, asked: Asked) -> Answer:
        """Answer a request that carries the session cookie."""
        if asked.path in self._moved:
            return redirect(f"http://{HOST}{self._moved[asked.path]}")
        publication = self._pages.get(asked.path)
        if publication is None:
            return routed(self._routes, asked) or self._missing(asked)
        return _file(publication) if publication.form == "download" else self._page(publication)

    def _former(self, asked: Asked) -> Answer:
        """Redirect what the relaunch kept; the rest was lost."""
        if asked.path == "/robots.txt":
            return Answer(body=b"User-agent: *\nDisallow:\n", type="text/plain")
        path = asked.path.replace("/Webs/OZG/", "/Webs/DV/")
        if path == "/" or (path in self._pages and pick(path, 2)):
            return redirect(f"http://{HOST}{path}{_tail(asked)}")
        return page("<!DOCTYPE html><title>404</title><h1>Seite nicht gefunden</h1>", status=404)

    # --- enumerations ----------------------------------------------------------------------

    def _sitemap_index(self) -> Answer:
        rows = "".join(
            f"<sitemap><loc>http://{HOST}/sitemap_{name}.xml</loc>"
            f"<lastmod>{_latest(self._forms[form])}</lastmod></sitemap>\n"
            for name, form in _SITEMAPS.items()
        )
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<!-- {DEMO_NOTICE} -->\n"
            f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{rows}'
            "</sitemapindex>\n"
        ).encode()
        every = [publication for form in _SITEMAPS.values() for publication in self._forms[form]]
        return Answer(body=body, type="text/xml", last_modified=http_date(_latest(every)))

    def _sub_sitemap(self, name: str) -> Answer:
        form = _SITEMAPS.get(name)
        if form is None:
            return page("<h1>Seite nicht gefunden</h1>", status=404)
        listed = self._forms[form]
        entries = [(f"http://{HOST}{FAQ_PATH}" if form == "faq" else p.url, p.modified)
                   for p in (listed[:1] if form == "faq" else listed)]  # fmt: skip
        if form == "meldung":
            entries.append((f"http://{HOST}{TRAP}", "2026-01-02T08:00:00Z"))
        if form == "download":
            entries = [(u, m) for (u, m), p in zip(entries, listed, strict=True)
                       if "dv-downloads" in p.sources]  # fmt: skip
        modified = http_date(_latest(listed))
        return Answer(body=sitemap(entries), type="text/xml", last_modified=modified)

    def _listing(self, asked: Asked, path: str, form: str, label: str) -> Answer:
        """Show ten teasers and a pager whose links carry the state of the list."""
        listed = sorted(self._forms[form], key=lambda p: (p.published or "", p.key), reverse=True)
        state = asked.first("gtp").partition("%3D")[2]
        number = int(state) if state.isdigit() else 1
        first = (number - 1) * _PAGE_SIZE
        teasers = "\n".join(_teaser(p, label) for p in listed[first : first + _PAGE_SIZE])
        pages = -(-len(listed) // _PAGE_SIZE)
        content = (
            f'<h1 class="c-content-stage__headline">{label}en im Überblick</h1>\n'
            f'<div class="c-list">{teasers}</div>\n{_pager(path, number, pages)}'
        )
        return self._framed(f"{label}en", path, content, teasers="", tag=True)

    def _press_feed(self) -> Answer:
        newest = sorted(self._forms["presse"], key=lambda p: p.published or "", reverse=True)
        return feeds.rss(
            newest[:_FEED_ENTRIES],
            title="Pressemitteilungen",
            home=HOME,
            twice_escaped=True,
            tag=True,
            modified=_latest(newest),
        )

    def _newsletter_feed(self) -> Answer:
        if self._round > 1:
            # The system is being mended: a friendly page with status 200 where a feed was.
            content = "<h1>Wartungsarbeiten</h1><p>Dieses Angebot ist bald wieder erreichbar.</p>"
            return self._framed("Wartungsarbeiten", NEWSLETTER_FEED, content, teasers="")
        issues = self._forms["newsletter"]
        return feeds.rss(issues, title="Newsletter", home=HOME, modified=_latest(issues))

    # --- pages -----------------------------------------------------------------------------

    def _page(self, publication: Publication) -> Answer:
        answer = self._framed(
            publication.title,
            publication.path,
            _article(publication),
            teasers=self._teasers(publication),
            head=_head(publication),
            tag=publication.form != "interview",
        )
        if publication.form in {"meldung", "presse", "interview", "newsletter"}:
            modified = http_date(publication.modified)
            return Answer(body=answer.body, etag=answer.etag, last_modified=modified)
        return answer

    def _teasers(self, publication: Publication) -> str:
        """Return three teasers beside the content, which are not part of it.

        Those beside articles change with every new press release, so that pages differ whose
        content does not; all others stay, so that unchanged pages keep their bytes.
        """
        if publication.form == "artikel":
            newest = sorted(self._forms["presse"], key=lambda p: p.published or "")[-3:]
            return "\n".join(_teaser(p, "Pressemitteilung") for p in newest)
        lasting = [p for p in self._forms["meldung"] if p.since == 1 and p.key not in self._passing]
        start = pick(publication.key, len(lasting))
        chosen = [lasting[(start + step) % len(lasting)] for step in (0, 9, 21)]
        return "\n".join(_teaser(other, "Meldung") for other in chosen if other != publication)

    def _questions(self) -> Answer:
        pairs = "\n".join(
            f'<section class="c-faq"><h2 id="{p.path.partition("#")[2]}">{escape(p.title)}</h2>'
            f"<div><p>{escape(p.text, quote=False)}</p></div></section>"
            for p in self._forms["faq"]
        )
        content = (
            '<div class="c-content-stage"><h1 class="c-content-stage__headline">'
            "Fragen und Antworten zum Onlinezugangsgesetz</h1></div>"
            f'<div class="c-content-article">{pairs}</div>'
        )
        title = "Fragen und Antworten zum Onlinezugangsgesetz"
        return self._framed(title, FAQ_PATH, content, teasers="", tag=True)

    def _rubric(self, asked: Asked) -> Answer:
        items = self._forms["artikel"][:6]
        teasers = "\n".join(_teaser(p, "Artikel") for p in items)
        content = f'<h1 class="c-content-stage__headline">Überblick</h1>{teasers}'
        return self._framed("Überblick", asked.path, content, teasers="", tag=True)

    def _missing(self, asked: Asked) -> Answer:
        content = "<h1>Seite nicht gefunden</h1><p>Diese Adresse gibt es nicht (mehr).</p>"
        answer = self._framed("Seite nicht gefunden", asked.path, content, teasers="")
        return Answer(status=404, body=answer.body)

    def _framed(
        self,
        title: str,
        path: str,
        content: str,
        *,
        teasers: str,
        head: str = "",
        tag: bool = False,
    ) -> Answer:
        """Put content between navigation, breadcrumbs, teasers and footer."""
        html = template("gsb.html").substitute(
            title=escape(title),
            head=head,
            canonical=escape(f"http://{HOST}{path}"),
            here=escape(path.lstrip("/")),
            session=session(path),
            content=content,
            teasers=teasers,
            notice=DEMO_NOTICE,
        )
        return page(html, tag=tag)


def _tail(asked: Asked) -> str:
    return f"?{asked.raw_query}" if asked.raw_query else ""


def _wall(asked: Asked) -> Answer:
    """Want a session cookie: pages redirect to themselves, XML says 400."""
    cookie = f"{COOKIE}=MDEyMzQ1Njc4OWFiY2RlZg!!; Path=/; HttpOnly; SameSite=Lax"
    if asked.path.endswith(".xml"):
        return Answer(
            status=400,
            body=b"<html><body><h1>400 Bad Request</h1></body></html>",
            headers=(("Set-Cookie", cookie),),
        )
    return redirect(f"http://{HOST}{asked.path}{_tail(asked)}", status=302, cookie=cookie)


def _latest(publications: Iterable[Publication]) -> str:
    return max(publication.modified for publication in publications)


def _head(publication: Publication) -> str:
    """Return what a page declares for machines; only interviews do."""
    if publication.form != "interview":
        return ""
    declared = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": publication.title,
        "datePublished": publication.published,
        "inLanguage": "de",
    }
    text = json.dumps(declared, ensure_ascii=False)
    return f'<script type="application/ld+json">{text}</script>\n'


def _article(publication: Publication) -> str:
    """Return stage and article; news carry theme and date in one line above the headline."""
    lead, *others = publication.paragraphs
    body = others if publication.form != "artikel" else publication.paragraphs
    stage = "" if publication.form == "artikel" else (
        f'<p class="c-content-stage__p">{_text(publication, lead)}</p>'
    )  # fmt: skip
    texts = [f"<p>{_text(publication, paragraph)}</p>" for paragraph in body]
    if publication.form == "meldung" and pick(f"{publication.key}picture", 6) == 0:
        texts.insert(1, _picture(publication))
    return (
        f'<div class="c-content-stage">{_kicker(publication)}\n'
        f'<h1 class="c-content-stage__headline">{escape(publication.title)}</h1>\n{stage}</div>\n'
        f'<div class="c-content-article">\n{chr(10).join(texts)}\n{_further(publication)}</div>'
    )


def _text(publication: Publication, paragraph: Sequence[Sentence]) -> str:
    return " ".join(_sentence(publication, sentence) for sentence in paragraph)


def _sentence(publication: Publication, sentence: Sentence) -> str:
    if sentence.anchor is None or "://" not in sentence.anchor.href:
        return linked(sentence, ' class="RichTextIntLink"')
    if pick(f"{publication.key}{sentence.text}", 3):
        return linked(sentence, ' class="RichTextExtLink" target="_blank"')
    hidden = '<span class="aural">Externer Link: </span>'
    attributes = ' class="RichTextExtLink" title="Externer Link (Öffnet neues Fenster)"'
    return linked(sentence, attributes, hidden)


def _kicker(publication: Publication) -> str:
    words = publication.heading.split(" ")
    if publication.form == "artikel":
        return f'<p class="c-content-stage__meta">{escape(publication.heading)}</p>'
    if publication.form in {"interview", "newsletter"}:
        kind, theme, date = words[0], " ".join(words[1:]), ""
    else:
        kind, theme, date = words[0], " ".join(words[1:-1]), words[-1]
    spans = [f'<span class="c-content-stage__type">{kind}</span>',
             f'<span class="c-content-stage__theme">{escape(theme)}</span>']  # fmt: skip
    if date:
        spans.append(f'<span class="c-content-stage__date">{date}</span>')
    return f'<p class="c-content-stage__small">{" ".join(spans)}</p>'


def _picture(publication: Publication) -> str:
    caption = f"Symbolbild zum Beitrag {escape(publication.title)}"
    return (
        '<figure class="c-picture"><a href="SharedDocs/bilder/DE/symbol.jpg?__blob=poster&amp;v=2">'
        f'<img src="SharedDocs/bilder/DE/symbol.jpg?__blob=normal&amp;v=2" alt="{caption}"/></a>'
        f"<figcaption>{caption} (Vergrößerung öffnet sich im neuen Fenster)</figcaption></figure>"
    )


def _further(publication: Publication) -> str:
    if not publication.further:
        return ""
    rows = "".join(f"<li>{_row(anchor)}</li>" for anchor in publication.further)
    return f'<h2>Weiterführende Informationen</h2><ul class="c-links">{rows}</ul>'


def _row(anchor: Anchor) -> str:
    return f'<a href="{escape(anchor.href)}">{escape(anchor.text, quote=False)}</a>'


def _teaser(publication: Publication, label: str) -> str:
    """Return a teaser of dialect "c-" with its hidden words."""
    path = publication.path.lstrip("/")
    day = f" · {german(publication.published)}" if publication.published else ""
    text = sentence_of(publication.paragraphs[0][:1])
    return (
        '<div class="c-content-teaser"><h3 class="c-content-teaser__h">'
        f'<small class="c-content-teaser__small"><span class="c-content-teaser__doctype">{label}'
        f"</span>{day}</small>"
        f'<a class="c-content-teaser__l" href="{path}{session(path)}?nn=18094882">'
        f'<span class="aural">Öffnet Einzelansicht: </span>{escape(publication.title)}</a></h3>'
        f'<p class="c-content-teaser__p c-content-teaser__p--text">{escape(text)}</p></div>'
    )


def _pager(path: str, number: int, pages: int) -> str:
    def link(to: int, words: str) -> str:
        state = f"{session(path)}?gtp=33424_list%253D{to}"
        return f'<a href="{path.lstrip("/")}{state}">{words}</a>'

    rows = "".join(f"<li>{link(to, f'Seite {to}')}</li>" for to in range(1, pages + 1))
    forward = (
        f'<li class="forward">{link(number + 1, "Nächste Seite")}</li>' if number < pages else ""
    )
    return f'<div class="navIndex"><ul>{rows}{forward}</ul></div>'


def _file(publication: Publication) -> Answer:
    paragraphs = [sentence_of(paragraph) for paragraph in publication.paragraphs]
    created = publication.published or publication.modified
    body = pdf.write(publication.title, paragraphs, created=created, notice=DEMO_NOTICE)
    return Answer(
        body=body,
        type="application/pdf",
        etag=etag(body),
        last_modified=http_date(publication.modified),
    )
