"""One document, four forms: a page, JSON, CSV, Atom.

A view is registered with `page`, which adds a route for each form, and returns `answer(...)`, which
renders the form that was asked for. Answers carry an ETag; who has the same gets 304. What people
send is taken by views registered with `action`.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, render_template, request, url_for
from markupsafe import Markup, escape

from aggregator.store.reads import Document
from web.access import Need, needs
from web.atom import feed
from web.tables import as_csv

View = Callable[..., Any]
MOST_LINKS, LONGEST_KEPT = 20_000, 64  # addresses kept, some 3 MB; characters of what differs
UNSTEADY = ("took_ms", "as_of", "now")  # differ though nothing changed: no part of the ETag


def page(
    pages: Blueprint, rule: str, *forms: str, need: Need = Need.READING
) -> Callable[[View], View]:
    """Register a view for HTML, JSON and further forms.

    The endpoint of another form than HTML is `NAME_FORM`; `/` has its twin at `/index`.
    """

    def register(view: View) -> View:
        name = view.__name__
        needs(need)(view)
        pages.add_url_rule(rule, name, view, defaults={"form": "html"})
        for form in ("json", *forms):
            twin = f"{'/index' if rule == '/' else rule}.{form}"
            pages.add_url_rule(twin, f"{name}_{form}", view, defaults={"form": form})
        return view

    return register


def action(pages: Blueprint, rule: str, need: Need, *methods: str) -> Callable[[View], View]:
    """Register a view that takes a form: by POST, and by GET too where it shows one."""

    def register(view: View) -> View:
        needs(need)(view)
        pages.add_url_rule(
            rule, view.__name__, view, defaults={"form": "html"}, methods=methods or ("POST",)
        )
        return view

    return register


def link(endpoint: str, form: str = "html", **values: Any) -> str:
    """Return the address of a page in one of its forms; building one costs, so it is kept."""
    name = endpoint if form == "html" else f"{endpoint}_{form}"
    value = next(iter(values.values()), "")
    if len(values) > 1 or not isinstance(value, str) or len(value) > LONGEST_KEPT:
        return url_for(name, **values)
    known: dict[tuple[str, ...], str] = current_app.extensions["links"]
    key = (request.script_root, name, *values, value)
    if (url := known.get(key)) is None:
        if len(known) >= MOST_LINKS:
            known.clear()
        url = known[key] = url_for(name, **values)
    return url


def here(form: str = "html", /, **changes: Any) -> str:
    """Return this page's address in a form, with parameters changed; None drops one."""
    endpoint = (request.endpoint or "overview.start").removesuffix(f"_{g.form}")
    told: dict[str, Any] = request.args.to_dict(flat=False) | changes
    kept = {
        name: value
        for name, value in told.items()
        # What is left out: dropped values, a language once chosen, and names that `url_for` would
        # take for its own (`_external`).
        if value not in (None, [], "") and not name.startswith("_") and _is_wanted(name, changes)
    }
    return link(endpoint, form, **{**kept, **(request.view_args or {})})


def _is_wanted(name: str, changes: Mapping[str, Any]) -> bool:
    return name in changes or name not in ("lang", "shortcuts", "endpoint", "form")


def answer(
    template: str,
    document: Document,
    *,
    rows: Sequence[Document] = (),
    entries: Sequence[Mapping[str, Any]] = (),
    title: str = "",
    **context: Any,
) -> Response:
    """Return a document in the form that was asked for.

    Args:
        template: Shows the document, which it knows by the names of its fields and as `doc`.
        document: What JSON returns.
        rows: Lines of the CSV.
        entries: Entries of the Atom feed (see `atom.feed`).
        title: Of the page and of the feed.
        context: Only for the template: addresses and words, no data of its own.
    """
    if g.form == "json":
        return as_json(document)
    if g.form == "csv":
        return conditional(Response(as_csv(rows), mimetype="text/csv"))
    if g.form == "atom":
        return as_feed(title, entries)
    body = render_template(template, **{"doc": document, "title": title, **document, **context})
    return conditional(Response(body, mimetype="text/html"))


def shown(template: str, status: int = 200, **context: Any) -> Response:
    """Return a page that is a form: never kept, with the status of what became of it."""
    response = Response(render_template(template, **context), status, mimetype="text/html")
    response.headers["Cache-Control"] = "no-store"
    return response


def as_feed(title: str, entries: Sequence[Mapping[str, Any]]) -> Response:
    """Return entries as the Atom feed of this address."""
    page_of = request.base_url.removesuffix(".atom")
    query = request.query_string.decode("ascii", "replace")
    body = feed(title, f"{page_of}?{query}".rstrip("?"), request.url, entries)
    return conditional(Response(body, mimetype="application/atom+xml"))


def as_json(document: Document, status: int = 200) -> Response:
    """Return a document as JSON."""
    steady = _encoded({name: told for name, told in document.items() if name not in UNSTEADY})
    changing = _encoded({name: document[name] for name in UNSTEADY if name in document})
    inside = ",".join(filter(None, (steady[1:-1], changing[1:-1])))  # large ones are told once
    response = Response(f"{{{inside}}}", status, mimetype="application/json")
    response.headers["Access-Control-Allow-Origin"] = "*"  # public data, no credentials
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return conditional(response, steady) if status < 400 else response


def _encoded(document: Document) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def conditional(response: Response, steady: str | None = None) -> Response:
    """Give an answer an ETag, and 304 to who has it (RFC 9110 13.1.2).

    Args:
        response: The answer.
        steady: What the ETag is made of; the body by default.
    """
    if steady is None:
        response.add_etag(weak=True)
    else:
        response.set_etag(hashlib.sha256(steady.encode()).hexdigest()[:32], weak=True)
    response.headers["Cache-Control"] = "no-cache"  # may be kept, is always asked for again
    response.make_conditional(request)
    return response


def marked(text: str, marks: Sequence[Sequence[int]]) -> Markup:
    """Return a text with the spans of its matches marked."""
    told, at = Markup(), 0
    for start, end in marks:
        told += escape(text[at:start]) + Markup("<mark>") + escape(text[start:end])
        told += Markup("</mark>")
        at = end
    return told + escape(text[at:])


def quoted(sentence: str, anchor: str) -> Markup:
    """Return a sentence with the text of its link marked."""
    at = sentence.find(anchor) if anchor else -1
    return marked(sentence, [] if at < 0 else [(at, at + len(anchor))])


def init_app(app: Flask) -> None:
    """Teach the templates to link and to mark."""
    app.extensions["links"] = {}
    for function in (link, here, marked, quoted):
        app.add_template_global(function)
