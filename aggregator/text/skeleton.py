"""The structure of a body without what it says: for people who must see why it was not believed.

Of a page whose text may not be stored the elements, classes and addresses may be: they show that a
selector no longer fits or that a log-in came. Texts become "…", other attributes leave.
"""

import json
from typing import Any

from lxml import etree
from lxml.html import HtmlElement, tostring

from aggregator.text import html

GONE = "…"
_SHOWN = frozenset({"class", "id", "rel", "type", "role", "name", "itemprop", "href", "src",
                    "datetime", "method", "action", "http-equiv", "charset"})  # fmt: skip
_XML_START = ("<?xml", "<rss", "<feed", "<rdf", "<urlset", "<sitemapindex")
_MAX_DEPTH = 60


def skeleton(text: str) -> str:
    """Return the structure of markup or JSON; "" for everything else.

    Args:
        text: The decoded body; it may be cut off or broken.
    """
    begin = text.lstrip("\ufeff \t\r\n")[:20].lower()
    if begin.startswith(("{", "[")):
        try:
            return json.dumps(_bare(json.loads(text), 0), ensure_ascii=False, indent=1)
        except (ValueError, RecursionError):
            return ""
    if not begin.startswith("<"):
        return ""
    root = _xml(text) if begin.startswith(_XML_START) else html.tree(text)
    if root is None:
        return ""
    for element in root.iter():
        if element.tag is etree.Entity:  # its text is its name; what follows it is not
            element.tail = None
        else:
            _strip(element)
    return str(tostring(root, encoding="unicode"))


def _xml(text: str) -> "etree._Element | None":
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True,
                             remove_comments=True, remove_pis=True)  # fmt: skip
    try:
        return etree.fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError):
        return None


def _strip(element: HtmlElement) -> None:
    element.text = GONE if element.text and element.text.strip() else None
    element.tail = GONE if element.tail and element.tail.strip() else None
    if isinstance(element.tag, str):
        for name in set(element.attrib):
            if name.lower() not in _SHOWN:
                del element.attrib[name]


def _bare(value: Any, depth: int) -> Any:
    """Return a JSON value with its names and shape alone; of a list its first three."""
    if depth > _MAX_DEPTH:
        return GONE
    if isinstance(value, dict):
        return {name: _bare(each, depth + 1) for name, each in value.items()}
    if isinstance(value, list):
        rest = [f"{GONE} {len(value) - 3}"] if len(value) > 3 else []
        return [_bare(each, depth + 1) for each in value[:3]] + rest
    return GONE if isinstance(value, str) else value
