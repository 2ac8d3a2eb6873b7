"""Sources for admins: the list with the worst first, and what can be done to one without its file.

Nothing here crawls: a source is made due, and the scheduler or cron asks it.
"""

from pathlib import Path

from flask import Blueprint, Response, current_app, redirect, request, url_for
from werkzeug.wrappers import Response as Redirect

from aggregator import config, curating
from aggregator.clock import stamp
from aggregator.config import edit
from aggregator.errors import ConfigError
from aggregator.model import Source
from aggregator.store import (
    audit,
    catalogue,
    expectations,
    reads_runs,
    reads_sources,
    reapply,
    state,
)
from web import access, forms
from web.access import Need
from web.answers import action, answer, page, shown
from web.database import connected, database, now, writing
from web.language import both
from web.parameters import start as start_of

pages = Blueprint("admin_sources", __name__)
SHOWN = 100
COLUMNS = ("id", "platform", "level", "kind", "url", "health", "state", "reason", "message",
           "last_success_at", "last_run_at", "next_at", "failures", "pending",
           "new_7_days")  # fmt: skip
TROUBLED = "troubled"


def source_list() -> Path:
    """Return where the source list is."""
    path: Path = current_app.config["SOURCES"]
    return path


@page(pages, "/admin/sources", "csv", need=Need.ADMIN)
def sources() -> Response:
    """List the sources, worst first, filtered by the address."""
    everyone = reads_sources.sources(database(), now())
    wanted = [source for source in everyone if _is_wanted(source)]
    start = start_of()
    part = wanted[start : start + SHOWN]
    bars = reads_runs.days(database(), [source["id"] for source in part], now())
    document = {
        "summary": reads_sources.summary(everyone), "total": len(wanted),
        "sources": [{**source, "days": bars[source["id"]]} for source in part],
        "next": start + SHOWN if start + SHOWN < len(wanted) else None,
    }  # fmt: skip
    rows = [{name: row[name] for name in COLUMNS} for row in wanted]
    return answer(
        "admin/sources.html", document, title=both("Quellen verwalten", "Manage sources"),
        rows=rows, healths=[str(health) for health in reads_sources.Health],
        platforms=sorted({source["platform"] for source in everyone}),
    )  # fmt: skip


def _is_wanted(source: dict[str, object]) -> bool:
    """Whether the filters of the address let a source through."""
    told = {name: request.args.get(name, "") for name in ("health", "platform", "q")}
    troubled = source["health"] in reads_sources.TROUBLED
    if told["health"] and told["health"] not in (source["health"], TROUBLED if troubled else ""):
        return False
    if told["platform"] and source["platform"] != told["platform"]:
        return False
    words = f"{source['id']} {source['url']} {source['platform_name']}".lower()
    return told["q"].lower() in words


def listed(name: str) -> Source:
    """Return a source of the list as it is now.

    Raises:
        NotFoundError: It is not in the list.
        InvalidConfigError: The list has mistakes.
    """
    from aggregator.config.mistakes import unknown

    found = {str(source.id): source for source in config.load(source_list()).sources}
    if name not in found:
        raise unknown("keine Quelle", name, found, where=name, otherwise="/admin/sources")
    return found[name]


# --- without the file ------------------------------------------------------------------------


@action(pages, "/admin/sources/<source>/act", Need.ADMIN)
def act(source: str) -> Redirect:
    """Do one thing to a source: pause, resume, ask, accept."""
    what, by, at = forms.text("do"), access.account().name, stamp(now())
    with writing() as db:
        told = state.state_of(db, source)
        match what:
            case "pause":
                state.pause(db, source)
            case "resume":
                state.resume(db, source)
            case "ask":
                reapply.ask_now(db, source)
            case "accept":
                if (wanted := catalogue.source(db, source)) is not None:
                    expectations.check_declared(wanted, told.reason, source)
                expectations.accept(db, source, by, at)
            case _:
                raise ConfigError("diese Handlung gibt es nicht", where=what)
        audit.note(db, by, f"source_{what}", at, source)
    return redirect(url_for("admin_sources.done", source=source, what=what), 303)


@action(pages, "/admin/sources/<source>/done/<what>", Need.ADMIN, "GET")
def done(source: str, what: str) -> Response:
    """Say what was done and what comes next."""
    return shown("admin/done.html", title=source, source=source, what=what)


@action(pages, "/admin/sources/<source>/retire", Need.ADMIN, "GET", "POST")
def retire(source: str) -> Response | Redirect:
    """Switch a source off in the file: its items stay, nobody asks it any more."""
    enabled = request.values.get("back") == "1"
    planner = edit.update_of(source, {"enabled": enabled})
    if request.method == "GET":
        plan = edit.plan(source_list(), planner)
        return shown(
            "admin/retire.html", title=source, source=source, plan=plan, back=enabled,
            lines=curating.difference(plan.before, plan.after),
        )  # fmt: skip
    why = f"{'enable' if enabled else 'retire'} {source}"
    with connected() as db:
        curating.save(db, source_list(), planner, seen=forms.text("seen"),
                      by=access.account().name, why=why, now=stamp(now()))  # fmt: skip
    return redirect(url_for("admin_sources.done", source=source,
                            what="enable" if enabled else "retire"), 303)  # fmt: skip


# --- changed rules ---------------------------------------------------------------------------


@action(pages, "/admin/sources/<source>/reapply", Need.ADMIN, "GET", "POST")
def reapply_rules(source: str) -> Response | Redirect:
    """Show what the rules of today make of the stored items, and apply them."""
    wanted = listed(source)
    if request.method == "GET":
        told = reapply.effect(database(), wanted)
        return shown("admin/reapply.html", title=source, source=source, effect=told,
                     rules=wanted)  # fmt: skip
    at, by = stamp(now()), access.account().name
    with connected() as db:
        told = reapply.apply_filters(db, wanted)
        due = reapply.read_again(db, source, at) if forms.text("again") == "1" else 0
        audit.note(db, by, "source_reapply", at, source,
                   {"before": told.before, "after": told.after, "due": due})  # fmt: skip
    return shown("admin/reapplied.html", title=source, source=source, effect=told, due=due)
