"""OParl, the interface of council information systems: one entry for each printed paper.

Structure: oparl.org, specification 1.0 and 1.1: system -> bodies -> papers, lists with `data` and
`links.next`. Files of a paper are read as documents. What is marked `deleted` is no longer offered.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from aggregator.errors import ParseError
from aggregator.model import Code, Entry, Follow, Link, Page, Parsed, Problem, Role, Source
from aggregator.parse.jsonbody import date_of, listed, load, mapping, text_of, when_of
from aggregator.urls import resolve

_SCHEMA = "schema.oparl.org"


def parse_oparl(source: Source, page: Page) -> Parsed:
    """Read a list of papers, one paper, or the system or body that leads to them.

    Returns:
        Entries with their reference as identifier; further lists and the files in `follow`.

    Raises:
        ParseError: The answer is none of OParl.
    """
    document = load(page)
    if isinstance(document.get("data"), list):
        return _read_list(document, source, page)
    kind = _kind(document)
    if kind in ("System", "Body"):
        return Parsed(follow=tuple(_onward(document, page)), complete=True)
    if kind == "Paper":
        entry = _entry(document, source, page)
        return Parsed(entries=(entry,) if entry else (), follow=tuple(_files_of([document], page)))
    raise ParseError(
        f"Die Antwort ist weder System noch Körperschaft noch Drucksache: {kind or 'ohne Typ'}",
        where=page.final_url, remedy="Als Adresse die des Systems (oparl/v1.0/system) angeben",
    )  # fmt: skip


def _kind(row: Mapping[str, Any]) -> str:
    stated = text_of(row.get("type")) or ""
    return stated.rpartition("/")[2] if _SCHEMA in stated else ""


def _onward(row: Mapping[str, Any], page: Page) -> Iterator[Follow]:
    """Lead from a system to its bodies, from a body to its papers."""
    stated = text_of(row.get("body" if _kind(row) == "System" else "paper"))
    if stated and (url := resolve(page.final_url, stated)):
        yield Follow(url=url, role=Role.INDEX)


def _read_list(document: Mapping[str, Any], source: Source, page: Page) -> Parsed:
    rows = [mapping(row) for row in listed(document.get("data"))]
    following = text_of(mapping(document.get("links")).get("next"))
    follow: list[Follow] = []
    url = resolve(page.final_url, following) if following else None
    if url and url not in (page.url, page.final_url):
        follow.append(Follow(url=url, role=Role.INDEX))
    live = [row for row in rows if row.get("deleted") is not True]
    for row in live:
        if _kind(row) == "Body":
            follow.extend(_onward(row, page))
    papers = [row for row in live if _kind(row) == "Paper"]
    entries = tuple(entry for row in papers if (entry := _entry(row, source, page)))
    problems: tuple[Problem, ...] = ()
    if not rows and page.role is Role.ROOT:
        problems = (Problem(code=Code.EMPTY, message="Die Liste ist leer", where=page.final_url),)
    return Parsed(
        entries=entries, follow=(*follow, *_files_of(papers, page)), complete=True,
        problems=problems,
    )  # fmt: skip


def _entry(row: Mapping[str, Any], source: Source, page: Page) -> Entry | None:
    own = resolve(page.final_url, text_of(row.get("id")) or "") if row.get("id") else None
    name, reference = text_of(row.get("name")), text_of(row.get("reference"))
    if not own or not (name or reference) or row.get("deleted") is True:
        return None
    web = text_of(row.get("web"))
    shown = (resolve(page.final_url, web) if web else None) or own
    links = tuple(
        Link(url=url, anchor=label, sentence=label, position=place, prose=False)
        for place, (url, label) in enumerate(_files(row, page))
    )
    kind = text_of(row.get("paperType"))
    return Entry(
        entry_id=own,
        url=shown,
        title=name or reference,
        text="\n".join(
            part for part in (kind, reference, *(link.anchor for link in links)) if part
        ),
        published=when_of(row.get("date"), source, page),
        updated_at=date_of(row.get("modified"), source, page),
        links=links,
        aliases=(own,) if own != shown else (),
        identifiers=(reference,) if reference else (),
        found_by={"title": "name", "published": "date"},
    )


def _files(row: Mapping[str, Any], page: Page) -> Iterator[tuple[str, str]]:
    """Yield address and name of the files of a paper, its main one first."""
    seen: set[str] = set()
    for file in (row.get("mainFile"), *listed(row.get("auxiliaryFile"))):
        told = mapping(file)
        stated = text_of(told.get("accessUrl")) or text_of(told.get("downloadUrl"))
        url = resolve(page.final_url, stated) if stated else None
        if url and url not in seen and told.get("deleted") is not True:
            seen.add(url)
            yield url, text_of(told.get("name")) or text_of(told.get("fileName")) or url


def _files_of(papers: Iterable[Mapping[str, Any]], page: Page) -> Iterator[Follow]:
    for row in papers:
        changed = text_of(row.get("modified"))
        for url, _ in _files(row, page):
            yield Follow(url=url, role=Role.DOCUMENT, lastmod=changed)
