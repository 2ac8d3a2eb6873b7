"""Links between platforms, and references to laws, decisions and papers."""

from itertools import groupby
from typing import Any

from flask import Blueprint, Response, url_for

from aggregator.errors import NotFoundError
from aggregator.model import Level
from aggregator.store import reads_matrix, reads_references
from aggregator.store.reads import Document
from web import parameters
from web.answers import answer, here, page
from web.database import database
from web.language import known, t

pages = Blueprint("links", __name__)
LEVELS = [str(level) for level in Level]
STEPS = (0, 1, 10, 30, 80, 200)  # from which number on a cell is how dark


@page(pages, "/matrix", "csv")
def matrix() -> Response:
    """Show how often each platform links to each other one."""
    document = reads_matrix.matrix(database())
    for cell in document["cells"]:
        cell["url"] = url_for(
            "links.between", origin=cell["from_platform"], target=cell["to_platform"]
        )
    return answer(
        "matrix.html", document, title=t("matrix.title"), rows=document["cells"],
        table=_table(document),
    )  # fmt: skip


def _table(document: Document) -> Document:
    """Arrange the cells as rows and columns with sums; only platforms that have links."""
    cells = {(c["from_platform"], c["to_platform"]): c for c in document["cells"]}
    linked = {platform for pair in cells for platform in pair}
    shown = [row for row in document["platforms"] if row["id"] in linked]
    shown.sort(key=lambda row: LEVELS.index(row["level"]))
    rows = []
    for origin in shown:
        told = [cells.get((origin["id"], target["id"])) for target in shown]
        rows.append({
            "platform": origin, "cells": [c and c | {"step": _step(c["links"])} for c in told],
            "total": sum(c["links"] for c in told if c),
        })  # fmt: skip
    totals = [
        sum(c["links"] for (_, target), c in cells.items() if target == column["id"])
        for column in shown
    ]
    groups = [(level, len(list(members))) for level, members in groupby(shown, _level)]
    return {"groups": groups, "columns": shown, "rows": rows, "totals": totals}


def _level(platform: Document) -> str:
    return str(platform["level"])


def _step(count: int) -> int:
    return max(n for n, least in enumerate(STEPS) if count >= least)


@page(pages, "/matrix/<origin>/<target>")
def between(origin: str, target: str) -> Response:
    """Show the links behind one number of the matrix."""
    shown = parameters.page()
    document = reads_matrix.links_between(
        database(), origin, target, limit=parameters.limit(), page=shown
    )
    names = {row["id"]: row["name"] for row in reads_matrix.matrix(database())["platforms"]}
    document = {
        "from": {"id": origin, "name": names.get(origin, origin)},
        "to": {"id": target, "name": names.get(target, target)},
        **document,
    }
    title = t("between.title", origin=document["from"]["name"], target=document["to"]["name"])
    return answer("between.html", document, title=title, **_beside(document))


@page(pages, "/references/<kind>/<path:key>")
def reference(kind: str, key: str) -> Response:
    """Show who cites a law, a decision or a paper."""
    document = reads_references.reference_page(
        database(), kind, key, limit=parameters.limit(), page=parameters.page()
    )
    if not document["total"] and not document["owners"]:
        raise NotFoundError(
            "kein Eintrag nennt diese Fundstelle", where=f"{kind} {key}",
            remedy="Schreibweise prüfen oder danach suchen",
        )  # fmt: skip
    kind_name = known(f"reference.{kind}", kind)
    title = t("reference.title", kind=kind_name, key=key)
    return answer("reference.html", document, title=title, **_beside(document))


def _beside(document: Document) -> dict[str, Any]:
    """Return the addresses of the pages before and after."""
    shown, last = document["page"], min(document["pages"], parameters.LAST_PAGE)
    return {
        "previous_page": here(page=shown - 1 if shown > 2 else None) if shown > 1 else None,
        "next_page": here(page=shown + 1) if shown < last else None,
    }
