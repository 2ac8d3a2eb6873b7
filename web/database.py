"""One read-only connection for each request; a short writing one for what people do.

Reading connections are used again: what SQLite has read stays in memory, and opening one takes as
long as a small page.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from flask import current_app, g

from aggregator import store

DATABASE = "querverweis.sqlite3"
KEPT = 4  # reading connections without a request; each holds up to 32 MB

_File = tuple[int, int]  # device and inode: a restored database is another file


class Readers:
    """Reading connections to the database of one application."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turn = threading.Lock()
        self._idle: list[tuple[_File, store.Connection]] = []

    def take(self) -> store.Connection:
        """Return a connection that nobody else uses.

        Raises:
            StoreError: There is no database yet, or it cannot be read.
        """
        file = self._file()
        while True:
            with self._turn:
                if not self._idle:
                    break
                opened, connection = self._idle.pop()
            if opened == file:
                return connection
            connection.close()
        return store.connect(self._path, readonly=True)

    def give(self, connection: store.Connection) -> None:
        """Take back a connection; what it saw is let go."""
        connection.rollback()
        file = self._file()
        with self._turn:
            if file is not None and len(self._idle) < KEPT:
                self._idle.append((file, connection))
                return
        connection.close()

    def _file(self) -> _File | None:
        """Return which file it is, None for none."""
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino


def readers() -> Readers:
    """Return the reading connections of this application."""
    kept: Readers = current_app.extensions.setdefault(
        "querverweis_readers", Readers(current_app.config["DATA"] / DATABASE)
    )
    return kept


def database() -> store.Connection:
    """Return the connection of this request.

    Raises:
        StoreError: There is no database yet, or it cannot be read.
    """
    if "db" not in g:
        g.db = readers().take()
        store.read_one_state(g.db)  # a page never shows half of a rebuild
    connection: store.Connection = g.db
    return connection


@contextmanager
def writing() -> Iterator[store.Connection]:
    """Write in one short transaction, which ends with the block.

    What this request reads after it is the new state.

    Raises:
        StoreError: The database cannot be written.
    """
    connection = store.connect(current_app.config["DATA"] / DATABASE)
    try:
        with store.transaction(connection):
            yield connection
    finally:
        connection.close()
        close_connection()


@contextmanager
def connected() -> Iterator[store.Connection]:
    """Lend a connection that may write, for work that cuts its own transactions.

    Raises:
        StoreError: The database cannot be opened.
    """
    connection = store.connect(current_app.config["DATA"] / DATABASE)
    try:
        yield connection
    finally:
        connection.close()
        close_connection()


def close_connection(_error: BaseException | None = None) -> None:
    """Give the connection back at the end of a request."""
    if (connection := g.pop("db", None)) is not None:
        readers().give(connection)


def now() -> datetime:
    """Return the present by the application's clock."""
    present: datetime = current_app.config["CLOCK"].now()
    return present
