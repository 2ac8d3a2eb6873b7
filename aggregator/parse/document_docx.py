"""DOCX: the text of a word processor's document (ECMA-376, WordprocessingML).

Deleted text, comments, headers and the fallbacks of drawings are left out; footnotes follow the
text. Pages are a matter of layout, so there are none.
"""

import re
from typing import Any

from aggregator.parse.document_zip import Archive, Writer, attribute, facts, free, local

CORE = {"title": "title", "creator": "author", "created": "created", "modified": "modified"}
MAIN = "word/document.xml"
_FOOTNOTES = "word/footnotes.xml"
_SKIPPED = frozenset({"Fallback", "moveFrom", "del"})
_HYPERLINK = re.compile(r"HYPERLINK\s+(?:\\l\s+)?\"([^\"]+)\"")
_BREAKS = {"br": "\n", "cr": "\n", "tab": "\t", "noBreakHyphen": "-"}


def is_docx(archive: Archive) -> bool:
    """Whether an archive is a text document."""
    return MAIN in archive


def read_docx(archive: Archive) -> dict[str, Any]:
    """Return text, links and facts of a document."""
    writer = Writer()
    _read_part(archive, MAIN, writer)
    if _FOOTNOTES in archive:
        _read_part(archive, _FOOTNOTES, writer)
    writer.end_page()
    return {
        **facts(archive.tree("docProps/core.xml"), CORE),
        "pages": writer.pages, "paged": False,
        "truncated": writer.left < 0 or archive.broke_off, "format": "docx",
    }  # fmt: skip


def targets(archive: Archive, part: str) -> dict[str, str]:
    """Return the addresses and parts that a part refers to, by id."""
    folder, _, name = part.rpartition("/")
    root = archive.tree(f"{folder}/_rels/{name}.rels")
    return {
        attribute(relation, "Id"): attribute(relation, "Target")
        for relation in ([] if root is None else root)
    }


def _read_part(archive: Archive, part: str, writer: Writer) -> None:
    links = targets(archive, part)
    skipped: Any = None
    for event, element in archive.events(part, "start", "end"):
        if skipped is not None:
            skipped = None if event == "end" and element is skipped else skipped
            continue
        name = local(element)
        if event == "start":
            if name in _SKIPPED:
                skipped = element
            else:
                _open(name, element, writer, links)
            continue
        _close(name, element, writer)
        if name in ("p", "tr"):
            free(element)


def _open(name: str, element: Any, writer: Writer, links: dict[str, str]) -> None:
    if name == "hyperlink":
        writer.open_link(links.get(attribute(element, "id"), ""))
    elif name == "fldSimple":
        if found := _HYPERLINK.search(attribute(element, "instr")):
            writer.open_link(found[1])
    elif name == "tr":
        writer.open_row()
    elif name == "tc":
        writer.open_cell()


def _close(name: str, element: Any, writer: Writer) -> None:
    if name == "t":
        writer.write(element.text or "")
    elif name in _BREAKS:
        writer.write(_BREAKS[name])
    elif name == "p":
        writer.end_paragraph()
    elif name == "tr":
        writer.close_row()
    elif name in ("hyperlink", "fldSimple"):
        writer.end_link()
    elif name == "instrText":  # a field in pieces: begin, instruction, separate, words, end
        if found := _HYPERLINK.search(element.text or ""):
            writer.open_link(found[1])
    elif name == "fldChar" and attribute(element, "fldCharType") == "end":
        writer.end_link()
