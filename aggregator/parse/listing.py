"""An HTML page that lists items: one thin entry per teaser, and the next page.

Presets are data, one per content system; `selectors` in sources.yaml override each of their
places. Selectors are CSS.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bs4 import BeautifulSoup, Tag
from soupsieve import SelectorSyntaxError

from aggregator import dates
from aggregator.errors import ParseError
from aggregator.model import (
    Code,
    Entry,
    Evidence,
    Follow,
    ItemKind,
    Page,
    Parsed,
    Problem,
    Role,
    Source,
    When,
)
from aggregator.parse.dialects import kind_of
from aggregator.text import html
from aggregator.text.charset import decode
from aggregator.urls import resolve

MAX_CHARS = 5_000_000
MAX_ITEMS = 2000
DEFAULT_PRESET = "gsb-c"
FIELDS = ("item", "link", "title", "date", "summary", "next")
PRESETS: Mapping[str, Mapping[str, str]] = {
    # Government Site Builder, the dialect of the ministries (teasers, and search results).
    "gsb-c": {
        "item": "div.c-content-teaser, div.c-search-teaser, li.c-search-teaser",
        "link": "a.c-content-teaser__l, a.c-search-teaser__link, a[href]",
        "title": ".c-content-teaser__h, .c-search-teaser__h, .c-search-teaser__headline,"
        " a.c-search-teaser__link, h2, h3",
        "date": ".c-content-teaser__small, .c-search-teaser__small, .c-search-teaser__date, time",
        "summary": ".c-content-teaser__p--text, .c-search-teaser__p, p",
        "next": "div.navIndex li.forward > a, .navIndex .forward a, a.forward, a[rel~=next]",
    },
}
_DATE = re.compile(
    r"\d{1,2}\.\s?(?:\d{1,2}\.|(?:Januar|Februar|März|April|Mai|Juni|Juli|August|September"
    r"|Oktober|November|Dezember))\s?\d{4}|\d{4}-\d\d-\d\d"
)
_EDGES = " \u00a0·|–-,:"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Places:
    """The selectors in force for one source."""

    item: str
    link: str
    title: str
    date: str
    summary: str
    next: str


def parse_listing(source: Source, page: Page) -> Parsed:
    """Read one page of a listing.

    Returns:
        Thin entries in document order; the next page in `follow`. `complete` on the last page,
        and on a page whose rest is followed.

    Raises:
        ParseError: A selector is no CSS, or the preset is unknown.
    """
    places = _places(source)
    text = decode(page.body, page.charset, page.media_type)[:MAX_CHARS]
    soup = BeautifulSoup(text, "lxml")
    base = _base(soup, page.final_url)
    try:
        teasers = soup.select(places.item, limit=MAX_ITEMS + 1)
        entries = [_entry(teaser, places, base, source, page.now) for teaser in teasers]
        following = _next(soup, places, base, page)
    except SelectorSyntaxError as error:
        raise ParseError(
            f"Ein Selektor ist kein gültiges CSS ({str(error).splitlines()[0]})",
            code=Code.CONFIG_INVALID, where=str(source.id),
            remedy="selectors der Quelle berichtigen",
        ) from error  # fmt: skip
    named = _once([entry for entry in entries if entry])
    problems = _problems(len(teasers), len(named), places, page)
    return Parsed(
        title=_text(soup.title) if soup.title else None,
        entries=named[:MAX_ITEMS],
        follow=following,
        complete=bool(named) and len(teasers) <= MAX_ITEMS,
        problems=problems,
    )


def _places(source: Source) -> _Places:
    name = source.preset or DEFAULT_PRESET
    preset = PRESETS.get(name)
    if preset is None:
        raise ParseError(
            f"Die Vorgabe {name} gibt es nicht", code=Code.CONFIG_INVALID, where=str(source.id),
            remedy=f"preset ist eines von: {', '.join(sorted(PRESETS))}",
        )  # fmt: skip
    given = {field: source.selectors[field] for field in FIELDS if source.selectors.get(field)}
    # An own item selector makes the preset's class names meaningless, its plain tags still help.
    return _Places(**{**preset, **given})


def _base(soup: BeautifulSoup, address: str) -> str:
    """Return what relative links belong to: GSB writes them against `<base href>`."""
    base = soup.select_one("base[href]")
    return (base and resolve(address, str(base["href"]))) or address


def _entry(teaser: Tag, places: _Places, base: str, source: Source, now: str) -> Entry | None:
    """Read one teaser, None when it leads nowhere."""
    link = _link(teaser, places.link, base)
    if link is None:
        return None
    anchor, url = link
    heading = _first(teaser, places.title) or anchor
    stated = _first(teaser, places.date)
    label = _text(stated) if stated else ""
    title = _without_label(_text(heading) or _text(anchor), label)
    when = _when(stated, label, source, now)
    summary = _first(teaser, places.summary)
    return Entry(
        url=url,
        title=title or None,
        summary=_text(summary) if summary and summary is not heading else "",
        published=when,
        kind=_kind(label),
        found_by={"title": places.title, "published": places.date if when else ""},
        thin=True,
    )


def _link(teaser: Tag, selector: str, base: str) -> tuple[Tag, str] | None:
    own = [teaser] if teaser.name == "a" else []
    for choice in selector.split(","):
        for anchor in [*own, *teaser.select(choice)]:
            href = anchor.get("href")
            url = resolve(base, str(href)) if href and not str(href).startswith("#") else None
            if url:
                return anchor, url
    return None


def _first(teaser: Tag, selector: str) -> Tag | None:
    """Return the first match, in the order of the alternatives, that has text."""
    for choice in selector.split(","):
        for found in teaser.select(choice):
            if _text(found) or found.get("datetime"):
                return found
    return None


def _text(element: Tag) -> str:
    """Return the visible text on one line."""
    return " ".join(html.plain(str(element)).split())


def _without_label(title: str, label: str) -> str:
    """Take kind and date off a title that holds them ("Pressemitteilung · 26.09.2026 Titel")."""
    if label and label != title:
        title = title.removeprefix(label).removesuffix(label)
    return title.strip(_EDGES)


def _when(stated: Tag | None, label: str, source: Source, now: str) -> When | None:
    if stated is None:
        return None
    machine = stated.get("datetime") or next(
        (t.get("datetime") for t in stated.select("time[datetime]")), None
    )
    if machine and (at := dates.parse(str(machine), zone=source.timezone, now=now)):
        return When(at=at, evidence=Evidence.STRUCTURED)
    found = _DATE.search(label)
    at = dates.parse(found[0], zone=source.timezone, now=now) if found else None
    return When(at=at, evidence=Evidence.TEXT) if at else None


def _kind(label: str) -> ItemKind | None:
    return kind_of(_DATE.sub("", label)) if label else None


def _next(soup: BeautifulSoup, places: _Places, base: str, page: Page) -> tuple[Follow, ...]:
    """Return the next page; one that leads back to this page is the end."""
    for anchor in soup.select(places.next):
        url = resolve(base, str(anchor.get("href") or ""))
        if url and url.partition("#")[0] not in (page.url, page.final_url):
            return (Follow(url=url, role=Role.INDEX),)
    return ()


def _once(entries: list[Entry]) -> tuple[Entry, ...]:
    """Drop later teasers of the same address (pinned items come twice)."""
    return tuple({entry.url: entry for entry in reversed(entries)}.values())[::-1]


def _problems(teasers: int, named: int, places: _Places, page: Page) -> tuple[Problem, ...]:
    if not teasers:
        cause = f"Der Selektor „{places.item}“ findet auf der Seite nichts"
    elif not named:
        cause = (
            f"Der Selektor „{places.link}“ findet in keinem der {teasers} Einträge einen Verweis"
        )
    elif teasers > MAX_ITEMS:
        message = f"Nur die ersten {MAX_ITEMS} Einträge der Seite wurden gelesen"
        return (Problem(code=Code.TRUNCATED, message=message, where=page.final_url),)
    else:
        return ()
    return (Problem(code=Code.SELECTOR_EMPTY, message=cause, where=page.final_url),)
