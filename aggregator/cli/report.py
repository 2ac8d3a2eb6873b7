"""`report`: the numbers of the index as a page, as JSON, as CSV."""

import csv
import sys
from typing import Any

import click

from aggregator.cli.common import Context, emit
from aggregator.spreadsheet import cell

DAYS = 30  # back, unless told otherwise


@click.command("report")
@click.option("--since", help="Läufe und neue Einträge ab diesem Tag: 2026-01-31 (30 Tage).")
@click.option("--format", "form", type=click.Choice(["html", "json", "csv"]), default="html",
              show_default=True, help="Seite zum Drucken, oder Werte.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Wie --format json.")
@click.pass_obj
def report_command(ctx: Context, since: str | None, form: str, *, as_json: bool) -> None:
    """Linkmatrix, Abdeckung, Aktualität, Güte: jede Zahl mit der Anweisung, die sie nachzählt.

    Die Seite (html) ist druckfertig und steht für sich; csv nennt je Zeile einen Wert.
    """
    from aggregator.config.vocabulary import vocabulary
    from aggregator.store.reads_overview import day_begin
    from aggregator.store.report import report
    from aggregator.store.search_query import SearchQuery

    now = ctx.clock.now()
    begin = SearchQuery(since=since).instants()[0] if since else day_begin(now, DAYS)
    topics = vocabulary(ctx.data).topics
    document = report(ctx.db(readonly=True), now=now, since=begin, topics=topics)
    if as_json or form == "json":
        emit(document)
    elif form == "csv":
        _write_csv(document)
    else:
        from aggregator.report_page import page

        sys.stdout.write(page(document, {slug: topic.name for slug, topic in topics.items()}))


def _write_csv(document: dict[str, Any]) -> None:
    """Write the long form: section, row, column, value."""
    from aggregator.store.report import values

    writer = csv.writer(sys.stdout, lineterminator="\r\n")
    writer.writerow(["section", "row", "column", "value"])
    for line in values(document):
        writer.writerow([cell(value) for value in line])
