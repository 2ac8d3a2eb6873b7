"""The report: matrix, coverage, freshness and quality on one page that can be printed."""

from functools import partial

from flask import Blueprint, Response

from aggregator.store import report as counts
from aggregator.store.reads import Document
from aggregator.store.reads_coverage import by_level
from aggregator.store.reads_overview import day_begin
from web import heat, parameters
from web.answers import answer, link, page
from web.database import now
from web.language import known, t
from web.memo import counted
from web.pages.links import with_urls
from web.words import topic_slugs

pages = Blueprint("reports", __name__)
DAYS = 30  # back, unless told otherwise
SECTIONS = ("dates", "texts", "internal_links", "sources", "runs", "suspect", "same", "related")
# Section -> its columns that are shares: part and whole.
SHARES = {"dates": ("dated_items", "items"), "texts": ("with_any", "items"),
          "internal_links": ("resolved", "links")}  # fmt: skip
METHOD = 8  # sentences on how it is counted


@page(pages, "/report", "csv")
def report() -> Response:
    """Show all numbers of the index, each with the way to count it again."""
    since = parameters.selection().since or day_begin(now(), DAYS)
    slugs = tuple(topic_slugs())
    count = partial(counts.report, now=now(), since=since, topics=slugs)
    document = counted(("report", now().date(), since, slugs), count)
    return answer(
        "report.html", document, title=t("report.title"),
        rows=[dict(zip(("section", "row", "column", "value"), row, strict=True))
              for row in counts.values(document)],
        figures=_figures(document),
        matrix=heat.platform_table(document, with_urls(document["matrix"]["rows"])),
        levels=heat.level_table(with_urls(document["levels"]["rows"])), cover=_cover(document),
        sections=SECTIONS, shares=SHARES, method=METHOD, keys=counts.KEYS,
        most=heat.WIDE,
    )  # fmt: skip


def _figures(document: Document) -> list[tuple[str, int, str]]:
    """Return the figures at the top, each with the address that shows what was counted."""
    told = document["summary"]["rows"][0]
    links = sum(row["links"] for row in document["matrix"]["rows"])
    return [
        ("platforms", told["platforms"], link("overview.platforms")),
        ("sources", told["sources"], link("sources.sources")),
        ("items", told["items"], link("overview.newest")),
        ("new_items", told["new_items"],
         link("overview.newest", seen_since=document["since"])),
        ("vanished_items", told["vanished_items"],
         link("overview.newest", state=["vanished", "gone"])),
        ("links", links, link("links.matrix")),
        ("groups", document["same"]["rows"][0]["groups"], "#same"),
        ("pairs_across", document["related"]["rows"][0]["pairs_across"], "#related"),
    ]  # fmt: skip


def _cover(document: Document) -> Document:
    """Arrange the coverage: a row for each platform, or each level, a column for each topic."""
    found = document["coverage"]["rows"]
    topics = list(dict.fromkeys(row["topic"] for row in found))
    by, homes = "platform", heat.by_level(document["platforms"])
    if len(homes) > heat.WIDE:
        by, found = "level", by_level(found, {home["id"]: home["level"] for home in homes})
        homes = [{"id": level, "short_name": known(f"level.{level}", level)}
                 for level in dict.fromkeys(row["level"] for row in found)]  # fmt: skip
    cells = {(row[by], row["topic"]): row for row in found}
    rows = [
        {"head": home, "cells": [cells[home["id"], topic] for topic in topics]} for home in homes
    ]
    return {"by": by, "topics": topics, "rows": rows}
