"""What every process sets up alike: its fetcher, by the settings, and the rules for addresses."""

from pathlib import Path

from aggregator import urls
from aggregator.clock import Clock
from aggregator.config import load_settings, vocabulary
from aggregator.fetch.client import Fetcher, Limits, user_agent
from aggregator.fetch.visit import Report, unheard
from aggregator.fetch.way import Way
from aggregator.hostbook import HostBook
from aggregator.model import Site


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
