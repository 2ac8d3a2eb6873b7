"""Reads one document in a process of its own: bytes on standard input, JSON on standard output.

A hostile file can make a library take all memory or never end, so it runs here, under limits that
the process sets for itself before it reads a byte. This file is run by its path and imports nothing
of the product but the readers of office files when they are needed: a start takes a twentieth of a
second.

Output: {"title", "created", "modified", "author", "pages": [{"text", "links": [[url, anchor]],
"label"}], "paged", "truncated", "format"} or {"error": "password" | "broken" | "memory" | "bomb" |
"unsupported"}. `paged`: the pages are those of the document (or its sheets, or slides).
"""

import ctypes
import importlib
import json
import resource
import sys
from pathlib import Path
from typing import Any

# Text extraction of honest files stays below 100 MiB; bombs take whatever they are given.
MEMORY_BYTES = 256 * 2**20
CPU_S = 7
OPEN_FILES = 16
MAX_PAGES = 1000
MAX_CHARS = 2_000_000
MAX_LINKS = 2000
ZIP = b"PK\x03\x04"
PASSWORD_ERROR = 4  # FPDF_ERR_PASSWORD
_URI_ACTION = 3  # PDFACTION_URI


def limit() -> None:
    """Bound this process for good; limits that are lower already stay."""
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (bound, bound))


def read_pdf(body: bytes) -> dict[str, Any]:
    """Return the text and links of a PDF, page by page, within the caps."""
    pdfium = _library("pypdfium2")
    try:
        pdf = pdfium.PdfDocument(body)
    except pdfium.PdfiumError as error:
        locked = getattr(error, "err_code", None) == PASSWORD_ERROR or "password" in str(error)
        return {"error": "password" if locked else "broken"}
    facts = pdf.get_metadata_dict()
    pages: list[dict[str, Any]] = []
    left, links_left = MAX_CHARS, MAX_LINKS
    count = len(pdf)
    for number in range(min(count, MAX_PAGES)):
        try:
            page = _read_page(pdf[number], links_left)
        except pdfium.PdfiumError:
            page = {"text": "", "links": []}  # one broken page does not spoil the others
        page["text"] = page["text"][:left]
        left -= len(page["text"])
        links_left -= len(page["links"])
        pages.append(page)
        if left <= 0:
            break
    return {
        "title": facts.get("Title", ""), "author": facts.get("Author", ""),
        "created": facts.get("CreationDate", ""), "modified": facts.get("ModDate", ""),
        "pages": pages, "paged": True, "truncated": len(pages) < count or left <= 0,
        "format": "pdf",
    }  # fmt: skip


def read_office(body: bytes) -> dict[str, Any]:
    """Return the text and links of an office file, whichever it is."""
    sys.path.append(str(Path(__file__).parents[2]))  # last: only for a checkout never installed
    zipped = _library("aggregator.parse.document_zip")
    docx, odt, xlsx = (_library(f"aggregator.parse.document_{name}")
                       for name in ("docx", "odt", "xlsx"))  # fmt: skip
    readers = ((docx.is_docx, docx.read_docx), (xlsx.is_xlsx, xlsx.read_xlsx),
               (odt.is_odf, odt.read_odf))  # fmt: skip
    try:
        archive = zipped.Archive(body)
        read = next((read for is_one, read in readers if is_one(archive)), None)
        found = read(archive) if read else {"error": "unsupported"}
    except zipped.UnreadableError as error:
        return {"error": str(error)}
    return {"error": "broken"} if archive.broke_off and not found["pages"] else found


def _library(name: str) -> Any:
    """Import the library after the limits hold; its C interface is made at run time, untyped."""
    return importlib.import_module(name)


def _read_page(page: Any, most_links: int) -> dict[str, Any]:
    text = page.get_textpage()
    return {"text": text.get_text_range(), "links": _links(page, text, most_links)}


def _links(page: Any, text: Any, most: int) -> list[list[str]]:
    """Return the addresses of link annotations with the text beneath each."""
    raw = _library("pypdfium2.raw")
    found: list[list[str]] = []
    position, link = ctypes.c_int(0), raw.FPDF_LINK()
    while len(found) < most and raw.FPDFLink_Enumerate(page, position, link):
        action = raw.FPDFLink_GetAction(link)
        if not action or raw.FPDFAction_GetType(action) != _URI_ACTION:
            continue
        length = raw.FPDFAction_GetURIPath(page.pdf, action, None, 0)
        buffer = ctypes.create_string_buffer(length)
        raw.FPDFAction_GetURIPath(page.pdf, action, buffer, length)
        box = raw.FS_RECTF()
        anchor = ""
        if raw.FPDFLink_GetAnnotRect(link, box):
            anchor = text.get_text_bounded(box.left, box.bottom, box.right, box.top)
        found.append([buffer.value.decode("utf-8", "replace"), anchor])
    return found


def main() -> None:
    """Read one document."""
    limit()
    try:
        body = sys.stdin.buffer.read()
        found = read_office(body) if body.startswith(ZIP) else read_pdf(body)
    except MemoryError:
        found = {"error": "memory"}
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
