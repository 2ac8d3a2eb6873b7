"""Values for tests, with sensible defaults."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from aggregator.model import (
    Catalogue,
    Entry,
    Evidence,
    Item,
    Level,
    Operator,
    Platform,
    PlatformId,
    Policy,
    Role,
    Site,
    Source,
    SourceId,
    SourceKind,
    When,
)


def make_platform(name: str = "amt", **more: Any) -> Platform:
    """A platform at http://NAME.example/."""
    return replace(
        Platform(
            id=PlatformId(name), name=name.title(), short_name=name[:14], level=Level.BUND,
            operator=(Operator(name="Amt"),), url=f"http://{name}.example/", licence="dl-de/by-2-0",
        ),
        **more,
    )  # fmt: skip


def make_source(name: str = "amt-feed", **more: Any) -> Source:
    """A feed of the platform `amt`, with full text and without pages behind its entries."""
    return replace(
        Source(
            id=SourceId(name), platform=PlatformId("amt"), kind=SourceKind.FEED,
            url="http://amt.example/feed.xml", policy=Policy.FULL, details="never",
            every=timedelta(hours=2),
        ),
        **more,
    )  # fmt: skip


def make_catalogue(sources: list[Source], platforms: list[Platform] | None = None) -> Catalogue:
    """A source list."""
    return Catalogue(
        site=Site(contact="test@amt.example"),
        platforms=tuple(platforms or [make_platform()]),
        sources=tuple(sources),
        checksum=repr((sources, platforms)),
    )


def make_entry(number: int = 1, **more: Any) -> Entry:
    """An entry of the feed of `amt`."""
    return replace(
        Entry(
            entry_id=f"urn:amt:{number}",
            url=f"http://amt.example/meldung/{number}",
            title=f"Meldung {number}",
            text=f"Das Amt teilt unter der Nummer {number} etwas mit.",
            published=When(at="2026-11-20T09:00:00Z", evidence=Evidence.FEED),
        ),
        **more,
    )


def make_item(number: int = 1, role: Role = Role.ROOT, **more: Any) -> Item:
    """The item of `make_entry(number, **more)`, from `make_source()`."""
    from aggregator.items import normalise

    entry = make_entry(number, **more)
    return normalise([entry], make_source(), make_platform(), role).items[0]


def rss(*numbers: int, words: str = "teilt etwas mit") -> bytes:
    """A feed of the platform `amt` with an item for each number."""
    items = "".join(
        f"<item><title>Meldung {n}</title><link>http://amt.example/meldung/{n}</link>"
        f"<guid isPermaLink='false'>urn:amt:{n}</guid>"
        f"<pubDate>Fri, 20 Nov 2026 10:00:00 +0100</pubDate>"
        f"<description>Das Amt {words}: Nummer {n}.</description></item>"
        for n in numbers
    )
    return (
        "<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel><title>Amt</title>"
        f"<link>http://amt.example/</link>{items}</channel></rss>"
    ).encode()


def page(title: str, text: str, *, more: str = "") -> str:
    """An article page with a body of text long enough to be one."""
    paragraphs = "".join(f"<p>{part}</p>" for part in text.split("\n\n"))
    return (
        f"<!doctype html><html lang='de'><head><title>{title}</title></head><body>"
        f"<nav><a href='/'>Start</a></nav><main><article><h1>{title}</h1>{paragraphs}{more}"
        "</article></main><footer><a href='/impressum'>Impressum</a></footer></body></html>"
    )
