"""Writers for small office files: text documents (ECMA-376, ODF 1.2) and workbooks.

Only the parts that a reader needs; archives without times, so that the same content has the same
bytes each time.
"""

import io
import zipfile
from collections.abc import Mapping, Sequence
from html import escape

from aggregator.replica.values import Paragraph, sentence_of

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_P = "http://schemas.openxmlformats.org/package/2006"
_ODF = "urn:oasis:names:tc:opendocument:xmlns:"
_ODF_NAMES = (
    f'xmlns:office="{_ODF}office:1.0" xmlns:text="{_ODF}text:1.0" xmlns:meta="{_ODF}meta:1.0" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"'
)
_MAIN = {
    "docx": ("word/document.xml", "wordprocessingml.document"),
    "xlsx": ("xl/workbook.xml", "spreadsheetml.sheet"),
}
TYPES = {
    **{name: f"application/vnd.openxmlformats-officedocument.{kind}"
       for name, (_, kind) in _MAIN.items()},
    "odt": "application/vnd.oasis.opendocument.text",
}  # fmt: skip


def write(
    kind: str, title: str, paragraphs: Sequence[Paragraph], *, created: str, notice: str
) -> bytes:
    """Return a file.

    Args:
        kind: docx, odt or xlsx.
        title: Of the metadata.
        paragraphs: Of a text document; in a workbook each sentence is a row.
        created: RFC 3339.
        notice: The last line of a text, a sheet of its own in a workbook.
    """
    if kind == "odt":
        return _odt(title, paragraphs, created, notice)
    parts = _document(paragraphs, notice) if kind == "docx" else _workbook(paragraphs, notice)
    core = (
        f'<cp:coreProperties xmlns:cp="{_P}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/">'
        f"<dc:title>{escape(title)}</dc:title><dcterms:created>{created}</dcterms:created>"
        "</cp:coreProperties>"
    )
    main, kind_of_main = _MAIN[kind]
    types = (
        f'<Types xmlns="{_P}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/{main}" ContentType="application/vnd.openxmlformats-officedocument.'
        f'{kind_of_main}.main+xml"/></Types>'
    )
    root = _relations({"r1": (f"{_R}/officeDocument", main)})
    return _archive({"[Content_Types].xml": types, "_rels/.rels": root, **parts,
                     "docProps/core.xml": core})  # fmt: skip


def _document(paragraphs: Sequence[Paragraph], notice: str) -> dict[str, str]:
    rows = "".join(
        f"<w:p><w:r><w:t>{escape(text)}</w:t></w:r></w:p>"
        for text in (*map(sentence_of, paragraphs), notice)
    )
    return {
        "word/document.xml": f'<w:document xmlns:w="{_W}"><w:body>{rows}</w:body></w:document>',
    }


def _workbook(paragraphs: Sequence[Paragraph], notice: str) -> dict[str, str]:
    rows = [sentence.text for paragraph in paragraphs for sentence in paragraph]
    sheets = {"Maßnahmen": rows, "Hinweis": [notice]}
    listed = "".join(
        f'<sheet name="{name}" sheetId="{number}" r:id="s{number}"/>'
        for number, name in enumerate(sheets, start=1)
    )
    parts = {
        "xl/workbook.xml": f'<workbook xmlns="{_S}" xmlns:r="{_R}"><sheets>{listed}</sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": _relations(
            {f"s{number}": (f"{_R}/worksheet", f"worksheets/sheet{number}.xml")
             for number in range(1, len(sheets) + 1)}
        ),
    }  # fmt: skip
    for number, texts in enumerate(sheets.values(), start=1):
        cells = "".join(
            f'<row r="{row}"><c r="A{row}"><v>{row}</v></c>'
            f'<c r="B{row}" t="inlineStr"><is><t>{escape(text)}</t></is></c></row>'
            for row, text in enumerate(texts, start=1)
        )
        parts[f"xl/worksheets/sheet{number}.xml"] = (
            f'<worksheet xmlns="{_S}"><sheetData>{cells}</sheetData></worksheet>'
        )
    return parts


def _odt(title: str, paragraphs: Sequence[Paragraph], created: str, notice: str) -> bytes:
    rows = "".join(
        f"<text:p>{escape(text)}</text:p>" for text in (*map(sentence_of, paragraphs), notice)
    )
    content = (
        f"<office:document-content {_ODF_NAMES}><office:body><office:text>{rows}</office:text>"
        "</office:body></office:document-content>"
    )
    meta = (
        f"<office:document-meta {_ODF_NAMES}><office:meta><dc:title>{escape(title)}</dc:title>"
        f"<meta:creation-date>{created}</meta:creation-date></office:meta></office:document-meta>"
    )
    manifest = f'<manifest:manifest xmlns:manifest="{_ODF}manifest:1.0"/>'
    return _archive({"mimetype": TYPES["odt"], "content.xml": content, "meta.xml": meta,
                     "META-INF/manifest.xml": manifest})  # fmt: skip


def _relations(targets: Mapping[str, tuple[str, str]]) -> str:
    rows = "".join(
        f'<Relationship Id="{name}" Type="{kind}" Target="{target}"/>'
        for name, (kind, target) in targets.items()
    )
    return f'<Relationships xmlns="{_P}/relationships">{rows}</Relationships>'


def _archive(parts: Mapping[str, str]) -> bytes:
    """Return parts as an archive; `mimetype` is not compressed (ODF 1.2, part 3, 3.3)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as zipped:
        for name, content in parts.items():
            way = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            zipped.writestr(zipfile.ZipInfo(name), content.encode(), way)
    return out.getvalue()
