"""`sources`: looking at the source list, checking it, trying and pausing a source."""

from typing import IO, TYPE_CHECKING, Any

import click

from aggregator.cli import discover, sources_edit, sources_trust
from aggregator.cli.common import Context, emit, listed, note, say, table
from aggregator.cli.preview import report_document, trial_document
from aggregator.errors import ConfigError
from aggregator.model import Platform, RunState, Source, SourceKind

if TYPE_CHECKING:
    import sqlite3

JSON = click.option("--json", "as_json", is_flag=True, help="Ausgabe als JSON.")


@click.group()
def sources_command() -> None:
    """Quellenliste: ansehen, prüfen, testen, ändern."""


sources_command.add_command(sources_edit.add_command)
sources_command.add_command(sources_edit.import_command)
sources_command.add_command(sources_edit.export_command)
sources_command.add_command(discover.discover_command)
sources_command.add_command(sources_trust.accept_command)
sources_command.add_command(sources_trust.snapshots_command)


@sources_command.command("list")
@JSON
@click.pass_obj
def list_command(ctx: Context, *, as_json: bool) -> None:
    """Zeigt alle Quellen, mit ihrem Zustand, sobald sie gelesen wurden."""
    states = _states(ctx)
    rows = [_row(source, states.get(source.id, {})) for source in ctx.catalogue.sources]
    if as_json:
        for row in rows:
            emit(row)
        return
    if not rows:
        note("Die Liste hat noch keine Quelle; eine eintragen: aggregator sources add")
        return
    head = ("KENNUNG", "PLATTFORM", "ART", "ZUSTAND", "NÄCHSTER ABRUF", "ADRESSE")
    say(table([head, *((row["id"], row["platform"], row["kind"], _word(row),
                        row["next_at"] or "-", row["url"] or "-") for row in rows)]))  # fmt: skip
    for row in rows:
        if row["moved_to"]:
            note(f"{row['id']} ist umgezogen; in {ctx.sources} eintragen: url: {row['moved_to']}")
        elif row["state"] == RunState.GONE:
            note(
                f"{row['id']} ist eingestellt ({row['message']}); eine andere url belebt die Quelle"
            )
        elif row["state"] == RunState.SUSPECT:
            note(f"{row['id']} ist verdächtig ({row['message']}); ansehen: aggregator sources"
                 f" snapshots {row['id']}, als richtig annehmen: aggregator sources accept"
                 f" {row['id']}")  # fmt: skip


def _states(ctx: Context) -> dict[str, dict[str, Any]]:
    """Return what the database knows of the sources; nothing in a fresh clone."""
    if not ctx.database.exists():
        return {}
    from aggregator.store import reads_sources

    db = ctx.db(readonly=True)
    try:
        return {row["id"]: row for row in reads_sources.sources(db, ctx.clock.now())}
    finally:
        db.close()


def _row(source: Source, state: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": source.id, "platform": source.platform, "kind": source.kind, "url": source.url,
        "enabled": source.enabled, "paused": bool(state.get("paused")),
        "state": state.get("state"), "reason": state.get("reason"),
        "message": state.get("message"), "moved_to": state.get("moved_to"),
        "last_success_at": state.get("last_success_at"), "next_at": state.get("next_at"),
        "snapshots": state.get("snapshots", 0),
    }  # fmt: skip


def _word(row: dict[str, Any]) -> str:
    """Return how a source fares, in a word."""
    from aggregator.cli.crawl import WORDS

    if not row["enabled"]:
        return "abgeschaltet"
    if row["paused"]:
        return "angehalten"
    if row["kind"] == SourceKind.MANUAL:
        return "von Hand"
    return WORDS[row["state"]] if row["last_success_at"] or row["reason"] else "noch nie gelesen"


@sources_command.command("check")
@JSON
@click.pass_obj
def check_command(ctx: Context, *, as_json: bool) -> None:
    """Prüft die Liste; nennt alle Fehler mit Ort und Abhilfe."""
    from aggregator import config

    found = config.load(ctx.sources)  # whatever the database remembers
    enabled = sum(source.enabled for source in found.sources)
    if as_json:
        emit({"platforms": len(found.platforms), "sources": len(found.sources),
              "enabled": enabled, "checksum": found.checksum})  # fmt: skip
        return
    say(f"{ctx.sources}: in Ordnung, {len(found.platforms)} Plattformen,"
        f" {len(found.sources)} Quellen, davon {enabled} eingeschaltet")  # fmt: skip


@sources_command.command("test")
@click.argument("source", required=False)
@click.option(
    "--file",
    "fragment",
    type=click.File(encoding="utf-8"),
    help="Ein Eintrag, der noch nicht in der Liste steht; - liest die Standardeingabe.",
)
@JSON
@click.pass_obj
def test_command(
    ctx: Context, source: str | None, fragment: IO[str] | None, *, as_json: bool
) -> int:
    """Liest eine Quelle, wie der Abruf es täte, und speichert nichts.

    Zeigt zu jedem Feld, wodurch es gefunden wurde, was robots.txt sagt und wann der nächste Abruf
    wäre.
    """
    wanted = _to_be_tested(ctx, source, fragment)
    documents = [trial_document(ctx, each, platform) for each, platform in wanted]
    for told in documents:
        if as_json:
            emit(told)
        else:
            report_document(told)
    return 0 if all(told["next_at"] for told in documents) else 1


def _to_be_tested(
    ctx: Context, source: str | None, fragment: IO[str] | None
) -> list[tuple[Source, Platform | None]]:
    """Return what was asked for: one source of the list, or those of a fragment.

    Raises:
        ConfigError: Neither or both, or the fragment is wrong.
    """
    from aggregator.config.fragment import with_fragment

    if source is not None and fragment is None:
        return [(listed(ctx, source), None)]
    if source is not None or fragment is None:
        raise ConfigError("entweder eine Kennung oder --file", where="sources test",
                          remedy="aggregator sources test KENNUNG, oder --file DATEI")  # fmt: skip
    loaded, added = with_fragment(ctx.sources, fragment.read(), "(ungespeichert)")
    platforms = {platform.id: platform for platform in loaded.platforms}
    return [(each, platforms[each.platform]) for each in added]


@sources_command.command("pause")
@click.argument("source")
@click.pass_obj
def pause_command(ctx: Context, source: str) -> None:
    """Hält eine Quelle an, bis „resume“; die Datei bleibt, wie sie ist."""
    from aggregator.store import state

    listed(ctx, source)
    db = _mirrored(ctx)
    try:
        state.pause(db, source)
    finally:
        db.close()
    note(f"{source} ist angehalten; weiter mit: aggregator sources resume {source}")


@sources_command.command("resume")
@click.argument("source")
@click.pass_obj
def resume_command(ctx: Context, source: str) -> None:
    """Liest eine angehaltene Quelle wieder, beim nächsten Lauf."""
    from aggregator.store import state

    listed(ctx, source)
    db = _mirrored(ctx)
    try:
        state.resume(db, source)
    finally:
        db.close()
    note(f"{source} wird beim nächsten Lauf wieder gelesen")


def _mirrored(ctx: Context) -> "sqlite3.Connection":
    """Return the database with the list as it is now."""
    from aggregator import store

    catalogue = ctx.catalogue  # a list with mistakes creates no database
    db = ctx.db()
    store.catalogue.mirror(db, catalogue)
    return db
