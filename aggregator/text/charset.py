"""Bytes to text: one order of evidence for every kind of document.

Byte order mark, then the HTTP header, then what the document says about itself, then UTF-8 if it
is valid, then detection. Labels mean what they mean to browsers (WHATWG Encoding Standard 4.2):
whoever says ISO-8859-1 or ASCII means windows-1252.
"""

import codecs
import re

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"),
          (codecs.BOM_UTF16_BE, "utf-16-be"))  # fmt: skip
_WINDOWS_1252 = frozenset({"iso8859-1", "latin-1", "ascii", "cp1252"})
# WHATWG HTML 13.2.3.2 looks at 1024 bytes; pages of content systems need more.
_PRESCAN_BYTES = 4096
_SAMPLE_BYTES = 64 * 1024
_DECLARED = re.compile(
    rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{2,40})"""
    rb"""|<\?xml[^>]{0,100}?encoding\s*=\s*["']([\w.:-]{2,40})""",
    re.IGNORECASE,
)


def decode(body: bytes, charset: str | None = None, media_type: str = "") -> str:
    """Return the text of a body; never fails, undecodable bytes become U+FFFD.

    Args:
        body: The bytes, content coding undone.
        charset: What the Content-Type header said.
        media_type: `application/json` is UTF-8 whatever the header says (RFC 8259 8.1).

    Returns:
        Text without byte order mark and without NUL.
    """
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return _finish(body[len(mark) :].decode(encoding, "replace"))
    if media_type.endswith("json"):
        return _finish(body.decode("utf-8", "replace"))
    declared = _codec(charset) or _codec(_self_declared(body))
    # Valid UTF-8 with multi-byte characters is hardly ever the single-byte text that it claims to
    # be, so a windows-1252 label gives way to it.
    candidates = ("utf-8", declared) if declared == "cp1252" else (declared, "utf-8")
    for candidate in candidates:
        if candidate and (text := _strict(body, candidate)) is not None:
            return _finish(text)
    return _finish(body.decode(declared or _detected(body), "replace"))


def _finish(text: str) -> str:
    return text.replace("\0", "")


def _strict(body: bytes, encoding: str) -> str | None:
    # The five bytes that windows-1252 leaves open are control characters to browsers.
    errors = "replace" if encoding == "cp1252" else "strict"
    try:
        return body.decode(encoding, errors)
    except UnicodeError:
        return None


def _codec(label: str | None) -> str | None:
    """Return the codec of a label, None for an unknown one or one that is no text encoding."""
    if not label:
        return None
    try:
        found = codecs.lookup(label.strip().strip("\"'"))
        b"\x80".decode(found.name, "replace")
    except (LookupError, ValueError, TypeError):
        return None
    return "cp1252" if found.name in _WINDOWS_1252 else found.name


def _self_declared(body: bytes) -> str | None:
    found = _DECLARED.search(body[:_PRESCAN_BYTES])
    if not found:
        return None
    label = (found[1] or found[2]).decode("ascii", "replace")
    # A declaration that could be read as ASCII is not UTF-16 (WHATWG HTML 13.2.3.2).
    return "utf-8" if label.lower().startswith("utf-16") else label


def _detected(body: bytes) -> str:
    from charset_normalizer import from_bytes  # 40 ms to import, seldom needed

    best = from_bytes(body[:_SAMPLE_BYTES]).best()
    return _codec(best.encoding if best else None) or "cp1252"
