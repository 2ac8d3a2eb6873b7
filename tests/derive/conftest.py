"""A small corpus in the making, and a small dictionary."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from aggregator import store
from aggregator.clock import SimulatedClock, stamp
from aggregator.config.vocabulary import Topic, Vocabulary
from aggregator.derive import Anew, Effort, derive
from aggregator.items import normalise
from aggregator.model import Entry, Link, Role
from aggregator.store.catalogue import mirror
from aggregator.store.digest import digest
from aggregator.store.erase import erase
from aggregator.store.items import store_item
from aggregator.text.wordforms import WordForms
from aggregator.waiting import Derived
from tests.builders import make_catalogue, make_entry, make_platform, make_source

WORDS = WordForms.of({word: word for word in (
    "verwaltung", "reform", "wohngeld", "antrag", "kommune", "digitalisierung", "steuer", "bund",
)})  # fmt: skip
VOCABULARY = Vocabulary(
    topics={"bauen_wohnen": Topic(slug="bauen_wohnen", name="Bauen & Wohnen",
                                  strong=("Wohngeld",), weak=("Miete", "Haus", "Antrag"))},
    aliases=(("OZG", "Onlinezugangsgesetz"),),
    checksum="1",
)  # fmt: skip
AMT = make_platform("amt", former=("http://alt.example/",))
LAND = make_platform("land")


class TickingClock(SimulatedClock):
    """A clock on which every look takes a second: a limit in seconds is one of batches."""

    def __init__(self, start: SimulatedClock) -> None:
        super().__init__(start.now())

    def now(self) -> datetime:
        """A second more than the last time."""
        self.wait_until(super().now() + timedelta(seconds=1))
        return super().now()


@dataclass
class Corpus:
    """Items of two platforms that come, change and go."""

    db: store.Connection
    clock: SimulatedClock
    pks: dict[tuple[str, int], int] = field(default_factory=dict)

    def put(self, number: int, platform: str = "amt", **more: Any) -> int:
        """Store an entry, new or edited; return its item."""
        home = AMT if platform == "amt" else LAND
        entry: Entry = make_entry(number, **{
            "entry_id": f"urn:{platform}:{number}", "url": address(number, platform), **more,
        })  # fmt: skip
        source = make_source(f"{platform}-feed", platform=platform)
        item = normalise([entry], source, home, Role.ROOT).items[0]
        with store.transaction(self.db):
            _, pk = store_item(self.db, item, home, stamp(self.clock.now()))
        if pk is None:
            return -1  # a tombstone keeps it out
        self.pks[platform, number] = pk
        return pk

    def drop(self, number: int, platform: str = "amt") -> None:
        """Erase an item, if it is there."""
        if (pk := self.pks.pop((platform, number), None)) is not None:
            erase(self.db, pk, reason="Test", now=stamp(self.clock.now()))

    def derive(self, *, rebuild: bool = False, epoch: bool = False, **more: Any) -> Derived:
        """Derive what waits, within the epoch like a large corpus (small ones take a new one)."""
        anew = Anew.EPOCH if epoch else Anew.ROWS if rebuild else Anew.NOTHING
        clock = TickingClock(self.clock) if "links_for" in more else self.clock
        effort = Effort(**{"small_corpus": 0, "anew": anew, **more})
        return derive(
            self.db, clock=clock, vocabulary=VOCABULARY, words=WORDS, effort=effort
        )  # fmt: skip

    def digest(self) -> dict[str, str]:
        """The digest of all groups."""
        return digest(self.db)

    def live(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of the live generation."""
        from aggregator.store.derived import reading

        return [tuple(row) for row in reading(self.db).run(sql, values)]


def address(number: int, platform: str = "amt") -> str:
    """The address of an entry."""
    return f"http://{platform}.example/meldung/{number}"


def link(url: str, position: int = 0) -> Link:
    """A link with its sentence."""
    return Link(url=url, anchor="hier", sentence=f"Mehr steht hier: {url}.", position=position)


@pytest.fixture
def make_corpus(db: store.Connection, clock: SimulatedClock) -> Callable[[], Corpus]:
    """Make a corpus in an empty database."""

    def make() -> Corpus:
        catalogue = make_catalogue(
            [make_source("amt-feed"), make_source("land-feed", platform="land")], [AMT, LAND]
        )
        mirror(db, catalogue)
        return Corpus(db, clock)

    return make


@pytest.fixture
def corpus(make_corpus: Callable[[], Corpus]) -> Corpus:
    """An empty corpus."""
    return make_corpus()
