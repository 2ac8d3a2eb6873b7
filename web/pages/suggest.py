"""Suggestions while typing: a page, and what browsers and the search field ask for."""

import json

from flask import Blueprint, Response, current_app, g, request

from aggregator.config import vocabulary
from aggregator.store.search_query import SearchQuery
from aggregator.store.suggestions import suggestions
from web.answers import answer, conditional, link, page
from web.database import database
from web.language import t

pages = Blueprint("suggest", __name__)
# OpenSearch 1.1, extension "Suggestions", draft 1: query, completions, descriptions, addresses.
MEDIA_TYPE = "application/x-suggestions+json"


@page(pages, "/suggest")
def suggest() -> Response:
    """Say how a query may go on."""
    typed = SearchQuery.read({"q": request.args.getlist("q")}).text
    known = vocabulary(current_app.config["DATA"])
    topics: dict[str, str] = current_app.config["TOPICS"]
    rows = [
        {"kind": one.kind, "query": one.query, "url": link("search.search", q=one.query)}
        for one in suggestions(database(), known.aliases, topics, typed)
    ]
    if g.form == "json":
        kinds = [t(f"suggest.kind.{row['kind']}") for row in rows]
        queries, urls = ([row[name] for row in rows] for name in ("query", "url"))
        body = json.dumps([typed, queries, kinds, urls], ensure_ascii=False, separators=(",", ":"))
        return conditional(Response(body, mimetype=MEDIA_TYPE))
    title = t("suggest.h1", q=typed) if typed else t("suggest.title")
    return answer("suggest.html", {"suggestions": rows}, title=title, q=typed)
