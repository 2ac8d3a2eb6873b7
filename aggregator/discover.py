"""From any address to ready entries of the source list: feeds, sitemaps, interfaces, listings.

The page is asked, then robots.txt, then what both offer; every proposal that could be asked is
read on the live path, so that it says how many entries it has. At most `MAX_REQUESTS` addresses
are asked, within robots.txt and spacing like every other request. Well-known addresses are tried
only when nothing better was found, and only those of the content system that was recognised.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urljoin, urlsplit

from aggregator import parse, urls
from aggregator.clock import Clock, stamp
from aggregator.errors import AggregatorError, FetchError, ParseError
from aggregator.fetch.client import Fetcher
from aggregator.model import (
    Code,
    Fetched,
    Page,
    Parsed,
    PlatformId,
    Policy,
    Problem,
    Request,
    Role,
    Source,
    SourceId,
    SourceKind,
)
from aggregator.parse import sniff
from aggregator.parse.offers import Offer, Offers, candidates

MAX_REQUESTS = 10
MAX_PROPOSED = 12
STEPS = 4  # from a page of a site to the first list of its interface
_SITEMAP_LINE = re.compile(r"^\s*sitemap\s*:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
# What is worth most to an index: interfaces name everything, a feed only the newest.
_WORTH = ("discourse", "confluence", "mediawiki", "ckan", "oparl", "wordpress", "feed",
          "confluence-static", "sitemap", "listing", "gitlab", "document", "json")  # fmt: skip
_WELL_KNOWN = {  # content system -> where it keeps its feed when nothing on the page says so
    "wordpress": ("feed/",),
    "joomla": ("?format=feed&type=rss",),
    "typo3": ("feed", "rss.xml"),
    None: ("feed/", "rss.xml"),
}
# Where council information systems keep their OParl: Sternberg SD.NET, ALLRIS, more! rubin.
_OPARL = ("webservice/oparl/v1.1/system", "public/oparl/system", "oparl/system",
          "webservice/oparl/v1.0/system")  # fmt: skip
_SITEMAPS = {"gsb": "/Sitemap_Index.xml", None: "/sitemap.xml"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A source that could be entered."""

    kind: str
    url: str
    evidence: tuple[str, ...]
    title: str = ""
    preset: str | None = None
    also: tuple[str, ...] = ()  # further addresses of the same thing
    checked: bool = False  # it was asked, and gave entries
    entries: int | None = None  # of its first document
    newest: str | None = None

    def definition(self, name: str, platform: str) -> dict[str, Any]:
        """Return the entry for sources.yaml."""
        told = {"id": name, "platform": platform, "kind": self.kind, "url": self.url,
                "preset": self.preset,
                "details": "always" if self.kind == "sitemap" else None}  # fmt: skip
        return {key: value for key, value in told.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """What an address led to."""

    url: str
    final_url: str
    systems: tuple[tuple[str, str], ...] = ()
    proposals: tuple[Proposal, ...] = ()  # best first
    dropped: tuple[Offer, ...] = ()  # feeds that are not the news
    problems: tuple[Problem, ...] = ()
    requests: int = 0


@dataclass(slots=True)
class _Search:
    """The asking for one discovery, within its bound."""

    fetcher: Fetcher
    clock: Clock
    left: int = MAX_REQUESTS
    problems: list[Problem] = field(default_factory=list)

    def page(self, url: str, *, quietly: bool = False, role: Role = Role.ROOT) -> Page | None:
        """Ask an address; None when it gives nothing, or when the bound is reached."""
        if self.left <= 0:
            return None
        self.left -= 1
        try:
            answer = self.fetcher.get(Request(url=url, role=role))
        except FetchError as error:
            if not quietly:
                self.note(error, url)
            return None
        if not isinstance(answer, Fetched):
            return None
        return Page(
            url=answer.url, final_url=answer.final_url, body=answer.body, role=role,
            media_type=answer.media_type, charset=answer.charset, headers=answer.headers,
            now=stamp(self.clock.now()),
        )  # fmt: skip

    def note(self, error: AggregatorError, url: str) -> None:
        """Remember why an address gave nothing."""
        self.problems.append(Problem(code=error.code, message=error.message, where=url))


def discover(url: str, fetcher: Fetcher, clock: Clock) -> Discovery:
    """Find what an address and its site offer to a crawler.

    Args:
        url: Any page of a site, or a feed, sitemap or interface itself.
        fetcher: Keeps robots.txt, spacing and the guard.
        clock: Of the run.

    Returns:
        Proposals, best first; problems say what could not be asked, and why.
    """
    search = _Search(fetcher, clock)
    page = search.page(url)
    if page is None:
        return Discovery(url=url, final_url=url, problems=tuple(search.problems),
                         requests=MAX_REQUESTS - search.left)  # fmt: skip
    if itself := _itself(page):
        found, offers = [itself], Offers(systems=(), offers=(), dropped=())
    else:
        offers = candidates(page)
        found = _search_site(search, page, offers)
    return Discovery(
        url=url, final_url=page.final_url, systems=offers.systems,
        proposals=tuple(_best_first(found))[:MAX_PROPOSED], dropped=offers.dropped,
        problems=tuple(search.problems), requests=MAX_REQUESTS - search.left,
    )  # fmt: skip


def _search_site(search: _Search, page: Page, offers: Offers) -> list[Proposal]:
    """Ask what a page and its robots.txt offer; well-known addresses only in want of both."""
    offered = [*offers.offers, *_in_robots(search, page)]
    if not any(offer.kind == "sitemap" for offer in offered):
        offered += _guessed_sitemap(page, offers)
    offered = [offer for offer in offered if offer.kind in set(SourceKind)]
    offered.sort(key=lambda offer: _worth(offer.kind))
    found = [_asked(search, offer, page) for offer in offered]
    proposals = [proposal for proposal in found if proposal]
    if not any(proposal.checked for proposal in proposals if proposal.kind != "listing"):
        proposals += _well_known(search, page, offers)
    return proposals


def _itself(page: Page) -> Proposal | None:
    """Return the page as a source when it is one: a feed, a sitemap, an interface, a file."""
    kind = parse.recognise(page)
    if kind is None:
        return None
    offer = Offer(kind=str(kind), url=page.final_url, evidence="die Adresse selbst")
    return _read(offer, page) or Proposal(kind=offer.kind, url=offer.url,
                                          evidence=(offer.evidence,))  # fmt: skip


# --- asking --------------------------------------------------------------------------------


def _in_robots(search: _Search, page: Page) -> Iterator[Offer]:
    """Yield the sitemaps that robots.txt names, those of this site."""
    answer = search.page(urljoin(page.final_url, "/robots.txt"), quietly=True)
    if answer is None or sniff.is_html(sniff.head_of(answer.body)):
        return
    text = answer.body[: 500 * 1024].decode("utf-8", "replace")
    for address in dict.fromkeys(_SITEMAP_LINE.findall(text)):
        if url := urls.resolve(page.final_url, address):
            yield Offer(kind="sitemap", url=url, evidence="Sitemap-Zeile in robots.txt")


def _guessed_sitemap(page: Page, offers: Offers) -> Iterator[Offer]:
    names = [name for name, _ in offers.systems if name in _SITEMAPS]
    path = _SITEMAPS[names[0] if names else None]
    url = urljoin(page.final_url, path)
    yield Offer(kind="sitemap", url=url, evidence=f"übliche Adresse {path}")


def _well_known(search: _Search, page: Page, offers: Offers) -> Iterator[Proposal]:
    """Yield the interface or feed at the address that is usual for the system of a page."""
    if any(name == "ratsinfo" for name, _ in offers.systems):
        for url in _council_addresses(page.final_url):
            evidence = f"übliche Adresse {urlsplit(url).path}"
            offer = Offer(kind="oparl", url=url, evidence=evidence)
            if found := _asked(search, offer, page, quietly=True):
                yield found
                return
    names = [name for name, _ in offers.systems if name in _WELL_KNOWN]
    for path in _WELL_KNOWN[names[0] if names else None]:
        base = page.final_url if path.startswith("?") else urljoin(page.final_url, "/")
        offer = Offer(kind="feed", url=urljoin(base, path), evidence=f"übliche Adresse {path}")
        if found := _asked(search, offer, page, quietly=True):
            yield found
            return


def _council_addresses(address: str) -> list[str]:
    """Return where the system behind a page may have its interface; SessionNet's stands beside."""
    path = urlsplit(address).path
    extension = path.rpartition(".")[2].lower()
    beside = [f"oparl/1.0/system.{extension}"] if extension in ("asp", "php") else []
    folders = dict.fromkeys(("./", "/")) if path.count("/") > 1 else {"/": None}
    usual = [urljoin(address, f"{folder}{place}") for place in _OPARL for folder in folders]
    return [*(urljoin(address, place) for place in beside), *usual]


def _asked(search: _Search, offer: Offer, page: Page, *, quietly: bool = False) -> Proposal | None:
    """Ask an offer and return it as a proposal, None when it is not what it seemed to be.

    What cannot be asked within the bound is proposed unchecked.
    """
    guessed = offer.evidence.startswith("übliche")
    if offer.url == page.final_url and offer.kind == "listing":
        return _read(offer, page)
    if offer.kind not in ("feed", "sitemap") and not (guessed and offer.kind == "oparl"):
        return _interface(search, offer, page)
    if search.left <= 0:
        return None if guessed else _proposal(offer)
    answer = search.page(offer.url, quietly=quietly or guessed)
    other = offer.kind == "oparl" and answer and parse.recognise(answer) is not SourceKind.OPARL
    if answer is None or other:
        return None
    try:
        return _read(offer, answer)
    except ParseError as error:
        if not guessed:
            search.note(error, offer.url)
        return None


def _interface(search: _Search, offer: Offer, page: Page) -> Proposal:
    """Return an interface with what its first list says; unchecked where that cannot be had.

    Its own parser leads there: from a page of the site to the list, in a few steps.
    """
    answer = page if offer.url == page.final_url else search.page(offer.url)
    for _ in range(STEPS):
        if answer is None:
            break
        try:
            parsed = parse.parse(_source(offer), answer)
        except ParseError as error:
            search.note(error, answer.final_url)
            break
        if parsed.entries:
            return _told(offer, parsed)
        lists = [follow.url for follow in parsed.follow if follow.role is Role.INDEX]
        if wanted := [url for url in parsed.needs if url not in answer.more]:
            answer = replace(answer, more={**answer.more, **_bodies(search, wanted)})
        elif lists:
            answer = search.page(lists[0], role=Role.INDEX)
        else:
            break
    return _proposal(offer)


def _bodies(search: _Search, wanted: Sequence[str]) -> dict[str, bytes]:
    """Return what a page needs to be complete; what is refused or absent is empty."""
    found = ((url, search.page(url, quietly=True, role=Role.DETAIL)) for url in wanted)
    return {url: answer.body if answer else b"" for url, answer in found}


def _read(offer: Offer, page: Page) -> Proposal | None:
    """Read the document behind an offer by the parser of its kind.

    Raises:
        ParseError: It is something else.
    """
    parsed = parse.parse(_source(offer), page)
    if offer.kind in ("feed", "sitemap", "listing") and not (parsed.entries or parsed.follow):
        raise ParseError("Ohne einen einzigen Eintrag", code=Code.EMPTY)
    return _told(offer, parsed)


def _told(offer: Offer, parsed: Parsed) -> Proposal:
    """Return an offer that was read as a proposal."""
    return replace(
        _proposal(offer), checked=True, entries=len(parsed.entries) or None, newest=_newest(parsed),
        title=offer.title or parsed.title or "",
    )  # fmt: skip


def _proposal(offer: Offer) -> Proposal:
    return Proposal(kind=offer.kind, url=offer.url, evidence=(offer.evidence,), title=offer.title,
                    preset=offer.preset, also=offer.also)  # fmt: skip


def _source(offer: Offer) -> Source:
    return Source(id=SourceId("discover"), platform=PlatformId("discover"), url=offer.url,
                  kind=SourceKind(offer.kind), preset=offer.preset, policy=Policy.LINK)  # fmt: skip


def _newest(parsed: Parsed) -> str | None:
    stated = [e.published.at if e.published else e.updated_at for e in parsed.entries]
    return max((at for at in stated if at), default=None)


# --- order ---------------------------------------------------------------------------------


def _best_first(found: Sequence[Proposal]) -> list[Proposal]:
    """Fold the same address and order: by worth of the kind, checked ones first."""
    kept: dict[str, Proposal] = {}
    for proposal in found:
        key = urls.canonical(proposal.url)
        first = kept.setdefault(key, proposal)
        if first is not proposal:
            kept[key] = replace(first, evidence=(*first.evidence, *proposal.evidence))
    return sorted(kept.values(), key=lambda p: (_worth(p.kind), not p.checked))


def _worth(kind: str) -> int:
    return _WORTH.index(kind) if kind in _WORTH else len(_WORTH)


def name_of(proposal: Proposal) -> str:
    """Return words from which an id can be made: host, last folder, kind."""
    parts = urlsplit(proposal.url)
    return f"{parts.netloc.removeprefix('www.')}-{proposal.kind}"
