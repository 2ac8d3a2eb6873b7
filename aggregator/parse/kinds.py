"""What kind of source a body looks like, by marks in its first kilobytes.

A new kind adds a row to `_JSON` or `_PAGES`; the first row that fits wins, so the more particular
ones stand first. `listing` and `manual` cannot be seen from outside, and `json` is what is left.
"""

import re
from collections.abc import Callable

from aggregator.model import Page, SourceKind
from aggregator.parse import sniff

_PDF = b"%PDF-"
_ZIP = b"PK\x03\x04"
Test = Callable[[str], object]


def _marks(*patterns: str) -> Test:
    """Return a test for a head in which all patterns occur."""
    compiled = [re.compile(pattern, re.IGNORECASE) for pattern in patterns]
    return lambda head: all(pattern.search(head) for pattern in compiled)


_JSON: tuple[tuple[SourceKind, Test], ...] = (
    (SourceKind.FEED, sniff.is_feed),
    (SourceKind.DISCOURSE,
     _marks(r'"(?:topic_list|post_stream|category_list|latest_posts)"\s*:')),
    (SourceKind.CONFLUENCE,
     _marks(r'"_links"\s*:|"_expandable"\s*:', r'"type"\s*:\s*"(?:page|blogpost|attachment)"')),
    (SourceKind.WORDPRESS,
     _marks(r'"guid"\s*:\s*\{\s*"rendered"|"namespaces"\s*:\s*\[[^\]]*"wp\\?/v2"')),
    (SourceKind.OPARL, _marks(r'"https?:\\?/\\?/schema\.oparl\.org')),
    (SourceKind.CKAN,
     _marks(r'"success"\s*:\s*true', r'"result"\s*:\s*\{', r'"metadata_modified"')),
    (SourceKind.MEDIAWIKI,
     _marks(r'"query"\s*:\s*\{\s*"(?:pages|allpages|recentchanges)"|"batchcomplete"\s*:'
            r'|"parse"\s*:\s*\{\s*"title"')),
    (SourceKind.GITLAB,
     _marks(r'"path_with_namespace"\s*:|"released_at"\s*:|"iid"\s*:\s*\d',
            r'"(?:web_url|commit_path|self)"\s*:')),
)  # fmt: skip
_PAGES: tuple[tuple[SourceKind, Test], ...] = (
    (SourceKind.FEED, sniff.is_feed),
    (SourceKind.SITEMAP, sniff.is_sitemap),
    # The head is read byte by byte, so an umlaut in UTF-8 is two characters.
    (SourceKind.CONFLUENCE_STATIC,
     _marks(r"(?:Available Pages|Verf\S{1,8}gbare Seiten)\s*:", "confluence")),
    (SourceKind.FOLDER, _marks(r"<title>\s*Index of /|\[To Parent Directory\]")),
)  # fmt: skip


def is_document(page: Page) -> bool:
    """Whether a body is a PDF or an office file, by its first bytes."""
    return _PDF in page.body[:1024] or page.body.startswith(_ZIP)


def recognise(page: Page) -> SourceKind | None:
    """Return the kind of source that a body looks like, None for web pages and the unknown.

    The body must not be compressed. Of web pages only the index of an exported wiki and the
    listing of a folder are told.
    """
    if is_document(page):
        return SourceKind.DOCUMENT
    head = sniff.head_of(page.body)
    rows = _JSON if sniff.is_json(head) else _PAGES
    return next((kind for kind, fits in rows if fits(head)), None)
