"""Every value that crosses a stage of the pipeline, in the order in which they appear.

All are frozen, slotted and keyword-only: nothing is edited downstream. Instants are text in
one form, RFC 3339 in UTC with `Z` (`2026-11-24T08:00:00Z`); where only the day is known it is
`YYYY-MM-DD`, never a made-up midnight. Durations are `timedelta`, sizes are `*_bytes`.
`None` means: the publisher did not say. Beside the standard library it imports the closed
sets alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NewType

from aggregator.closed_sets import (
    Code,
    Evidence,
    ItemKind,
    ItemState,
    Level,
    Policy,
    Role,
    RunState,
    SourceKind,
    UserRole,
)

__all__ = [
    "Budget",
    "Catalogue",
    "Code",
    "Digest",
    "Entry",
    "Evidence",
    "Exchange",
    "Expect",
    "FeedLink",
    "Fetched",
    "Follow",
    "Hop",
    "Identity",
    "Item",
    "ItemKind",
    "ItemState",
    "Level",
    "Link",
    "NotModified",
    "Operator",
    "Page",
    "Parsed",
    "Part",
    "Platform",
    "PlatformId",
    "Policy",
    "Problem",
    "Request",
    "Role",
    "RunState",
    "Site",
    "Source",
    "SourceId",
    "SourceKind",
    "UserRole",
    "Validators",
    "When",
]

SourceId = NewType("SourceId", str)
PlatformId = NewType("PlatformId", str)


# --- what is configured --------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Who runs a platform, and when: publishers are renamed faster than content."""

    name: str
    since: str | None = None  # YYYY-MM
    until: str | None = None  # YYYY-MM


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """Where sources live: links go between platforms."""

    id: PlatformId
    name: str
    short_name: str
    level: Level
    operator: tuple[Operator, ...]
    url: str
    former: tuple[str, ...] = ()  # addresses whose links resolve here
    licence: str = "unknown"
    access: str = "open"  # open | registration | closed


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What one run of a source may spend; the rest stays in the frontier."""

    requests: int = 200
    time: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect:
    """What a source promises; outside of it a run is suspect, not fine."""

    min_entries: int | None = None
    max_age: timedelta | None = None
    max_vanish: float = 0.3  # share of known items that may vanish at once
    required: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One configured place that we read."""

    id: SourceId
    platform: PlatformId
    kind: SourceKind
    url: str | None
    item_kind: ItemKind = ItemKind.NEWS
    include: tuple[str, ...] = ()  # substrings of path?query, or "re:PATTERN"
    exclude: tuple[str, ...] = ()
    details: str = "auto"  # auto | always | never
    every: timedelta | None = None  # None: adaptive
    budget: Budget = field(default_factory=Budget)
    expect: Expect = field(default_factory=Expect)
    policy: Policy = Policy.EXCERPT
    licence: str | None = None  # None: the platform's
    timezone: str = "Europe/Berlin"
    language: str = "de"
    delay: timedelta | None = None
    preset: str | None = None
    selectors: Mapping[str, str] = field(default_factory=dict)
    page_selectors: Mapping[str, str] = field(default_factory=dict)  # title date content drop
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What the installation says about itself."""

    title: str = "Querverweis"
    operator: str = ""
    contact: str = ""
    official_banner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """All of sources.yaml and sources.d/*.yaml."""

    site: Site
    platforms: tuple[Platform, ...]
    sources: tuple[Source, ...]
    checksum: str  # SHA-256 over the files in reading order


# --- fetch ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What makes the next request conditional; stored only with the entries of that body."""

    etag: str | None = None  # exactly as sent, quotes and W/ included (RFC 9110 8.8.3)
    last_modified: str | None = None  # exactly as sent (RFC 9110 8.8.2)
    body_sha256: str | None = None  # hex digest of the decoded body


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One address to be fetched for a source."""

    url: str
    role: Role = Role.ROOT
    validators: Validators = field(default_factory=Validators)
    accept: str | None = None
    min_delay: timedelta | None = None  # the source's own `delay`
    head: bool = False  # only whether it is there (RFC 9110 9.3.2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One redirect that was followed."""

    status: int
    url: str  # the address that redirected
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A usable body."""

    url: str  # as requested
    final_url: str  # after redirects
    status: int
    headers: Mapping[str, str]  # lower-case names; `tdm-reservation` also from tdmrep.json
    media_type: str  # "text/html", without parameters; "" when not said
    charset: str | None  # as declared in the header
    body: bytes  # content decoding undone
    validators: Validators
    hops: tuple[Hop, ...] = ()
    elapsed_ms: int = 0
    fetched_at: str = ""
    reservations: tuple[tuple[str, bool], ...] = ()  # tdmrep.json of its host: pattern, reserved


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """The body is the one we know: by status 304, or by its hash (then status is 200)."""

    url: str
    validators: Validators  # a 304 may bring fresher ones (RFC 9111 4.3.4)
    final_url: str = ""  # after redirects; "": none
    hops: tuple[Hop, ...] = ()
    status: int = 304
    bytes: int = 0
    elapsed_ms: int = 0
    fetched_at: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)  # as in `Fetched`


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request that was sent, robots.txt and redirects included."""

    at: str  # when it was sent
    host: str  # "host" or "host:port"
    url: str
    status: int | None  # None: no answer
    code: Code | None  # our word for what went wrong
    bytes: int  # of the body, as transferred
    ms: int  # real milliseconds from sending to the last byte read
    waited_ms: int  # milliseconds on the clock until it was our turn


# --- parse ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Partial trouble, as data."""

    code: Code
    message: str
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """A date with its evidence; `at` is RFC 3339 UTC with Z, or YYYY-MM-DD."""

    at: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A hyperlink in the content of an entry."""

    url: str  # absolute, as published
    anchor: str
    sentence: str  # the sentence (or list item, cell) around it, plain text
    position: int  # ordinal within the content, from 0
    prose: bool = True  # False: an entry of a mere list of links


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece of an item that readers tell apart: question, accepted answer, post, page."""

    role: str  # question | accepted | post | page
    text: str
    label: str = ""  # page number, post number
    at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLink:
    """A feed that a page offers."""

    url: str
    title: str
    type: str
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What the publisher said, once: an element of a document, or the page behind one."""

    entry_id: str | None = None  # guid, atom:id, topic id, page id
    url: str | None = None  # absolute
    title: str | None = None  # plain text
    text: str = ""  # plain text, paragraphs separated by one blank line
    summary: str = ""  # plain text
    published: When | None = None
    updated_at: str | None = None
    authors: tuple[str, ...] = ()
    kind: ItemKind | None = None  # None: the source's item_kind
    language: str | None = None
    links: tuple[Link, ...] = ()
    parts: tuple[Part, ...] = ()
    identifiers: tuple[str, ...] = ()  # the entry's own numbers, as written
    aliases: tuple[str, ...] = ()  # further addresses of the same thing (rel=canonical, permalink)
    parent: str | None = None
    answer_to: str | None = None
    policy: Policy | None = None  # tightened by meta robots, X-Robots-Tag, tdm-reservation
    max_snippet: int | None = None
    found_by: Mapping[str, str] = field(default_factory=dict)  # field -> rule that found it
    thin: bool = False  # the full text stands behind `url`


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """An address that a document leads to; it becomes a row of the stored frontier."""

    url: str
    role: Role
    lastmod: str | None = None  # a moved lastmod makes a stored page due at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a parser is given: one body, its addresses and its headers."""

    url: str
    final_url: str
    body: bytes
    role: Role = Role.ROOT
    media_type: str = ""
    charset: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    now: str = ""  # RFC 3339; only to reject absurd dates
    more: Mapping[str, bytes] = field(default_factory=dict)  # bodies of `Parsed.needs`, by address


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What a parser made of a page."""

    entries: Sequence[Entry] = ()
    follow: tuple[Follow, ...] = ()
    # The document, with what `follow` leads to, names every item of the source.
    complete: bool = False
    # The entries stand in the order of their last change: where a page brings nothing new, the
    # pages after it bring nothing new either, and need not be asked for this time.
    newest_first: bool = False
    # Addresses that complete it (later posts): fetched at once, then the page is read again.
    needs: tuple[str, ...] = ()
    ttl: timedelta | None = None  # hint that only delays
    title: str | None = None
    feeds: tuple[FeedLink, ...] = ()
    problems: tuple[Problem, ...] = ()
    dialect: str | None = None  # the content system whose markup was read


# --- normalise, compare, commit ------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What an address says about the thing behind it."""

    key: str  # CMS identity ("confluence:79430869"), else the canonical URL
    canonical: str  # canonical URL
    link_key: str  # canonical URL with former hosts and tenants made equal


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What may be kept of a text that may not be stored: no positions, no sentences."""

    terms: Mapping[str, int]  # surface form -> count
    shingles: tuple[int, ...]  # sampled 64-bit hashes of three-word shingles
    references: tuple[tuple[str, str, str], ...]  # kind, key, text as written
    length: int  # words


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An entry, normalised: what we keep of one observation."""

    platform: PlatformId
    source: SourceId
    role: Role
    key: str
    entry_id: str | None
    url: str
    title: str
    kind: ItemKind
    published: When | None
    updated_at: str | None
    language: str
    authors: tuple[str, ...]
    licence: str
    policy: Policy
    text: str  # "" unless the policy is full
    excerpt: str  # plain text, at most 300 characters
    links: tuple[Link, ...]
    parts: tuple[Part, ...]
    identifiers: tuple[str, ...]
    digest: Digest | None  # only when the policy is not full
    aliases: tuple[str, ...]  # every address of this observation
    content_hash: str  # over title, text, date, links: what a reader would call a change
    thin: bool
    whole: bool = False  # the thing itself, not an entry about it
    parent: str | None = None
    answer_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Normalised:
    """The items of a document, addresses without content, and what was rejected with its reason."""

    items: Sequence[Item] = ()
    addresses: tuple[Entry, ...] = ()  # no title and no text: only an address to be fetched
    rejected: tuple[Problem, ...] = ()
