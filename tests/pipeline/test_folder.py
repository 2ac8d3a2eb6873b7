"""A folder of documents: a file that goes is asked for, and files that nobody can read are told."""

from datetime import timedelta

from aggregator import store
from aggregator.model import RunState, SourceKind
from tests.builders import make_source
from tests.parse.pdf import make_pdf
from tests.pipeline.conftest import Crawl
from tests.scripted import Web

FOLDER = "http://amt.example/beschluesse/"
SOURCE = make_source(url=FOLDER, kind=SourceKind.FOLDER, details="auto")
DAY = timedelta(days=1)


def listing(*names: str) -> str:
    rows = "".join(f'<a href="{name}">{name}</a>  2026-11-20 10:00  12K\n' for name in names)
    return (
        "<html><head><title>Index of /beschluesse</title></head><body>"
        f'<h1>Index of /beschluesse</h1><pre><a href="../">../</a>\n{rows}</pre></body></html>'
    )


def states(db: store.Connection) -> dict[str, str]:
    return {row["url"].rpartition("/")[2]: row["state"] for row in
            db.execute("SELECT url, state FROM item WHERE merged_into IS NULL")}  # fmt: skip


def test_a_file_that_the_folder_no_longer_names_is_asked_for_and_vanishes(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    names = [f"beschluss-{n}.pdf" for n in range(5)]
    web.put(FOLDER, listing(*names))
    for name in names:
        text = f"Der Rat beschließt mit {name} die Umsetzung des Wohngeldverfahrens."
        web.put(FOLDER + name, make_pdf([text]), media_type="application/pdf")
    crawl(SOURCE)
    assert set(states(db).values()) == {"live"}
    web.put(FOLDER, listing(*names[1:]))
    web.drop(FOLDER + names[0])

    crawl(SOURCE, after=DAY)

    assert states(db) == {names[0]: "vanished"} | dict.fromkeys(names[1:], "live")


def test_a_folder_whose_files_cannot_be_read_is_suspect(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    names = [f"beschluss-{n}.pdf" for n in range(4)]
    web.put(FOLDER, listing(*names))
    for name in names:
        web.put(FOLDER + name, b"%PDF-1.4 kaputt", media_type="application/pdf")

    report = crawl(SOURCE)[SOURCE.id]

    assert report.state is RunState.SUSPECT
    assert report.reason == "identity_lost"
