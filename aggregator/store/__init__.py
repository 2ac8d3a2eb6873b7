"""The only place with SQL. Functions take the connection first; rows become values here."""

from sqlite3 import Connection

from aggregator.store import (
    catalogue,
    changes,
    commit,
    expectations,
    frontier,
    items,
    leases,
    moves,
    quiet,
    runs,
    snapshots,
    state,
    versions,
)
from aggregator.store.connection import (
    ThreadConnections,
    connect,
    get_meta,
    read_one_state,
    set_meta,
    transaction,
)

__all__ = [
    "Connection",
    "ThreadConnections",
    "catalogue",
    "changes",
    "commit",
    "connect",
    "expectations",
    "frontier",
    "get_meta",
    "items",
    "leases",
    "moves",
    "quiet",
    "read_one_state",
    "runs",
    "set_meta",
    "snapshots",
    "state",
    "transaction",
    "versions",
]
