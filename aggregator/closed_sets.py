"""The closed sets of the model: what a word of the source list, of a column or of JSON may be.

The words are those of the contract. Imported through `model`, where the values that use them are.
"""

from enum import StrEnum


class SourceKind(StrEnum):
    """How a source is read; each has one parser (`parse.PARSERS`)."""

    FEED = "feed"
    SITEMAP = "sitemap"
    LISTING = "listing"
    CONFLUENCE = "confluence"
    DISCOURSE = "discourse"
    DOCUMENT = "document"
    MANUAL = "manual"
    WORDPRESS = "wordpress"
    CONFLUENCE_STATIC = "confluence-static"
    FOLDER = "folder"
    MEDIAWIKI = "mediawiki"
    CKAN = "ckan"
    GITLAB = "gitlab"
    OPARL = "oparl"
    JSON = "json"


class ItemKind(StrEnum):
    """What an item is, for readers."""

    NEWS = "news"
    PRESS_RELEASE = "press_release"
    INTERVIEW = "interview"
    DECISION = "decision"
    DOCUMENT = "document"
    FAQ = "faq"
    QUESTION = "question"
    THREAD = "thread"
    EVENT = "event"
    LAW = "law"
    GUIDE = "guide"
    STANDARD = "standard"
    RELEASE = "release"
    PODCAST = "podcast"
    SERVICE = "service"
    PAGE = "page"


class Level(StrEnum):
    """The federal level of a platform."""

    BUND = "bund"
    FOEDERAL = "foederal"
    LAND = "land"
    KOMMUNE = "kommune"
    VERBAND = "verband"
    PRESSE = "presse"
    EU = "eu"


class Policy(StrEnum):
    """How much of a source's text may be stored and shown, from most to least."""

    FULL = "full"
    EXCERPT = "excerpt"
    LINK = "link"


class ItemState(StrEnum):
    """Whether the publisher still offers the item; `hidden` is a human decision."""

    LIVE = "live"
    VANISHED = "vanished"
    GONE = "gone"
    HIDDEN = "hidden"


class RunState(StrEnum):
    """How a run of a source ended."""

    OK = "ok"
    UNCHANGED = "unchanged"
    SUSPECT = "suspect"
    FAILED = "failed"
    OFFLINE = "offline"
    DENIED = "denied"
    NEEDS_COOKIE = "needs_cookie"
    LOGIN = "login"
    MOVED = "moved"
    GONE = "gone"
    BUSY = "busy"
    NOT_DUE = "not_due"


class Code(StrEnum):
    """Why something did not go well: in `problems`, in `reason` and in error documents."""

    CONFIG_INVALID = "config_invalid"
    NOT_FOUND = "not_found"
    QUERY_INVALID = "query_invalid"
    ADDRESS_REFUSED = "address_refused"
    ROBOTS_DENIED = "robots_denied"
    NEEDS_COOKIE = "needs_cookie"
    LOGIN = "login"
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    NOT_MODIFIED = "not_modified"
    FEED_IS_HTML = "feed_is_html"
    EMPTY = "empty"
    UNSUPPORTED = "unsupported"
    DECODE_FAILED = "decode_failed"
    PARSE_FAILED = "parse_failed"
    TRUNCATED = "truncated"
    DOCUMENT_REFUSED = "document_refused"
    REDIRECT_LOOP = "redirect_loop"
    HTTP_ERROR = "http_error"
    SELECTOR_EMPTY = "selector_empty"
    MASS_VANISH = "mass_vanish"
    IDENTITY_LOST = "identity_lost"
    STALE = "stale"
    OFFLINE = "offline"


class Evidence(StrEnum):
    """Where a publication date was found, from strongest to weakest."""

    HUMAN = "human"
    FEED = "feed"
    STRUCTURED = "structured"
    META = "meta"
    TEXT = "text"
    URL = "url"
    HEADER = "header"
    NONE = "none"


class Role(StrEnum):
    """What an address in the frontier is to its source."""

    ROOT = "root"  # the address in sources.yaml
    INDEX = "index"  # enumerates items: sub-sitemap, next listing page, next API page
    DETAIL = "detail"  # the page behind one entry
    DOCUMENT = "document"  # a file behind one entry or attached to one


class UserRole(StrEnum):
    """What an account may do; each role may do what the ones before may."""

    READER = "reader"
    MODERATOR = "moderator"
    ADMIN = "admin"
