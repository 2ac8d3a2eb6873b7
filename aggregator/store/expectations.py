"""What is remembered of how sources usually look, and what people accepted as the new normal."""

import json
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from aggregator.errors import ConfigError
from aggregator.model import Code, Item, Platform, RunState, Source
from aggregator.store import frontier
from aggregator.store.connection import transaction
from aggregator.store.rows import addresses
from aggregator.store.state import state_of
from aggregator.usual import READINGS, Reading

# --- what is usual ---------------------------------------------------------------------------


def readings(db: sqlite3.Connection, source: str) -> list[Reading]:
    """Return the readings of a source that were believed, oldest first."""
    rows = db.execute(
        "SELECT at, entries, titled, dated, texted FROM reading WHERE source = ? ORDER BY at",
        (source,),
    )
    return [Reading(**dict(row)) for row in rows]


def watched_since(db: sqlite3.Connection, source: str) -> str | None:
    """Return when the first of the readings of a source was taken that count; None: no reading."""
    row = db.execute("SELECT min(at) FROM reading WHERE source = ?", (source,)).fetchone()
    return row[0] if row else None


def learn(db: sqlite3.Connection, source: str, reading: Reading) -> None:
    """Remember a reading that was believed; part of the last transaction of its run."""
    db.execute(
        "INSERT OR REPLACE INTO reading (source, at, entries, titled, dated, texted)"
        " VALUES (:source, :at, :entries, :titled, :dated, :texted)",
        {"source": source, **asdict(reading)},
    )
    db.execute(
        "DELETE FROM reading WHERE source = ?1 AND at NOT IN"
        " (SELECT at FROM reading WHERE source = ?1 ORDER BY at DESC LIMIT ?2)",
        (source, READINGS),
    )


# --- who is who ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Renamed:
    """Entries under a new address that a source named under another one before."""

    pairs: tuple[tuple[Item, int], ...]  # the entry, and the stored item that it must be
    strangers: int  # entries under an unknown address


def renamed(
    db: sqlite3.Connection, source: str, platform: Platform, found: Sequence[Item]
) -> Renamed:
    """Look for entries that are known by guid or title, but whose address is not.

    A title counts only where it is one of its kind, in the document and in the store.
    """
    strangers = _strangers(db, platform, found)
    titles = Counter(item.title for item in found)
    pairs = []
    for item in strangers:
        pk = _by_guid(db, source, item)
        if pk is None and titles[item.title] == 1:
            pk = _by_title(db, source, item)
        if pk is not None:
            pairs.append((item, pk))
    return Renamed(pairs=tuple(pairs), strangers=len(strangers))


def _strangers(db: sqlite3.Connection, platform: Platform, found: Sequence[Item]) -> list[Item]:
    """Return the items that neither a key nor an address of the store leads to."""
    names = json.dumps([item.key for item in found])
    keys = {row[0] for row in db.execute(
        "SELECT key FROM item WHERE platform = ? AND key IN (SELECT value FROM json_each(?))",
        (platform.id, names))}  # fmt: skip
    unknown = [item for item in found if item.key not in keys]
    places = {item.key: {c for c, _, _ in addresses(item.aliases, platform)} for item in unknown}
    known = {row[0] for row in db.execute(
        "SELECT canonical FROM alias WHERE platform = ?"
        " AND canonical IN (SELECT value FROM json_each(?))",
        (platform.id, json.dumps(sorted(set().union(*places.values())))))}  # fmt: skip
    return [item for item in unknown if not places[item.key] & known]


def _by_guid(db: sqlite3.Connection, source: str, item: Item) -> int | None:
    row = db.execute(
        "SELECT pk FROM item WHERE source = ? AND entry_id = ? AND merged_into IS NULL",
        (source, item.entry_id),
    ).fetchone()
    return int(row["pk"]) if row else None


def _by_title(db: sqlite3.Connection, source: str, item: Item) -> int | None:
    rows = db.execute(
        "SELECT pk FROM item WHERE title = ? AND source = ? AND state = 'live'"
        " AND merged_into IS NULL LIMIT 2",
        (item.title, source),
    ).fetchall()
    return int(rows[0]["pk"]) if len(rows) == 1 else None


def carry_over(
    db: sqlite3.Connection, platform: Platform, pairs: Sequence[tuple[Item, int]]
) -> None:
    """Let items that a person has accepted under their new addresses stay what they are."""
    with transaction(db):
        db.executemany(
            "INSERT OR IGNORE INTO alias (platform, canonical, link_key, url, item)"
            " VALUES (?, ?, ?, ?, ?)",
            [(platform.id, *address, pk) for item, pk in pairs
             for address in addresses(item.aliases, platform)],
        )  # fmt: skip


def stored_text(db: sqlite3.Connection, platform: str, canonical: str) -> tuple[str, int] | None:
    """Return the title of the one item at an address, and the length of its text (about)."""
    rows = db.execute(
        "SELECT title, max(length(text), coalesce(json_extract(digest, '$.length'), 0) * 6)"
        " FROM alias JOIN item ON item.pk = alias.item"
        " WHERE alias.platform = ? AND alias.canonical = ? AND content_rank = 3"
        " AND merged_into IS NULL AND key NOT LIKE '%#%'",
        (platform, canonical),
    ).fetchall()
    return (str(rows[0][0]), int(rows[0][1])) if rows else None


# --- what was accepted -----------------------------------------------------------------------


def accept(db: sqlite3.Connection, source: str, by: str, now: str) -> str:
    """Record that what a suspect source says now is its new normal: its next run is believed.

    Returns:
        The reason of the suspicion that is withdrawn.

    Raises:
        ConfigError: The source is not suspect.
    """
    with transaction(db):
        found = state_of(db, source)
        if found.state != RunState.SUSPECT:
            raise ConfigError(
                f"die Quelle ist nicht verdächtig (Zustand: {found.state})", where=source,
                remedy="nichts zu bestätigen",
            )  # fmt: skip
        db.execute(
            "INSERT OR REPLACE INTO acceptance (source, at, by_name, reason, message)"
            " VALUES (?, ?, ?, ?, ?)",
            (source, now, by, found.reason or "", found.message or ""),
        )
        db.execute("UPDATE source_state SET next_at = NULL WHERE source = ?", (source,))
        frontier.ask_missing(db, source, now)
    return found.reason or ""


def check_declared(source: Source, reason: str | None, where: str) -> None:
    """Refuse to accept what the source list itself forbids.

    Raises:
        ConfigError: The promise of the list has to be changed.
    """
    declared = {
        Code.STALE: ("max_age", source.expect.max_age is not None),
        Code.EMPTY: ("min_entries", bool(source.expect.min_entries)),
    }
    name, is_declared = declared.get(Code(reason), ("", False)) if reason else ("", False)
    if is_declared:
        raise ConfigError(
            f"{source.id} verspricht in der Quellenliste selbst `{name}`", where=where,
            remedy=f"dort `expect: {name}` der Quelle ändern",
        )  # fmt: skip


def is_accepted(db: sqlite3.Connection, source: str) -> bool:
    """Whether the next run of a source is to be believed whatever is usual."""
    row = db.execute("SELECT 1 FROM acceptance WHERE source = ? AND used_at IS NULL", (source,))
    return row.fetchone() is not None


def use(db: sqlite3.Connection, source: str, now: str) -> None:
    """Note that a run was believed on acceptance, and forget what was usual until then."""
    db.execute(
        "UPDATE acceptance SET used_at = ? WHERE source = ? AND used_at IS NULL", (now, source)
    )
    db.execute("DELETE FROM reading WHERE source = ?", (source,))


def acceptances(db: sqlite3.Connection, source: str) -> list[dict[str, str | None]]:
    """Return what was accepted of a source, latest first."""
    rows = db.execute(
        "SELECT at, by_name, reason, message, used_at FROM acceptance WHERE source = ?"
        " ORDER BY at DESC", (source,),
    )  # fmt: skip
    return [dict(row) for row in rows]
