"""Readers report a barrier or a mistake; admins see to it."""

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as Redirect

from aggregator.clock import stamp
from aggregator.store import accounts, audit, feedback
from web import access, forms
from web.access import Need
from web.answers import action, answer, page, shown
from web.database import database, now, writing
from web.language import t
from web.sessions import ORIGIN_UNKNOWN

pages = Blueprint("feedback", __name__)
FREE = 5  # reports of one address before it has to wait
TEXT_CHARS, CONTACT_CHARS, PAGE_CHARS = 2000, 200, 300


@action(pages, "/feedback", Need.NOTHING, "GET", "POST")
def report() -> Response | Redirect:
    """Show the form, and take it."""
    if request.method == "GET":
        return _form()
    text, page_of = forms.text("text", most=TEXT_CHARS), forms.text("page", most=PAGE_CHARS)
    if not text:
        return _form(t("feedback.empty"), 400)
    contact = forms.text("contact", most=CONTACT_CHARS)
    origin = f"feedback:{accounts.about_origin(request.remote_addr or ORIGIN_UNKNOWN)}"
    with writing() as db:
        until = accounts.refused_until(db, [origin], now())
        if until is None:
            accounts.count_attempt(db, origin, now(), FREE)
            kept = feedback.leave(db, page_of, text, contact, stamp(now()))
    if until is not None or not kept:
        return _form(t("feedback.later"), 429)
    return redirect(url_for("feedback.thanks"), 303)


def _form(fault: str = "", status: int = 200) -> Response:
    return shown(
        "feedback.html", status, title=t("feedback.title"), fault=fault,
        values={name: request.values.get(name, "") for name in ("page", "text", "contact")},
        most=TEXT_CHARS, most_contact=CONTACT_CHARS,
    )  # fmt: skip


@action(pages, "/feedback/thanks", Need.NOTHING, "GET")
def thanks() -> Response:
    """Say that a report has arrived."""
    return shown("feedback_thanks.html", title=t("feedback.thanks"))


@page(pages, "/admin/feedback", need=Need.ADMIN)
def reports() -> Response:
    """List what readers reported, open ones first."""
    document = {"reports": feedback.entries(database())}
    return answer("admin/feedback.html", document, title=t("feedback.list"))


@action(pages, "/admin/feedback/<int:number>/done", Need.ADMIN)
def done(number: int) -> Redirect:
    """Note that a report has been seen to."""
    with writing() as db:
        feedback.done(db, number, stamp(now()))
        audit.note(db, access.account().name, "feedback_done", stamp(now()), str(number))
    return redirect(url_for("feedback.reports"), 303)
