"""Where a link leads: the platform of an address, and the item that has it among its aliases."""

import sqlite3
from functools import lru_cache

from aggregator import urls
from aggregator.model import Identity, Platform
from aggregator.store.catalogue import platforms


class Addresses:
    """The addresses of the platforms, by host; former hosts lead to the platform of today."""

    def __init__(self, known: tuple[Platform, ...]) -> None:
        self._by_host: dict[str, Platform] = {}
        for platform in reversed(known):
            for address in (*platform.former, platform.url):
                self._by_host[_bare(urls.host_of(address))] = platform
        self.identity = lru_cache(maxsize=20_000)(self._identity)

    @classmethod
    def of(cls, db: sqlite3.Connection) -> "Addresses":
        """Read the mirrored platforms."""
        return cls(platforms(db))

    def platform(self, url: str) -> Platform | None:
        """Return the platform that an address belongs to."""
        return self._by_host.get(_bare(urls.host_of(url)))

    def _identity(self, url: str) -> Identity:
        """Return the identity of an address, by the rules of its platform."""
        return urls.identity(url, self.platform(url))


def fragment_of(url: str) -> str:
    """Return what stands behind the # of an address."""
    return url.partition("#")[2]


def _bare(host: str) -> str:
    return host.removeprefix("www.")


def target(
    db: sqlite3.Connection, addresses: Addresses, canonical: str, link_key: str, fragment: str = ""
) -> int | None:
    """Return the item that a link leads to; None when it is not in the index.

    The canonical address decides, else the link key. Of several items that have it, one of the
    platform that the address belongs to is preferred, then the first by platform and key. Of the
    items that share a page (the questions of a FAQ) the fragment names one.
    """
    home = addresses.platform(canonical)
    for sql, value in (
        ("SELECT i.pk, i.platform, a.canonical FROM alias a JOIN item i ON i.pk = a.item"
         " WHERE a.canonical = ? AND i.merged_into IS NULL AND i.state <> 'hidden'"
         " ORDER BY i.platform, i.key", canonical),
        ("SELECT i.pk, i.platform, a.canonical FROM alias a JOIN item i ON i.pk = a.item"
         " WHERE a.link_key = ? AND i.merged_into IS NULL AND i.state <> 'hidden'"
         " ORDER BY i.platform, i.key", link_key),
    ):  # fmt: skip
        rows = db.execute(sql, (value,)).fetchall()
        if rows:
            own = [row for row in rows if home and row["platform"] == home.id]
            return _of_page(db, (own or rows)[0], fragment)
    return None


def _of_page(db: sqlite3.Connection, row: sqlite3.Row, fragment: str) -> int:
    """Return the item of a page that a fragment names, else the one that has its address."""
    named = (
        fragment
        and db.execute(
            "SELECT pk FROM item WHERE platform = ? AND key = ? AND merged_into IS NULL"
            " AND state <> 'hidden'",
            (row["platform"], f"{row['canonical']}#{fragment}"),
        ).fetchone()
    )
    return int(named["pk"] if named else row["pk"])
