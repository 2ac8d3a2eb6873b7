"""JSON Feed 1.0 and 1.1 (jsonfeed.org), read with more patience than it asks for."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from aggregator import dates
from aggregator.errors import ParseError
from aggregator.model import Code, Entry, Evidence, ItemKind, Page, Parsed, Problem, Source, When
from aggregator.parse.feed_parts import THIN_CHARS, distinct, is_audio, line, prose
from aggregator.text.charset import decode
from aggregator.urls import resolve


def parse_json_feed(source: Source, page: Page, *, limit: int) -> Parsed:
    """Read a JSON Feed.

    Args:
        source: For its zone.
        page: The body, not compressed.
        limit: How many items are read at most.

    Raises:
        ParseError: PARSE_FAILED, it is no JSON or has no list of items.
    """
    try:
        document = json.loads(decode(page.body, page.charset, "application/json"))
    except (ValueError, RecursionError) as error:
        raise _no_feed(page, "Das JSON ist nicht lesbar") from error
    items = document.get("items") if isinstance(document, dict) else None
    if not isinstance(items, list):
        raise _no_feed(page, "Das JSON hat keine Liste `items`")
    language = _text(document, "language")
    entries = tuple(_entry(source, page, item, language) for item in items[:limit]
                    if isinstance(item, dict))  # fmt: skip
    return Parsed(
        entries=entries,
        title=line(_text(document, "title") or "", markup=False) or None,
        problems=tuple(_problems(len(items), limit, page.final_url)),
    )


def _problems(count: int, limit: int, where: str) -> Iterable[Problem]:
    if count > limit:
        message = f"Nur die ersten {limit} Einträge wurden gelesen"
        yield Problem(code=Code.TOO_LARGE, message=message, where=where)
    if not count:
        yield Problem(code=Code.EMPTY, message="Der Feed hat keine Einträge", where=where)


def _no_feed(page: Page, message: str) -> ParseError:
    return ParseError(
        message,
        where=page.final_url,
        remedy="Die Adresse muss auf einen JSON Feed zeigen (jsonfeed.org)",
    )


def _text(item: Mapping[str, Any], name: str) -> str | None:
    """Return a field as clean text; numbers are what careless publishers take for ids."""
    value = item.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    # Half a surrogate pair is valid in JSON and nowhere else.
    return str(value).encode("utf-8", "replace").decode("utf-8").strip() or None


def _entry(source: Source, page: Page, item: Mapping[str, Any], language: str | None) -> Entry:
    address = _text(item, "url") or _text(item, "external_url")
    url = resolve(page.final_url, address) if address else None
    base = url or page.final_url
    rich, short = _text(item, "content_html"), _text(item, "summary")
    if rich:
        text, links = prose(rich, base, markup=True)
    else:
        text, links = prose(_text(item, "content_text") or short or "", base, markup=False)
    published = _date(source, page, item, "date_published")
    modified = _date(source, page, item, "date_modified")
    return Entry(
        entry_id=_text(item, "id"),
        url=url,
        title=line(_text(item, "title") or "", markup=True) or None,
        text=text,
        summary=prose(short or "", base, markup=False)[0],
        published=When(at=published, evidence=Evidence.FEED) if published else None,
        updated_at=modified,
        authors=_authors(item),
        kind=_kind(item),
        language=_text(item, "language") or language,
        links=links,
        found_by={"published": "date_published"} if published else {},
        thin=not rich and len(text) < THIN_CHARS and not _text(item, "content_text"),
    )


def _date(source: Source, page: Page, item: Mapping[str, Any], name: str) -> str | None:
    return dates.parse(_text(item, name) or "", zone=source.timezone, now=page.now)


def _authors(item: Mapping[str, Any]) -> tuple[str, ...]:
    """Return names; 1.0 has one `author`, 1.1 a list of `authors`."""
    listed = item.get("authors")
    people = listed if isinstance(listed, list) else [item.get("author")]
    return distinct(_text(person, "name") or "" for person in people if isinstance(person, dict))


def _kind(item: Mapping[str, Any]) -> ItemKind | None:
    attached = item.get("attachments")
    for file in attached if isinstance(attached, list) else ():
        if isinstance(file, dict) and is_audio(
            _text(file, "mime_type") or "", _text(file, "url") or ""
        ):
            return ItemKind.PODCAST
    return None
