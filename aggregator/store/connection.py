"""Opening the one SQLite file: pragmas, transactions, forward-only migrations.

Any process may write, briefly: transactions are BEGIN IMMEDIATE and meant to last at most 50 ms;
readers never wait for writers (WAL). Threads of one process queue for the write lock among
themselves: SQLite's own waiting is sleeping. Migrations are numbered SQL files; each is applied in
one transaction together with its number (`PRAGMA user_version`).
"""

import logging
import os
import re
import sqlite3
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib import resources
from pathlib import Path

from aggregator.errors import StoreError
from aggregator.store.place import refuse_network

log = logging.getLogger(__name__)
BUSY_TIMEOUT_S = 10
LONG_S = 0.05  # a transaction that others notice: it is logged with who held it
NAMED = 3  # functions that such a line names
_TURNS: dict[str, threading.RLock] = defaultdict(threading.RLock)  # by database


class _Connection(sqlite3.Connection):
    """A connection that knows with whom in this process it shares the write lock."""

    turn: threading.RLock


def connect(path: Path, *, readonly: bool = False) -> sqlite3.Connection:
    """Open the database, created and migrated where needed.

    Args:
        path: The file; its folder is created.
        readonly: Refuse every write of this connection. The file must exist.

    Returns:
        A connection in autocommit mode with `sqlite3.Row` rows; one for each thread.

    Raises:
        StoreError: Missing, locked, damaged, or written by a newer version.
    """
    try:
        if readonly and not path.exists():
            raise StoreError(
                "es gibt noch keine Datenbank", where=str(path),
                remedy="zuerst `aggregator refresh` oder `aggregator import` ausführen",
            )  # fmt: skip
        path.parent.mkdir(parents=True, exist_ok=True)
        refuse_network(path.parent)
        db = sqlite3.connect(
            path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False,
            factory=_Connection,
        )  # fmt: skip
        db.turn = _TURNS[str(path.absolute())]
        _prepare(db)
        migrate(db)
        if readonly:
            db.execute("PRAGMA query_only = ON")
    except (sqlite3.Error, OSError) as error:
        raise StoreError(
            f"die Datenbank lässt sich nicht öffnen: {error}", where=str(path),
            remedy="Rechte, freien Platz und mit `aggregator doctor` die Datei prüfen",
        ) from error  # fmt: skip
    return db


def _prepare(db: sqlite3.Connection) -> None:
    """Set what SQLite keeps for each connection."""
    db.row_factory = sqlite3.Row
    _write_ahead(db)
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("PRAGMA temp_store = MEMORY")
    db.execute("PRAGMA cache_size = -32000")
    db.execute("PRAGMA wal_autocheckpoint = 4000")  # 16 MB: pages that change often are moved once
    db.execute("PRAGMA journal_size_limit = 67108864")  # the WAL shrinks back to 64 MB


def _write_ahead(db: sqlite3.Connection) -> None:
    """Switch a new file to its write-ahead log.

    The switch wants the file for itself and fails at once when another process opens it at the
    same moment: the busy timeout does not hold for it.
    """
    end = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            if db.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.01)
        else:
            return


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Commit what the block writes, or nothing of it; joins a transaction that is open already.

    Raises:
        StoreError: The database was locked for longer than the busy timeout, or is full.
    """
    if db.in_transaction:
        yield db
        return
    try:
        with turn(db):
            db.execute("BEGIN IMMEDIATE")
            began = time.monotonic()
            try:
                yield db
            except BaseException:
                _leave(db)
                raise
            db.execute("COMMIT")
            if (held := time.monotonic() - began) > LONG_S:
                log.info("long transaction ms=%s by=%s", round(held * 1000), _by())
    except sqlite3.OperationalError as error:
        _leave(db)
        if not re.search("locked|busy|full|disk I/O|readonly", str(error)):
            raise
        raise StoreError(
            f"die Datenbank nimmt nichts an: {error}",
            remedy="später wiederholen; bei Dauer freien Platz und andere Prozesse prüfen",
        ) from error


def _by() -> str:
    """Return which functions of ours hold the transaction that ends, the innermost first."""
    names: list[str] = []
    frame = sys._getframe(1)  # noqa: SLF001 - inspect's way reads source files
    while (outer := frame.f_back) is not None and len(names) < NAMED:
        frame = outer
        module = str(frame.f_globals.get("__name__", ""))
        if module.startswith(("aggregator.", "web.")):
            names.append(f"{module}.{frame.f_code.co_name}")
    return " < ".join(names)


def turn(db: sqlite3.Connection) -> AbstractContextManager[object]:
    """Return the lock that the threads of this process take before SQLite's."""
    return db.turn if isinstance(db, _Connection) else nullcontext()


def _leave(db: sqlite3.Connection) -> None:
    """End a transaction that SQLite itself may already have ended."""
    if db.in_transaction:
        db.execute("ROLLBACK")


class ThreadConnections:
    """One long-lived connection for each thread of a process that works with many threads.

    Args:
        path: The database.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = []

    def mine(self) -> sqlite3.Connection:
        """Return the connection of the calling thread, opened at its first use.

        Raises:
            StoreError: As `connect`.
        """
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            found = self._local.connection = connect(self._path)
            self._opened.append(found)
        return found

    def close(self) -> None:
        """Close all connections; their threads have ended or use them no more."""
        while self._opened:
            self._opened.pop().close()
        self._local = threading.local()


def read_one_state(db: sqlite3.Connection) -> None:
    """Let everything that a connection reads until it is closed be of one state.

    For the length of a web page only: a reader that stays keeps the write-ahead log from ending.
    """
    db.execute("BEGIN")


def data_version(db: sqlite3.Connection) -> int:
    """Return a number that changes whenever another connection has written.

    Comparable only with what the same connection returned before.
    """
    return int(db.execute("PRAGMA data_version").fetchone()[0])


def migrations() -> list[tuple[int, str]]:
    """Return the numbered migrations as (number, SQL), in order."""
    folder = resources.files("aggregator.store") / "migrations"
    files = sorted(f.name for f in folder.iterdir() if re.fullmatch(r"\d{4}_\w+\.sql", f.name))
    return [(int(name[:4]), (folder / name).read_text("utf-8")) for name in files]


def migrate(db: sqlite3.Connection) -> None:
    """Bring the schema up to date; a database from the future is refused.

    A copy of an older database is kept beside it before anything is changed.

    Raises:
        StoreError: Its schema is newer than this program, or the copy cannot be written.
    """
    have = int(db.execute("PRAGMA user_version").fetchone()[0])
    steps = migrations()
    newest = steps[-1][0]
    if have > newest:
        raise StoreError(
            f"die Datenbank hat Schema {have}, dieses Programm kennt nur {newest}",
            remedy="eine neuere Version von Querverweis installieren",
        )
    if 0 < have < newest:
        _keep_copy(db, have)
    for number, script in steps:
        if number > have:
            _apply(db, number, script)


def _keep_copy(db: sqlite3.Connection, have: int) -> None:
    """Copy the database as `NAME.before-schema-N`; a copy that is there already stays."""
    name = next((row[2] for row in db.execute("PRAGMA database_list") if row[1] == "main"), "")
    copy = Path(f"{name}.before-schema-{have + 1}")
    if not name or copy.exists():
        return
    part = Path(f"{copy}.{os.getpid()}.part")
    try:
        target = sqlite3.connect(part)
        try:
            db.execute("BEGIN")
            db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            db.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")
        finally:
            _leave(db)
            target.close()
        part.replace(copy)
    except (sqlite3.Error, OSError) as error:
        part.unlink(missing_ok=True)
        raise StoreError(
            f"vor dem Umbau auf Schema {have + 1} ließ sich keine Kopie anlegen ({error})",
            where=str(copy), remedy="Platz schaffen: die Kopie ist so groß wie die Datenbank",
        ) from error  # fmt: skip


def _apply(db: sqlite3.Connection, number: int, script: str) -> None:
    """Run one migration and record its number in the same transaction."""
    with transaction(db):
        if int(db.execute("PRAGMA user_version").fetchone()[0]) >= number:
            return  # another process was quicker
        for statement in _statements(script):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {number:d}")


def _statements(script: str) -> Iterator[str]:
    """Split a script at the ends of its statements (`executescript` would commit)."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def get_meta(db: sqlite3.Connection, key: str, default: str = "") -> str:
    """Return a value of the table `meta`."""
    row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return str(row[0]) if row else default


def set_meta(db: sqlite3.Connection, key: str, value: str) -> None:
    """Set a value of the table `meta`."""
    db.execute(
        "INSERT INTO meta (key, value) VALUES (?, ?)"
        " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (key, value),
    )
