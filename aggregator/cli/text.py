"""`analyse` and `references`: how search reads a word, and which references stand in a text."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aggregator.cli.common import Context, emit, note, say, table
from aggregator.errors import NotFoundError

if TYPE_CHECKING:
    from aggregator.text.analysis import Analyser
    from aggregator.text.references import Reference


@click.command("analyse")
@click.argument("words", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Eine JSON-Zeile je Wort.")
@click.pass_obj
def analyse_command(ctx: Context, words: tuple[str, ...], *, as_json: bool) -> None:
    """Zeigt, wie die Suche WÖRTER liest: Stamm, Teile, Trennstellen."""
    analyser = _analyser(ctx)
    rows = [["Wort", "Stamm", "Teile", "getrennt"]]
    for surface in words:
        word = analyser.word(surface)
        if as_json:
            emit({"word": surface, "stem": word.stem, "parts": list(word.parts),
                  "boundaries": list(word.boundaries)})  # fmt: skip
        else:
            rows.append([surface, word.stem, " ".join(word.parts), _cut(surface, word.boundaries)])
    if not as_json:
        say(table(rows))


@click.command("references")
@click.argument("inputs", metavar="TEXT|DATEI|-", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Eine JSON-Zeile je Fundstelle.")
def references_command(inputs: tuple[str, ...], *, as_json: bool) -> None:
    """Findet Fundstellen (Gesetze, Beschlüsse, Drucksachen, Kennungen) in Texten.

    Ein Argument, das eine Datei nennt, wird gelesen; "-" liest die Standardeingabe. Eine Leerzeile
    trennt Zusammenhänge.
    """
    from aggregator.text import references

    rows = [["Art", "Schlüssel", "Stelle", "Text"]]
    for name in inputs:
        for found in references.find(_text_of(name)):
            if as_json:
                emit(_row(name, found, several=len(inputs) > 1))
            else:
                text = " ".join(found.text.split())
                rows.append([found.kind, found.key, f"{found.start}-{found.end}", text])
    if not as_json:
        if len(rows) > 1:
            say(table(rows))
        else:
            note("Keine Fundstellen gefunden.")


def _analyser(ctx: Context) -> "Analyser":
    """Return the analysis of this installation: its vocabulary and the counts of its live epoch."""
    from aggregator.config import vocabulary
    from aggregator.text.analysis import Analyser, open_word_forms

    words, forms = vocabulary(ctx.data), open_word_forms(ctx.data)
    if not ctx.database.exists():
        return Analyser(forms, {}, words.split_exceptions, words.aliases)
    from aggregator import language

    return language.analyser(ctx.db(readonly=True), words, forms)


def _cut(word: str, boundaries: tuple[int, ...]) -> str:
    """Return a word with bars where it is cut."""
    ends = (*boundaries, len(word))
    return "|".join(word[start:end] for start, end in zip((0, *boundaries), ends, strict=True))


def _row(name: str, found: "Reference", *, several: bool) -> dict[str, str | int]:
    """Return the JSON row of a reference."""
    row: dict[str, str | int] = {"input": name} if several else {}
    return row | {"kind": found.kind, "key": found.key, "text": found.text,
                  "start": found.start, "end": found.end}  # fmt: skip


def _text_of(name: str) -> str:
    """Return the text that an argument means: a file, the standard input or itself.

    Raises:
        NotFoundError: The file is there and cannot be read.
    """
    if name == "-":
        return sys.stdin.read()
    try:
        path = Path(name)
        if path.is_file():
            # newline="" would keep CR LF; offsets count code points of the text as it is.
            return path.read_bytes().decode("utf-8-sig", errors="replace")
    except (OSError, ValueError) as error:
        # A long text is no file name: the system says so, and it is searched as it is.
        if len(name) < 200 and "\0" not in name and not isinstance(error, ValueError):
            raise NotFoundError(
                "die Datei ist nicht lesbar", where=name, remedy="Rechte der Datei prüfen"
            ) from error
    return name
