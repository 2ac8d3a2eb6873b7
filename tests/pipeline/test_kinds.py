"""Kinds of sources on the whole path: closed interfaces, folders, wikis of two generations."""

import json
from datetime import timedelta

from aggregator import store
from aggregator.model import RunState, SourceKind
from tests.builders import make_source
from tests.parse.office import make_docx, paragraph
from tests.parse.pdf import make_pdf
from tests.pipeline.conftest import Crawl
from tests.scripted import Web

ROOT = "http://amt.example"
JSON = "application/json"
QUERY = (
    "orderby=modified&order=desc&_embed=author&_fields=id,date,date_gmt,modified,modified_gmt,guid,"
    "link,status,title,content,excerpt,_links,_embedded"
)


def rows(db: store.Connection, columns: str = "key, title") -> dict[str, str]:
    return dict(db.execute(f"SELECT {columns} FROM item WHERE state = 'live'").fetchall())


def post(number: int, title: str) -> dict[str, object]:
    return {"id": number, "date_gmt": "2026-09-22T05:30:00", "link": f"{ROOT}/beitrag-{number}/",
            "title": {"rendered": title}, "content": {"rendered": f"<p>Text {title}.</p>"},
            "guid": {"rendered": f"{ROOT}/?p={number}"}}  # fmt: skip


def test_posts_are_read_by_the_interface_and_known_in_the_feed(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    api = f"{ROOT}/wp-json/wp/v2/posts"
    web.put(f"{ROOT}/", '<html><link rel="https://api.w.org/" href="/wp-json/">')
    web.put(f"{api}?per_page=1&_fields=id", '[{"id": 2}]', media_type=JSON)
    first = json.dumps([post(2, "Zwei"), post(1, "Eins")])
    web.put(f"{api}?per_page=50&{QUERY}", first, media_type=JSON,
            headers=(("X-WP-TotalPages", "1"),))  # fmt: skip
    source = make_source("amt-blatt", kind=SourceKind.WORDPRESS, url=f"{ROOT}/", details="auto")

    report = crawl(source)["amt-blatt"]

    assert (report.state, report.counts["new"]) == (RunState.OK, 2)
    assert rows(db) == {"wordpress:1": "Eins", "wordpress:2": "Zwei"}
    feed = ("<rss version='2.0'><channel><item><title>Zwei</title>"
            f"<link>{ROOT}/beitrag-2-neu/</link><guid isPermaLink='false'>{ROOT}/?p=2</guid>"
            "</item></channel></rss>")  # fmt: skip
    web.put(f"{ROOT}/feed/", feed, media_type="application/rss+xml")
    crawl(make_source("amt-feed", url=f"{ROOT}/feed/"))
    assert set(rows(db)) == {"wordpress:1", "wordpress:2"}


def test_a_closed_interface_is_replaced_by_the_feed(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    web.put(f"{ROOT}/", '<html><link rel="https://api.w.org/" href="/wp-json/">')
    web.put(f"{ROOT}/wp-json/wp/v2/posts?per_page=1&_fields=id", '{"code": "rest_not_logged_in"}',
            status=401, media_type=JSON)  # fmt: skip
    feed = f"<rss version='2.0'><channel><item><title>Eins</title><link>{ROOT}/a/</link></item>"
    web.put(f"{ROOT}/feed/", f"{feed}</channel></rss>", media_type="application/rss+xml")
    source = make_source("amt-blatt", kind=SourceKind.WORDPRESS, url=f"{ROOT}/")

    assert crawl(source)["amt-blatt"].state is RunState.OK
    assert list(rows(db).values()) == ["Eins"]


def test_files_of_a_folder_are_read_once_and_again_when_their_date_moves(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    folder = f"{ROOT}/dateien/"
    listing = "<title>Index of /dateien</title><pre><a href='a.pdf'>a.pdf</a>  {}  1K\n"
    listing += "<a href='b.docx'>b.docx</a>  2026-05-02 08:00  1K\n"
    web.put(folder, listing.format("2026-05-02 08:00"))
    web.put(f"{folder}a.pdf", make_pdf(["Beschluss zum Bauantrag"]), media_type="application/pdf")
    web.put(f"{folder}b.docx", make_docx(paragraph("Protokoll vom Mai")),
            media_type="application/zip")  # fmt: skip
    source = make_source("amt-ordner", kind=SourceKind.FOLDER, url=folder, details="auto")

    crawl(source)

    assert sorted(rows(db).values()) == ["Beschluss zum Bauantrag", "Protokoll vom Mai"]
    before = len(web.asked())
    web.put(folder, listing.format("2026-06-02 08:00"))
    crawl(source, after=timedelta(hours=3))
    assert web.asked()[before:] == ["/dateien/", "/dateien/a.pdf"]


def test_a_page_is_one_item_in_the_live_wiki_and_in_its_export(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    api = f"{ROOT}/rest/api/content?spaceKey=LF"
    content = {"id": "4621586", "type": "page", "title": "Rollen",
               "_links": {"webui": "/display/LF/Rollen"},
               "body": {"view": {"value": "<p>Wer was tut.</p>"}}}  # fmt: skip
    web.put(api, json.dumps({"results": [content]}), media_type=JSON)
    live = make_source("amt-wiki", kind=SourceKind.CONFLUENCE, url=api, details="auto")
    index = "<h2>Verfügbare Seiten:</h2><ul><li><a href='Rollen_4621586.html'>Rollen</a></li></ul>"
    web.put(f"{ROOT}/lf/index.html", index)
    web.put(f"{ROOT}/lf/Rollen_4621586.html",
            "<h1 id='title-text'>Leitfaden : Rollen</h1>"
            "<div id='main-content' class='wiki-content'>"
            "<p>Wer was tut, steht hier.</p></div>")  # fmt: skip
    static = make_source("amt-export", kind=SourceKind.CONFLUENCE_STATIC, details="auto",
                         url=f"{ROOT}/lf/index.html")  # fmt: skip

    crawl(live)
    crawl(static)

    assert rows(db) == {"confluence:4621586": "Rollen"}
