"""The search: hits with snippets, facets, and ways out when nothing is found."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, g, request

from aggregator.store import reads
from aggregator.store.reads import Document
from aggregator.store.search import SearchPage
from aggregator.store.search import search as find
from aggregator.store.search_query import LISTS, SearchQuery
from web.analysis import analyser
from web.answers import answer, link, page
from web.database import database
from web.entries import as_entries
from web.frame import frame
from web.language import t
from web.words import label_of

pages = Blueprint("search", __name__)
NARROWING = ("level", "kind", "platform", "topic", "source", "ref", "since", "until")


@page(pages, "/search", "csv", "atom")
def search() -> Response:
    """Search the index."""
    query = SearchQuery.read(request.args.to_dict(flat=False))
    if g.form == "atom" and "sort" not in request.args:
        query = replace(query, sort="date")  # a feed tells what is new
    found = find(database(), analyser(), query)
    document = found.document(link("search.search", "json" if g.form == "json" else "html"))
    _name(document)
    if g.form == "html":
        return _page(found, document)
    rows = [{name: hit[name] for name in hit if name != "marks"} for hit in document["hits"]]
    title = t("search.title") + (f": {query.text}" if query.text else "")
    return answer("", document, rows=rows, entries=as_entries(document["hits"]), title=title)


def _name(document: Document) -> None:
    """Give the values of the facets the names that readers know."""
    names = frame()["names"]
    for name, rows in document["facets"].items():
        for row in rows:
            row["label"] = label_of(name, row["value"], names)


def _page(found: SearchPage, document: Document) -> Response:
    """Return the page of hits."""
    query = found.query
    heading = _heading(found)
    return answer(
        "search.html", document, title=heading, heading=heading, q=query.text, sort=query.sort,
        bundled=query.bundle, partial=found.partial, carried=_carried(query),
        filters=_filters(query), same=reads.twins(database(), [hit["id"] for hit in found.hits]),
        back=urlencode(query.parameters()), previous_page=document["prev"],
        next_page=document["next"], relief=[] if found.total else _relief(query),
    )  # fmt: skip


def _heading(found: SearchPage) -> str:
    """Say how many hits there are, and for what."""
    asked = found.query.text.strip()
    if not asked:
        return t("search.h1.all", n=found.total)
    if not found.total:
        return t("search.none", q=asked)
    return t("search.h1" if found.total_is_exact else "search.h1.about", n=found.total, q=asked)


def _carried(query: SearchQuery) -> list[tuple[str, str]]:
    """Return what the form of the facets keeps although it has no field for it."""
    kept = ("q", "source", "ref", "sort", "bundle", "limit")
    return [(name, value) for name, value in query.parameters() if name in kept]


def _filters(query: SearchQuery) -> list[dict[str, Any]]:
    """Return the active filters, each with the address of the search without it."""
    base, names = link("search.search"), frame()["names"]
    told = []
    for name in NARROWING:
        held = getattr(query, name)
        for value in held if name in LISTS else [held] if held else []:
            if name in LISTS:
                url = query.toggled(base, name, value)
            else:
                url = query.url(base, **{name: None, "page": 1, "cursor": None})
            told.append({"label": label_of(name, value, names), "url": url})
    return told


def _relief(query: SearchQuery) -> list[dict[str, Any]]:
    """Return which filters, taken away, would give hits, and how many; most first."""
    base, names = link("search.search"), frame()["names"]
    told = []
    for name in NARROWING:
        held = getattr(query, name)
        if not held:
            continue
        empty: Any = () if name in LISTS else None
        wider = replace(query, **{name: empty}, page=1, cursor=None)
        total = find(database(), analyser(), replace(wider, limit=1)).total
        if total:
            values = held if name in LISTS else [held]
            label = ", ".join(label_of(name, value, names) for value in values)
            told.append({"label": label, "total": total, "url": wider.url(base)})
    return sorted(told, key=lambda row: -row["total"])
