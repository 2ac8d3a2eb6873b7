"""What moderators decide on the page of an item, and links that they add by hand."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from aggregator import store
from aggregator.clock import SimulatedClock
from aggregator.model import SourceKind, UserRole
from aggregator.store import audit, catalogue, decisions
from tests.builders import make_catalogue, make_source
from tests.web.filling import FORUM, PLATFORMS, Filling
from tests.web.people import Browser, add


@pytest.fixture
def pair(filling: Filling) -> tuple[str, str]:
    """Two related items of two platforms."""
    one, other = filling.item("Leitfaden"), filling.item("Frage", FORUM)
    for item in (one, other):
        filling.words(item, "Melderegister", "Leitfaden")
    filling.related(one, other, 0.6)
    return one, other


@pytest.fixture
def moderator(app: Flask, db: store.Connection) -> Browser:
    """A browser of somebody who may decide."""
    add(db, "moderator", UserRole.MODERATOR)
    return Browser(app).enter("moderator")


def send(browser: Browser, url: str, item: str, **fields: str) -> int:
    return browser.send(url, f"/items/{item}", **fields).status_code


def test_only_moderators_see_the_buttons(
    app: Flask, db: store.Connection, moderator: Browser, pair: tuple[str, str]
) -> None:
    add(db, "reader")
    reader = Browser(app).enter("reader")
    url = f"/items/{pair[0]}"

    assert "Passt nicht" in moderator.get(url).text
    for browser in (reader, Browser(app)):
        page = browser.get(url).text
        assert "Passt nicht" not in page
        assert "csrf" not in page


@pytest.mark.parametrize("kind", ["related", "not_related", "same", "not_same"])
def test_a_verdict_is_kept_told_at_once_and_written_down(
    moderator: Browser, db: store.Connection, pair: tuple[str, str], kind: str
) -> None:
    one, other = pair

    assert send(moderator, f"/items/{one}/judge", one, kind=kind, other=other) == 303

    [decision] = decisions.stored(db)
    told = moderator.get(f"/items/{one}.json").get_json()["decided"]
    [entry] = [row for row in audit.entries(db, limit=9)[0] if row["action"] == "decision"]
    assert (decision.kind, decision.by, decision.role) == (kind, "moderator", "moderator")
    assert isinstance(decision.object, decisions.Subject)
    assert decision.object.platform == "forum"
    yes = not kind.startswith("not_")
    assert [(row["item"]["id"], row["yes"]) for row in told] == [(other, yes)]
    assert (entry["by"], entry["object"]) == ("moderator", one)
    shown = moderator.get(f"/items/{one}.json").get_json()["related"]
    assert bool(shown) is (kind != "not_related")  # at once, before anything is derived
    queued = {row[0] for row in db.execute("SELECT item FROM changes")}
    assert queued  # whoever derives next takes it in


def test_the_latest_verdict_counts(
    moderator: Browser, pair: tuple[str, str], clock: SimulatedClock
) -> None:
    one, other = pair
    send(moderator, f"/items/{one}/judge", one, kind="related", other=other)
    clock.advance(timedelta(minutes=1))
    send(moderator, f"/items/{one}/judge", one, kind="not_related", other=other)

    page = moderator.get(f"/items/{one}")

    assert "Als nicht passend entschieden" in page.text
    assert 'value="not_related"' not in page.text  # said already
    assert 'value="related"' in page.text


def test_a_topic_is_given_and_taken(
    moderator: Browser, db: store.Connection, pair: tuple[str, str]
) -> None:
    one, _ = pair
    assert send(moderator, f"/items/{one}/topic", one, topic="bildung", fits="1") == 303
    assert send(moderator, f"/items/{one}/topic", one, topic="umwelt", fits="0") == 303

    told = {decision.object: decision.value for decision in decisions.stored(db)}

    assert told == {"bildung": True, "umwelt": False}
    assert send(moderator, f"/items/{one}/topic", one, topic="gibtesnicht", fits="1") == 400


def test_what_cannot_be_decided_is_refused(
    moderator: Browser, db: store.Connection, pair: tuple[str, str]
) -> None:
    one, other = pair
    url = f"/items/{one}/judge"

    assert send(moderator, url, one, kind="hide", other=other) == 400
    assert send(moderator, url, one, kind="related", other="abcdefghijkl") == 404
    assert send(moderator, url, one, kind="related", other=one) == 404
    assert list(decisions.stored(db)) == []


# --- added by hand ---------------------------------------------------------------------------


@pytest.fixture
def by_hand(filling: Filling) -> None:
    """Let one platform have a source that is filled by hand."""
    sources = [
        make_source("forum-feed", platform="forum", url="https://forum.example/feed.xml",
                    kind=SourceKind.FEED),
        make_source("forum-hand", platform="forum", url=None, kind=SourceKind.MANUAL),
    ]  # fmt: skip
    told = make_catalogue(sources, list(PLATFORMS))
    catalogue.mirror(filling.db, replace(told, checksum="by-hand"))


def test_a_page_that_nobody_crawled_is_added_with_note_and_topic(
    moderator: Browser, db: store.Connection, by_hand: None, pair: tuple[str, str]
) -> None:
    answer = moderator.send(
        "/add", url="https://forum.example/neu", title="Neue Seite", note="Aus der Sitzung",
        topic="bildung", related=pair[0],
    )  # fmt: skip

    assert answer.status_code == 303
    told = moderator.get(f"{answer.location}.json").get_json()
    kinds = {decision.kind: decision.why for decision in decisions.stored(db)}
    assert (told["item"]["title"], told["item"]["source"]) == ("Neue Seite", "forum-hand")
    assert told["item"]["sources"] == ["forum-hand"]
    assert kinds == {"topic": "Aus der Sitzung", "related": "Aus der Sitzung"}


def test_a_known_page_gets_what_was_added(
    moderator: Browser, db: store.Connection, filling: Filling
) -> None:
    item = filling.item("Leitfaden", path="leitfaden")

    answer = moderator.send("/add", url="https://ministerium.example/leitfaden", topic="bildung")

    assert answer.location == f"/items/{item}"
    assert [decision.kind for decision in decisions.stored(db)] == ["topic"]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"url": "kein-link"}, "keine Adresse"),
        ({"url": "javascript:alert(1)"}, "keine Adresse"),
        ({"url": "https://forum.example/neu"}, "fehlt der Titel"),
        ({"url": "https://ministerium.example/da"}, "schon im Index"),
        (
            {"url": "https://forum.example/neu", "title": "Neu", "related": "abcdefghijkl"},
            "gibt es",
        ),
        ({"url": "https://forum.example/neu", "title": "Neu", "source": "forum-feed"}, "Hand"),
        ({"url": "https://forum.example/neu", "title": "Neu", "topic": "nichts"}, "Themenfeld"),
    ],
)
def test_what_is_missing_is_told_beside_what_was_entered(
    moderator: Browser, filling: Filling, by_hand: None, fields: dict[str, str], says: str
) -> None:
    filling.item("Da", path="da")
    before = filling.db.execute("SELECT count(*) FROM item").fetchone()[0]

    answer = moderator.send("/add", **fields)

    assert answer.status_code == 400
    assert says in answer.text
    assert f'value="{fields["url"]}"' in answer.text
    assert filling.db.execute("SELECT count(*) FROM item").fetchone()[0] == before


def test_without_a_source_for_it_nothing_is_added(moderator: Browser, filling: Filling) -> None:
    assert filling.rows == {}
    answer = moderator.send("/add", url="https://forum.example/neu", title="Neu")

    assert answer.status_code == 400
    assert "kind: manual" in answer.text
