"""What kind of document some bytes are, by their first kilobytes; and compressed files, bounded.

Looks only at the beginning, trusts no header, decodes nothing for good.
"""

import re
import zlib
from collections.abc import Iterator

from aggregator.errors import ParseError
from aggregator.model import Code

HEAD_BYTES = 64 * 1024
_PIECE = 64 * 1024
GZIP = b"\x1f\x8b"
EBCDIC = b"\x4c\x6f\xa7\x94"  # "<?xm" in code page 037
_LAYERS = 2  # a server may compress a file that is compressed already; more is a trap

# Comments, processing instructions and the doctype stand before the root element.
_FIRST = re.compile(
    r"<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)|<!DOCTYPE[^\[>]*(?:\[.*?(?:\]|\Z)[^>]*)?>?"
    r"|<(?:[A-Za-z_][\w.-]*:)?(?P<name>[A-Za-z_][\w.-]*)",
    re.DOTALL | re.IGNORECASE,
)
_HTML = re.compile(r"<!DOCTYPE\s+html|<html[\s>]", re.IGNORECASE)
_HTML_ROOTS = frozenset(
    ("html", "head", "body", "div", "p", "h1", "h2", "meta", "title", "table", "ul", "script",
     "style", "center", "main", "article")
)  # fmt: skip
_FEED_ROOTS = frozenset({"rss", "feed", "rdf", "channel", "urlset", "sitemapindex"})
# A page that demands cookies says so in its first words, not in a banner beside its content.
_COOKIE_DEMAND = re.compile(
    rb"<(?:title|h1)[^>]*>[^<]{0,80}cookies?\b[^<]{0,60}(?:aktivier|zulassen|erlauben|erforderlich"
    rb"|ben(?:\xc3\xb6|\xf6)tigt|required|disabled|enable)"
    rb"|<(?:title|h1)[^>]*>[^<]{0,60}(?:enable|accept|allow)[^<]{0,30}cookies?\b",
    re.IGNORECASE,
)
_PASSWORD = re.compile(rb"<input\b[^<>]{0,300}type\s*=\s*[\"']?password", re.IGNORECASE)


def inflated(body: bytes) -> Iterator[bytes]:
    """Yield a body in pieces of at most 64 KiB, with gzip undone up to two times.

    The caller bounds how much it takes; nothing more is decompressed than is taken.

    Raises:
        ParseError: DECODE_FAILED, the compressed data are broken or end early.
    """
    pieces: Iterator[bytes] = (body[at : at + _PIECE] for at in range(0, len(body), _PIECE))
    for _ in range(_LAYERS):
        first = next(pieces, b"")
        pieces = _chain(first, pieces)
        if not first.startswith(GZIP):
            break
        pieces = _gunzip(pieces)
    return pieces


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _gunzip(pieces: Iterator[bytes]) -> Iterator[bytes]:
    stream = zlib.decompressobj(wbits=31)
    try:
        for piece in pieces:
            yield from _drain(stream, piece)
    except zlib.error as error:
        raise _broken() from error
    if not stream.eof:
        raise _broken()


def _drain(stream: "zlib._Decompress", data: bytes) -> Iterator[bytes]:
    """Yield what a piece decompresses to, never more than 64 KiB at once."""
    full = True
    while (data or full) and not stream.eof:
        found = stream.decompress(data, _PIECE)
        data, full = stream.unconsumed_tail, len(found) == _PIECE
        yield found


def _broken() -> ParseError:
    return ParseError(
        "Die komprimierte Datei ist beschädigt oder unvollständig",
        code=Code.DECODE_FAILED,
        remedy="Beim nächsten Abruf noch einmal versuchen; sonst den Betreiber fragen",
    )


def whole(body: bytes, limit: int) -> bytes:
    """Return a body with gzip undone.

    Raises:
        ParseError: TOO_LARGE when it has more than `limit` bytes, DECODE_FAILED when broken.
    """
    found = bytearray()
    for piece in inflated(body):
        found += piece
        if len(found) > limit:
            raise ParseError(
                f"Das Dokument ist größer als {limit >> 20} MiB",
                code=Code.TOO_LARGE,
                remedy="Eine kleinere Adresse wählen, zum Beispiel einen Feed je Rubrik",
            )
    return bytes(found)


def head_of(body: bytes) -> str:
    """Return the beginning of a document as text good enough for names in ASCII."""
    head = body[:HEAD_BYTES]
    if head.startswith(EBCDIC):
        return head.decode("cp037")
    return head.replace(b"\0", b"").decode("latin-1").lstrip("ÿþï»¿ \t\r\n")


def root_of(head: str) -> str:
    """Return the name of the first element without its prefix, "" when there is none."""
    return next((found["name"] for found in _FIRST.finditer(head) if found["name"]), "")


def is_html(head: str) -> bool:
    """Whether a document is a web page, or a piece of one."""
    root = root_of(head).lower()
    return root in _HTML_ROOTS or bool(_HTML.search(head[:1024]) and root not in _FEED_ROOTS)


def is_json(head: str) -> bool:
    """Whether a document begins like a JSON object or list."""
    return head[:1] in ("{", "[")


def refuse_html(body: bytes, head: str, *, wanted: str, where: str) -> None:
    """Refuse a web page where something else was expected.

    Raises:
        ParseError: LOGIN when the page asks for a password, NEEDS_COOKIE when it demands cookies,
            else FEED_IS_HTML.
    """
    if not is_html(head):
        return
    if _PASSWORD.search(body):
        raise ParseError(
            f"Statt {wanted} kam eine Seite, die eine Anmeldung verlangt",
            code=Code.LOGIN,
            where=where,
            remedy="Die Plattform als access: registration führen und von Hand erfassen",
        )
    if _COOKIE_DEMAND.search(body[:HEAD_BYTES]):
        raise ParseError(
            f"Statt {wanted} kam eine Aufforderung, Cookies zuzulassen",
            code=Code.NEEDS_COOKIE,
            where=where,
            remedy="Die Adresse im Browser ohne Cookies prüfen und den Betreiber fragen",
        )
    raise ParseError(
        f"Statt {wanted} kam eine Webseite",
        code=Code.FEED_IS_HTML,
        where=where,
        remedy="Die Adresse im Browser prüfen; ihre Feeds nennt `aggregator inspect ADRESSE`",
    )


def is_feed(head: str) -> bool:
    """Whether a document is RSS, Atom, RDF with items, CDF or JSON Feed."""
    if is_json(head):
        return "jsonfeed.org/version/" in head.replace("\\/", "/")
    root = root_of(head).lower()
    if root == "rdf":
        return bool(re.search(r"purl\.org/rss|netscape\.com/rdf|<item[\s>]", head))
    return root in ("rss", "feed", "channel")


def is_sitemap(head: str) -> bool:
    """Whether a document is a sitemap or an index of sitemaps, in XML or as plain addresses."""
    if root_of(head).lower() in ("urlset", "sitemapindex"):
        return True
    lines = head.split()
    return bool(lines) and all(re.match(r"https?://[^<>\"]+$", line) for line in lines[:20])
