"""An HTML page that lists items: one thin entry per teaser, and the next page.

Presets are data, one per content system (`presets`); `selectors` in sources.yaml override each of
their places. A source that names neither is read by the preset that finds most on its page.
"""

import re
from collections.abc import Iterator
from dataclasses import asdict
from urllib.parse import parse_qsl, urlsplit

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
from aggregator.parse.presets import DEFAULT, FIELDS, PRESETS, Places
from aggregator.parse.soup import soup as tree_of
from aggregator.parse.walls import wall
from aggregator.text import html
from aggregator.text.charset import decode
from aggregator.urls import resolve

MAX_CHARS = 5_000_000
MAX_ITEMS = 2000
_DATE = re.compile(
    r"\d{1,2}\.\s?(?:\d{1,2}\.|(?:Januar|Februar|März|April|Mai|Juni|Juli|August|September"
    r"|Oktober|November|Dezember))\s?\d{4}|\d{4}-\d\d-\d\d"
)
_MORE = re.compile(
    r"(?:(?:mehr|weiter)(?:lesen)?|read more|details?|zum artikel)?\W*", re.IGNORECASE
)
_PAGING = re.compile(r"page|seite|start|offset|ofs|from|list|^p$|^pg$", re.IGNORECASE)
_OFFSET = re.compile(r"start|offset|ofs|from", re.IGNORECASE)
_EDGES = " \u00a0·|–-,:"


def parse_listing(source: Source, page: Page) -> Parsed:
    """Read one page of a listing.

    Returns:
        Thin entries in document order; the next page in `follow`. `complete` on the last page,
        and on a page whose rest is followed.

    Raises:
        ParseError: A selector is no CSS, the preset is unknown, or the page is a wall.
    """
    soup = _soup(page)
    name = source.preset or (None if source.selectors.get("item") else recognise(soup))
    places = _places(source, name or DEFAULT)
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
    if not named:
        _refuse_wall(soup, page)
    if not teasers and _is_behind_the_end(soup, base, page):
        return Parsed(title=_text(soup.title) if soup.title else None, complete=True, dialect=name)
    problems = _problems(len(teasers), len(named), places, page)
    return Parsed(
        title=_text(soup.title) if soup.title else None,
        entries=named[:MAX_ITEMS],
        follow=following,
        complete=bool(named) and len(teasers) <= MAX_ITEMS,
        problems=problems,
        dialect=name,
    )


def _soup(page: Page) -> BeautifulSoup:
    text = decode(page.body, page.charset, page.media_type)[:MAX_CHARS]
    return tree_of(text)


def _refuse_wall(soup: BeautifulSoup, page: Page) -> None:
    """Say why a page without entries has none, when it is a wall.

    Raises:
        ParseError: LOGIN, NEEDS_COOKIE, NOT_FOUND or HTTP_ERROR, by the words of the page.
    """
    root = html.tree(str(soup))
    title = _text(soup.title) if soup.title else ""
    found = None if root is None else wall(root, title, _text(soup), page.final_url)
    if found:
        raise ParseError(found.message, code=found.code, where=found.where,
                         remedy="Die Adresse im Browser prüfen")  # fmt: skip


def recognise(soup: BeautifulSoup) -> str | None:
    """Return the preset that finds most entries on a page, None when none finds any."""
    found = {name: len(soup.select(places.item, limit=MAX_ITEMS))
             for name, places in PRESETS.items()}  # fmt: skip
    best = max(found, key=lambda name: found[name])  # of equals, the first of the table
    return best if found[best] else None


def _places(source: Source, name: str) -> Places:
    preset = PRESETS.get(name)
    if preset is None:
        raise ParseError(
            f"Die Vorgabe {name} gibt es nicht", code=Code.CONFIG_INVALID, where=str(source.id),
            remedy=f"preset ist eines von: {', '.join(sorted(PRESETS))}",
        )  # fmt: skip
    given = {field: source.selectors[field] for field in FIELDS if source.selectors.get(field)}
    # An own item selector makes the preset's class names meaningless, its plain tags still help.
    return Places(**{**asdict(preset), **given})


def _base(soup: BeautifulSoup, address: str) -> str:
    """Return what relative links belong to: GSB writes them against `<base href>`."""
    base = soup.select_one("base[href]")
    return (base and resolve(address, str(base["href"]))) or address


def _entry(teaser: Tag, places: Places, base: str, source: Source, now: str) -> Entry | None:
    """Read one teaser, None when it leads nowhere."""
    link = _link(teaser, places.link, base)
    if link is None:
        return None
    anchor, url = link
    heading, title_rule = _first(teaser, places.title) or (anchor, places.link)
    stated, date_rule = _dated(teaser, places.date)
    label = _text(stated) if stated else ""
    title = _without_label(_title(heading, anchor), label)
    when = _when(stated, label, source, now)
    summary, summary_rule = _first(teaser, places.summary) or (None, "")
    if summary is None or summary is heading or _text(summary) == label:
        summary, summary_rule = None, ""
    rules = {"title": title_rule, "published": date_rule if when else "", "summary": summary_rule}
    return Entry(
        url=url,
        title=title or None,
        summary=_text(summary) if summary else "",
        published=when,
        kind=_kind(label),
        found_by={field: rule for field, rule in rules.items() if rule},
        thin=True,
    )


def _title(heading: Tag, anchor: Tag) -> str:
    """Return the words of the heading; of a link that only says "mehr", its title attribute."""
    words = _text(heading) or _text(anchor)
    return str(anchor.get("title") or words) if _MORE.fullmatch(words) else words


def _link(teaser: Tag, selector: str, base: str) -> tuple[Tag, str] | None:
    own = [teaser] if teaser.get("href") else []
    for choice in _choices(selector):
        for anchor in [*own, *teaser.select(choice)]:
            href = anchor.get("href")
            url = resolve(base, str(href)) if href and not str(href).startswith("#") else None
            if url:
                return anchor, url
    return None


def _choices(selector: str) -> Iterator[str]:
    """Yield the alternatives of a selector; a comma within brackets separates none."""
    depth, begin = 0, 0
    for place, char in enumerate(selector):
        depth += (char in "([") - (char in ")]")
        if char == "," and depth == 0:
            yield selector[begin:place].strip()
            begin = place + 1
    yield selector[begin:].strip()


def _first(teaser: Tag, selector: str) -> tuple[Tag, str] | None:
    """Return the first match that has text, in the order of the alternatives, and its rule."""
    for choice in _choices(selector):
        for found in teaser.select(choice):
            if _text(found) or found.get("datetime"):
                return found, choice
    return None


def _dated(teaser: Tag, selector: str) -> tuple[Tag | None, str]:
    """Return the first match that holds a date, else the first with text (it may say the kind)."""
    for choice in _choices(selector):
        for found in teaser.select(choice):
            if found.get("datetime") or found.select("[datetime]") or _DATE.search(_text(found)):
                return found, choice
    return _first(teaser, selector) or (None, "")


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


def _next(soup: BeautifulSoup, places: Places, base: str, page: Page) -> tuple[Follow, ...]:
    """Return the next page, as its link is written; one that leads back to this page is the end.

    Of several links with numbers, it is the one with the smallest above that of this page.
    """
    here = (page.url, page.final_url)
    numbered: list[tuple[int, str]] = []
    for choice in _choices(places.next):
        for anchor in soup.select(choice):
            url = resolve(base, str(anchor.get("href") or ""))
            if not url or url.partition("#")[0] in here or _is_off(anchor):
                continue
            number = _number(url) if _text(anchor).isdigit() else None
            if number is None:
                return (Follow(url=url, role=Role.INDEX),)
            numbered.append((number, url))
    current = _number(page.final_url)
    onward = [pair for pair in numbered if pair[0] > (_first_page(pair[1])
              if current is None else current)]  # fmt: skip
    return (Follow(url=min(onward)[1], role=Role.INDEX),) if onward else ()


def _is_off(anchor: Tag) -> bool:
    """Whether a pager shows a link that goes nowhere, as on the last page."""
    around = anchor.parent.get("class") if anchor.parent else None
    marks = " ".join([*(anchor.get("class") or ()), *(around or ())]).lower()
    return anchor.get("aria-disabled") == "true" or "disabled" in marks


def _is_behind_the_end(soup: BeautifulSoup, base: str, page: Page) -> bool:
    """Whether a page without entries is the one that a pager offers behind a full last page.

    It says so itself by leading back: to a page of the same list with a smaller number.
    """
    here = _counted(page.final_url)
    if page.role is not Role.INDEX or here is None:
        return False
    path = urlsplit(page.final_url).path
    for anchor in soup.select("a[href]"):
        url = resolve(base, str(anchor["href"])) or ""
        there = _counted(url)
        if urlsplit(url).path == path and there and there[0] == here[0] and there[1] < here[1]:
            return True
    return False


def _counted(url: str) -> tuple[str, int] | None:
    """Return the parameter that numbers the pages of a list, and its value."""
    named = [(name, value) for name, value in parse_qsl(urlsplit(url).query) if value.isdigit()]
    paging = [pair for pair in named if _PAGING.search(pair[0])]
    return (paging[-1][0], int(paging[-1][1])) if paging else None


def _number(url: str) -> int | None:
    found = _counted(url)
    return found[1] if found else None


def _first_page(url: str) -> int:
    """Return the number of a page that does not say its own: 1, or 0 where entries are counted."""
    found = _counted(url)
    return 0 if found and _OFFSET.search(found[0]) else 1


def _once(entries: list[Entry]) -> tuple[Entry, ...]:
    """Drop later teasers of the same address (pinned items come twice)."""
    return tuple({entry.url: entry for entry in reversed(entries)}.values())[::-1]


def _problems(teasers: int, named: int, places: Places, page: Page) -> tuple[Problem, ...]:
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
