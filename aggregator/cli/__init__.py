"""The command line: parses words, calls the engine, prints, and returns an exit code.

Commands are loaded by need, so that `--help` and `search` stay quick. Exit codes: 0 fine, 1 some
sources failed or inputs were rejected, 2 usage, configuration or not found, 70 a bug.
"""

import contextlib
import importlib
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from aggregator import __version__
from aggregator.cli.common import Context, emit, note
from aggregator.errors import AggregatorError, ConfigError

# name -> (module, one line of help); the help stands here so that `--help` imports nothing.
COMMANDS: dict[str, tuple[str, str]] = {
    "analyse": ("aggregator.cli.text", "Zeigt, wie die Suche Wörter liest."),
    "backup": ("aggregator.cli.operations", "Sichert die Datenbank im laufenden Betrieb."),
    "decisions": ("aggregator.cli.moderation", "Entscheidungen ausgeben und einlesen."),
    "demo": ("aggregator.cli.demo", "Startet die mitgelieferten Demo-Plattformen und den Index."),
    "doctor": ("aggregator.cli.operations", "Prüft die Installation; --digest: Prüfsummen."),
    "erase": ("aggregator.cli.moderation", "Entfernt einen Eintrag dauerhaft."),
    "export": ("aggregator.cli.items", "Gibt alle Einträge als JSON Lines oder CSV aus."),
    "import": ("aggregator.cli.items", "Liest Einträge in eine manuelle Quelle ein."),
    "inspect": ("aggregator.cli.inspect", "Zeigt, was das System aus Adressen oder Dateien liest."),
    "rebuild": ("aggregator.cli.operations", "Leitet Suche und Querverweise neu ab."),
    "references": ("aggregator.cli.text", "Findet Fundstellen in einem Text."),
    "refresh": ("aggregator.cli.crawl", "Ruft fällige Quellen ab und verknüpft das Neue."),
    "report": ("aggregator.cli.report", "Linkmatrix, Abdeckung, Aktualität, Güte."),
    "restore": ("aggregator.cli.operations", "Stellt eine Sicherung wieder her."),
    "schedule": ("aggregator.cli.crawl", "Dauerbetrieb: Abruf, Ableitung, Pflege nach Zeitplan."),
    "search": ("aggregator.cli.search", "Durchsucht den Index."),
    "serve": ("aggregator.cli.serve", "Startet die Webanwendung."),
    "show": ("aggregator.cli.search", "Zeigt einen Eintrag mit seinen Querverweisen."),
    "sources": ("aggregator.cli.sources", "Quellenliste: prüfen, testen, ändern."),
    "urls": ("aggregator.cli.urls", "Adressregeln: erproben, Folgen ansehen, anwenden."),
    "users": ("aggregator.cli.users", "Konten der Webanwendung."),
}


class LazyGroup(click.Group):
    """A group that imports a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a command and return it."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[cmd_name][0])
        command = getattr(module, f"{cmd_name}_command")
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing any."""
        with formatter.section("Befehle"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in sorted(COMMANDS)])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="aggregator")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), default=Path("data"),
              envvar="AGGREGATOR_DATA", show_default=True, help="Ordner der Daten.")  # fmt: skip
@click.option("--sources", type=click.Path(path_type=Path, dir_okay=False),
              default=Path("sources.yaml"), envvar="AGGREGATOR_SOURCES", show_default=True,
              help="Die Quellenliste.")  # fmt: skip
@click.pass_context
def group(ctx: click.Context, data: Path, sources: Path) -> None:
    """Querverweis: ein Index über die Plattformen der öffentlichen Verwaltung."""
    ctx.obj = Context(data, sources)


def run(words: Sequence[str]) -> int:
    """Run the command line; return the exit code and never raise.

    A command returns an exit code or None for 0. With `--json` among the words an error goes to
    standard output as a document, otherwise to standard error as one message.
    """
    as_json = "--json" in words
    try:
        code = group.main(list(words), prog_name="aggregator", standalone_mode=False)
        sys.stdout.flush()
    except AggregatorError as error:
        _report(error, as_json=as_json)
        return 2
    except click.ClickException as error:
        if as_json:
            emit(ConfigError(error.format_message(), remedy="aggregator --help").document())
        else:
            error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        note("Abgebrochen.")
        return 130
    except (BrokenPipeError, SystemExit):  # click's own word for a broken pipe
        _drop_output()  # its reader went away and missed nothing that it wanted
        return 0
    except Exception:
        logging.getLogger(__name__).exception("a bug: please report it with these lines")
        return 70
    return code if isinstance(code, int) else 0


def _drop_output() -> None:
    """Let nothing be written to a broken pipe when the process ends."""
    with Path(os.devnull).open("wb") as nowhere, contextlib.suppress(OSError):
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def _report(error: AggregatorError, *, as_json: bool) -> None:
    """Print an error where its reader looks."""
    if as_json:
        emit(error.document())
        return
    note(f"Fehler: {error}")
    if error.remedy:
        note(f"Abhilfe: {error.remedy}")
