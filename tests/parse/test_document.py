"""Documents: text, title, date and links of a PDF; hostile files end soon and are named."""

import pytest

from aggregator.errors import ParseError
from aggregator.model import Code, Evidence, ItemKind, Policy, SourceKind
from aggregator.parse import document, document_child
from aggregator.parse.document import parse_document, read, reflow
from tests.parse.golden import NOW, make_page, make_source
from tests.parse.pdf import make_pdf

LINES = [
    "Handreichung zum digitalen Bauantrag",
    "Die Kreise nehmen den Antrag seit dem Sommer gemeinsam entgegen und prüfen ihn über-",
    "einstimmend nach Beschluss 2026/21.",
]
ADDRESS = "https://haus.example/SharedDocs/downloads/hand_reichung.pdf?__blob=publicationFile&v=3"


def test_pdf_becomes_one_entry_with_pages() -> None:
    info = {"Title": "Handreichung Bauantrag", "CreationDate": "D:20260921103000+02'00'"}
    body = make_pdf(LINES, ["Anhang"], info=info, link="https://rat.example/beschluss/2026-21")
    page = make_page(body, ADDRESS, media_type="application/pdf")
    (entry,) = parse_document(make_source(), page).entries
    assert entry.title == "Handreichung Bauantrag"
    assert entry.published is not None
    assert (entry.published.at, entry.published.evidence) == (
        "2026-09-21T08:30:00Z", Evidence.STRUCTURED)  # fmt: skip
    assert "prüfen ihn übereinstimmend nach Beschluss 2026/21." in entry.text
    assert [(part.role, part.label) for part in entry.parts] == [("page", "1"), ("page", "2")]
    assert entry.parts[1].text == "Anhang"
    assert {link.url for link in entry.links} == {"https://rat.example/beschluss/2026-21"}
    assert entry.links[0].anchor == LINES[0]
    assert entry.kind is ItemKind.DOCUMENT


@pytest.mark.parametrize(
    ("pages", "info", "title"),
    [
        (LINES, {"Title": "Microsoft Word - Entwurf_final.docx"}, LINES[0]),
        ([], {}, "hand reichung"),
    ],
)
def test_title_falls_back_to_first_lines_and_file_name(
    pages: list[str], info: dict[str, str], title: str
) -> None:
    parsed = parse_document(make_source(), make_page(make_pdf(pages, info=info), ADDRESS))
    assert parsed.title == title


def test_date_in_the_text_serves_when_the_file_has_none() -> None:
    body = make_pdf(["Leitlinie", "Stand: 26.10.2021"])
    (entry,) = parse_document(make_source(), make_page(body, ADDRESS)).entries
    assert entry.published is not None
    assert (entry.published.at, entry.published.evidence) == ("2021-10-26", Evidence.TEXT)


def test_scanned_document_is_said_to_be_without_text() -> None:
    parsed = parse_document(make_source(), make_page(make_pdf([]), ADDRESS))
    assert [problem.code for problem in parsed.problems] == [Code.EMPTY]


def test_header_reserves_a_file_too() -> None:
    page = make_page(make_pdf(LINES), ADDRESS, headers={"x-robots-tag": "noindex"})
    assert parse_document(make_source(), page).entries[0].policy is Policy.LINK


def test_kind_of_a_document_source_is_its_own() -> None:
    source = make_source(SourceKind.DOCUMENT, item_kind=ItemKind.LAW)
    (entry,) = parse_document(source, make_page(make_pdf(LINES), ADDRESS)).entries
    assert entry.kind is None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"%PDF-1.7 kaputt", Code.DECODE_FAILED),
        (b"PK\x03\x04 archiv", Code.DECODE_FAILED),
        (b"<html>Anmelden", Code.UNSUPPORTED),
        (b"", Code.UNSUPPORTED),
    ],
)
def test_file_that_cannot_be_read_is_named_with_its_place(body: bytes, code: Code) -> None:
    with pytest.raises(ParseError) as caught:
        parse_document(make_source(), make_page(body, ADDRESS))
    assert (caught.value.code, caught.value.where) == (code, ADDRESS)


@pytest.mark.parametrize("unit", [b"q ", b"BT /F1 12 Tf (AAAAAAAAAAAAAAAA) Tj ET "])
def test_bomb_dies_in_its_own_process(unit: bytes) -> None:
    bomb = make_pdf(["x"], stream=unit * (40_000_000 // len(unit)))
    assert len(bomb) < 200_000
    with pytest.raises(ParseError) as caught:
        read(bomb, "application/pdf", now=NOW)
    assert caught.value.code in (Code.DOCUMENT_REFUSED, Code.TOO_SLOW)


def test_deadline_ends_a_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "DEADLINE_S", 0.001)
    with pytest.raises(ParseError) as caught:
        read(make_pdf(LINES), "application/pdf")
    assert caught.value.code is Code.TOO_SLOW


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("Über-\nschrift des langen Absatzes\nhier", "Überschrift des langen Absatzes hier"),
        ("Nord-\nRhein", "Nord- Rhein"),
        ("Punkte, die nun alle folgen werden:\n• eins\n• zwei",
         "Punkte, die nun alle folgen werden:\n\n• eins\n\n• zwei"),
        ("Kapitel 1\nDer erste Satz dieses Kapitels ist lang.",
         "Kapitel 1\n\nDer erste Satz dieses Kapitels ist lang."),
    ],
)  # fmt: skip
def test_lines_become_paragraphs(page: str, text: str) -> None:
    assert reflow(page) == text


def test_child_reads_text_links_and_facts() -> None:
    body = make_pdf(["Erste Zeile"], ["Zweite Seite"], info={"Author": "Redaktion"},
                    link="https://rat.example/")  # fmt: skip
    found = document_child.read_pdf(body)
    assert [page["text"].strip() for page in found["pages"]] == ["Erste Zeile", "Zweite Seite"]
    assert found["pages"][0]["links"] == [["https://rat.example/", "Erste Zeile"]]
    assert (found["author"], found["truncated"]) == ("Redaktion", False)


def test_child_says_when_it_stopped_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_child, "MAX_PAGES", 1)
    assert document_child.read_pdf(make_pdf(["a"], ["b"]))["truncated"]
    monkeypatch.setattr(document_child, "MAX_CHARS", 3)
    assert document_child.read_pdf(make_pdf(["abcdef"]))["pages"][0]["text"] == "abc"


def test_child_names_a_broken_file() -> None:
    assert document_child.read_pdf(b"%PDF-1.4 nichts") == {"error": "broken"}
