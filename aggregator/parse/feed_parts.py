"""What XML feeds and JSON feeds share: text, links and titles as publishers really write them."""

import html
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace

from aggregator.model import Link
from aggregator.text.blanks import one_line
from aggregator.text.html import plain, read

MAX_BODY_CHARS = 1_000_000  # of one entry; a book in a feed is not read to its end
THIN_CHARS = 500  # a shorter text without a content element is a teaser
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_MARKUP = re.compile(
    r"</?(?:p|br|a|div|ul|ol|li|b|i|em|strong|span|img|h\d|table|td)\b[^>]*>", re.I
)
_BLANK_LINE = re.compile(r"\n\s*\n")


def repaired(text: str) -> str:
    """Undo character references that were escaped twice or three times.

    Government Site Builder sends `M&amp;#252;nchen`, others `M&amp;amp;uuml;nchen`. Only closed
    references count, so `R&D` and `AT&T` stay as they are.
    """
    for _ in range(2):
        if "&" not in text:
            break
        text = _REFERENCE.sub(lambda found: html.unescape(found[0]), text)
    return text


def line(value: str, *, markup: bool) -> str:
    """Return a title or name as one line of plain text."""
    text = plain(value) if markup and "<" in value else value
    return unicodedata.normalize("NFC", one_line(repaired(text)))


def prose(value: str, base: str, *, markup: bool) -> tuple[str, tuple[Link, ...]]:
    """Return a body as plain text with paragraphs, and its links.

    Args:
        value: As it stands in the feed, XML escapes undone.
        base: What relative addresses belong to; "" when unknown.
        markup: Whether it is said to be HTML; twice escaped HTML is known by its tags.
    """
    value = value[:MAX_BODY_CHARS]
    if "<" not in value and "&lt;" in value and _MARKUP.search(once := html.unescape(value)):
        value, markup = once, True
    if "<" in value and (markup or _MARKUP.search(value)):
        text, links = read(value, base)
        return repaired(text), tuple(map(_repaired_link, links))
    text = unicodedata.normalize("NFC", repaired(value))
    return "\n\n".join(filter(None, map(one_line, _BLANK_LINE.split(text)))), ()


def _repaired_link(link: Link) -> Link:
    """Undo in a link what was undone in its text; an address with `&amp;` leads nowhere."""
    if "&" not in f"{link.url}{link.sentence}{link.anchor}":
        return link
    return replace(
        link,
        url=link.url.replace("&amp;", "&"),
        anchor=repaired(link.anchor),
        sentence=repaired(link.sentence),
    )


def distinct(values: Iterable[str]) -> tuple[str, ...]:
    """Return what is not empty, once each, in order."""
    return tuple(dict.fromkeys(value for value in values if value))


def is_audio(media_type: str, url: str) -> bool:
    """Whether an enclosure makes its entry a podcast."""
    path = url.partition("?")[0].lower()
    return media_type.startswith("audio/") or path.endswith((".mp3", ".m4a", ".ogg", ".opus"))
