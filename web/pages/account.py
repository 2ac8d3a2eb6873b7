"""Signing in and out, and one's own account."""

from urllib.parse import urlsplit

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as Redirect

from aggregator import passwords
from aggregator.clock import stamp
from aggregator.errors import ConfigError
from aggregator.store import accounts, audit
from web import access, forms, sessions, sign_in_service
from web.access import Need
from web.answers import action, answer, page, shown
from web.database import database, now, writing
from web.language import t

pages = Blueprint("account", __name__)


@action(pages, "/login", Need.NOTHING, "GET", "POST")
def sign_in() -> Response | Redirect:
    """Show the form, and take it."""
    if request.method == "GET":
        return sign_in_form()
    try:
        token = sessions.sign_in(forms.text("name", most=64), request.form.get("password", ""))
    except sessions.TooManyError as error:
        response = sign_in_form(t("account.wait", n=error.seconds), 429)
        response.headers["Retry-After"] = str(error.seconds)
        return response
    if token is None:
        return sign_in_form(t("account.wrong"), 401)
    return sessions.keep(redirect(page_of_ours(request.form.get("next", "")), 303), token)


def sign_in_form(fault: str = "", status: int = 200) -> Response:
    """Show the form for signing in, with what went wrong."""
    return shown(
        "sign_in.html", status, title=t("account.sign_in"), fault=fault,
        name=request.form.get("name", ""), next=request.values.get("next", ""),
        service=sign_in_service.is_there(),
    )  # fmt: skip


def page_of_ours(told: str) -> str:
    """Return an address if it is one of this site's pages, else that of the start page."""
    parts = urlsplit(told)
    ours = told.startswith("/") and not told.startswith(("//", "/\\")) and told.isprintable()
    if ours and not parts.scheme and not parts.netloc and "\\" not in told:
        return told
    return url_for("overview.start")


@action(pages, "/logout", Need.NOTHING)
def sign_out() -> Redirect:
    """End the session."""
    sessions.sign_out()
    return sessions.keep(redirect(url_for("overview.start"), 303), None)


@page(pages, "/account", need=Need.ACCOUNT)
def account() -> Response:
    """Show one's own account."""
    found = accounts.get(database(), access.account().name)
    document = {"account": accounts.document(found) | {"since_at": found.since_at}}
    return answer("account.html", document, title=t("account.title"))


@action(pages, "/account/password", Need.ACCOUNT, "GET", "POST")
def password() -> Response | Redirect:
    """Change one's own password; all other sessions end."""
    own = access.account()
    if request.method == "GET":
        return _password_form()
    told, new = request.form.get("password", ""), request.form.get("new", "")
    try:
        _check_new(own.name, told, new)
    except ConfigError as error:
        return _password_form(error, 400)
    hashed = passwords.hash_of(new)
    with writing() as db:
        accounts.set_password(db, own.name, hashed, must_change=False)
        audit.note(db, own.name, "password", stamp(now()), own.name)
    return sessions.keep(redirect(url_for("account.account"), 303), sessions.begin(own.name))


def _check_new(name: str, told: str, new: str) -> None:
    """Refuse a change by somebody who does not know the password, or to one that is none.

    Raises:
        ConfigError: With what to do about it.
    """
    wrong = ConfigError(t("account.password.wrong"), remedy=t("account.password.wrong.remedy"))
    about = accounts.about_account(name)
    with writing() as db:
        if accounts.refused_until(db, [about], now()) is not None:
            raise wrong
        accounts.count_attempt(db, about, now(), accounts.FREE_FAILURES)
        stored = accounts.password_of(db, name)
    if not passwords.fits(told, stored):
        raise wrong
    with writing() as db:
        accounts.forgive(db, [about])
    if new == told:
        raise ConfigError(t("account.password.same"), remedy=t("account.password.same.remedy"))
    passwords.check(new, name)


def _password_form(fault: ConfigError | None = None, status: int = 200) -> Response:
    return shown(
        "password.html", status, title=t("account.password.title"), fault=fault,
        forced=access.account().must_change, least=passwords.LEAST,
    )  # fmt: skip


@action(pages, "/account/seen", Need.ACCOUNT)
def seen() -> Redirect:
    """Let "new since" count from now on."""
    with writing() as db:
        accounts.all_seen(db, access.account().name, stamp(now()))
    return redirect(url_for("overview.start"), 303)
