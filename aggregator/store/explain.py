"""Why two items are linked, or why they are not: every figure with its bound, in German.

The same functions that link items score the pair here, on the derived rows of the live generation.
Each kind of link is told by itself: what is there, what it takes, and what would have to be
otherwise for the verdict to turn.
"""

import sqlite3
from collections.abc import Sequence
from datetime import date

from aggregator.links import related, same
from aggregator.links.related import SCALE, UNIT, Vector
from aggregator.store import epochs, reads_same
from aggregator.store.copies import content
from aggregator.store.decisions import PAIRS, Subject, document, find
from aggregator.store.derived import Generation, reading, vector_of
from aggregator.store.reads import Document, items_by_pk
from aggregator.store.reads_names import resolve
from aggregator.store.standing import answer_of, standings

MOST_TERMS = 10  # shared terms that are told
_EDITIONS = {"newer": "neuere", "older": "ältere"}
_STATES = {"in_force": "in Kraft", "suspended": "ausgesetzt", "overruled": "überstimmt",
           "waiting": "wartet auf den Eintrag"}  # fmt: skip


def why(db: sqlite3.Connection, name: str, other_name: str) -> Document:
    """Explain a pair.

    Args:
        db: The connection.
        name: Id, address or `source:entry_id` of the one item.
        other_name: The same of the other.

    Returns:
        `item`, `other`, `linked`, `decisions` and `kinds`: for each kind of link (explicit,
        reference, same, related) `linked`, its `figures`, `told` and `conditions` in German;
        `edition`, whether the other is a newer or an older state, and `diff`, what turns the text
        of the first into that of the other, for items of the same content (`reads_same`).

    Raises:
        NotFoundError: There is no such item that may be shown.
    """
    one, other = resolve(db, name).pk, resolve(db, other_name).pk
    items = items_by_pk(db, [one, other])
    generation = reading(db)
    beside = reads_same.beside(db, one, other)
    decisions = _decisions(db, one, other)
    kinds = [
        _explicit(generation, one, other),
        _references(generation, one, other),
        _same(db, generation, one, other, decisions, beside["edition"]),
        _related(db, generation, one, other, decisions),
    ]
    return {
        "item": items[one], "other": items[other],
        "linked": any(kind["linked"] for kind in kinds),
        "decisions": decisions, "kinds": kinds, **beside,
    }  # fmt: skip


def _told(
    kind: str, *, linked: bool, told: Sequence[str], conditions: Sequence[str] = (),
    figures: Document | None = None,
) -> Document:  # fmt: skip
    return {"kind": kind, "linked": linked, "figures": figures or {}, "told": list(told),
            "conditions": list(conditions)}  # fmt: skip


# --- links and references ----------------------------------------------------------------------


def _explicit(generation: Generation, one: int, other: int) -> Document:
    """Tell the links between both texts."""
    rows = generation.run(
        "SELECT item, anchor, sentence, prose FROM link_@ WHERE (item = ?1 AND target = ?2)"
        " OR (item = ?2 AND target = ?1) ORDER BY item <> ?1, position",
        (one, other),
    ).fetchall()
    told = [
        ("Dieser Eintrag verweist auf den anderen" if row["item"] == one
         else "Der andere Eintrag verweist auf diesen")
        + f": „{row['anchor']}“" + ("" if row["prose"] else " (in einer Linkliste)") + "."
        for row in rows
    ]  # fmt: skip
    conditions = ["einer der beiden Texte müsste die Adresse des anderen verlinken"]
    return _told("explicit", linked=bool(rows), figures={"links": len(rows)},
                 told=told or ["Keiner der beiden Texte verweist auf den anderen."],
                 conditions=[] if rows else conditions)  # fmt: skip


def _references(generation: Generation, one: int, other: int) -> Document:
    """Tell what both cite, and whether one cites a number of the other."""
    shared = generation.run(
        "SELECT min(a.text) AS text FROM reference_@ a JOIN reference_@ b USING (kind, key)"
        " WHERE a.item = ? AND b.item = ? GROUP BY kind, key ORDER BY 1",
        (one, other),
    ).fetchall()
    cites = generation.run(
        "SELECT r.item, r.text FROM reference_@ r JOIN identifier_@ i USING (kind, key)"
        " WHERE (r.item = ?1 AND i.item = ?2) OR (r.item = ?2 AND i.item = ?1)",
        (one, other),
    ).fetchall()
    told = [
        f"Dieser Eintrag nennt die Nummer des anderen: {row['text']}." if row["item"] == one
        else f"Der andere Eintrag nennt die Nummer von diesem: {row['text']}."
        for row in cites
    ]  # fmt: skip
    if shared:
        told.append("Beide nennen: " + ", ".join(row["text"] for row in shared) + ".")
    return _told("reference", linked=bool(cites),
                 figures={"shared": [row["text"] for row in shared], "citations": len(cites)},
                 told=told or ["Sie nennen keine gemeinsame Fundstelle."],
                 conditions=[] if cites else
                 ["einer müsste eine Nummer nennen, die der andere trägt"])  # fmt: skip


# --- same content ------------------------------------------------------------------------------


def _same(
    db: sqlite3.Connection, generation: Generation, one: int, other: int,
    decisions: Sequence[Document], edition: Document | None,
) -> Document:  # fmt: skip
    """Tell how much of the shorter text stands in the other."""
    mine, theirs = (
        content(generation.run(
            "SELECT i.title, i.text, i.published_at, i.digest, i.policy, v.sketch"
            " FROM item i LEFT JOIN vector_@ v ON v.item = i.pk WHERE i.pk = ?", (pk,),
        ).fetchone())
        for pk in (one, other)
    )  # fmt: skip
    linked = _has(generation, "same", one, other)
    frequent = epochs.frequent_shingles(db, _epoch(db))
    common = len((set(mine.sketch) & set(theirs.sketch)) - frequent)
    candidate = same.likely(*same.comparable(mine.sketch, theirs.sketch), common)
    found = same.compare(mine, theirs)
    share = found[0].similarity / 1000 if found else _share(mine.hashes, theirs.hashes)
    figures = {"containment": share, "from": same.SAME_FROM, "sampled_in_common": common,
               "candidate": candidate}  # fmt: skip
    told = [f"Vom kürzeren Text stehen {_percent(share)} im anderen; ab"
            f" {_percent(same.SAME_FROM)} gelten beide als gleich."]  # fmt: skip
    if found and found[0].differs:
        told.append("Unterschiede: " + ", ".join(found[0].differs) + ".")
    if edition:
        told.append(f"Der andere Eintrag ist der {_EDITIONS[edition['order']]} Stand:"
                    f" {edition['because']}.")  # fmt: skip
    told += _by_people(decisions, "same")
    conditions = [] if linked else [
        f"{_percent(same.SAME_FROM)} der Wortfolgen des kürzeren Textes müssten im anderen stehen",
        f"beide Texte müssten mindestens {same.FEWEST} Wortfolgen haben",
    ]  # fmt: skip
    return _told("same", linked=linked, figures=figures, told=told, conditions=conditions)


def _share(mine: frozenset[int] | None, theirs: frozenset[int] | None) -> float:
    if not mine or not theirs:
        return 0.0
    return round(len(mine & theirs) / min(len(mine), len(theirs)), 3)


# --- related -----------------------------------------------------------------------------------


def _related(
    db: sqlite3.Connection, generation: Generation, one: int, other: int,
    decisions: Sequence[Document],
) -> Document:  # fmt: skip
    """Tell the score of the pair, its parts, and its place in both lists."""
    mine, theirs = vector_of(generation, one), vector_of(generation, other)
    measure = epochs.measure(db, _epoch(db))
    days = _days(db, one, other)
    score = related.score(mine, theirs, days, measure.scores) / SCALE
    partial = _partial(mine, theirs)
    places = [_place(generation, one, other), _place(generation, other, one)]
    ruled = next((row for row in places if row and row["ruled"]), None)
    linked = any(places) and (ruled is not None or score >= related.SHOWN_CUT)
    figures = {
        "score": score, "shown_from": related.SHOWN_CUT, "partial": round(partial, 4),
        "candidate_from": measure.candidates / SCALE, "days": days, "kept": related.KEPT,
        "places": [row and row["place"] for row in places], "terms": _terms(mine, theirs),
    }  # fmt: skip
    return _told("related", linked=linked, figures=figures,
                 told=_related_told(figures, mine, theirs, decisions),
                 conditions=[] if linked else _missing(figures))  # fmt: skip


def _related_told(
    figures: Document, mine: Vector, theirs: Vector, decisions: Sequence[Document]
) -> list[str]:
    """Say in sentences what the figures mean."""
    reasons = [reason.label for reason in related.because(mine, theirs)]
    told = [f"Ähnlichkeit {_number(figures['score'])}; gezeigt wird ab"
            f" {_number(figures['shown_from'])}.",
            f"Der Anteil der Wörter, nach denen gesucht wird: {_number(figures['partial'])};"
            f" verglichen wird ab {_number(figures['candidate_from'])}."]  # fmt: skip
    told.append("Gemeinsam: " + ", ".join(reasons) + "." if reasons
                else "Kein gemeinsames Wort sagt genug.")  # fmt: skip
    if figures["days"] is not None:
        told.append(f"Zwischen beiden liegen {figures['days']} Tage.")
    for place, whose in zip(figures["places"], ("dieses", "des anderen"), strict=True):
        found = f"Platz {place}" if place else f"nicht unter den besten {figures['kept']}"
        told.append(f"In der Liste {whose} Eintrags: {found}.")
    return told + _by_people(decisions, "related")


def _missing(figures: Document) -> list[str]:
    """Say what would have to be otherwise for the pair to be shown."""
    found = []
    if figures["partial"] < figures["candidate_from"]:
        found.append("sie müssten mehr seltene Wörter gemeinsam haben, um verglichen zu werden")
    if figures["score"] < figures["shown_from"]:
        lacking = _number(figures["shown_from"] - figures["score"])
        found.append(f"die Ähnlichkeit müsste um {lacking} höher sein")
    if not any(figures["places"]) and not found:
        found.append("andere Einträge müssten ihnen weniger ähnlich sein: beide Listen sind voll")
    return [*found, "oder jemand mit Moderationsrechten müsste sie verbinden"]


def _terms(mine: Vector, theirs: Vector) -> list[Document]:
    """Return the shared terms as written in both, the weightiest first."""
    known = {
        t: (w, s) for t, w, s in zip(theirs.terms, theirs.weights, theirs.surfaces, strict=True)
    }
    shared = [
        (weight * known[term][0], surface.lstrip("="), known[term][1].lstrip("="))
        for term, weight, surface in zip(mine.terms, mine.weights, mine.surfaces, strict=True)
        if term in known
    ]
    return [
        {"here": here, "there": there, "adds": round(product / UNIT / UNIT, 4)}
        for product, here, there in sorted(shared, reverse=True)[:MOST_TERMS]
    ]


def _partial(mine: Vector, theirs: Vector) -> float:
    """Return the cosine over the terms by which candidates are found."""
    known = dict(theirs.postings())
    return sum(w * known[t] for t, w in mine.postings() if t in known) / UNIT / UNIT


def _days(db: sqlite3.Connection, one: int, other: int) -> int | None:
    """Return the days between the publication of both; None when one is not dated."""
    rows = db.execute(
        "SELECT published_at FROM item WHERE pk IN (?, ?) AND published_at IS NOT NULL",
        (one, other),
    ).fetchall()
    if len(rows) < len({one, other}) or one == other:
        return None
    first, last = sorted(date.fromisoformat(row["published_at"][:10]) for row in rows)
    return (last - first).days


def _place(generation: Generation, item: int, other: int) -> sqlite3.Row | None:
    """Return the place of an item in the list of another, among those of the same platform."""
    row: sqlite3.Row | None = generation.run(
        "SELECT m.ruled, (SELECT count(*) FROM related_@ b WHERE b.item = m.item"
        " AND b.away = m.away AND b.score > m.score) + 1 AS place"
        " FROM related_@ m WHERE m.item = ? AND m.other = ?",
        (item, other),
    ).fetchone()
    return row


# --- decisions ---------------------------------------------------------------------------------


def _decisions(db: sqlite3.Connection, one: int, other: int) -> list[Document]:
    """Return what people decided on the pair, with how each decision stands."""
    found = []
    for standing in standings(db):
        decision = standing.decision
        if decision.kind in PAIRS and isinstance(decision.object, Subject):
            pair = {find(db, decision.subject), find(db, decision.object)}
            if pair == {one, other}:
                told = {k: v for k, v in document(decision).items() if k != "judged"}
                found.append(told | {"state": standing.state.value, "confirm": standing.confirm,
                                     "yes": answer_of(decision)})  # fmt: skip
    return found


def _by_people(decisions: Sequence[Document], about: str) -> list[str]:
    """Say what people decided about one kind of link."""
    return [
        f"{row['by']} hat am {row['at'][:10]} entschieden:"
        f" {'ja' if row['yes'] else 'nein'} ({_STATES[row['state']]})."
        + (f" Grund: {row['why']}." if row["why"] else "")
        for row in decisions
        if row["kind"].removeprefix("not_") == about
    ]


def _has(generation: Generation, table: str, one: int, other: int) -> bool:
    row = generation.run(
        f"SELECT 1 FROM {table}_@ WHERE item = ? AND other = ?",  # noqa: S608 (a name of ours)
        (one, other),
    ).fetchone()
    return row is not None


def _epoch(db: sqlite3.Connection) -> int:
    epoch = epochs.current(db)
    return epoch.n if epoch else 0


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def _number(value: float) -> str:
    return f"{value:.3f}".replace(".", ",")


def as_text(told: Document) -> str:
    """Return an explanation as German text."""
    lines = [f"„{told['item']['title']}“", f"„{told['other']['title']}“", ""]
    for kind in told["kinds"]:
        verdict = "ja" if kind["linked"] else "nein"
        lines.append(f"{_NAMES[kind['kind']]}: {verdict}")
        lines += [f"  {line}" for line in kind["told"]]
        lines += [f"  Nötig wäre: {line}." for line in kind["conditions"]]
    for pieces in told["diff"] or ():
        lines += ["", "  " + "".join(_marked(piece) for piece in pieces).replace("\n", "\n  ")]
    return "\n".join(lines) + "\n"


def _marked(piece: Document) -> str:
    """Mark what a text lacks and what it adds as diffs of words do: [-weg-] {+dazu+}."""
    before, after = _MARKS[piece["kind"]]
    return f"{before}{piece['text']}{after}"


_MARKS = {"same": ("", ""), "removed": ("[-", "-]"), "added": ("{+", "+}")}
_NAMES = {"explicit": "Verweis", "reference": "Nummer", "same": "Gleicher Inhalt",
          "related": "Verwandt"}  # fmt: skip
