"""Saved searches: kept by readers, confirmed and ended by the address in their letters."""

import re

from flask import Blueprint, Response, current_app, redirect, request, url_for
from werkzeug.wrappers import Response as Redirect

from aggregator.clock import stamp
from aggregator.errors import AggregatorError, ConfigError
from aggregator.mail import is_set_up
from aggregator.store import saved
from aggregator.store.filters import settle
from aggregator.store.saved import RHYTHMS
from aggregator.store.search_query import SearchQuery
from web import access, forms
from web.access import Need, vouched_by_address
from web.answers import action, answer, page, shown
from web.database import database, now, writing
from web.language import both

pages = Blueprint("saved", __name__)
MAIL = re.compile(r"[^\s@,<>\"]{1,64}@[^\s@,<>\"]{1,190}")


@page(pages, "/account/searches", need=Need.ACCOUNT)
def searches() -> Response:
    """Show one's own saved searches, and the form that saves the search of the address."""
    mine = saved.of_account(database(), access.account().name)
    document = {"searches": [
        {"title": one.title, "query": one.query, "mail": one.mail, "every_days": one.every_days,
         "confirmed_at": one.confirmed_at, "looked_at": one.looked_at} for one in mine
    ]}  # fmt: skip
    told = _asked(request.query_string.decode("ascii", "replace"))
    return answer(
        "admin/saved.html", document, title=both("Gespeicherte Suchen", "Saved searches"),
        mine=mine, wanted=told, is_set_up=_sends(), fault=None,
    )  # fmt: skip


def _sends() -> bool:
    settings = current_app.config["SETTINGS"]
    return is_set_up(settings) and bool(settings.web_url)


def _asked(query: str) -> tuple[str, str] | None:
    """Return a search in its one form, and how people read it; None for no search at all."""
    from urllib.parse import parse_qs

    typed = SearchQuery.read(parse_qs(query))
    found = settle(database(), current_app.config["TOPICS"], typed).query
    named = found.url("").lstrip("?")
    if not named:
        return None
    filters = [value for _, values in _filters(found) for value in values]
    return named, " · ".join([found.text, *filters] if found.text else filters)[:150]


def _filters(found: SearchQuery) -> list[tuple[str, list[str]]]:
    told = found.parameters()
    rows: dict[str, list[str]] = {}
    for name, value in told:
        if name not in ("q", "sort", "bundle", "limit", "page", "cursor"):
            rows.setdefault(name, []).append(value)
    return list(rows.items())


@action(pages, "/account/searches/add", Need.ACCOUNT)
def add() -> Response | Redirect:
    """Save a search; a letter asks the address before any other one goes there."""
    told, mail = _asked(forms.text("query")), forms.text("mail", most=254)
    days = forms.text("every_days")
    try:
        if told is None or not MAIL.fullmatch(mail) or days not in map(str, RHYTHMS):
            raise ConfigError("Suche, Mailadresse oder Rhythmus fehlen", where=mail,
                              remedy="eine Adresse wie name@amt.example eintragen")  # fmt: skip
        with writing() as db:
            saved.add(db, access.account().name, told[0], told[1], mail, int(days),
                      at=stamp(now()))  # fmt: skip
    except AggregatorError as error:
        return shown(
            "admin/saved.html", 422, title=both("Gespeicherte Suchen", "Saved searches"),
            mine=saved.of_account(database(), access.account().name), wanted=told,
            is_set_up=_sends(), fault=error,
        )  # fmt: skip
    return redirect(url_for("saved.searches"), 303)


@action(pages, "/account/searches/remove", Need.ACCOUNT)
def remove() -> Redirect:
    """Forget one of one's own saved searches."""
    token = forms.text("token")
    with writing() as db:
        if any(one.token == token for one in saved.of_account(db, access.account().name)):
            saved.remove(db, token)
    return redirect(url_for("saved.searches"), 303)


# --- by the address in a letter --------------------------------------------------------------


@action(pages, "/saved/<token>", Need.NOTHING, "GET")
def letter(token: str) -> Response:
    """Show what the letters are about, with the buttons to confirm and to end them."""
    return shown("admin/letter.html", title=both("Neues per Mail", "News by mail"),
                 one=saved.by_token(database(), token), done="")  # fmt: skip


@action(pages, "/saved/<token>/confirm", Need.NOTHING)
def confirm(token: str) -> Response:
    """Let letters go to this address."""
    with writing() as db:
        saved.by_token(db, token)
        saved.confirm(db, token, stamp(now()))
    return shown("admin/letter.html", title=both("Neues per Mail", "News by mail"),
                 one=saved.by_token(database(), token), done="confirm")  # fmt: skip


@action(pages, "/saved/<token>/unsubscribe", Need.NOTHING)
@vouched_by_address
def unsubscribe(token: str) -> Response:
    """End the letters, by a button or by one POST of a mail program (RFC 8058); twice is fine."""
    with writing() as db:
        saved.remove(db, token)
    return shown("admin/letter.html", title=both("Abbestellt", "Unsubscribed"), one=None,
                 done="unsubscribe")  # fmt: skip
