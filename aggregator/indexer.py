"""Making items searchable: the first half of deriving, and the one that readers wait for.

Items that changed are read in batches, by this process or by one beside it, and written in short
transactions, oldest change first. A batch is written only into the generation and under the epoch
that it was read for, and only those of its items that did not change meanwhile. The process that
links holds another lease: the two halves write different tables.
"""

import json
import sqlite3
from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import NamedTuple, Protocol

from aggregator.links.describe import Subject, body_of
from aggregator.links.searched import Reader, Searched
from aggregator.links.topic_features import Told, groups_of
from aggregator.links.topic_model import Model, judged
from aggregator.links.topics import overruled
from aggregator.model import ItemState
from aggregator.store import changes, decisions, derived_write, epochs, standing, topic_models
from aggregator.store.changes import Change
from aggregator.store.connection import transaction
from aggregator.store.decisions import Rulings
from aggregator.store.derived import Generation, reading
from aggregator.store.epochs import Epoch
from aggregator.store.items import set_hidden
from aggregator.text.words import surfaces

BATCH = 200  # items written in one transaction: some 20 ms, and 40 where segments are merged

MOST_SHOWN = 2_000  # characters of a text in which words are looked for that decided a topic

Text = tuple[str, str]  # title, body


class Team(Protocol):
    """Who reads texts."""

    room: int  # batches that it works on at the same time

    def read(self, texts: Sequence[Text]) -> "Future[list[Searched]]":
        """Read texts, in order."""
        ...


class Alone:
    """Reads in this process."""

    room = 1

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def read(self, texts: Sequence[Text]) -> "Future[list[Searched]]":
        """Read texts, in order."""
        done: Future[list[Searched]] = Future()
        done.set_result([self._reader.read(title, body) for title, body in texts])
        return done


class _Batch(NamedTuple):
    taken: list[Change]
    rows: list[sqlite3.Row]
    shown: list[sqlite3.Row]  # of those that are to be found
    searched: "Future[list[Searched]]"  # for each of these


class Indexer:
    """Makes items searchable in the live generation under its epoch."""

    def __init__(self, db: sqlite3.Connection, epoch: Epoch, team: Team) -> None:
        self._db = db
        self._generation = reading(db)
        self._epoch = epoch.n
        self._team = team
        self._models = topic_models.load(db, epoch.n)
        self._rulings: dict[int, Rulings] = {}
        self._last = 0  # the newest change that was taken

    def run(self) -> Iterable[int]:
        """Work off what waits; yield after each batch how many items it made searchable.

        Ends early when another generation went live: then what waits is to be read anew.
        """
        under_way: deque[_Batch] = deque()
        while True:
            while len(under_way) < self._team.room and (batch := self._next()):
                under_way.append(batch)
            if not under_way:
                return
            written = self._write(under_way.popleft())
            if written is None:
                return
            yield written

    def _next(self) -> _Batch | None:
        """Take the next changes and have their items read."""
        taken = changes.to_search(self._db, self._last, BATCH)
        if not taken:
            return None
        self._last = taken[-1].seq
        self._rulings = standing.all_in_force(self._db)
        rows = epochs.items_of(self._db, [change.item for change in taken])
        found = shown(rows, self._rulings)
        searched = self._team.read([text_of(row, self._rulings) for row in found])
        return _Batch(taken, rows, found, searched)

    def _write(self, batch: _Batch) -> int | None:
        """Write a batch; None when it was read for another generation than the live one."""
        found = with_topics(self._models, batch.shown, batch.searched.result())
        with transaction(self._db):
            live, epoch = reading(self._db), epochs.current(self._db)
            if live != self._generation or epoch is None or epoch.n != self._epoch:
                return None
            still = changes.still(self._db, batch.taken)
            derived_write.remove_search(self._generation, sorted(still))
            changes.searchable(self._db, [c for c in batch.taken if c.item in still])
            write_searched(self._generation, [
                (row, one) for row, one in zip(batch.shown, found, strict=True)
                if row["pk"] in still
            ], self._rulings)  # fmt: skip
            rows = [row for row in batch.rows if row["pk"] in still]
            for item in follow_rulings(self._db, rows, self._rulings):
                changes.enqueue(self._db, item)  # a build may have resolved links to it already
        return len(still)


def shown(rows: Sequence[sqlite3.Row], rulings: dict[int, Rulings]) -> list[sqlite3.Row]:
    """Leave out what is merged into another item, or hidden."""
    return [
        row for row in rows
        if row["merged_into"] is None and not rulings.get(row["pk"], decisions.NONE).hidden
    ]  # fmt: skip


def subject_of(row: sqlite3.Row, ruling: Rulings) -> Subject:
    """Return what is derived from, with the title that a person gave it."""
    subject = epochs.subject(row)
    return replace(subject, title=ruling.title) if ruling.title else subject


def text_of(row: sqlite3.Row, rulings: dict[int, Rulings]) -> Text:
    """Return what is read of an item for search."""
    subject = subject_of(row, rulings.get(row["pk"], decisions.NONE))
    return subject.title, body_of(subject)


def told_of(row: sqlite3.Row, found: Searched) -> Told:
    """Return what a model of topics looks at of an item that was read."""
    return Told(
        title=found.title, heads=found.heads, body=found.body, parts=found.parts, refs=found.refs,
        identifiers=json.loads(row["identifiers"]),
    )  # fmt: skip


def with_topics(
    models: Sequence[Model], rows: Sequence[sqlite3.Row], searched: Sequence[Searched]
) -> list[Searched]:
    """Have the models of an epoch judge items that were read; without models nothing changes."""
    if not models:
        return list(searched)
    return [
        found._replace(topics=judged(
            models, found.topics, groups_of(told_of(row, found)), row["platform"],
            surfaces(f"{row['title']} {row['text'][:MOST_SHOWN]}"),
        ))
        for row, found in zip(rows, searched, strict=True)
    ]  # fmt: skip


def write_searched(
    generation: Generation,
    found: Sequence[tuple[sqlite3.Row, Searched]],
    rulings: dict[int, Rulings],
) -> None:
    """Write what items are searched by, with what people say of their topics."""
    said = {pk: ruling.topics for pk, ruling in rulings.items() if ruling.topics}
    derived_write.write_search(generation, [
        (row, one, overruled(one.topics, said[row["pk"]]) if row["pk"] in said else one.topics)
        for row, one in found
    ])  # fmt: skip


def follow_rulings(
    db: sqlite3.Connection, rows: Iterable[sqlite3.Row], rulings: dict[int, Rulings]
) -> list[int]:
    """Let the states of items follow the decisions to hide them; return those that changed."""
    turned = []
    for row in rows:
        hidden = rulings.get(row["pk"], decisions.NONE).hidden
        if hidden != (row["state"] == ItemState.HIDDEN):
            set_hidden(db, row["pk"], hidden=hidden)
            turned.append(row["pk"])
    return turned
