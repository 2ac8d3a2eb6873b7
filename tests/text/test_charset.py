"""The encoding of a document: mark, header, own word, UTF-8, detection, in this order."""

import pytest

from aggregator.text import prescan
from aggregator.text.charset import decode

TEXTS = (
    "Die Bürgermeisterin grüßt alle Bürgerinnen und Bürger zum Straßenfest.",
    "Über uns",
    "Größe: 30 m²",
    "Antrag auf Wohngeld – so geht’s",  # as published
    "„Für alle“",
    "Änderung der Öffnungszeiten am Dienstag; Gebühr 100 €",
    "Maßnahme gemäß § 5 Abs. 2",
    "Zuständigkeit für Führungszeugnisse in Königsbrück, Tür an Tür mit dem Café",
)
SHAPES = ("{}", "<html><body><p>{}</p></body></html>", "{}\n" * 40)
ENCODINGS = ("cp1252", "iso8859_15", "latin-1", "utf-8", "utf-8-sig", "utf-16", "utf-16-le",
             "utf-16-be", "utf-32")  # fmt: skip
UMLAUT = "<p>Gebühr</p>"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_german_that_says_nothing_of_its_encoding_is_read(encoding: str) -> None:
    for shape in SHAPES:
        for text in (shape.replace("{}", text) for text in TEXTS):
            try:
                body = text.encode(encoding)
            except UnicodeEncodeError:
                continue
            assert decode(body) == text


@pytest.mark.parametrize(
    ("encoding", "header", "start"),
    [
        ("utf-8-sig", "iso-8859-1", ""),
        ("utf-16", "utf-8", '<meta charset="utf-8">'),
        ("cp1252", "iso-8859-1", '<meta charset="utf-8">'),
        ("cp1252", "us-ascii", ""),
        ("iso8859_15", "ISO-8859-15", ""),
        ("cp1252", None, '<meta charset="iso-8859-1">'),
        ("cp850", None, '<meta charset="ibm850">'),
        ("cp1252", None, '<?xml version="1.0" encoding="windows-1252"?>'),
        ("cp850", "no-such-charset", '<meta charset="ibm850">'),
        ("utf-8", "iso-8859-1", ""),  # a server's default that is older than its pages
        ("utf-8", None, '<meta charset="utf-16">'),
        ("cp1252", "utf-8", ""),  # a header that is wrong
        ("cp850", None, '<meta charset="bogus"><meta charset="cp850">'),
    ],
)
def test_evidence_has_an_order(encoding: str, header: str | None, start: str) -> None:
    assert decode((start + UMLAUT).encode(encoding), header) == start + UMLAUT


def test_a_damaged_character_does_not_spoil_the_others() -> None:
    body = "Gebühr für Königsbrück".encode() + b"\xc3"

    assert decode(body, "utf-8") == "Gebühr für Königsbrück\ufffd"


def test_json_is_utf_8_and_nothing_else() -> None:
    assert decode('"ü"'.encode(), "iso-8859-1", "application/json") == '"ü"'


@pytest.mark.parametrize(
    ("head", "labels"),
    [
        ('<meta charset="x1">', ("x1",)),
        ("<META CHARSET=x1>", ("x1",)),
        ("<meta\ncharset = 'x1' >", ("x1",)),
        ("<meta/charset=x1>", ("x1",)),
        ('<meta http-equiv="Content-Type" content="text/html; charset=x1">', ("x1",)),
        ('<meta content="text/html; charset=&quot;" http-equiv=content-type>', ("&quot",)),
        ('<meta content="text/html; charset=x1">', ()),
        ('<meta http-equiv="Content-Style-Type" content="text/html; charset=x1">', ()),
        ('<meta name="x" data-x=" charset=x1">', ()),
        ("<metacharset=x1>", ()),
        ('<!-- <meta charset="x1"> --><meta charset="x2">', ("x2",)),
        ('<!-- <meta charset="x1">', ()),
        ("<!--><meta charset=x1>", ("x1",)),
        ("""<script>document.write('<meta charset="x' + '1">')</script><meta charset=x2>""",
         ("x' + '1", "x2")),
        ('<p title="<meta charset=x1>"><meta charset=x2>', ("x2",)),
        ("<!DOCTYPE html><?php echo 1 ?></p><meta charset=x1>", ("x1",)),
        ("<!-- " + "x" * 9_000 + " --><meta charset=x1>", ("x1",)),
        ("<p>" + "x" * 9_000 + "<meta charset=x1>", ()),
        ("< meta charset=x1><", ()),
        ("<meta charset=x1", ()),
        ("<meta charset", ()),
        ("<p", ()),
        ('  <?xml version="1.0" encoding="x1"?><meta charset="x2">', ("x1",)),
        ("", ()),
    ],
)  # fmt: skip
def test_what_a_page_says_of_itself_is_found_as_browsers_do(
    head: str, labels: tuple[str, ...]
) -> None:
    assert prescan.declared(head.encode()) == labels


def test_a_head_made_to_take_long_does_not() -> None:
    million = 1_000_000
    for bomb in (b"<p " * million, b"<meta " * million, b"<!--" * million, b"<" * million,
                 b"<p " + b"a='" * million, b"<p a=" + b" " * million):  # fmt: skip
        assert prescan.declared(bomb) == ()
