"""Bytes to text: one order of evidence for every kind of document.

Byte order mark, then the HTTP header, then what the document says about itself, then UTF-8 if it
is valid, then detection. Labels mean what they mean to browsers (WHATWG Encoding Standard 4.2):
whoever says ISO-8859-1 or ASCII means windows-1252.
"""

import codecs

from aggregator.text import prescan
from aggregator.text.detection import detected, wide

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"), (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip
_WINDOWS_1252 = frozenset({"iso8859-1", "latin-1", "ascii", "cp1252"})


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
    declared = _codec(charset) or _self_declared(body) or wide(body)
    # Valid UTF-8 with multi-byte characters is hardly ever the single-byte text that it claims to
    # be, so a windows-1252 label gives way to it.
    candidates = ("utf-8", declared) if declared == "cp1252" else (declared, "utf-8")
    for candidate in candidates:
        if candidate and (text := _strict(body, candidate)) is not None:
            return _finish(text)
    return _finish(_with_losses(body, declared))


def _with_losses(body: bytes, declared: str | None) -> str:
    """Decode what is not valid by any word for it.

    Bytes that are called UTF-8 and break it more often than they make a character of it are not.
    """
    if declared:
        text = body.decode(declared, "replace")
        lost = text.count("\ufffd")
        if declared != "utf-8" or 2 * lost <= len(text) - _ascii_count(text):
            return text
    return body.decode(_codec(detected(body)) or "cp1252", "replace")


def _ascii_count(text: str) -> int:
    return len(text.encode("ascii", "ignore"))


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
    """Return the codec that a document names, the first that exists."""
    for label in prescan.declared(body):
        # A declaration that could be read as ASCII is not UTF-16 (WHATWG HTML 13.2.3.2).
        if found := _codec("utf-8" if label.lower().startswith("utf-16") else label):
            return found
    return None
