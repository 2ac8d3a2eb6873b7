"""`decisions` and `erase`: what people decided, and what has to go."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aggregator.cli.common import Context, derive_now, emit, note
from aggregator.errors import ConfigError, NotFoundError

if TYPE_CHECKING:
    from aggregator.store import Connection
    from aggregator.store.decisions import Decision

BATCH = 500  # decisions recorded in one transaction


@click.group("decisions")
def decisions_command() -> None:
    """Entscheidungen über Einträge ausgeben und einlesen (JSON Lines)."""


@decisions_command.command("export")
@click.option("--json", "as_json", is_flag=True, help="Wie ohne: eine JSON-Zeile je Entscheidung.")
@click.pass_obj
def export_decisions(ctx: Context, *, as_json: bool) -> None:
    """Gibt alle Entscheidungen aus, die älteste zuerst."""
    del as_json  # the exchange form is JSON in any case
    from aggregator.store import decisions

    for decision in decisions.stored(ctx.db(readonly=True)):
        emit(decisions.document(decision))


@decisions_command.command("import")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--json", "as_json", is_flag=True, help="Ausgabe als JSON.")
@click.pass_obj
def import_decisions(ctx: Context, file: Path, *, as_json: bool) -> int:
    """Liest Entscheidungen aus FILE und leitet ab, was sie betreffen."""
    from aggregator.store import decisions
    from aggregator.store.connection import transaction

    read, rejected = _read(file)
    db = ctx.db()
    new = 0
    for start in range(0, len(read), BATCH):
        with transaction(db):
            new += sum(decisions.record(db, decision) for decision in read[start : start + BATCH])
    derive_now(ctx, db)
    if as_json:
        emit({"read": len(read) + len(rejected), "new": new,
              "rejected": [error.document()["error"] for error in rejected]})  # fmt: skip
    else:
        note(f"{len(read)} gelesen, {new} neu, {len(rejected)} abgelehnt")
        for error in rejected:
            note(f"  {error} - {error.remedy}")
    return 1 if rejected else 0


def _read(file: Path) -> tuple[list["Decision"], list[ConfigError]]:
    """Read a file of JSON Lines; what cannot be read is told with its line."""
    from aggregator.store import decisions

    text = sys.stdin.read() if str(file) == "-" else _text(file)
    found: list[Decision] = []
    rejected: list[ConfigError] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            told = json.loads(line)
            found.append(decisions.read(told, where=f"{file}:{number}"))
        except ValueError as error:
            rejected.append(ConfigError(f"kein JSON: {error}", where=f"{file}:{number}"))
        except ConfigError as error:
            rejected.append(error)
    return found, rejected


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"die Datei lässt sich nicht lesen: {error}", where=str(file),
            remedy="Pfad und Kodierung (UTF-8) prüfen",
        ) from error  # fmt: skip


@click.command("erase")
@click.argument("item", required=False)
@click.option("--author", help="Statt ITEM: alle Einträge, die diesen Namen als Autor nennen.")
@click.option("--reason", required=True, help="Warum; steht auf dem Grabstein.")
@click.option("--json", "as_json", is_flag=True, help="Ausgabe als JSON.")
@click.pass_obj
def erase_command(
    ctx: Context, item: str | None, *, author: str | None, reason: str, as_json: bool
) -> None:
    """Entfernt ITEM mit allen Fassungen und hält es künftig fern.

    ITEM ist eine Kennung, eine Adresse oder quelle:entry_id.
    """
    from aggregator.clock import stamp
    from aggregator.store.erase import erase

    db = ctx.db()
    backups: tuple[str, ...] = ()
    doomed = _doomed(db, item, author)
    for pk in doomed.values():
        backups = erase(db, pk, reason=reason, now=stamp(ctx.clock.now()))
    derive_now(ctx, db)
    if as_json:
        emit({"erased": list(doomed), "backups": list(backups)})
        return
    note(f"{', '.join(doomed)}: entfernt, und bleibt es")
    for backup in backups:
        note(f"  noch enthalten in der Sicherung {backup}")


def _doomed(db: "Connection", item: str | None, author: str | None) -> dict[str, int]:
    """Return what is to be erased, by id.

    Raises:
        ConfigError: Neither or both were named.
        NotFoundError: There is no such item, or nobody of that name.
    """
    from aggregator.store.erase import items_of_author
    from aggregator.store.reads import items_by_pk
    from aggregator.store.reads_names import resolve

    if (item is None) == (author is None):
        raise ConfigError("entweder ITEM oder --author angeben", remedy="aggregator erase --help")
    if item is not None:
        found = resolve(db, item)
        return {found.id: found.pk}
    pks = items_of_author(db, str(author))
    if not pks:
        raise NotFoundError(f"kein Eintrag nennt „{author}“ als Autor")
    return {told["id"]: pk for pk, told in items_by_pk(db, pks).items()}
