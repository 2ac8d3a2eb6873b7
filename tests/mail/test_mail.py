"""Letters travel protected, say how to unsubscribe, and never show a password."""

import logging

import pytest

from aggregator.clock import SimulatedClock
from aggregator.config import Settings
from aggregator.mail import Letter, MailError, mailer, message
from tests.conftest import START
from tests.mail.conftest import PASSWORD, USER, Postbox, Start

LETTER = Letter(
    to="leserin@amt.example",
    subject="Drei neue Einträge zu „Wohngeld“",
    text="Guten Tag,\n\nhier steht das Neue.\n",
    html="<p>hier steht das Neue</p>",
    unsubscribe="https://index.amt.example/unsubscribe/abc",
)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_letter_arrives_over_a_protected_line(
    smtp: Start, postbox: Postbox, clock: SimulatedClock, security: str
) -> None:
    with mailer(smtp(security), clock.now()) as line:
        line.send(LETTER)

    [letter] = postbox.letters
    assert postbox.logins == [USER]
    assert letter["To"] == "leserin@amt.example"
    assert letter["From"] == "Querverweis <index@amt.example>"
    assert letter["Subject"] == LETTER.subject
    assert letter["Date"].datetime == clock.now()
    text, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert text
    assert "hier steht das Neue" in text.get_content()
    assert html
    assert "<p>hier" in html.get_content()


def test_one_click_unsubscribing_is_announced_as_rfc_8058_asks() -> None:
    told = message(LETTER, "index@amt.example", START)

    assert told["List-Unsubscribe"] == "<https://index.amt.example/unsubscribe/abc>"
    assert told["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert told["Auto-Submitted"] == "auto-generated"


def test_without_protection_a_letter_leaves_but_a_password_does_not(
    smtp: Start, postbox: Postbox, clock: SimulatedClock
) -> None:
    with mailer(smtp("none", user=""), clock.now()) as line:
        line.send(LETTER)
    assert len(postbox.letters) == 1

    with pytest.raises(MailError, match="unprotected"), mailer(smtp("none"), clock.now()):
        pass
    assert postbox.logins == []


def test_a_certificate_of_a_stranger_is_refused(
    smtp: Start, postbox: Postbox, clock: SimulatedClock
) -> None:
    settings = smtp("starttls", ca_file="")

    with pytest.raises(MailError, match="certificate"), mailer(settings, clock.now()):
        pass

    assert postbox.logins == []


def test_a_wrong_password_is_an_error_that_does_not_tell_it(
    smtp: Start, clock: SimulatedClock, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = "planted-falsch-0815"
    with pytest.raises(MailError) as caught, mailer(smtp(password=wrong), clock.now()):
        pass

    assert "smtp_user" in caught.value.remedy
    assert wrong not in f"{caught.value} {caught.value.document()} {caplog.text}"


def test_a_refused_reader_does_not_stop_the_others(
    smtp: Start, postbox: Postbox, clock: SimulatedClock
) -> None:
    postbox.refused.add("weg@amt.example")
    with mailer(smtp(), clock.now()) as line:
        with pytest.raises(MailError, match="no such mailbox"):
            line.send(Letter(to="weg@amt.example", subject="a", text="b"))
        line.send(LETTER)

    assert [letter["To"] for letter in postbox.letters] == ["leserin@amt.example"]


@pytest.mark.parametrize("field", ["to", "subject", "unsubscribe"])
def test_no_field_can_add_a_header(
    smtp: Start, postbox: Postbox, clock: SimulatedClock, field: str
) -> None:
    told = {"to": "a@amt.example", "subject": "b", "text": "c", "unsubscribe": "https://d"}
    evil = Letter(**told | {field: f"{told[field]}\r\nBcc: opfer@amt.example"})

    with mailer(smtp(), clock.now()) as line, pytest.raises(MailError):
        line.send(evil)

    assert postbox.letters == []


def test_without_a_server_nothing_is_tried(clock: SimulatedClock) -> None:
    with pytest.raises(MailError, match="kein Mailserver"), mailer(Settings(), clock.now()):
        pass


def test_the_log_of_smtplib_never_shows_the_password(
    smtp: Start, clock: SimulatedClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    with mailer(smtp(), clock.now()) as line:
        line.send(LETTER)

    own = [record.getMessage() for record in caplog.records if record.name.startswith("aggregator")]
    assert all(PASSWORD not in told for told in own)
