"""Items into a manual source: read, normalise, store, a thousand records a transaction."""

import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from aggregator import records, store
from aggregator.clock import Clock, stamp
from aggregator.config.mistakes import unknown
from aggregator.errors import AggregatorError, NotFoundError
from aggregator.items import normalise
from aggregator.model import Code, Entry, Platform, Role, RunState, Source, SourceKind

BATCH = 1000


@dataclass(slots=True, kw_only=True)
class Imported:
    """What an import did."""

    source: str
    read: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    vanished: int = 0
    rejected: list[records.Rejected] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """Return the document of the contract."""
        told = asdict(self)
        told["rejected"] = [
            {"line": r.line, "code": str(r.code), "message": r.message} for r in self.rejected
        ]
        return told


def manual_source(sources: Sequence[Source], name: str) -> Source:
    """Return a manual source by its id.

    Raises:
        NotFoundError: There is none of that name, or it is crawled.
    """
    found = next((source for source in sources if source.id == name), None)
    manual = tuple(source.id for source in sources if source.kind is SourceKind.MANUAL)
    if found is None:
        raise unknown("keine manuelle Quelle", name, manual, where="--source",
                      otherwise=f"manuelle Quellen: {', '.join(manual) or 'keine'}")  # fmt: skip
    if found.kind is not SourceKind.MANUAL:
        raise NotFoundError(
            f"die Quelle {name!r} wird abgerufen (kind: {found.kind})", nearest=manual,
            remedy="eine Quelle mit kind: manual anlegen",
        )  # fmt: skip
    return found


def import_files(
    db: sqlite3.Connection,
    files: Sequence[Path],
    source: Source,
    platform: Platform,
    clock: Clock,
    *,
    complete: bool,
) -> Imported:
    """Store the records of files; the caller derives afterwards.

    Args:
        db: The connection.
        files: To be read in order.
        source: A manual source.
        platform: Of the source.
        clock: For first and last seen.
        complete: The files name every item of the source: what they do not name has vanished,
            unless a record was rejected or there was none at all.

    Raises:
        AggregatorError: A file as a whole cannot be read; what came before it is stored.
    """
    done = Imported(source=source.id)
    began, now = time.monotonic(), stamp(clock.now())
    for file in files:
        if not file.is_file():
            raise NotFoundError("keine Datei", where=str(file))
    run = store.runs.start(db, source.id, "import", now)
    seen: set[int] = set()
    try:
        for file in files:
            rows = records.read(file, now)
            while batch := list(islice(rows, BATCH)):
                _store_batch(db, batch, source, platform, now, done, seen)
        if complete and done.read and not done.rejected:  # else the files may have named more
            done.vanished = store.commit.vanish_others(db, source.id, seen)
        _end(db, run, done, RunState.OK, began, clock)
    except AggregatorError as error:
        _end(db, run, done, RunState.FAILED, began, clock, error)
        raise
    return done


def import_entry(
    db: sqlite3.Connection, entry: Entry, source: Source, platform: Platform, clock: Clock
) -> None:
    """Store one entry that a person wrote; whoever derives next makes it searchable.

    Args:
        db: The connection.
        entry: With an address and a title.
        source: A manual source.
        platform: Of the source.
        clock: For first and last seen.
    """
    done = Imported(source=source.id)
    _store_batch(db, [(1, entry)], source, platform, stamp(clock.now()), done, set())


def _store_batch(
    db: sqlite3.Connection,
    batch: Iterable[tuple[int, Entry | records.Rejected]],
    source: Source,
    platform: Platform,
    now: str,
    done: Imported,
    seen: set[int],
) -> None:
    """Store a batch in one transaction."""
    entries: list[Entry] = []
    for line, row in batch:
        done.read += 1
        if isinstance(row, records.Rejected):
            done.rejected.append(row if row.line else _at(row, line))
        else:
            entries.append(row)
    found = normalise(entries, source, platform, Role.ROOT)
    counts = store.commit.commit_batch(db, found.items, platform, now, seen)
    done.new += counts.new
    done.changed += counts.changed
    done.unchanged += counts.unchanged + len(entries) - len(found.items)


def _at(row: records.Rejected, line: int) -> records.Rejected:
    return records.Rejected(line=line, code=row.code, message=row.message)


def _end(
    db: sqlite3.Connection,
    run: int,
    done: Imported,
    state: RunState,
    began: float,
    clock: Clock,
    error: AggregatorError | None = None,
) -> None:
    """Close the record of the run."""
    now = stamp(clock.now())
    code = error.code if error else (Code.PARSE_FAILED if done.rejected else None)
    message = str(error) if error else None
    with store.transaction(db):
        store.runs.add(
            db, run, store.runs.Counts(new=done.new, changed=done.changed,
            unchanged=done.unchanged, vanished=done.vanished, rejected=len(done.rejected)),
        )  # fmt: skip
        store.runs.end(
            db, run, state=state, reason=code, message=message, pending=0,
            wall_ms=round((time.monotonic() - began) * 1000), now=now,
        )  # fmt: skip
        store.state.settle(
            db, done.source, state=state, reason=code, message=message, next_at=None,
            failures=0, now=now,
        )  # fmt: skip
