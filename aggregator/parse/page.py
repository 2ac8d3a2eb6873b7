"""The page behind an entry: title, main text, date, links of the content, restrictions.

Order of trust: what the page declares for machines, the places of a known content system, then
the general tools. A page that is a wall (log-in, cookie demand, "not found" with status 200) gives
no entry but a problem. A page of anchored questions gives one entry per question.
"""

import re
from dataclasses import replace

from lxml.html import HtmlElement

from aggregator.model import Code, Entry, Evidence, ItemKind, Page, Parsed, Problem, Source
from aggregator.parse import dialects, facts, faq
from aggregator.parse.maintext import Content, main_content
from aggregator.parse.page_places import Placed, places_on
from aggregator.parse.pagedate import Dated, at_its_place, dated
from aggregator.parse.walls import wall
from aggregator.text import html
from aggregator.text.charset import decode

MAX_CHARS = 5_000_000
# "Thema - Digitale Verwaltung": what follows the last separator, if it may be a name.
_TAG = re.compile(r"</?[a-z][a-z0-9]*\b[^<>]*>", re.IGNORECASE)
_SITE_SUFFIX = re.compile(r"\s+(?:[|·»]|[-–—])\s+[A-ZÄÖÜ][^|·»–—]{1,39}$")
_MIN_TITLE_CHARS = 8
_FAQ_PAGE = re.compile(r"\bFAQs?\b|faq|(?:häufige|fragen und) (?:fragen|antworten)", re.IGNORECASE)


def parse_page(source: Source, page: Page) -> Parsed:
    """Read an HTML page.

    Returns:
        One entry, one per question of an FAQ page, or none and the problem that says why.
    """
    text = decode(page.body, page.charset, page.media_type)
    problems = []
    if len(text) > MAX_CHARS:
        message = f"Nur die ersten {MAX_CHARS} Zeichen wurden gelesen"
        problems.append(Problem(code=Code.TRUNCATED, message=message, where=page.final_url))
    placed = places_on(text[:MAX_CHARS], source.page_selectors, address=page.final_url)
    root = html.tree(placed.markup)
    if root is None:
        return Parsed(problems=(_empty(page),))
    return _read(source, page, root, placed, (*problems, *placed.problems))


def _read(
    source: Source, page: Page, root: HtmlElement, placed: Placed, problems: tuple[Problem, ...]
) -> Parsed:
    base = html.base_of(root, page.final_url)
    declared = facts.declared(root, zone=source.timezone, now=page.now)
    dialect = dialects.recognise(root)
    content = _placed_content(placed) or main_content(root, dialect)
    title, title_rule = _title(root, declared, dialect, placed)
    offered = facts.feeds(root, base)
    if found := wall(root, title or "", content.text, page.final_url):
        return Parsed(title=title, feeds=offered, problems=(*problems, found))
    if not (title or content.text):
        return Parsed(feeds=offered, problems=(*problems, _empty(page)))
    if not content.text:
        problems = (*problems, _empty(page))
    when = _dated(source, page, dated(
        root, declared, dialect, text=content.text, url=page.final_url, zone=source.timezone,
        now=page.now), placed)  # fmt: skip
    policy, max_snippet = facts.restriction(root, page.headers)
    text, blocks = _without_heading(content, title, _visible(root, ("h1",)))
    entry = Entry(
        entry_id=_page_id(root),
        url=page.final_url,
        title=title,
        text=text,
        published=when.published,
        updated_at=when.updated_at,
        authors=declared.authors,
        kind=_kind(root, dialect),
        language=declared.language,
        links=html.links(blocks, base),
        aliases=_aliases(page, root, base),
        policy=policy,
        max_snippet=max_snippet,
        found_by=_found_by(title_rule, content, when),
    )
    entries = _questions(root, entry, base, declared) or (entry,)
    return Parsed(title=title, entries=entries, feeds=offered, problems=problems,
                  dialect=dialect.name if dialect else None)  # fmt: skip


def _placed_content(placed: Placed) -> Content | None:
    """Return the text where the source's own selectors find one."""
    root = html.tree(placed.content) if placed.content else None
    found = () if root is None else tuple(html.blocks(root))
    text = html.join(found)
    return Content(text=text, blocks=found, rule="page_selectors") if text else None


def _dated(source: Source, page: Page, found: Dated, placed: Placed) -> Dated:
    """Prefer a date at the source's own place to everything but structured data."""
    known = found.published
    for_machines = known and found.rule == "declared" and known.evidence is Evidence.STRUCTURED
    if not placed.date or for_machines:
        return found
    when = at_its_place(placed.date, source.timezone, page.now)
    return replace(found, published=when, rule="page_selectors") if when else found


def _without_heading(content: Content, *headings: str | None) -> tuple[str, tuple[html.Block, ...]]:
    """Return text and blocks without the title that they begin with, kicker included."""
    text, blocks = content.text, content.blocks
    for heading in headings:
        if heading and text.startswith(f"{heading}\n\n"):
            text = text.removeprefix(f"{heading}\n\n")
            blocks = tuple(b for b in blocks if " ".join(b.text.split()) != heading)
    return text, blocks


def _empty(page: Page) -> Problem:
    return Problem(code=Code.EMPTY, where=page.final_url,
                   message="Auf der Seite wurde kein Text gefunden")  # fmt: skip


def _found_by(title_rule: str, content: Content, when: Dated) -> dict[str, str]:
    rules = {"title": title_rule, "text": content.rule, "published": when.rule}
    return {field: rule for field, rule in rules.items() if rule}


def _page_id(root: HtmlElement) -> str | None:
    """Return the id that Confluence writes into its pages."""
    return next((m.get("content") for m in root.iter("meta") if m.get("name") == "ajs-page-id"),
                None)  # fmt: skip


def _aliases(page: Page, root: HtmlElement, base: str) -> tuple[str, ...]:
    found = facts.aliases(root, base, page.final_url)
    return found if page.url == page.final_url else tuple(dict.fromkeys((page.url, *found)))


def _kind(root: HtmlElement, dialect: dialects.Dialect | None) -> ItemKind | None:
    label = dialects.first_text(root, dialect.kind) if dialect else None
    return dialects.kind_of(label[0]) if label else None


def _title(
    root: HtmlElement, declared: facts.Facts, dialect: dialects.Dialect | None, placed: Placed
) -> tuple[str | None, str]:
    """Return the title without the name of the site, and the rule that found it."""
    if placed.title and not declared.title_rule.startswith("json-ld"):
        return placed.title, "page_selectors"
    places = dialect.title if dialect else ()
    if place := _visible(root, places):
        return place, f"dialect {dialect.name if dialect else ''}"
    heading = _visible(root, ("h1",))
    stated = declared.title or next(
        (" ".join(t.text_content().split()) for t in root.iter("title")), ""
    )
    rule = declared.title_rule if declared.title else "title element"
    if not stated:
        return (heading, "h1") if heading else (None, "")
    if heading and heading in (bare := _TAG.sub("", stated)):
        stated = bare  # a system that writes the markup of its headline into the title element
    return _without_site(stated, heading, declared.site_name), rule


def _visible(root: HtmlElement, selectors: tuple[str, ...]) -> str | None:
    """Return the text of the first element without what is only for screen readers."""
    for selector in selectors:
        for element in dialects.select(root, selector):
            pieces = html.blocks(element)
            if text := " ".join(html.join(pieces).split()):
                return text
    return None


def _without_site(title: str, heading: str | None, site: str | None) -> str:
    """Cut the name of the site off a title: "Thema - Digitale Verwaltung" is "Thema"."""
    if heading and heading in title and len(heading) * 3 >= len(title):
        return heading
    if site:
        for pattern in (rf"\s*[|·–—»:/-]+\s*{re.escape(site)}\s*$",
                        rf"^\s*{re.escape(site)}\s*[|·–—»:/-]+\s*"):  # fmt: skip
            if (cut := re.sub(pattern, "", title)) and cut != title:
                return cut
    suffix = _SITE_SUFFIX.search(title)
    return title[: suffix.start()] if suffix and suffix.start() >= _MIN_TITLE_CHARS else title


def _questions(
    root: HtmlElement, page: Entry, base: str, declared: facts.Facts
) -> tuple[Entry, ...]:
    """Return the entries of an FAQ page, () for any other."""
    found = faq.pairs(root)
    if not found:
        return ()
    covered = sum(len(pair.question) + len(html.join(pair.blocks)) for pair in found)
    is_faq = declared.is_faq or _FAQ_PAGE.search(f"{page.title} {page.url}")
    if not is_faq or covered * 2 < len(page.text):
        return ()
    address = (page.url or "").partition("#")[0]
    return tuple(
        replace(
            page,
            entry_id=pair.fragment,
            url=f"{address}#{pair.fragment}",
            title=pair.question,
            text=html.join(pair.blocks),
            kind=ItemKind.FAQ,
            links=html.links(pair.blocks, base),
            aliases=(),
            found_by={**page.found_by, "title": "faq", "text": "faq"},
        )
        for pair in found
    )
