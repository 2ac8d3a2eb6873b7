"""Saved searches by mail: asked first, told what is new, ended by one click; a real SMTP server."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from aggregator import derive, newsletters, store
from aggregator.clock import SimulatedClock, stamp
from aggregator.config import Settings, vocabulary
from aggregator.store import accounts, saved
from aggregator.text.wordforms import WordForms
from tests.mail.conftest import Postbox, Start, postbox, smtp
from tests.web.filling import FORUM, Filling
from tests.web.people import Browser, add
from web import create_app

__all__ = ["postbox", "smtp"]  # fixtures

Send = Callable[[], int]


@pytest.fixture
def settings(smtp: Start) -> Settings:
    return smtp(web_url="https://index.amt.example")


@pytest.fixture
def app(database: Path, clock: SimulatedClock, settings: Settings, word_forms: WordForms) -> Flask:
    app = create_app(database.parent, clock=clock, settings=settings)
    app.extensions["word_forms"] = word_forms
    return app


@pytest.fixture
def reader(app: Flask, filling: Filling) -> Browser:
    add(filling.db, "leserin")
    browser = Browser(app)
    browser.sign_in("leserin")
    return browser


@pytest.fixture
def send(
    filling: Filling, database: Path, settings: Settings, word_forms: WordForms,
    clock: SimulatedClock,
) -> Send:  # fmt: skip
    def do() -> int:
        derive.derive(filling.db, clock=clock, vocabulary=vocabulary(), words=word_forms)
        return newsletters.send(filling.db, database.parent, settings, word_forms, clock.now())

    return do


def save(reader: Browser, query: str = "q=Wohngeld&platform=forum", days: str = "1") -> None:
    page = reader.get(f"/account/searches?{query}")
    told = re.search(r'name="query" value="([^"]*)"', page.text)
    assert told, page.text
    answer = reader.send("/account/searches/add", f"/account/searches?{query}",
                         query=told[1].replace("&amp;", "&"), mail="leserin@amt.example",
                         every_days=days)  # fmt: skip
    assert answer.status_code == 303, answer.text


def token_in(letter: object) -> str:
    text = letter.get_body(("plain",)).get_content()  # type: ignore[attr-defined]  # EmailMessage
    found = re.search(r"/saved/([\w-]+)", text)
    assert found
    return found[1]


def test_an_address_is_asked_once_and_gets_nothing_before_it_confirms(
    reader: Browser, send: Send, postbox: Postbox, filling: Filling, clock: SimulatedClock
) -> None:
    save(reader)
    assert send() == 1
    assert postbox.letters[0]["Subject"] == "Querverweis: bitte bestätigen"
    filling.item("Neues zum Wohngeld", FORUM, now=stamp(clock.now()))
    clock.advance(timedelta(days=3))

    assert send() == 0

    clock.advance(timedelta(days=30))
    send()
    assert saved.of_account(filling.db, "leserin") == []


def confirmed(reader: Browser, send: Send, postbox: Postbox) -> str:
    save(reader)
    send()
    token = token_in(postbox.letters[-1])
    assert reader.send(f"/saved/{token}/confirm", f"/saved/{token}").status_code == 200
    postbox.letters.clear()
    return token


def test_a_confirmed_address_hears_what_is_new_and_nothing_else(
    reader: Browser, send: Send, postbox: Postbox, filling: Filling, clock: SimulatedClock
) -> None:
    filling.item("Altes zum Wohngeld", FORUM)
    token = confirmed(reader, send, postbox)
    clock.advance(timedelta(hours=5))
    new = filling.item("Neues zum Wohngeld", FORUM, now=stamp(clock.now()))
    filling.item("Etwas anderes", FORUM, now=stamp(clock.now()))
    assert send() == 0, "a day has not passed"
    clock.advance(timedelta(days=1))

    assert send() == 1
    assert send() == 0

    [letter] = postbox.letters
    text = letter.get_content()
    assert "Neues zum Wohngeld" in text
    assert f"https://index.amt.example/items/{new}" in text
    assert "Altes" not in text
    assert "anderes" not in text
    assert letter["List-Unsubscribe"] == f"<https://index.amt.example/saved/{token}/unsubscribe>"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_week_without_news_sends_nothing_and_loses_nothing(
    reader: Browser, send: Send, postbox: Postbox, filling: Filling, clock: SimulatedClock
) -> None:
    confirmed(reader, send, postbox)
    seen = stamp(clock.now() + timedelta(hours=1))
    clock.advance(timedelta(days=2))
    assert send() == 0
    filling.item("Spät durchsuchbar zum Wohngeld", FORUM, now=seen)  # derived after that look
    clock.advance(timedelta(days=1))

    assert send() == 1


def test_a_mail_program_unsubscribes_by_one_post_without_cookies(
    reader: Browser, app: Flask, send: Send, postbox: Postbox, filling: Filling
) -> None:
    token = confirmed(reader, send, postbox)
    stranger: FlaskClient = app.test_client(use_cookies=False)
    url = f"/saved/{token}/unsubscribe"

    assert stranger.get(url).status_code == 405, "looking at it ends nothing"
    assert saved.of_account(filling.db, "leserin")
    answer = stranger.post(url, data={"List-Unsubscribe": "One-Click"})

    assert answer.status_code == 200
    assert saved.of_account(filling.db, "leserin") == []
    assert stranger.post(url).status_code == 200, "twice is fine"


def test_confirming_needs_the_form_of_the_page(
    reader: Browser, app: Flask, send: Send, postbox: Postbox, filling: Filling
) -> None:
    save(reader)
    send()
    token = token_in(postbox.letters[-1])

    assert app.test_client(use_cookies=False).post(f"/saved/{token}/confirm").status_code == 403

    assert saved.of_account(filling.db, "leserin")[0].confirmed_at is None


def test_a_server_that_is_down_loses_no_news(
    reader: Browser, send: Send, postbox: Postbox, filling: Filling, clock: SimulatedClock
) -> None:
    confirmed(reader, send, postbox)
    clock.advance(timedelta(hours=1))
    filling.item("Neues zum Wohngeld", FORUM, now=stamp(clock.now()))
    clock.advance(timedelta(days=1))
    postbox.refused.add("leserin@amt.example")
    assert send() == 0

    postbox.refused.clear()

    assert send() == 1


def test_nobody_removes_the_search_of_another(
    reader: Browser, app: Flask, filling: Filling
) -> None:
    save(reader)
    [mine] = saved.of_account(filling.db, "leserin")
    add(filling.db, "andere")
    other = Browser(app)
    other.sign_in("andere")

    other.send("/account/searches/remove", "/account/searches?q=x", token=mine.token)

    assert saved.of_account(filling.db, "leserin") == [mine]


def test_an_account_that_goes_takes_its_searches_with_it(reader: Browser, filling: Filling) -> None:
    save(reader)
    with store.transaction(filling.db):
        accounts.remove(filling.db, "leserin")

    assert filling.db.execute("SELECT count(*) FROM saved_search").fetchone()[0] == 0


@pytest.mark.parametrize("mail", ["", "kein", "a@b\nBcc: c@d", "a@b,c@d"])
def test_what_is_no_address_is_refused(reader: Browser, filling: Filling, mail: str) -> None:
    answer = reader.send("/account/searches/add", "/account/searches?q=x", query="q=x", mail=mail,
                         every_days="1")  # fmt: skip

    assert answer.status_code == 422
    assert saved.of_account(filling.db, "leserin") == []
