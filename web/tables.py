"""CSV for spreadsheets: UTF-8 with BOM, semicolons, and no cell that starts a formula."""

import csv
import io
from collections.abc import Sequence

from aggregator.store.reads import Document

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(rows: Sequence[Document]) -> str:
    """Return rows as CSV with a line of names; lists are joined with `|`."""
    out = io.StringIO()
    out.write("\ufeff")  # a German Excel takes UTF-8 for Latin-1 without it
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(names)
    writer.writerows([_cell(row.get(name)) for name in names] for row in rows)
    return out.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, list):
        value = "|".join(map(str, value))
    if isinstance(value, str) and value.startswith(FORMULA):
        return "'" + value
    return "" if value is None else value
