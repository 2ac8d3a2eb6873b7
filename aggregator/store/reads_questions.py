"""Questions and what answers them: threads of forums, entries of lists of frequent questions.

Worked out when it is read, from the derived rows of the live generation: what the question links
to, what names it as its question, what is related to it, and what a search for its rarest words
finds. Every answer says why.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from aggregator.links import answering
from aggregator.links.answering import Asked
from aggregator.store import epochs
from aggregator.store.derived import Generation, reading
from aggregator.store.reads import Document, items_by_pk

ASKED_BY_KIND = ("question", "faq")
RAREST = 6  # words of a question that are searched for
MATCHES = 5_000  # items of a word from which on it is too frequent to search for
SEARCHED = 40  # hits that are looked at
MOST = 10  # answers, and same questions, that are told
STATES = ("accepted", "answered", "elsewhere", "open")

# A question by its kind; a thread when its title asks.
IS_QUESTION = "(i.kind IN ('question', 'faq') OR (i.kind = 'thread' AND i.title LIKE '%?'))"
_ACCEPTED = "EXISTS (SELECT 1 FROM json_each(i.parts) p WHERE p.value ->> 'role' = 'accepted')"
_REPLIED = (
    "EXISTS (SELECT 1 FROM item a WHERE a.platform = i.platform AND a.answer_to = i.entry_id"
    " AND a.merged_into IS NULL AND a.state <> 'hidden')"
)
# An accepted answer; an answer that the publisher gives itself, or in an item of its own.
STATE = (
    f"CASE WHEN {_ACCEPTED} THEN 'accepted'"
    f" WHEN i.kind = 'faq' OR {_REPLIED} THEN 'answered' ELSE 'open' END"
)
_LIVE = "i.merged_into IS NULL AND i.state <> 'hidden'"


@dataclass(frozen=True, slots=True)
class _Text:
    """What of an item answers are looked for in."""

    pk: int
    kind: str
    title: str
    text: str  # as far as it may be shown
    head: frozenset[str]  # stems of the title and of its parts
    all: frozenset[str]


def question_of(db: sqlite3.Connection, pk: int) -> Document | None:
    """Return what answers an item that asks; None when it asks nothing.

    Returns:
        `state` (accepted answered elsewhere open), `replies`, `answers` (item, kind, because,
        sentence) best first, `same_question` (item, state) best first.
    """
    row = db.execute(
        f"SELECT i.pk, i.title, i.kind, i.parts, i.platform, i.entry_id, {STATE} AS state"  # noqa: S608 (constant parts)
        f" FROM item i WHERE i.pk = ? AND {_LIVE} AND {IS_QUESTION}",
        (pk,),
    ).fetchone()
    if row is None:
        return None
    generation = reading(db)
    mine = _texts(generation, [pk]).get(pk)
    asked = _asked(db, mine) if mine else Asked(title="", weights={}, written={})
    found = _texts(generation, _candidates(generation, pk, asked))
    again = _same_questions(db, generation, asked, found, pk)
    answers = [*_given(db, row), *_linked(generation, pk)]
    told = {answer["pk"] for answer in answers} | {one["pk"] for one in again} | {pk}
    answers += _containing(asked, [text for text in found.values() if text.pk not in told])
    state = row["state"]
    if state == "open" and any(one["state"] != "open" for one in again):
        state = "elsewhere"
    return {
        "state": state,
        "replies": max(0, sum(part["role"] != "page" for part in json.loads(row["parts"])) - 1),
        "answers": _named(db, answers),
        "same_question": _named(db, again),
    }


def _named(db: sqlite3.Connection, rows: Sequence[Document]) -> list[Document]:
    """Put items in place of their rows; leave out what may not be shown, and repetitions."""
    items = items_by_pk(db, [row["pk"] for row in rows])
    seen: dict[int, Document] = {}
    for row in rows:
        if row["pk"] in items and row["pk"] not in seen:
            seen[row["pk"]] = {"item": items[row["pk"]], **row}
    return [{name: value for name, value in row.items() if name != "pk"}
            for row in list(seen.values())[:MOST]]  # fmt: skip


# --- the question and the texts --------------------------------------------------------------


def _texts(generation: Generation, pks: Iterable[int]) -> dict[int, _Text]:
    """Read items as they were read for search."""
    rows = generation.run(
        "SELECT i.pk, i.kind, i.title, i.policy, i.text, i.excerpt, x.title AS stems, x.heads,"
        " x.body, x.parts FROM item i JOIN indexed_@ x ON x.item = i.pk"
        " WHERE i.pk IN (SELECT value FROM json_each(?))"
        " AND i.merged_into IS NULL AND i.state <> 'hidden'",
        (json.dumps(list(pks)),),
    )
    found = {}
    for row in rows:
        head = frozenset(f"{row['stems']} {row['heads']}".split())
        shown = row["text"] if row["policy"] == "full" else row["excerpt"]
        found[row["pk"]] = _Text(
            pk=row["pk"], kind=row["kind"], title=row["title"],
            text="" if row["policy"] == "link" else shown, head=head,
            all=head | frozenset(f"{row['body']} {row['parts']}".split()),
        )  # fmt: skip
    return found


def _asked(db: sqlite3.Connection, text: _Text) -> Asked:
    """Read what a question asks."""
    epoch = epochs.current(db)
    if epoch is None:
        return Asked(title="", weights={}, written={})
    terms = epochs.EpochTerms(db, epoch.n)

    def rarity(stem: str) -> float:
        known = terms.get(stem)
        return answering.rarity(known.items if known else 1, epoch.items)

    columns = (
        reading(db).run("SELECT title, heads FROM indexed_@ WHERE item = ?", (text.pk,)).fetchone()
    )
    return answering.asked(
        text.title, columns["title"].split(), columns["heads"].split(), rarity
    )  # fmt: skip


def _candidates(generation: Generation, pk: int, asked: Asked) -> list[int]:
    """Return items that may answer: related ones, copies, and hits of its rarest words."""
    related = generation.run(
        "SELECT other FROM related_@ WHERE item = ?1"
        " UNION SELECT other FROM same_@ WHERE item = ?1",
        (pk,),
    ).fetchall()
    found = [row["other"] for row in related]
    rarest = sorted(asked.weights, key=lambda stem: (-asked.weights[stem], stem))[:RAREST]
    if rarest:
        expression = " OR ".join(f'"{stem}"' for stem in rarest)
        hits = generation.run(
            "SELECT e.item FROM (SELECT rowid, rank FROM search_@ WHERE search_@ MATCH ?"
            "  ORDER BY rowid DESC LIMIT ?) h JOIN entry_@ e ON e.row = h.rowid"
            " ORDER BY h.rank LIMIT ?",
            (expression, MATCHES, SEARCHED),
        )
        found += [row["item"] for row in hits]
    return [one for one in dict.fromkeys(found) if one != pk]


# --- answers ---------------------------------------------------------------------------------


def _given(db: sqlite3.Connection, row: sqlite3.Row) -> list[Document]:
    """Return items that their publisher calls answers to this question."""
    if not row["entry_id"]:
        return []
    rows = db.execute(
        f"SELECT i.pk FROM item i WHERE i.platform = ? AND i.answer_to = ? AND {_LIVE}"  # noqa: S608 (constant parts)
        " ORDER BY i.sort_at, i.key LIMIT ?",
        (row["platform"], row["entry_id"], MOST),
    )
    return [{"pk": found["pk"], "kind": "given", "because": [], "sentence": ""} for found in rows]


def _linked(generation: Generation, pk: int) -> list[Document]:
    """Return what those who answered linked to, with the sentence."""
    rows = generation.run(
        "SELECT target, anchor, sentence FROM link_@ WHERE item = ? AND target IS NOT NULL"
        " AND target <> item AND prose = 1 ORDER BY position",
        (pk,),
    )
    return [
        {"pk": row["target"], "kind": "linked", "sentence": row["sentence"],
         "because": [{"kind": "link", "label": row["anchor"]}]}
        for row in rows
    ]  # fmt: skip


def _containing(asked: Asked, texts: Sequence[_Text]) -> list[Document]:
    """Return texts that have what is asked, best first."""
    rows = []
    for text in texts:
        found = answering.answered_by(asked, text.all, f"{text.title}. {text.text}")
        if found is not None:
            because = [{"kind": "term", "label": word} for word in found.words]
            rows.append((-found.share, text.pk, {
                "pk": text.pk, "kind": "found", "because": because, "sentence": found.passage,
            }))  # fmt: skip
    return [row for _, _, row in sorted(rows, key=lambda row: row[:2])]


def _same_questions(
    db: sqlite3.Connection, generation: Generation, asked: Asked,
    texts: Mapping[int, _Text], pk: int,
) -> list[Document]:  # fmt: skip
    """Return the same question elsewhere, with how far it got there."""
    copies = {row["other"] for row in generation.run(
        "SELECT other FROM same_@ WHERE item = ?", (pk,))}  # fmt: skip
    states = _states(db, texts)
    rows = []
    for text in texts.values():
        if text.pk in states:
            other = _asked(db, text)
            shared = [s for s in asked.weights if s in other.weights]
            if text.pk in copies or answering.is_same(asked, other):
                because = [{"kind": "term", "label": asked.written[stem]} for stem in shared]
                share = answering.share_of(asked, other.weights.keys())
                rows.append((-share, text.pk, {
                    "pk": text.pk, "state": states[text.pk], "because": because,
                }))  # fmt: skip
    return [row for _, _, row in sorted(rows, key=lambda row: row[:2])]


def _states(db: sqlite3.Connection, pks: Iterable[int]) -> dict[int, str]:
    """Return how far those of some items got that ask something."""
    rows = db.execute(
        f"SELECT i.pk, {STATE} AS state FROM item i"  # noqa: S608 (constant parts)
        f" WHERE i.pk IN (SELECT value FROM json_each(?)) AND {_LIVE} AND {IS_QUESTION}",
        (json.dumps(list(pks)),),
    )
    return {row["pk"]: row["state"] for row in rows}


# --- all questions ---------------------------------------------------------------------------

_ALL = (
    f"(SELECT i.pk, i.sort_at, i.id, i.parts, {STATE} AS state FROM item i"  # noqa: S608 (constant parts)
    f" WHERE {_LIVE} AND {IS_QUESTION} AND (:platform = '' OR i.platform = :platform)) q"
)
_OF_TOPIC = (
    "(:topic = '' OR EXISTS (SELECT 1 FROM topic_@ t"
    " WHERE t.item = q.pk AND t.topic = :topic AND t.auto = 1))"
)
_OF_STATE = "(:state = '' OR q.state = :state)"
_COUNTED = f"SELECT q.state, count(*) AS n FROM {_ALL} WHERE {_OF_TOPIC}"  # noqa: S608 (constant parts)
_BY_TOPIC = (
    f"SELECT t.topic, count(*) AS n FROM {_ALL} JOIN topic_@ t ON t.item = q.pk"  # noqa: S608 (constant parts)
    f" WHERE t.auto = 1 AND {_OF_STATE}"
)
_LISTED = f"SELECT q.pk, q.state, q.parts FROM {_ALL} WHERE {_OF_TOPIC} AND {_OF_STATE}"  # noqa: S608 (constant parts)


def questions(
    db: sqlite3.Connection, *, state: str = "", topic: str = "", platform: str = "",
    limit: int = 20, page: int = 1,
) -> Document:  # fmt: skip
    """Return the questions of the index, newest first.

    Args:
        db: The connection.
        state: One of accepted, answered, open; "": all.
        topic: Slug; "": all.
        platform: Id; "": all.
        limit: Rows of a page.
        page: From 1.

    Returns:
        `total`, `counts` by state (of the same topic and platform), `topics` (by topic, of the same
        state and platform), `questions` (item, state, replies).
    """
    told = {"state": state, "topic": topic, "platform": platform,
            "limit": limit, "skip": limit * (page - 1)}  # fmt: skip
    run = reading(db).run
    counts = run(f"{_COUNTED} GROUP BY 1", told).fetchall()
    topics = run(f"{_BY_TOPIC} GROUP BY 1 ORDER BY 2 DESC, 1", told).fetchall()
    rows = run(
        f"{_LISTED} ORDER BY q.sort_at DESC, q.id LIMIT :limit OFFSET :skip", told
    ).fetchall()
    items = items_by_pk(db, [row["pk"] for row in rows])
    by_state = {row["state"]: row["n"] for row in counts}
    return {
        "total": by_state.get(state, 0) if state else sum(by_state.values()),
        "counts": {name: by_state.get(name, 0) for name in ("accepted", "answered", "open")},
        "topics": [{"topic": row["topic"], "count": row["n"]} for row in topics],
        "questions": [
            {"item": items[row["pk"]], "state": row["state"],
             "replies": max(0, len(json.loads(row["parts"])) - 1)}
            for row in rows if row["pk"] in items
        ],
    }  # fmt: skip
