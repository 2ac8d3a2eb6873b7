"""From what was typed to one form of a search: fields out of the text, values by their names.

A filter may come as a parameter of the address or as a field of the query, by a slug or by a name
that people use (`art:Beschluss`, `plattform:"Forum der Kommunen"`, `seit:2026`). Whatever way it
comes, it ends as the same parameter, so that form, chips, address and feed show one thing.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from aggregator import query as queries
from aggregator import query_forms
from aggregator.errors import QueryError
from aggregator.model import ItemKind, Level
from aggregator.query_words import GERMAN, KIND_NAMES, LEVEL_NAMES
from aggregator.store.search_query import LISTS, SearchQuery, day, shown
from aggregator.text.words import fold

MOST_VALUES = 40  # of one field
LONGEST_VALUE = 200  # code points
NAMED = 25  # values that a message lists


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A search in its one form, and the names that were typed like fields but are none."""

    query: SearchQuery
    unknown_fields: tuple[str, ...] = ()


def settle(db: sqlite3.Connection, topics: Mapping[str, str], query: SearchQuery) -> Settled:
    """Lift the fields out of the text, and give all values their slugs.

    Args:
        db: Knows platforms and sources.
        topics: Slug -> name.
        query: As typed.

    Raises:
        QueryError: The query cannot be read, or a value does not exist; the remedy names what does.
    """
    asked = queries.parse(query.text)
    told: dict[str, Any] = {
        name: (*getattr(query, name), *asked.fields.get(name, ())) for name in LISTS
    }
    for name, values in told.items():
        if len(values) > MOST_VALUES or any(len(value) > LONGEST_VALUE for value in values):
            raise QueryError(
                f"das Feld „{GERMAN[name]}“ hat zu viele oder zu lange Werte", where=name,
                remedy=f"höchstens {MOST_VALUES} Werte mit je {LONGEST_VALUE} Zeichen angeben",
            )  # fmt: skip
        if values and name != "ref":
            known = _known(db, topics, name)
            found = [_value(name, value, known) for value in values]
            told[name] = tuple(dict.fromkeys(found))
    for name in ("since", "until"):
        typed = asked.fields[name][-1] if name in asked.fields else getattr(query, name)
        told[name] = day(name, typed) if typed else None
    settled = replace(query, **told)
    if asked.fields:
        settled = replace(settled, text=query_forms.written(asked.node))
    settled.check()
    return Settled(query=settled, unknown_fields=tuple(map(shown, asked.unknown)))


def _known(db: sqlite3.Connection, topics: Mapping[str, str], name: str) -> dict[str, str]:
    """Return what a field may say, folded, and the slug that it means; slugs win."""
    names: dict[str, str] = {}
    slugs: Sequence[str] = ()
    if name == "kind":
        slugs, names = [str(kind) for kind in ItemKind], dict(KIND_NAMES)
    elif name == "level":
        slugs, names = [str(level) for level in Level], dict(LEVEL_NAMES)
    elif name == "topic":
        slugs, names = list(topics), {title: slug for slug, title in topics.items()}
    elif name == "platform":
        rows = db.execute("SELECT id, name, short_name FROM platform ORDER BY position").fetchall()
        slugs = [row["id"] for row in rows]
        names = {row[column]: row["id"] for column in ("short_name", "name") for row in rows}
    else:
        slugs = [
            row[0]
            for row in db.execute("SELECT id FROM source UNION SELECT DISTINCT source FROM run")
        ]
    known = {fold(title): slug for title, slug in names.items()}
    return known | {fold(slug): slug for slug in slugs}


def _value(name: str, told: str, known: Mapping[str, str]) -> str:
    """Return the slug of a value.

    Raises:
        QueryError: There is none; the remedy names the nearest, or what there is.
    """
    folded = fold(told.strip())
    if folded in known:
        return known[folded]
    slugs = list(dict.fromkeys(known.values()))
    like = get_close_matches(folded, known, n=1, cutoff=0.6)
    remedy = f"gemeint ist wohl „{known[like[0]]}“; " if like else ""
    remedy += f"es gibt {', '.join(slugs[:NAMED])}" if slugs else "es gibt noch keine"
    if len(slugs) > NAMED:
        remedy += f" und {len(slugs) - NAMED} weitere"
    raise QueryError(
        f"„{shown(told)}“ gibt es im Feld „{GERMAN[name]}“ nicht", where=name, remedy=remedy
    )
