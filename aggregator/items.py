"""Entry to item: what we keep of an observation, and how several observations become one item.

An item is a pure merge of its observations (one for each source and role), so the order in which a
feed, a sitemap and the page itself arrive does not matter: after a crash, or under another
schedule, the same observations give the same item. Pure: no clock, no store.
"""

import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urldefrag

from aggregator import dates, urls
from aggregator.model import (
    Code,
    Digest,
    Entry,
    Evidence,
    Identity,
    Item,
    ItemKind,
    Link,
    Normalised,
    Platform,
    Policy,
    Problem,
    Role,
    Source,
    SourceKind,
    When,
)
from aggregator.text import noise
from aggregator.text.blanks import has_unseen, one_line

EXCERPT_CHARS = 300  # press publishers' right: a "very short extract" (UrhG § 87g Abs. 2)
# Their entries are the things themselves, with the text as their system keeps it.
INTERFACES = frozenset({SourceKind.CONFLUENCE, SourceKind.DISCOURSE, SourceKind.WORDPRESS,
                        SourceKind.MEDIAWIKI})  # fmt: skip
MAX_TEXT_CHARS = 2_000_000  # the longest honest document seen: about 900,000
MAX_TITLE_CHARS = 500
STRICTNESS = {Policy.FULL: 0, Policy.EXCERPT: 1, Policy.LINK: 2}
EVIDENCE_ORDER = {evidence: place for place, evidence in enumerate(Evidence)}
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_as_ascii_json = json.encoder.encode_basestring_ascii  # as `dumps` writes a string
_as_json = json.encoder.encode_basestring  # as `dumps` without ASCII alone writes a string


def normalise(
    entries: Sequence[Entry], source: Source, platform: Platform, role: Role
) -> Normalised:
    """Turn the entries of one document into items.

    Entries of one document that share one address (a FAQ, the home page as everyone's link) are
    told apart by their guid, else by their fragment. Within one document the last of several
    entries of the same key wins.

    Args:
        entries: In document order.
        source: Where they come from; its policy, kind and language are the defaults.
        platform: Of the source.
        role: Of the document.

    Returns:
        Items in document order without duplicates.
    """
    shared = _shared_addresses(entries, platform)
    items: dict[str, Item] = {}
    addresses, rejected = [], []
    for place, entry in enumerate(entries):
        if entry.url is None and entry.entry_id is None:
            rejected.append(
                Problem(code=Code.IDENTITY_LOST, where=f"Eintrag {place + 1}",
                        message="weder Adresse noch Kennung")
            )  # fmt: skip
        elif not (entry.title or entry.text):
            addresses.append(entry)
        else:
            item = _item(entry, source, platform, role, shared)
            items[item.key] = item
    return Normalised(
        items=tuple(items.values()), addresses=tuple(addresses), rejected=tuple(rejected)
    )


def _shared_addresses(entries: Sequence[Entry], platform: Platform) -> frozenset[str]:
    """Return the canonical addresses that several different entries carry."""
    names: dict[str, set[str]] = {}
    for entry in entries:
        if entry.url:
            name = entry.entry_id or _fragment(entry.url)
            names.setdefault(urls.identity(entry.url, platform).canonical, set()).add(name)
    return frozenset(canonical for canonical, found in names.items() if len(found) > 1)


def _item(
    entry: Entry, source: Source, platform: Platform, role: Role, shared: frozenset[str]
) -> Item:
    """Normalise one entry."""
    text = clean(entry.text)[:MAX_TEXT_CHARS]
    title = clean(entry.title or "").replace("\n", " ") or _first_words(text)
    policy = max((source.policy, entry.policy or Policy.FULL), key=STRICTNESS.__getitem__)
    key, aliases = _identify(entry, source, platform, shared)
    links = () if policy is Policy.LINK else _allowed_links(entry.links, policy)
    return Item(
        platform=platform.id,
        source=source.id,
        role=observed_as(role),
        key=key,
        entry_id=entry.entry_id,
        url=_shown_address(entry.url),
        title=title[:MAX_TITLE_CHARS],
        kind=entry.kind or source.item_kind,
        published=entry.published,
        updated_at=entry.updated_at,
        language=entry.language or source.language,
        authors=entry.authors,
        licence=source.licence or platform.licence,
        policy=policy,
        text=text if policy is Policy.FULL else "",
        excerpt=_excerpt(entry, text, policy),
        links=links,
        parts=entry.parts if policy is Policy.FULL else (),
        identifiers=tuple(dict.fromkeys(entry.identifiers)),
        digest=digest_of(f"{title}\n{text}") if policy is Policy.EXCERPT else None,
        aliases=aliases,
        content_hash=_content_hash(title, text or entry.summary, entry),
        thin=entry.thin,
        whole=source.kind in INTERFACES and bool(text) and not entry.thin,
        parent=entry.parent,
        answer_to=entry.answer_to,
    )


def observed_as(role: Role) -> Role:
    """Return the role of an observation: it does not matter which page of a list named it."""
    return Role.ROOT if role is Role.INDEX else role


def _identify(
    entry: Entry, source: Source, platform: Platform, shared: frozenset[str]
) -> tuple[str, tuple[str, ...]]:
    """Return the key and all addresses of an entry."""
    if entry.url is None:
        manual = source.kind is SourceKind.MANUAL
        return str(entry.entry_id) if manual else f"entry:{entry.entry_id}", ()
    addresses = (entry.url, *entry.aliases)
    if source.kind is SourceKind.MANUAL and entry.entry_id:
        return entry.entry_id, addresses
    found = urls.identity(entry.url, platform)
    if found.canonical in shared:
        name = entry.entry_id if entry.entry_id and entry.entry_id != entry.url else None
        return f"{found.canonical}#{name or _fragment(entry.url)}", addresses
    return _best_key(found, entry.aliases, platform), addresses


def _best_key(found: Identity, aliases: Iterable[str], platform: Platform) -> str:
    """Prefer a CMS identity, wherever among the addresses it shows, to a mere address."""
    if found.key != found.canonical:
        return found.key
    others = (urls.identity(alias, platform) for alias in aliases)
    return next((other.key for other in others if other.key != other.canonical), found.key)


def _shown_address(url: str | None) -> str:
    """Return the address to show: tidy, but an entry of a shared page keeps its fragment."""
    if not url:
        return ""
    fragment = _fragment(url)
    return f"{urls.tidy(url)}#{fragment}" if fragment else urls.tidy(url)


def _fragment(url: str) -> str:
    return urldefrag(url).fragment if "#" in url else ""


def clean(text: str) -> str:
    """Return text in Unicode NFC without control characters and stray blanks."""
    tidy = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    if has_unseen(tidy):
        tidy = CONTROL.sub(" ", tidy)
    tidy = "\n".join(map(str.strip, tidy.split("\n"))).strip()
    return text if tidy == text else tidy  # one and the same text travels between processes once


def _first_words(text: str) -> str:
    """Return a title for an entry that has none; the ellipsis lets a real one win (`merge`)."""
    words = shorten(text.partition("\n")[0], 100).rstrip(" .…")
    return f"{words} …" if words else "(ohne Titel)"


def shorten(text: str, most: int) -> str:
    """Cut a text at a word boundary; an ellipsis says so."""
    text = one_line(text)
    if len(text) <= most:
        return text
    head, _, _ = text[: most - 1].rpartition(" ")
    return (head or text[: most - 1]).rstrip(" ,;:") + " …"


def _excerpt(entry: Entry, text: str, policy: Policy) -> str:
    """Return what may be shown of a text in passing; nothing under a reservation."""
    if policy is Policy.LINK:
        return ""
    most = min(EXCERPT_CHARS, entry.max_snippet if entry.max_snippet is not None else EXCERPT_CHARS)
    return shorten(clean(entry.summary) or text, most) if most > 1 else ""


def _allowed_links(links: Sequence[Link], policy: Policy) -> tuple[Link, ...]:
    """Cut the sentences around links to what may be stored."""
    if policy is Policy.FULL:
        return tuple(links)
    return tuple(replace(link, sentence=shorten(link.sentence, EXCERPT_CHARS)) for link in links)


def digest_of(text: str) -> Digest:
    """Return what may be kept of a text that may not be stored."""
    # Here and not above: they take long to load, and every run loads this module.
    from aggregator.links.same import shingle_sample
    from aggregator.text import references, words

    counts = Counter(token.text for token in words.tokens(text))
    found = references.find(text)
    return Digest(
        terms=dict(sorted(counts.items())),
        shingles=tuple(sorted(shingle_sample(text))),
        references=tuple((ref.kind, ref.key, ref.text) for ref in found),
        length=sum(counts.values()),
    )


def _content_hash(title: str, text: str, entry: Entry) -> str:
    """Hash what a reader would call a change: title, text without noise, date, link targets."""
    targets = ", ".join(_as_json(urls.canonical(link.url)) for link in entry.links)
    published = _as_json(entry.published.at) if entry.published else "null"
    told = f"[{_as_json(title)}, {_as_json(noise.settled(text))}, {published}, [{targets}]]"
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


# --- merging observations --------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The fields of an item that its sources tell, without its text."""

    title: str
    kind: ItemKind
    published: When | None
    updated_at: str | None
    language: str
    authors: tuple[str, ...]
    licence: str
    policy: Policy
    url: str
    entry_id: str | None
    identifiers: tuple[str, ...]
    content_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation(Told):
    """What one source said of an item in one role."""

    source: str
    role: str
    rank: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged(Told):
    """An item, merged from its observations; `owner` gives text and links."""

    owner: Observation


def rank(item: Item) -> int:
    """Return how much an observation knows: 1 teaser, 2 full entry, 3 the thing itself.

    The thing itself is its page or file, or what the interface of its system sends of it.
    """
    if item.role in (Role.DETAIL, Role.DOCUMENT) or item.whole:
        return 3
    return 1 if item.thin else 2


def observation(item: Item) -> Observation:
    """Return an item as an observation."""
    return Observation(
        source=item.source, role=item.role, rank=rank(item), title=item.title, kind=item.kind,
        published=item.published, updated_at=item.updated_at, language=item.language,
        authors=item.authors, licence=item.licence, policy=item.policy, url=item.url,
        entry_id=item.entry_id, identifiers=item.identifiers, content_hash=item.content_hash,
    )  # fmt: skip


def merge(observations: Iterable[Observation]) -> Merged:
    """Merge at least one observation; the result does not depend on their order.

    Text, links, language and licence come from the observation that knows most, of equal ones from
    the one that was updated last (an exported copy ages beside its wiki); the title from the
    one that knows least (a feed's title is the publisher's own, a page's may carry more) unless it
    is cut off; the date from the strongest evidence; the policy from the strictest.
    """
    named = sorted(observations, key=lambda o: (o.source, o.role))
    best = sorted(named, key=lambda o: (o.rank, o.updated_at or ""), reverse=True)
    owner = best[0]
    if len(best) == 1:  # almost always, and a first crawl knows no other
        published, identifiers = owner.published, owner.identifiers
        return _merged(owner, owner, published, tuple(sorted(set(identifiers))))
    humble = best[::-1]
    title = next((o.title for o in humble if not o.title.endswith(("…", "..."))), owner.title)
    told = replace(
        owner,
        title=title,
        kind=next((o.kind for o in best if o.kind is not ItemKind.PAGE), owner.kind),
        updated_at=max((o.updated_at for o in best if o.updated_at), default=None),
        authors=next((o.authors for o in best if o.authors), ()),
        policy=max((o.policy for o in best), key=STRICTNESS.__getitem__),
        url=owner.url or next((o.url for o in best if o.url), ""),
        entry_id=next((o.entry_id for o in humble if o.entry_id), None),
    )
    published = min(
        (o.published for o in best if o.published),
        key=lambda when: EVIDENCE_ORDER[when.evidence], default=None,
    )  # fmt: skip
    return _merged(owner, told, published, tuple(sorted({i for o in best for i in o.identifiers})))


def _merged(
    owner: Observation, told: Told, published: When | None, identifiers: tuple[str, ...]
) -> Merged:
    """Return the merged item that tells `told`; its hash covers the title and the owner's text."""
    return Merged(
        owner=owner, title=told.title, kind=told.kind, published=published,
        updated_at=told.updated_at, language=told.language, authors=told.authors,
        licence=told.licence, policy=told.policy, url=told.url, entry_id=told.entry_id,
        identifiers=identifiers, content_hash=shown_hash(told.title, owner.content_hash),
    )  # fmt: skip


def shown_hash(title: str, content_hash: str) -> str:
    """Hash what is shown: a title, and the content of the observation that gives the text."""
    told = f'[{_as_ascii_json(title)}, "{content_hash}"]'
    return hashlib.sha256(told.encode()).hexdigest()


def sort_at(published: When | None, last_changed_at: str) -> str:
    """Return the instant that orders an item: published, else last changed."""
    return dates.sort_key(published.at) if published else last_changed_at
