"""`/a` and `/a/`: two addresses until the platform itself says that they are one."""

from typing import Any

from aggregator import store
from aggregator.model import SourceKind
from tests.builders import make_source, page
from tests.pipeline.conftest import Crawl
from tests.scripted import Web

HOST = "http://amt.example"
TEXT = "Die Verwaltung stellt den Antrag auf Wohngeld um und erklärt das Verfahren. " * 12


def source() -> Any:
    return make_source("amt-karte", kind=SourceKind.SITEMAP, url=f"{HOST}/sitemap.xml",
                       details="auto")  # fmt: skip


def put(web: Web, *paths: str) -> None:
    urls = "".join(f"<url><loc>{HOST}{path}</loc></url>" for path in paths)
    web.put(f"{HOST}/sitemap.xml", f"<urlset>{urls}</urlset>", media_type="application/xml")


def items(db: store.Connection) -> int:
    count = db.execute("SELECT count(*) FROM item WHERE merged_into IS NULL").fetchone()
    return int(count[0])


def test_canonical_link_makes_one_item_of_both(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    put(web, "/a", "/a/")
    told = page("Wohngeld", TEXT).replace("</head>", "<link rel=canonical href='/a/'></head>")
    web.put(f"{HOST}/a", told)
    web.put(f"{HOST}/a/", told)

    crawl(source())

    assert items(db) == 1


def test_redirect_makes_one_item_of_both(web: Web, crawl: Crawl, db: store.Connection) -> None:
    put(web, "/a", "/a/")
    web.put(f"{HOST}/a", status=301, headers=(("Location", f"{HOST}/a/"),))
    web.put(f"{HOST}/a/", page("Wohngeld", TEXT))

    crawl(source())

    assert items(db) == 1


def test_without_a_word_of_the_platform_they_stay_two(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    put(web, "/a", "/a/")
    web.put(f"{HOST}/a", page("Wohngeld", TEXT))
    web.put(f"{HOST}/a/", page("Übersicht", TEXT.replace("Wohngeld", "Elterngeld")))

    crawl(source())

    assert items(db) == 2
