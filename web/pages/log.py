"""The audit log: who did what, when, to what."""

from flask import Blueprint, Response

from aggregator.store import audit
from web import parameters
from web.access import Need
from web.answers import answer, here, page
from web.database import database
from web.language import both

pages = Blueprint("log", __name__)


@page(pages, "/admin/audit", "csv", need=Need.ADMIN)
def entries() -> Response:
    """Show the audit log, newest first."""
    told, after = audit.entries(
        database(), limit=parameters.limit(), before=parameters.start() or None
    )
    document = {"entries": told, "next": here("json", start=after) if after else None}
    return answer(
        "admin/audit.html", document, title=both("Protokoll", "Audit log"), rows=told,
        next_page=here(start=after) if after else None,
    )  # fmt: skip
