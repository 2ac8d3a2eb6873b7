"""JSON Lines and CSV: rows of fields become entries, line by line.

The format is CONTRACT's `import`: `entry_id` or `url`, `title`, `text` or `html`, dates, kind,
authors, identifiers, parent, answer_to, language. Unknown fields are ignored; a record that
cannot be used is rejected with its line, code and message, and the rest is read.
"""

import csv
import io
import json
import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from aggregator import dates, urls
from aggregator.errors import ParseError
from aggregator.model import Code, Entry, Evidence, ItemKind, Link, When
from aggregator.records.rejected import Rejected
from aggregator.text import html, sentences

LISTS = ("authors", "identifiers")
ADDRESS = re.compile(r"https?://[^\s<>\"'()\[\]{}]+[^\s<>\"'()\[\]{}.,;:!?]")
MAX_LINE_BYTES = 20_000_000
UTF_16 = (BOM_UTF16_BE, BOM_UTF16_LE)


def json_lines(file: Path) -> Iterator[tuple[int, Mapping[str, Any] | Rejected]]:
    """Yield the objects of a file; only LF ends a line, U+2028 may stand in a string."""
    try:
        stream = file.open("rb")
    except OSError as error:
        raise ParseError(f"nicht lesbar: {error.strerror}", where=str(file)) from error
    with stream:
        if stream.peek(2)[:2] in UTF_16:
            raise _not_utf8(file, 1)
        for number, line in enumerate(_lines(stream), start=1):
            if len(line) > MAX_LINE_BYTES:
                yield number, Rejected(line=number, code=Code.TOO_LARGE,
                                       message=f"länger als {MAX_LINE_BYTES:,} Bytes")  # fmt: skip
            elif line.strip():
                yield number, _object(number, line.removeprefix(BOM_UTF8) if number == 1 else line)


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a file; of one that is too long only the beginning."""
    while line := stream.readline(MAX_LINE_BYTES + 1):
        rest = line
        while not rest.endswith(b"\n") and (rest := stream.readline(MAX_LINE_BYTES)):
            pass
        yield line


def _not_utf8(file: Path, line: int) -> ParseError:
    return ParseError(
        f"kein UTF-8 ab Zeile {line}", code=Code.DECODE_FAILED, where=f"{file}:{line}",
        remedy="die Datei als UTF-8 speichern",
    )  # fmt: skip


def _object(line: int, told: bytes) -> Mapping[str, Any] | Rejected:
    try:
        row = json.loads(told.decode("utf-8"))
    except UnicodeDecodeError:
        return Rejected(line=line, code=Code.DECODE_FAILED, message="kein UTF-8")
    except (ValueError, RecursionError) as error:
        return Rejected(line=line, code=Code.PARSE_FAILED, message=f"kein JSON: {error}")
    if not isinstance(row, dict):
        return Rejected(line=line, code=Code.PARSE_FAILED, message="kein JSON-Objekt")
    return row


def csv_rows(file: Path) -> Iterator[tuple[int, Mapping[str, Any] | Rejected]]:
    """Yield the rows of a CSV file: UTF-8 with or without BOM, `;` or `,`, lists with `|`."""
    try:
        told = file.read_bytes()
        text = told.decode("utf-8-sig")
    except OSError as error:
        raise ParseError(f"nicht lesbar: {error.strerror}", where=str(file)) from error
    except UnicodeDecodeError as error:
        raise _not_utf8(file, told.count(b"\n", 0, error.start) + 1) from error
    head = text.partition("\n")[0]
    reader = csv.DictReader(
        io.StringIO(text, newline=""), delimiter=";" if head.count(";") >= head.count(",") else ","
    )
    if not {"entry_id", "url"} & set(reader.fieldnames or ()):
        raise ParseError(
            "die Kopfzeile nennt weder entry_id noch url", where=f"{file}:1",
            remedy="Spalten benennen: entry_id;url;title;text;published_at",
        )  # fmt: skip
    csv.field_size_limit(MAX_LINE_BYTES)
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            line = reader.line_num
            yield line, Rejected(line=line, code=Code.PARSE_FAILED, message=f"kein CSV: {error}")
            continue
        if row is None:
            return
        fields = {key: value for key, value in row.items() if key and value}
        record: dict[str, Any] = dict(fields)
        record |= {name: fields[name].split("|") for name in LISTS if name in fields}
        yield reader.line_num, record


def entry_of(line: int, row: Mapping[str, Any], now: str) -> Entry | Rejected:
    """Turn a record into an entry."""
    try:
        url = _text(row, "url") or None
        if url and urls.resolve(url, url) is None:
            return Rejected(line=line, code=Code.IDENTITY_LOST, message=f"keine Adresse: {url!r}")
        entry_id = _text(row, "entry_id") or None
        if not (entry_id or url):
            return Rejected(line=line, code=Code.IDENTITY_LOST, message="weder entry_id noch url")
        text, links = _body(row, url or "")
        title = _text(row, "title")
        if not (title or text):
            return Rejected(line=line, code=Code.EMPTY, message="weder title noch text")
        return Entry(
            entry_id=entry_id, url=url, title=title or None, text=text, links=links,
            published=_date(row, "published_at", now),
            updated_at=_instant(row, "updated_at", now),
            kind=_kind(row), authors=_list(row, "authors"),
            identifiers=_list(row, "identifiers"), parent=_text(row, "parent") or None,
            answer_to=_text(row, "answer_to") or None, language=_text(row, "language") or None,
        )  # fmt: skip
    except ValueError as error:
        return Rejected(line=line, code=Code.PARSE_FAILED, message=str(error))


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return _storable(str(value))
    raise ValueError(f"{name}: Text erwartet, gefunden {type(value).__name__}")


def _list(row: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = row.get(name) or []
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(one, str | int) for one in values):
        raise ValueError(f"{name}: Liste von Texten erwartet")
    return tuple(told for one in values if (told := _storable(str(one))))


def _storable(text: str) -> str:
    """Return text without blanks around it; half a surrogate pair is valid in JSON alone."""
    return text.encode("utf-8", "replace").decode("utf-8").strip()


def _kind(row: Mapping[str, Any]) -> ItemKind | None:
    text = _text(row, "kind")
    if not text:
        return None
    try:
        return ItemKind(text)
    except ValueError:
        raise ValueError(f"kind: {text!r} gibt es nicht; möglich: {', '.join(ItemKind)}") from None


def _date(row: Mapping[str, Any], name: str, now: str) -> When | None:
    at = _instant(row, name, now)
    return When(at=at, evidence=Evidence.STRUCTURED) if at else None


def _instant(row: Mapping[str, Any], name: str, now: str) -> str | None:
    text = _text(row, name)
    if not text:
        return None
    at = dates.parse(text, now=now)
    if at is None:
        raise ValueError(f"{name}: {text!r} ist kein glaubhaftes Datum")
    return at


def _body(row: Mapping[str, Any], base: str) -> tuple[str, tuple[Link, ...]]:
    markup = _text(row, "html")
    if markup:
        return html.plain(markup), html.content_links(markup, base)
    text = _text(row, "text")
    return text, plain_links(text)


def plain_links(text: str) -> tuple[Link, ...]:
    """Return the addresses that stand in a plain text, each with its sentence."""
    return tuple(
        Link(url=found.group(), anchor=found.group(), position=place,
             sentence=sentences.sentence_at(text, found.start(), found.end()))
        for place, found in enumerate(ADDRESS.finditer(text))
    )  # fmt: skip
