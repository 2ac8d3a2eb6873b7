"""Writes small PDF files for tests (ISO 32000-1: header, objects, cross-reference, trailer)."""

import zlib


def make_pdf(
    *pages: list[str], info: dict[str, str] | None = None, link: str | None = None,
    stream: bytes | None = None,
) -> bytes:  # fmt: skip
    """Return a PDF with lines of text on each page.

    `link` becomes an annotation over the first line of every page; `stream` replaces the drawing
    instructions of all pages.
    """
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b""]
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
    kids = []
    for lines in pages:
        drawing = stream or _drawing(lines)
        packed = zlib.compress(drawing, 9)
        annotation = _annotation(link) if link else b""
        kids.append(len(objects) + 1)
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents %d 0 R/Annots[%s]"
            b"/Resources<</Font<</F1 %s>>>>>>" % (len(objects) + 2, annotation, font)
        )
        objects.append(
            b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(packed), packed)
        )
    references = b" ".join(b"%d 0 R" % kid for kid in kids)
    objects[1] = b"<</Type/Pages/Kids[%s]/Count %d>>" % (references, len(kids))
    entries = "".join(f"/{name}({value})" for name, value in (info or {}).items())
    objects.append(f"<<{entries}>>".encode("cp1252"))
    return _assemble(objects)


def _drawing(lines: list[str]) -> bytes:
    shown = "".join(f"({line}) Tj 0 -16 Td " for line in lines)
    return f"BT /F1 12 Tf 50 700 Td {shown} ET".encode("cp1252")


def _annotation(address: str) -> bytes:
    action = f"<</S/URI/URI({address})>>"
    return f"<</Type/Annot/Subtype/Link/Rect[45 695 590 715]/A{action}>>".encode()


def _assemble(objects: list[bytes]) -> bytes:
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    return out + (
        b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
        + b"trailer<</Size %d/Root 1 0 R/Info %d 0 R>>\n" % (size, len(objects))
        + b"startxref\n%d\n%%%%EOF\n" % len(out)
    )
