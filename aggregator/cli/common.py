"""What all commands share: where the data lie, how results and errors are printed."""

import gc
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aggregator import clock as clocks
from aggregator.errors import StoreError
from aggregator.model import Catalogue, Source, SourceKind

if TYPE_CHECKING:
    import sqlite3
    from datetime import timedelta

    from aggregator.pipeline import Engine
    from aggregator.waiting import Derived


@dataclass
class Context:
    """The options of the top command, and what is opened by need.

    `data` is the folder of the database and of the local settings, `sources` the source list.
    """

    data: Path
    sources: Path
    clock: clocks.Clock = field(default_factory=clocks.from_environment)

    @property
    def database(self) -> Path:
        """The one SQLite file."""
        return self.data / "querverweis.sqlite3"

    def db(self, *, readonly: bool = False) -> "sqlite3.Connection":
        """Open the database, created and migrated where needed; the own URL rules hold from now."""
        from aggregator import config, store, urls

        urls.install(config.vocabulary(self.data).url_rules)
        return store.connect(self.database, readonly=readonly)

    @cached_property
    def catalogue(self) -> Catalogue:
        """The source list, loaded once.

        Raises:
            ConfigError: It is wrong; nothing was touched.
        """
        from aggregator import config

        return self._recalled() or config.load(self.sources)

    def _recalled(self) -> Catalogue | None:
        """Return the source list from the database, if it was read from the very same files.

        Raises:
            ConfigError: A file cannot be read.
        """
        from aggregator import config, store

        if not self.database.exists():
            return None
        try:
            db = store.connect(self.database, readonly=True)
        except StoreError:
            return None  # whoever needs the database will hear of it
        try:
            return store.catalogue.recall(db, config.fingerprint(self.sources))
        finally:
            db.close()


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """Look for cycles of objects rarely in this block.

    For a command that loads much, works and ends: what it loaded stays, and crawling makes next to
    no cycles (2 MB in 1,000 sources), but looking for them takes a tenth of its time.
    """
    gc.freeze()
    before = gc.get_threshold()
    gc.set_threshold(50_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def emit(document: Any) -> None:
    """Print one JSON document on one line; only LF ends a line."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, separators=(", ", ": ")) + "\n")
    sys.stdout.flush()


def say(text: str) -> None:
    """Print a result for people."""
    sys.stdout.write(text + "\n")


def note(text: str) -> None:
    """Print a message or progress on standard error."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def table(rows: Iterable[Iterable[object]]) -> str:
    """Return rows as aligned columns."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    )


def derive_now(
    ctx: Context, db: "sqlite3.Connection", *, links_for: "timedelta | None" = None
) -> "Derived":
    """Derive what the queue holds, with a progress bar on a terminal.

    Args:
        ctx: Where vocabulary and dictionary are.
        db: The database.
        links_for: Time for a large backlog of links; None: until it is done. What waits becomes
            searchable in any case, and few items are linked in any case.
    """
    from aggregator import waiting
    from aggregator.cli.progress import progress
    from aggregator.config import vocabulary

    words = vocabulary(ctx.data)
    if idle := waiting.nothing_to_do(db, words.checksum, links_for):
        return idle
    from aggregator import derive
    from aggregator.text.analysis import open_word_forms

    with progress() as report:
        return derive.derive(
            db, clock=ctx.clock, vocabulary=words, words=open_word_forms(ctx.data),
            progress=report, effort=derive.Effort(links_for=links_for),
        )  # fmt: skip


def engine(ctx: Context, db: "sqlite3.Connection", *, trigger: str = "refresh") -> "Engine":
    """Return what a refresh works with; mirrors the source list first."""
    from aggregator import pipeline

    return pipeline.make_engine(db, ctx.database, ctx.catalogue, ctx.data, ctx.clock, trigger)


def listed(ctx: Context, name: str) -> Source:
    """Return a source of the list.

    Raises:
        NotFoundError: There is none of this id.
    """
    from aggregator.config.mistakes import unknown

    known = {str(source.id): source for source in ctx.catalogue.sources}
    if name not in known:
        raise unknown("keine Quelle", name, known, where=str(ctx.sources),
                      otherwise="aggregator sources list")  # fmt: skip
    return known[name]


def wanted_sources(ctx: Context, names: tuple[str, ...]) -> list[Source]:
    """Return the sources that a refresh reads: the named ones, or all that are enabled.

    Raises:
        NotFoundError: A name that is not in the list, with the nearest one.
    """
    every = ctx.catalogue.sources
    chosen = [listed(ctx, name) for name in names] or [s for s in every if s.enabled]
    return [source for source in chosen if source.kind is not SourceKind.MANUAL]
