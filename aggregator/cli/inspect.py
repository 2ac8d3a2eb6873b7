"""`aggregator inspect`: what the system makes of addresses and files, with nothing stored."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aggregator.cli.common import Context, say
from aggregator.cli.inspect_rows import KINDS, Row, Task, failure, is_unreadable, source_of
from aggregator.cli.inspect_worker import Worker, as_json
from aggregator.clock import Clock, stamp
from aggregator.errors import FetchError, NotFoundError
from aggregator.fetch.more import MAX_MORE, more_of
from aggregator.model import Code, Fetched, Page, Request, Role

if TYPE_CHECKING:
    from aggregator.fetch.client import Fetcher

_ADDRESS = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]+:|//|.*://", re.DOTALL)
_SHOWN = 10  # entries and links in the summary for people
NAMES = {
    "feed": "Feed", "sitemap": "Sitemap", "listing": "Übersichtsseite", "page": "Webseite",
    "document": "Dokument", "discourse": "Forum (Discourse)", "confluence": "Wiki (Confluence)",
    "confluence-static": "Exportiertes Wiki (Confluence)", "mediawiki": "Wiki (MediaWiki)",
    "wordpress": "Beiträge (WordPress)", "folder": "Ordner mit Dokumenten",
    "ckan": "Datenportal (CKAN)", "gitlab": "Projekt (GitLab)", "oparl": "Ratsinformation (OParl)",
    "json": "Schnittstelle (JSON)",
    None: "nicht erkannt",
}  # fmt: skip


@click.command("inspect")
@click.argument("inputs", nargs=-1, required=True, metavar="ADRESSE-ODER-DATEI...")
@click.option("--as", "kind", type=click.Choice(KINDS), help="Als diese Art lesen.")
@click.option("--base", default="", metavar="URL", help="Adresse, zu der Dateien gehören.")
@click.option("--json", "as_document", is_flag=True, help="Eine Zeile JSON je Eingabe.")
@click.pass_obj
def inspect_command(
    context: Context, inputs: tuple[str, ...], kind: str | None, base: str, *, as_document: bool
) -> int:
    """Zeigt, was das System aus Adressen oder Dateien liest; gespeichert wird nichts.

    Je Eingabe genau ein Ergebnis, in ihrer Reihenfolge. Ende mit 1, wenn etwas nicht lesbar war.
    """
    unreadable = 0
    with ExitStack() as stack:
        for line in _Inspection(context.clock, kind, base, stack).lines(inputs):
            row: Row = json.loads(line)
            unreadable += is_unreadable(row)
            say(line if as_document else summary(row))
    return 1 if unreadable else 0


class _Inspection:
    """Fetches in this process (turns and spacing of hosts last), reads in another."""

    def __init__(self, clock: Clock, kind: str | None, base: str, stack: ExitStack) -> None:
        self._clock, self._kind, self._base, self._stack = clock, kind, base, stack
        self._worker = stack.enter_context(Worker())
        self._fetcher: Fetcher | None = None

    def lines(self, inputs: tuple[str, ...]) -> Iterator[str]:
        """Yield one line of JSON per input."""
        for name in inputs:
            try:
                yield self._whole(self._task(name))
            except (FetchError, NotFoundError) as error:
                yield as_json(failure(name, self._kind, error))

    def _whole(self, task: Task) -> str:
        """Read a task; of an address also what its body needs to be complete."""
        line = self._worker.read(task)
        while task.page is not None and len(task.page.more) < MAX_MORE:
            wanted = [url for url in json.loads(line)["needs"] if url not in task.page.more]
            if not wanted or self._fetcher is None:
                break
            fetch = more_of(self._fetcher, source_of(task))
            more = {url: fetch(url) for url in wanted[: MAX_MORE - len(task.page.more)]}
            task = replace(task, page=replace(task.page, more={**task.page.more, **more}))
            line = self._worker.read(task)
        return line

    def _task(self, name: str) -> Task:
        if _is_file(name):
            return Task(input=name, path=name, kind=self._kind, base=self._base)
        if not _ADDRESS.match(name):
            raise NotFoundError(
                "Diese Datei gibt es nicht", remedy="Adressen beginnen mit https://"
            )
        return self._fetched(name)

    def _fetched(self, url: str) -> Task:
        if self._fetcher is None:
            from aggregator.fetch.client import fetcher_for_inspection

            self._fetcher = self._stack.enter_context(fetcher_for_inspection(self._clock))
        role = Role.DOCUMENT if self._kind == "document" else Role.ROOT
        found = self._fetcher.get(Request(url=url, role=role))
        if not isinstance(found, Fetched):
            raise FetchError("Der Server schickt keinen Inhalt", code=Code.NOT_MODIFIED, where=url)
        page = Page(
            url=found.url,
            final_url=found.final_url,
            body=found.body,
            role=role,
            media_type=found.media_type,
            charset=found.charset,
            headers={},
            now=stamp(self._clock.now()),
        )
        return Task(input=url, page=page, kind=self._kind, headers=dict(found.headers))


def _is_file(name: str) -> bool:
    try:
        return Path(name).exists()
    except (OSError, ValueError):  # too long, or with NUL
        return False


# --- for people ----------------------------------------------------------------------------


def summary(row: Row) -> str:
    """Return a row as a short text in German."""
    entries = row["entries"]
    head = f"{row['input']}\n  Art: {NAMES.get(row['kind'], row['kind'])}"
    if row["dialect"]:
        head += f" ({row['dialect']})"
    if row["kind"] not in ("page", "document", None):
        head += f", {len(entries)} Einträge"
        if row["follow"]:
            head += f", {len(row['follow'])} weiterführende Adressen"
    parts = [head, *_facts(row)]
    if row["kind"] not in ("page", "document"):
        parts += [_entry_line(entry) for entry in entries[:_SHOWN]]
        if len(entries) > _SHOWN:
            parts.append(f"  … und {len(entries) - _SHOWN} weitere")
    parts += [f"  Braucht noch: {url}" for url in row["needs"][:_SHOWN]]
    parts += [f"  Problem ({p['code']}): {p['message']}" for p in row["problems"]]
    return "\n".join(parts)


def _facts(row: Row) -> Iterator[str]:
    if row["title"]:
        yield f"  Titel: {row['title']}"
    if row["published_at"]:
        yield f"  Datum: {row['published_at']} (Quelle: {row['date_evidence']})"
    if row["text"]:
        yield f"  Text: {len(row['text'])} Zeichen, Verweise: {len(row['links'])}"
    for feed in row["feeds"]:
        yield f"  Feed: {feed['url']}"


def _entry_line(entry: Row) -> str:
    date = entry["published_at"] or entry["updated_at"] or "ohne Datum"
    return f"  - {date[:10]}  {entry['title'] or '(ohne Titel)'}  {entry['url'] or ''}".rstrip()
