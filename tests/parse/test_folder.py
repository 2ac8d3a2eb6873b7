"""Folders of documents: every file once, nothing from above, beside or elsewhere."""

import pytest

from aggregator import parse
from aggregator.errors import ParseError
from aggregator.model import Code, ItemKind, Page, Parsed, Role, SourceKind
from tests.parse.golden import CORPUS, make_page, make_source
from tests.parse.pdf import make_pdf

ROOT = "https://rat.example/fileadmin/beschluesse/"
APACHE = (CORPUS / "folder" / "apache.html").read_bytes()


def read(page: Page, url: str = ROOT) -> Parsed:
    return parse.parse(make_source(SourceKind.FOLDER, url=url), page)


def listing(*rows: str, address: str = ROOT, role: Role = Role.ROOT) -> Page:
    body = "<html><head><title>Index of /x</title></head><body><pre>" + "\n".join(rows)
    return make_page(body, address, role=role)


@pytest.mark.parametrize(
    "href",
    ["/fileadmin/geheim.pdf", "../geheim.pdf", "../../etc/plan.pdf", "%2e%2e/geheim.pdf",
     "..\\geheim.pdf", "//fremd.example/fileadmin/beschluesse/a.pdf", "file:///etc/a.pdf",
     "https://rat.example.fremd.example/fileadmin/beschluesse/a.pdf",
     "https://rat.example@fremd.example/fileadmin/beschluesse/a.pdf"],
)  # fmt: skip
def test_nothing_is_read_that_lies_outside_of_the_folder(href: str) -> None:
    page = listing('<a href="gut.pdf">gut.pdf</a>', f'<a href="{href}">x</a>')
    assert [entry.url for entry in read(page).entries] == [f"{ROOT}gut.pdf"]


@pytest.mark.parametrize(
    ("row", "at"),
    [
        ('<a href="a.pdf">a.pdf</a>      21-Sep-2026 10:30    2097152', "2026-09-21T08:30:00Z"),
        ('<a href="a.pdf">a.pdf</a>      2026-09-21 10:30  2.0M', "2026-09-21T08:30:00Z"),
        ('<a href="a.pdf">a.pdf</a>', None),
    ],
    ids=["nginx", "apache", "no date"],
)
def test_a_file_is_due_when_its_date_moves(row: str, at: str | None) -> None:
    (follow,) = read(listing(row)).follow
    assert (follow.role, follow.lastmod) == (Role.DOCUMENT, at)


def test_folders_below_are_read_and_neither_loop_nor_go_too_deep() -> None:
    rows = ('<a href="../">../</a>', '<a href="2020/">2020/</a>', '<a href="./">.</a>',
            '<a href="?C=N;O=D">Name</a>', '<a href="a.pdf">a.pdf</a>')  # fmt: skip
    below = [f.url for f in read(listing(*rows)).follow if f.role is Role.INDEX]
    assert below == [f"{ROOT}2020/"]

    deep = ROOT + "a/" * 8
    page = listing('<a href="b/">b/</a>', '<a href="a.pdf">a.pdf</a>', address=deep,
                   role=Role.INDEX)  # fmt: skip
    assert [f.role for f in read(page).follow] == [Role.DOCUMENT]


def test_an_empty_folder_below_is_fine_an_empty_root_is_not() -> None:
    assert read(listing(role=Role.INDEX, address=f"{ROOT}2020/")).entries == ()
    for page in (listing(), make_page("<p>Wartung</p>", ROOT), make_page(b"", ROOT)):
        with pytest.raises(ParseError) as caught:
            read(page)
        assert caught.value.code is Code.SELECTOR_EMPTY


def test_files_have_the_kind_of_their_source() -> None:
    source = make_source(SourceKind.FOLDER, url=ROOT, item_kind=ItemKind.DECISION)
    page = make_page(make_pdf(["Beschluss"]), f"{ROOT}a.pdf", role=Role.DOCUMENT)
    assert parse.parse(source, page).entries[0].kind is None
    assert parse.parse(source, listing('<a href="a.pdf">a.pdf</a>')).entries[0].kind is None


def test_the_listing_of_a_folder_is_recognised() -> None:
    assert parse.recognise(make_page(APACHE, ROOT)) is SourceKind.FOLDER
