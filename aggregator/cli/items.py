"""`import` and `export`: items in and out of the database."""

import csv
import json
import sys
from pathlib import Path

import click

from aggregator.cli.common import Context, derive_now, emit, note
from aggregator.spreadsheet import cell


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--source", required=True, help="Kennung der manuellen Quelle.")
@click.option("--complete", is_flag=True, help="Die Dateien nennen alle Einträge der Quelle.")
@click.option("--json", "as_json", is_flag=True, help="Ausgabe als JSON.")
@click.pass_obj
def import_command(
    ctx: Context, files: tuple[Path, ...], source: str, *, complete: bool, as_json: bool
) -> int:
    """Liest Einträge in eine manuelle Quelle: JSON Lines, CSV, .eml, .mbox oder Discourse-Export.

    Endet, wenn sie gespeichert, durchsuchbar und verknüpft sind. Dieselbe entry_id noch einmal ist
    eine Aktualisierung.
    """
    from aggregator import importing, store
    from aggregator.setting_up import settle_rules

    catalogue = ctx.catalogue
    wanted = importing.manual_source(catalogue.sources, source)
    platform = next(p for p in catalogue.platforms if p.id == wanted.platform)
    db = ctx.db()
    store.catalogue.mirror(db, catalogue)
    settle_rules(db, ctx.clock)
    try:
        done = importing.import_files(db, files, wanted, platform, ctx.clock, complete=complete)
    finally:
        derive_now(ctx, db)
    if as_json:
        emit(done.document())
    else:
        note(f"{done.read} gelesen: {done.new} neu, {done.changed} geändert,"
             f" {done.unchanged} unverändert, {len(done.rejected)} abgelehnt")  # fmt: skip
        for row in done.rejected[:20]:
            note(f"  Zeile {row.line}: {row.message} ({row.code})")
    return 1 if done.rejected else 0


@click.command()
@click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl",
              show_default=True, help="Eine Zeile JSON je Eintrag, oder eine Tabelle.")  # fmt: skip
@click.option("--all", "everything", is_flag=True, help="Auch ausgeblendete Einträge.")
@click.pass_obj
def export_command(ctx: Context, form: str, *, everything: bool) -> int:
    """Gibt alle Einträge aus, nach Plattform und Schlüssel geordnet.

    Der Volltext steht nur dabei, wo die Regel der Quelle ihn erlaubt (policy: full).
    """
    from aggregator.store import export

    rows = export.rows(ctx.db(readonly=True), with_hidden=everything)
    if form == "jsonl":
        for row in rows:
            sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
        return 0
    writer = csv.writer(sys.stdout, lineterminator="\r\n")
    writer.writerow(export.COLUMNS)
    for row in rows:
        writer.writerow([cell(row.get(name)) for name in export.COLUMNS])
    return 0
