"""Tables of counts: how dark a cell is. The number always stands in it; colour is an extra."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from flask import Flask

from aggregator.model import Level
from aggregator.store.reads import Document
from web.language import known

LEVELS = [str(level) for level in Level]
STEPS = (0, 1, 10, 30, 80, 200)  # from which number on a cell is how dark
AGE_STEPS = (7, 30, 90, 365)  # days: the newer, the darker
WIDE = 24  # platforms from which on a table by level says more than one by platform
MOST = 40  # platforms of one table: the rest stands in the CSV
BLANKS = {"no_source": "×", "unread": "?", "silent": "0"}


def init_app(app: Flask) -> None:
    """Teach the templates how dark a cell is, and the marks of what is blank."""
    app.add_template_global(step)
    app.add_template_global(age_step)
    app.jinja_env.globals["blank_marks"] = BLANKS


def step(count: int) -> int:
    """Return how dark a number is: 0 to 5."""
    return max(n for n, least in enumerate(STEPS) if count >= least)


def age_step(days: int | None) -> int:
    """Return how dark an age is: 5 for the newest, 1 for the oldest and for what has no date."""
    if days is None:
        return 1
    return 5 - sum(days > bound for bound in AGE_STEPS)


def by_level(platforms: Iterable[Document]) -> list[Document]:
    """Return platforms by level; those that no list names come last."""
    return sorted(platforms, key=lambda row: place(row["level"]))


def place(level: str) -> int:
    """Return the place of a level in the order of all."""
    return LEVELS.index(level) if level in LEVELS else len(LEVELS)


def groups(columns: Sequence[Document]) -> list[tuple[str, int]]:
    """Return the levels above the columns, each with how many of them it spans."""

    def level(row: Document) -> Any:
        return row["level"]

    return [(name, len(list(members))) for name, members in groupby(columns, level)]


def platform_table(document: Document, cells: Iterable[Document]) -> Document:
    """Arrange links between platforms; only platforms that have some, the most linked `MOST`.

    `left` says how many platforms with links are not shown; sums are of what is.
    """
    found = {(c["from_platform"], c["to_platform"]): c for c in cells}
    weight: Counter[str] = Counter()
    for pair, cell in found.items():
        weight.update(dict.fromkeys(pair, cell["links"]))
    most = {platform for platform, _ in weight.most_common(MOST)}
    shown = by_level([row for row in document["platforms"] if row["id"] in most])
    kept = {pair: cell for pair, cell in found.items() if set(pair) <= most}
    table = _crossed(shown, kept)
    return {**table, "groups": groups(shown), "itself": True, "left": len(weight) - len(most)}


def level_table(cells: Iterable[Document]) -> Document:
    """Arrange links between levels; the diagonal holds those of platforms of one level."""
    found = {(c["from_level"], c["to_level"]): c for c in cells}
    names = sorted({level for pair in found for level in pair}, key=place)
    shown = [{"id": level, "name": known(f"level.{level}", level)} for level in names]
    return {**_crossed(shown, found), "groups": [], "itself": False, "left": 0}


def _crossed(shown: Sequence[Document], cells: Mapping[tuple[str, str], Document]) -> Document:
    """Return rows and columns with their sums."""
    rows = []
    for origin in shown:
        told = [cells.get((origin["id"], target["id"])) for target in shown]
        rows.append({"head": origin, "cells": told, "total": sum(c["links"] for c in told if c)})
    totals = [
        sum(cell["links"] for (_, target), cell in cells.items() if target == column["id"])
        for column in shown
    ]
    return {"columns": shown, "rows": rows, "totals": totals}
