"""`sources add`, `import` and `export`: changing the source list, and lists of other programs."""

import sys
from pathlib import Path
from typing import Any

import click

from aggregator.cli.common import Context, emit, note
from aggregator.cli.preview import fetcher, platform_of, report_preview, try_source
from aggregator.errors import ConfigError
from aggregator.model import ItemKind, NotModified, Page, Policy, Request, SourceKind

JSON = click.option("--json", "as_json", is_flag=True, help="Ausgabe als JSON.")


@click.command("add")
@click.argument("url", required=False)
@click.option("--platform", required=True, help="Kennung der Plattform.")
@click.option("--id", "name", help="Kennung der Quelle; sonst aus der Adresse gebildet.")
@click.option(
    "--kind",
    type=click.Choice([str(kind) for kind in SourceKind]),
    help="Art; sonst an der Adresse erkannt.",
)
@click.option(
    "--item-kind",
    type=click.Choice([str(kind) for kind in ItemKind]),
    help="Was die Einträge sind.",
)
@click.option("--include", multiple=True, help="Nur Adressen, die dies enthalten; mehrfach.")
@click.option("--exclude", multiple=True, help="Ohne Adressen, die dies enthalten; mehrfach.")
@click.option("--every", help="Abstand der Abrufe: adaptive oder etwa 2h.")
@click.option(
    "--policy",
    type=click.Choice([str(policy) for policy in Policy]),
    help="Wie viel Text gespeichert wird.",
)
@click.option("--disabled", is_flag=True, help="Eintragen, aber nicht abrufen.")
@click.option("--no-test", is_flag=True, help="Ohne Probeabruf eintragen.")
@click.pass_obj
def add_command(
    ctx: Context, /, url: str | None, *, disabled: bool, no_test: bool, **told: Any
) -> None:
    """Trägt eine Quelle ein, nachdem ein Probeabruf gelungen ist.

    Kommentare und Anordnung der Datei bleiben. Misslingt der Probeabruf, bleibt die Datei, wie sie
    ist.
    """
    from aggregator.config import edit, opml

    platform = platform_of(ctx, told["platform"])
    kind = told["kind"] or _recognised(ctx, url)
    taken = {str(source.id) for source in ctx.catalogue.sources}
    definition = {
        "id": told["name"] or opml.new_id(f"{platform.id}-{url or kind}", taken),
        "platform": str(platform.id), "kind": str(kind), "url": url,
        "include": list(told["include"]) or None, "exclude": list(told["exclude"]) or None,
        "item_kind": told["item_kind"], "every": told["every"], "policy": told["policy"],
        "enabled": False if disabled else None,
    }  # fmt: skip
    if kind != SourceKind.MANUAL and not (disabled or no_test):
        _require_success(ctx, definition)
    edit.add_source(ctx.sources, definition, expected_checksum=ctx.catalogue.checksum)
    note(f"{definition['id']} steht jetzt in {ctx.sources}")


def _recognised(ctx: Context, url: str | None) -> SourceKind:
    """Return the kind of source behind an address.

    Raises:
        ConfigError: There is no address, or its kind cannot be seen.
        FetchError: The address cannot be read.
    """
    from aggregator.parse import recognise

    if url is None:
        raise ConfigError("weder Adresse noch Art sind angegeben", where="sources add",
                          remedy="eine Adresse nennen, oder --kind manual")  # fmt: skip
    with fetcher(ctx) as web:
        answer = web.get(Request(url=url))
    kind = None if isinstance(answer, NotModified) else recognise(
        Page(url=answer.url, final_url=answer.final_url, body=answer.body,
             media_type=answer.media_type, charset=answer.charset)
    )  # fmt: skip
    if kind is None:
        raise ConfigError("die Art der Quelle ist an der Adresse nicht zu erkennen", where=url,
                          remedy="sie mit --kind nennen, etwa --kind listing")  # fmt: skip
    return kind


def _require_success(ctx: Context, definition: dict[str, Any]) -> None:
    """Read the source as a run would.

    Raises:
        ConfigError: The definition is wrong, or what came is not usable.
    """
    from aggregator.config import edit

    preview = try_source(ctx, edit.source_of(ctx.sources, definition))
    if preview.read is None:
        report_preview(preview)
        raise ConfigError(
            "der Probeabruf ist misslungen, die Quelle wurde nicht eingetragen",
            where=str(definition["url"]),
            remedy="Adresse und Art berichtigen, oder mit --disabled eintragen",
        )


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--platform", required=True, help="Kennung der Plattform der Feeds.")
@click.option("--disabled", is_flag=True, help="Eintragen, aber noch nicht abrufen.")
@click.option("--dry-run", is_flag=True, help="Nur zeigen, was eingetragen würde.")
@JSON
@click.pass_obj
def import_command(
    ctx: Context, file: Path, platform: str, *, disabled: bool, dry_run: bool, as_json: bool
) -> int:
    """Trägt die Feeds einer OPML-Datei ein; was schon in der Liste steht, bleibt.

    Liest OPML 1.0 bis 2.0, auch verschachtelt. Was sich nicht lesen lässt, wird mit seiner Zeile
    genannt, der Rest eingetragen (Rückgabewert 1).
    """
    from aggregator.config import edit, opml

    owner = platform_of(ctx, platform)
    try:
        body = file.read_bytes()
    except OSError as error:
        raise ConfigError(f"die Datei lässt sich nicht lesen ({error.strerror})", where=str(file),
                          remedy="Name und Rechte der Datei prüfen") from error  # fmt: skip
    found = opml.read(body, str(file))
    fresh = opml.definitions(found.feeds, owner.id, ctx.catalogue)
    added = [{**definition, **({"enabled": False} if disabled else {})} for definition in fresh]
    if added and not dry_run:
        edit.add(ctx.sources, sources=added, expected_checksum=ctx.catalogue.checksum)
    if as_json:
        emit({"file": str(file), "read": len(found.feeds), "added": added, "dry_run": dry_run,
              "known": len(found.feeds) - len(added),
              "rejected": [{"line": m.line, "code": "config_invalid", "message": m.cause}
                           for m in found.mistakes]})  # fmt: skip
        return 1 if found.mistakes else 0
    for definition in added:
        note(f"{'würde eingetragen' if dry_run else 'eingetragen'}: {definition['id']}"
             f"  {definition['url']}")  # fmt: skip
    note(f"{len(found.feeds)} Feeds gelesen, {len(added)} neu,"
         f" {len(found.feeds) - len(added)} schon in der Liste")  # fmt: skip
    for mistake in found.mistakes:
        note(str(mistake))
    return 1 if found.mistakes else 0


@click.command("export")
@click.pass_obj
def export_command(ctx: Context) -> None:
    """Gibt die Feeds der Liste als OPML 2.0 aus, nach Plattformen geordnet."""
    from aggregator.config import opml

    sys.stdout.write(opml.write(ctx.catalogue, ctx.clock.now()))
