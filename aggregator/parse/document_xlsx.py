"""XLSX: the cells of a workbook, sheet by sheet (ECMA-376, SpreadsheetML).

A row becomes a line, its cells apart; numbers that are dates by their format are written as dates,
long numbers as they are typed (a service key of fourteen digits is no 9.9E+13). Hidden sheets are
left out.
"""

import re
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from aggregator.parse.document_docx import CORE, targets
from aggregator.parse.document_zip import Archive, Writer, attribute, facts, free, local

WORKBOOK = "xl/workbook.xml"
_STRINGS = "xl/sharedStrings.xml"
_STYLES = "xl/styles.xml"
MAX_STRINGS = 500_000
_DATE_FORMATS = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
# Days, months and years in a format, outside of quoted text and [conditions].
_DATE_CODE = re.compile(r"[dmyDMY]")
_NOT_CODE = re.compile(r"\"[^\"]*\"|\[[^\]]*\]|\\.")
_FIRST_DAY = datetime(
    1899, 12, 30, tzinfo=UTC
)  # serial 1 is 1 January 1900, and 1900 was no leap year
_OTHER_FIRST_DAY = datetime(1904, 1, 1, tzinfo=UTC)
_NAMELESS = re.compile(r"(?:tabelle|sheet|blatt)\s*\d*", re.IGNORECASE)
_LAST_SERIAL = 2_958_466  # 31 December 9999


def is_xlsx(archive: Archive) -> bool:
    """Whether an archive is a workbook."""
    return WORKBOOK in archive


def read_xlsx(archive: Archive) -> dict[str, Any]:
    """Return text, links and facts of a workbook; each visible sheet is a page."""
    book = archive.tree(WORKBOOK)
    parts = targets(archive, WORKBOOK)
    sheets = [e for e in ([] if book is None else book.iter()) if local(e) == "sheet"]
    is_1904 = any(
        local(e) == "workbookPr" and attribute(e, "date1904") in ("1", "true")
        for e in ([] if book is None else book.iter())
    )
    reader = _Sheets(archive, _OTHER_FIRST_DAY if is_1904 else _FIRST_DAY)
    for sheet in sheets:
        part = _part(parts.get(attribute(sheet, "id"), ""))
        if attribute(sheet, "state") not in ("hidden", "veryHidden") and part in archive:
            reader.read(part, attribute(sheet, "name"))
    return {
        **facts(archive.tree("docProps/core.xml"), CORE),
        "pages": reader.writer.pages, "paged": True,
        "truncated": reader.writer.left < 0 or archive.broke_off,
        "format": "xlsx",
    }  # fmt: skip


def _part(target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


class _Sheets:
    """Reads sheets with what they share: texts, and which formats are dates."""

    def __init__(self, archive: Archive, first_day: datetime) -> None:
        self.writer = Writer()
        self._archive = archive
        self._first_day = first_day
        self._strings = list(islice(_strings(archive), MAX_STRINGS))
        self._dates = _date_styles(archive)

    def read(self, part: str, name: str) -> None:
        """Read a sheet; its name is its first line, unless the program chose it."""
        links = targets(self._archive, part)
        cells: dict[str, str] = {}  # of cells that may carry a link
        if not _NAMELESS.fullmatch(name):
            self.writer.write(name)
            self.writer.end_paragraph()
        for event, element in self._archive.events(part, "start", "end"):
            tag = local(element)
            if event == "start":
                if tag == "row":
                    self.writer.open_row()
                continue
            if tag == "c":
                value = self._value(element)
                if value:
                    cells[attribute(element, "r")] = value
                    self.writer.open_cell()
                    self.writer.write(value)
                    self.writer.end_paragraph()
            elif tag == "row":
                self.writer.close_row()
                free(element)
            elif tag == "hyperlink":
                address = links.get(attribute(element, "id"), "")
                self.writer.link(address, cells.get(attribute(element, "ref"), ""))
            if self.writer.left <= 0:
                break
        self.writer.end_page(name)

    def _value(self, cell: Any) -> str:
        kind = attribute(cell, "t")
        if kind == "inlineStr":
            return "".join(e.text or "" for e in cell.iter() if local(e) == "t")
        stated = next((e.text or "" for e in cell if local(e) == "v"), "")
        if kind == "s":
            at = int(stated) if stated.isdecimal() else -1
            return self._strings[at] if 0 <= at < len(self._strings) else ""
        if kind in ("str", "d"):
            return stated
        if kind in ("b", "e") or not stated:
            return ""
        return self._number(stated, attribute(cell, "s"))

    def _number(self, stated: str, style: str) -> str:
        try:
            number = float(stated)
        except ValueError:
            return stated
        if style in self._dates and 0 < number < _LAST_SERIAL:
            at = self._first_day + timedelta(days=number)
            return f"{at:%Y-%m-%d}" if number.is_integer() else f"{at:%Y-%m-%d %H:%M}"
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else stated


def _strings(archive: Archive) -> Any:
    """Yield the shared texts; phonetic hints are not part of them."""
    if _STRINGS not in archive:
        return
    for _, element in archive.events(_STRINGS, "end"):
        if local(element) == "si":
            yield "".join(
                e.text or "" for e in element.iter()
                if local(e) == "t" and local(e.getparent()) != "rPh"
            )  # fmt: skip
            free(element)


def _date_styles(archive: Archive) -> frozenset[str]:
    """Return the numbers of the cell formats that show a date."""
    root = archive.tree(_STYLES)
    if root is None:
        return frozenset()
    own = {
        attribute(e, "numFmtId"): attribute(e, "formatCode")
        for e in root.iter() if local(e) == "numFmt"
    }  # fmt: skip
    formats = next((e for e in root if local(e) == "cellXfs"), ())
    return frozenset(
        str(place) for place, e in enumerate(formats) if _is_date(attribute(e, "numFmtId"), own)
    )


def _is_date(number: str, own: dict[str, str]) -> bool:
    if number in own:
        return _DATE_CODE.search(_NOT_CODE.sub("", own[number])) is not None
    return number.isdecimal() and int(number) in _DATE_FORMATS
