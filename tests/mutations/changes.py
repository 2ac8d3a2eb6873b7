"""Ways to change an answer; each takes the original and gives what the source says now."""

import gzip
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.scripted import Answer

Change = Callable[[Answer], Answer]
ITEM = re.compile(rb"<item>.*?</item>", re.DOTALL)
ARTICLE = re.compile(rb'<div class="article">.*?</span></div>', re.DOTALL)
LOCATION = re.compile(rb"<url>.*?</url>", re.DOTALL)
HTML = "text/html; charset=utf-8"

LOGIN = (
    "<!doctype html><html lang=de><title>Anmeldung</title><h1>Anmeldung</h1><form method=post>"
    "<label>Kennwort <input type=password name=p></label><button>Anmelden</button></form></html>"
)
CAPTCHA = (
    "<!doctype html><html lang=de><title>Einen Moment bitte</title><h1>Sind Sie ein Mensch?</h1>"
    "<p>Bitte lösen Sie die Aufgabe, um fortzufahren.</p><div class=g-recaptcha></div></html>"
)
COOKIES = (
    "<!doctype html><html lang=de><title>Cookies erforderlich</title><h1>Cookies erforderlich</h1>"
    "<p>Bitte aktivieren Sie Cookies in Ihrem Browser und laden Sie die Seite neu.</p></html>"
)
MAINTENANCE = (
    "<!doctype html><html lang=de><title>Wartungsarbeiten</title><h1>Wartungsarbeiten</h1>"
    "<p>Wir sind bald wieder für Sie da.</p></html>"
)
MISSING = (
    "<!doctype html><html lang=de><title>Seite nicht gefunden</title>"
    "<h1>Seite nicht gefunden</h1><p>Bitte nutzen Sie die Suche.</p></html>"
)


def instead(text: str | bytes, media_type: str = HTML, status: int = 200, **more: Any) -> Change:
    """Answer something else altogether."""
    body = text.encode() if isinstance(text, str) else text
    return lambda _: Answer(body=body, media_type=media_type, status=status, **more)


def status(number: int, **headers: str) -> Change:
    """Answer with a status and an error page."""
    told = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return instead(f"<title>{number}</title>", status=number, headers=told)


def body(change: Callable[[bytes], bytes]) -> Change:
    """Change the bytes."""
    return lambda answer: replace(answer, body=change(answer.body))


def swap(old: str, new: str) -> Change:
    """Replace a text; it must be there."""

    def change(content: bytes) -> bytes:
        assert old.encode() in content, old
        return content.replace(old.encode(), new.encode())

    return body(change)


def sub(pattern: str, new: str | Callable[[re.Match[str]], str]) -> Change:
    """Replace what a pattern finds; it must find something."""

    def change(content: bytes) -> bytes:
        told, count = re.subn(pattern, new, content.decode(), flags=re.DOTALL)
        assert count, pattern
        return told.encode()

    return body(change)


def without(pattern: re.Pattern[bytes], keep: slice) -> Change:
    """Keep only some of the entries that a pattern finds."""

    def change(content: bytes) -> bytes:
        kept = set(pattern.findall(content)[keep])
        return pattern.sub(lambda found: found[0] if found[0] in kept else b"", content)

    return body(change)


def mixed(pattern: re.Pattern[bytes]) -> Change:
    """Reverse the order of the entries."""

    def change(content: bytes) -> bytes:
        found = pattern.findall(content)
        return pattern.sub(lambda _: found.pop(), content)

    return body(change)


def doubled(pattern: re.Pattern[bytes]) -> Change:
    """Name every entry twice."""
    return body(lambda content: pattern.sub(lambda found: found[0] * 2, content))


def first_half(answer: Answer) -> Answer:
    """End in the middle."""
    return replace(answer, body=answer.body[: len(answer.body) // 2])


def gzipped(answer: Answer) -> Answer:
    """Compress the body without saying so."""
    return replace(answer, body=gzip.compress(answer.body, mtime=0))


def half_gzipped(answer: Answer) -> Answer:
    """Send half of the compressed bytes."""
    packed = gzip.compress(answer.body, mtime=0)
    return replace(answer, body=packed[: len(packed) // 2],
                   headers=(("Content-Encoding", "gzip"),))  # fmt: skip


def not_gzipped(answer: Answer) -> Answer:
    """Say that the body is compressed when it is not."""
    return replace(answer, headers=(("Content-Encoding", "gzip"),))


def as_json(change: Callable[[Any], Any]) -> Change:
    """Change a JSON document."""

    def changed(content: bytes) -> bytes:
        return json.dumps(change(json.loads(content)), ensure_ascii=False).encode()

    return body(changed)


def told(**fields: Any) -> Callable[[Any], Any]:
    """Set fields of a JSON object."""
    return lambda document: {**document, **fields}


def each(name: str, change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Change every element of a list at a dotted path of a JSON object."""
    first, _, rest = name.partition(".")

    def changed(document: Any) -> Any:
        inner = document[first]
        new = each(rest, change)(inner) if rest else [change(element) for element in inner]
        return {**document, first: new}

    return changed
