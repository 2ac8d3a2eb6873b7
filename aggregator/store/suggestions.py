"""Suggestions while a query is typed: how its last word may go on, or what it may have meant."""

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from aggregator.query_words import FIELD_NAMES, KIND_NAMES, LEVEL_NAMES
from aggregator.store import epochs
from aggregator.store.derived import reading, snapshot
from aggregator.store.suggest import Spelling
from aggregator.text.words import fold

LONGEST = 200  # code points of a query that is still completed
MOST = 10
_LAST = re.compile(r"[^\s()\"“”„]+$")
_FIELD = re.compile(r"-?([^\W\d_]+):(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A whole query that may be meant, and what made it up: word, name, topic, field, spelling."""

    kind: str
    query: str


def suggestions(
    db: sqlite3.Connection,
    names: Iterable[Sequence[str]],
    topics: Mapping[str, str],
    typed: str,
) -> list[Suggestion]:
    """Return how a query may go on, best first.

    Args:
        db: The database.
        names: Groups of names that mean one thing.
        topics: Slug -> name.
        typed: The query so far.
    """
    last = _LAST.search(typed)
    if last is None or len(typed) > LONGEST:
        return []
    head, word = typed[: last.start()], last[0]
    field = _FIELD.fullmatch(word)
    if field and (name := FIELD_NAMES.get(field[1].casefold())):
        values = _values(db, topics, name, fold(field[2]))
        told = (Suggestion("field", f"{head}{field[1]}:{_quoted(value)}") for value in values)
        return list(islice(told, MOST))
    minus = "-" if word.startswith("-") else ""
    with snapshot(db):
        epoch = epochs.current(db)
        spelling = Spelling(reading(db), epoch.n if epoch else 0)
        words = list(_words(spelling, f"{head}{minus}", word.removeprefix("-")))
    unique: dict[str, Suggestion] = {}
    for one in chain(_names(names, topics, typed), words):
        unique.setdefault(fold(one.query), one)
    return list(unique.values())[:MOST]


def _words(spelling: Spelling, head: str, word: str) -> Iterator[Suggestion]:
    """Yield the query with its last word completed; where nothing begins so, corrected."""
    known = [one for one in spelling.complete(word) if fold(one) != fold(word)][:MOST]
    for one in known:
        yield Suggestion("word", f"{head}{one}")
    if not known:
        for one in spelling.correct([word]).values():
            yield Suggestion("spelling", f"{head}{one}")


def _names(
    groups: Iterable[Sequence[str]], topics: Mapping[str, str], typed: str
) -> Iterator[Suggestion]:
    """Yield names and topics of which a word begins as the query does."""
    begun = fold(typed.strip())
    if len(begun) < 2:
        return
    told = chain((("name", name) for name in chain.from_iterable(groups)),
                 (("topic", name) for name in topics.values()))  # fmt: skip
    for kind, name in told:
        folded = fold(name)
        if folded != begun and (folded.startswith(begun) or f" {begun}" in folded):
            yield Suggestion(kind, name)


def _values(
    db: sqlite3.Connection, topics: Mapping[str, str], name: str, begun: str
) -> Iterator[str]:
    """Yield the values of a field that begin so."""
    known: Iterable[str] = ()
    if name == "kind":
        known = chain(KIND_NAMES, KIND_NAMES.values())
    elif name == "level":
        known = chain(LEVEL_NAMES.values(), LEVEL_NAMES)
    elif name == "topic":
        known = chain(topics, topics.values())
    elif name in ("platform", "source"):
        known = [row[0] for row in db.execute(f"SELECT id FROM {name} ORDER BY position")]  # noqa: S608 (one of two names)
    yield from dict.fromkeys(value for value in known if fold(value).startswith(begun))


def _quoted(value: str) -> str:
    return f'"{value}"' if " " in value else value
