"""What a site answers, and the pieces of HTML, XML and dates that all of them need."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from functools import cache
from hashlib import sha256
from html import escape
from importlib import resources
from string import Template
from typing import Any

from aggregator.replica.content.naming import BERLIN
from aggregator.replica.values import Paragraph, Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A complete answer; the server adds what HTTP wants (304, Content-Length, Date)."""

    status: int = 200
    body: bytes = b""
    type: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = field(default=())
    etag: str | None = None
    last_modified: str | None = None  # HTTP date


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked for: the path without parameters such as jsessionid, and the query."""

    host: str
    path: str
    query: dict[str, list[str]]
    raw_query: str
    cookies: str

    def first(self, name: str, default: str = "") -> str:
        """Return the first value of a parameter."""
        return self.query.get(name, [default])[0]


Handler = Callable[[Asked, re.Match[str]], Answer]
Routes = Sequence[tuple[re.Pattern[str], Handler]]


def routed(routes: Routes, asked: Asked) -> Answer | None:
    """Return what the first route that fits the whole path answers."""
    for pattern, handler in routes:
        if found := pattern.fullmatch(asked.path):
            return handler(asked, found)
    return None


def plain(text: str) -> Handler:
    """Return a handler that answers with a fixed plain text, such as robots.txt."""
    return lambda _asked, _found: Answer(body=text.encode(), type="text/plain")


def etag(body: bytes, *, weak: bool = False) -> str:
    """Return an entity tag for a body (RFC 9110 8.8.3)."""
    return f'{"W/" if weak else ""}"{sha256(body).hexdigest()[:20]}"'


def http_date(at: str) -> str:
    """Return an RFC 3339 instant as an HTTP date."""
    return format_datetime(datetime.fromisoformat(at), usegmt=True)


def mail_date(at: str) -> str:
    """Return an instant as RFC 822 date with the offset of Berlin."""
    return format_datetime(datetime.fromisoformat(at).astimezone(BERLIN))


def page(body: str, *, status: int = 200, modified: str | None = None, tag: bool = False) -> Answer:
    """Return an HTML answer with the validators that are asked for."""
    raw = body.encode()
    return Answer(
        status=status,
        body=raw,
        etag=etag(raw) if tag else None,
        last_modified=http_date(modified) if modified else None,
    )


def as_json(document: Any, *, status: int = 200) -> Answer:
    """Return a JSON answer with a weak entity tag, as Discourse and Confluence send it."""
    raw = json.dumps(document, ensure_ascii=False).encode()
    return Answer(
        status=status,
        body=raw,
        type="application/json; charset=utf-8",
        etag=etag(raw, weak=True) if status == 200 else None,
    )


def redirect(url: str, *, status: int = 301, cookie: str | None = None) -> Answer:
    """Return a redirect, with a cookie where the site wants one."""
    headers = [("Location", url), *([("Set-Cookie", cookie)] if cookie else [])]
    return Answer(status=status, headers=tuple(headers), body=b"")


@cache
def template(name: str) -> Template:
    """Return a page template by file name."""
    text = resources.files(__package__).joinpath(f"templates/{name}").read_text(encoding="utf-8")
    return Template(text)


def linked(sentence: Sentence, attributes: str = "", hidden: str = "") -> str:
    """Return a sentence as HTML.

    Args:
        sentence: With or without a link.
        attributes: Of the `a` element.
        hidden: HTML before the words of the link, such as a text for screen readers.
    """
    if sentence.anchor is None:
        return escape(sentence.text, quote=False)
    before, _, after = sentence.text.partition(sentence.anchor.text)
    href = escape(sentence.anchor.href)
    words = escape(sentence.anchor.text, quote=False)
    return (
        f'{escape(before, quote=False)}<a{attributes} href="{href}">{hidden}{words}</a>'
        f"{escape(after, quote=False)}"
    )


def paragraphs(texts: Iterable[Paragraph]) -> str:
    """Return paragraphs as plain `p` elements."""
    return "\n".join(f"<p>{' '.join(linked(s) for s in text)}</p>" for text in texts)


def sitemap(entries: Iterable[tuple[str, str]]) -> bytes:
    """Return a sitemap of addresses with their `lastmod`."""
    rows = "".join(
        f"<url><loc>{escape(url)}</loc><lastmod>{modified}</lastmod></url>\n"
        for url, modified in entries
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{rows}</urlset>\n'
    ).encode()
