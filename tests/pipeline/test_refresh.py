"""One source over real HTTP: new, unchanged, changed, vanished, moved, suspect."""

import itertools
import json
from datetime import timedelta
from typing import Any

from aggregator import store
from aggregator.model import RunState, SourceKind
from tests.builders import make_source, page, rss
from tests.pipeline.conftest import Crawl
from tests.scripted import Web

FEED = "http://amt.example/feed.xml"
XML = "application/rss+xml"
LONG = "Die Verwaltung stellt den Antrag auf Wohngeld um und erklärt das Verfahren. " * 12


def states(db: store.Connection) -> dict[str, str]:
    rows = db.execute("SELECT title, state FROM item WHERE merged_into IS NULL")
    return {row["title"]: row["state"] for row in rows}


def one(db: store.Connection, sql: str, *values: Any) -> Any:
    return db.execute(sql, values).fetchone()[0]


def urlset(*paths: str, lastmod: str | None = None) -> str:
    mark = f"<lastmod>{lastmod}</lastmod>" if lastmod else ""
    urls = "".join(f"<url><loc>http://amt.example{p}</loc>{mark}</url>" for p in paths)
    return f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{urls}</urlset>"


def sitemap_source(**more: Any) -> Any:
    return make_source(
        "amt-karte", kind=SourceKind.SITEMAP, url="http://amt.example/sitemap.xml",
        details="auto", **more,
    )  # fmt: skip


def test_first_crawl_stores_every_entry(web: Web, crawl: Crawl, db: store.Connection) -> None:
    web.put(FEED, rss(1, 2, 3), media_type=XML)

    report = crawl(make_source())["amt-feed"]

    assert (report.state, report.counts["new"]) == (RunState.OK, 3)
    assert states(db) == {f"Meldung {n}": "live" for n in (1, 2, 3)}
    assert one(db, "SELECT count(*) FROM changes") == 3


def test_unchanged_feed_is_answered_by_304(web: Web, crawl: Crawl) -> None:
    web.put(FEED, rss(1, 2), media_type=XML)
    crawl(make_source())

    report = crawl(make_source())["amt-feed"]

    assert report.state is RunState.UNCHANGED
    assert report.counts["not_modified"] == 1
    assert web.log[-1][2] == 304


def test_unchanged_body_without_validators_is_skipped_by_its_hash(web: Web, crawl: Crawl) -> None:
    web.put(FEED, rss(1, 2), media_type=XML, validators=False)
    crawl(make_source())

    report = crawl(make_source())["amt-feed"]

    assert report.state is RunState.UNCHANGED
    assert report.counts["not_modified"] == 1


def test_edit_makes_one_version(web: Web, crawl: Crawl, db: store.Connection) -> None:
    web.put(FEED, rss(1, 2), media_type=XML)
    crawl(make_source())
    web.put(FEED, rss(1, 2, words="berichtigt sich"), media_type=XML)

    report = crawl(make_source())["amt-feed"]

    assert (report.counts["new"], report.counts["changed"]) == (0, 2)
    assert one(db, "SELECT count(*) FROM version") == 2
    first, _ = store.versions.states(db, 1)
    assert "teilt etwas mit" in first.text


def test_leaving_the_window_of_a_feed_is_not_vanishing(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    web.put(FEED, rss(1, 2, 3, 4), media_type=XML)
    crawl(make_source())
    web.put(FEED, rss(2, 3, 4, 5), media_type=XML)

    report = crawl(make_source())["amt-feed"]

    assert report.counts["vanished"] == 0
    assert states(db)["Meldung 1"] == "live"


def test_half_of_the_entries_gone_at_once_is_suspect(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    web.put(FEED, rss(*range(8)), media_type=XML)
    crawl(make_source())
    before = one(db, "SELECT etag FROM frontier")
    web.put(FEED, rss(0, 1, 2), media_type=XML)

    report = crawl(make_source())["amt-feed"]

    assert (report.state, report.reason) == (RunState.SUSPECT, "mass_vanish")
    assert len(states(db)) == 8
    assert one(db, "SELECT etag FROM frontier") == before


def test_feed_that_became_a_page_is_suspect_and_recovers(web: Web, crawl: Crawl) -> None:
    web.put(FEED, rss(1, 2), media_type=XML)
    crawl(make_source())
    web.put(FEED, page("Neue Seite", LONG))

    broken = crawl(make_source())["amt-feed"]
    web.put(FEED, rss(1, 2), media_type=XML)
    mended = crawl(make_source())["amt-feed"]

    assert (broken.state, broken.reason) == (RunState.SUSPECT, "feed_is_html")
    assert mended.state is RunState.UNCHANGED


def test_sitemap_leads_to_pages(web: Web, crawl: Crawl, db: store.Connection) -> None:
    web.put("http://amt.example/sitemap.xml", urlset("/a.html", "/b.html"), media_type=XML)
    web.put("http://amt.example/a.html", page("Erster Artikel", LONG))
    web.put("http://amt.example/b.html", page("Zweiter Artikel", LONG + "Und mehr davon."))

    report = crawl(sitemap_source())["amt-karte"]

    assert (report.counts["new"], report.counts["pending"]) == (2, 0)
    assert states(db) == {"Erster Artikel": "live", "Zweiter Artikel": "live"}
    assert one(db, "SELECT max(length(text)) FROM item") > 500


def test_sub_sitemap_is_asked_although_its_lastmod_never_moves(web: Web, crawl: Crawl) -> None:
    sub = "http://amt.example/teil.xml"
    web.put("http://amt.example/sitemap.xml", media_type=XML, body=(
        "<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><sitemap>"
        f"<loc>{sub}</loc><lastmod>2026-01-01</lastmod></sitemap></sitemapindex>"
    ))  # fmt: skip
    web.put(sub, urlset("/a.html"), media_type=XML)
    web.put("http://amt.example/a.html", page("Erster Artikel", LONG))
    crawl(sitemap_source())
    web.put(sub, urlset("/a.html", "/b.html"), media_type=XML)
    web.put("http://amt.example/b.html", page("Zweiter Artikel", LONG + "Und mehr davon."))

    assert crawl(sitemap_source())["amt-karte"].counts["new"] == 1


def test_budget_leaves_the_rest_in_the_frontier(web: Web, crawl: Crawl) -> None:
    paths = [f"/seite{n}.html" for n in range(6)]
    web.put("http://amt.example/sitemap.xml", urlset(*paths), media_type=XML)
    for n, path in enumerate(paths):
        web.put(f"http://amt.example{path}", page(f"Seite {n}", f"{LONG} Seite {n}."))
    source = sitemap_source()
    small = make_source(
        "amt-karte", kind=SourceKind.SITEMAP, url=source.url, details="auto",
        budget=type(source.budget)(requests=5),  # robots.txt and tdmrep.json, too
    )  # fmt: skip

    reports = [crawl(small)["amt-karte"] for _ in range(4)]

    assert [report.counts["pending"] for report in reports] == [4, 2, 0, 0]
    assert sum(report.counts["new"] for report in reports) == 6
    asked = [path for path in web.asked() if path.startswith("/seite")]
    assert sorted(set(asked)) == paths


def test_page_gone_from_sitemap_and_server_has_vanished(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    web.put("http://amt.example/sitemap.xml", urlset("/a.html", "/b.html"), media_type=XML)
    web.put("http://amt.example/a.html", page("Erster Artikel", LONG))
    web.put("http://amt.example/b.html", page("Zweiter Artikel", LONG + "Und mehr davon."))
    crawl(sitemap_source())
    web.put("http://amt.example/sitemap.xml", urlset("/a.html"), media_type=XML)
    web.drop("http://amt.example/b.html")

    report = crawl(sitemap_source(), after=timedelta(hours=2))["amt-karte"]

    assert report.counts["vanished"] == 1
    assert states(db) == {"Erster Artikel": "live", "Zweiter Artikel": "vanished"}


def test_page_gone_from_sitemap_but_reachable_stays(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    web.put("http://amt.example/sitemap.xml", urlset("/a.html", "/b.html"), media_type=XML)
    web.put("http://amt.example/a.html", page("Erster Artikel", LONG))
    web.put("http://amt.example/b.html", page("Zweiter Artikel", LONG + "Und mehr davon."))
    crawl(sitemap_source())
    web.put("http://amt.example/sitemap.xml", urlset("/a.html"), media_type=XML)
    crawl(sitemap_source(), after=timedelta(hours=2))
    web.log.clear()

    crawl(sitemap_source(), after=timedelta(hours=2))

    assert states(db)["Zweiter Artikel"] == "live"
    assert "/b.html" not in web.asked()


def test_404_counts_only_on_two_visits_a_day_apart(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    web.put("http://amt.example/sitemap.xml", urlset("/a.html"), media_type=XML)
    web.put("http://amt.example/a.html", page("Erster Artikel", LONG))
    crawl(sitemap_source())
    web.drop("http://amt.example/a.html")

    crawl(sitemap_source(), after=timedelta(days=2))
    after_one = states(db)["Erster Artikel"]
    crawl(sitemap_source(), after=timedelta(days=2))

    assert after_one == "live"
    assert states(db)["Erster Artikel"] == "vanished"


def test_moved_page_keeps_its_item(web: Web, crawl: Crawl, db: store.Connection) -> None:
    web.put("http://amt.example/sitemap.xml", urlset("/alt.html"), media_type=XML)
    web.put("http://amt.example/alt.html", page("Umzug des Amtes", LONG))
    crawl(sitemap_source())
    identity = one(db, "SELECT id FROM item")
    web.put("http://amt.example/sitemap.xml", urlset("/neu.html"), media_type=XML)
    web.put("http://amt.example/neu.html", page("Umzug des Amtes", LONG))
    web.put("http://amt.example/alt.html", status=301, validators=False,
            headers=(("Location", "/neu.html"),))  # fmt: skip

    report = crawl(sitemap_source(), after=timedelta(hours=3))["amt-karte"]

    assert (report.counts["new"], report.counts["vanished"]) == (0, 0)
    assert one(db, "SELECT count(*) FROM item") == 1
    assert one(db, "SELECT id FROM item") == identity
    assert one(db, "SELECT url FROM item") == "http://amt.example/neu.html"


def test_feed_and_sitemap_of_one_page_make_one_item(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    web.put(FEED, rss(1), media_type=XML)
    web.put("http://amt.example/sitemap.xml", urlset("/meldung/1"), media_type=XML)
    web.put("http://amt.example/meldung/1", page("Meldung 1", LONG))

    crawl(make_source(), sitemap_source())

    assert one(db, "SELECT count(*) FROM item") == 1
    assert one(db, "SELECT count(DISTINCT source) FROM observation") == 2
    assert one(db, "SELECT date_evidence FROM item") == "feed"
    assert len(one(db, "SELECT text FROM item")) > 500


def test_one_broken_source_does_not_stop_the_other(web: Web, crawl: Crawl) -> None:
    web.put(FEED, rss(1), media_type=XML)
    broken = make_source("amt-kaputt", url="http://amt.example/fehlt.xml")

    reports = crawl(make_source(), broken)

    assert reports["amt-feed"].state is RunState.OK
    assert (reports["amt-kaputt"].state, reports["amt-kaputt"].reason) == (
        RunState.FAILED, "http_error",
    )  # fmt: skip


def test_failing_source_is_asked_ever_more_rarely(web: Web, crawl: Crawl) -> None:
    broken = make_source("amt-kaputt", url="http://amt.example/fehlt.xml")

    first = crawl(broken)["amt-kaputt"].next_at or ""
    crawl(broken)
    third = crawl(broken)["amt-kaputt"].next_at or ""

    assert first < third


def test_gone_feed_is_retired(web: Web, crawl: Crawl) -> None:
    web.put(FEED, status=410, validators=False)

    report = crawl(make_source())["amt-feed"]

    assert report.state is RunState.GONE
    assert (report.next_at or "") > "2027-06"


def test_requests_keep_the_crawl_delay_on_the_clock(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    web.put("http://amt.example/robots.txt", "User-agent: *\nCrawl-delay: 10\n",
            media_type="text/plain")  # fmt: skip
    paths = [f"/seite{n}.html" for n in range(5)]
    web.put("http://amt.example/sitemap.xml", urlset(*paths), media_type=XML)
    for n, path in enumerate(paths):
        web.put(f"http://amt.example{path}", page(f"Seite {n}", f"{LONG} Seite {n}."))

    crawl(sitemap_source())

    moments = [row[0] for row in db.execute("SELECT unixepoch(at) FROM request ORDER BY id")]
    gaps = [later - earlier for earlier, later in itertools.pairwise(moments)]
    assert len(moments) == 8
    assert min(gaps) >= 10


def test_wait_of_one_source_does_not_spend_the_time_of_another(web: Web, crawl: Crawl) -> None:
    """The simulated clock jumps for all of them."""
    web.put("http://amt.example/robots.txt", "User-agent: *\nCrawl-delay: 900\n",
            media_type="text/plain")  # fmt: skip
    web.put("http://amt.example/sitemap.xml", urlset("/a.html"), media_type=XML)
    web.put("http://amt.example/a.html", page("Langsam", LONG))
    paths = [f"/seite{n}.html" for n in range(9)]
    web.put("http://land.example/sitemap.xml", media_type=XML,
            body=urlset(*paths).replace("amt.example", "land.example"))  # fmt: skip
    for n, path in enumerate(paths):
        web.put(f"http://land.example{path}", page(f"Seite {n}", f"{LONG} Seite {n}."))
    other = make_source("land-karte", kind=SourceKind.SITEMAP, details="auto",
                        url="http://land.example/sitemap.xml")  # fmt: skip

    reports = crawl(sitemap_source(), other)

    assert reports["land-karte"].counts["new"] == 9
    assert reports["land-karte"].counts["pending"] == 0
    assert reports["amt-karte"].counts["pending"] == 1


def test_filters_of_a_wiki_concern_the_pages_not_its_interface(web: Web, crawl: Crawl) -> None:
    api = "http://amt.example/rest/api/content"
    pages = [{"id": str(n), "type": "page", "title": f"Seite {n}",
              "_links": {"webui": f"/display/{space}/Seite+{n}"}}
             for n, space in ((4711, "OZG"), (4712, "ALT"))]  # fmt: skip
    web.put(api, json.dumps({"results": pages}), media_type="application/json")
    for one in pages:
        content = {**one, "body": {"view": {"value": f"<p>{LONG}</p>"}}}
        detail = f"{api}/{one['id']}?expand=body.view,version,history,ancestors"
        web.put(detail, json.dumps(content), media_type="application/json")
    wiki = make_source("amt-wiki", kind=SourceKind.CONFLUENCE, url=api, details="auto",
                       include=("/display/OZG/",))  # fmt: skip

    assert crawl(wiki)["amt-wiki"].counts["new"] == 1
    assert [path for path in web.asked() if "expand" in path] == [
        "/rest/api/content/4711?expand=body.view,version,history,ancestors"
    ]


def test_forbidden_path_is_never_asked(web: Web, crawl: Crawl) -> None:
    web.put("http://amt.example/robots.txt", "User-agent: *\nDisallow: /geheim/\n",
            media_type="text/plain")  # fmt: skip
    web.put("http://amt.example/sitemap.xml", urlset("/geheim/a.html", "/b.html"), media_type=XML)
    web.put("http://amt.example/b.html", page("Offener Artikel", LONG))

    crawl(sitemap_source())

    assert "/geheim/a.html" not in web.asked()
    assert "/b.html" in web.asked()


def faq(*numbers: int) -> str:
    rows = "".join(
        f"<h2 id='frage-{n}'>Wie stelle ich den Antrag Nummer {n}?</h2><p>{LONG} Antwort {n}.</p>"
        for n in numbers
    )
    return page("Häufige Fragen zum Antrag", "Fragen und Antworten.", more=rows)


def test_question_that_left_its_page_has_vanished(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    web.put("http://amt.example/sitemap.xml", urlset("/faq.html"), media_type=XML)
    web.put("http://amt.example/faq.html", faq(1, 2, 3, 4))
    first = crawl(sitemap_source())["amt-karte"]
    web.put("http://amt.example/faq.html", faq(1, 2, 4))

    second = crawl(sitemap_source(), after=timedelta(days=2))["amt-karte"]

    assert (first.counts["new"], second.counts["vanished"]) == (4, 1)
    gone = one(db, "SELECT group_concat(key) FROM item WHERE state = 'vanished'")
    assert gone == "https://amt.example/faq.html#frage-3"


def test_page_that_lost_most_of_its_questions_is_not_believed(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    web.put("http://amt.example/sitemap.xml", urlset("/faq.html"), media_type=XML)
    web.put("http://amt.example/faq.html", faq(1, 2, 3, 4, 5, 6, 7))
    crawl(sitemap_source())
    web.put("http://amt.example/faq.html", faq(1, 2, 3))

    report = crawl(sitemap_source(), after=timedelta(days=2))["amt-karte"]

    assert report.counts["vanished"] == 0
    assert set(states(db).values()) == {"live"}
