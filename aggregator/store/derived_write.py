"""Writing and removing what is derived from one item; all in the caller's short transaction."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aggregator.links.describe import Described
from aggregator.links.related import Neighbour, Vector
from aggregator.links.same import Overlap
from aggregator.links.searched import Searched
from aggregator.links.topics import Assigned
from aggregator.store import resolve
from aggregator.store.changes import RELATE, enqueue
from aggregator.store.derived import Generation, vector_of, wanted_row
from aggregator.store.facet_bits import Numbers
from aggregator.store.packing import pack, unpack
from aggregator.store.resolve import Addresses
from aggregator.text.words import fold


def rank(row: sqlite3.Row) -> str:
    """Return the order of an item among equals, by content: newest first, then by key."""
    day = str(row["published_at"] or "")[:10].translate(_BACKWARDS) or "~"
    return f"{day} {row['platform']} {row['key']}"


_BACKWARDS = str.maketrans("0123456789", "9876543210")


def remove(generation: Generation, item: int) -> Vector:
    """Take an item out of every table; queue the items whose lists lose it.

    Returns:
        The vector that it had.
    """
    remove_search(generation, [item])
    return remove_links(generation, item)


def remove_search(generation: Generation, items: Sequence[int]) -> None:
    """Take the search rows of items out, with their words and topics."""
    asked = json.dumps(items)
    held = generation.run(
        "SELECT item, row FROM entry_@ WHERE item IN (SELECT value FROM json_each(?))", (asked,)
    ).fetchall()
    if held:  # the full-text table first: it reads in the others what it has to forget
        generation.many("DELETE FROM search_@ WHERE rowid = ?", [(row["row"],) for row in held])
        gone = [(row["item"],) for row in held]
        for table in ("entry", "indexed", "fresh", "topic"):
            generation.many(f"DELETE FROM {table}_@ WHERE item = ?", gone)  # noqa: S608 (names are ours)


def remove_links(generation: Generation, item: int) -> Vector:
    """Take out what links an item to others; queue the items whose lists lose it.

    Returns:
        The vector that it had.
    """
    run = generation.run
    vector = vector_of(generation, item)
    old = run("SELECT sketch FROM vector_@ WHERE item = ?", (item,)).fetchone()
    if old:
        generation.many(
            "DELETE FROM sketch_@ WHERE hash = ? AND item = ?",
            [(value, item) for value in unpack("q", old["sketch"])],
        )
    generation.many(
        "DELETE FROM posting_@ WHERE term = ? AND item = ?",
        [(term, item) for term, _ in vector.postings()],
    )
    for table in ("reference", "identifier", "link", "vector"):
        run(f"DELETE FROM {table}_@ WHERE item = ?", (item,))  # noqa: S608 (names are ours)
    remove_same(generation, item)
    for row in run("SELECT item FROM related_@ WHERE other = ?", (item,)).fetchall():
        enqueue(generation.db, row["item"], RELATE)
    run("DELETE FROM related_@ WHERE item = ? OR other = ?", (item, item))
    return vector


def remove_same(generation: Generation, item: int) -> None:
    """Remove the pairs of same content of an item, in both directions."""
    others = generation.run("SELECT other FROM same_@ WHERE item = ?", (item,)).fetchall()
    generation.many(
        "DELETE FROM same_@ WHERE item = ? AND other = ?",
        [pair for row in others for pair in ((row["other"], item), (item, row["other"]))],
    )


def write_search(
    generation: Generation, items: Sequence[tuple[sqlite3.Row, Searched, Sequence[Assigned]]]
) -> None:
    """Write what items are searched by; they have been removed before.

    Args:
        generation: Where to.
        items: Each with what was read of it and its topics, people's word included.
    """
    numbers = _free_rows(generation, [wanted_row(row) for row, _, _ in items])
    # In ascending order: FTS5 writes out what it holds in memory whenever a row number is smaller
    # than the one before.
    ordered = sorted(zip(numbers, items, strict=True), key=lambda pair: pair[0])
    generation.many(
        "INSERT INTO indexed_@ (item, title, heads, body, parts, refs) VALUES (?, ?, ?, ?, ?, ?)",
        [(row["pk"], *found[:5]) for row, found, _ in items],
    )
    generation.many(
        "INSERT INTO search_@ (rowid, title, heads, body, parts, refs) VALUES (?, ?, ?, ?, ?, ?)",
        [(number, *found[:5]) for number, (_, found, _) in ordered],
    )
    numbers_of = Numbers(generation)
    generation.many(
        "INSERT INTO entry_@ (row, item, bits, id, platform, source, kind, sort_at, topics)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(number, row["pk"], numbers_of.pack(row["platform"], row["kind"], sure),
          row["id"], row["platform"], row["source"], row["kind"], row["sort_at"],
          f" {' '.join(sure)} ")
         for number, (row, _, topics) in ordered for sure in (_sure(topics),)],
    )  # fmt: skip
    generation.many(
        "INSERT OR IGNORE INTO fresh_@ (word, item, surface) VALUES (?, ?, ?)",
        [(fold(word), row["pk"], word) for row, found, _ in items for word in found.fresh],
    )
    generation.many(
        "INSERT INTO topic_@ (item, topic, source, confidence, auto, evidence)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [(row["pk"], t.topic, t.source, t.confidence, t.auto, t.evidence)
         for row, _, topics in items for t in topics],
    )  # fmt: skip


def _sure(topics: Sequence[Assigned]) -> list[str]:
    """Return the topics that need no confirmation."""
    return [one.topic for one in topics if one.auto]


def _free_rows(generation: Generation, wanted: Sequence[int]) -> list[int]:
    """Return the wanted search rows, or for each that is taken the next one that is free."""
    rows = generation.run(
        "SELECT row FROM entry_@ WHERE row IN (SELECT value FROM json_each(?))",
        (json.dumps(wanted),),
    )
    taken = {row["row"] for row in rows}
    numbers: list[int] = []
    for number in wanted:
        while number in taken or (number != wanted[len(numbers)] and _is_held(generation, number)):
            number += 1  # noqa: PLW2901 (the next one)
        taken.add(number)
        numbers.append(number)
    return numbers


def _is_held(generation: Generation, number: int) -> bool:
    return generation.run("SELECT 1 FROM entry_@ WHERE row = ?", (number,)).fetchone() is not None


def write(generation: Generation, items: Sequence[tuple[sqlite3.Row, Described]]) -> None:
    """Write what links items to others, each by itself; that has been removed before.

    Rows of all items go in together and in the order of their keys: so a page of a table is
    written once, not once for each item.
    """
    found = [(row["pk"], described) for row, described in items]
    generation.many(
        "INSERT INTO reference_@ (item, position, kind, key, text, start, end, sentence)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [(item, position, c.kind, c.key, c.text, c.start, c.end, c.sentence)
         for item, described in found for position, c in enumerate(described.references)],
    )  # fmt: skip
    generation.many(
        "INSERT INTO identifier_@ (item, kind, key) VALUES (?, ?, ?)",
        [(item, kind, key) for item, described in found for kind, key in described.identifiers],
    )
    generation.many(
        "INSERT INTO vector_@ (item, platform, rank, posted, terms, weights, surface, sketch)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [_vector_row(row, described) for row, described in items],
    )
    generation.many(
        "INSERT INTO posting_@ (term, item, weight) VALUES (?, ?, ?)",
        sorted(
            (term, item, weight)
            for item, described in found
            for term, weight in described.vector.postings()
        ),
    )
    generation.many(
        "INSERT INTO sketch_@ (hash, item) VALUES (?, ?)",
        sorted((value, item) for item, described in found for value in described.sketch),
    )


def _vector_row(row: sqlite3.Row, described: Described) -> tuple[object, ...]:
    """Return what an item is compared by, as it is stored."""
    vector = described.vector
    return (
        row["pk"], row["platform"], rank(row), vector.posted, pack("I", vector.terms),
        pack("H", vector.weights), "\t".join(vector.surfaces), pack("q", described.sketch),
    )  # fmt: skip


# --- links -----------------------------------------------------------------------------------


def write_links(generation: Generation, items: Iterable[sqlite3.Row], addresses: Addresses) -> None:
    """Write the explicit links of items with where they lead.

    A link to the item itself is kept with itself as its target, which readers leave out: another
    item may get this address later.
    """
    generation.many(
        "INSERT OR REPLACE INTO link_@ (item, position, url, canonical, link_key, anchor, sentence,"
        " prose, target) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (row["pk"], *_link_row(generation.db, link, addresses))
            for row in items
            for link in json.loads(row["links"])
        ],
    )


def _link_row(
    db: sqlite3.Connection, link: Mapping[str, Any], addresses: Addresses
) -> tuple[object, ...]:
    """Return a link as it is stored."""
    url = link["url"]
    found = addresses.identity(url)
    target = resolve.target(
        db, addresses, found.canonical, found.link_key, resolve.fragment_of(url)
    )  # fmt: skip
    return (
        link["position"], url, found.canonical, found.link_key, link["anchor"], link["sentence"],
        link["prose"], target,
    )  # fmt: skip


def resolve_again(generation: Generation, item: int, addresses: Addresses) -> None:
    """Resolve anew all links that lead to an item or name one of its addresses.

    An item that shares its page with others is named by the page's address and a fragment.
    """
    rows = generation.run(
        "WITH own AS (SELECT canonical, link_key FROM alias WHERE item = ?1 UNION"
        "  SELECT a.canonical, a.link_key FROM item i JOIN alias a ON a.platform = i.platform"
        "  AND a.canonical = substr(i.key, 1, instr(i.key, '#') - 1)"
        "  WHERE i.pk = ?1 AND instr(i.key, '#') > 0)"
        " SELECT item, position, url, canonical, link_key, target FROM link_@ WHERE target = ?1"
        " UNION SELECT item, position, url, canonical, link_key, target FROM link_@"
        " WHERE canonical IN (SELECT canonical FROM own)"
        " UNION SELECT item, position, url, canonical, link_key, target FROM link_@"
        " WHERE link_key IN (SELECT link_key FROM own)",
        (item,),
    ).fetchall()
    for row in rows:
        target = resolve.target(
            generation.db, addresses, row["canonical"], row["link_key"],
            resolve.fragment_of(row["url"]),
        )  # fmt: skip
        if target != row["target"]:
            generation.run(
                "UPDATE link_@ SET target = ? WHERE item = ? AND position = ?",
                (target, row["item"], row["position"]),
            )


# --- pairs -----------------------------------------------------------------------------------


def write_same(
    generation: Generation, item: int, pairs: Iterable[tuple[int, tuple[Overlap, Overlap]]]
) -> None:
    """Write pairs of same content in both directions."""
    generation.many(
        "INSERT OR REPLACE INTO same_@ (item, other, similarity, relation, differs)"
        " VALUES (?, ?, ?, ?, ?)",
        [(one, two, seen.similarity, seen.relation, json.dumps(seen.differs, ensure_ascii=False))
         for other, (mine, theirs) in pairs
         for one, two, seen in ((item, other, mine), (other, item, theirs))],
    )  # fmt: skip


def write_related(
    generation: Generation, item: int, neighbours: Sequence[Neighbour], ruled: frozenset[int]
) -> None:
    """Write the list of an item, in place of the one that it had."""
    generation.run("DELETE FROM related_@ WHERE item = ?", (item,))
    generation.many(
        "INSERT INTO related_@ (item, other, score, away, ruled) VALUES (?, ?, ?, ?, ?)",
        [(item, n.item, -n.minus_score, n.away, n.item in ruled) for n in neighbours],
    )
