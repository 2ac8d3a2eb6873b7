"""Writes small office files for tests: an archive with the parts that matter."""

import io
import zipfile
from collections.abc import Mapping

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
CORE = (
    '<cp:coreProperties xmlns:cp="urn:cp" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:dcterms="http://purl.org/dc/terms/">{}</cp:coreProperties>'
)
ODF = "urn:oasis:names:tc:opendocument:xmlns:"
ODF_NAMES = (
    f'xmlns:office="{ODF}office:1.0" xmlns:text="{ODF}text:1.0" xmlns:table="{ODF}table:1.0" '
    f'xmlns:draw="{ODF}drawing:1.0" xmlns:xlink="http://www.w3.org/1999/xlink"'
)


def archive(parts: Mapping[str, str | bytes]) -> bytes:
    """Return parts as an archive, in their order."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in parts.items():
            zipped.writestr(name, content)
    return out.getvalue()


def relations(targets: Mapping[str, str]) -> str:
    rows = "".join(f'<Relationship Id="{k}" Target="{v}"/>' for k, v in targets.items())
    return f'<Relationships xmlns="{RELATIONS}">{rows}</Relationships>'


def make_docx(
    body: str, *, core: str = "", links: Mapping[str, str] | None = None, footnotes: str = ""
) -> bytes:
    """Return a text document; `body` stands in `w:body`."""
    names = f'xmlns:w="{W}" xmlns:r="{R}" xmlns:mc="{MC}"'
    parts = {
        "word/document.xml": f"<w:document {names}><w:body>{body}</w:body></w:document>",
        "word/_rels/document.xml.rels": relations(links or {}),
        "docProps/core.xml": CORE.format(core),
    }
    if footnotes:
        parts["word/footnotes.xml"] = f"<w:footnotes {names}>{footnotes}</w:footnotes>"
    return archive(parts)


def paragraph(text: str) -> str:
    """Return a paragraph of a text document."""
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def make_odf(body: str, kind: str = "text", *, meta: str = "", manifest: str = "") -> bytes:
    """Return an OpenDocument; `body` stands in `office:text` or its sisters."""
    content = (
        f"<office:document-content {ODF_NAMES}><office:body><office:{kind}>{body}"
        f"</office:{kind}></office:body></office:document-content>"
    )
    about = (
        f'<office:document-meta {ODF_NAMES} xmlns:meta="{ODF}meta:1.0" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><office:meta>{meta}</office:meta>'
        "</office:document-meta>"
    )
    parts = {
        "mimetype": f"application/vnd.oasis.opendocument.{kind}", "content.xml": content,
        "meta.xml": about, "META-INF/manifest.xml": f"<manifest>{manifest}</manifest>",
    }  # fmt: skip
    return archive(parts)


def make_xlsx(
    sheets: Mapping[str, str], *, strings: tuple[str, ...] = (), formats: tuple[int, ...] = (0,),
    own_formats: str = "", links: Mapping[str, str] | None = None, book: str = "",
) -> bytes:  # fmt: skip
    """Return a workbook; a sheet's rows by its name, a name with `!` is hidden."""
    listed = "".join(
        f'<sheet name="{name.removeprefix("!")}" r:id="s{n}"'
        f"{' state=' + chr(34) + 'hidden' + chr(34) if name.startswith('!') else ''}/>"
        for n, name in enumerate(sheets)
    )
    parts = {
        "xl/workbook.xml": f'<workbook xmlns="{S}" xmlns:r="{R}">{book}<sheets>{listed}</sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": relations(
            {f"s{n}": f"worksheets/sheet{n}.xml" for n in range(len(sheets))}
        ),
        "xl/sharedStrings.xml": f'<sst xmlns="{S}">'
        + "".join(f"<si><t>{text}</t></si>" for text in strings)
        + "</sst>",
        "xl/styles.xml": f'<styleSheet xmlns="{S}">{own_formats}<cellXfs>'
        + "".join(f'<xf numFmtId="{number}"/>' for number in formats)
        + "</cellXfs></styleSheet>",
    }
    for n, rows in enumerate(sheets.values()):
        parts[f"xl/worksheets/sheet{n}.xml"] = (
            f'<worksheet xmlns="{S}" xmlns:r="{R}">{rows}</worksheet>'
        )
        parts[f"xl/worksheets/_rels/sheet{n}.xml.rels"] = relations(links or {})
    return archive(parts)
