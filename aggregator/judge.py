"""Empty is not fine: what may be believed of an answer, and how a run is called in the end.

Pure. A page that enumerates a source is measured by what the source declares (`expect`) and by
what it named before; a redirect by whether it stays on its platform. What is not believed raises
`ParseError`, the run is suspect, and the old data stay.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from urllib.parse import urlsplit

from aggregator import dates, urls
from aggregator.clock import instant
from aggregator.errors import ParseError
from aggregator.model import (
    Code,
    Entry,
    Fetched,
    Normalised,
    Parsed,
    Platform,
    Problem,
    Role,
    RunState,
    Source,
    SourceKind,
)

FILES = (".pdf", ".docx", ".odt", ".xlsx", ".ods")  # what `parse.document` reads
HALF_FROM = 4  # smaller documents may halve without a word
# A problem of the parser that makes an enumeration unbelievable as a whole.
FATAL = {Code.SELECTOR_EMPTY, Code.TRUNCATED, Code.DECODE_FAILED, Code.FEED_IS_HTML, Code.LOGIN,
         Code.NEEDS_COOKIE, Code.PARSE_FAILED}  # fmt: skip
FINE = (RunState.OK, RunState.UNCHANGED, RunState.MOVED)
STATES = {
    Code.ROBOTS_DENIED: RunState.DENIED,
    Code.ADDRESS_REFUSED: RunState.DENIED,
    Code.NEEDS_COOKIE: RunState.NEEDS_COOKIE,
    Code.LOGIN: RunState.LOGIN,
    Code.OFFLINE: RunState.FAILED,
}


class MoveState(StrEnum):
    """What is made of a source's address that redirects for good."""

    WATCHED = "watched"  # not for long enough yet
    LEARNT = "learnt"  # the new address is asked directly
    FOREIGN = "foreign"  # it leads to another site: a human decides
    FORGOTTEN = "forgotten"  # the new address was no good, or the old one is back


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Where the address of a source leads by 301 and 308."""

    source: str
    url: str  # as in sources.yaml
    target: str
    since: str  # first answer of an unbroken row that agree
    last_at: str
    times: int
    state: MoveState = MoveState.WATCHED
    failing_since: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How a run ended, in words of the contract; `message` is for the admin."""

    state: RunState
    reason: str | None = None
    message: str | None = None

    @property
    def fine(self) -> bool:
        """Whether the source was read and gave what it should."""
        return self.state in FINE


def enumeration(
    source: Source,
    parsed: Parsed,
    found: Normalised,
    *,
    role: Role,
    named_before: int,
    accepted: bool = False,
) -> None:
    """Check what an enumerating page says against the promises of its source.

    Args:
        source: With its `expect`.
        parsed: What the parser saw.
        found: What was let in and normalised.
        role: ROOT or INDEX: later pages of a list may be short.
        named_before: How much the page named when it was last believed; 0: never.
        accepted: A person has accepted that there are few now; what is declared holds all the same.

    Raises:
        ParseError: It is not to be believed; code and message say why.
    """
    for problem in parsed.problems:
        if problem.code in FATAL:
            raise ParseError(problem.message, code=problem.code, where=problem.where)
    count = len(found.items) + len(found.addresses)
    leads_on = any(link.role is Role.INDEX for link in parsed.follow)
    if role is Role.INDEX and source.kind is not SourceKind.SITEMAP:
        return
    if count == 0 and not leads_on and source.expect.min_entries != 0 and not accepted:
        if not parsed.entries:
            raise ParseError("kein einziger Eintrag", code=Code.EMPTY)
        if role is Role.ROOT:
            raise ParseError(
                f"include und exclude lassen keinen von {len(parsed.entries)} Einträgen zu",
                code=Code.EMPTY,
            )
    if role is Role.ROOT and not leads_on and count < (source.expect.min_entries or 0):
        raise ParseError(
            f"nur {count} Einträge, erwartet sind mindestens {source.expect.min_entries}",
            code=Code.EMPTY,
        )
    halved = named_before >= HALF_FROM and not leads_on and 2 * count <= named_before + 1
    if halved and not accepted:
        raise ParseError(f"nur noch {count} von {named_before} Einträgen", code=Code.MASS_VANISH)
    _required(source, found)


def _required(source: Source, found: Normalised) -> None:
    """Check that most entries have the fields that the source promises."""
    values = {"title": lambda i: i.title, "text": lambda i: i.text, "url": lambda i: i.url,
              "summary": lambda i: i.excerpt, "published_at": lambda i: i.published}  # fmt: skip
    for name in source.expect.required:
        lacking = sum(not values[name](item) for item in found.items)
        if 2 * lacking > len(found.items):
            raise ParseError(
                f"{lacking} von {len(found.items)} Einträgen ohne {name}", code=Code.EMPTY
            )


def redirect(source: Source, platform: Platform, role: Role, answer: Fetched) -> None:
    """Refuse a page that was redirected to a home page or away from its platform.

    Raises:
        ParseError: What came is not the page that was asked for.
    """
    if not answer.hops or role is Role.ROOT:
        return
    there, asked = urlsplit(answer.final_url), urlsplit(answer.url)
    if there.path in ("", "/") and asked.path not in ("", "/"):
        raise ParseError("leitet auf die Startseite um", code=Code.IDENTITY_LOST)
    ours = {_site(platform.url), _site(source.url or ""), _site(answer.url),
            *(_site(url) for url in platform.former)}  # fmt: skip
    if _site(answer.final_url) not in ours:
        raise ParseError(
            f"leitet auf eine andere Plattform um: {answer.final_url}", code=Code.IDENTITY_LOST
        )


def _site(url: str) -> str:
    return urls.host_of(url).removeprefix("www.") if url else ""


def with_aliases(entry: Entry, url: str, seen: Iterable[str]) -> Entry:
    """Return an entry with further addresses under which it was reached."""
    aliases = dict.fromkeys((*entry.aliases, *seen))
    aliases.pop(url, None)
    return replace(entry, url=url, aliases=tuple(aliases))


def documents(source: Source, platform: Platform, entries: Sequence[Entry]) -> Iterator[str]:
    """Yield the files of the platform itself that the entries' content links to."""
    ours = {_site(platform.url), _site(source.url or "")}
    for entry in entries:
        for link in entry.links:
            address = link.url.lower()
            if "__blob=" not in address and not any(end in address for end in FILES):
                continue  # nearly all
            path, query = urlsplit(link.url).path, urlsplit(link.url).query
            is_file = path.lower().endswith(FILES) or "__blob=publicationFile" in query
            if (
                is_file
                and _site(link.url) in ours
                and urls.admits(link.url, source.include, source.exclude)
            ):
                yield link.url.partition("#")[0]


def verdict(
    source: Source,
    *,
    trouble: Problem | None,
    status: int | None,
    suspect: bool,
    offline: bool,
    fresh: bool,
    newest: str | None,
    now: str,
) -> Verdict:
    """Name the end of a run.

    Args:
        source: With its `expect`.
        trouble: What went wrong with the pages that enumerate it.
        status: Of the answer that was the trouble.
        suspect: An answer came, but was not to be believed.
        offline: No host at all answered: it is us.
        fresh: Some body was not the one we knew.
        newest: When its newest item was published.
        now: The instant.
    """
    if offline:
        return Verdict(state=RunState.OFFLINE, reason=Code.OFFLINE, message="keine Verbindung")
    if trouble is None:
        most = source.expect.max_age
        if most and newest and instant(now) - instant(dates.sort_key(newest)) > most:
            return Verdict(state=RunState.SUSPECT, reason=Code.STALE,
                           message=f"neuester Eintrag vom {newest[:10]}")  # fmt: skip
        return Verdict(state=RunState.OK if fresh else RunState.UNCHANGED)
    state = STATES.get(trouble.code)
    if state is None:
        state = RunState.SUSPECT if suspect else RunState.FAILED
    if status == 403 and trouble.code is not Code.LOGIN:
        state = RunState.DENIED
    if status == 410:
        state = RunState.GONE
    return Verdict(state=state, reason=trouble.code, message=trouble.message)


def told_of_move(ended: Verdict, move: Move | None) -> Verdict:
    """Return the end of a run with what is to be told about the address of its source.

    Args:
        ended: What the run would be called otherwise.
        move: News about the address; None: there are none.
    """
    if move is None:
        return ended
    told = _NEWS_OF_MOVES[move.state].format(old=move.url, new=move.target, since=move.since[:10])
    if ended.state in (RunState.OK, RunState.UNCHANGED) and move.state is not MoveState.FORGOTTEN:
        return Verdict(state=RunState.MOVED, message=told)
    # A learnt address that is gone speaks for itself alone: the old one may be there.
    state = RunState.FAILED if ended.state is RunState.GONE else ended.state
    message = f"{ended.message}; {told}" if ended.message else told
    return replace(ended, state=state, message=message)


_NEWS_OF_MOVES = {
    MoveState.WATCHED: "{old} leitet seit {since} nach {new} um",
    MoveState.LEARNT: "{old} ist umgezogen; ab jetzt wird {new} gelesen; in sources.yaml eintragen:"
    " url: {new}",
    MoveState.FOREIGN: "{old} leitet seit {since} auf eine andere Website um; wenn das richtig"
    " ist, in sources.yaml eintragen: url: {new}",
    MoveState.FORGOTTEN: "{new} ist nicht die neue Adresse; gelesen wird wieder {old}",
}
