r"""Any interface that answers with a list in JSON: `selectors` says where things stand.

A path is names separated by dots: `result.hits`, `links.next.href`; of a list on the way the first
is taken, a backslash before a sign is left out (paths are written like CSS: `\@id`). `item` leads
to the list (left out: the answer is the list), `next` to the address of the next page, both from
the top; the others start at an entry.
"""

from collections.abc import Mapping
from typing import Any

from aggregator.errors import ParseError
from aggregator.model import (
    Code,
    Entry,
    Evidence,
    Follow,
    Page,
    Parsed,
    Problem,
    Role,
    Source,
    When,
)
from aggregator.parse.jsonbody import date_of, linked_next, load_any, text_of
from aggregator.text import html
from aggregator.urls import resolve

# What is tried where `selectors` names no path.
USUAL: Mapping[str, tuple[str, ...]] = {
    "link": ("url", "link", "web_url", "html_url", "href", "links.self.href", "links.self"),
    "title": ("title", "titel", "name", "headline", "bezeichnung"),
    "date": ("published_at", "published", "date", "datum", "created_at", "created", "pubDate"),
    "summary": ("text", "content", "body", "description", "beschreibung", "summary"),
}
_ID = ("id", "uuid", "identifier", "guid")
_UPDATED = ("updated_at", "updated", "modified", "aktualisiert", "last_modified")


def parse_json(source: Source, page: Page) -> Parsed:
    """Read a list of entries by the paths of the source.

    Raises:
        ParseError: SELECTOR_EMPTY, the path `item` leads to no list or no entry could be read.
    """
    document = load_any(page)
    rows: Any = _at(document, source.selectors.get("item", ""))
    if not isinstance(rows, list):
        raise _lost(page, "item", "zu keiner Liste")
    entries = tuple(entry for row in rows if (entry := _entry(row, source, page)))
    if rows and not entries:
        raise _lost(page, "link", "in keinem Eintrag zu einer Adresse oder Kennung")
    path = source.selectors.get("next")
    stated = text_of(_at(document, path)) if path else None
    url = resolve(page.final_url, stated) if stated else linked_next(page)
    problems: tuple[Problem, ...] = ()
    if not rows and page.role is Role.ROOT:
        problems = (Problem(code=Code.EMPTY, message="Die Liste ist leer", where=page.final_url),)
    lost = len(rows) - len(entries)
    if lost:
        message = f"{lost} Einträge ohne Adresse, Kennung oder Titel"
        problems = (Problem(code=Code.IDENTITY_LOST, message=message, where=page.final_url),)
    goes_on = url is not None and url not in (page.url, page.final_url)
    return Parsed(
        entries=entries,
        follow=(Follow(url=url, role=Role.INDEX),) if url and goes_on else (),
        complete=path is not None and not lost,  # else the list may have further pages
        problems=problems,
    )


def _lost(page: Page, name: str, where: str) -> ParseError:
    return ParseError(f"Der Pfad „{name}“ führt {where}", code=Code.SELECTOR_EMPTY,
                      where=page.final_url, remedy="selectors der Quelle prüfen")  # fmt: skip


def _at(value: Any, path: str) -> Any:
    """Return what stands at a path, None when it leads nowhere."""
    for name in path.replace("\\", "").split(".") if path else ():
        if isinstance(value, list) and value:
            value = value[0]
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def _field(row: Any, name: str, source: Source) -> str | None:
    own = source.selectors.get(name)
    paths = (own,) if own else USUAL[name]
    return _first(row, paths)


def _first(row: Any, paths: tuple[str, ...]) -> str | None:
    return next((text for path in paths if (text := text_of(_at(row, path)))), None)


def _entry(row: Any, source: Source, page: Page) -> Entry | None:
    link, number = _field(row, "link", source), _first(row, _ID)
    url = resolve(page.final_url, link) if link else None
    title = " ".join(html.plain(_field(row, "title", source) or "").split())
    body = _field(row, "summary", source) or ""
    if not (url or number) or not (title or body):
        return None
    text, links = html.read(body, url or page.final_url) if "<" in body else (body, ())
    at = date_of(_field(row, "date", source), source, page)
    return Entry(
        entry_id=number,
        url=url,
        title=title or None,
        text=text,
        published=When(at=at, evidence=Evidence.STRUCTURED) if at else None,
        updated_at=date_of(_first(row, _UPDATED), source, page),
        links=links,
        found_by={"text": source.selectors.get("summary", "usual names")} if body else {},
        thin=url is not None and not body,
    )
