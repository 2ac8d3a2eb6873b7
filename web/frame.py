"""What every page shows around its content: who runs this, and how fresh the index is."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, current_app

from aggregator.errors import StoreError
from aggregator.model import Site
from aggregator.store import catalogue, reads_sources
from web.database import database, now

KEPT_S = 15  # the same answer for so long: no page should wait for it


def init_app(app: Flask) -> None:
    """Give every template `site`, `names` of platforms, and `crawl`."""
    app.context_processor(frame)
    app.add_template_global(operator_now)
    app.add_template_filter(domain)


def frame() -> dict[str, Any]:
    """Return who runs this and how its sources fare; still answers without a database."""
    kept = current_app.extensions.get("frame")
    if kept is None or time.monotonic() - kept[0] > KEPT_S:
        try:
            db = database()
            told = {
                "site": asdict(catalogue.site(db)),
                "names": {platform.id: platform.name for platform in catalogue.platforms(db)},
                "crawl": reads_sources.summary(reads_sources.sources(db, now())),
            }
        except StoreError:
            return {"site": asdict(Site()), "names": {}, "crawl": None}
        kept = (time.monotonic(), told)
        current_app.extensions["frame"] = kept
    found: dict[str, Any] = kept[1]
    return found


def domain(url: str) -> str:
    """Return the host of an address for people: without `www.`."""
    try:
        host = urlsplit(url).hostname
    except ValueError:  # such as http://[x/, in a link that somebody mistyped
        host = None
    return (host or url).removeprefix("www.")


def operator_now(operators: Sequence[Mapping[str, str | None]] | None) -> str:
    """Return who runs a platform today: those that have not been followed by another."""
    present = [row["name"] or "" for row in operators or () if not row.get("until")]
    return ", ".join(present) or "–"
