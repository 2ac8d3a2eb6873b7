"""Mail: each message is an entry; threads by Message-ID, In-Reply-To and References.

What a message repeats of another is left out: quoted lines, the line that introduces them, what a
list or a person puts below every message. Nobody who wrote is named (`authors` stay empty), and
those lines are where names stand.
"""

import email
import email.policy
import mailbox
import re
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

from aggregator import dates
from aggregator.errors import ParseError
from aggregator.model import Code, Entry, Evidence, Link, When
from aggregator.records.rejected import Rejected
from aggregator.records.tables import plain_links
from aggregator.text import html
from aggregator.text.charset import decode

_ID = re.compile(r"<\s*([^<>\s]+)\s*>")
_QUOTED = re.compile(r"^\s*(?:>|\|\s)")
# "Am 20.11.2026 um 10:00 schrieb Erika Muster:" and its kin, on one line or two.
_INTRODUCES = re.compile(
    r"^(?:Am|On|Le)\b[^\n]{0,200}(?:\n[^\n]{0,120})?"
    r"\b(?:schrieb|wrote|geschrieben|a écrit)\b[^\n]{0,120}:[ \t]*$",
    re.MULTILINE,
)
# What follows is another message as a whole, as Outlook and others put it.
_REPEATS = re.compile(
    r"^(?:-{2,}\s*(?:Ursprüngliche Nachricht|Original(?:nachricht| Message)|Weitergeleitete "
    r"Nachricht|Forwarded message)\s*-{2,}"
    r"|_{20,}\s*|(?:Von|From):[^\n]*\n(?:Gesendet|Sent|Datum|Date):[^\n]*)",
    re.MULTILINE | re.IGNORECASE,
)
_SIGNATURE = re.compile(r"^-- ?$", re.MULTILINE)
_BLANK_LINES = re.compile(r"\n{3,}")
# What mail programs wrap around the message that is answered.
_QUOTES = frozenset(
    {"gmail_quote", "gmail_attr", "gmail_signature", "moz-cite-prefix", "moz-signature",
     "yahoo_quoted", "protonmail_quote", "OutlookMessageHeader"}
)  # fmt: skip
_MAX_ATTACHMENTS = 50


def read(file: Path, now: str) -> Iterator[tuple[int, Entry | Rejected]]:
    """Yield the messages of a file, counted from 1.

    Raises:
        ParseError: The file cannot be read.
    """
    for number, message in enumerate(_messages(file), start=1):
        yield number, _entry(number, message, now)


def _messages(file: Path) -> Iterator[EmailMessage]:
    try:
        if file.suffix.lower() == ".eml":
            yield _parsed(file.read_bytes())
            return
        box = mailbox.mbox(file, create=False)
    except (OSError, mailbox.Error) as error:
        raise ParseError(f"nicht lesbar: {error}", where=str(file)) from error
    try:
        for key in box.iterkeys():
            yield _parsed(box.get_bytes(key))
    finally:
        box.close()


def _parsed(told: bytes) -> EmailMessage:
    message = email.message_from_bytes(told, policy=email.policy.default)
    if not isinstance(message, EmailMessage):
        raise ParseError("keine Nachricht")
    return message


def _entry(line: int, message: EmailMessage, now: str) -> Entry | Rejected:
    ids = _ids(message, "Message-ID")
    if not ids:
        return Rejected(line=line, code=Code.IDENTITY_LOST, message="Nachricht ohne Message-ID")
    references, answered = _ids(message, "References"), _ids(message, "In-Reply-To")
    text, links = _content(message)
    if names := _attachments(message):
        text = f"{text}\n\nAnhang: {', '.join(names)}".strip()
    at = dates.parse(_header(message, "Date"), now=now)
    title = " ".join(_header(message, "Subject").split())
    if not (title or text):
        return Rejected(line=line, code=Code.EMPTY, message="Nachricht ohne Betreff und Text")
    return Entry(
        entry_id=ids[0],
        title=title or None,
        text=text,
        links=links,
        published=When(at=at, evidence=Evidence.HEADER) if at else None,
        parent=next(iter((*references, *answered)), None),
        answer_to=next(iter((*answered, *reversed(references))), None),
    )


def _header(message: EmailMessage, name: str) -> str:
    """Return a header, decoded; "" when it is so broken that the library stumbles over it."""
    try:
        return str(message.get(name, ""))
    except (ValueError, LookupError, AttributeError, TypeError):
        return ""


def _ids(message: EmailMessage, name: str) -> tuple[str, ...]:
    """Return the message ids of a header (RFC 5322 3.6.4), without their brackets."""
    told = _header(message, name)
    return tuple(_ID.findall(told)) or ((told.split()[0],) if told.split() else ())


def _content(message: EmailMessage) -> tuple[str, tuple[Link, ...]]:
    """Return what a message says itself, and the links in it."""
    body = message.get_body(("plain", "html"))
    if not isinstance(body, EmailMessage):
        return "", ()
    told = _text(body)
    if body.get_content_type() != "text/html":
        text = own_words(told)
        return text, plain_links(text)
    root = html.tree(told)
    if root is None:
        return "", ()
    for quote in root.xpath("//blockquote[@type='cite' or @cite]|//*[@id='divRplyFwdMsg']"):
        quote.drop_tree()
    found = html.blocks(root, _QUOTES)
    return own_words(html.join(found)), html.links(found, "")


def _text(body: EmailMessage) -> str:
    """Return the text of a part; an unknown charset is found out."""
    try:
        return str(body.get_content())
    except (LookupError, ValueError, KeyError):
        payload = body.get_payload(decode=True)
        return decode(payload if isinstance(payload, bytes) else b"", None, "text/plain")


def own_words(text: str) -> str:
    """Return what a message adds: without quotes, what introduces them, and signatures.

    Answers between quoted lines stay.
    """
    text = text.replace("\r\n", "\n")
    for end in (_REPEATS, _SIGNATURE):
        if found := end.search(text):
            text = text[: found.start()]
    text = _INTRODUCES.sub("", text)
    kept = "\n".join(line for line in text.split("\n") if not _QUOTED.match(line))
    return _BLANK_LINES.sub("\n\n", kept).strip()


def _attachments(message: EmailMessage) -> list[str]:
    """Return the names of the files that a message carries."""
    found: list[str] = []
    for part in message.walk():
        name = part.get_filename()
        if name and part.get_content_disposition() != "inline":
            found.append(" ".join(str(name).split()))
    return found[:_MAX_ATTACHMENTS]
