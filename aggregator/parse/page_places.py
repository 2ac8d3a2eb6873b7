"""Where on the pages of one source title, date and text stand: its own selectors.

For a page that no known content system wrote and that the general tools misread. Selectors are CSS,
as in listings. They rank behind what a page declares for machines (JSON-LD, microdata) and before
everything that is guessed; one that finds nothing on a page is told and the page is read as if it
were not there.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bs4 import BeautifulSoup, Tag
from soupsieve import SelectorSyntaxError

from aggregator.errors import ParseError
from aggregator.model import Code, Problem
from aggregator.parse.soup import soup as tree_of
from aggregator.text import html

FIELDS = ("title", "date", "content", "drop")


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """What the selectors of a source find on a page."""

    markup: str  # of the page, without what is dropped
    title: str | None = None
    date: str | None = None  # the machine's date of the element, else its words
    content: str | None = None  # markup
    problems: tuple[Problem, ...] = ()


def places_on(markup: str, selectors: Mapping[str, str], *, address: str) -> Placed:
    """Return what a source's own selectors find on a page.

    Raises:
        ParseError: CONFIG_INVALID, a selector is no CSS.
    """
    if not selectors:
        return Placed(markup=markup)
    page = tree_of(markup)
    found: dict[str, list[Tag]] = {}
    for field in ("drop", "title", "date", "content"):  # what is dropped holds nothing else
        if field in selectors:
            found[field] = _select(page, selectors[field], field, address)
            if field == "drop":
                for element in _outermost(found[field]):
                    element.decompose()
    content = "".join(str(element) for element in _outermost(found.get("content", [])))
    return Placed(
        markup=str(page) if "drop" in selectors else markup,
        title=next((text for tag in found.get("title", []) if (text := _words(tag))), None),
        date=next((text for tag in found.get("date", []) if (text := _stated(tag))), None),
        content=content or None,
        problems=tuple(
            Problem(code=Code.SELECTOR_EMPTY, where=address,
                    message=f"Der Selektor „{selectors[field]}“ ({field}) findet hier nichts")
            for field in ("title", "date", "content") if field in selectors and not found[field]
        ),
    )  # fmt: skip


def _select(page: BeautifulSoup, selector: str, field: str, address: str) -> list[Tag]:
    try:
        return list(page.select(selector))
    except SelectorSyntaxError as error:
        raise ParseError(
            f"Der Selektor für {field} ist kein gültiges CSS ({str(error).splitlines()[0]})",
            code=Code.CONFIG_INVALID, where=address,
            remedy="page_selectors der Quelle berichtigen",
        ) from error  # fmt: skip


def _outermost(found: list[Tag]) -> list[Tag]:
    """Drop elements within other elements of the list."""
    chosen = {id(tag) for tag in found}
    return [tag for tag in found if not any(id(around) in chosen for around in tag.parents)]


def _words(tag: Tag) -> str:
    return " ".join(html.plain(str(tag)).split()) or str(tag.get("content") or "").strip()


def _stated(tag: Tag) -> str:
    """Return the date of an element: for machines where it or an element in it says one."""
    inner = tag if tag.get("datetime") else tag.select_one("[datetime]")
    return str(inner["datetime"]) if inner else _words(tag)
