"""GitLab, such as openCode: the releases, issues and wiki pages of a project.

Structure: docs.gitlab.com, "REST API" (releases, issues, project wikis, pagination). Issues are
asked for in the order of their last change, so a run stops where a page brings nothing new. A wiki
is one answer with all its pages and texts; it says no dates. Confidential issues and the names of
those who wrote are left out.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from aggregator.errors import ParseError
from aggregator.model import (
    Code,
    Entry,
    Follow,
    ItemKind,
    Link,
    Page,
    Parsed,
    Problem,
    Role,
    Source,
)
from aggregator.parse.jsonbody import (
    date_of,
    is_json,
    linked_next,
    listed,
    load_any,
    mapping,
    text_of,
    when_of,
    with_params,
)
from aggregator.text import markdown
from aggregator.urls import resolve

PAGE_SIZE = 50
_LISTS: Mapping[str, dict[str, str]] = {
    "releases": {"order_by": "released_at", "sort": "desc"},
    "issues": {"order_by": "updated_at", "sort": "desc", "state": "all", "scope": "all"},
    "wikis": {"with_content": "1"},
}
_PROJECT = re.compile(r"/((?:[\w.-]+/)+[\w.-]+)/?")
_WIKI = re.compile(r"/api/v4/projects/([^/?]+)/wikis\b")
_SIDE_PAGES = frozenset({"_sidebar"})  # shown beside every page
_BY_CHANGE = ("order_by=updated_at", "sort=desc")


def parse_gitlab(source: Source, page: Page) -> Parsed:
    """Read releases or issues, or find the lists of a project.

    Returns:
        Entries with their text and links, and the next page in `follow`.

    Raises:
        ParseError: UNSUPPORTED, no project of GitLab with open lists.
    """
    if not is_json(page.body):
        return _read_project(page)
    document = load_any(page)
    if isinstance(document, dict) and "path_with_namespace" in document:
        return _lists(page, quote(text_of(document["path_with_namespace"]) or "", safe=""))
    if not isinstance(document, list):
        reason = text_of(document.get("message")) or text_of(document.get("error")) or "ohne Grund"
        raise ParseError(f"GitLab antwortet mit einem Fehler: {reason}", where=page.final_url,
                         remedy="Als Adresse die des Projekts angeben")  # fmt: skip
    rows = [mapping(row) for row in document]
    entries = tuple(entry for row in rows if (entry := _entry(row, source, page)))
    following = _next(page)
    problems: tuple[Problem, ...] = ()
    if not rows and page.role is Role.ROOT:
        problems = (Problem(code=Code.EMPTY, message="Die Liste des Projekts ist leer",
                            where=page.final_url),)  # fmt: skip
    return Parsed(
        entries=entries,
        follow=(Follow(url=following, role=Role.INDEX),) if following else (),
        complete=True,
        newest_first=all(part in page.final_url for part in _BY_CHANGE),
        problems=problems,
    )


def _read_project(page: Page) -> Parsed:
    found = _PROJECT.fullmatch(urlsplit(page.final_url).path.partition("/-/")[0])
    if not found:
        raise ParseError("Die Adresse ist keine eines Projekts", code=Code.UNSUPPORTED,
                         where=page.final_url,
                         remedy="Als Adresse https://HOST/GRUPPE/PROJEKT angeben")  # fmt: skip
    return _lists(page, quote(found[1], safe=""))


def _lists(page: Page, project: str) -> Parsed:
    """Lead to the lists that are open: a project may have its issues switched off."""
    parts = urlsplit(page.final_url)
    root = f"{parts.scheme}://{parts.netloc}/api/v4/projects/{project}"
    probes = {name: f"{root}/{name}?per_page=1" for name in _LISTS}
    if missing := tuple(url for url in probes.values() if url not in page.more):
        return Parsed(needs=tuple(probes.values()) if missing else ())
    opened = [name for name, url in probes.items() if page.more[url].lstrip().startswith(b"[")]
    if not opened:
        raise ParseError("Das Projekt zeigt Fremden nichts: keine Veröffentlichung, Aufgabe, Seite",
                         code=Code.UNSUPPORTED, where=page.final_url,
                         remedy="Die Adresse prüfen; sonst kind: feed verwenden")  # fmt: skip
    return Parsed(
        follow=tuple(
            Follow(url=with_params(f"{root}/{name}", per_page=PAGE_SIZE, **_LISTS[name]),
                   role=Role.INDEX)
            for name in opened
        ),
        complete=True,
        needs=tuple(probes.values()),
    )  # fmt: skip


def _next(page: Page) -> str | None:
    """Return the next page; large lists tell it by the `Link` header alone."""
    number = page.headers.get("x-next-page", "")
    return with_params(page.final_url, page=number) if number.isdecimal() else linked_next(page)


def _entry(row: Mapping[str, Any], source: Source, page: Page) -> Entry | None:
    if "tag_name" in row:
        return _release(row, source, page)
    return _wiki_page(row, page) if "slug" in row else _issue(row, source, page)


def _release(row: Mapping[str, Any], source: Source, page: Page) -> Entry | None:
    tag, url = text_of(row.get("tag_name")), text_of(mapping(row.get("_links")).get("self"))
    if not tag or not url or row.get("upcoming_release") is True:
        return None
    text, links = markdown.read(text_of(row.get("description")) or "", _project_of(url))
    assets = [
        Link(url=address, anchor=name, sentence=name, position=place, prose=False)
        for place, asset in enumerate(
            map(mapping, listed(mapping(row.get("assets")).get("links"))), start=len(links)
        )
        if (address := resolve(url, text_of(asset.get("url")) or ""))
        and (name := text_of(asset.get("name")))
    ]
    return Entry(
        entry_id=f"release:{tag}",
        url=url,
        title=text_of(row.get("name")) or tag,
        text=text,
        published=when_of(row.get("released_at") or row.get("created_at"), source, page),
        kind=ItemKind.RELEASE,
        links=(*links, *assets),
        identifiers=(tag,),
        found_by={"text": "description", "published": "released_at"},
    )


def _issue(row: Mapping[str, Any], source: Source, page: Page) -> Entry | None:
    number, url, title = (text_of(row.get(name)) for name in ("iid", "web_url", "title"))
    if not number or not url or not title or row.get("confidential") is True:
        return None
    text, links = markdown.read(text_of(row.get("description")) or "", _project_of(url))
    return Entry(
        entry_id=f"issue:{number}",
        url=url,
        title=title,
        text=text,
        published=when_of(row.get("created_at"), source, page),
        updated_at=date_of(row.get("updated_at"), source, page),
        kind=ItemKind.QUESTION if title.endswith("?") else ItemKind.THREAD,
        links=links,
        found_by={"text": "description", "published": "created_at"},
    )


def _wiki_page(row: Mapping[str, Any], page: Page) -> Entry | None:
    """Read a page of the wiki; its address follows from that of the interface and its slug."""
    slug, title = text_of(row.get("slug")), text_of(row.get("title"))
    found = _WIKI.search(page.final_url)
    if not slug or not title or not found or slug in _SIDE_PAGES:
        return None
    # A project that is asked by its number does not say its name: then there is no address to show.
    named = not found[1].isdecimal()
    project = f"{page.final_url[: found.start()]}/{unquote(found[1])}"
    url = f"{project}/-/wikis/{quote(slug, safe='/')}"
    words = text_of(row.get("content")) or ""
    in_markdown = text_of(row.get("format")) in (None, "markdown")
    text, links = markdown.read(words, f"{project}/-/wikis/") if in_markdown else (words, ())
    return Entry(
        entry_id=f"wiki:{slug}",
        url=url if named else None,
        title=title,
        text=text,
        kind=ItemKind.PAGE,
        links=links,
        parent=f"wiki:{slug.rpartition('/')[0]}" if "/" in slug else None,
        found_by={"text": "content"},
    )


def _project_of(url: str) -> str:
    """Return the address that relative links of a project belong to."""
    return f"{url.partition('/-/')[0]}/"
