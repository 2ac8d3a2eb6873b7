"""The guide: Confluence Server 7 with its REST API, wiki pages and attachments.

`/rest/api/content`, `/rest/api/content/search`, `/rest/api/content/{id}` and
`/rest/api/content/{id}/child/attachment` with `expand`, paged by `_links.next`
(docs.atlassian.com, Confluence Server REST API). The enumeration also names one old revision,
whose text begins with the banner that Confluence shows above such pages.
"""

import re
from datetime import datetime
from html import escape
from typing import Any
from urllib.parse import unquote_plus, urlencode

from aggregator.replica.content.naming import german
from aggregator.replica.content.partners import is_plain, page_path
from aggregator.replica.content.rounds import World
from aggregator.replica.sites import pdf
from aggregator.replica.sites.answer import (
    Answer,
    Asked,
    Routes,
    as_json,
    etag,
    http_date,
    page,
    paragraphs,
    plain,
    routed,
    template,
)
from aggregator.replica.values import DEMO_NOTICE, GUIDE, HOSTS, Publication, sentence_of

HOST = HOSTS[GUIDE]
HOME = f"http://{HOST}"
ROBOTS = "User-agent: *\nDisallow: /login.action\nDisallow: /admin/\nDisallow: /exportword\n"
OLD_REVISION = 79430869
BANNER = (
    "Sie zeigen eine alte Version dieser Seite an. Zeigen Sie die aktuelle Version an. "
    "Unterschiede anzeigen. Seitenhistorie anzeigen."
)
_MAX_LIMIT = 25


class Guide:
    """Answers for the guide's host."""

    def __init__(self, world: World) -> None:
        own = [p for p in world.publications if p.platform == GUIDE]
        self._pages = {p.number: p for p in own if p.form == "leitfaden"}
        self._files = {p.number: p for p in own if p.form == "anlage"}
        self._titles = {p.title: p for p in self._pages.values()}

        self._routes: Routes = (
            (re.compile(r"/robots\.txt"), plain(ROBOTS)),
            (re.compile(r"/rest/api/.*"), lambda asked, _: self._rest(asked)),
            (re.compile(r"/download/attachments/(\d+)/([^/]+)"), self._download),
            (re.compile(r"/pages/viewpage\.action|/plugins/viewsource/viewpagesrc\.action"),
             lambda asked, _: self._view(asked.first("pageId"))),
            (re.compile(r"/display/OZG/(.+)"), self._titled),
            (re.compile(r"/(?:[^/]*_)?(\d{4,10})\.html"), lambda _, found: self._view(found[1])),
            (re.compile(r"/|/display/OZG/?"), lambda *_: self._overview()),
        )  # fmt: skip

    def answer(self, asked: Asked) -> Answer:
        """Answer one request."""
        found = routed(self._routes, asked)
        return _missing() if found is None else found

    # --- REST ------------------------------------------------------------------------------

    def _rest(self, asked: Asked) -> Answer:
        path = asked.path.rstrip("/")
        if path == "/rest/api/content":
            return self._page_of(asked, path, self._chosen(asked.first("type", "page"), ""))
        if path == "/rest/api/content/search":
            cql = asked.first("cql")
            kind = "attachment" if re.search(r"type\s*=\s*\"?attachment", cql) else "page"
            return self._page_of(asked, path, self._chosen(kind, cql))
        if path == "/rest/api/space":
            space = {"id": 4620000, "key": "OZG", "name": "OZG-Leitfaden", "type": "global"}
            return as_json({"results": [space], "start": 0, "limit": 25, "size": 1})
        if found := re.fullmatch(r"/rest/api/content/(\d+)(/child/attachment)?", path):
            return self._content(asked, int(found[1]), attachments=bool(found[2]))
        return _no_content()

    def _content(self, asked: Asked, number: int, *, attachments: bool) -> Answer:
        expand = asked.first("expand")
        if attachments:
            mine = [p for p in self._files.values() if p.parent == number]
            return self._page_of(asked, asked.path.rstrip("/"), mine)
        found = self._pages.get(number) or self._files.get(number)
        if found is None:
            return self._historical(expand) if number == OLD_REVISION else _no_content()
        return as_json({**self._entity(found, expand), "_demo": DEMO_NOTICE})

    def _historical(self, expand: str) -> Answer:
        return as_json({**self._old_revision(expand), "_demo": DEMO_NOTICE})

    def _chosen(self, kind: str, cql: str) -> list[Publication]:
        """Return what a query names, in the order that it asks for."""
        chosen = list((self._files if kind == "attachment" else self._pages).values())
        if since := re.search(r"lastmodified\s*>=?\s*[\"']([\d-]{10})", cql, re.IGNORECASE):
            chosen = [p for p in chosen if p.modified[:10] >= since[1]]
        if re.search(r"order\s+by\s+lastmodified\s+desc", cql, re.IGNORECASE):
            return sorted(chosen, key=lambda p: (p.modified, p.number), reverse=True)
        return sorted(chosen, key=lambda p: p.number)

    def _page_of(self, asked: Asked, path: str, chosen: list[Publication]) -> Answer:
        """Return one page of results with the link to the next."""
        start = int(asked.first("start", "0") or 0)
        limit = min(int(asked.first("limit", str(_MAX_LIMIT)) or _MAX_LIMIT), _MAX_LIMIT)
        expand = asked.first("expand")
        named: list[Publication | None] = list(chosen)
        if chosen and chosen[0].form == "leitfaden":
            named.insert(len(named) // 2, None)  # the old revision
        results = [
            self._entity(p, expand) if p else self._old_revision(expand)
            for p in named[start : start + limit]
        ]
        links = {"base": HOME, "context": "", "self": f"{HOME}{path}?{asked.raw_query}"}
        if start + limit < len(named):
            others = {name: values[0] for name, values in asked.query.items()}
            query = urlencode({**others, "start": start + limit, "limit": limit})
            links["next"] = f"{path}?{query}"
        document: dict[str, Any] = {
            "results": results,
            "start": start,
            "limit": limit,
            "size": len(results),
            "_links": links,
            "_demo": DEMO_NOTICE,
        }
        if path.endswith("/search"):
            document["totalSize"] = len(named)
        return as_json(document)

    def _entity(self, publication: Publication, expand: str) -> dict[str, Any]:
        """Return a content entity; what `expand` does not name is only hinted at."""
        number = publication.number
        wanted = set(expand.split(","))
        is_page = publication.form == "leitfaden"
        entity: dict[str, Any] = {
            "id": str(number) if is_page else f"att{number}",
            "type": "page" if is_page else "attachment",
            "status": "current",
            "title": publication.title if is_page else _file_name(publication),
            "extensions": {"position": "none"} if is_page else _extensions(publication),
            "_links": _links(publication),
            "_expandable": {"container": "", "metadata": "", "space": "/rest/api/space/OZG"},
        }
        self._expand(entity, publication, wanted)
        return entity

    def _expand(self, entity: dict[str, Any], publication: Publication, wanted: set[str]) -> None:
        hints = entity["_expandable"]
        if wanted & {"body.view", "body.storage", "body.export_view"} and not publication.parent:
            entity["body"] = {
                name: {"value": _body(publication), "representation": name}
                for name in ("view", "storage", "export_view")
                if f"body.{name}" in wanted
            }
        else:
            hints["body"] = ""
        if any(name.startswith("version") for name in wanted):
            entity["version"] = {
                "by": {"type": "known", "username": "redaktion", "displayName": "Redaktion"},
                "when": _java(publication.modified),
                "message": "",
                "number": publication.version,
                "minorEdit": False,
            }
        else:
            hints["version"] = ""
        if any(name.startswith("history") for name in wanted):
            entity["history"] = {
                "latest": True,
                "createdBy": {"type": "known", "displayName": "Redaktion"},
                "createdDate": _java(publication.published or publication.modified),
                "lastUpdated": {"when": _java(publication.modified)},
            }
        else:
            hints["history"] = f"/rest/api/content/{publication.number}/history"
        if any(name.startswith("children.attachment") for name in wanted):
            mine = [p for p in self._files.values() if p.parent == publication.number]
            results = [self._entity(p, "version,history") for p in mine]
            listed = {"results": results, "start": 0, "limit": 25, "size": len(results)}
            entity["children"] = {"attachment": listed}

    def _old_revision(self, expand: str) -> dict[str, Any]:
        """Return a revision that the enumeration should not have named."""
        current = next(iter(self._pages.values()))
        entity = self._entity(current, expand)
        entity |= {"id": str(OLD_REVISION), "status": "historical"}
        entity["_links"] = {**entity["_links"], "webui": page_path(OLD_REVISION)}
        for body in entity.get("body", {}).values():
            body["value"] = f"<p>{BANNER}</p>\n{body['value']}"
        return entity

    # --- pages -----------------------------------------------------------------------------

    def _view(self, written: str) -> Answer:
        number = int(written) if written.isdigit() else 0
        if number == OLD_REVISION:
            current = next(iter(self._pages.values()))
            return _page(current, f"<p>{BANNER}</p>\n{_body(current)}", OLD_REVISION)
        found = self._pages.get(number)
        return _page(found, _body(found), number) if found else _missing()

    def _titled(self, _: Asked, name: re.Match[str]) -> Answer:
        found = self._titles.get(unquote_plus(name[1]))
        return self._view(str(found.number)) if found else _missing()

    def _download(self, _: Asked, address: re.Match[str]) -> Answer:
        page_id, file = address.groups()
        found = next((p for p in self._files.values()
                      if str(p.parent) == page_id and _file_name(p) == file), None)  # fmt: skip
        if found is None:
            return _missing()
        body = pdf.write(
            found.title,
            [sentence_of(paragraph) for paragraph in found.paragraphs],
            created=found.published or found.modified,
            notice=DEMO_NOTICE,
        )
        modified = http_date(found.modified)
        return Answer(body=body, type="application/pdf", etag=etag(body), last_modified=modified)

    def _overview(self) -> Answer:
        rows = "".join(
            f'<li><a href="{escape(p.path)}">{escape(p.title)}</a></li>'
            for p in self._pages.values()
        )
        return page(
            f"<!DOCTYPE html><title>OZG-Leitfaden</title><p>{DEMO_NOTICE}</p><ul>{rows}</ul>"
        )


def tiny(number: int) -> str:
    """Return a short address as Confluence forms it, here plainly the number in base 36."""
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + digits
    return f"/x/{digits}"


def _links(publication: Publication) -> dict[str, str]:
    if publication.form == "anlage":
        return {
            "webui": f"{page_path(publication.parent)}&preview=/{publication.parent}"
            f"/{publication.number}/{_file_name(publication)}",
            "download": publication.path,
            "self": f"{HOME}/rest/api/content/att{publication.number}",
        }
    number, title = publication.number, publication.title
    return {
        "webui": publication.path if is_plain(title) else page_path(number),
        "edit": f"/pages/resumedraft.action?draftId={number}",
        "tinyui": tiny(number),
        "self": f"{HOME}/rest/api/content/{number}",
    }


def _extensions(publication: Publication) -> dict[str, Any]:
    return {"mediaType": "application/pdf", "fileSize": 24_576, "comment": publication.title}


def _file_name(publication: Publication) -> str:
    return publication.path.rpartition("/")[2].partition("?")[0]


def _java(at: str) -> str:
    """Return an instant as Confluence writes it, with milliseconds and the offset of the server."""
    return datetime.fromisoformat(at).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _body(publication: Publication) -> str:
    """Return the rendered view of a page, with the boxes that macros leave behind."""
    first, *others = publication.paragraphs
    further = "".join(
        f'<li><a href="{escape(a.href)}">{escape(a.text)}</a></li>' for a in publication.further
    )
    box = (
        '<div class="confluence-information-macro confluence-information-macro-information">'
        '<span class="aui-icon aui-icon-small aui-iconfont-info"></span>'
        '<div class="confluence-information-macro-body"><p>Bitte prüfen Sie die Angaben vor dem '
        "Einsatz im eigenen Haus.</p></div></div>"
    )
    return (
        f"{paragraphs([first])}\n{box if publication.number % 3 == 0 else ''}"
        f"{paragraphs(others)}\n{f'<ul>{further}</ul>' if further else ''}"
    )


def _page(publication: Publication, content: str, number: int) -> Answer:
    html = template("confluence.html").substitute(
        title=escape(publication.title),
        page=number,
        canonical=escape(f"{HOME}{page_path(number)}"),
        modified=german(publication.modified),
        content=content,
        notice=DEMO_NOTICE,
    )
    return page(html, modified=publication.modified)


def _missing() -> Answer:
    return page("<!DOCTYPE html><title>Seite nicht gefunden - Confluence</title>", status=404)


def _no_content() -> Answer:
    message = "No content found with this id"
    return as_json({"statusCode": 404, "message": message, "reason": "Not Found"}, status=404)
