"""Files for manual sources: each format has one reader, and all give entries or why not.

| file | reader |
|---|---|
| `.eml`, `.mbox` | `mail` |
| `.json` with topics of Discourse | `forum` |
| `.csv` | `tables` |
| anything else | `tables`, as JSON Lines |
"""

from collections.abc import Iterator
from pathlib import Path

from aggregator.model import Entry
from aggregator.records import forum, mail, tables
from aggregator.records.rejected import Rejected

__all__ = ["Rejected", "read"]


def read(file: Path, now: str) -> Iterator[tuple[int, Entry | Rejected]]:
    """Read a file of records, streamed where its format allows.

    Args:
        file: Its name says the format, see above.
        now: RFC 3339; only to reject absurd dates.

    Yields:
        (line or place in the file, entry or why it was rejected).

    Raises:
        ParseError: The file as a whole cannot be read.
    """
    suffix = file.suffix.lower()
    if suffix in (".eml", ".mbox"):
        yield from mail.read(file, now)
        return
    if suffix == ".json" and (topics := forum.topics(file)) is not None:
        yield from forum.read(topics, now)
        return
    rows = tables.csv_rows(file) if suffix == ".csv" else tables.json_lines(file)
    for line, row in rows:
        yield line, row if isinstance(row, Rejected) else tables.entry_of(line, row, now)
