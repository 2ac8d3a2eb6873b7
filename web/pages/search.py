"""The search: hits with snippets, facets, and ways out when nothing is found."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, g, request

from aggregator.query_words import FIELDS, GERMAN
from aggregator.store import reads
from aggregator.store.filters import Settled, settle
from aggregator.store.reads import Document
from aggregator.store.search import SearchPage
from aggregator.store.search import search as find
from aggregator.store.search_query import LAST_PAGE, LISTS, USUAL, SearchQuery
from aggregator.store.ways_on import NARROWING, document, values_of
from web import feeds
from web.analysis import analyser
from web.answers import answer, link, page
from web.database import database
from web.entries import as_entries
from web.frame import frame
from web.language import language, short, t
from web.words import label_of

pages = Blueprint("search", __name__)
FEED_ENTRIES = 50  # of a subscription: more than come between two visits of a reader
SHOWN_SORTS = ("relevance", "date", "linked")
NUMBERS = 7  # pages that the foot of the list names
NESTED = ("marks", "passage")  # of a hit: no cells of a table


@page(pages, "/search", "csv", *feeds.FORMS)
def search() -> Response:
    """Search the index."""
    typed = SearchQuery.read(request.args.to_dict(flat=False))
    asked = settle(database(), current_app.config["TOPICS"], typed)
    if g.form in feeds.FORMS:
        return _feed(asked.query)
    found = find(database(), analyser(), asked.query)
    told = _document(found, typed, asked)
    if g.form == "html":
        return _page(found, told)
    rows = [{name: hit[name] for name in hit if name not in NESTED} for hit in told["hits"]]
    return answer("", told, rows=rows)


def _feed(asked: SearchQuery) -> Response:
    """Return the search as a subscription: what we saw last comes first.

    The feed is named by the search alone, in its one form: whatever else stood in the address, or
    in which order, a reader that knows it meets the same ids.
    """
    limit = asked.limit if "limit" in request.args else FEED_ENTRIES
    named = replace(asked, sort="relevance", limit=USUAL, page=1, cursor=None)
    shown = replace(named, sort="seen", limit=limit)
    hits = find(database(), analyser(), shown).hits
    told = [asked.text] if asked.text else []
    told += [row["label"] for row in _filters(asked)]
    return feeds.subscription(
        g.form,
        ": ".join(filter(None, (t("search.title"), " · ".join(told)))),
        named.url(link("search.search", _external=True)),
        named.url(link("search.search", g.form, _external=True)),
        as_entries(hits),
    )


def _document(found: SearchPage, typed: SearchQuery, asked: Settled) -> Document:
    """Return what JSON returns: the contract's document, and where the search leads on."""
    told = document(database(), analyser(), found, asked, _base(), _label)
    names = frame()["names"]
    for name, rows in told["facets"].items():
        for row in rows:
            row["label"] = label_of(name, row["value"], names)
    return told | {"query": typed.text}


def _base() -> str:
    """Return the address of searches in the form of this request."""
    return link("search.search", "json" if g.form == "json" else "html")


def _label(name: str, value: str) -> str:
    told = short(value) if name in ("since", "until") else value
    return label_of(name, told, frame()["names"])


def _fields() -> str:
    """Return the names of the fields as the help of this language tells them."""
    return ", ".join(f"{GERMAN[name] if language() == 'de' else name}:" for name in FIELDS)


def _page(found: SearchPage, told: Document) -> Response:
    """Return the page of hits."""
    query = found.query
    heading = _heading(found)
    return answer(
        "search.html", told, title=heading, heading=heading, q=query.text, asked=query,
        fields=_fields(),
        partial=found.partial, carried=_carried(query), filters=_filters(query),
        sorts={name: query.url(_base(), sort=name, page=1, cursor=None) for name in SHOWN_SORTS},
        bundling=query.url(_base(), bundle=not query.bundle, page=1, cursor=None),
        forms={name: query.url(link("search.search", name), page=1, cursor=None)
               for name in ("json", "csv", *feeds.FORMS)},
        same=reads.twins(database(), [hit["id"] for hit in found.hits]),
        numbers=_numbers(found), back=urlencode(query.parameters()), previous_page=told["prev"],
        next_page=told["next"],
    )  # fmt: skip


def _numbers(found: SearchPage) -> list[tuple[int, str]]:
    """Return the pages around this one, with "" as the address of this one."""
    query = found.query
    last = min(LAST_PAGE, -(-found.total // query.limit))
    if query.sort == "date" or last < 2:  # by date the pages follow a cursor
        return []
    first = max(1, min(query.page - NUMBERS // 2, last - NUMBERS + 1))
    shown = range(first, min(last, first + NUMBERS - 1) + 1)
    base = link("search.search")
    return [(n, "" if n == query.page else query.url(base, page=n)) for n in shown]


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
    base = link("search.search")
    told = []
    for name in NARROWING:
        for value in values_of(query, name):
            if name in LISTS:
                url = query.toggled(base, name, value)
            else:
                url = query.url(base, **{name: None, "page": 1, "cursor": None})
            told.append({"label": _label(name, value), "url": url})
    return told
