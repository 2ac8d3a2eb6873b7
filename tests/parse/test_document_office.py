"""Office files: text, tables, links, dates; hostile archives are named and cost nothing."""

import io
import zipfile

import pytest

from aggregator.errors import ParseError
from aggregator.model import Code, Evidence
from aggregator.parse import document_child, document_zip
from aggregator.parse.document import parse_document, read
from aggregator.parse.document_zip import Archive, UnreadableError
from tests.parse.golden import NOW, make_page, make_source
from tests.parse.office import archive, make_docx, make_odf, make_xlsx, paragraph

ADDRESS = "https://amt.example/dateien/leit_faden.docx"
CORE = (
    "<dc:title>Leitfaden Wohngeld</dc:title><dc:creator>Referat 3</dc:creator>"
    "<dcterms:created>2026-03-01T09:30:00Z</dcterms:created>"
    "<dcterms:modified>2026-04-02T10:00:00Z</dcterms:modified>"
)


def text_of(body: bytes) -> str:
    found = document_child.read_office(body)
    return "\n---\n".join(page["text"] for page in found["pages"])


# --- text documents ----------------------------------------------------------------------------


def test_text_document_becomes_one_entry_without_pages() -> None:
    body = make_docx(
        paragraph("Die Kreise prüfen nach") + "<w:p><w:hyperlink r:id='l1'><w:r><w:t>Beschluss"
        "</w:t></w:r><w:r><w:t> 2026/21</w:t></w:r></w:hyperlink><w:r><w:t>.</w:t></w:r></w:p>",
        core=CORE, links={"l1": "https://rat.example/beschluss/2026-21"},
    )  # fmt: skip
    parsed = parse_document(make_source(), make_page(body, ADDRESS, media_type="application/x"))
    (entry,) = parsed.entries
    assert (entry.title, entry.authors) == ("Leitfaden Wohngeld", ("Referat 3",))
    assert entry.text == "Die Kreise prüfen nach\n\nBeschluss 2026/21."
    assert entry.published is not None
    assert (entry.published.at, entry.published.evidence) == (
        "2026-03-01T09:30:00Z", Evidence.STRUCTURED)  # fmt: skip
    assert entry.updated_at == "2026-04-02T10:00:00Z"
    assert entry.parts == ()
    assert [(link.url, link.anchor, link.sentence) for link in entry.links] == [
        ("https://rat.example/beschluss/2026-21", "Beschluss 2026/21", "Beschluss 2026/21.")
    ]
    assert entry.found_by["text"] == "docx"


def test_the_date_of_a_template_is_none() -> None:
    core = "<dcterms:created>2013-12-23T23:15:00Z</dcterms:created>"
    assert read(make_docx(paragraph("Text"), core=core), "", now=NOW).published is None


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<w:p><w:r><w:t>Auf</w:t></w:r><w:del><w:r><w:delText>ge</w:delText><w:t>x</w:t></w:r>"
         "</w:del><w:ins><w:r><w:t>geteilt</w:t></w:r></w:ins></w:p>", "Aufgeteilt"),
        ("<w:p><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t><w:noBreakHyphen/>"
         "<w:t>d</w:t></w:r></w:p>", "a b\nc-d"),
        ("<mc:AlternateContent><mc:Choice><w:p><w:r><w:t>Kasten</w:t></w:r></w:p></mc:Choice>"
         "<mc:Fallback><w:p><w:r><w:t>Kasten</w:t></w:r></w:p></mc:Fallback>"
         "</mc:AlternateContent>", "Kasten"),
        ("<w:tbl><w:tr><w:tc><w:p><w:r><w:t>A</w:t></w:r></w:p><w:p><w:r><w:t>B</w:t></w:r></w:p>"
         "</w:tc><w:tc><w:p/></w:tc><w:tc><w:p><w:r><w:t>C</w:t></w:r></w:p></w:tc></w:tr>"
         "<w:tr><w:tc><w:p><w:r><w:t>D</w:t></w:r></w:p></w:tc></w:tr></w:tbl>", "A B | C\nD"),
    ],
)  # fmt: skip
def test_what_readers_see_is_read_once(body: str, text: str) -> None:
    assert text_of(make_docx(body)) == text


def test_links_in_fields_are_links() -> None:
    field = (
        "<w:p><w:r><w:fldChar w:fldCharType='begin'/></w:r><w:r><w:instrText> HYPERLINK "
        "&quot;https://amt.example/a&quot; </w:instrText></w:r><w:r><w:t>hier</w:t></w:r>"
        "<w:r><w:fldChar w:fldCharType='end'/></w:r></w:p>"
        "<w:p><w:fldSimple w:instr='HYPERLINK &quot;https://amt.example/b&quot;'><w:r><w:t>dort"
        "</w:t></w:r></w:fldSimple></w:p>"
    )
    (page,) = document_child.read_office(make_docx(field))["pages"]
    assert page["links"] == [["https://amt.example/a", "hier"], ["https://amt.example/b", "dort"]]


def test_footnotes_follow_the_text() -> None:
    notes = f"<w:footnote>{paragraph('Siehe BT-Drs. 20/8093.')}</w:footnote>"
    assert text_of(make_docx(paragraph("Text"), footnotes=notes)) == (
        "Text\n\nSiehe BT-Drs. 20/8093."
    )


def test_opendocument_text_is_read_with_its_blanks_notes_and_links() -> None:
    body = (
        "<text:tracked-changes><text:deletion><text:p>weg</text:p></text:deletion>"
        "</text:tracked-changes><text:h>Wohn<text:span>geld</text:span></text:h>"
        "<text:p>Zwei<text:s text:c='3'/>Wörter<office:annotation><text:p>Kommentar</text:p>"
        "</office:annotation>, mehr <text:a xlink:href='https://amt.example/a'>beim <text:span>Amt"
        "</text:span></text:a><text:note><text:note-citation>1</text:note-citation><text:note-body>"
        "<text:p>Fußnote.</text:p></text:note-body></text:note>.</text:p>"
    )
    meta = (
        "<dc:title>Titel</dc:title><meta:creation-date>2026-03-01T09:30:00.123</meta:creation-date>"
    )
    document = read(make_odf(body, meta=meta), "", now=NOW)
    assert document.text == "Wohngeld\n\nFußnote.\n\nZwei Wörter, mehr beim Amt."
    assert document.links == (("https://amt.example/a", 0, "beim Amt"),)
    assert (document.title, document.published) == ("Titel", "2026-03-01T08:30:00Z")
    assert document.labels == ()


def test_sheets_and_slides_of_opendocument_are_pages() -> None:
    sheet = (
        "<table:table table:name='Kreise'><table:table-row><table:table-cell><text:p>Kreis</text:p>"
        "</table:table-cell><table:table-cell><text:p>7</text:p></table:table-cell>"
        "</table:table-row></table:table>"
    )
    slide = "<draw:page draw:name='Folie'><text:p>Ein Satz</text:p></draw:page>"
    ods = read(make_odf(sheet, "spreadsheet"), "")
    odp = read(make_odf(slide, "presentation"), "")
    assert (ods.labels, ods.pages, ods.format) == (("Kreise",), ("Kreis | 7",), "ods")
    assert (odp.labels, odp.pages, odp.format) == (("Folie",), ("Ein Satz",), "odp")


# --- workbooks ---------------------------------------------------------------------------------


def test_workbook_is_read_sheet_by_sheet_with_dates_and_long_numbers() -> None:
    rows = (
        "<sheetData><row><c r='A1' t='s'><v>0</v></c><c r='B1' t='inlineStr'><is><t>Stand</t></is>"
        "</c></row><row><c r='A2'><v>99107023011000</v></c><c r='B2' s='1'><v>46082</v></c>"
        "<c r='C2' s='2'><v>46082.5</v></c><c r='D2'><v>0.25</v></c><c r='E2' t='b'><v>1</v></c>"
        "<c r='F2' t='str'><v>Formel</v></c></row></sheetData>"
        "<hyperlinks><hyperlink ref='A1' r:id='l1'/></hyperlinks>"
    )
    own = "<numFmts><numFmt numFmtId='200' formatCode='dd.mm.yyyy hh:mm'/></numFmts>"
    body = make_xlsx(
        {"Leistungen": rows, "!Versteckt": rows, "Tabelle2": "<sheetData/>"},
        strings=("Schlüssel",), formats=(0, 14, 200), own_formats=own,
        links={"l1": "https://amt.example/liste"},
    )  # fmt: skip
    document = read(body, "", now=NOW)
    assert document.labels == ("Leistungen",)
    assert document.text == (
        "Leistungen\n\nSchlüssel | Stand\n"
        "99107023011000 | 2026-03-01 | 2026-03-01 12:00 | 0.25 | Formel"
    )
    assert document.links == (("https://amt.example/liste", 0, "Schlüssel"),)


def test_workbook_may_count_its_days_from_1904() -> None:
    rows = "<sheetData><row><c r='A1' s='0'><v>44620</v></c></row></sheetData>"
    body = make_xlsx({"Blatt": rows}, formats=(14,), book="<workbookPr date1904='1'/>")
    assert text_of(body) == "2026-03-01"


# --- what is hostile or none -------------------------------------------------------------------


def zeros(name: str, size: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped, zipped.open(name, "w") as part:
        part.write(b"<a>")
        for _ in range(size >> 20):
            part.write(b"0" * 2**20)
    return out.getvalue()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"PK\x03\x04 kaputt", Code.DECODE_FAILED),
        (archive({"irgend.txt": "etwas"}), Code.UNSUPPORTED),
        (archive({"word/document.xml": "<w:document"}), Code.DECODE_FAILED),
        (zeros("word/document.xml", 80 * 2**20), Code.DOCUMENT_REFUSED),
        (zeros("word/document.xml", 20 * 2**20), Code.DOCUMENT_REFUSED),
        (make_odf("", manifest="<encryption-data/>"), Code.DOCUMENT_REFUSED),
        (b"\xd0\xcf\x11\xe0" + b"WordDocument", Code.UNSUPPORTED),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), Code.DOCUMENT_REFUSED),
    ],
    ids=["broken", "no document", "broken part", "large", "packed", "odf locked", "old", "locked"],
)  # fmt: skip
def test_file_that_is_no_document_is_named(body: bytes, code: Code) -> None:
    with pytest.raises(ParseError) as caught:
        read(body, "application/zip")
    assert caught.value.code is code


def test_entities_bring_nothing_in(tmp_path: object) -> None:
    secret = "/etc/hostname"
    body = archive({
        "word/document.xml": f'<!DOCTYPE w [<!ENTITY e SYSTEM "file://{secret}"><!ENTITY b "bumm">'
        '<!ENTITY c "&b;&b;&b;">]><w:document xmlns:w="urn:w"><w:p><w:t>vor&e;&c;nach</w:t></w:p>'
        "</w:document>"
    })  # fmt: skip
    assert "bumm" not in text_of(body)


def test_a_part_that_breaks_off_gives_what_stands_before() -> None:
    whole = f'<w:document xmlns:w="urn:w"><w:body>{paragraph("Erster")}'
    assert text_of(archive({"word/document.xml": whole})) == "Erster"


def test_pictures_are_never_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_zip, "MAX_PART_BYTES", 2000)
    body = make_docx(paragraph("Text"))
    grown = io.BytesIO(body)
    with zipfile.ZipFile(grown, "a") as zipped:
        zipped.writestr("word/media/bild.bmp", b"0" * 1_000_000)
    assert text_of(grown.getvalue()) == "Text"


def test_archive_of_too_many_parts_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_zip, "MAX_PARTS", 1)
    with pytest.raises(UnreadableError, match="bomb"):
        Archive(make_docx(paragraph("Text")))


def test_long_text_is_cut_and_said_so() -> None:
    writer = document_zip.Writer(left=5)
    writer.write("Wohngeld")
    writer.end_page()
    assert writer.pages == [{"text": "Wohng", "links": [], "label": ""}]
    assert writer.left < 0
