"""A municipal data centre: an own system whose feed escapes twice and writes dates in German.

Kept from real feeds: `&amp;amp;uuml;` where an umlaut is meant, German weekdays and months, and
MEZ or MESZ instead of an offset (which RFC 822 does not know). Beside it stands a folder of files.
"""

import re
from datetime import datetime
from html import escape

from aggregator.replica.content.naming import BERLIN, german
from aggregator.replica.content.rounds import World
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
from aggregator.replica.sites.files import PATHS, Files
from aggregator.replica.sites.robots import RULES
from aggregator.replica.values import DEMO_NOTICE, HOSTS, PROVIDER, Publication

HOST = HOSTS[PROVIDER]
FEED = "/rss/meldungen.xml"
_DAYS = ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So")
_MONTHS = ("Jan", "Feb", "Mär", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez")
_NAMED = {"ä": "auml", "ö": "ouml", "ü": "uuml", "Ä": "Auml", "Ö": "Ouml", "Ü": "Uuml",
          "ß": "szlig", "„": "bdquo", "“": "ldquo", "–": "ndash"}  # fmt: skip


class Centre:
    """Answers for the host of the data centre."""

    def __init__(self, world: World) -> None:
        own = [p for p in world.publications if p.platform == PROVIDER]
        self._pages = {p.path: p for p in own if p.form != "datei"}
        news = [p for p in own if p.form == "kdz"]
        self._news = sorted(news, key=lambda p: p.published or "", reverse=True)
        self._files = Files(world)
        self._routes: Routes = (
            (re.compile(r"/robots\.txt"), plain(RULES[HOST].text())),
            (re.compile(re.escape(circulars.FEED)), lambda *_: circulars.feed(world, PROVIDER)),
            (re.compile(re.escape(FEED)), lambda *_: self._feed()),
            (re.compile(r"/"), lambda *_: self._home()),
        )

    def answer(self, asked: Asked) -> Answer:
        """Answer one request."""
        if asked.host != HOST:
            return redirect(f"http://{HOST}{asked.path}")
        if found := self._pages.get(asked.path):
            day = german(found.published or found.modified)
            content = f"<p>Meldung vom {day}</p>\n{paragraphs(found.paragraphs)}"
            return _framed(found.title, found.url, content)
        if named := PATHS.fullmatch(asked.path):
            return self._files.answer(asked, named) or _missing()
        return routed(self._routes, asked) or _missing()

    def _home(self) -> Answer:
        rows = "".join(f'<li><a href="{p.path}">{escape(p.title)}</a></li>' for p in self._news[:5])
        return _framed("KDZ Seenland", f"http://{HOST}/", f"<ul>{rows}</ul>")

    def _feed(self) -> Answer:
        """Return all news with their whole texts; the server sends no validators."""
        rows = "\n".join(_item(p) for p in self._news)
        body = (
            '<?xml version="1.0" encoding="ISO-8859-1"?>\n<rss version="2.0">\n<channel>\n'
            f"<title>KDZ Seenland</title>\n<link>http://{HOST}/</link>\n"
            f"<description>{_twice(DEMO_NOTICE)}</description>\n{rows}\n</channel>\n</rss>\n"
        ).encode("iso-8859-1")
        return Answer(body=body, type="text/xml")


def _missing() -> Answer:
    missing = "<!DOCTYPE html><title>404</title><h1>Seite nicht gefunden</h1>"
    return page(missing, status=404)


def _item(publication: Publication) -> str:
    html = paragraphs(publication.paragraphs)
    return (
        f"<item>\n<title>{_twice(publication.title)}</title>\n"
        f"<link>{publication.url}</link>\n<description>{_twice(html)}</description>\n"
        f'<guid isPermaLink="false">kdz-{publication.number}</guid>\n'
        f"<pubDate>{_spoken(publication.published or publication.modified)}</pubDate>\n</item>"
    )


def _twice(html: str) -> str:
    """Write umlauts as named references, and the ampersands of those once more."""
    named = "".join(f"&{_NAMED[c]};" if c in _NAMED else c for c in html)
    return escape(re.sub(r"&(?=\w+;)", "&amp;", named), quote=False)


def _spoken(at: str) -> str:
    """Return an instant as the centre writes it: "Mo, 12 Jan 2026 10:00:00 MEZ"."""
    local = datetime.fromisoformat(at).astimezone(BERLIN)
    zone = "MESZ" if local.dst() else "MEZ"
    month = _MONTHS[local.month - 1]
    return f"{_DAYS[local.weekday()]}, {local:%d} {month} {local:%Y %H:%M:%S} {zone}"


def _framed(title: str, url: str, content: str) -> Answer:
    head = f'<link rel="alternate" type="application/rss+xml" title="Meldungen" href="{FEED}">\n'
    html = template("plain.html").substitute(
        title=escape(title), canonical=escape(url), head=head, content=content, notice=DEMO_NOTICE
    )
    return page(html)
