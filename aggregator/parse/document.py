"""Documents: a file becomes one entry with its text, its pages as parts, and its links.

The file itself is read by `document_child` in a process of its own: PDF, DOCX, ODT, XLSX, and with
the latter's readers ODS and ODP. What cannot be read is recognised, so that its refusal is clear.
"""

import json
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from aggregator import baton, dates
from aggregator.errors import ParseError
from aggregator.model import (
    Code,
    Entry,
    Evidence,
    ItemKind,
    Link,
    Page,
    Parsed,
    Part,
    Problem,
    Source,
    SourceKind,
    When,
)
from aggregator.parse.facts import restriction
from aggregator.text.sentences import sentence_at
from aggregator.urls import resolve

DEADLINE_S = 8
_OWN_KIND = (SourceKind.DOCUMENT, SourceKind.FOLDER)  # whose `item_kind` is meant for files
_CHILD = Path(__file__).with_name("document_child.py")
# ISO 32000-1 7.5.2 wants the header within the first 1024 bytes.
_PDF, _HEADER_BYTES = b"%PDF-", 1024
_ZIP = b"PK\x03\x04"
# [MS-CFB] 2.2: the container of the formats before 2007, and of encrypted ones since.
_COMPOUND = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_REFUSALS = {
    "password": (Code.DOCUMENT_REFUSED, "Das Dokument ist mit einem Kennwort geschützt"),
    "broken": (Code.DECODE_FAILED, "Das Dokument ist beschädigt"),
    "memory": (Code.DOCUMENT_REFUSED, "Das Dokument braucht mehr Speicher als erlaubt"),
    "bomb": (Code.DOCUMENT_REFUSED, "Das Dokument wird beim Entpacken unmäßig groß"),
    "unsupported": (Code.UNSUPPORTED, "Das Archiv ist kein Dokument, das gelesen werden kann"),
}
_CPU_SIGNALS = {-24, 152}  # SIGXCPU, as a signal and as a shell reports it
# ISO 32000-1 7.9.4: D:YYYYMMDDHHmmSSOHH'mm'
_PDF_DATE = re.compile(
    r"D?:?(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?\s*(?:(Z)|([+-]\d\d)'?(\d\d)?'?)?"
)
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_STATUS = re.compile(
    r"\b(?:Stand|Datum|Vom|Beschluss vom|Ausgabe vom)\s*:?\s*"
    r"(\d{1,2}\.\s?(?:\d{1,2}\.|[A-ZÄÖÜ][a-zäöü]{2,8})\s?\d{4})"
)
_NO_TITLE = re.compile(
    r"^(?:untitled|unbenannt|ohne titel|document\d*|dokument\d*|microsoft (?:word|powerpoint)\b.*"
    r"|.*\.(?:docx?|pdf|pptx?|xlsx?|indd|odt|qxd)|slide 1|folie 1|\W*)$",
    re.IGNORECASE,
)
_HYPHEN = re.compile("[-\u00ad\u2010\ufffe\x02]$")
_SENTENCE_END = re.compile(r"[.!?:][\"“»)]?$")
_LIST_ITEM = re.compile(r"^(?:[•·▪●–*-]\s|\(?\d{1,2}[.)]\s|[a-z]\)\s)")
_ADDRESS = re.compile(r"https?://[^\s<>\"“”()]+[^\s<>\"“”().,;:!?]")
_MAX_TITLE_CHARS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a file holds; `pages` are texts, `links` addresses with their page and anchor.

    `labels` are the numbers of the pages or the names of the sheets; none where the layout alone
    makes pages, as in a text document.
    """

    title: str | None
    text: str
    pages: tuple[str, ...]
    published: str | None  # RFC 3339 or a day
    updated_at: str | None
    authors: tuple[str, ...]
    links: tuple[tuple[str, int, str], ...] = ()
    truncated: bool = False
    labels: tuple[str, ...] = ()
    format: str = "pdf"


def read(body: bytes, media_type: str, *, now: str = "") -> Document:
    """Read a file in a child process under limits.

    Args:
        body: The file.
        media_type: Only named in errors; the first bytes decide.
        now: RFC 3339; later dates are rejected.

    Raises:
        ParseError: DOCUMENT_REFUSED (a hostile or locked file), TOO_SLOW, DECODE_FAILED (a broken
            one) or UNSUPPORTED.
    """
    _check_format(body, media_type)
    found = _run(body)
    name = found["format"]
    tidy = reflow if name == "pdf" else _normal  # the lines of office files are paragraphs
    pages = tuple(tidy(_text(page.get("text"))) for page in found["pages"])
    title = " ".join(_text(found.get("title")).split())
    author = " ".join(_text(found.get("author")).split())
    return Document(
        title=None if _NO_TITLE.match(title) else title[:_MAX_TITLE_CHARS],
        text="\n\n".join(page for page in pages if page),
        pages=pages,
        published=_date(found.get("created"), now),
        updated_at=_date(found.get("modified"), now),
        authors=(author,) if author else (),
        links=tuple(_annotations(found["pages"])),
        truncated=bool(found.get("truncated")),
        labels=tuple(
            _text(page.get("label")) or str(number)
            for number, page in enumerate(found["pages"] if found["paged"] else (), start=1)
        ),
        format=name,
    )


def _check_format(body: bytes, media_type: str) -> None:
    if _PDF in body[:_HEADER_BYTES] or body.startswith(_ZIP):
        return
    if body.startswith(_COMPOUND):
        code, message = _REFUSALS["password"] if _ENCRYPTED in body else (
            Code.UNSUPPORTED, "Ein Office-Format vor 2007 wird nicht gelesen")  # fmt: skip
        raise ParseError(message, code=code, remedy="Beim Betreiber um PDF oder DOCX bitten")
    raise ParseError(f"Kein lesbares Dokument ({media_type or 'ohne Typ'})", code=Code.UNSUPPORTED)


def _run(body: bytes) -> Mapping[str, Any]:
    """Let the child read the file; its end is the verdict when it says nothing."""
    try:
        with baton.apart():
            done = subprocess.run(
                [sys.executable, "-I", str(_CHILD)],
                input=body, capture_output=True, timeout=DEADLINE_S, check=False,
            )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise ParseError(
            f"Das Dokument war nach {DEADLINE_S} s nicht gelesen", code=Code.TOO_SLOW
        ) from error
    if done.returncode in _CPU_SIGNALS:
        raise ParseError("Das Dokument braucht zu viel Rechenzeit", code=Code.TOO_SLOW)
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        raise ParseError(
            f"Das Lesen des Dokuments brach ab (Ende {done.returncode}): feindlich oder beschädigt",
            code=Code.DOCUMENT_REFUSED,
        ) from error
    if "error" in found:
        code, message = _REFUSALS[found["error"]]
        raise ParseError(message, code=code)
    return found


def _text(value: object) -> str:
    """Return text of the child without NUL and lone surrogates."""
    text = value if isinstance(value, str) else ""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "")


def _date(value: object, now: str) -> str | None:
    """Read a date of metadata: that of PDF, or ISO 8601 in office files."""
    told = _text(value).strip()
    if _ISO_DATE.match(told):
        return dates.parse(told.partition(".")[0], now=now)  # OpenDocument writes fractions
    found = _PDF_DATE.match(told)
    if not found:
        return None
    year, month, day, hour, minute, second, zulu, offset, offset_minutes = found.groups()
    text = f"{year}-{month}-{day}"
    if hour:
        zone = "Z" if zulu else f"{offset}:{offset_minutes or '00'}" if offset else ""
        text += f"T{hour}:{minute}:{second or '00'}{zone}"
    return dates.parse(text, now=now)


def _normal(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


def reflow(text: str) -> str:
    """Join the lines of a page to paragraphs: undo hyphenation, keep lists and headings apart."""
    lines = [line.strip() for line in unicodedata.normalize("NFC", text).splitlines()]
    longest = max(map(len, lines), default=0)
    paragraphs: list[str] = []
    open_line = False
    for line in lines:
        if not line:
            open_line = False
            continue
        if open_line and not _LIST_ITEM.match(line):
            paragraphs[-1] = _joined(paragraphs[-1], line)
        else:
            paragraphs.append(line)
        # A line that ends early ends its paragraph: a heading, or a last line with its full stop.
        short = len(line) < 0.6 * longest
        ends = _SENTENCE_END.search(line) and len(line) < 0.85 * longest
        open_line = bool(_HYPHEN.search(line)) or not (short or ends)
    return "\n\n".join(_without_marks(paragraph) for paragraph in paragraphs)


def _joined(before: str, line: str) -> str:
    if _HYPHEN.search(before) and line[:1].islower():
        return before[:-1] + line
    return f"{before} {line}"


def _without_marks(text: str) -> str:
    return " ".join(re.sub("[\u00ad\ufffe\x02]", "", text).split())


def _annotations(pages: list[Any]) -> Iterator[tuple[str, int, str]]:
    for number, page in enumerate(pages):
        for address, anchor in page.get("links", ()):
            yield _text(address), number, " ".join(_text(anchor).split())


def parse_document(source: Source, page: Page) -> Parsed:
    """Read a file as one entry.

    Raises:
        ParseError: See `read`.
    """
    try:
        document = read(page.body, page.media_type, now=page.now)
    except ParseError as error:
        error.where = error.where or page.final_url
        raise
    policy, max_snippet = restriction(None, page.headers)
    title, rule = _title(document, page.final_url)
    when = _published(document, source, page)
    problems = []
    if document.truncated:
        message = "Das Dokument wurde nicht bis zum Ende gelesen"
        if document.labels:
            message = f"Nur die ersten {len(document.pages)} Seiten wurden gelesen"
        problems.append(Problem(code=Code.TRUNCATED, message=message, where=page.final_url))
    if not document.text:
        message = "Das Dokument enthält keinen Text, vermutlich nur Bilder"
        problems.append(Problem(code=Code.EMPTY, message=message, where=page.final_url))
    own_kind = source.kind in _OWN_KIND and source.item_kind is not ItemKind.NEWS
    entry = Entry(
        url=page.final_url,
        title=title,
        text=document.text,
        published=when,
        updated_at=document.updated_at,
        authors=document.authors,
        kind=None if own_kind else ItemKind.DOCUMENT,
        links=_links(document, page.final_url),
        parts=tuple(
            Part(role="page", text=text, label=label)
            for label, text in zip(document.labels, document.pages, strict=False)
            if text
        ),
        aliases=(page.url,) if page.url != page.final_url else (),
        policy=policy,
        max_snippet=max_snippet,
        found_by={
            "title": rule,
            "text": document.format,
            "published": str(when.evidence) if when else "",
        },
    )
    return Parsed(title=title, entries=(entry,), problems=tuple(problems))


def _title(document: Document, url: str) -> tuple[str, str]:
    """Return metadata, else the first paragraph, else the name of the file."""
    if document.title:
        return document.title, "metadata"
    first = next((p for page in document.pages for p in page.split("\n\n") if len(p) > 3), "")
    if first and len(first) <= _MAX_TITLE_CHARS:
        return first, "first lines"
    name = unquote(urlsplit(url).path.rpartition("/")[2]).rpartition(".")
    return (name[0] or name[2]).replace("_", " ").replace("-", " ") or "Dokument", "file name"


def _published(document: Document, source: Source, page: Page) -> When | None:
    if document.published:
        return When(at=document.published, evidence=Evidence.STRUCTURED)
    found = _STATUS.search(document.pages[0]) if document.pages else None
    at = dates.parse(found[1], zone=source.timezone, now=page.now) if found else None
    return When(at=at, evidence=Evidence.TEXT) if at else None


def _links(document: Document, base: str) -> tuple[Link, ...]:
    """Return the links of annotations and the addresses written out, each address once a page."""
    stated = list(document.links)
    known = {(address, number) for address, number, _ in stated}
    for number, text in enumerate(document.pages):
        written = dict.fromkeys(_ADDRESS.findall(text))
        stated += [(url, number, url) for url in written if (url, number) not in known]
    stated.sort(key=lambda link: link[1])
    found: list[Link] = []
    for address, number, anchor in stated:
        if url := resolve(base, address):
            sentence = _sentence(document.pages[number], anchor)
            found.append(Link(url=url, anchor=anchor, sentence=sentence, position=len(found)))
    return tuple(found)


def _sentence(text: str, anchor: str) -> str:
    at = text.find(anchor) if anchor else -1
    return sentence_at(text, at, at + len(anchor)).strip() if at >= 0 else anchor
