"""Forms: the token that proves that a form is ours, and its fields as typed values.

The token vouches for the session, or for a cookie of a single form where nobody is signed in. A
page that shows no form sets no cookie.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import Forbidden

from aggregator.errors import QueryError
from web import sessions

FIELD, HEADER, COOKIE = "csrf", "X-CSRF-Token", "qv-form"
MOST_BYTES = 64 * 1024  # of a form; what uploads more says so itself
MOST_CHARS = 2000
FORM_COOKIE_S = 12 * 3600

View = TypeVar("View", bound=Callable[..., Any])


def init_app(app: Flask) -> None:
    """Teach the templates to write the token, and keep the cookie of a form."""
    app.config.update(MAX_CONTENT_LENGTH=MOST_BYTES, MAX_FORM_MEMORY_SIZE=MOST_BYTES)
    app.add_template_global(token, "csrf_token")
    app.after_request(_remember)


def token() -> str:
    """Return the token of the forms of this page."""
    session = sessions.presented()
    if session is None:
        if "form_cookie" not in g:
            g.form_cookie = request.cookies.get(COOKIE) or secrets.token_urlsafe(18)
        session = g.form_cookie
    return _vouch(session)


def _vouch(identity: str) -> str:
    key: bytes = current_app.config["SECRET_KEY"]
    return hmac.new(key, b"form:" + identity.encode(), hashlib.sha256).hexdigest()[:40]


def check() -> None:
    """Refuse a form that is not ours.

    Raises:
        Forbidden: Sent from another site, without the token, or with that of another session.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise Forbidden
    origin = request.headers.get("Origin", "null")  # no-referrer lets browsers say "null"
    if origin != "null" and urlsplit(origin).netloc != request.host:
        raise Forbidden
    view = current_app.view_functions.get(request.endpoint or "")
    most = getattr(view, "most_bytes", None)
    if most:
        request.max_content_length = request.max_form_memory_size = most
    identity = sessions.presented() or request.cookies.get(COOKIE)
    told = request.form.get(FIELD) or request.headers.get(HEADER) or ""
    if not identity or not hmac.compare_digest(_vouch(identity).encode(), told.encode()):
        raise Forbidden


def taking(most: int) -> Callable[[View], View]:
    """Declare that a view takes forms of more bytes than usual: an upload, a whole file."""

    def declare(view: View) -> View:
        view.most_bytes = most  # type: ignore[attr-defined] # an attribute of ours on a function
        return view

    return declare


def text(name: str, *, most: int = MOST_CHARS) -> str:
    """Return a field without blanks around it; "" where it is missing.

    Raises:
        QueryError: It is longer than that, or holds what no text holds.
    """
    told = request.form.get(name, "").replace("\r\n", "\n").strip()
    if len(told) > most or "\x00" in told:
        raise QueryError(
            f"das Feld ist länger als {most} Zeichen", where=name, remedy="den Text kürzen"
        )
    return told


def _remember(response: Response) -> Response:
    """Set the cookie that the token of a form vouches for."""
    if (cookie := g.get("form_cookie")) and cookie != request.cookies.get(COOKIE):
        response.set_cookie(
            COOKIE, cookie, max_age=FORM_COOKIE_S, httponly=True, samesite="Strict",
            secure=request.is_secure, path=request.script_root or "/",
        )  # fmt: skip
    return response
