"""The publication date of a page, with its evidence.

Order: what the page declares for machines, the place that its content system gives to dates, a
marked time element, a labelled date in the text ("Meldung OZG-Föderal 21.01.2021", "Stand:
26.10.2021"), then htmldate's search. A page of a dialect that shows dates in one place has none
when that place is empty: guessing would take one from a sentence.
"""

import logging
import re
from dataclasses import dataclass

from lxml import etree
from lxml.html import HtmlElement

from aggregator import dates
from aggregator.model import Evidence, When
from aggregator.parse.dialects import Dialect, first_text
from aggregator.parse.facts import Facts, day_or_instant
from aggregator.text import html

logging.getLogger("htmldate").setLevel(logging.CRITICAL)

_MONTHS = "Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember"
_DAY = rf"\d{{1,2}}\.\s?(?:\d{{1,2}}\.|(?:{_MONTHS}))\s?\d{{4}}"
_ANY_DAY = re.compile(_DAY)
_LABELLED = re.compile(
    r"^\W{0,3}(?:Meldung|Kurzmeldung|Pressemitteilung|Presseinformation|Interview|Gastbeitrag"
    r"|Artikel|Aktuelles|Nachricht|Beitrag|Rede|Datum"
    rf"|Veröffentlicht|Erstellt|Publiziert)\b[^.!?\n]{{0,80}}?({_DAY})",
    re.MULTILINE,
)
_LEADING = re.compile(
    rf"^(?:[A-ZÄÖÜ][\w ./-]{{2,30}},?\s\W{{0,2}}(?:den )?|\W{{0,3}})({_DAY})"
    r"(?=\s*(?:$|[\])|·–.,-]))",
    re.MULTILINE,
)
_DATE_LINE = re.compile(
    rf"\A(?:Datum|Veröffentlicht|Publiziert|Erstellt|Online seit)(?: am| seit)?\s?:?\s({_DAY})"
    rf"[^.]{{0,20}}\Z|\b(?:Erschienen|Veröffentlicht) am:? ({_DAY})"
    rf"|\b(?:am|vom) ({_DAY})(?: um [\d:.]{{3,5}} Uhr)? (?:gepostet|veröffentlicht|publiziert)\b"
)
_NOT_ISSUED = re.compile(
    r"\b(?:Termin|Beginn|Ende|bis|Frist|geboren|Stand|Uhr bis)\b|\d\s?[-–]\s?\d"
)
# The state of the content, which serves as its date where nothing better is stated ...
_STATUS = re.compile(rf"\bStand(?: vom)?\s*:?\s*({_DAY})")
# ... and a change, which never does.
_CHANGED = re.compile(
    rf"\b(?:(?:zuletzt|letztmalig) (?:geändert|aktualisiert|bearbeitet)|letzte (?:Änderung|"
    rf"Aktualisierung)|aktualisiert)(?: von [^.:]{{1,60}}?)?(?: am| vom)?\s*:?\s*({_DAY})"
    r"|\blast modified (?:by [^.:]{1,60}? )?on ([A-Z][a-z]{2,8} \d{1,2}, \d{4})",
    re.IGNORECASE,
)
_BEFORE, _AFTER, _LINE_CHARS = 3, 10, 100  # lines around a heading that may hold its date
_FIRST_PARAGRAPHS = 3  # one of them may begin with the date
_HEAD_CHARS = 600  # a labelled date stands at the top
_MARKED_TIME = re.compile(r"publish|entry-date|posted|pubdate|date|datum", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """When a page was published and changed, and the rule that found the former."""

    published: When | None = None
    updated_at: str | None = None
    rule: str = ""


def dated(
    root: HtmlElement, facts: Facts, dialect: Dialect | None, *, text: str, url: str, zone: str,
    now: str,
) -> Dated:  # fmt: skip
    """Return the dates of a page.

    Args:
        root: The whole page.
        facts: What it declares.
        dialect: Its content system, if known.
        text: Its main text.
        url: Its address, which may hold a date.
        zone: Where zone-less times belong.
        now: RFC 3339; later dates are rejected.
    """
    lines = [" ".join(b.text.split()) for b in html.blocks(next(root.iter("body"), root)) if b.text]
    status = _stated(_STATUS, lines, zone, now)
    updated = facts.updated_at or _stated(_CHANGED, lines, zone, now)
    if facts.published:
        return Dated(published=facts.published, updated_at=updated or status, rule="declared")
    final = dialect is not None and dialect.dates_are_final
    for rule, found in (
        ("dialect", _by_dialect(root, dialect, zone, now)),
        ("label", _labelled(text, zone, now)),
        ("dateline", None if final else _dateline(root, lines, zone, now)),
        ("time element", _marked_time(root, zone, now)),
        ("meta date", facts.dated),
    ):
        if found:
            return Dated(published=found, updated_at=updated or status, rule=rule)
    if status:
        when = When(at=status, evidence=Evidence.TEXT)
        return Dated(published=when, updated_at=updated, rule="status line")
    if final:
        return Dated(updated_at=updated)
    searched = _searched(root, url, now)
    return Dated(published=searched, updated_at=updated, rule="htmldate" if searched else "")


def _by_dialect(root: HtmlElement, dialect: Dialect | None, zone: str, now: str) -> When | None:
    found = first_text(root, dialect.date) if dialect else None
    return at_its_place(found[0], zone, now) if found else None


def at_its_place(stated: str, zone: str, now: str) -> When | None:
    """Read what stands where a date belongs: for machines, or a day among other words."""
    if at := day_or_instant(stated, zone=zone, now=now):
        evidence = Evidence.STRUCTURED if re.match(r"\d{4}-", stated) else Evidence.TEXT
        return When(at=at, evidence=evidence)
    return _first_day(stated, zone, now)


def _marked_time(root: HtmlElement, zone: str, now: str) -> When | None:
    for element in root.iter("time"):
        marks = " ".join((element.get("class", ""), element.get("itemprop", "")))
        if element.get("datetime") and ("pubdate" in element.attrib or _MARKED_TIME.search(marks)):
            at = day_or_instant(element.get("datetime"), zone=zone, now=now)
            return When(at=at, evidence=Evidence.STRUCTURED) if at else None
    return None


def _labelled(text: str, zone: str, now: str) -> When | None:
    head = text[:_HEAD_CHARS]
    begin = "\n".join(text.split("\n\n", _FIRST_PARAGRAPHS)[:_FIRST_PARAGRAPHS])
    found = _LABELLED.search(head) or _LEADING.search(begin)
    return _first_day(found[1], zone, now) if found else None


def _dateline(root: HtmlElement, lines: list[str], zone: str, now: str) -> When | None:
    """Return the date of a short line that is labelled as such or stands beside the heading."""
    for line in (*_labelled_lines(lines), *_beside_heading(root, lines)):
        if found := _first_day(line, zone, now):
            return found
    return None


def _labelled_lines(lines: list[str]) -> list[str]:
    found = (_DATE_LINE.search(line) for line in lines)
    return [next(filter(None, each.groups())) for each in found if each]


def _beside_heading(root: HtmlElement, lines: list[str]) -> list[str]:
    """Return the short lines around the first heading, the nearest first."""
    heading = next(root.iter("h1"), None)
    title = " ".join(html.join(html.blocks(heading)).split()) if heading is not None else ""
    at = lines.index(title) if title in lines else None
    if at is None:
        return []
    near = [n for n in range(max(0, at - _BEFORE), min(len(lines), at + _AFTER)) if n != at]
    near.sort(key=lambda n: abs(n - at))
    short = (lines[n] for n in near if len(lines[n]) <= _LINE_CHARS)
    return [line for line in short if not _NOT_ISSUED.search(line)]


def _stated(pattern: re.Pattern[str], lines: list[str], zone: str, now: str) -> str | None:
    """Return the date of a line such as "Stand: 26.10.2021", which often stands in the footer."""
    for line in lines:
        if found := pattern.search(line):
            return dates.parse(next(filter(None, found.groups())), zone=zone, now=now)
    return None


def _first_day(text: str, zone: str, now: str) -> When | None:
    found = _ANY_DAY.search(text)
    at = dates.parse(found[0], zone=zone, now=now) if found else None
    return When(at=at, evidence=Evidence.TEXT) if at else None


def _searched(root: HtmlElement, url: str, now: str) -> When | None:
    import htmldate

    try:
        found = htmldate.find_date(
            root, extensive_search=True, original_date=True, url=url, max_date=now[:10] or None
        )
    except (ValueError, TypeError, RecursionError, etree.LxmlError):
        return None  # its patterns stumble over odd pages; then there is no date
    if not found:
        return None
    return When(at=found, evidence=_evidence(root, url, found))


def _evidence(root: HtmlElement, url: str, day: str) -> Evidence:
    digits = day.replace("-", "")
    if digits in re.sub(r"[/_.-]", "", url):
        return Evidence.URL
    stated = (m.get("content") or "" for m in root.iter("meta"))
    return Evidence.META if any(day in content for content in stated) else Evidence.TEXT
