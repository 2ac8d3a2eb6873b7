"""Fills a database for page tests: items by the real store, derived rows exactly as each test says.

Derivation has tests of its own; here every relation is written out, so that a test can name what a
page must show.
"""

from dataclasses import replace
from typing import Any

from flask.testing import FlaskClient

from aggregator import store
from aggregator.items import normalise
from aggregator.links.related import SCALE, UNIT
from aggregator.model import (
    Entry,
    Evidence,
    ItemKind,
    Level,
    Operator,
    Platform,
    Role,
    Site,
    Source,
    SourceKind,
    When,
)
from aggregator.store import catalogue
from aggregator.store.derived import live
from aggregator.store.items import store_item
from aggregator.store.packing import pack
from tests.builders import make_catalogue, make_platform, make_source

NOW = "2026-11-24T08:00:00Z"

MINISTRY = replace(
    make_platform("ministerium"), name="Digitales Ministerium", level=Level.BUND, url="https://ministerium.example/",
    former=("https://alt-ministerium.example/",),
    operator=(Operator(name="BMI", until="2025-05"), Operator(name="BMDS", since="2025-05")),
)  # fmt: skip
FORUM = replace(
    make_platform("forum"),
    name="Forum der Kommunen",
    level=Level.KOMMUNE,
    url="https://forum.example/",
)
COUNCIL = replace(
    make_platform("rat"), name="Rat der Länder", level=Level.FOEDERAL, url="https://rat.example/"
)
PLATFORMS = (MINISTRY, FORUM, COUNCIL)


class Filling:
    """A database with three platforms, one source each, and what a test puts in."""

    def __init__(self, db: store.Connection) -> None:
        self.db = db
        self.rows: dict[str, int] = {}
        self._next = 0
        told = make_catalogue([self._source(p) for p in PLATFORMS], list(PLATFORMS))
        site = Site(title="Querverweis", operator="Amt für Proben", contact="post@proben.example")
        catalogue.mirror(db, replace(told, site=site))

    def _source(self, platform: Platform) -> Source:
        return make_source(
            f"{platform.id}-feed", platform=platform.id, url=f"{platform.url}feed.xml",
            kind=SourceKind.FEED,
        )  # fmt: skip

    def item(
        self,
        title: str,
        platform: Platform = MINISTRY,
        *,
        at: str | None = "2026-11-20T09:00:00Z",
        path: str | None = None,
        kind: ItemKind = ItemKind.NEWS,
        text: str = "Das Amt teilt etwas mit.",
        now: str = NOW,
        **more: Any,
    ) -> str:
        """Store an item; return its id."""
        self._next += 1
        entry = Entry(
            entry_id=f"urn:{platform.id}:{self._next}",
            url=f"{platform.url}{path or f'seite/{self._next}'}",
            title=title, text=text, kind=kind,
            published=When(at=at, evidence=Evidence.FEED) if at else None,
            **more,
        )  # fmt: skip
        found = normalise([entry], self._source(platform), platform, Role.ROOT).items[0]
        with store.transaction(self.db):
            _, pk = store_item(self.db, found, platform, now)
        assert pk is not None
        item_id = str(self.db.execute("SELECT id FROM item WHERE pk = ?", (pk,)).fetchone()[0])
        self.rows[item_id] = pk
        return item_id

    def put(self, name: str, **columns: Any) -> None:
        """Write a row of a derived table of the live generation."""
        names, places = ", ".join(columns), ", ".join(f":{column}" for column in columns)
        self.db.execute(
            f"INSERT OR REPLACE INTO {name}_{live(self.db)} ({names}) VALUES ({places})", columns
        )

    def link(self, one: str, other: str | None, sentence: str = "", **more: Any) -> None:
        """Let an item link to another one, or to an address outside of the index."""
        told = {"url": "https://fremd.example/", "anchor": "", "prose": 1} | more
        self.put(
            "link", item=self.rows[one], position=self._next_position("link", one), **told,
            canonical=told["url"], link_key=told["url"], sentence=sentence,
            target=self.rows[other] if other else None,
        )  # fmt: skip

    def same(self, one: str, other: str, similarity: int = 940, relation: str = "copy") -> None:
        """Give two items the same content."""
        for mine, theirs in ((one, other), (other, one)):
            self.put(
                "same", item=self.rows[mine], other=self.rows[theirs], similarity=similarity,
                relation=relation, differs='["Titel"]',
            )  # fmt: skip

    def words(self, item: str, *words: str) -> None:
        """Give an item a vector of words; the number of a word is its hash."""
        weight = int(UNIT / max(1, len(words)) ** 0.5)
        self.put(
            "vector", item=self.rows[item], platform=self._platform(item), rank=item, posted=0,
            terms=pack("I", [hash_of(word) for word in words]),
            weights=pack("H", [weight] * len(words)), surface="\t".join(words), sketch=b"",
        )  # fmt: skip

    def related(self, one: str, other: str, score: float = 0.5) -> None:
        """Relate two items; both need `words`."""
        away = self._platform(one) != self._platform(other)
        for mine, theirs in ((one, other), (other, one)):
            self.put(
                "related", item=self.rows[mine], other=self.rows[theirs],
                score=int(score * SCALE), away=away, ruled=0,
            )  # fmt: skip

    def reference(self, item: str, kind: str, key: str, text: str, sentence: str = "") -> None:
        """Let an item cite something."""
        self.put(
            "reference", item=self.rows[item], position=self._next_position("reference", item),
            kind=kind, key=key, text=text, start=0, end=len(text), sentence=sentence,
        )  # fmt: skip

    def identifier(self, item: str, kind: str, key: str) -> None:
        """Give an item the number under which others cite it."""
        self.put("identifier", item=self.rows[item], kind=kind, key=key)

    def topic(self, item: str, topic: str, *, auto: bool = True) -> None:
        """Assign an item to a topic."""
        self.put(
            "topic", item=self.rows[item], topic=topic, source="rule", confidence=900, auto=auto,
            evidence="Wohngeld",
        )  # fmt: skip

    def state(self, source: str, **fields: Any) -> None:
        """Set what is known of a source."""
        names = ", ".join(f"{name} = :{name}" for name in fields)
        self.db.execute(
            f"UPDATE source_state SET {names} WHERE source = :source", {**fields, "source": source}
        )

    def hide(self, item: str) -> None:
        """Hide an item, as a decision does."""
        self.db.execute("UPDATE item SET state = 'hidden' WHERE id = ?", (item,))

    def merge(self, item: str, into: str) -> None:
        """Merge an item into another one."""
        self.db.execute("UPDATE item SET merged_into = ? WHERE id = ?", (self.rows[into], item))

    def _platform(self, item: str) -> str:
        row = self.db.execute("SELECT platform FROM item WHERE id = ?", (item,)).fetchone()
        return str(row[0])

    def _next_position(self, name: str, item: str) -> int:
        row = self.db.execute(
            f"SELECT coalesce(max(position) + 1, 0) FROM {name}_{live(self.db)} WHERE item = ?",
            (self.rows[item],),
        ).fetchone()
        return int(row[0])


def hash_of(word: str) -> int:
    """A number for a word, the same in every process."""
    return int.from_bytes(word.encode()[:4].ljust(4, b"_"), "big") % 1_000_000


def read(client: FlaskClient, url: str, **more: Any) -> Any:
    """Read the JSON of an address."""
    return client.get(url, **more).get_json()
