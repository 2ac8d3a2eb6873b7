"""Errors as pages that help, and as the error object of the contract."""

import logging

from flask import Flask, Response, g, render_template, request
from werkzeug.exceptions import HTTPException

from aggregator.errors import (
    AggregatorError,
    ConfigError,
    NotFoundError,
    QueryError,
    StoreError,
)
from aggregator.store import reads
from aggregator.store.reads import Document
from web.answers import as_json
from web.database import database
from web.language import t

CODES = {400: "query_invalid", 401: "login", 403: "login", 404: "not_found", 405: "unsupported",
         413: "too_large", 429: "too_slow"}  # fmt: skip
RETRY_AFTER_S = 30
CHALLENGE = 'Cookie realm="querverweis"'  # RFC 9110 11.6.1 asks for one; browsers ignore it


def init_app(app: Flask) -> None:
    """Answer every error in the form that was asked for."""
    app.register_error_handler(AggregatorError, _known)
    app.register_error_handler(HTTPException, _by_status)


def _known(error: AggregatorError) -> Response:
    """Answer an error that we raise on purpose."""
    if isinstance(error, NotFoundError):
        return _answer(404, error.document(), error.nearest)
    if isinstance(error, QueryError):
        return _answer(400, error.document())
    if isinstance(error, ConfigError):
        return _answer(409, error.document())
    if not isinstance(error, StoreError):
        logging.getLogger(__name__).error("unexpected while answering a request: %s", error)
    response = _answer(503, error.document())
    response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


def _by_status(error: HTTPException) -> Response:
    """Answer what Flask and Werkzeug raise; redirects stay as they are."""
    status = error.code or 500
    if status < 400:
        return Response(error.get_body(), status, error.get_headers())
    key = status if status in CODES else 500
    told = {
        "code": CODES.get(status, "http_error"), "message": t(f"error.{key}"),
        "where": request.path, "remedy": t(f"error.{key}.remedy"),
    }  # fmt: skip
    response = _answer(status, {"error": told})
    if status == 401:
        response.headers["WWW-Authenticate"] = CHALLENGE
    if allowed := getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(allowed)
    return response


def _answer(status: int, document: Document, nearest: tuple[str, ...] = ()) -> Response:
    """Return the error object, or the page that shows it with what is like it."""
    if status == 404:
        document["nearest"] = reads.items_by_id(database(), nearest) if nearest else []
    if request.path.endswith((".json", ".csv", ".atom", ".jsonfeed")):
        return as_json(document, status)
    g.form = "html"
    body = render_template("error.html", status=status, doc=document, **document)
    return Response(body, status, mimetype="text/html")
