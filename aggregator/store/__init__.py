"""The only place with SQL. Functions take the connection first; rows become values here."""

from aggregator.store.connection import connect, get_meta, set_meta, transaction

__all__ = ["connect", "get_meta", "set_meta", "transaction"]
