"""Markup as a tree that selectors are looked up in."""

import re

from bs4 import BeautifulSoup

# XHTML begins with it; Beautiful Soup takes it for a document that is no page at all.
_XML_DECLARATION = re.compile(r"\s*<\?xml[^>]*>?")


def soup(markup: str) -> BeautifulSoup:
    """Return the tree of a page, whatever its markup is like."""
    declared = _XML_DECLARATION.match(markup)
    return BeautifulSoup(markup[declared.end() :] if declared else markup, "lxml")
