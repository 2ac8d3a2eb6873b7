"""`refresh` and `schedule`: reading sources, once or for good."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from aggregator.cli.common import (
    Context,
    derive_now,
    emit,
    engine,
    note,
    seldom_collecting,
    wanted_sources,
)
from aggregator.cli.progress import progress
from aggregator.model import RunState

if TYPE_CHECKING:
    from aggregator.record import Report

BAD = {RunState.FAILED, RunState.SUSPECT, RunState.OFFLINE, RunState.DENIED, RunState.LOGIN,
       RunState.NEEDS_COOKIE, RunState.GONE}  # fmt: skip
WORDS = {
    "ok": "aktuell", "unchanged": "unverändert", "suspect": "verdächtig", "failed": "gestört",
    "offline": "keine Verbindung", "denied": "nicht erlaubt", "needs_cookie": "verlangt Cookie",
    "login": "Anmeldung nötig", "moved": "umgezogen", "gone": "eingestellt",
    "busy": "in Arbeit", "not_due": "nicht fällig",
}  # fmt: skip


@click.command()
@click.argument("sources", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Auch, was nicht fällig ist.")
@click.option("--dry-run", is_flag=True, help="Nur zeigen, was fällig ist.")
@click.option("--max-time", help="Höchstdauer, z. B. 10m; der Rest bleibt für den nächsten Lauf.")
@click.option("--json", "as_json", is_flag=True, help="Eine JSON-Zeile je Quelle.")
@click.pass_obj
@seldom_collecting()
def refresh_command(
    ctx: Context,
    sources: tuple[str, ...],
    *,
    everything: bool,
    dry_run: bool,
    max_time: str | None,
    as_json: bool,
) -> int:
    """Ruft ab, was fällig ist (oder genannt, oder alles), und verknüpft danach das Neue."""
    from aggregator import pipeline
    from aggregator.config import load_settings

    chosen = wanted_sources(ctx, sources)
    forced = everything or bool(sources)
    if dry_run:
        return _dry_run(ctx, [source.id for source in chosen], forced=forced, as_json=as_json)
    limit = _limit(max_time)
    reports = []
    db = ctx.db()
    worker = engine(ctx, db)
    deadline = time.monotonic() + limit.total_seconds() if limit else None
    try:
        with progress() as show, _ending(worker.stop):
            for report in pipeline.refresh(worker, chosen, forced=forced, deadline=deadline):
                reports.append(report)
                _tell(report, as_json=as_json)
                show("abrufen", len(reports), len(chosen))
    finally:
        worker.close()
        # Who asked by name waits for what can be found, not for the links of a whole installation.
        asked = timedelta(0) if forced else load_settings(ctx.data).link_time
        derived = derive_now(ctx, db, links_for=asked)
    _summary(reports, derived.unlinked, as_json=as_json)
    return 1 if any(report.state in BAD for report in reports) else 0


@contextmanager
def _ending(stop: threading.Event) -> Iterator[None]:
    """Let SIGTERM end every source after the address it is at; what came is derived nevertheless.

    Only the main thread of a process may listen to signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: stop.set())
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _limit(text: str | None) -> timedelta | None:
    from aggregator.config import duration

    return duration(text) if text else None


def _tell(report: "Report", *, as_json: bool) -> None:
    """Print the line of a source as it ends."""
    if as_json:
        emit(report.document())
        return
    counts = report.counts
    note(
        f"{report.source}: {WORDS[report.state]}"
        + (f" ({report.reason}: {report.message})" if report.message else "")
        + (f", {counts['new']} neu, {counts['changed']} geändert, {counts['vanished']} entfallen,"
           f" {counts['pending']} offen, {counts['requests']} Anfragen" if counts else "")
    )  # fmt: skip


def _summary(reports: "list[Report]", unlinked: int, *, as_json: bool) -> None:
    """Print the sums over all sources, and how many items wait for their links."""
    names = ("new", "changed", "unchanged", "vanished", "rejected", "pending", "requests",
             "not_modified", "bytes", "wall_ms")  # fmt: skip
    sums = {name: sum(report.counts.get(name, 0) for report in reports) for name in names}
    states = [report.state for report in reports]
    failed = sum(state in BAD and state is not RunState.SUSPECT for state in states)
    suspect = states.count(RunState.SUSPECT)
    if as_json:
        emit({"summary": {**sums, "sources": len(reports), "failed": failed, "suspect": suspect,
                          "unlinked": unlinked}})  # fmt: skip
    else:
        note(f"{len(reports)} Quellen: {sums['new']} neu, {sums['changed']} geändert,"
             f" {sums['vanished']} entfallen, {failed} gestört, {suspect} verdächtig")  # fmt: skip
    if unlinked:
        note(f"{unlinked} Einträge sind zu finden, aber noch nicht verknüpft; das holen nach: der"
             " Dienst (schedule), ein weiterer Abruf oder `aggregator rebuild`")  # fmt: skip


def _dry_run(ctx: Context, names: list[str], *, forced: bool, as_json: bool) -> int:
    """Show what a refresh would read."""
    from aggregator import store
    from aggregator.clock import stamp

    catalogue, now = ctx.catalogue, stamp(ctx.clock.now())
    db = ctx.db()
    store.catalogue.mirror(db, catalogue)
    for name in names:
        state = store.state.state_of(db, name)
        due = forced or (not state.paused and (state.next_at or "") <= now)
        if as_json:
            emit({"source": name, "due": due, "next_at": state.next_at})
        elif due:
            note(f"{name}: fällig")
        else:
            note(f"{name}: {'angehalten' if state.paused else f'nicht fällig vor {state.next_at}'}")
    return 0


@click.command()
@click.option("--every", default="1m", show_default=True, help="Takt der Fälligkeitsprüfung.")
@click.pass_obj
def schedule_command(ctx: Context, every: str) -> int:
    """Läuft dauernd: ruft Fälliges ab, verknüpft, räumt auf. Darf sich mit cron überschneiden."""
    from aggregator import logs, schedule
    from aggregator.config import load_settings

    logs.set_up(load_settings(ctx.data).log_format)  # a line a source, for the journal
    return schedule.run(ctx.database, ctx.sources, ctx.data, ctx.clock, _limit(every))
