"""What every process sets up alike: its fetcher, by the settings, and the rules for addresses."""

import logging
import sqlite3
from pathlib import Path

from aggregator import urls
from aggregator.clock import Clock, stamp
from aggregator.config import load_settings, vocabulary
from aggregator.fetch.client import Fetcher, Limits, user_agent
from aggregator.fetch.visit import Report, unheard
from aggregator.fetch.way import Way
from aggregator.hostbook import HostBook
from aggregator.model import Site
from aggregator.store import rekey

log = logging.getLogger(__name__)
MOST_REKEYED = 0.05  # share of all items that changed rules may merge or split unasked


def make_fetcher(
    hosts: HostBook, clock: Clock, data: Path, site: Site, *, on_exchange: Report = unheard,
    reservations: bool = False,
) -> Fetcher:  # fmt: skip
    """Return a fetcher within the bounds that the settings draw.

    Args:
        hosts: Turns, spacing, robots rules and cookies.
        clock: For spacing.
        data: Folder of the settings.
        site: Its contact stands in the User-Agent unless the settings name another.
        on_exchange: Told of every request.
        reservations: Heed each host's `tdmrep.json`; for a crawl, not for a look at one page.

    Raises:
        ConfigError: The settings are wrong.
    """
    settings = load_settings(data)
    limits = Limits(
        deadline_s=settings.request_deadline.total_seconds(),
        page_bytes=settings.max_page_mb * 2**20,
        large_bytes=settings.max_document_mb * 2**20,
    )
    way = Way(
        proxy=settings.proxy or None, ca_file=settings.ca_file or None, client=settings.http_client
    )
    agent = user_agent(settings.contact or site.contact)
    return Fetcher(
        hosts, clock, agent, limits=limits, on_exchange=on_exchange, way=way,
        reservations=reservations,
    )  # fmt: skip


def install_rules(data: Path) -> None:
    """Let the installation's own URL rules hold in this process.

    Raises:
        ConfigError: `vocabulary.yaml` is wrong.
    """
    urls.install(vocabulary(data).url_rules)


def settle_rules(db: sqlite3.Connection, clock: Clock) -> None:
    """Call what is stored by the rules in force, when they have changed.

    Too many merges or splits wait for a person (`aggregator urls apply`); until then the rules by
    which things are stored stay in force in this process.
    """
    found = rekey.settle(
        db, urls.table_with(urls.installed()), stamp(clock.now()), most=MOST_REKEYED
    )
    if found is None:
        return
    told = f"{found.items_before} -> {found.items_after} Einträge"
    if rekey.is_current(db, urls.table_with(urls.installed())):
        log.warning("Geänderte Adressregeln sind angewandt: %s", told)
        return
    stored = rekey.stored_under(db)
    urls.install({section: stored[section] for section in urls.SECTIONS})
    log.warning(
        "Geänderte Adressregeln warten, weil viel zusammenfiele: %s; ansehen: aggregator urls"
        " preview, anwenden: aggregator urls apply", told,
    )  # fmt: skip
