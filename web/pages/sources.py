"""How the sources fare, and what we ask of whom."""

from datetime import timedelta

from flask import Blueprint, Response

from aggregator.clock import stamp
from aggregator.store import reads_sources
from web.answers import answer, page
from web.database import database, now
from web.language import t

pages = Blueprint("sources", __name__)
COLUMNS = ("id", "platform", "kind", "url", "health", "state", "reason", "last_success_at",
           "last_run_at", "next_at", "pending", "new_7_days")  # fmt: skip
CRAWL_DAYS = 7


@page(pages, "/sources", "csv")
def sources() -> Response:
    """List the sources with their honest state, worst first."""
    told = reads_sources.sources(database(), now())
    document = {"summary": reads_sources.summary(told), "sources": told}
    rows = [{name: row[name] for name in COLUMNS} for row in told]
    return answer("sources.html", document, title=t("sources.title"), rows=rows)


@page(pages, "/sources/<source>")
def source(source: str) -> Response:
    """Show a source with its latest runs."""
    document = reads_sources.source_page(database(), source, now())
    return answer("source.html", document, title=t("source.title", name=source))


@page(pages, "/how-we-crawl")
def how_we_crawl() -> Response:
    """Say how we crawl, and show by host what was really asked."""
    since = now() - timedelta(days=CRAWL_DAYS)
    document = {"days": CRAWL_DAYS, "hosts": reads_sources.hosts(database(), stamp(since))}
    return answer("how_we_crawl.html", document, title=t("crawl.title"))
