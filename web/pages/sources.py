"""How the sources fare, and what we ask of whom."""

from datetime import timedelta

from flask import Blueprint, Response

from aggregator.clock import stamp
from aggregator.errors import NotFoundError
from aggregator.model import Policy
from aggregator.store import reads_sources, snapshots
from web.access import Need, needs
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


@pages.route("/sources/<source>/snapshots/<int:n>.txt")
@needs(Need.READING)
def snapshot(source: str, n: int) -> Response:
    """Hand out an answer that was not believed, as a text file that no browser runs.

    Only where its text may be shown; else `aggregator sources snapshots` prints it.
    """
    definition = reads_sources.source_page(database(), source, now())["definition"]
    if definition.get("policy") != Policy.FULL:
        raise NotFoundError("dieser Abzug darf nicht gezeigt werden", where=source,
                            remedy=f"aggregator sources snapshots {source} {n}")  # fmt: skip
    told = Response(snapshots.text_of(database(), source, n), mimetype="text/plain")
    told.headers["Content-Disposition"] = f'attachment; filename="{source}-{n}.txt"'
    told.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return told


@page(pages, "/how-we-crawl")
def how_we_crawl() -> Response:
    """Say how we crawl, and show by host what was really asked."""
    since = now() - timedelta(days=CRAWL_DAYS)
    document = {"days": CRAWL_DAYS, "hosts": reads_sources.hosts(database(), stamp(since))}
    return answer("how_we_crawl.html", document, title=t("crawl.title"))
