"""What office files have in common: an archive of XML parts, read as streams within caps.

Runs in the child process of `document_child`. Only the parts that hold text, names and dates are
opened; pictures and embedded files are never decompressed. A part may be as large as its cap and no
larger, whatever the archive says.
"""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

MAX_PARTS = 20_000
MAX_PART_BYTES = 64 * 2**20
MAX_RATIO = 400  # honest XML packs to a twentieth, tables of zeros to a hundredth
SMALL_BYTES = 4 * 2**20  # below this the ratio says nothing
MAX_CHARS = 2_000_000
MAX_LINKS = 2000
# The dates of the templates that programs come with; nobody wrote a document then.
TEMPLATE_DAYS = frozenset(
    {"1996-10-14", "2006-09-13", "2006-09-16", "2013-12-23", "2015-06-05", "1980-01-01"}
)
_ENCRYPTED = 0x1  # general purpose flag, APPNOTE.TXT 4.4.4
_OPTIONS: dict[str, Any] = {
    "resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False,
    "remove_comments": True, "remove_pis": True,
}  # fmt: skip


class UnreadableError(Exception):
    """The document cannot be read; the argument is the word that the parent knows."""


class Archive:
    """The parts of an office file."""

    def __init__(self, body: bytes) -> None:
        """Open an archive.

        Raises:
            UnreadableError: "broken", "bomb" (too many parts) or "password".
        """
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(body))
        except (zipfile.BadZipFile, ValueError, OSError, EOFError) as error:
            raise UnreadableError("broken") from error
        infos = self._zip.infolist()
        if len(infos) > MAX_PARTS:
            raise UnreadableError("bomb")
        self._infos = {info.filename: info for info in infos}
        self.broke_off = False  # a part ended before its end

    def __contains__(self, name: str) -> bool:
        return name in self._infos

    def events(self, name: str, *events: str) -> Iterator[tuple[str, Any]]:
        """Yield the parsing events of a part; elements that ended may be cleared by the caller.

        Of a part that breaks off, what stands before is yielded, and `broke_off` is set.

        Raises:
            UnreadableError: "bomb", "password" or "broken" (there is no such part).
        """
        try:
            with self._open(name) as stream:
                yield from etree.iterparse(stream, events=events, **_OPTIONS)
        except (etree.XMLSyntaxError, zipfile.BadZipFile, OSError, EOFError, ValueError):
            self.broke_off = True

    def tree(self, name: str) -> Any | None:
        """Return the root of a small part, None when it is not there or broken."""
        if name not in self:
            return None
        try:
            with self._open(name) as stream:
                return etree.parse(stream, etree.XMLParser(**_OPTIONS)).getroot()
        except (etree.XMLSyntaxError, zipfile.BadZipFile, OSError, EOFError, ValueError):
            return None

    def beginning(self, name: str, size: int) -> bytes:
        """Return the first bytes of a part, none when it is not there."""
        if name not in self:
            return b""
        try:
            with self._open(name) as stream:
                return bytes(stream.read(size))
        except (zipfile.BadZipFile, OSError, EOFError, ValueError):
            return b""

    def _open(self, name: str) -> Any:
        info = self._infos.get(name)
        if info is None:
            raise UnreadableError("broken")
        if info.flag_bits & _ENCRYPTED:
            raise UnreadableError("password")
        ratio = info.file_size / max(1, info.compress_size)
        if info.file_size > MAX_PART_BYTES or (info.file_size > SMALL_BYTES and ratio > MAX_RATIO):
            raise UnreadableError("bomb")
        try:
            return self._zip.open(info)
        except (NotImplementedError, RuntimeError) as error:  # a method that nobody uses
            raise UnreadableError("broken") from error


def local(element: Any) -> str:
    """Return the name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def attribute(element: Any, name: str) -> str:
    """Return an attribute whatever its namespace, "" when it is not there."""
    found = element.get(name)
    if found is None:
        found = next((v for k, v in element.attrib.items() if k.rpartition("}")[2] == name), "")
    return str(found)


def free(element: Any) -> None:
    """Free the memory of an element that was read and of all before it; its tail stays."""
    tail = element.tail
    element.clear()
    element.tail = tail
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def facts(root: Any | None, names: dict[str, str]) -> dict[str, str]:
    """Return named values of a part of metadata.

    Args:
        root: The part.
        names: Local name of an element -> ours.
    """
    found = dict.fromkeys(names.values(), "")
    for element in () if root is None else root.iter():
        ours = names.get(local(element))
        if ours and not found[ours]:
            found[ours] = " ".join((element.text or "").split())
    for name in ("created", "modified"):
        if found.get(name, "")[:10] in TEMPLATE_DAYS:
            found[name] = ""
    return found


@dataclass(slots=True)
class Writer:
    """Collects paragraphs, rows of tables and links, page by page, within the caps."""

    pages: list[dict[str, Any]] = field(default_factory=list)
    left: int = MAX_CHARS
    _blocks: list[tuple[str, str]] = field(default_factory=list)  # what separates it, text
    _links: list[list[str]] = field(default_factory=list)
    _link_count: int = 0
    _pieces: list[str] = field(default_factory=list)
    _rows: list[list[list[str]]] = field(default_factory=list)  # open rows, cells, paragraphs
    _after_row: bool = False
    _href: str | None = None
    _href_from: int = 0

    def write(self, text: str) -> None:
        """Add text to the paragraph."""
        if text and self.left > 0:
            self._pieces.append(text[: self.left])
            self.left -= len(text)

    def end_paragraph(self) -> None:
        """End a paragraph, of the page or of a cell."""
        self.end_link()
        text = "\n".join(" ".join(line.split()) for line in "".join(self._pieces).split("\n"))
        self._pieces = []
        self._add(text.strip(), row=False)

    def _add(self, text: str, *, row: bool) -> None:
        if not text:
            return
        if self._rows and self._rows[-1]:
            self._rows[-1][-1].append(text)
            return
        self._blocks.append(("\n" if row and self._after_row else "\n\n", text))
        self._after_row = row

    def open_row(self) -> None:
        """Begin the row of a table, perhaps of one in a cell."""
        self._rows.append([])

    def open_cell(self) -> None:
        """Begin a cell."""
        if self._rows:
            self._rows[-1].append([])

    def close_row(self) -> None:
        """End a row: its cells become one line."""
        if not self._rows:
            return
        self.end_paragraph()
        cells = [" ".join(" ".join(cell).split()) for cell in self._rows.pop()]
        self._add(" | ".join(cell for cell in cells if cell), row=True)

    def open_link(self, address: str) -> None:
        """Begin the words of a link."""
        self.end_link()
        self._href, self._href_from = address, len(self._pieces)

    def end_link(self) -> None:
        """End the words of a link."""
        if self._href is not None:
            self.link(self._href, "".join(self._pieces[self._href_from :]))
        self._href = None

    def link(self, address: str, anchor: str) -> None:
        """Add a link with its words."""
        if address and self._link_count < MAX_LINKS:
            self._link_count += 1
            self._links.append([address, " ".join(anchor.split())])

    def end_page(self, label: str = "") -> None:
        """End a page: all of a text document, a sheet, a slide."""
        self.end_paragraph()
        text = "".join(f"{glue}{text}" for glue, text in self._blocks).strip()
        if text or self._links:
            self.pages.append({"text": text, "links": self._links, "label": label})
        self._blocks, self._links, self._after_row = [], [], False
