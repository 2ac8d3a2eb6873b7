"""One read-only connection for each request; a short writing one for what people do."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from flask import current_app, g

from aggregator import store

DATABASE = "querverweis.sqlite3"


def database() -> store.Connection:
    """Return the connection of this request.

    Raises:
        StoreError: There is no database yet, or it cannot be read.
    """
    if "db" not in g:
        g.db = store.connect(current_app.config["DATA"] / DATABASE, readonly=True)
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
    """Close the connection at the end of a request."""
    if (connection := g.pop("db", None)) is not None:
        connection.close()


def now() -> datetime:
    """Return the present by the application's clock."""
    present: datetime = current_app.config["CLOCK"].now()
    return present
