"""CKAN, the software of open data portals: one entry for each data set.

Structure: docs.ckan.org, "API guide", `package_search`. Data sets are asked for in the order of
their last change, so a run stops where a page brings nothing new. Files of a data set are its
links.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from aggregator.errors import ParseError
from aggregator.model import Code, Entry, Follow, Link, Page, Parsed, Problem, Role, Source
from aggregator.parse.jsonbody import (
    date_of,
    is_json,
    listed,
    load,
    mapping,
    text_of,
    when_of,
    with_params,
)
from aggregator.text import markdown
from aggregator.urls import resolve

PAGE_SIZE = 100
_BY_CHANGE = "metadata_modified desc"
# How DCAT-AP.de and its forerunners name the day on which data were published.
_ISSUED = ("issued", "dct_issued", "dcterms_issued", "dates_issued")


def parse_ckan(source: Source, page: Page) -> Parsed:
    """Read a page of results, one data set, or find the interface of a portal.

    Returns:
        Entries with their description and files, and the next page in `follow`.

    Raises:
        ParseError: The interface reports an error, or is none of CKAN.
    """
    if not is_json(page.body):
        root = page.final_url.partition("?")[0].partition("/dataset")[0].rstrip("/")
        return _first_page(f"{root}/api/3/action/package_search")
    document = load(page)
    result = mapping(document.get("result"))
    if document.get("success") is not True or not result:
        reason = text_of(mapping(document.get("error")).get("message")) or "ohne Grund"
        raise ParseError(
            f"Das Portal antwortet mit einem Fehler: {reason}", where=page.final_url,
            remedy="Als Adresse das Portal oder /api/3/action/package_search angeben",
        )  # fmt: skip
    if "results" not in result:
        entry = _entry(result, source, page)
        return Parsed(entries=(entry,) if entry else ())
    found = _read_results(result, source, page)
    if page.role is Role.ROOT and "sort=" not in page.final_url and found.entries:
        ours = _first_page(page.final_url)  # all of them, in our order and size
        return replace(ours, entries=found.entries)
    return found


def _first_page(url: str) -> Parsed:
    ordered = with_params(url, sort=_BY_CHANGE, rows=PAGE_SIZE, start=0)
    return Parsed(follow=(Follow(url=ordered, role=Role.INDEX),), complete=True)


def _read_results(result: Mapping[str, Any], source: Source, page: Page) -> Parsed:
    rows = [mapping(row) for row in listed(result.get("results"))]
    params = dict(parse_qsl(urlsplit(page.final_url).query))
    start = int(params["start"]) if params.get("start", "").isdecimal() else 0
    count = result.get("count")
    total = count if isinstance(count, int) else 0
    follow: tuple[Follow, ...] = ()
    if rows and start + len(rows) < total:
        url = with_params(page.final_url, start=start + len(rows))
        follow = (Follow(url=url, role=Role.INDEX),)
    entries = tuple(entry for row in rows if (entry := _entry(row, source, page)))
    problems: tuple[Problem, ...] = ()
    if not rows and page.role is Role.ROOT:
        problems = (Problem(code=Code.EMPTY, message="Das Portal nennt keinen Datensatz",
                            where=page.final_url),)  # fmt: skip
    return Parsed(
        entries=entries, follow=follow, problems=problems,
        complete=isinstance(count, int) and (bool(rows) or start >= total),
        newest_first=params.get("sort", "").strip() == _BY_CHANGE,
    )  # fmt: skip


def _entry(row: Mapping[str, Any], source: Source, page: Page) -> Entry | None:
    number, name = text_of(row.get("id")), text_of(row.get("name"))
    title = text_of(row.get("title")) or name
    if not name or not title or row.get("private") is True or row.get("state") == "deleted":
        return None
    root = page.final_url.partition("/api/")[0]
    url = f"{root}/dataset/{quote(name)}"
    text, links = markdown.read(text_of(row.get("notes")) or "", url)
    files = list(_files(row, url, len(links)))
    named = "\n".join(link.sentence for link in files)
    return Entry(
        entry_id=number,
        url=url,
        title=title,
        text=f"{text}\n\n{named}".strip(),
        published=when_of(_issued(row) or _utc(row.get("metadata_created")), source, page),
        updated_at=date_of(_utc(row.get("metadata_modified")), source, page),
        links=(*links, *files),
        aliases=(f"{root}/dataset/{quote(number)}",) if number else (),
        found_by={"text": "notes", "published": "issued" if _issued(row) else "metadata_created"},
    )


def _utc(value: object) -> str | None:
    """Return an instant of the portal's own: it says no zone and means UTC."""
    told = text_of(value)
    return f"{told}Z" if told and "T" in told and not told.endswith("Z") else told


def _issued(row: Mapping[str, Any]) -> str | None:
    """Return the day of publication as the data set states it, among its fields or extras."""
    extras = {text_of(mapping(e).get("key")): mapping(e).get("value")
              for e in listed(row.get("extras"))}  # fmt: skip
    stated = (text_of(row.get(name)) or text_of(extras.get(name)) for name in _ISSUED)
    return next((value for value in stated if value), None)


def _files(row: Mapping[str, Any], base: str, first: int) -> Iterator[Link]:
    for place, resource in enumerate(map(mapping, listed(row.get("resources"))), start=first):
        url = resolve(base, text_of(resource.get("url")) or "")
        if not url or not text_of(resource.get("url")):
            continue
        name = text_of(resource.get("name")) or text_of(resource.get("description")) or url
        kind = text_of(resource.get("format"))
        told = f"{name} ({kind})" if kind and kind.lower() not in name.lower() else name
        yield Link(url=url, anchor=name, sentence=told, position=place, prose=False)
