"""ODT, ODS and ODP: OpenDocument text, sheets and slides (ISO/IEC 26300).

All three hold their content in `content.xml` with the same paragraphs, links and tables. A sheet
and a slide is a page; a text has none. Tracked deletions and comments are left out, footnotes stay
where they are.
"""

from typing import Any

from lxml import etree

from aggregator.parse.document_zip import (
    Archive,
    UnreadableError,
    Writer,
    attribute,
    facts,
    free,
    local,
)

META = {"title": "title", "initial-creator": "author", "creation-date": "created",
        "date": "modified"}  # fmt: skip
_CONTENT = "content.xml"
_TYPE = b"application/vnd.oasis.opendocument."
_FORMATS = {b"text": "odt", b"spreadsheet": "ods", b"presentation": "odp"}
_SKIPPED = frozenset(
    {"tracked-changes", "annotation", "note-citation", "forms", "script", "notes",
     "automatic-styles", "font-face-decls", "title", "desc"}
)  # fmt: skip
_PARAGRAPHS = frozenset({"p", "h"})
_BREAKS = {"tab": "\t", "line-break": "\n"}
_MAX_BLANKS = 100


def is_odf(archive: Archive) -> bool:
    """Whether an archive is an OpenDocument of a kind that we read."""
    return _format(archive) is not None


def _format(archive: Archive) -> str | None:
    stated = archive.beginning("mimetype", 200).strip()
    if stated.startswith(_TYPE):
        return _FORMATS.get(stated.removeprefix(_TYPE).removesuffix(b"-template"))
    # The statement is a recommendation; the manifest is not.
    return "odt" if _CONTENT in archive and "META-INF/manifest.xml" in archive else None


def read_odf(archive: Archive) -> dict[str, Any]:
    """Return text, links and facts of a document.

    Raises:
        UnreadableError: "password" for an encrypted one.
    """
    manifest = archive.tree("META-INF/manifest.xml")
    if manifest is not None and any(local(e) == "encryption-data" for e in manifest.iter()):
        raise UnreadableError("password")
    kind = _format(archive) or "odt"
    writer = Writer()
    skipped: Any = None
    for event, element in archive.events(_CONTENT, "start", "end"):
        if skipped is not None:
            skipped = None if event == "end" and element is skipped else skipped
            continue
        name = local(element)
        if event == "start" and name in _SKIPPED:
            skipped = element
        elif event == "start":
            _open(name, writer)
        else:
            _close(name, element, writer, kind)
        if writer.left <= 0:
            break
    writer.end_page()
    return {
        **facts(archive.tree("meta.xml"), META),
        "pages": writer.pages, "paged": kind != "odt",
        "truncated": writer.left < 0 or archive.broke_off, "format": kind,
    }  # fmt: skip


def _open(name: str, writer: Writer) -> None:
    if name == "table-row":
        writer.open_row()
    elif name in ("table-cell", "covered-table-cell"):
        writer.open_cell()


def _close(name: str, element: Any, writer: Writer, kind: str) -> None:
    if name in _PARAGRAPHS:
        _paragraph(element, writer)
        free(element)
    elif name == "table-row":
        writer.close_row()
        free(element)
    elif (name == "table" and kind == "ods") or (name == "page" and kind == "odp"):
        writer.end_page(attribute(element, "name"))


def _paragraph(paragraph: Any, writer: Writer) -> None:
    """Write what stands in the line of a paragraph; paragraphs in it were written before."""
    walker = etree.iterwalk(paragraph, events=("start", "end"))
    for event, element in walker:
        name = local(element)
        if event == "start":
            if name in _SKIPPED:
                walker.skip_subtree()
                continue
            if name == "a":
                writer.open_link(attribute(element, "href"))
            writer.write(_BREAKS.get(name) or _blanks(name, element))
            writer.write(_line(element.text))
            continue
        if name == "a":
            writer.end_link()
        if element is not paragraph:
            writer.write(_line(element.tail))
    writer.end_paragraph()


def _blanks(name: str, element: Any) -> str:
    """Return the blanks of `<text:s text:c="3"/>`."""
    if name != "s":
        return ""
    count = attribute(element, "c")
    return " " * min(int(count) if count.isdecimal() else 1, _MAX_BLANKS)


def _line(text: str | None) -> str:
    return (text or "").replace("\n", " ")
