"""Confluence by its REST interface: one entry per page of a space.

Structure: developer.atlassian.com, "Confluence Server REST API", content resource. A space is read
by a search in the order of the last change, so a run stops where a page brings nothing new. The
server's own `_links.base` is not trusted, since proxied installations name an inner host there;
addresses are built on the one that answered.
"""

import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from aggregator import dates
from aggregator.errors import ParseError
from aggregator.model import (
    Code,
    Entry,
    Evidence,
    Follow,
    Link,
    Page,
    Parsed,
    Problem,
    Role,
    Source,
    When,
)
from aggregator.parse.jsonbody import listed, load, mapping, text_of
from aggregator.text import html
from aggregator.urls import host_of

EXPAND = "body.view,version,history,ancestors"
PAGE_SIZE = 25
_BY_CHANGE = re.compile(r"order\s+by\s+lastmodified\s+desc\s*$", re.IGNORECASE)
_FILES = (".pdf", ".docx", ".odt", ".xlsx")
_TYPES = frozenset({"page", "blogpost"})
_BODIES = ("view", "export_view", "styled_view", "storage")
_CONTEXT = re.compile(r"^(.*?)/(?:display|spaces|pages|rest|x|plugins|dashboard\.action)(?:/|$)")
_SPACE = re.compile(r"/(?:display|spaces)/([^/?#]+)")
_OLD = re.compile(
    r"\s*(?:Sie zeigen eine alte Version dieser Seite an"
    r"|You are viewing an old version of this page)"
)
_PARAMETER = re.compile(r"<(ac:(?:parameter|placeholder|task-id|task-status))\b[^>]*>[^<]*</\1\s*>")
# Two macros whose title is text in the line of reading: a status, and what unfolds.
_TITLE = re.compile(
    r"(<ac:structured-macro\b[^>]*\bac:name=\"(?:status|expand)\"[^>]*>"
    r"(?:\s*<ac:parameter\s+ac:name=\"(?!title\")[^\"]*\"\s*>[^<]*</ac:parameter\s*>)*\s*)"
    r"<ac:parameter\s+ac:name=\"title\"\s*>([^<]*)</ac:parameter\s*>"
)
_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_PLAIN_BODY = re.compile(r"(</?)ac:plain-text-body\b[^>]*>")


def parse_confluence(source: Source, page: Page) -> Parsed:
    """Read a page of the REST listing, one content object, or find the listing of a wiki page.

    Returns:
        Entries with their text; the next page of the listing and attachments in `follow`.

    Raises:
        ParseError: JSON that is no content of Confluence.
    """
    if not page.body.lstrip().startswith((b"{", b"[")):
        return Parsed(follow=(Follow(url=_listing(page), role=Role.INDEX),), complete=True)
    document = load(page)
    if "results" in document:
        return _read_listing(document, source, page)
    if "id" in document and "type" in document:
        entry, problems = _entries([document], source, page)
        return Parsed(entries=entry, follow=_attachments(entry, page), problems=problems)
    raise ParseError("Die Antwort ist keine Inhaltsliste von Confluence", where=page.final_url,
                     remedy="Als Adresse die des Wikis oder /rest/api/content angeben")  # fmt: skip


def _read_listing(document: Mapping[str, Any], source: Source, page: Page) -> Parsed:
    results = [mapping(result) for result in listed(document.get("results"))]
    entries, problems = _entries(results, source, page)
    follow = [
        Follow(url=f"{_root(page)}/rest/api/content/{entry.entry_id}?expand={EXPAND}",
               role=Role.DETAIL, lastmod=entry.updated_at)
        for entry in entries if entry.thin  # the listing was asked without bodies
    ]  # fmt: skip
    follow += _attachments(entries, page)
    if url := _next(document, page):
        follow.insert(0, Follow(url=url, role=Role.INDEX))
    if not results and page.role is Role.ROOT:
        empty = Problem(code=Code.EMPTY, where=page.final_url,
                        message="Die Inhaltsliste nennt keine Seite")  # fmt: skip
        problems = (*problems, empty)
    return Parsed(entries=entries, follow=tuple(follow), complete=True, problems=problems,
                  newest_first=_is_by_change(page))  # fmt: skip


def _is_by_change(page: Page) -> bool:
    cql = next(iter(parse_qs(urlsplit(page.final_url).query).get("cql", ())), "")
    return _BY_CHANGE.search(cql) is not None


def _listing(page: Page) -> str:
    """Return the address of the REST listing for the space that a wiki address belongs to."""
    text = page.body[:20_000].decode("utf-8", "replace")
    parts = urlsplit(page.final_url)
    space = _meta(text, "ajs-space-key")
    if not space and (found := _SPACE.search(parts.path)):
        space = found[1]
    space = space or next(iter(parse_qs(parts.query).get("spaceKey", ())), None)
    context = _meta(text, "ajs-context-path")
    if context is None:
        found = _CONTEXT.match(parts.path)
        context = found[1] if found else parts.path.rstrip("/")
    within = 'space="{}" and '.format(unquote(space).replace('"', "")) if space else ""
    cql = quote(f"{within}type in (page,blogpost) order by lastmodified desc", safe="")
    return (f"{parts.scheme}://{parts.netloc}{context}/rest/api/content/search?cql={cql}"
            f"&expand={EXPAND}&limit={PAGE_SIZE}")  # fmt: skip


def _meta(text: str, name: str) -> str | None:
    found = re.search(rf"<meta\s+name=[\"']{name}[\"']\s+content=[\"']([^\"']*)[\"']", text)
    return found[1] if found else None


def _root(page: Page) -> str:
    """Return the address of the wiki: everything before its REST interface."""
    return page.final_url.partition("/rest/")[0].rstrip("/")


def _address(root: str, path: str) -> str:
    """Return the address of a path that may or may not begin with the wiki's context path."""
    if path.startswith(("http://", "https://")):
        path = path.partition("://")[2].partition("/")[2]
        path = f"/{path}"
    context = urlsplit(root).path
    if context and path.startswith(f"{context}/"):
        path = path[len(context) :]
    return f"{root}/{path.lstrip('/')}"


def _next(document: Mapping[str, Any], page: Page) -> str | None:
    path = text_of(mapping(document.get("_links")).get("next"))
    url = _address(_root(page), path) if path else None
    return None if url in (page.url, page.final_url) else url


def _entries(
    results: Iterable[Mapping[str, Any]], source: Source, page: Page
) -> tuple[tuple[Entry, ...], tuple[Problem, ...]]:
    entries, problems = [], []
    for result in results:
        if text_of(result.get("type")) not in _TYPES:
            continue
        entry = _entry(result, source, page)
        if text_of(result.get("status")) == "historical" or (entry and _OLD.match(entry.text)):
            message = f"Alte Fassung von „{text_of(result.get('title'))}“ übersprungen"
            where = (entry and entry.url) or page.final_url
            problems.append(Problem(code=Code.STALE, message=message, where=where))
        elif entry:
            entries.append(entry)
        else:
            message = "Ein Inhalt der Liste hat keine Kennung oder keinen Titel"
            problems.append(Problem(code=Code.IDENTITY_LOST, message=message, where=page.final_url))
    return tuple(entries), tuple(problems)


def _entry(result: Mapping[str, Any], source: Source, page: Page) -> Entry | None:
    number, title = text_of(result.get("id")), text_of(result.get("title"))
    if not number or not title:
        return None
    root = _root(page)
    own = mapping(result.get("_links"))
    by_id = f"{root}/pages/viewpage.action?pageId={number}"
    webui, tiny = text_of(own.get("webui")), text_of(own.get("tinyui"))
    url = _address(root, webui) if webui else by_id
    aliases = [by_id, *([_address(root, tiny)] if tiny else [])]
    body = _body(result)
    text = html.plain(body) if body is not None else ""
    created = _date(mapping(result.get("history")).get("createdDate"), source, page)
    return Entry(
        entry_id=number,
        url=url,
        title=title,
        text=text,
        published=When(at=created, evidence=Evidence.STRUCTURED) if created else None,
        updated_at=_date(mapping(result.get("version")).get("when"), source, page),
        links=html.content_links(body, url) if body else (),
        aliases=tuple(alias for alias in aliases if alias != url),
        parent=_above(result),
        found_by={"text": "body", "published": "history.createdDate"},
        thin=body is None,
    )


def _above(result: Mapping[str, Any]) -> str | None:
    """Return the id of the page above: the last of the ancestors, which begin at the space."""
    above = [mapping(one) for one in listed(result.get("ancestors"))]
    return text_of(above[-1].get("id")) if above else None


def _date(value: object, source: Source, page: Page) -> str | None:
    text = text_of(value)
    return dates.parse(text, zone=source.timezone, now=page.now) if text else None


def _body(result: Mapping[str, Any]) -> str | None:
    """Return the page as HTML, None when the listing was asked without bodies."""
    bodies = mapping(result.get("body"))
    for name in _BODIES:
        value = mapping(bodies.get(name)).get("value")
        if isinstance(value, str):
            return without_macros(value) if name == "storage" else value
    return None


def without_macros(storage: str) -> str:
    """Return storage format as HTML: parameters of macros gone, their bodies kept.

    Args:
        storage: XHTML with the `ac:` and `ri:` elements of Confluence.
    """
    text = _PARAMETER.sub("", _TITLE.sub(r"\1<span>\2</span>", storage))
    text = _CDATA.sub(lambda found: escape(found[1]), text)
    return _PLAIN_BODY.sub(r"\1pre>", text)


def _attachments(entries: Iterable[Entry], page: Page) -> tuple[Follow, ...]:
    """Return the readable files of this wiki that the content links to."""
    home, root = host_of(page.final_url), _root(page)
    found: dict[str, Follow] = {}
    for entry in entries:
        for link in entry.links:
            url = _file(link, home, root)
            if url:
                found.setdefault(url, Follow(url=url, role=Role.DOCUMENT))
    return tuple(found.values())


def _file(link: Link, home: str, root: str) -> str | None:
    parts = urlsplit(link.url)
    if host_of(link.url) != home:
        return None
    if "/download/attachments/" in parts.path and parts.path.lower().endswith(_FILES):
        return link.url
    # /display/OZG/Seite?preview=/page/attachment/file shows a file in a layer.
    preview = next(iter(parse_qs(parts.query).get("preview", ())), "")
    shown = re.fullmatch(r"/(\d+)/\d+/([^/]+\.(?:pdf|docx|odt|xlsx))", preview, re.IGNORECASE)
    return f"{root}/download/attachments/{shown[1]}/{quote(shown[2])}" if shown else None
