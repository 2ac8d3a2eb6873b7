"""Signing in with the service of the house: the way there, and the way back."""

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as Redirect

from aggregator.clock import stamp
from aggregator.errors import ConfigError
from aggregator.model import UserRole
from aggregator.store import audit, subjects
from web import sessions, sign_in_service
from web.access import Need
from web.answers import action
from web.database import now, writing
from web.language import t
from web.pages.account import page_of_ours, sign_in_form
from web.sign_in_service import FailedError, Person, UnreachableError

pages = Blueprint("service", __name__)


@action(pages, "/login/service", Need.NOTHING, "GET")
def begin() -> Response | Redirect:
    """Lead to the service."""
    if not sign_in_service.is_there():
        raise NotFound
    try:
        return sign_in_service.begin(
            url_for("service.back", _external=True), page_of_ours(request.args.get("next", ""))
        )
    except UnreachableError:
        return sign_in_form(t("account.service.unreachable"), 503)


@action(pages, "/login/service/back", Need.NOTHING, "GET")
def back() -> Response | Redirect:
    """Take whom the service vouches for."""
    if not sign_in_service.is_there():
        raise NotFound
    try:
        person, then = sign_in_service.end()
        name = _account_of(person)
    except UnreachableError:
        return sign_in_form(t("account.service.unreachable"), 503)
    except FailedError as error:
        return sign_in_form(t("account.service.failed", why=str(error)), 400)
    except ConfigError as error:
        return sign_in_form(f"{error.message}: {error.where}. {error.remedy}", 403)
    token = sessions.begin(name, "service")
    return sessions.keep(redirect(page_of_ours(then), 303), token)


def _account_of(person: Person) -> str:
    """Return the name of a person's account.

    Raises:
        ConfigError: There is none that may be used.
    """
    role = sign_in_service.role_of_new()
    try:
        with writing() as db:
            account = subjects.arrive(
                db, person.subject, person.name, UserRole(role) if role else None, stamp(now())
            )
    except ConfigError:
        with writing() as db:
            audit.note(db, person.name[:64], "sign_in_failed", stamp(now()),
                       detail={"by": "service"})  # fmt: skip
        raise
    return account.name
