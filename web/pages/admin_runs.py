"""Runs for admins: what each brought, what went wrong, at the source or at ours, and what to do."""

from flask import Blueprint, Response, request

from aggregator.store import reads_runs
from aggregator.store.reads_runs import Wanted
from web.access import Need
from web.answers import answer, page
from web.database import database
from web.language import both
from web.parameters import start as start_of

pages = Blueprint("admin_runs", __name__)
SHOWN = 50
STATES = ("", "bad", "running", "ok", "unchanged", "suspect", "failed")


@page(pages, "/admin/runs", "csv", need=Need.ADMIN)
def runs() -> Response:
    """List the latest runs, filtered by source and state."""
    wanted = Wanted(
        source=request.args.get("source", ""), state=request.args.get("state", ""),
        before=start_of() or None,
    )  # fmt: skip
    told, following = reads_runs.runs(database(), wanted, SHOWN)
    document = {"runs": told, "next": following}
    return answer("admin/runs.html", document, title=both("Läufe", "Runs"), rows=told,
                  states=STATES)  # fmt: skip


@page(pages, "/admin/runs/<int:run>", "csv", need=Need.ADMIN)
def run(run: int) -> Response:
    """Show one run: counts, problems by whose they are, requests with status and timing."""
    document = reads_runs.run(database(), run)
    return answer("admin/run.html", document, title=both(f"Lauf {run}", f"Run {run}"),
                  rows=document["requests"])  # fmt: skip
