"""Trying a source: the live path with a sink that stores nothing.

A run is begun: the address of the source, the first pages of the list that it leads to until one
brings something, then one page behind an entry, so that every rule of the source is seen at work.
Bodies are read under the limits of a run, in a process of their own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aggregator import judge, store, urls
from aggregator.clock import Clock, stamp
from aggregator.errors import AggregatorError, FetchError, ParseError
from aggregator.fetch.client import Fetcher
from aggregator.fetch.more import more_of
from aggregator.model import Code, NotModified, Platform, Problem, Request, Role, Source
from aggregator.reading import ENUMERATING, Read
from aggregator.store.frontier import Row
from aggregator.workers import Readers

MOST_LISTS = 4  # pages of a list, the address itself included
PAGES = (Role.DETAIL, Role.DOCUMENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one address gave."""

    url: str
    role: Role
    status: int | None = None
    read: Read | None = None
    problems: tuple[Problem, ...] = ()
    elapsed_ms: int = 0

    def leads(self, *roles: Role) -> list[str]:
        """Return the addresses of some roles to which it leads."""
        follows = self.read.step.follows if self.read else ()
        return [url for url, _, role, _ in follows if role in roles]

    @property
    def brings(self) -> bool:
        """Whether it has entries, or addresses of pages."""
        items = self.read.normalised.items if self.read else ()
        return bool(items or self.leads(*PAGES))


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a run would make of a source; nothing was stored."""

    source: Source
    looks: tuple[Look, ...]  # the address of the source first

    @property
    def lists(self) -> tuple[Look, ...]:
        """Those that enumerate."""
        return tuple(look for look in self.looks if look.role in ENUMERATING)

    @property
    def read(self) -> Read | None:
        """What the first page said that brings something, else the address of the source."""
        best = next((look for look in self.lists if look.brings), self.looks[0])
        return best.read

    @property
    def page(self) -> Look | None:
        """The page behind an entry."""
        return next((look for look in self.looks if look.role not in ENUMERATING), None)


def preview(
    source: Source, platform: Platform, fetcher: Fetcher, clock: Clock, readers: Readers
) -> Preview:
    """Fetch and read the beginning of a source.

    Args:
        source: It need not stand in the list.
        platform: Of the source.
        fetcher: Keeps robots.txt, spacing and the guard.
        clock: Of the run.
        readers: In whose processes bodies are read.
    """
    try_one = _Trial(source, platform, fetcher, clock, readers)
    return Preview(source=source, looks=tuple(try_one.looks()))


@dataclass(frozen=True, slots=True)
class _Trial:
    source: Source
    platform: Platform
    fetcher: Fetcher
    clock: Clock
    readers: Readers

    def looks(self) -> Iterator[Look]:
        """Yield what was looked at, in order."""
        lists = [self._look(self.source.url or "", Role.ROOT)]
        yield lists[0]
        waiting = lists[0].leads(Role.INDEX)
        while not lists[-1].brings and waiting and len(lists) < MOST_LISTS:
            lists.append(self._look(waiting.pop(0), Role.INDEX))
            yield lists[-1]
            waiting = [*lists[-1].leads(Role.INDEX), *waiting]
        if behind := self._page(lists):
            yield self._look(*behind)

    def _page(self, lists: Sequence[Look]) -> tuple[str, Role] | None:
        """Return the first page or file that a list leads to; pages before files."""
        for role in PAGES:
            for each in lists:
                if found := each.leads(role):
                    return found[0], role
        return None

    def _look(self, url: str, role: Role) -> Look:
        status: int | None = None
        try:
            answer = self.fetcher.get(Request(url=url, role=role, min_delay=self.source.delay))
            status = answer.status
            if isinstance(answer, NotModified):
                raise ParseError("unverändert", code=Code.NOT_MODIFIED)
            visit = store.commit.Visit(
                row=self._row(url, role), run=0, platform=self.platform,
                now=stamp(self.clock.now()), exchanges=(), status=status,
            )  # fmt: skip
            more = more_of(self.fetcher, self.source)
            found = self.readers.read(self.source, self.platform, visit, answer, more)
            if role in ENUMERATING:
                judge.enumeration(
                    self.source, found.parsed, found.normalised, role=role, named_before=0
                )
        except AggregatorError as error:
            if isinstance(error, FetchError):
                status = error.status
            problem = Problem(code=error.code, message=error.message, where=url)
            return Look(url=url, role=role, status=status, problems=(problem,))
        return Look(url=url, role=role, status=status, read=found, elapsed_ms=answer.elapsed_ms,
                    problems=found.parsed.problems)  # fmt: skip

    def _row(self, url: str, role: Role) -> Row:
        canonical = urls.identity(url, self.platform).canonical
        return store.frontier.unsaved(self.source.id, url, canonical, role)
