"""An open data portal: CKAN with its action interface.

`/api/3/action/package_search` in pages of at most fifteen data sets (`count`, `start`, `rows`),
`package_show`, a page for each data set under its name and under its id (docs.ckan.org, API guide).
"""

import re
from html import escape
from typing import Any

from aggregator.replica.content.federation import dataset_id
from aggregator.replica.content.rounds import World
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
from aggregator.replica.values import DEMO_NOTICE, HOSTS, PORTAL, Publication, sentence_of

HOST = HOSTS[PORTAL]
_MAX_ROWS = 15
_HELP = f"http://{HOST}/api/3/action/help_show"


class Portal:
    """Answers for the host of the portal."""

    def __init__(self, world: World) -> None:
        self._sets = [p for p in world.publications if p.platform == PORTAL]
        self._names = {p.path.rpartition("/")[2]: p for p in self._sets}
        self._names |= {dataset_id(p.number): p for p in self._sets}
        self._routes: Routes = (
            (re.compile(r"/robots\.txt"), plain(RULES[HOST].text())),
            (re.compile(r"/api/3/action/package_search"), lambda asked, _: self._search(asked)),
            (re.compile(r"/api/3/action/package_show"), lambda asked, _: self._show(asked)),
            (re.compile(r"/dataset/([\w-]+)"), lambda _, found: self._page(found[1])),
            (re.compile(r"/(?:dataset)?"), lambda *_: self._home()),
        )

    def answer(self, asked: Asked) -> Answer:
        """Answer one request."""
        missing = "<!DOCTYPE html><title>404</title><h1>Seite nicht gefunden</h1>"
        if asked.host != HOST:
            return redirect(f"http://{HOST}{asked.path}")
        return routed(self._routes, asked) or page(missing, status=404)

    def _search(self, asked: Asked) -> Answer:
        start = int(asked.first("start", "0"))
        rows = min(int(asked.first("rows", "10")), _MAX_ROWS)
        ordered = sorted(self._sets, key=lambda p: (p.modified, p.number), reverse=True)
        found = [_package(p) for p in ordered[start : start + rows]]
        result = {"count": len(ordered), "sort": asked.first("sort"), "results": found}
        return as_json({"help": _HELP, "success": True, "result": result, "_demo": DEMO_NOTICE})

    def _show(self, asked: Asked) -> Answer:
        found = self._names.get(asked.first("id"))
        if found is None:
            error = {"__type": "Not Found Error", "message": "Nicht gefunden"}
            return as_json({"help": _HELP, "success": False, "error": error}, status=404)
        return as_json({"help": _HELP, "success": True, "result": _package(found)})

    def _page(self, name: str) -> Answer:
        found = self._names.get(name)
        if found is None:
            return page("<h1>404</h1><p>Datensatz nicht gefunden</p>", status=404)
        files = "".join(f'<li><a href="{a.href}">{escape(a.text)}</a></li>' for a in found.further)
        content = f'{paragraphs(found.paragraphs)}<ul class="resource-list">{files}</ul>'
        return _framed(found.title, found.url, content)

    def _home(self) -> Answer:
        rows = "".join(f'<li><a href="{p.path}">{escape(p.title)}</a></li>' for p in self._sets)
        return _framed("Datenportal", f"http://{HOST}/", f"<ul>{rows}</ul>")


def _package(publication: Publication) -> dict[str, Any]:
    """Return a data set with its files; times say no zone and mean UTC."""
    notes = "\n\n".join(_markdown(publication, number) for number in range(
        len(publication.paragraphs)))  # fmt: skip
    modified = publication.modified.removesuffix("Z")
    return {
        "id": dataset_id(publication.number),
        "name": publication.path.rpartition("/")[2],
        "title": publication.title,
        "notes": notes,
        "private": False,
        "state": "active",
        "type": "dataset",
        "license_id": "http://dcat-ap.de/def/licenses/dl-by-de/2.0",
        "metadata_created": f"{(publication.published or modified).removesuffix('Z')}.000000",
        "metadata_modified": f"{modified}.000000",
        "organization": {"name": "mitteland", "title": "Datenstelle Mitteland"},
        "resources": [
            {"id": f"{dataset_id(publication.number)[:-1]}{place}", "name": anchor.text,
             "url": anchor.href, "format": anchor.text.rpartition(" ")[2], "position": place}
            for place, anchor in enumerate(publication.further)
        ],
        "extras": [],
    }  # fmt: skip


def _markdown(publication: Publication, number: int) -> str:
    """Return a paragraph as Markdown, which descriptions of data sets are written in."""
    words = sentence_of(publication.paragraphs[number])
    for sentence in publication.paragraphs[number]:
        if anchor := sentence.anchor:
            words = words.replace(anchor.text, f"[{anchor.text}]({anchor.href})", 1)
    return words


def _framed(title: str, url: str, content: str) -> Answer:
    head = '<meta name="generator" content="ckan 2.10.4">\n'
    html = template("plain.html").substitute(
        title=escape(title), canonical=escape(url), head=head, content=content, notice=DEMO_NOTICE
    )
    return page(html)
