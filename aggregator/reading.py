"""One answer: from a body to what is ready to be stored. Preview and live run share this path.

Parse, let in, normalise, and collect where the body leads: pages behind thin entries, further
pages of a list, files that the content links to. Nothing here fetches or stores.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from aggregator import judge, parse, store, tdm, timing, urls
from aggregator.fetch.more import MAX_MORE, FetchMore
from aggregator.model import (
    Entry,
    Fetched,
    Normalised,
    Page,
    Parsed,
    Platform,
    Role,
    Source,
    SourceKind,
)

ENUMERATING = store.frontier.ENUMERATING
# Their parsers name the address behind an entry: that of the interface, not of the page for people.
LEAD_THEMSELVES = (SourceKind.DISCOURSE, SourceKind.CONFLUENCE, SourceKind.MEDIAWIKI)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """All that it takes to understand a body, in this process or in another."""

    source: Source
    platform: Platform
    role: Role
    now: str
    answer: Fetched
    more: Mapping[str, bytes] = field(default_factory=dict)  # as in `Page`


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """What a body says and where it leads; only `parsed` while the page lacks what it needs."""

    parsed: Parsed
    normalised: Normalised = field(default_factory=Normalised)
    follows: tuple[tuple[str, str, Role, str | None], ...] = ()  # url, canonical, role, lastmod
    named: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What one answer brought, before it is stored: preview and live run share this path."""

    parsed: Parsed
    normalised: Normalised
    step: store.commit.Step


def understand(job: Job) -> Understood:
    """Parse a body, let in and normalise its entries, collect what it leads to. Pure.

    Raises:
        ParseError: The body could not be understood, or led away from its platform.
    """
    from aggregator.items import normalise  # slow to load, and most runs read nothing

    source, platform, role, answer = job.source, job.platform, job.role, job.answer
    judge.redirect(source, platform, role, answer)
    page = Page(
        url=answer.url, final_url=answer.final_url, body=answer.body, role=role,
        media_type=answer.media_type, charset=answer.charset, headers=answer.headers,
        now=job.now, more=job.more,
    )  # fmt: skip
    parsed = parse.parse(source, page)
    if _outstanding(parsed, job.more):
        return Understood(parsed=parsed)
    entries = admitted(source, role, _with_addresses(parsed.entries, role, answer))
    if role in ENUMERATING:  # the parsers of pages look at headers and meta elements themselves
        entries = tdm.tightened(entries, answer)
    follows = _follows(source, platform, role, parsed, entries)
    return Understood(
        parsed=parsed,
        normalised=normalise(entries, source, platform, role),
        follows=follows,
        named=_named(platform, entries, follows) if role in ENUMERATING else (),
    )


def read(
    source: Source,
    platform: Platform,
    visit: store.commit.Visit,
    answer: Fetched,
    fetch_more: FetchMore,
    understand: Callable[[Job], Understood] = understand,
) -> Read:
    """Turn a body into a step: parse, normalise, collect what it leads to. Stores nothing.

    Args:
        source: Whose page it is.
        platform: Of the source.
        visit: The visit that brought the answer.
        answer: The body.
        fetch_more: Fetches what a body needs to be complete (the later posts of a long thread).
        understand: Reads the body here, or has it read by another process.

    Raises:
        ParseError: The body could not be understood, or led away from its platform.
        FetchError: What it needs could not be had.
    """
    role = visit.row.role
    job = Job(source=source, platform=platform, role=role, now=visit.now, answer=answer)
    found = understand(job)
    while wanted := _outstanding(found.parsed, job.more):
        job = replace(job, more={**job.more, **{url: fetch_more(url) for url in wanted}})
        found = understand(job)
    parsed, enumerates = found.parsed, role in ENUMERATING
    step = store.commit.Step(
        visit=visit,
        validators=answer.validators,
        next_in=timing.revisit_in(0),
        items=found.normalised.items,
        follows=found.follows,
        named=found.named if enumerates else None,
        complete=parsed.complete if enumerates else None,
        newest_first=enumerates and parsed.newest_first,
        rejected=found.normalised.rejected,
        problems=parsed.problems,
        bytes=len(answer.body),
    )
    return Read(parsed=parsed, normalised=found.normalised, step=step)


def _outstanding(parsed: Parsed, more: Mapping[str, bytes]) -> tuple[str, ...]:
    """Return the addresses that a page needs and that were not fetched yet."""
    return tuple(url for url in parsed.needs if url not in more)[: MAX_MORE - len(more)]


def _with_addresses(entries: Iterable[Entry], role: Role, answer: Fetched) -> tuple[Entry, ...]:
    """Give the entry behind a detail page every address under which it was reached."""
    if role in ENUMERATING:
        return tuple(entries)
    seen = (answer.url, *(hop.url for hop in answer.hops), answer.final_url)
    return tuple(
        judge.with_aliases(entry, entry.url or answer.final_url, seen) for entry in entries
    )


def admitted(source: Source, role: Role, entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Keep the entries that `include` and `exclude` let in; a page was let in before."""
    if role not in ENUMERATING:
        return tuple(entries)
    return tuple(
        entry
        for entry in entries
        if entry.url is None or urls.admits(entry.url, source.include, source.exclude)
    )


def _follows(
    source: Source, platform: Platform, role: Role, parsed: Parsed, entries: Sequence[Entry]
) -> tuple[tuple[str, str, Role, str | None], ...]:
    """Return where a body leads: addresses the parser names, pages behind thin entries, files."""
    found: dict[str, tuple[str, str, Role, str | None]] = {}

    def follow(url: str, wanted: Role, lastmod: str | None) -> None:
        is_list = wanted is Role.INDEX
        canonical = urls.page_address(url) if is_list else urls.identity(url, platform).canonical
        address = urls.page_address(url) if is_list else urls.tidy(url)
        found.setdefault(canonical, (address, canonical, wanted, lastmod))

    leads_itself = source.kind in LEAD_THEMSELVES
    keys = {urls.identity(url, platform).key
            for entry in entries for url in (entry.url, *entry.aliases)
            if url and leads_itself}  # fmt: skip
    for link in parsed.follow:
        is_list = link.role is Role.INDEX
        if leads_itself and link.role is Role.DETAIL:
            let_in = urls.identity(link.url, platform).key in keys  # with its entry
        else:
            let_in = urls.admits(link.url, source.include, source.exclude)
        if is_list or (let_in and source.details != "never"):
            follow(link.url, link.role, link.lastmod)
    if source.details == "never":
        return tuple(found.values())
    if role in ENUMERATING and not leads_itself:
        for entry in entries:
            wanted = entry.thin or source.details == "always" or not (entry.title or entry.text)
            if entry.url and wanted:
                follow(entry.url, Role.DETAIL, entry.updated_at)
    for url in judge.documents(source, platform, entries):
        follow(url, Role.DOCUMENT, None)
    return tuple(found.values())


def _named(
    platform: Platform,
    entries: Sequence[Entry],
    follows: Sequence[tuple[str, str, Role, str | None]],
) -> tuple[str, ...]:
    """Return what an enumerating page names: its entries, and the pages that go on with it."""
    named = [urls.identity(entry.url, platform).canonical for entry in entries if entry.url]
    named += [canonical for _, canonical, role, _ in follows if role is Role.INDEX]
    return tuple(dict.fromkeys(named))
