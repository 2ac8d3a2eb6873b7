"""`rebuild`, `doctor`, `backup`, `restore`: keeping an installation in order."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aggregator.cli.common import Context, emit, note, say

if TYPE_CHECKING:
    from aggregator.store.drift import Finding


@click.command("rebuild")
@click.option("--epoch", is_flag=True, help="Zuerst eine neue Statistik erheben.")
@click.option("--json", "as_json", is_flag=True, help="Ausgabe als JSON.")
@click.pass_obj
def rebuild_command(ctx: Context, *, epoch: bool, as_json: bool) -> None:
    """Leitet alles neu ab; Leser behalten bis zum Ende den alten Stand."""
    from aggregator.cli.progress import progress
    from aggregator.config.vocabulary import vocabulary
    from aggregator.derive import Anew, Effort, derive
    from aggregator.text.analysis import open_word_forms

    db = ctx.db()
    with progress() as report:
        done = derive(
            db, clock=ctx.clock, vocabulary=vocabulary(ctx.data), words=open_word_forms(ctx.data),
            progress=report, effort=Effort(anew=Anew.EPOCH if epoch else Anew.ROWS),
        )  # fmt: skip
    if as_json:
        emit({"items": done.items, "epoch": done.epoch, "complete": done.complete})
    else:
        note(f"{done.items} Einträge abgeleitet, Statistik {done.epoch}")


@click.command("doctor")
@click.option("--digest", "with_digest", is_flag=True,
              help="Nur Prüfsummen je Tabellengruppe: gleicher Inhalt, gleiche Summe.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Ausgabe als JSON.")
@click.pass_obj
def doctor_command(ctx: Context, *, with_digest: bool, as_json: bool) -> int:
    """Prüft die Installation; Exit-Code 1, wenn etwas zu tun ist."""
    from aggregator.store.digest import digest

    if with_digest:
        found = digest(ctx.db(readonly=True))
        if as_json:
            emit(found)
        else:
            say("\n".join(f"{name:<12} {value}" for name, value in found.items()))
        return 0
    from aggregator.config import load_settings
    from aggregator.store.doctor import examine

    db = ctx.db()
    low = load_settings(ctx.data).disk_low_mb
    findings = list(examine(db, ctx.database, ctx.clock, low_mb=low))
    if as_json:
        emit({"fine": all(f.fine for f in findings), "findings": [_document(f) for f in findings]})
    else:
        _tell(findings)
    return 0 if all(finding.fine for finding in findings) else 1


def _document(finding: "Finding") -> dict[str, Any]:
    return {"name": finding.name, "fine": finding.fine, "told": finding.told,
            "remedy": finding.remedy}  # fmt: skip


def _tell(findings: "Iterable[Finding]") -> None:
    """Print what was looked at, with what to do about it."""
    for finding in findings:
        say(f"{'ok     ' if finding.fine else 'FEHLER '} {finding.told}")
        if finding.remedy:
            say(f"        Abhilfe: {finding.remedy}")


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def backup_command(ctx: Context, file: Path) -> None:
    """Sichert die Datenbank im laufenden Betrieb nach FILE."""
    from aggregator.clock import stamp
    from aggregator.store.backup import backup

    size = backup(ctx.db(), file, now=stamp(ctx.clock.now()))
    note(f"{file}: {size / 1e6:.1f} MB")


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--drill", "as_drill", is_flag=True,
              help="Nur üben: an anderer Stelle einspielen, prüfen, wegwerfen.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Ausgabe als JSON.")
@click.pass_obj
def restore_command(ctx: Context, file: Path, *, as_drill: bool, as_json: bool) -> int:
    """Stellt die Sicherung FILE wieder her; geprüft, und ganz oder gar nicht.

    Mit --drill wird nichts ersetzt: die Sicherung wird beiseite eingespielt und untersucht, ihr
    Inhalt mit dem Augenblick der Sicherung verglichen. Exit-Code 1, wenn sie nicht taugt.
    """
    from aggregator.store.backup import drill, restore

    if not as_drill:
        restore(file, ctx.database)
        if as_json:
            emit({"restored": str(file), "database": str(ctx.database)})
        note(f"{ctx.database} ist der Stand von {file}; laufende Dienste jetzt neu starten")
        return 0
    done = drill(file, ctx.clock)
    if as_json:
        emit({"file": str(file), "fine": done.fine, "made_at": done.made_at, "items": done.items,
              "equal": done.equal, "findings": [_document(f) for f in done.findings]})  # fmt: skip
    else:
        equal = {True: "gleich dem Augenblick der Sicherung", False: "NICHT der gesicherte",
                 None: "ohne Prüfsumme zum Vergleich"}[done.equal]  # fmt: skip
        say(f"{file} vom {done.made_at or '?'}: {done.items} Einträge, Inhalt {equal}")
        _tell(done.findings)
    return 0 if done.fine else 1
