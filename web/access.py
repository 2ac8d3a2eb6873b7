"""Who may do what: each route declares its need, and one hook holds every request to it.

A view says what it needs where its address stands (`answers.page`, `answers.action`, `needs`). The
application does not start with a view that says nothing; `table` tells all of them, for the
document, the description of the interface and the test that walks through them.
"""

from collections.abc import Callable, Iterator
from enum import IntEnum
from typing import Any, NamedTuple, TypeVar

from flask import Flask, current_app, g, redirect, request, url_for
from werkzeug.exceptions import Forbidden, Unauthorized
from werkzeug.wrappers import Response

from aggregator.errors import StoreError
from aggregator.model import UserRole
from aggregator.store.accounts import Account
from web import forms, proxy_user, sessions

View = TypeVar("View", bound=Callable[..., Any])
READING_METHODS = ("GET", "HEAD", "OPTIONS")


class Need(IntEnum):
    """What a route asks for; who has more may do less."""

    NOTHING = 0  # signing in, legal pages, what a monitor asks
    READING = 1  # everybody, or who has an account: the setting `reading`
    ACCOUNT = 2
    MODERATOR = 3
    ADMIN = 4


_OF_ROLE = {
    UserRole.READER: Need.ACCOUNT,
    UserRole.MODERATOR: Need.MODERATOR,
    UserRole.ADMIN: Need.ADMIN,
}
# Where somebody may go who has to choose a password first.
_BEFORE_PASSWORD = ("account.password", "account.sign_out", "static")


class Route(NamedTuple):
    """A line of the table."""

    endpoint: str
    path: str
    methods: tuple[str, ...]
    need: Need


def needs(need: Need) -> Callable[[View], View]:
    """Declare what a view needs."""

    def declare(view: View) -> View:
        view.need = need  # type: ignore[attr-defined] # an attribute of ours on a function
        return view

    return declare


def need_of(app: Flask, endpoint: str) -> Need | None:
    """Return what an endpoint needs; None if it does not say so."""
    if endpoint == "static":
        return Need.NOTHING
    need = getattr(app.view_functions[endpoint], "need", None)
    return need if isinstance(need, Need) else None


def table(app: Flask) -> Iterator[Route]:
    """Yield every route with its methods and its need."""
    for rule in app.url_map.iter_rules():
        need = need_of(app, rule.endpoint)
        if need is None:
            raise LookupError(f"{rule.endpoint} does not declare what it needs")
        methods = tuple(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        yield Route(rule.endpoint, rule.rule, methods, need)


def init_app(app: Flask) -> None:
    """Hold every request to what its route needs."""
    app.before_request(_hold)
    app.add_template_global(user)
    app.add_template_global(may)
    app.add_template_global(may_moderate)
    app.add_template_global(sessions.this_page)


def user() -> Account | None:
    """Return who is signed in, or None; looked up once for a request."""
    if "user" not in g:
        g.user = None  # also where the look-up fails: an error page must not fail again
        try:
            g.user = sessions.current() or proxy_user.current()
        except StoreError:
            return None
    found: Account | None = g.user
    return found


def held() -> Need:
    """Return what whoever asks may do."""
    account = user()
    if account is not None:
        return _OF_ROLE[account.role]
    return Need.NOTHING if is_closed() else Need.READING


def may(need: Need) -> bool:
    """Return whether whoever asks may do what needs this much."""
    return held() >= need


def may_moderate() -> bool:
    """Return whether whoever asks may decide on links and topics."""
    return may(Need.MODERATOR)


def is_closed() -> bool:
    """Return whether only people with an account may read."""
    return bool(current_app.config["SETTINGS"].reading == "login")


def account() -> Account:
    """Return who is signed in, in a view that needs an account."""
    found = user()
    if found is None:
        raise Unauthorized
    return found


def _hold() -> Response | None:
    """Refuse what is not allowed; runs before every view."""
    if request.endpoint is None:
        return None  # there is no such page: routing says so
    need = need_of(current_app, request.endpoint)
    if need is None:
        raise Forbidden
    if (must := _must_change()) is not None:
        return must
    if not may(need):
        return _turned_away()
    by_token = getattr(current_app.view_functions[request.endpoint], "by_token", False)
    if request.method not in READING_METHODS and not by_token:
        forms.check()
    return None


def vouched_by_address(view: View) -> View:
    """Declare that the secret in a view's address vouches for the request, and no form of ours.

    For mail programs, which unsubscribe by one POST without a cookie (RFC 8058).
    """
    view.by_token = True  # type: ignore[attr-defined] # an attribute of ours on a function
    return view


def _must_change() -> Response | None:
    """Lead somebody whose password was given by another person to choose one."""
    found = user()
    if found is None or not found.must_change or request.endpoint in _BEFORE_PASSWORD:
        return None
    if g.form != "html" or request.method not in READING_METHODS:
        raise Forbidden
    return redirect(url_for("account.password"), 303)


def _turned_away() -> Response:
    """Ask to sign in, or say that the role is not enough."""
    if user() is not None:
        raise Forbidden
    if g.form == "html" and request.method in ("GET", "HEAD"):
        return redirect(url_for("account.sign_in", next=sessions.this_page()), 303)
    raise Unauthorized
