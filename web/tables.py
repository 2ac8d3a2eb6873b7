"""CSV for spreadsheets: UTF-8 with BOM, semicolons, and no cell that starts a formula."""

import csv
import io
from collections.abc import Sequence

from aggregator.spreadsheet import cell
from aggregator.store.reads import Document


def as_csv(rows: Sequence[Document]) -> str:
    """Return rows as CSV with a line of names; lists are joined with `|`."""
    out = io.StringIO()
    out.write("\ufeff")  # a German Excel takes UTF-8 for Latin-1 without it
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(names)
    writer.writerows([cell(row.get(name)) for name in names] for row in rows)
    return out.getvalue()
