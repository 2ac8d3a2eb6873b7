"""The item with all its relations: the one document behind page, JSON, lookup and `show`."""

import json
import sqlite3

from aggregator.links.authorities import official_url
from aggregator.store import changes, judging
from aggregator.store.reads import Document, items_by_pk, on_live
from aggregator.store.reads_hierarchy import hierarchy
from aggregator.store.reads_links import links_out
from aggregator.store.reads_names import resolve
from aggregator.store.reads_questions import question_of
from aggregator.store.reads_related import related
from aggregator.store.reads_same import newest, same_content
from aggregator.store.reads_versions import versions

BACKLINKS = 500  # of one item, newest first; more would only make the page heavy
ANSWER_CHARS = 300


def item_document(db: sqlite3.Connection, name: str) -> Document:
    """Return `/items/ID.json` of the contract for an id, an address or `source:entry_id`.

    Raises:
        NotFoundError: No item that may be shown.
    """
    return document_of(db, resolve(db, name).pk)


def document_of(db: sqlite3.Connection, pk: int, *, with_diffs: bool = True) -> Document:
    """Return the contract's document of an item's row (which must be alive).

    Args:
        db: The connection.
        pk: The row.
        with_diffs: Compare the versions of the item; the page shows only when it changed.
    """
    item = items_by_pk(db, [pk])[pk]
    same = same_content(db, pk, item)
    return {
        "item": item,
        **_told(db, pk),
        **hierarchy(db, pk),
        "links_out": links_out(db, pk),
        "links_in": _links_in(db, pk),
        "same": same,
        "newer": newest(same),  # None: nothing that has this content is a newer state of it
        "related": related(db, pk, {row["item"]["id"] for row in same}),
        "references": _references(db, pk),
        "topics": _topics(db, pk),
        "question": question_of(db, pk),  # None: it asks nothing
        "decided": judging.verdicts(db, pk),
        "linked": changes.is_linked(db, pk),  # False: what links it is older than what is stored
        "versions": versions(db, pk, with_diffs=with_diffs),
    }


def _told(db: sqlite3.Connection, pk: int) -> Document:
    """Return what may be shown of the text: an excerpt, and the accepted answer of a question."""
    row = db.execute(
        "SELECT excerpt, parts, policy, last_seen_at FROM item WHERE pk = ?", (pk,)
    ).fetchone()
    parts = json.loads(row["parts"])
    accepted = next((part for part in parts if part["role"] == "accepted"), None)
    answer = None
    if accepted and row["policy"] == "full":
        text = accepted["text"]
        cut = text if len(text) <= ANSWER_CHARS else text[:ANSWER_CHARS].rsplit(" ", 1)[0] + " …"
        answer = {"text": cut, "at": accepted["at"]}
    return {
        "excerpt": "" if row["policy"] == "link" else row["excerpt"],
        "answer": answer,
        "last_seen_at": row["last_seen_at"],
    }


def _links_in(db: sqlite3.Connection, pk: int) -> list[Document]:
    """Return who links to an item or cites one of its numbers, newest first."""
    explicit = """
        SELECT link_@.item, 'explicit' AS kind, anchor, sentence, prose, position
        FROM link_@ WHERE target = :pk AND link_@.item <> :pk
    """
    cited = """
        SELECT reference_@.item, 'reference', text, sentence, 1, position
        FROM identifier_@ JOIN reference_@ USING (kind, key)
        WHERE identifier_@.item = :pk AND reference_@.item <> :pk
    """
    query = f"""
        SELECT found.* FROM ({explicit} UNION ALL {cited}) AS found
        JOIN item ON item.pk = found.item
        WHERE item.merged_into IS NULL AND item.state <> 'hidden'
        ORDER BY item.sort_at DESC, item.id, found.kind, found.position LIMIT :most
    """  # noqa: S608 (constant parts)
    rows = db.execute(on_live(db, query), {"pk": pk, "most": BACKLINKS}).fetchall()
    items = items_by_pk(db, {row["item"] for row in rows})
    return [
        {"item": items[row["item"]], "kind": row["kind"], "anchor": row["anchor"],
         "sentence": row["sentence"], "prose": bool(row["prose"])}
        for row in rows
    ]  # fmt: skip


def _references(db: sqlite3.Connection, pk: int) -> list[Document]:
    """Return what an item cites, with the item that owns the number where one does."""
    query = """
        SELECT kind, key, text, start, end,
            (SELECT identifier_@.item FROM identifier_@ JOIN item ON item.pk = identifier_@.item
             WHERE identifier_@.kind = reference_@.kind AND identifier_@.key = reference_@.key
                AND identifier_@.item <> reference_@.item
                AND item.merged_into IS NULL AND item.state <> 'hidden'
             ORDER BY item.sort_at, item.id LIMIT 1) AS owner
        FROM reference_@ WHERE reference_@.item = ? ORDER BY position
    """
    rows = db.execute(on_live(db, query), (pk,)).fetchall()
    owners = items_by_pk(db, {row["owner"] for row in rows if row["owner"] is not None})
    return [
        {"kind": row["kind"], "key": row["key"], "text": row["text"], "start": row["start"],
         "end": row["end"], "item": owners.get(row["owner"]),
         "url": official_url(row["kind"], row["key"])}
        for row in rows
    ]  # fmt: skip


def _topics(db: sqlite3.Connection, pk: int) -> list[Document]:
    query = """
        SELECT topic, source, confidence, auto, evidence FROM topic_@
        WHERE item = ? ORDER BY confidence DESC, topic
    """
    return [
        {"topic": row["topic"], "source": row["source"], "confidence": row["confidence"] / 1000,
         "auto": bool(row["auto"]), "evidence": row["evidence"]}
        for row in db.execute(on_live(db, query), (pk,))
    ]  # fmt: skip
