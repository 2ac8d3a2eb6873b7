"""Markdown to plain text and links: bodies of GitLab, CKAN and exported forums.

CommonMark with the tables and struck-out text that all of them know; bare addresses are links.
"""

import re
from functools import cache
from typing import TYPE_CHECKING

from aggregator.model import Link
from aggregator.text import html

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

MAX_CHARS = 1_000_000
# Not in <...>, (...), "..." or `...`: there it is part of a link or of code already.
_BARE = re.compile(r"(?<![<(\"'`\w=\]])https?://[^\s<>()\[\]\"'`]+[^\s<>()\[\]\"'`.,;:!?*_]")


@cache
def _reader() -> "MarkdownIt":
    """Return the reader; loaded when first needed, since few sources write Markdown."""
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def read(text: str, base: str) -> tuple[str, tuple[Link, ...]]:
    """Return the plain text of a piece of Markdown, and its links.

    Args:
        text: Markdown, HTML in it included.
        base: The absolute address that relative links belong to; "" when there is none.
    """
    linked = _BARE.sub(lambda found: f"<{found[0]}>", text[:MAX_CHARS])
    return html.read(str(_reader().render(linked)), base)
