"""Moderators clear queues: cards with reasons, decisions with effect at once, undo, controls."""

import json
from datetime import timedelta

import pytest
from flask import Flask

from aggregator import store
from aggregator.clock import SimulatedClock
from aggregator.model import UserRole
from aggregator.store import decisions, judging, queues, standing
from aggregator.store.derived import live
from tests.web.filling import COUNCIL, FORUM, MINISTRY, NOW, Filling, read
from tests.web.people import Browser, add
from tests.web.test_admin import fields


@pytest.fixture
def desk(app: Flask, filling: Filling) -> Browser:
    add(filling.db, "moderatorin", UserRole.MODERATOR)
    browser = Browser(app)
    browser.sign_in("moderatorin")
    return browser


def card(desk: Browser, queue: str) -> dict[str, str]:
    page = desk.get(f"/moderation/{queue}")
    assert page.status_code == 200
    return fields(page.text, f"/moderation/{queue}/say")


def say(desk: Browser, queue: str, verdict: str) -> dict[str, str]:
    """Answer the next card; return what it was about."""
    told = card(desk, queue)
    answer = desk.client.post(f"/moderation/{queue}/say", data=told | {"do": verdict})
    assert answer.status_code == 303, answer.text
    return told


def pairs(filling: Filling, scores: list[float]) -> list[tuple[str, str]]:
    """Relate as many pairs across two platforms."""
    made = []
    for number, score in enumerate(scores):
        one = filling.item(f"Leitfaden {number}", MINISTRY)
        other = filling.item(f"Frage {number}", FORUM)
        for item in (one, other):
            filling.words(item, "Melderegister", "Leitfaden")
        filling.related(one, other, score)
        made.append((one, other))
    return made


def related_rows(db: store.Connection) -> dict[tuple[int, int], int]:
    rows = db.execute(f"SELECT item, other, ruled FROM related_{live(db)}")
    return {(row["item"], row["other"]): row["ruled"] for row in rows}


def test_a_card_shows_both_sides_and_the_reason(desk: Browser, filling: Filling) -> None:
    pairs(filling, [0.25])

    page = desk.get("/moderation/related").text

    assert "Leitfaden 0" in page
    assert "Frage 0" in page
    assert "Melderegister" in page
    assert "noch 1" in page
    assert page.count('data-key="') == 3


@pytest.mark.parametrize(("verdict", "kind"), [("yes", "related"), ("no", "not_related")])
def test_an_answer_is_a_decision_with_effect_at_once(
    desk: Browser, filling: Filling, verdict: str, kind: str
) -> None:
    [(one, other)] = pairs(filling, [0.25])

    say(desk, "related", verdict)

    [decision] = decisions.stored(filling.db)
    assert (decision.kind, decision.by, decision.role) == (kind, "moderatorin", "moderator")
    rows = related_rows(filling.db)
    both = [(filling.rows[one], filling.rows[other]), (filling.rows[other], filling.rows[one])]
    assert rows == (dict.fromkeys(both, 1) if verdict == "yes" else {})
    shown = read(desk.client, f"/items/{one}.json")["related"]
    assert [row["shown"] for row in shown] == ([True] if verdict == "yes" else [])
    assert "Hier wartet nichts mehr" in desk.get("/moderation/related").text


def test_what_much_links_to_is_asked_first(desk: Browser, filling: Filling) -> None:
    made = pairs(filling, [0.25, 0.251, 0.252])
    linking = filling.item("Wer verweist", MINISTRY)
    filling.link(linking, made[2][1])
    filling.link(linking, made[2][0])
    filling.link(linking, made[1][0])

    asked = [say(desk, "related", "yes") for _ in made]

    assert [{one["item"], one["object"]} for one in asked] == [set(p) for p in reversed(made)]


def test_what_is_skipped_comes_again_after_a_week(
    desk: Browser, filling: Filling, clock: SimulatedClock
) -> None:
    pairs(filling, [0.25])
    say(desk, "related", "skip")
    assert queues.counts(filling.db, clock.now())["related"] == 0

    assert queues.counts(filling.db, clock.now() + timedelta(days=8))["related"] == 1
    assert list(decisions.stored(filling.db)) == []


def test_the_last_answer_can_be_taken_back(desk: Browser, filling: Filling) -> None:
    pairs(filling, [0.25, 0.251])
    said = say(desk, "related", "no")
    page = desk.get("/moderation/related").text
    assert "Abgelehnt." in page

    answer = desk.client.post("/moderation/undo", data=fields(page, "/moderation/undo"))

    assert answer.status_code == 303
    assert list(decisions.stored(filling.db)) == []
    assert filling.db.execute("SELECT count(*) FROM review").fetchone()[0] == 0
    waiting = {row[0] for row in filling.db.execute("SELECT item FROM changes")}
    assert filling.rows[said["item"]] in waiting, "deriving brings the pair back"


def test_every_tenth_card_is_a_blind_control_that_feeds_the_precision(
    desk: Browser, filling: Filling
) -> None:
    uncertain = pairs(filling, [0.25] * 20)
    sure = {one for one, _ in pairs(filling, [0.9, 0.8])}
    ids = {one for one, _ in uncertain} | {other for _, other in uncertain}

    seen = [say(desk, "related", "yes")["item"] for _ in range(19)]
    last = desk.get("/moderation/related").text
    say(desk, "related", "no")

    controls = [n for n, item in enumerate(seen, 1) if item not in ids]
    assert controls == [10]
    assert "control" not in last
    told = read(desk.client, "/precision.json")["precision"]["related"]
    assert told == {"judged": 2, "right": 1, "precision": 0.5}
    assert sure


def test_same_content_that_is_not_the_same_parts_at_once(desk: Browser, filling: Filling) -> None:
    one, other = filling.item("Eins", MINISTRY), filling.item("Zwei", FORUM)
    filling.same(one, other, similarity=500, relation="overlap")

    say(desk, "same", "no")

    assert read(desk.client, f"/items/{one}.json")["same"] == []
    assert [d.kind for d in decisions.stored(filling.db)] == ["not_same"]


@pytest.mark.parametrize("verdict", ["yes", "no"])
def test_a_queued_topic_is_assigned_or_dropped_at_once(
    desk: Browser, filling: Filling, verdict: str
) -> None:
    item = filling.item("Wohngeld", COUNCIL)
    filling.topic(item, "bildung", auto=False)

    say(desk, "topic", verdict)

    told = read(desk.client, f"/items/{item}.json")["topics"]
    assert [(t["topic"], t["source"], t["auto"]) for t in told] == (
        [("bildung", "human", True)] if verdict == "yes" else []
    )


@pytest.mark.parametrize(("verdict", "hidden"), [("yes", True), ("no", False)])
def test_a_decision_on_what_changed_since_is_confirmed_or_withdrawn(
    desk: Browser, filling: Filling, verdict: str, hidden: bool
) -> None:
    item = filling.item("Alter Titel", MINISTRY, path="a", text="Erst dies. " * 20)
    judged = decisions.Decision(
        kind="hide", subject=judging.subject_of(filling.db, item)[1], object=None, value=True,
        by="chefin", role="moderator", at="2026-11-20T08:00:00Z", why="", judged_hash=None,
    )  # fmt: skip
    with store.transaction(filling.db):
        decisions.record(filling.db, judged)
    filling.item("Ganz anderer Titel", MINISTRY, path="a", text="Dann das. " * 20,
                 now="2026-11-24T09:00:00Z")  # fmt: skip
    assert len(standing.to_confirm(filling.db)) == 1

    say(desk, "confirm", verdict)

    assert standing.to_confirm(filling.db) == []
    assert standing.all_in_force(filling.db)[filling.rows[item]].hidden is hidden


def test_a_suspect_run_is_accepted_or_left(desk: Browser, filling: Filling) -> None:
    filling.state("forum-feed", state="suspect", reason="selector_empty", message="leer",
                  last_run_at=NOW)  # fmt: skip
    page = desk.get("/moderation/suspect").text
    assert "forum-feed" in page

    say(desk, "suspect", "no")

    assert "Hier wartet nichts mehr" in desk.get("/moderation/suspect").text
    assert filling.db.execute("SELECT count(*) FROM acceptance").fetchone()[0] == 0


def test_readers_decide_nothing(app: Flask, filling: Filling) -> None:
    add(filling.db, "leserin")
    browser = Browser(app)
    browser.sign_in("leserin")

    for url in ("/moderation", "/moderation/related"):
        assert browser.get(url).status_code == 403
    assert browser.get("/precision").status_code == 200


def test_an_answer_to_what_is_gone_does_no_harm(desk: Browser, filling: Filling) -> None:
    pairs(filling, [0.25, 0.251])
    told = card(desk, "related")

    first = desk.client.post("/moderation/related/say", data=told | {"do": "yes"})
    second = desk.client.post("/moderation/related/say", data=told | {"do": "yes"})
    strange = desk.client.post("/moderation/related/say", data=told | {"item": "x", "do": "no"})

    assert (first.status_code, second.status_code, strange.status_code) == (303, 303, 404)
    assert len({json.dumps(decisions.document(d)) for d in decisions.stored(filling.db)}) == 1
