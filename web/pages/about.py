"""Help, legal pages, and what machines ask: health, OpenSearch."""

from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, render_template, request

from aggregator.query_words import FIELDS
from aggregator.store import reads_sources
from web.access import Need, needs
from web.answers import answer, as_json, page
from web.database import database, now
from web.frame import frame
from web.language import LANGUAGES, t
from web.openapi import description

pages = Blueprint("about", __name__)
HELP_ROWS = 9


@page(pages, "/query-help")
def query_help() -> Response:
    """Explain the query language and the keys."""
    return answer(
        "query_help.html", {"title": t("help.title")}, title=t("help.title"), help_rows=HELP_ROWS,
        fields=FIELDS,
    )  # fmt: skip


def _legal(name: str) -> Response:
    """Return a legal page: the operator's own text, else what we can say for every operator."""
    own = own_text(current_app.config["DATA"], name)
    site = frame()["site"]
    document = {
        "title": t(f"{name}.title"), "operator": site["operator"], "contact": site["contact"],
        "text": own,
    }  # fmt: skip
    return answer(f"{name}.html", document, title=document["title"])


def own_text(data: Path, name: str) -> str | None:
    """Return the operator's text of a legal page in the language of the request, or in German."""
    for lang in dict.fromkeys((g.get("lang", LANGUAGES[0]), LANGUAGES[0])):
        path = data / "pages" / f"{name}.{lang}.txt"
        if path.is_file():
            return path.read_text("utf-8")
    return None


@page(pages, "/impressum", need=Need.NOTHING)
def impressum() -> Response:
    """Say who runs this."""
    return _legal("impressum")


@page(pages, "/datenschutz", need=Need.NOTHING)
def datenschutz() -> Response:
    """Say what is stored about visitors: nothing but their choice of language."""
    return _legal("datenschutz")


@page(pages, "/barrierefreiheit", need=Need.NOTHING)
def barrierefreiheit() -> Response:
    """State how accessible this is, and where to report a barrier."""
    return _legal("barrierefreiheit")


@pages.get("/health.json", defaults={"form": "json"})
@needs(Need.NOTHING)
def health() -> Response:
    """Answer 200 when ready, with what a monitor wants to know."""
    return as_json(reads_sources.health(database(), now()))


@pages.get("/opensearch.xml", defaults={"form": "xml"})
@needs(Need.NOTHING)
def opensearch() -> Response:
    """Describe the search to browsers (OpenSearch 1.1)."""
    told: dict[str, Any] = frame()
    body = render_template("opensearch.xml", **told)
    return Response(body, mimetype="application/opensearchdescription+xml")


@pages.get("/openapi.json", defaults={"form": "json"})
@needs(Need.NOTHING)
def openapi() -> Response:
    """Describe the interface to programs (OpenAPI 3.1)."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined] # noqa: SLF001 (as Flask documents it)
    told = description(app, server=request.script_root or "/", title=frame()["site"]["title"])
    return as_json(told)
