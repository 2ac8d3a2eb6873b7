"""Reading the history of an item: its states, and what changed from each to the next."""

import sqlite3
from collections.abc import Iterator
from dataclasses import asdict
from itertools import pairwise

from aggregator import diff
from aggregator.errors import NotFoundError
from aggregator.store.reads import Document, items_by_pk
from aggregator.store.versions import State, states

DIFFS = 100  # versions of one item that its document tells with their difference, latest first
DIFF_CHARS = 2_000_000  # and so much text is compared for it; each version has a page of its own


def versions(db: sqlite3.Connection, pk: int, *, with_diffs: bool = True) -> list[Document]:
    """Return the superseded states of an item, latest first, without their texts.

    Each tells in `diff` what turned it into the next one; None for those too old to be compared
    each time: theirs stands at their own address.
    """
    last = db.execute("SELECT coalesce(max(n), 0) FROM version WHERE item = ?", (pk,)).fetchone()[0]
    rows = db.execute(
        "SELECT n, from_at, until_at, title, content_hash, from_at AS 'from', until_at AS until,"
        " content_hash AS hash FROM version WHERE item = ? ORDER BY n DESC", (pk,),
    )  # fmt: skip
    told = [{**dict(row), "diff": None} for row in rows]
    if told and with_diffs:
        found = dict(_diffs(list(states(db, pk, since=max(1, last - DIFFS + 1)))))
        for row in told:
            row["diff"] = found.get(row["n"])
    return told


def _diffs(known: list[State]) -> Iterator[tuple[int, Document]]:
    """Yield numbers and differences, latest first, until the effort is spent."""
    left = DIFF_CHARS
    for before, after in reversed(list(pairwise(known))):
        left -= len(before.text) + len(after.text)
        if left < 0:
            return
        yield before.n, _difference(before, after)


def _difference(before: State, after: State) -> Document:
    """Return what turned one state into the next; offsets in code points, ends exclusive."""
    dates = [before.published_at, after.published_at]
    return {
        "title": _operations(before.title, after.title),
        "text": _operations(before.text, after.text),
        "published_at": dates if dates[0] != dates[1] else None,
        "links": {
            "added": [url for url in after.links if url not in before.links],
            "removed": [url for url in before.links if url not in after.links],
        },
    }


def _operations(old: str, new: str) -> list[Document]:
    return [asdict(change) for change in diff.changes(old, new)]


def version_page(db: sqlite3.Connection, pk: int, n: int) -> Document:
    """Return a state of an item and what turned it into the next one.

    Raises:
        NotFoundError: The item has no version of this number.
    """
    known = list(states(db, pk, since=n)) if n > 0 else []
    if not known or known[0].n != n:
        raise NotFoundError("diese Fassung gibt es nicht", where=str(n))
    before, after = known[0], known[1] if len(known) > 1 else None
    document: Document = {
        "item": items_by_pk(db, [pk])[pk],
        "version": _told(before), "next": _told(after) if after else None,
        "last": known[-1].n, "diff": None, "passages": [],
    }  # fmt: skip
    if after is not None:
        document["diff"] = _difference(before, after)
        found = diff.changes(before.text, after.text)
        document["passages"] = [
            [asdict(piece) for piece in pieces] for pieces in diff.passages(before.text, found)
        ]
    return document


def _told(state: State) -> Document:
    return {
        "n": state.n, "from": state.from_at, "until": state.until_at, "title": state.title,
        "published_at": state.published_at, "hash": state.content_hash,
        "words": diff.count_words(state.text),
    }  # fmt: skip
