"""MediaWiki by its Action API: every page of a namespace, its text as the wiki shows it.

Structure: mediawiki.org, "API:Allpages", "API:Parsing wikitext", "API:Continue". The listing names
each page with the instant of its last revision, so only pages that changed are asked for again. A
page is named by its number (`index.php?curid=N`), which outlives its title.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from aggregator.errors import ParseError
from aggregator.model import Code, Entry, Follow, Page, Parsed, Problem, Role, Source
from aggregator.parse.jsonbody import (
    date_of,
    is_json,
    listed,
    load,
    mapping,
    text_of,
    with_params,
)
from aggregator.text import html
from aggregator.text.charset import decode
from aggregator.urls import resolve

PAGE_SIZE = 50  # as many as answer with their revision at once
_LISTING: dict[str, str | int] = {
    "action": "query", "generator": "allpages", "gaplimit": PAGE_SIZE,
    "gapfilterredir": "nonredirects", "prop": "info|revisions", "inprop": "url",
    "rvprop": "ids|timestamp", "format": "json", "formatversion": 2,
}  # fmt: skip
_TEXT: dict[str, str | int] = {
    "action": "parse", "prop": "text|revid", "disablelimitreport": 1, "disableeditsection": 1,
    "disabletoc": 1, "format": "json", "formatversion": 2,
}  # fmt: skip
_API = re.compile(r"^(.*?)/?api\.php$")
_DENIED = frozenset({"readapidenied", "permissiondenied", "readrequired"})
_DROP = frozenset(
    {"mw-editsection", "toc", "navbox", "noprint", "catlinks", "metadata", "ambox", "reference",
     "mw-empty-elt", "mw-jump-link", "printfooter", "mw-cite-backlink"}
)  # fmt: skip


def parse_mediawiki(source: Source, page: Page) -> Parsed:
    """Read a listing, the text of a page, or find the interface of a wiki.

    Returns:
        From a listing thin entries, their texts and the next page in `follow`; from a text its
        entry.

    Raises:
        ParseError: LOGIN for a wiki that wants an account, PARSE_FAILED for anything else.
    """
    if not is_json(page.body):
        return Parsed(follow=(Follow(url=_listing(page), role=Role.INDEX),), complete=True)
    document = load(page)
    _refuse_errors(document, page)
    if "parse" in document:
        return _read_text(mapping(document["parse"]), page)
    if "query" in document or document.get("batchcomplete") is not None:
        return _read_listing(document, source, page)
    raise ParseError("Die Antwort ist keine von MediaWiki", where=page.final_url,
                     remedy="Als Adresse eine Seite des Wikis oder api.php angeben")  # fmt: skip


def _refuse_errors(document: Mapping[str, Any], page: Page) -> None:
    error = mapping(document.get("error"))
    if error:
        code = Code.LOGIN if text_of(error.get("code")) in _DENIED else Code.PARSE_FAILED
        reason = text_of(error.get("info")) or text_of(error.get("code")) or "ohne Grund"
        raise ParseError(f"Das Wiki antwortet mit einem Fehler: {reason}", code=code,
                         where=page.final_url)  # fmt: skip


def _listing(page: Page) -> str:
    """Return the address of the listing, from what a page of the wiki states (RSD)."""
    base = page.final_url.partition("?")[0]
    if not _API.match(base):
        root = html.tree(decode(page.body[:200_000], page.charset, page.media_type))
        stated = [] if root is None else root.xpath("//link[@rel='EditURI']/@href")
        if not stated:
            raise ParseError("Die Seite nennt keine Schnittstelle von MediaWiki",
                             code=Code.UNSUPPORTED, where=page.final_url,
                             remedy="Als Adresse api.php des Wikis angeben")  # fmt: skip
        base = (resolve(page.final_url, str(stated[0])) or base).partition("?")[0]
    return with_params(base, **_LISTING)


def _read_listing(document: Mapping[str, Any], source: Source, page: Page) -> Parsed:
    query = mapping(document.get("query"))
    entries, follow = [], []
    if url := _next(document, page):
        follow.append(Follow(url=url, role=Role.INDEX))
    seen = set()
    for row in _rows(query):
        number = text_of(row.get("pageid"))
        if number in seen or not (entry := _thin(row, source, page)):
            continue
        seen.add(number)
        entries.append(entry)
        text = with_params(page.final_url.partition("?")[0], pageid=number, **_TEXT)
        follow.append(Follow(url=text, role=Role.DETAIL, lastmod=entry.updated_at))
    problems: tuple[Problem, ...] = ()
    if not entries and page.role is Role.ROOT:
        problems = (Problem(code=Code.EMPTY, message="Das Wiki nennt keine Seite",
                            where=page.final_url),)  # fmt: skip
    changes = "recentchanges" in query
    return Parsed(entries=tuple(entries), follow=tuple(follow), complete=not changes,
                  newest_first=changes, problems=problems)  # fmt: skip


def _rows(query: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the pages of an answer; before format version 2 they are an object by id."""
    pages = query.get("pages")
    several = list(pages.values()) if isinstance(pages, dict) else listed(pages)
    for name in ("allpages", "recentchanges"):
        several += listed(query.get(name))
    yield from map(mapping, several)


def _next(document: Mapping[str, Any], page: Page) -> str | None:
    """Return the address that goes on where this answer stopped."""
    told = {name: text_of(value) for name, value in mapping(document.get("continue")).items()}
    if not any(value for name, value in told.items() if name != "continue"):
        return None
    url = with_params(page.final_url, **told)
    return None if url in (page.url, page.final_url) else url


def _script(page: Page) -> str:
    found = _API.match(page.final_url.partition("?")[0])
    return f"{found[1] if found else page.final_url.partition('?')[0].rpartition('/')[0]}/index.php"


def _thin(row: Mapping[str, Any], source: Source, page: Page) -> Entry | None:
    number, title = text_of(row.get("pageid")), text_of(row.get("title"))
    if not number or not title or "missing" in row:
        return None
    revision = mapping(next(iter(listed(row.get("revisions"))), None))
    script = _script(page)
    return Entry(
        entry_id=number,
        url=resolve(page.final_url, text_of(row.get("fullurl")) or "") if row.get("fullurl")
        else _titled(script, title),
        title=title,
        updated_at=date_of(revision.get("timestamp") or row.get("timestamp"), source, page),
        aliases=(f"{script}?curid={number}",),
        thin=True,
    )  # fmt: skip


def _titled(script: str, title: str) -> str:
    return f"{script}?title={quote(title.replace(' ', '_'), safe='/:')}"


def _read_text(told: Mapping[str, Any], page: Page) -> Parsed:
    number, title = text_of(told.get("pageid")), text_of(told.get("title"))
    if not number or not title:
        raise ParseError("Eine Wikiseite ohne Kennung oder Titel", where=page.final_url)
    body = told.get("text")
    root = html.tree(text_of(mapping(body).get("*") if isinstance(body, dict) else body) or "")
    blocks = [] if root is None else html.blocks(root, _DROP)
    script = _script(page)
    url = _titled(script, title)
    entry = Entry(
        entry_id=number,
        url=url,
        title=title,
        text=html.join(blocks),
        links=html.links(blocks, url),
        aliases=(f"{script}?curid={number}",),
        found_by={"text": "parse.text"},
    )
    return Parsed(title=title, entries=(entry,))
