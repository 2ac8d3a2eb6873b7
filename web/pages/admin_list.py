"""The source list as a whole: its files as text, their earlier states, OPML in and out."""

from pathlib import Path

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as Redirect

from aggregator import curating
from aggregator.clock import stamp
from aggregator.config import ConflictError, edit, opml
from aggregator.config import catalogue as lists
from aggregator.errors import AggregatorError, ConfigError
from aggregator.store import list_versions
from web import access, forms
from web.access import Need, needs
from web.answers import action, answer, page, shown
from web.database import connected, database, now
from web.language import both
from web.pages.admin_sources import source_list

pages = Blueprint("admin_list", __name__)
MOST_TEXT = 8 << 20  # a file of 20,000 sources
MOST_OPML = 2 << 20


@page(pages, "/admin/list", need=Need.ADMIN)
def overview() -> Response:
    """Show the files of the list and their earlier states."""
    try:
        files = lists.read_files(source_list())
        fault = None
        lists.parse(files)
    except ConfigError as error:
        files, fault = _readable(), error
    document = {
        "files": [{"name": curating.name_of(source_list(), file), "bytes": len(body)}
                  for file, body in files.items()],
        "versions": list_versions.listed(database()),
        "fault": str(fault) if fault else None,
    }  # fmt: skip
    return answer("admin/list.html", document, title=both("Quellenliste", "Source list"))


def _readable() -> dict[Path, bytes]:
    """Return the main file when the list as a whole cannot be read."""
    try:
        return {source_list(): source_list().read_bytes()}
    except OSError:
        return {}


@action(pages, "/admin/list/file/<path:name>", Need.ADMIN, "GET", "POST")
@forms.taking(MOST_TEXT)
def text(name: str) -> Response | Redirect:
    """Edit a file of the list as text, also one with mistakes."""
    file = curating.file_named(source_list(), name)
    seen = lists.fingerprint(source_list())
    present = file.read_bytes()
    try:
        shown_text = present.decode("utf-8")
    except UnicodeDecodeError as error:  # what cannot be shown would be lost by saving
        raise ConfigError("die Datei ist kein UTF-8 und lässt sich hier nicht bearbeiten",
                          where=f"{name}, Byte {error.start}",
                          remedy="sie in einem Editor als UTF-8 speichern") from error  # fmt: skip
    if request.method == "GET":
        return _text_page(name, shown_text, seen)
    told = request.form.get("text", "")
    crlf = b"\r\n" in present  # browsers send CRLF whatever stood there
    body = told.replace("\r\n", "\n").replace("\n", "\r\n" if crlf else "\n").encode("utf-8")
    return _replace(name, body, told, f"text {name}")


def _text_page(
    name: str, told: str, seen: str, fault: AggregatorError | None = None, status: int = 200
) -> Response:
    return shown("admin/text.html", status, title=name, name=name, text=told, seen=seen,
                 fault=fault)  # fmt: skip


def _replace(name: str, body: bytes, told: str, why: str) -> Response | Redirect:
    """Show what would change, or make it so; a conflict shows both sides."""
    seen, file = forms.text("seen"), curating.file_named(source_list(), name)
    planner = edit.replacing_of(file, body)
    try:
        plan = edit.plan(source_list(), planner)
        if forms.text("do") == "save":
            with connected() as db:
                curating.save(db, source_list(), planner, seen=seen, by=access.account().name,
                              why=why, now=stamp(now()))  # fmt: skip
            return redirect(url_for("admin_list.overview"), 303)
        if plan.seen != seen:
            raise ConflictError("die Quellenliste wurde inzwischen geändert", where=name)
    except ConflictError:
        return _text_conflict(name, file.read_bytes(), body, told)
    except AggregatorError as error:
        return _text_page(name, told, seen, error, 422)
    return shown(
        "admin/look_text.html", title=name, name=name, text=told, seen=seen,
        lines=curating.difference(plan.before, plan.after),
    )  # fmt: skip


def _text_conflict(name: str, theirs: bytes, mine: bytes, told: str) -> Response:
    """Show what others made of the file and what this editor wants, each as lines."""
    base = None
    if digest := forms.text("digest"):
        base = list_versions.body_by_digest(database(), name, digest)
    return shown(
        "admin/conflict_text.html", 409, title=name, name=name, text=told,
        seen=lists.fingerprint(source_list()), mine=curating.difference(theirs, mine),
        theirs=curating.difference(base, theirs) if base is not None else None,
    )  # fmt: skip


@action(pages, "/admin/list/versions/<int:n>/<path:name>", Need.ADMIN, "GET", "POST")
def version(n: int, name: str) -> Response | Redirect:
    """Show an earlier state of a file beside the present one, and bring it back."""
    body = list_versions.body_of(database(), name, n)
    if request.method == "POST":
        return _replace(name, body, body.decode("utf-8", "replace"), f"restore {name} {n}")
    file = curating.file_named(source_list(), name)
    return shown(
        "admin/version.html", title=f"{name} {n}", name=name, n=n,
        seen=lists.fingerprint(source_list()),
        lines=curating.difference(file.read_bytes(), body),
    )  # fmt: skip


# --- OPML ------------------------------------------------------------------------------------


@pages.get("/admin/list/export.opml", defaults={"form": "opml"})
@needs(Need.ADMIN)
def export() -> Response:
    """Hand out the feeds of the list for other programs."""
    told = opml.write(lists.load(source_list()), now())
    response = Response(told, mimetype="text/x-opml")
    response.headers["Content-Disposition"] = 'attachment; filename="querverweis.opml"'
    return response


@action(pages, "/admin/list/import", Need.ADMIN, "GET", "POST")
@forms.taking(MOST_OPML)
def take() -> Response | Redirect:
    """Take the feeds of an OPML file: shown first, then added in one step."""
    catalogue = lists.load(source_list())
    platforms = [{"id": str(p.id), "name": p.name} for p in catalogue.platforms]
    if request.method == "GET":
        return shown("admin/import.html", title="OPML", platforms=platforms, found=None)
    body = _upload()
    owner = next((p for p in catalogue.platforms if p.id == forms.text("platform")), None)
    if owner is None:
        raise BadRequest
    found = opml.read(body, "OPML")
    fresh = [{**one, "enabled": False} if forms.text("enabled") != "1" else one
             for one in opml.definitions(found.feeds, owner.id, catalogue)]  # fmt: skip
    planner = edit.adding_of(source_list(), sources=fresh)
    if forms.text("do") == "save" and fresh:
        with connected() as db:
            curating.save(db, source_list(), planner, seen=forms.text("seen"),
                          by=access.account().name, why=f"opml {len(fresh)}",
                          now=stamp(now()))  # fmt: skip
        return redirect(url_for("admin_list.overview"), 303)
    plan = edit.plan(source_list(), planner)
    return shown(
        "admin/import.html", title="OPML", platforms=platforms, found=found, fresh=fresh,
        lines=curating.difference(plan.before, plan.after), seen=plan.seen, platform=owner.id,
        body=body.decode("utf-8", "replace"), enabled=forms.text("enabled"),
    )  # fmt: skip


def _upload() -> bytes:
    """Return what was uploaded, or what travelled on with the form that shows it."""
    sent = request.files.get("file")
    if sent is not None and sent.filename:
        told: bytes = sent.read(MOST_OPML)
        return told
    return request.form.get("body", "").encode("utf-8")
