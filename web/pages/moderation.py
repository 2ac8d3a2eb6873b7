"""Moderation: one card at a time, both sides and the reason, three answers, and the way back."""

from flask import Blueprint, Response, redirect, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as Redirect

from aggregator import store
from aggregator.clock import stamp
from aggregator.errors import NotFoundError
from aggregator.store import audit, catalogue, expectations, judging, queues, standing, state
from aggregator.store.decisions import Decision, Subject
from aggregator.store.queues import QUEUES, Verdict
from web import access, forms
from web.access import Need
from web.answers import action, answer, page, shown
from web.database import connected, database, now
from web.language import both

pages = Blueprint("moderation", __name__)
VERDICTS = ("yes", "no", "skip")


def names() -> dict[str, str]:
    """Return how the queues are called."""
    return {
        "related": both("Verwandtes", "Related items"),
        "same": both("Gleiche Meldungen", "Same content"),
        "topic": both("Themen", "Topics"),
        "confirm": both("Entscheidungen bestätigen", "Decisions to confirm"),
        "suspect": both("Verdächtige Läufe", "Suspect runs"),
    }


@page(pages, "/moderation", need=Need.MODERATOR)
def overview() -> Response:
    """Show how much waits in each queue, and how right the machine was."""
    document = {"left": queues.counts(database(), now()), "precision": queues.precision(database())}
    return answer("admin/moderation.html", document, title=both("Moderation", "Moderation"),
                  queue_names=names())  # fmt: skip


@page(pages, "/precision")
def precision() -> Response:
    """Publish how often the machine was right, by the samples that moderators judged blind."""
    document = {"precision": queues.precision(database())}
    title = both("Wie oft die Zuordnung stimmt", "How often the links are right")
    return answer("admin/precision.html", document, title=title, queue_names=names())


@action(pages, "/moderation/<queue>", Need.MODERATOR, "GET")
def card(queue: str) -> Response:
    """Show the next card of a queue."""
    if queue not in QUEUES:
        raise NotFoundError("diese Warteschlange gibt es nicht", where=queue, nearest=())
    told = queues.card(database(), queue, now())
    return shown(
        "admin/card.html", title=names()[queue], queue=queue, card=told,
        left=queues.counts(database(), now())[queue], queue_names=names(),
        said=queues.last_said(database(), access.account().name, now()),
    )  # fmt: skip


@action(pages, "/moderation/<queue>/say", Need.MODERATOR)
def say(queue: str) -> Redirect:
    """Take the answer to a card, with its effect at once, and go on."""
    verdict = forms.text("do")
    if queue not in QUEUES or verdict not in VERDICTS:
        raise BadRequest
    account, at = access.account(), stamp(now())
    told = Verdict(
        queue=queue, item=forms.text("item"), object=forms.text("object", most=forms.MOST_BYTES),
        verdict=verdict, by=account.name, role=str(account.role), at=at,
    )  # fmt: skip
    with connected() as db, store.transaction(db):
        decision = None if verdict == "skip" else _decision(db, told)
        queues.say(db, told, decision)
        audit.note(db, account.name, "moderation", at, f"{queue} {told.item}",
                   {"object": told.object, "verdict": verdict})  # fmt: skip
    return redirect(url_for("moderation.card", queue=queue), 303)


@action(pages, "/moderation/undo", Need.MODERATOR)
def undo() -> Redirect:
    """Take back what one said last."""
    by = access.account().name
    with connected() as db, store.transaction(db):
        queue = queues.undo(db, by, now())
        audit.note(db, by, "moderation_undo", stamp(now()), queue or "")
    where = url_for("moderation.card", queue=queue) if queue else url_for("moderation.overview")
    return redirect(where, 303)


# --- from an answer to a decision ------------------------------------------------------------


def _decision(db: store.Connection, told: Verdict) -> Decision | None:
    """Return what follows from an answer; a suspect source is accepted instead."""
    if told.queue == "suspect":
        if told.verdict == "yes":
            found = state.state_of(db, told.item)
            if (wanted := catalogue.source(db, told.item)) is not None:
                expectations.check_declared(wanted, found.reason, told.item)
            expectations.accept(db, told.item, told.by, told.at)
        return None
    if told.queue == "confirm":
        return _confirmed(db, told)
    subject = judging.subject_of(db, told.item)[1]
    other: Subject | str = (
        told.object if told.queue == "topic" else judging.subject_of(db, told.object)[1]
    )
    kind = told.queue if told.verdict == "yes" or told.queue == "topic" else f"not_{told.queue}"
    value = told.verdict == "yes" if told.queue == "topic" else True
    return Decision(kind=kind, subject=subject, object=other, value=value, by=told.by,
                    role=told.role, at=told.at, why="moderation", judged_hash=None)  # fmt: skip


def _confirmed(db: store.Connection, told: Verdict) -> Decision | None:
    """Return a decision made again on what its item is now, or its opposite."""
    known = {queues.decision_name(one): one for one in standing.to_confirm(db)}
    old = known.get(told.object)
    if old is None:
        return None  # somebody was quicker
    value = old.value if told.verdict == "yes" else (None if old.kind == "title" else not old.value)
    return Decision(kind=old.kind, subject=old.subject, object=old.object, value=value, by=told.by,
                    role=told.role, at=told.at, why="moderation", judged_hash=None)  # fmt: skip
