"""The bytes of an XML feed before feedparser sees them: bombs, sizes, charset lies.

feedparser has no bounds of its own, and what is quadratic in it can be had with a small document.
"""

import codecs
import re

from aggregator.errors import ParseError
from aggregator.model import Code
from aggregator.parse import sniff

MAX_ENTRIES = 5000  # 3 s of parsing; the longest honest feeds have some hundred
_MAX_ENTITIES = 64  # entity declarations in a DTD; honest ones have a handful
_MAX_ENTITY_BYTES = 1000
_MAX_PROLOGUE_BYTES = 32 * 1024
_MAX_ELEMENTS = 100_000  # 3 s of parsing; 2,000 entries of 50 elements
_MAX_NAMESPACES = 10_000
_MAX_ATTRIBUTES = 1000
_OPEN = re.compile(rb"<(?:[\w.-]+:)?(?:item|entry)(?=[\s/>])", re.IGNORECASE)
_CLOSE = re.compile(rb"</(?:[\w.-]+:)?(?:item|entry)\s*>", re.IGNORECASE)
_ENTITY = re.compile(rb"<!ENTITY\s+(%\s+)?[^\s>]+\s+(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
_ELEMENT = re.compile(rb"<[A-Za-z_]")
_GAPS = re.compile(rb"\s{2,}")
_CDATA = re.compile(rb"<!\[CDATA\[.*?(?:\]\]>|\Z)", re.DOTALL)
_LONG_TAG = re.compile(rb"<[A-Za-z_][^<>]{8192,}")
_NESTED = re.compile(rb"&(?!#)|%[A-Za-z_]")
_XML_ENCODING = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{2,40})")
# Characters that XML 1.0 forbids (2.2); one of them would throw feedparser back to guessing.
_FORBIDDEN = bytes((*range(9), 11, 12, *range(14, 32)))
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"\x00<", b"<\x00", b"\x00\x00", sniff.EBCDIC)
_ONE_BYTE = re.compile(r"(?i)(?:iso-?8859-?\d+|latin-?\d|windows-?125\d|cp-?125\d|us-ascii|ascii)")


def prepared(body: bytes, where: str) -> tuple[bytes, bool]:
    """Return a document that feedparser can be given, and whether entries were left out.

    Args:
        body: Not compressed.
        where: Its address, for messages.

    Raises:
        ParseError: DOCUMENT_REFUSED, it is built to be expensive.
    """
    body, shortened = _shortened(body)
    body = _tidied(body)
    _refuse_bombs(body.replace(b"\0", b"") if b"\0" in body else body, where)
    return body, shortened


def _tidied(body: bytes) -> bytes:
    """Drop forbidden characters, and blanks before the root, on which feedparser spends n² time."""
    if body.startswith(_WIDE):
        return body
    body = body.translate(None, _FORBIDDEN).lstrip()
    start = _ELEMENT.search(body)
    at = start.start() if start else len(body)
    return _GAPS.sub(b"\n", body[:at]) + body[at:]


def _refuse_bombs(body: bytes, where: str) -> None:
    """Refuse what makes a small document expensive: feedparser has no bounds of its own.

    Entities that grow when they are replaced (billion laughs, quadratic blowup), and what costs
    feedparser quadratic time. External entities need no care: it never reads them.
    """
    start = _ELEMENT.search(body)
    prologue = body[: start.start()] if start else body
    declared = _ENTITY.findall(prologue)
    values = [double or single for _, double, single in declared]
    if (
        len(declared) > _MAX_ENTITIES
        or sum(map(len, values)) > _MAX_ENTITY_BYTES
        or any(_NESTED.search(value) for value in values)
    ):
        raise _bomb("vereinbart Entitäten, die sich aufblähen können", where)
    if len(prologue) > _MAX_PROLOGUE_BYTES:
        raise _bomb(f"beginnt erst nach {len(prologue)} Bytes", where)
    if body.count(b"<") <= _MAX_ELEMENTS and body.count(b"=") <= _MAX_ATTRIBUTES:
        return  # not even with what stands in CDATA
    bare = _CDATA.sub(b"", body)
    if sum(1 for _ in _ELEMENT.finditer(bare)) > _MAX_ELEMENTS:
        raise _bomb(f"hat mehr als {_MAX_ELEMENTS} Elemente", where)
    if bare.count(b"xmlns") > _MAX_NAMESPACES:
        raise _bomb(f"vereinbart mehr als {_MAX_NAMESPACES} Namensräume", where)
    if any(tag[0].count(b"=") > _MAX_ATTRIBUTES for tag in _LONG_TAG.finditer(bare)):
        raise _bomb(f"hat ein Element mit mehr als {_MAX_ATTRIBUTES} Attributen", where)


def _bomb(fault: str, where: str) -> ParseError:
    return ParseError(
        f"Das Dokument {fault}",
        code=Code.DOCUMENT_REFUSED,
        where=where,
        remedy="Den Betreiber fragen; so etwas steht in keinem ehrlichen Feed",
    )


def _shortened(body: bytes) -> tuple[bytes, bool]:
    """Leave out the entries after the first `MAX_ENTRIES`; the document stays well-formed."""
    if body.count(b"<") <= MAX_ENTRIES:
        return body, False
    ends = [match.end() for match in _CLOSE.finditer(body)]
    if len(ends) > MAX_ENTRIES:
        return body[: ends[MAX_ENTRIES - 1]] + body[ends[-1] :], True
    starts = [match.start() for match in _OPEN.finditer(body)]
    if len(starts) > 2 * MAX_ENTRIES:  # never closed
        return body[: starts[MAX_ENTRIES]], True
    return body, False


def charset_of(body: bytes, declared: str | None) -> str | None:
    """Return the charset that feedparser must be told, None when it will find it itself.

    Valid UTF-8 with multi-byte characters is hardly ever the single-byte text that a header or
    declaration says, and ISO-8859-1 means windows-1252 (WHATWG Encoding Standard 4.2).
    """
    inside = _XML_ENCODING.search(body[:512])
    label = declared or (inside[1].decode("ascii") if inside else "")
    if label and not _ONE_BYTE.fullmatch(label):
        return declared
    if body.startswith(_WIDE) or body.isascii():
        return declared
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        latin = re.fullmatch(r"(?i)(?:iso-?8859-?1|latin-?1|us-ascii|ascii)", label)
        return "windows-1252" if latin else declared
    return "utf-8"
