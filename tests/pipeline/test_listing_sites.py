"""Listings over real HTTP: pagers as written, dates from the page behind, pagers without end."""

from typing import Any

from aggregator import store
from aggregator.model import RunState, SourceKind
from tests.builders import make_source, page
from tests.pipeline.conftest import Crawl
from tests.scripted import Web

LIST = "http://amt.example/aktuelles"
TEXT = "Die Kreise sehen sich mit wachsenden Ausgaben konfrontiert und fordern Hilfe. " * 8


def listing(**more: Any) -> Any:
    return make_source("amt-liste", kind=SourceKind.LISTING, url=LIST, **more)


def typo3(numbers: range, following: str | None) -> str:
    rows = "".join(
        f'<div class="article"><div class="header"><h3><a href="/detail/{n}">Nachricht {n}</a>'
        f'</h3></div><span class="news-list-date">{n}.11.2026</span></div>'
        for n in numbers
    )
    pager = f'<ul><li class="next"><a href="{following}">nächste</a></li></ul>' if following else ""
    return f'<div class="news-list-view">{rows}</div>{pager}'


def titles(db: store.Connection) -> dict[str, str]:
    return {row["title"]: row["state"] for row in db.execute("SELECT title, state FROM item")}


def test_signed_links_of_a_pager_are_asked_for_as_written(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    second = "/aktuelles?tx_news_pi1%5BcurrentPage%5D=2&cHash=aa22aa22aa22aa22aa22aa22aa22aa22"
    web.put(LIST, typo3(range(1, 4), second.replace("&", "&amp;")))
    web.put(f"http://amt.example{second}", typo3(range(4, 6), None))

    report = crawl(listing(preset="typo3-news"))["amt-liste"]

    assert (report.state, report.counts["new"]) == (RunState.OK, 5)
    assert web.asked() == ["/aktuelles", second]


def test_pager_without_end_stops_where_nothing_new_is_named(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    web.put(LIST, typo3(range(1, 6), "/aktuelles?page=2"))
    for number in range(2, 40):
        shown = range(6, 9) if number == 2 else range(1, 6)
        web.put(f"{LIST}?page={number}", typo3(shown, f"/aktuelles?page={number + 1}"))

    first = crawl(listing())["amt-liste"]
    asked = len(web.asked())
    second = crawl(listing())["amt-liste"]

    assert (first.state, first.counts["new"], asked) == (RunState.OK, 8, 3)
    assert (second.state, len(web.asked())) == (RunState.UNCHANGED, 6)
    assert second.counts["pending"] == 0


def test_complete_listing_lets_what_it_dropped_vanish(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    web.put(LIST, typo3(range(1, 6), "/aktuelles?page=2"))
    web.put(f"{LIST}?page=2", typo3(range(6, 9), None))
    crawl(listing())
    web.put(f"{LIST}?page=2", typo3(range(7, 9), None))

    report = crawl(listing())["amt-liste"]

    assert report.counts["vanished"] == 1
    assert titles(db)["Nachricht 6"] == "vanished"


def test_page_behind_a_teaser_without_date_gives_the_date(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    web.put(LIST, '<div class="blog"><div class="item"><h2><a href="/presse/3301-finanzlage">'
                  "Finanzlage der Kreise</a></h2></div></div>")  # fmt: skip
    behind = page("Finanzlage der Kreise", f"Pressemitteilung vom 13. Juni 2026\n\n{TEXT}")
    web.put("http://amt.example/presse/3301-finanzlage", behind)

    crawl(listing(details="auto"))

    row = db.execute("SELECT published_at, date_evidence FROM item").fetchone()
    assert tuple(row) == ("2026-06-13", "text")


def test_preset_that_no_longer_fits_is_suspect_and_keeps_the_items(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    web.put(LIST, typo3(range(1, 6), None))
    crawl(listing(preset="typo3-news"))
    web.put(LIST, typo3(range(1, 6), None).replace('"article"', '"card"'))

    report = crawl(listing(preset="typo3-news"))["amt-liste"]

    assert (report.state, report.reason) == (RunState.SUSPECT, "selector_empty")
    assert set(titles(db).values()) == {"live"}
