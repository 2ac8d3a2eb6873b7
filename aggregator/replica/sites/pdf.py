"""A writer for plain PDF files: one font, wrapped lines, several pages, the same bytes each time.

PDF 1.4 (ISO 32000-1): Helvetica with WinAnsiEncoding, so that umlauts and German quotation marks
can be extracted; the title is UTF-16 in the information dictionary.
"""

import textwrap
import zlib
from collections.abc import Iterable, Sequence
from datetime import datetime

_LINES = 42  # of one page
_WIDTH = 84  # characters of one line; Helvetica 11 on A4
_HEAD = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"


def write(title: str, paragraphs: Sequence[str], *, created: str, notice: str) -> bytes:
    """Return a PDF file.

    Args:
        title: Heading and document title.
        paragraphs: Running text; must be encodable in Windows-1252.
        created: RFC 3339, for CreationDate.
        notice: A line at the foot of every page.
    """
    lines = [title, ""]
    for paragraph in paragraphs:
        lines += [*textwrap.wrap(paragraph, _WIDTH, break_on_hyphens=False), ""]
    pages = [lines[at : at + _LINES] for at in range(0, len(lines), _LINES)]
    return _file(_objects(title, pages, created, notice))


def _objects(title: str, pages: list[list[str]], created: str, notice: str) -> list[bytes]:
    """Return the bodies of all objects; object n stands at place n - 1."""
    kids = " ".join(f"{5 + 2 * number} 0 R" for number in range(len(pages)))
    at = datetime.fromisoformat(created)
    name = title.encode("utf-16-be").hex().upper()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Lang (de) >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        f"<< /Title <FEFF{name}> /CreationDate (D:{at:%Y%m%d%H%M%S}Z) >>".encode(),
    ]
    for number, lines in enumerate(pages):
        content = zlib.compress(_content(lines, notice, number + 1), 9)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources "
            b"<< /Font << /F1 3 0 R >> >> /Contents " + f"{6 + 2 * number} 0 R >>".encode()
        )
        objects.append(
            f"<< /Length {len(content)} /Filter /FlateDecode >>\nstream\n".encode()
            + content
            + b"\nendstream"
        )
    return objects


def _content(lines: Iterable[str], notice: str, number: int) -> bytes:
    rows = [b"BT /F1 11 Tf 15 TL 56 780 Td"]
    rows += [b"(" + _escaped(line) + b") Tj T*" for line in lines]
    rows.append(b"ET")
    foot = _escaped(f"{notice} Seite {number}")
    rows.append(b"BT /F1 8 Tf 56 40 Td (" + foot + b") Tj ET")
    return b"\n".join(rows)


def _escaped(text: str) -> bytes:
    raw = text.encode("cp1252")
    return raw.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def _file(objects: list[bytes]) -> bytes:
    """Assemble header, objects, cross-reference table and trailer (ISO 32000-1, 7.5)."""
    body = bytearray(_HEAD)
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    start = len(body)
    body += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    body += b"".join(f"{offset:010} 00000 n \n".encode() for offset in offsets)
    body += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info 4 0 R >>\n".encode()
    return bytes(body + f"startxref\n{start}\n%%EOF\n".encode())
