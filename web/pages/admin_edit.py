"""The editor of a source: form and YAML, tried before it is saved, shown as a difference first.

Each step is a form of its own, so nothing is kept between two requests: what was typed, what the
editor saw when it opened, and the list's checksum travel with it. The file changes only in `save`,
and only when it is still the one that was seen; else the page of the conflict shows all three.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Response, current_app, redirect, request, url_for
from werkzeug.wrappers import Response as Redirect

from aggregator import curating, trial
from aggregator.clock import stamp
from aggregator.config import ConflictError, edit
from aggregator.config import catalogue as lists
from aggregator.config.edit import Plan, Planner
from aggregator.errors import AggregatorError, ConfigError
from aggregator.model import SourceKind
from aggregator.store import catalogue
from web import access, forms, source_form
from web.access import Need
from web.answers import action, shown
from web.database import connected, database, now
from web.language import both
from web.pages.admin_sources import source_list
from web.source_form import Definition

pages = Blueprint("admin_edit", __name__)
MOST = 64 * 1024
NEW = ""  # the name of a source that is only being added


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What travels with the form from step to step, beside its fields."""

    seen: str  # checksum of the list that the editor saw
    base: Definition  # the source as the editor saw it
    text: str = ""  # its lines as they are typed
    base_text: str = ""  # ... and as they were
    tab: str = "form"  # form | yaml
    proof: str = ""  # that it was tried as it is

    @classmethod
    def of_entry(cls, entry: edit.Entry) -> "Kept":
        """Begin with a source as it stands in its file."""
        tab = "yaml" if request.args.get("tab") == "yaml" else "form"
        return cls(seen=entry.checksum, base=entry.definition, text=entry.text,
                   base_text=entry.text, tab=tab)  # fmt: skip

    @classmethod
    def of_form(cls) -> "Kept":
        """Go on with what the form brought."""
        return cls(
            seen=forms.text("seen"), base=_json("base"), text=_lines("text"),
            base_text=_lines("base_text"), proof=forms.text("proof"),
            tab="yaml" if forms.text("tab") == "yaml" else "form",
        )  # fmt: skip


def _lines(name: str) -> str:
    return request.form.get(name, "").replace("\r\n", "\n")


@action(pages, "/admin/sources/<source>/edit", Need.ADMIN, "GET", "POST")
@forms.taking(4 * MOST)
def editor(source: str) -> Response | Redirect:
    """Edit a source that stands in the list."""
    if request.method == "GET":
        entry = edit.entry(source_list(), source)
        return _page(source, entry.definition, Kept.of_entry(entry))
    return _step(source)


@action(pages, "/admin/add", Need.ADMIN, "GET", "POST")
@forms.taking(4 * MOST)
def add() -> Response | Redirect:
    """Add a source: by address with what it offers, then in the same editor."""
    if request.method == "GET":
        return _adding("")
    if forms.text("do") == "discover":
        return _discovered(forms.text("url"))
    if forms.text("do") == "fill":
        return _page(
            NEW,
            source_form.definition_of(_told()),
            Kept(seen=lists.fingerprint(source_list()), base={}),
        )
    return _step(NEW)


def _platforms() -> list[dict[str, str]]:
    """Return the platforms that a source may belong to, as the list was read last."""
    return [{"id": str(one.id), "name": one.name} for one in catalogue.platforms(database())]


def _discovered(url: str) -> Response:
    """Show what an address offers, each as a form that fills the editor."""
    found: dict[str, Any] | None = None
    fault: AggregatorError | None = None
    try:
        found = trial.discover(current_app.config["DATA"], source_list(), url)
        if "error" in found:
            told = found["error"]
            fault = ConfigError(told["message"], where=told["where"], remedy=told["remedy"])
            found = None
    except AggregatorError as error:
        fault = error
    return _adding(url, found, fault)


def _adding(
    url: str, found: Mapping[str, Any] | None = None, fault: AggregatorError | None = None
) -> Response:
    """Show the form for an address, and what an address offered."""
    return shown(
        "admin/add.html", 422 if fault else 200, url=url, found=found, fault=fault,
        title=both("Quelle hinzufügen", "Add a source"), platforms=_platforms(),
    )  # fmt: skip


# --- the steps -------------------------------------------------------------------------------


def _told() -> dict[str, str]:
    """Return the fields of the form as they were sent."""
    return {field.name: forms.text(field.name, most=MOST) for field in source_form.fields()}


def _step(source: str) -> Response | Redirect:
    """Do what the button says; what is wrong with the source is told in the same form."""
    do, kept = forms.text("do"), Kept.of_form()
    mine = source_form.definition_of(_told())
    try:
        if do == "merge":
            return _merged(source, kept.base, mine)
        planner = _planner(source, mine, kept)
        plan = edit.plan(source_list(), planner)
        name = source or str(mine.get("id", ""))
        if do == "test":
            return _try(source, name, mine, plan, kept)
        if do == "save":
            return _save(source, name, planner, plan, kept)
        return _look(source, name, mine, plan, kept)
    except ConflictError:
        return _conflict(source, mine, kept)
    except AggregatorError as error:
        return _page(source, mine, kept, fault=error, status=422)


def _json(name: str) -> Definition:
    """Return a definition that travelled with the form; whoever changes it harms only their own."""
    try:
        found = json.loads(request.form.get(name) or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _planner(source: str, mine: Definition, kept: Kept) -> Planner:
    if kept.tab == "yaml" and source:
        return edit.rewriting_of(source, kept.text)
    if source:
        return edit.update_of(source, source_form.changes(kept.base, mine))
    return edit.adding_of(source_list(), sources=[mine])


def _try(source: str, name: str, mine: Definition, plan: Plan, kept: Kept) -> Response:
    """Read the source as it would be, on the live path, with nothing stored."""
    files = curating.planned_files(source_list(), plan)
    found = trial.try_source(current_app.config["DATA"], files, name)
    proof = _proof(plan, name) if found.get("next_at") else ""
    return _page(source, mine, replace(kept, proof=proof), tried=found)


def _proof(plan: Plan, name: str) -> str:
    """Vouch that this very source, as it would be, was read with success."""
    told = next(repr(source) for source in plan.catalogue.sources if source.id == name)
    key: bytes = current_app.config["SECRET_KEY"]
    return hmac.new(key, b"tried:" + told.encode(), hashlib.sha256).hexdigest()[:40]


def _is_ready(plan: Plan, name: str) -> bool:
    """Whether a source may be saved without a word: tried, off, or never asked at all."""
    wanted = next(source for source in plan.catalogue.sources if source.id == name)
    if wanted.kind is SourceKind.MANUAL or not wanted.enabled:
        return True
    return hmac.compare_digest(_proof(plan, name).encode(), forms.text("proof").encode())


def _look(source: str, name: str, mine: Definition, plan: Plan, kept: Kept) -> Response:
    """Show what would change in the file, with the button that saves."""
    if plan.seen != kept.seen:
        return _conflict(source, mine, kept)
    return shown(
        "admin/look.html", title=name, source=source, mine=source_form.values_of(mine),
        lines=curating.difference(plan.before, plan.after), ready=_is_ready(plan, name),
        file=curating.name_of(source_list(), plan.file), fields=source_form.fields(), kept=kept,
    )  # fmt: skip


def _save(source: str, name: str, planner: Planner, plan: Plan, kept: Kept) -> Response | Redirect:
    """Write the file, if it is still the one that the editor saw."""
    if not _is_ready(plan, name) and forms.text("untested") != "1":
        raise ConfigError(
            "die Quelle wurde so noch nicht mit Erfolg getestet", where=name,
            remedy="„Quelle testen“, oder beim Speichern bestätigen, dass es ohne Probe sein soll",
        )  # fmt: skip
    with connected() as db:
        curating.save(
            db, source_list(), planner, seen=kept.seen, by=access.account().name,
            why=f"{'edit' if source else 'add'} {name}", now=stamp(now()),
        )  # fmt: skip
    return redirect(url_for("admin_sources.done", source=name, what="save"), 303)


def _page(
    source: str, mine: Definition, kept: Kept, *, fault: AggregatorError | None = None,
    tried: Mapping[str, Any] | None = None, status: int = 200,
) -> Response:  # fmt: skip
    """Show the editor with everything that travels with it."""
    return shown(
        "admin/editor.html", status, title=source or both("Neue Quelle", "New source"),
        source=source, fields=source_form.fields(), mine=source_form.values_of(mine), kept=kept,
        tried=tried, fault=fault, platforms=_platforms(),
    )  # fmt: skip


# --- conflicts -------------------------------------------------------------------------------


def _conflict(source: str, mine: Definition, kept: Kept) -> Response:
    """Show what stood there, what stands there now, and what this editor wants."""
    if not source:  # an addition collides with nothing: it is looked at again on the new list
        fault = ConfigError("die Quellenliste wurde inzwischen geändert",
                            remedy="die Änderung noch einmal ansehen und speichern")  # fmt: skip
        seen = lists.fingerprint(source_list())
        return _page(source, mine, replace(kept, seen=seen), fault=fault, status=409)
    entry = edit.entry(source_list(), source)
    return shown(
        "admin/conflict.html", 409, title=source, source=source, entry=entry, kept=kept,
        clashes=curating.clashes(kept.base, entry.definition, mine), fields=source_form.fields(),
        mine=source_form.values_of(mine),
    )  # fmt: skip


def _merged(source: str, base: Definition, mine: Definition) -> Response:
    """Put both changes together as the editor decided, and go on from the list as it is now."""
    entry = edit.entry(source_list(), source)
    merged = dict(entry.definition)
    for clash in curating.clashes(base, entry.definition, mine):
        wanted = clash.mine != clash.base
        if clash.collides:
            wanted = forms.text(f"take.{clash.key}") == "mine"
        if wanted and clash.mine is None:
            merged.pop(clash.key, None)
        elif wanted:
            merged[clash.key] = clash.mine
    return _page(source, merged, Kept.of_entry(entry))
