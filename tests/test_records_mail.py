"""Mail as records: threads, what a message says itself, and never who wrote it."""

from email.message import EmailMessage
from pathlib import Path

import pytest

from aggregator import records
from aggregator.model import Entry
from aggregator.records import Rejected
from aggregator.records.mail import own_words

NOW = "2026-11-24T08:00:00Z"


def message(text: str = "Wer hat Erfahrung?", **headers: str) -> EmailMessage:
    made = EmailMessage()
    told = {"From": "Erika Musterfrau <erika@amt.example>", "Message-ID": "<3@amt.example>",
            "Date": "Fri, 20 Nov 2026 10:00:00 +0100", "Subject": "AW: Wohngeld"}  # fmt: skip
    for name, value in (told | {k.replace("_", "-"): v for k, v in headers.items()}).items():
        made[name] = value
    made.set_content(text)
    return made


def read(folder: Path, mail: EmailMessage | bytes) -> Entry:
    file = folder / "post.eml"
    file.write_bytes(mail if isinstance(mail, bytes) else bytes(mail))
    [(_, entry)] = records.read(file, NOW)
    assert isinstance(entry, Entry)
    return entry


def test_a_thread_is_known_by_its_references(tmp_path: Path) -> None:
    mail = message(In_Reply_To="<2@amt.example>", References="<1@land.example> <2@amt.example>")
    entry = read(tmp_path, mail)
    assert (entry.parent, entry.answer_to) == ("1@land.example", "2@amt.example")


def test_without_references_the_answered_message_begins_the_thread(tmp_path: Path) -> None:
    entry = read(tmp_path, message(In_Reply_To="<2@amt.example>"))
    assert (entry.parent, entry.answer_to) == ("2@amt.example", "2@amt.example")
    entry = read(tmp_path, message(References="<1@amt.example> <2@amt.example>"))
    assert (entry.parent, entry.answer_to) == ("1@amt.example", "2@amt.example")


@pytest.mark.parametrize(
    ("told", "own"),
    [
        ("Ja.\n\nAm 20.11.2026 um 10:00 schrieb Erika Muster:\n> Wer weiß das?\n", "Ja."),
        ("Ja.\n\nOn Fri, 20 Nov 2026 at 10:00, Erika Muster\n<erika@amt.example> wrote:\n> Wer?",
         "Ja."),
        ("> Erste Frage?\nErste Antwort.\n> Zweite Frage?\nZweite Antwort.",
         "Erste Antwort.\nZweite Antwort."),
        ("Ja.\n-----Ursprüngliche Nachricht-----\nVon: Erika Muster\nWer weiß das?", "Ja."),
        ("Ja.\n\nVon: Erika Muster\nGesendet: Freitag\nAn: Liste\n\nWer weiß das?", "Ja."),
        ("Ja.\n\n-- \nErika Muster\nTel. 030 1234", "Ja."),
        ("Ja.\n____________________________________\nListe mailing list\nListe@amt.example", "Ja."),
        ("Am 20.11. ist Frist: bitte antworten.", "Am 20.11. ist Frist: bitte antworten."),
        ("a -- b\n5 > 3 gilt", "a -- b\n5 > 3 gilt"),
    ],
)  # fmt: skip
def test_only_what_a_message_says_itself_is_kept(told: str, own: str) -> None:
    assert own_words(told) == own


def test_html_mail_is_read_without_the_message_that_it_answers(tmp_path: Path) -> None:
    mail = message()
    mail.clear_content()
    mail.set_content(
        '<p>Ja, <a href="https://amt.example/a">hier</a>.</p><div class="gmail_quote">'
        '<div class="gmail_attr">Erika Muster schrieb:</div><blockquote>Wer?</blockquote></div>'
        '<blockquote type="cite">Alt</blockquote>', subtype="html",
    )  # fmt: skip
    entry = read(tmp_path, mail)
    assert entry.text == "Ja, hier."
    assert [link.url for link in entry.links] == ["https://amt.example/a"]


def test_attachments_are_named(tmp_path: Path) -> None:
    mail = message("Anbei.")
    mail.add_attachment(b"%PDF-", maintype="application", subtype="pdf", filename="Prüfplan.pdf")
    assert read(tmp_path, mail).text == "Anbei.\n\nAnhang: Prüfplan.pdf"


def test_nobody_who_wrote_is_named(tmp_path: Path) -> None:
    text = "Ja.\n\nAm Freitag schrieb Erika Musterfrau:\n> Frage\n\n-- \nErika Musterfrau"
    assert "musterfrau" not in repr(read(tmp_path, message(text))).lower()


@pytest.mark.parametrize(
    "raw",
    [
        b"Message-ID: <1@x>\nSubject: =?nix?q?kaputt\nContent-Type: text/plain; charset=nix\n\n"
        b"M\xfcnchen",
        b"Message-ID: <1@x>\nDate: (((\nSubject: a\nContent-Type: multipart/mixed; boundary=b\n\n"
        b"--b\n"
        b"Content-Type: text/plain; charset=x-unbekannt\n\nText\n",
        b"Message-ID: <1@x>\nIn-Reply-To: <<<\nReferences: \xff\xfe\nSubject: a\n\n\0\0",
        b"Message-ID: 1@x\nSubject: ohne Klammern\n\nText",
    ],
)  # fmt: skip
def test_broken_mail_is_read_as_far_as_it_goes(tmp_path: Path, raw: bytes) -> None:
    assert read(tmp_path, raw).entry_id == "1@x"


def test_mail_without_anything_is_rejected_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "liste.mbox"
    file.write_bytes(b"From a@b Fri Nov 20 10:00:00 2026\nMessage-ID: <1@x>\nSubject: A\n\nText\n\n"
                     b"From a@b Fri Nov 20 10:00:00 2026\nMessage-ID: <2@x>\n\n\n")  # fmt: skip
    rows = dict(records.read(file, NOW))
    assert isinstance(rows[1], Entry)
    assert isinstance(rows[2], Rejected)
    assert rows[2].line == 2
