"""What is covered: topics by platform and by level, with the reason of each blank."""

from functools import partial
from typing import Any

from flask import Blueprint, Response, request

from aggregator.store import reads_coverage
from aggregator.store.reads import Document
from web import heat, parameters
from web.answers import answer, here, page
from web.database import now
from web.language import day_of, t
from web.memo import counted
from web.words import topic_name, topic_slugs

pages = Blueprint("coverage", __name__)
GAPS = 3  # topics that are named as gaps


@page(pages, "/coverage", "csv")
def coverage() -> Response:
    """Show who covers what, and say what each blank means."""
    slugs = tuple(topic_slugs())
    count = partial(reads_coverage.coverage, now=now(), topics=slugs)
    document = counted(("coverage", day_of(now().isoformat()), slugs), count)
    return answer(
        "coverage.html", document, title=t("coverage.title"), rows=document["cells"],
        table=_table(document), gaps=_gaps(document),
    )  # fmt: skip


def _table(document: Document) -> Document:
    """Arrange what was asked for: platforms or levels as columns, numbers or ages in the cells."""
    wide = len(document["platforms"]) > heat.WIDE and "level" not in request.args
    by = parameters.choice("by", *(("level", "platform") if wide else ("platform", "level")))
    view = parameters.choice("view", "items", "age")
    columns = _platforms(document) if by == "platform" else _levels()
    cells = {(row["topic"], row.get("platform") or row["level"]): row
             for row in document["cells" if by == "platform" else "level_cells"]}  # fmt: skip
    rows = [
        {"topic": topic, "cells": [cells.get((topic["topic"], c["id"])) for c in columns]}
        for topic in document["topics"]
    ]
    return {
        "by": by, "view": view, "columns": columns, "rows": rows,
        "groups": heat.groups(columns) if by == "platform" else [],
        "left": len(document["platforms"]) - len(columns) if by == "platform" else 0,
        "switches": [
            ("coverage.by.platform", here(by="platform"), by == "platform"),
            ("coverage.by.level", here(by="level", level=None), by == "level"),
            ("coverage.view.items", here(view=None), view == "items"),
            ("coverage.view.age", here(view="age"), view == "age"),
        ],
    }  # fmt: skip


def _platforms(document: Document) -> list[Document]:
    """Return the platforms as columns: those of the levels asked for, at most so many."""
    levels = request.args.getlist("level")
    found = [row for row in document["platforms"] if not levels or row["level"] in levels]
    largest = sorted(found, key=lambda row: -row["items"])[: heat.MOST]
    return [row for row in found if row in largest]


def _levels() -> list[dict[str, Any]]:
    return [{"id": level, "level": level} for level in heat.LEVELS]


def _gaps(document: Document) -> list[Document]:
    """Return the topics that the fewest platforms write about."""
    fewest = sorted(document["topics"], key=lambda row: (row["platforms"], row["items"]))[:GAPS]
    return [row | {"name": topic_name(row["topic"])} for row in fewest]
