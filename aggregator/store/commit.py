"""The single transaction of a step: what one answer brought, stored together or not at all.

Items, versions, aliases, new addresses, what the document named, its validators, the request log
and the counts of the run: a process that dies leaves either all of them or none, so validators
never run ahead of the entries that came with them.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from aggregator import urls
from aggregator.clock import instant
from aggregator.model import Exchange, Item, ItemState, Platform, Problem, Role, Validators
from aggregator.store import frontier, moves, quiet, runs, snapshots
from aggregator.store.arrivals import store_items
from aggregator.store.changes import enqueue
from aggregator.store.connection import transaction
from aggregator.store.items import (
    Outcome,
    add_aliases,
    items_at,
    set_state,
    set_url,
    shared_page,
)
from aggregator.store.rows import addresses

MANY = 5_000  # addresses written in one transaction: some 30 ms
GONE_AFTER = timedelta(days=1)  # between two visits that both say 404 or 410


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One visit of an address: which, for which run, with which exchanges on the wire."""

    row: frontier.Row
    run: int
    platform: Platform
    now: str
    exchanges: tuple[Exchange, ...]
    status: int | None  # None: no answer
    final_url: str = ""  # after redirects; "": none
    final_canonical: str = ""
    moved_for_good: bool = False  # by 301 or 308 alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What a usable answer brought, ready to be stored."""

    visit: Visit
    validators: Validators
    next_in: timedelta  # until the page is visited again
    items: Sequence[Item] = ()
    follows: tuple[tuple[str, str, Role, str | None], ...] = ()  # url, canonical, role, lastmod
    named: tuple[str, ...] | None = None  # canonical addresses; None: does not enumerate
    complete: bool | None = None
    newest_first: bool = False  # in the order of the last change
    rejected: tuple[Problem, ...] = ()
    problems: tuple[Problem, ...] = ()
    bytes: int = 0


def commit_step(db: sqlite3.Connection, step: Step) -> runs.Counts:
    """Store a step; return what it did."""
    outcomes = dict.fromkeys(Outcome, 0)
    now, platform = step.visit.now, step.visit.platform
    moved = _discover_many(db, step)
    with transaction(db):
        row = _follow_redirect(db, step.visit)
        stored = store_items(db, step.items, platform, now)
        for outcome, _ in stored:
            outcomes[outcome] += 1
        edited: list[Item] = []
        if outcomes[Outcome.CHANGED] and row.role in frontier.ENUMERATING:
            edited = [item for item, (outcome, _) in zip(step.items, stored, strict=True)
                      if outcome is Outcome.CHANGED]  # fmt: skip
        frontier.fetched(
            db, row, validators=step.validators, status=step.visit.status or 200,
            changed=True, complete=step.complete, next_in=step.next_in, now=now,
        )  # fmt: skip
        if row.reason == "dropped":
            frontier.keep_unlisted(db, row)
        if len(step.follows) <= MANY:
            moved = frontier.add(db, row.source, step.follows, now=now)
        for item in edited:
            for canonical, _, _ in addresses(item.aliases, platform):
                frontier.make_due(db, row.source, canonical, "changed", now)
        if step.named is not None:
            frontier.relist(db, row.source, row.canonical, step.named)
        if step.newest_first:
            frontier.chain(db, row.source, step.follows)
        has_news = moved or outcomes[Outcome.NEW] or outcomes[Outcome.CHANGED]
        frontier.go_on(db, row, has_news=bool(has_news), now=now)
        counts = runs.Counts(
            new=outcomes[Outcome.NEW], changed=outcomes[Outcome.CHANGED],
            unchanged=outcomes[Outcome.UNCHANGED], rejected=len(step.rejected),
            vanished=_vanish_from_page(db, row, step, {pk for _, pk in stored}),
            requests=len(step.visit.exchanges), bytes=step.bytes,
            problems=step.rejected + step.problems,
        )  # fmt: skip
        _record(db, step.visit, counts)
    return counts


def _discover_many(db: sqlite3.Connection, step: Step) -> int:
    """Write the many addresses of a large sitemap ahead of the step, briefly each time.

    A process that dies in between leaves addresses without the validators of their sitemap: it is
    read again, and names them again.
    """
    if len(step.follows) <= MANY:
        return 0
    moved = 0
    for begin in range(0, len(step.follows), MANY):
        with transaction(db):
            part = step.follows[begin : begin + MANY]
            moved += frontier.add(db, step.visit.row.source, part, now=step.visit.now)
    return moved


def _vanish_from_page(
    db: sqlite3.Connection, row: frontier.Row, step: Step, stored: set[int | None]
) -> int:
    """Let the entries vanish that a page of several (a FAQ) no longer has; return how many.

    The page names all of them, so it is its own complete enumeration; that more than half are gone
    is believed when it has said so for days.
    """
    if row.role is not Role.DETAIL:
        return 0
    known = shared_page(db, step.visit.platform.id, row.canonical)
    missing = [pk for pk in known.values() if pk not in stored]
    if 2 * len(missing) > len(known) and row.attempts < frontier.RETRIES:
        return 0
    return sum(set_state(db, pk, ItemState.VANISHED) for pk in missing)


def _follow_redirect(db: sqlite3.Connection, visit: Visit) -> frontier.Row:
    """Let a page that moved for good keep its item: the new address is one more alias."""
    row, platform = visit.row, visit.platform
    if row.role is Role.ROOT:
        _note_move(db, visit)
    if not visit.final_canonical or visit.final_canonical == row.canonical:
        return row
    for pk in items_at(db, platform.id, row.canonical):
        if add_aliases(db, pk, platform.id, addresses([visit.final_url], platform)):
            enqueue(db, pk)
        if visit.moved_for_good:
            set_url(db, pk, urls.tidy(visit.final_url))
    if row.role is Role.ROOT or not visit.moved_for_good:
        return row
    return frontier.moved(db, row, urls.tidy(visit.final_url), visit.final_canonical)


def _note_move(db: sqlite3.Connection, visit: Visit) -> None:
    """Note where a source's own address led."""
    moved_to = None
    if visit.final_url and visit.moved_for_good:
        moved_to = visit.final_url.partition("#")[0]
    moves.answered(
        db, visit.row.source, asked=visit.row.url, moved_to=moved_to, platform=visit.platform,
        now=visit.now,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchanged:
    """News that a body is the one we know, ready to be stored."""

    visit: Visit
    validators: Validators  # may be fresher
    bytes: int

    @property
    def counts(self) -> runs.Counts:
        """Return what it means for the record of its run."""
        return runs.Counts(
            requests=len(self.visit.exchanges), not_modified=1, bytes=self.bytes,
            unchanged=1 if self.visit.row.role not in frontier.ENUMERATING else 0,
        )  # fmt: skip


def commit_quiet(db: sqlite3.Connection, told: Unchanged, next_pass: str) -> None:
    """Store that the document of a quiet source is the known one; part of its run's last words.

    Args:
        db: The connection, in the transaction that closes the record of the run.
        told: About its root (`quiet.root`), which redirected nowhere.
        next_pass: When it is asked again.
    """
    visit = told.visit
    quiet.known_again(
        db, visit.row, told.validators, status=visit.status or 304, now=visit.now, due=next_pass
    )
    _record(db, visit, told.counts)


def commit_not_modified(
    db: sqlite3.Connection, told: Unchanged, *, next_in: timedelta
) -> runs.Counts:
    """Store that the body is the one we know, with validators that may be fresher."""
    visit, validators, counts = told.visit, told.validators, told.counts
    with transaction(db):
        row = _follow_redirect(db, visit)
        frontier.fetched(
            db, row, validators=validators, status=visit.status or 304, changed=False,
            complete=None, next_in=next_in, now=visit.now,
        )  # fmt: skip
        if row.reason == "dropped":
            frontier.keep_unlisted(db, row)
        frontier.go_on(db, row, has_news=False, now=visit.now)
        _record(db, visit, counts)
    return counts


def commit_missing(
    db: sqlite3.Connection, visit: Visit, *, max_vanish: float
) -> tuple[runs.Counts, bool]:
    """Store that a page answered 404 or 410 (`visit.status`).

    Its item has vanished when a complete enumeration no longer names it either, or when a visit
    a day earlier said the same; with 410 it is gone. When too many pages of the source are missing
    at once, none has vanished.

    Returns:
        (what it did, whether a mass vanishing was held back).
    """
    row = visit.row
    with transaction(db):
        since = row.missing_since
        twice = since is not None and instant(visit.now) - instant(since) >= GONE_AFTER
        many = twice and frontier.missing_count(db, row.source) > _most(db, row.source, max_vanish)
        vanished = 0
        if (twice and not many) or row.reason == "dropped":
            end = ItemState.GONE if visit.status == 410 else ItemState.VANISHED
            for pk in items_at(db, visit.platform.id, row.canonical):
                vanished += set_state(db, pk, end)
            frontier.retire(db, row, visit.status)
        else:
            frontier.failed(
                db, row, status=visit.status, missing=True, now=visit.now, retry_in=None
            )
        counts = runs.Counts(requests=len(visit.exchanges), vanished=vanished)
        _record(db, visit, counts)
    return counts, many


def _most(db: sqlite3.Connection, source: str, max_vanish: float) -> float:
    """Return how many items of a source may vanish at once."""
    return max(3.0, max_vanish * frontier.live_count(db, source))


def commit_failure(
    db: sqlite3.Connection,
    visit: Visit,
    problem: Problem,
    *,
    retry_in: timedelta | None,
    give_up: bool,
    snapshot: snapshots.Snapshot | None = None,
) -> runs.Counts:
    """Store that an address gave nothing usable: it waits, or is given up; its data stay.

    Args:
        db: The connection.
        visit: The visit of the address.
        problem: What went wrong.
        retry_in: The server's own wish, which only delays.
        give_up: Do not ask again.
        snapshot: The answer that was not believed.
    """
    row = visit.row
    with transaction(db):
        if snapshot is not None:
            snapshots.keep(db, row.source, visit.run, snapshot, reason=problem.code, now=visit.now)
        if row.role is Role.ROOT:
            moves.failed(
                db, row.source, asked=row.url, status=visit.status, code=problem.code,
                now=visit.now,
            )  # fmt: skip
        if give_up and row.role not in frontier.ENUMERATING:
            frontier.retire(db, row, visit.status)
        else:
            frontier.failed(
                db, row, status=visit.status, missing=False, now=visit.now, retry_in=retry_in
            )
        counts = runs.Counts(requests=len(visit.exchanges), problems=(problem,))
        _record(db, visit, counts)
    return counts


def conclude_vanished(
    db: sqlite3.Connection, source: str, *, run: int, root: str, max_vanish: float, now: str
) -> tuple[int, bool]:
    """Conclude from a complete enumeration what the publisher offers no more.

    An item with a page of its own is visited first (it may only have moved); one without is
    concluded at once. When too many would go at once, nothing is concluded.

    Returns:
        (items that vanished, whether a mass vanishing was held back).
    """
    with transaction(db):
        if not frontier.enumeration_is_complete(db, source, root):
            return 0, False
        out = frontier.dropped(db, source)
        if len(out) > _most(db, source, max_vanish):
            return 0, True
        vanished = 0
        for pk, page in out:
            if page is None:
                vanished += set_state(db, pk, ItemState.VANISHED)
            else:
                frontier.make_due(db, source, page, "dropped", now)
        runs.add(db, run, runs.Counts(vanished=vanished))
    return vanished, False


def commit_batch(
    db: sqlite3.Connection, found: Sequence[Item], platform: Platform, now: str, seen: set[int]
) -> runs.Counts:
    """Store items that came without a visit (an import), in one transaction.

    Args:
        db: The connection.
        found: The items.
        platform: Of all of them.
        now: The instant.
        seen: Gets the row of each item.
    """
    outcomes = dict.fromkeys(Outcome, 0)
    with transaction(db):
        for outcome, pk in store_items(db, found, platform, now):
            outcomes[outcome] += 1
            if pk is not None:
                seen.add(pk)
    return runs.Counts(
        new=outcomes[Outcome.NEW], changed=outcomes[Outcome.CHANGED],
        unchanged=outcomes[Outcome.UNCHANGED] + outcomes[Outcome.ERASED],
    )  # fmt: skip


def vanish_others(db: sqlite3.Connection, source: str, seen: set[int]) -> int:
    """Let the live items of a source vanish that a complete import did not name."""
    with transaction(db):
        rows = db.execute(
            "SELECT DISTINCT o.item FROM observation o JOIN item i ON i.pk = o.item"
            " WHERE o.source = ? AND i.state = 'live' AND i.merged_into IS NULL",
            (source,),
        ).fetchall()
        return sum(
            set_state(db, row["item"], ItemState.VANISHED)
            for row in rows
            if row["item"] not in seen
        )


def _record(db: sqlite3.Connection, visit: Visit, counts: runs.Counts) -> None:
    """Add counts and requests to the run."""
    runs.add(db, visit.run, counts)
    runs.log_requests(db, visit.run, visit.exchanges)
