"""The query string of a request as typed values, or an error that says what was expected."""

from collections.abc import Collection

from flask import request

from aggregator.clock import instant, stamp
from aggregator.errors import QueryError
from aggregator.model import Evidence, ItemKind, ItemState, Level, Policy
from aggregator.store.reads import Selection
from aggregator.store.search_query import LAST_PAGE, MOST, USUAL, day_begins, number, shown

__all__ = ["LAST_PAGE", "choice", "limit", "page", "selection", "since", "start"]


def limit() -> int:
    """Return how many rows a list shows: 1 to 100."""
    return number(request.args, "limit", USUAL, MOST)


def page() -> int:
    """Return the page of a list: 1 to 50."""
    return number(request.args, "page", 1, LAST_PAGE)


def start() -> int:
    """Return where a long list of an admin's page goes on: a number that the page before gave."""
    told = request.args.get("start", "")
    return int(told[:12]) if told.isascii() and told.isdigit() else 0


def choice(name: str, *allowed: str) -> str:
    """Return one of some words; the first is meant where nothing is said.

    Raises:
        QueryError: It is none of them.
    """
    told = request.args.get(name) or allowed[0]
    if told not in allowed:
        raise QueryError(
            f"„{shown(told)}“ gibt es nicht",
            where=name,
            remedy="erlaubt sind " + ", ".join(allowed),
        )
    return told


def since() -> str | None:
    """Return the instant from which on things are new, if the address says so."""
    return _day("since", 0)


def selection() -> Selection:
    """Return the filters of a list of items: repeated = or within, and across."""
    return Selection(
        platform=_words("platform"),
        source=_words("source"),
        kind=_words("kind", set(ItemKind)),
        level=_words("level", set(Level)),
        topic=_words("topic"),
        state=_words("state", set(ItemState) - {ItemState.HIDDEN}),
        evidence=_words("evidence", set(Evidence)),
        policy=_words("policy", set(Policy)),
        seen_since=_instant("seen_since"),
        since=_day("since", 0),
        until=_day("until", 1),
        dated=request.args.get("dated") == "1",
    )


def _words(name: str, allowed: Collection[str] = ()) -> tuple[str, ...]:
    told = tuple(dict.fromkeys(value for value in request.args.getlist(name) if value))
    for value in told:
        if allowed and value not in allowed:
            raise QueryError(
                f"„{shown(value)}“ gibt es nicht", where=name,
                remedy="erlaubt sind " + ", ".join(sorted(allowed)),
            )  # fmt: skip
    return told


def _instant(name: str) -> str | None:
    """Read an instant (2026-11-24T08:00:00Z), or a day as the instant where it begins."""
    told = request.args.get(name)
    if not told or "T" not in told:
        return _day(name, 0)
    try:
        return stamp(instant(told))
    except ValueError as error:
        raise QueryError(f"„{shown(told)}“ ist kein Zeitpunkt", where=name,
                         remedy="in der Form 2026-11-24T08:00:00Z angeben") from error  # fmt: skip


def _day(name: str, later: int) -> str | None:
    """Read a day, inclusive in Berlin, as the instant where it begins (or the next one does)."""
    told = request.args.get(name)
    return day_begins(name, told, later) if told else None
