"""Files for manual sources: JSON Lines, CSV, mail."""

import json
from email.message import EmailMessage
from pathlib import Path

import pytest

from aggregator import records
from aggregator.errors import ParseError
from aggregator.model import Code, Entry, ItemKind
from aggregator.records import Rejected

NOW = "2026-11-24T08:00:00Z"


def read(file: Path) -> list[Entry | Rejected]:
    return [row for _, row in records.read(file, NOW)]


def jsonl(folder: Path, *rows: object) -> Path:
    file = folder / "in.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def test_record_becomes_an_entry(tmp_path: Path) -> None:
    [entry] = read(jsonl(tmp_path, {
        "entry_id": "a1", "url": "https://amt.example/1", "title": "Titel", "text": "Text.",
        "published_at": "2026-11-02", "kind": "decision", "authors": ["Referat"],
        "identifiers": ["BT-Drs. 20/1"], "unbekannt": 1,
    }))  # fmt: skip

    assert isinstance(entry, Entry)
    assert (entry.entry_id, entry.title, entry.kind) == ("a1", "Titel", ItemKind.DECISION)
    assert entry.published is not None
    assert entry.published.at == "2026-11-02"
    assert entry.identifiers == ("BT-Drs. 20/1",)


@pytest.mark.parametrize(
    ("row", "code", "word"),
    [
        ({"title": "x"}, Code.IDENTITY_LOST, "weder entry_id noch url"),
        ({"entry_id": "a"}, Code.EMPTY, "weder title noch text"),
        ({"url": "nirgends", "title": "x"}, Code.IDENTITY_LOST, "keine Adresse"),
        ({"entry_id": "a", "title": "x", "kind": "gedicht"}, Code.PARSE_FAILED, "gedicht"),
        ({"entry_id": "a", "title": "x", "published_at": "bald"}, Code.PARSE_FAILED, "Datum"),
        ({"entry_id": "a", "title": {"de": "x"}}, Code.PARSE_FAILED, "title"),
        ({"entry_id": "a", "title": "x", "authors": [{}]}, Code.PARSE_FAILED, "authors"),
        (["keine", "Zuordnung"], Code.PARSE_FAILED, "kein JSON-Objekt"),
    ],
)
def test_unusable_record_is_rejected_with_its_reason(
    tmp_path: Path, row: object, code: Code, word: str
) -> None:
    bad, good = read(jsonl(tmp_path, row, {"entry_id": "gut", "title": "x"}))

    assert isinstance(bad, Rejected)
    assert (bad.line, bad.code) == (1, code)
    assert word in bad.message
    assert isinstance(good, Entry)


def test_only_lf_ends_a_line(tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_bytes('{"entry_id": "a", "title": "eins\u2028zwei"}\r\n'.encode())

    [entry] = read(file)

    assert isinstance(entry, Entry)
    assert entry.title == "eins\u2028zwei"


def test_broken_line_is_rejected_and_the_rest_is_read(tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text('{"entry_id": \n\n{"entry_id": "b", "title": "x"}\n', encoding="utf-8")

    bad, good = records.read(file, NOW)

    assert (bad[0], good[0]) == (1, 3)
    assert isinstance(bad[1], Rejected)


def test_line_that_is_no_utf8_is_rejected_and_the_rest_is_read(tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    good = b'{"entry_id": "%d", "title": "x"}\n'
    file.write_bytes(good % 1 + '{"entry_id": "2", "title": "Größe"}\n'.encode("cp1252") + good % 3)

    one, bad, three = read(file)

    assert isinstance(one, Entry)
    assert bad == Rejected(line=2, code=Code.DECODE_FAILED, message="kein UTF-8")
    assert isinstance(three, Entry)


def test_half_a_surrogate_pair_is_replaced(tmp_path: Path) -> None:
    [entry] = read(
        jsonl(tmp_path, {"entry_id": "a\ud83d", "title": "x\ud83d", "authors": ["\ud83d"]})
    )

    assert isinstance(entry, Entry)
    assert (entry.entry_id, entry.title, entry.authors) == ("a?", "x?", ("?",))


def test_line_that_is_too_long_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records.tables, "MAX_LINE_BYTES", 50)
    long, good = read(
        jsonl(
            tmp_path,
            {"entry_id": "a", "text": "x" * 500},
            {"url": "http://a.example/", "text": "x"},
        )
    )

    assert isinstance(long, Rejected)
    assert (long.line, long.code) == (1, Code.TOO_LARGE)
    assert isinstance(good, Entry)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.csv", "entry_id;title\na;x\nb;Größe\n".encode("cp1252")),
        ("a.csv", "entry_id;title\na;x\n".encode("utf-16")),
        ("a.jsonl", '{"entry_id": "a", "title": "x"}\n'.encode("utf-16")),
    ],
)
def test_file_that_is_no_utf8_is_refused_with_its_line(
    tmp_path: Path, name: str, body: bytes
) -> None:
    file = tmp_path / name
    file.write_bytes(body)

    with pytest.raises(ParseError, match=r"kein UTF-8 ab Zeile [13]"):
        read(file)


def test_long_cell_of_a_csv_is_read(tmp_path: Path) -> None:
    file = tmp_path / "in.csv"
    file.write_text(f"entry_id;text\na;{'Wort ' * 50_000}\n", encoding="utf-8")

    [entry] = read(file)

    assert isinstance(entry, Entry)
    assert len(entry.text) > 200_000


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "bom"])
@pytest.mark.parametrize("cut", [";", ","])
def test_csv_by_semicolon_or_comma(tmp_path: Path, mark: bytes, cut: str) -> None:
    file = tmp_path / "in.csv"
    head = cut.join(["entry_id", "title", "authors", "text"])
    row = cut.join(["a1", '"Straße, Weg; Platz"', "Eins|Zwei", "Text"])
    file.write_bytes(mark + f"{head}\n{row}\n".encode())

    [entry] = read(file)

    assert isinstance(entry, Entry)
    assert (entry.title, entry.authors) == ("Straße, Weg; Platz", ("Eins", "Zwei"))


def test_csv_without_a_known_column_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "in.csv"
    file.write_text("titel;inhalt\na;b\n", encoding="utf-8")

    with pytest.raises(ParseError, match="Kopfzeile"):
        read(file)


def test_addresses_in_plain_text_are_links_with_their_sentence(tmp_path: Path) -> None:
    text = "Es gibt Neues. Mehr unter https://amt.example/a. Ende."

    [entry] = read(jsonl(tmp_path, {"entry_id": "a", "title": "x", "text": text}))

    assert isinstance(entry, Entry)
    [link] = entry.links
    assert link.url == "https://amt.example/a"
    assert link.sentence.startswith("Mehr unter")


def test_mail_becomes_an_entry_without_its_sender(tmp_path: Path) -> None:
    message = EmailMessage()
    message["From"] = "Erika Musterfrau <erika@amt.example>"
    message["Message-ID"] = "<1@amt.example>"
    message["In-Reply-To"] = "<0@amt.example>"
    message["Date"] = "Fri, 20 Nov 2026 10:00:00 +0100"
    message["Subject"] = "Frage zum Wohngeld"
    message.set_content("Wer hat Erfahrung? Siehe https://amt.example/a")
    file = tmp_path / "frage.eml"
    file.write_bytes(bytes(message))

    [entry] = read(file)

    assert isinstance(entry, Entry)
    assert (entry.entry_id, entry.answer_to) == ("1@amt.example", "0@amt.example")
    assert entry.published is not None
    assert entry.published.at == "2026-11-20T09:00:00Z"
    assert entry.authors == ()
    assert "Erika" not in entry.text


def test_mailbox_is_read_message_by_message(tmp_path: Path) -> None:
    file = tmp_path / "liste.mbox"
    file.write_text(
        "From a@b Fri Nov 20 10:00:00 2026\nMessage-ID: <1@x>\nSubject: Eins\n\nText eins\n\n"
        "From a@b Fri Nov 20 10:00:00 2026\nSubject: Ohne Kennung\n\nText\n", encoding="utf-8",
    )  # fmt: skip

    first, second = read(file)

    assert isinstance(first, Entry)
    assert first.title == "Eins"
    assert isinstance(second, Rejected)
