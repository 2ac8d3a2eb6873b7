"""Whether a run could derive anything: asked after every refresh, most of which brought nothing.

What derives takes longer to load than a thousand sources that changed nothing take to be asked.
"""

import json
import sqlite3
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from aggregator.store import builds, changes
from aggregator.store.catalogue import platforms
from aggregator.store.derived import reading
from aggregator.store.epoch_rows import COMPLETE, SMALL_CORPUS, Epoch, current, is_due, living
from aggregator.text.versions import reading_version

AT_ONCE = 2_000  # waiting items that are linked whatever time there is: some ten seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """What a run did."""

    items: int  # made searchable or linked
    epoch: int
    unlinked: int  # items that wait for their links
    complete: bool  # nothing is left for the next run


def version(db: sqlite3.Connection, read_by: str) -> str:
    """Return what an epoch depends on besides the items: analysis, vocabulary, former addresses."""
    told = sorted((p.id, p.url, p.former) for p in platforms(db) if p.former)
    digest = sha256(json.dumps(told).encode()).hexdigest()
    return sha256(f"{read_by} {digest}".encode()).hexdigest()[:16]


def nothing_to_do(
    db: sqlite3.Connection, vocabulary_checksum: str, links_for: timedelta | None
) -> Derived | None:
    """Return what a run would say that found nothing to derive; None where there may be something.

    Args:
        db: The database.
        vocabulary_checksum: Of the vocabulary in force.
        links_for: Time for a large backlog of links, as in `derive.Effort`.
    """
    epoch = current(db)
    if epoch is None or changes.count(db, changes.ITEM):
        return None
    waiting = changes.count(db)
    if waiting or builds.current(db) is not None:
        hurried = links_for is not None and links_for <= timedelta(0)
        if not hurried or min(waiting, living(db)) <= AT_ONCE:
            return None
    elif not _is_settled(db, epoch, version(db, reading_version(vocabulary_checksum))):
        return None
    return Derived(
        items=0, epoch=epoch.n, unlinked=changes.unlinked(db), complete=not waiting,
    )  # fmt: skip


def _is_settled(db: sqlite3.Connection, epoch: Epoch, wanted: str) -> bool:
    """Whether nothing is to be built anew, nor to be cleared away."""
    return (
        epoch.state == COMPLETE
        and not is_due(db, wanted, SMALL_CORPUS)
        and builds.is_clear(reading(db).other)
    )
