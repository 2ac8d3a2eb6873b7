"""What a refresh works with: fetcher, reading processes, host book, connections, platforms."""

import sqlite3
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from aggregator import store, urls
from aggregator.clock import Clock
from aggregator.config import load_settings
from aggregator.fetch.client import Fetcher
from aggregator.model import Catalogue, Platform, Source
from aggregator.record import Recorder
from aggregator.setting_up import install_rules, make_fetcher, settle_rules
from aggregator.store.hosts import StoredHosts
from aggregator.workers import Readers


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """What a refresh works with; shared by its threads."""

    database: Path
    fetcher: Fetcher
    hosts: StoredHosts
    clock: Clock
    platforms: dict[str, Platform]
    delays: dict[str, timedelta]  # the longest `delay` of the sources of a host
    recorder: Recorder
    connections: store.ThreadConnections
    readers: Readers
    trigger: str = "refresh"
    workers: int = 8
    # Set from outside (SIGTERM): every source ends after the address it is at.
    stop: threading.Event = field(default_factory=threading.Event)

    def is_over(self, deadline: float | None) -> bool:
        """Whether no further address may be fetched; `deadline` is of `time.monotonic()`."""
        return self.stop.is_set() or (deadline is not None and time.monotonic() > deadline)

    def close(self) -> None:
        """Close the connections to the outside and to the database, end the reading processes."""
        self.fetcher.close()
        self.readers.close()
        self.hosts.close()
        self.connections.close()


def make_engine(
    db: sqlite3.Connection,
    database: Path,
    catalogue: Catalogue,
    data: Path,
    clock: Clock,
    trigger: str,
) -> Engine:
    """Return what a refresh works with; the store's copy of the source list is made current.

    Args:
        db: An open connection.
        database: The file, for the connections of the threads.
        catalogue: The source list.
        data: Folder of the settings.
        clock: Shared by all threads.
        trigger: Who asks: refresh, schedule, demo.

    Raises:
        ConfigError: The settings are wrong.
    """
    store.catalogue.mirror(db, catalogue)
    install_rules(data)
    settle_rules(db, clock)
    settings = load_settings(data)
    recorder = Recorder()
    hosts = StoredHosts(database, clock)
    fetcher = make_fetcher(
        hosts, clock, data, catalogue.site, on_exchange=recorder, reservations=True
    )
    return Engine(
        database=database, fetcher=fetcher, hosts=hosts, clock=clock, recorder=recorder,
        connections=store.ThreadConnections(database),
        readers=Readers(settings.parse_workers, fast_feeds=settings.fast_feeds),
        trigger=trigger, workers=settings.workers,
        platforms={platform.id: platform for platform in catalogue.platforms},
        delays=_delays(catalogue.sources),
    )  # fmt: skip


def _delays(sources: Iterable[Source]) -> dict[str, timedelta]:
    """Return the longest delay of each host: what one source is owed, all must leave behind."""
    longest: dict[str, timedelta] = {}
    for source in sources:
        if source.delay:
            host = urls.host_of(source.url or "")
            longest[host] = max(source.delay, longest.get(host, source.delay))
    return longest
