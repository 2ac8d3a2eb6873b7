"""The stored frontier: every address of a source, to be fetched or fetched and to be revisited.

A row is written in the transaction that discovered its address, so nothing is lost when a process
dies between a feed and its detail pages. A row is worked on under the lease of its source.
`listed` remembers what each enumerating document named when it was last read; from it "vanished"
is concluded.
"""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from aggregator.clock import instant, stamp
from aggregator.model import Role, Validators
from aggregator.store import moves
from aggregator.store.connection import transaction

FAR = "9999-12-31T00:00:00Z"  # index rows wait until their source is read again
ENUMERATING = (Role.ROOT, Role.INDEX)
REACHABLE = "(reachable)"  # stands for the document in `listed`
RETRIES = 5  # failing details wait longer each time: 1, 2, 4, 8, 16 hours
GIVE_UP = timedelta(days=7)
# A list in the order of change is read to its end this often, to see what is no longer in it.
READ_TO_END = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One address of a source."""

    source: str
    url: str
    canonical: str
    role: Role
    reason: str  # new changed dropped revisit root
    attempts: int
    validators: Validators
    missing_since: str | None
    visits: int


COLUMNS = (
    "source, url, canonical, role, reason, attempts, etag, last_modified, body_sha256,"
    " missing_since, visits"
)


def row_of(row: sqlite3.Row) -> Row:
    """Read a row by its columns' names."""
    validators = Validators(
        etag=row["etag"], last_modified=row["last_modified"], body_sha256=row["body_sha256"]
    )
    return Row(
        source=row["source"], url=row["url"], canonical=row["canonical"], role=Role(row["role"]),
        reason=row["reason"], attempts=row["attempts"], validators=validators,
        missing_since=row["missing_since"], visits=row["visits"],
    )  # fmt: skip


def unsaved(source: str, url: str, canonical: str, role: Role = Role.ROOT) -> Row:
    """Return an address that is not stored, for a preview."""
    return Row(
        source=source, url=url, canonical=canonical, role=role, reason="new", attempts=0,
        validators=Validators(), missing_since=None, visits=0,
    )  # fmt: skip


def open_pass(
    db: sqlite3.Connection, source: str, url: str, canonical: str, now: str, *, trusted_since: str
) -> None:
    """Make due what enumerates a source: its root, and the pages that the root leads to.

    Args:
        db: The connection.
        source: Its id.
        url: The address in sources.yaml; a new one takes the old one's place.
        canonical: Of that address.
        now: The instant.
        trusted_since: A page whose lastmod did not move is asked again unless it was read after
            this instant: many sites never touch the lastmod of their sub-sitemaps.

    A run between two passes (`plan`) goes on with what waits and asks for no enumeration, unless
    somebody asks by name (then `trusted_since` is `now`).
    """
    with transaction(db):
        db.execute(
            "DELETE FROM frontier WHERE source = ? AND turn = 0 AND canonical <> ?",
            (source, canonical),
        )
        if trusted_since < now and _is_between_passes(db, source, now):
            return
        db.execute(
            "INSERT INTO frontier (source, url, canonical, role, reason, due_at, pending)"
            " VALUES (?, ?, ?, 'root', 'root', ?, 0)"
            " ON CONFLICT (source, canonical) DO UPDATE SET url = excluded.url, role = 'root',"
            " due_at = excluded.due_at, attempts = 0",
            (source, moves.address(db, source, url, now), canonical, now),
        )
        db.execute(
            "UPDATE frontier SET due_at = min(due_at, ?), attempts = 0"
            " WHERE source = ? AND turn = 1 AND (lastmod IS NULL OR fetched_at <= ?)"
            " AND (chained = 0 OR pending = 1)",
            (now, source, trusted_since),
        )


def _is_between_passes(db: sqlite3.Connection, source: str, now: str) -> bool:
    """Whether other addresses than the root are due before the next pass is."""
    row = db.execute(
        "SELECT 1 FROM frontier WHERE source = :source AND turn = 0 AND due_at > :now"
        " AND due_at < :far AND EXISTS (SELECT 1 FROM frontier f WHERE f.source = :source"
        "  AND f.turn IN (1, 2, 3, 4) AND f.due_at <= :now)",
        {"source": source, "now": now, "far": FAR},
    ).fetchone()
    return row is not None


def plan(db: sqlite3.Connection, source: str, at: str) -> None:
    """Say when the next pass begins; part of a run's last transaction."""
    db.execute("UPDATE frontier SET due_at = ? WHERE source = ? AND turn = 0", (at, source))


def next_due(db: sqlite3.Connection, source: str, now: str, *, revisits_left: int) -> Row | None:
    """Return the address to be fetched next, None when nothing is due.

    What enumerates comes first, then what left an enumeration (a moved page must be seen at its
    old address before its new one), then what is new or changed, then revisits (column `turn`).
    Within these, older dues first; of the pages of a list those never read, since a cursor that
    moves with each new entry leaves pages behind that nobody names any more. Each turn is one step
    in an index, however long the frontier.
    """
    row = db.execute(
        f"SELECT {COLUMNS} FROM frontier"  # noqa: S608 (fixed columns)
        " WHERE source = :source AND due_at <= :now AND turn = ("
        "  SELECT column1 FROM (VALUES (0), (1), (2), (3), (4)) WHERE column1 <= :most AND EXISTS ("
        "   SELECT 1 FROM frontier f WHERE f.source = :source AND f.turn = column1"
        "    AND f.due_at <= :now) ORDER BY column1 LIMIT 1)"
        " ORDER BY due_at, canonical LIMIT 1",
        {"source": source, "now": now, "most": 4 if revisits_left > 0 else 3},
    ).fetchone()
    if row and row["role"] == Role.INDEX:
        row = _never_read(db, source, now) or row
    return row_of(row) if row else None


def _never_read(db: sqlite3.Connection, source: str, now: str) -> sqlite3.Row | None:
    """Return the page of a list that is due and was never read, the oldest due first."""
    row: sqlite3.Row | None = db.execute(
        f"SELECT {COLUMNS} FROM frontier"  # noqa: S608 (fixed columns)
        " WHERE source = ? AND turn = 1 AND due_at <= ? AND fetched_at IS NULL"
        " ORDER BY due_at, canonical LIMIT 1",
        (source, now),
    ).fetchone()
    return row


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What of a source waits; `FAR` stands for: none."""

    pending: int  # addresses to be fetched for the first time or anew
    waiting: str  # when the first of them is due, or a page of an enumeration that was not reached
    revisit: str  # when the first page to be revisited is due


def outlook(db: sqlite3.Connection, source: str) -> Outlook:
    """Return what of a source waits."""
    pending, waiting, unread, revisit = db.execute(
        "SELECT (SELECT count(*) FROM frontier WHERE source = :source AND pending = 1),"
        " (SELECT min(due_at) FROM frontier WHERE source = :source AND pending = 1),"
        " (SELECT min(due_at) FROM frontier WHERE source = :source AND turn = 1),"
        " (SELECT min(due_at) FROM frontier WHERE source = :source AND turn = 4)",
        {"source": source},
    ).fetchone()
    return Outlook(
        pending=pending, waiting=min(waiting or FAR, unread or FAR), revisit=revisit or FAR
    )


def add(
    db: sqlite3.Connection,
    source: str,
    follows: Iterable[tuple[str, str, Role, str | None]],
    *,
    now: str,
) -> int:
    """Write addresses into the frontier; part of the transaction that discovered them.

    Args:
        db: The connection, in a transaction.
        source: The id of the source.
        follows: (url, canonical, role, lastmod) each. A known address becomes due again only when
            its lastmod moved, or when it enumerates and says no lastmod.
        now: The instant of discovery.

    Returns:
        How many are new or became due again.
    """
    written = db.executemany(
        "INSERT INTO frontier (source, url, canonical, role, reason, due_at, pending, lastmod)"
        " VALUES (?, ?, ?, ?, 'new', ?, 1, ?)"
        " ON CONFLICT (source, canonical) DO UPDATE SET url = excluded.url,"
        " lastmod = excluded.lastmod, reason = 'changed', due_at = excluded.due_at, pending = 1,"
        " attempts = 0"
        " WHERE frontier.role <> 'root' AND frontier.fetched_at IS NOT NULL"
        " AND excluded.lastmod IS NOT NULL AND excluded.lastmod IS NOT frontier.lastmod",
        [(source, url, canonical, role, now, lastmod)
         for url, canonical, role, lastmod in follows],
    )  # fmt: skip
    return max(0, written.rowcount)


def chain(
    db: sqlite3.Connection, source: str, follows: Iterable[tuple[str, str, Role, str | None]]
) -> None:
    """Note which pages go on with a list in the order of change (see `go_on`)."""
    db.executemany(
        "UPDATE frontier SET chained = 1 WHERE source = ? AND canonical = ? AND role = 'index'",
        [(source, canonical) for _, canonical, role, _ in follows if role is Role.INDEX],
    )


def _has_chain(db: sqlite3.Connection, source: str) -> bool:
    """Whether the list of a source has further pages in the order of change."""
    query = "SELECT 1 FROM frontier WHERE source = ? AND turn <= 1 AND chained = 1 LIMIT 1"
    return db.execute(query, (source,)).fetchone() is not None


def go_on(db: sqlite3.Connection, row: Row, *, has_news: bool, now: str) -> None:
    """Make the page due that goes on with a list in the order of change.

    It is asked for when this page had news, and about once a week in any case; a page that was
    read in this pass already is not asked for again.
    """
    if row.role not in ENUMERATING or not _has_chain(db, row.source):
        return
    read_to_end = stamp(instant(now) - READ_TO_END)
    db.execute(
        "UPDATE frontier SET due_at = ?, attempts = 0 WHERE source = ? AND chained = 1"
        " AND canonical IN (SELECT canonical FROM listed WHERE source = ? AND document = ?)"
        " AND fetched_at < (SELECT fetched_at FROM frontier WHERE source = ? AND role = 'root')"
        " AND (? OR EXISTS (SELECT 1 FROM frontier WHERE source = ? AND turn = 1 AND chained = 1"
        "  AND fetched_at <= ?))",
        (now, row.source, row.source, row.canonical, row.source, has_news, row.source,
         read_to_end),
    )  # fmt: skip


def make_due(db: sqlite3.Connection, source: str, canonical: str, reason: str, now: str) -> None:
    """Make a stored page due at once (its entry changed, or it left the enumeration)."""
    db.execute(
        "UPDATE frontier SET due_at = ?, reason = ?, pending = 1, attempts = 0"
        " WHERE source = ? AND canonical = ? AND role IN ('detail', 'document')"
        " AND pending = 0",
        (now, reason, source, canonical),
    )


def fetched(
    db: sqlite3.Connection,
    row: Row,
    *,
    validators: Validators,
    status: int,
    changed: bool,
    complete: bool | None,
    next_in: timedelta,
    now: str,
) -> None:
    """Record a good answer; part of the transaction that stores the entries of that body."""
    due = FAR if row.role in ENUMERATING else stamp(instant(now) + next_in)
    db.execute(
        "UPDATE frontier SET etag = ?, last_modified = ?, body_sha256 = ?, status = ?,"
        " fetched_at = ?, due_at = ?, pending = 0, attempts = 0, missing_since = NULL,"
        " reason = iif(role = 'root', 'root', 'revisit'),"
        " visits = iif(?, 0, visits + 1), complete = coalesce(?, complete)"
        " WHERE source = ? AND canonical = ?",
        (validators.etag, validators.last_modified, validators.body_sha256, status, now, due,
         changed, complete, row.source, row.canonical),
    )  # fmt: skip


def failed(
    db: sqlite3.Connection,
    row: Row,
    *,
    status: int | None,
    missing: bool,
    now: str,
    retry_in: timedelta | None,
) -> None:
    """Record a bad answer for a detail or index page: it waits, ever longer.

    Args:
        db: The connection, in a transaction.
        row: The address.
        status: Of the answer, None without one.
        missing: It was 404 or 410: counted from the first of an unbroken row.
        now: The instant.
        retry_in: The server's own wish, which only delays.
    """
    wait = timedelta(hours=2 ** min(row.attempts, RETRIES))
    if missing:
        wait = timedelta(days=1)
    if row.attempts >= RETRIES:
        wait = GIVE_UP
    due = stamp(instant(now) + max(wait, retry_in or timedelta()))
    if row.role is Role.ROOT:
        due = FAR  # the source itself says when it is read again
    db.execute(
        "UPDATE frontier SET attempts = attempts + 1, status = ?, due_at = ?,"
        " missing_since = iif(?, coalesce(missing_since, ?), NULL),"
        " pending = iif(attempts >= ?, 0, pending)"
        " WHERE source = ? AND canonical = ?",
        (status, due, missing, now, RETRIES, row.source, row.canonical),
    )


def retire(db: sqlite3.Connection, row: Row, status: int | None) -> None:
    """Stop visiting an address that is gone or that is none of ours."""
    db.execute(
        "UPDATE frontier SET due_at = ?, pending = 0, status = ?, attempts = 0"
        " WHERE source = ? AND canonical = ?",
        (FAR, status, row.source, row.canonical),
    )


def moved(db: sqlite3.Connection, row: Row, url: str, canonical: str) -> Row:
    """Let a page that was redirected for good be visited at its new address from now on."""
    db.execute("DELETE FROM frontier WHERE source = ? AND canonical = ?", (row.source, canonical))
    db.execute(
        "UPDATE frontier SET canonical = ?, url = ? WHERE source = ? AND canonical = ?",
        (canonical, url, row.source, row.canonical),
    )
    known = db.execute(
        f"SELECT {COLUMNS} FROM frontier WHERE source = ? AND canonical = ?",  # noqa: S608
        (row.source, canonical),
    ).fetchone()
    return row_of(known)


def keep_unlisted(db: sqlite3.Connection, row: Row) -> None:
    """Note that a page answers although no enumeration names it: it has not vanished.

    Without the note every run would visit it anew. From now on only 404 and 410 speak against it.
    """
    db.execute(
        "INSERT OR IGNORE INTO listed (source, document, canonical) VALUES (?, ?, ?)",
        (row.source, REACHABLE, row.canonical),
    )


# --- what enumerations name ------------------------------------------------------------------


def listed_count(db: sqlite3.Connection, source: str, document: str) -> int:
    """Count what a document named when it was last read."""
    row = db.execute(
        "SELECT count(*) FROM listed WHERE source = ? AND document = ?", (source, document)
    ).fetchone()
    return int(row[0])


def relist(db: sqlite3.Connection, source: str, document: str, named: Iterable[str]) -> None:
    """Replace what a document names; part of the transaction of its entries."""
    told = {"source": source, "document": document, "named": json.dumps(sorted(set(named)))}
    db.execute(
        "DELETE FROM listed WHERE source = :source AND document = :document"
        " AND canonical NOT IN (SELECT value FROM json_each(:named))",
        told,
    )
    db.execute(
        "INSERT OR IGNORE INTO listed (source, document, canonical)"
        " SELECT :source, :document, value FROM json_each(:named)",
        told,
    )


def names_nothing_new(
    db: sqlite3.Connection, source: str, document: str, named: Iterable[str]
) -> bool:
    """Whether all that a document names was named by others: a pager without end goes round."""
    marks = db.execute(
        "SELECT DISTINCT canonical FROM listed WHERE source = ? AND document NOT IN (?, ?)",
        (source, document, REACHABLE),
    )
    return {str(row[0]) for row in marks}.issuperset(named)


def says_complete(db: sqlite3.Connection, source: str, root: str) -> bool:
    """Whether the root of a source, when it was last read, said that it leads to everything."""
    row = db.execute(
        "SELECT complete FROM frontier WHERE source = ? AND canonical = ?", (source, root)
    ).fetchone()
    return bool(row and row["complete"])


def enumeration_is_complete(db: sqlite3.Connection, source: str, root: str) -> bool:
    """Whether every enumerating page that the root leads to was read and said that it saw all.

    Pages that no other one names any more (a listing that became shorter) are forgotten on the
    way; part of the run's last transaction.
    """
    reached = {
        str(row[0])
        for row in db.execute(
            "WITH RECURSIVE reach (canonical) AS (VALUES (?) UNION"
            " SELECT l.canonical FROM reach r JOIN listed l"
            " ON l.source = ? AND l.document = r.canonical"
            " JOIN frontier f ON f.source = l.source AND f.canonical = l.canonical"
            " AND f.role = 'index') SELECT canonical FROM reach",
            (root, source),
        )
    }
    pages = db.execute(
        "SELECT canonical, role, complete, pending, fetched_at, chained FROM frontier"
        " WHERE source = ? AND turn IN (0, 1)",
        (source,),
    ).fetchall()
    began = max((page["fetched_at"] or "" for page in pages if page["role"] == "root"), default="")
    for page in pages:
        if page["canonical"] not in reached:
            _forget(db, source, page["canonical"])
    return all(
        page["complete"]
        and not page["pending"]
        and page["fetched_at"]
        and not (page["chained"] and page["fetched_at"] < began)  # not read in this pass
        for page in pages
        if page["canonical"] in reached
    )


def _forget(db: sqlite3.Connection, source: str, canonical: str) -> None:
    """Drop an enumerating page and what it named."""
    db.execute("DELETE FROM frontier WHERE source = ? AND canonical = ?", (source, canonical))
    db.execute("DELETE FROM listed WHERE source = ? AND document = ?", (source, canonical))


def dropped(db: sqlite3.Connection, source: str) -> list[tuple[int, str | None]]:
    """Return the live items of a source that no enumeration names any more.

    Returns:
        (item, canonical address of its detail page in the frontier or None), ordered by key.
    """
    rows = db.execute(
        "SELECT DISTINCT i.pk, (SELECT f.canonical FROM frontier f JOIN alias b"
        "  ON b.item = i.pk AND b.canonical = f.canonical"
        "  WHERE f.source = o.source AND f.role IN ('detail', 'document')"
        "  ORDER BY f.canonical LIMIT 1)"
        " FROM observation o JOIN item i ON i.pk = o.item"
        " WHERE o.source = ? AND i.state = 'live'"
        # files that pages merely link to are named by no enumeration, those of a folder are
        " AND (o.role IN ('root', 'detail') OR o.role = 'document' AND EXISTS"
        "  (SELECT 1 FROM source s WHERE s.id = o.source AND s.kind = 'folder'))"
        " AND i.merged_into IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM alias a JOIN listed l"
        "  ON l.source = o.source AND l.canonical = a.canonical WHERE a.item = i.pk)"
        # entries that share a page (a FAQ) are named by the address before their fragment, and a
        # page that was shared before has its address by its key alone
        " AND NOT EXISTS (SELECT 1 FROM listed l WHERE l.source = o.source AND l.canonical ="
        "  iif(instr(i.key, '#') > 0, substr(i.key, 1, instr(i.key, '#') - 1), i.key))"
        " ORDER BY i.platform, i.key",
        (source,),
    )
    return [(row[0], row[1]) for row in rows]


def missing_count(db: sqlite3.Connection, source: str) -> int:
    """Count the pages of a source that answered 404 or 410 when they were last asked."""
    row = db.execute(
        "SELECT count(*) FROM frontier WHERE source = ? AND missing_since IS NOT NULL"
        " AND due_at < ?", (source, FAR),
    ).fetchone()  # fmt: skip
    return int(row[0])


def ask_missing(db: sqlite3.Connection, source: str, now: str) -> None:
    """Make the missing pages of a source due at once."""
    db.execute(
        "UPDATE frontier SET due_at = ? WHERE source = ? AND missing_since IS NOT NULL"
        " AND due_at < ?", (now, source, FAR),
    )  # fmt: skip


def live_count(db: sqlite3.Connection, source: str) -> int:
    """Count the live items that a source has seen."""
    row = db.execute(
        "SELECT count(DISTINCT i.pk) FROM observation o JOIN item i ON i.pk = o.item"
        " WHERE o.source = ? AND o.role <> 'document' AND i.state = 'live'"
        " AND i.merged_into IS NULL",
        (source,),
    ).fetchone()
    return int(row[0])
