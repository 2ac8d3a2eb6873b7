"""Never silently wrong: what is learnt, what is refused, what a person can accept."""

from datetime import timedelta
from typing import Any

import pytest

from aggregator import store
from aggregator.clock import SimulatedClock, stamp
from aggregator.errors import ConfigError, NotFoundError
from aggregator.model import Expect, Policy, SourceKind
from aggregator.store import expectations, snapshots
from tests.builders import make_source, page, rss
from tests.pipeline.conftest import Crawl
from tests.scripted import Web

FEED = "http://amt.example/feed.xml"
XML = "application/rss+xml"
LONG = "Das Verfahren wird in diesem Abschnitt erklärt, mit allen Fristen und Stellen. " * 20


def serve(web: Web, body: bytes) -> None:
    web.put(FEED, body, media_type=XML)


def ended(crawl: Crawl, **source: Any) -> tuple[str, str | None]:
    report = crawl(make_source(**source))["amt-feed"]
    return report.state, report.reason


def live(db: store.Connection) -> int:
    return int(db.execute("SELECT count(*) FROM item WHERE state = 'live'"
                          " AND merged_into IS NULL").fetchone()[0])  # fmt: skip


def accept(db: store.Connection, clock: SimulatedClock) -> str:
    return expectations.accept(db, "amt-feed", "Ada", stamp(clock.now()))


def test_dates_that_always_came_and_stay_away_make_a_run_suspect(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    for newest in (5, 6, 7):
        serve(web, rss(*range(1, newest)))
        assert ended(crawl) == ("ok", None)

    serve(web, rss(*range(1, 9)).replace(b"pubDate", b"datum"))

    assert ended(crawl) == ("suspect", "empty")
    assert live(db) == 6
    assert len(expectations.readings(db, "amt-feed")) == 3, "learnt from a suspect run"


def test_a_shrink_in_steps_is_seen_and_can_be_accepted(
    web: Web, crawl: Crawl, db: store.Connection, clock: SimulatedClock
) -> None:
    for more in range(4):
        serve(web, rss(*range(1, 21 + more)))
        crawl(make_source())
    serve(web, rss(*range(11, 24)))  # 13 of 23: more than half
    assert ended(crawl) == ("ok", None)
    serve(web, rss(*range(17, 25)))  # 8 of 13: more than half again
    assert ended(crawl) == ("suspect", "mass_vanish")
    assert ended(crawl) == ("suspect", "mass_vanish")

    assert accept(db, clock) == "mass_vanish"
    assert ended(crawl) == ("ok", None)
    assert ended(crawl) == ("unchanged", None)
    [told] = expectations.acceptances(db, "amt-feed")
    assert told["by_name"] == "Ada"
    assert told["used_at"] is not None


def test_an_acceptance_waits_for_a_run_that_is_believed(
    web: Web, crawl: Crawl, db: store.Connection, clock: SimulatedClock
) -> None:
    serve(web, rss(*range(1, 11)))
    crawl(make_source())
    serve(web, rss(1, 2))
    crawl(make_source())
    accept(db, clock)
    web.put(FEED, "<!doctype html><title>Anmeldung</title>")

    assert ended(crawl) == ("suspect", "feed_is_html"), "no acceptance makes a feed of a page"
    assert expectations.is_accepted(db, "amt-feed")
    serve(web, rss(1, 2))
    assert ended(crawl) == ("ok", None)
    assert not expectations.is_accepted(db, "amt-feed")


def test_a_source_may_become_empty_when_a_person_says_so(
    web: Web, crawl: Crawl, db: store.Connection, clock: SimulatedClock
) -> None:
    serve(web, rss(1, 2, 3))
    crawl(make_source())
    serve(web, rss())
    assert ended(crawl) == ("suspect", "empty")
    accept(db, clock)

    assert ended(crawl) == ("ok", None)
    serve(web, rss().replace(b"<title>Amt", b"<title>Das Amt"))
    assert ended(crawl) == ("ok", None)
    assert live(db) == 3, "leaving a feed is not vanishing"


def test_what_is_declared_is_not_lifted_by_an_acceptance(
    web: Web, crawl: Crawl, db: store.Connection, clock: SimulatedClock
) -> None:
    serve(web, rss(1, 2))
    declared = {"expect": Expect(min_entries=5)}
    assert ended(crawl, **declared) == ("suspect", "empty")
    accept(db, clock)

    assert ended(crawl, **declared) == ("suspect", "empty")


def test_only_a_suspect_source_can_be_accepted(
    web: Web, crawl: Crawl, db: store.Connection, clock: SimulatedClock
) -> None:
    serve(web, rss(1, 2))
    crawl(make_source())

    with pytest.raises(ConfigError, match="nicht verdächtig"):
        accept(db, clock)
    with pytest.raises(NotFoundError):
        expectations.accept(db, "unbekannt", "Ada", "2026-11-24T08:00:00Z")


@pytest.mark.parametrize("guid", [b"urn:amt:", b"urn:neu:"])
def test_all_links_changed_at_once_are_not_believed_until_accepted(
    web: Web, crawl: Crawl, db: store.Connection, clock: SimulatedClock, guid: bytes
) -> None:
    """By the same guids, or by the same titles under new guids."""
    serve(web, rss(*range(1, 8)))
    crawl(make_source())
    ids = {row[0] for row in db.execute("SELECT id FROM item")}
    serve(web, rss(*range(1, 9)).replace(b"/meldung/", b"/neu/pfad/").replace(b"urn:amt:", guid))

    assert ended(crawl) == ("suspect", "identity_lost")
    assert live(db) == 7
    accept(db, clock)
    assert ended(crawl) == ("ok", None)
    assert live(db) == 8
    assert ids < {row[0] for row in db.execute("SELECT id FROM item WHERE merged_into IS NULL")}


def test_titles_that_come_again_and_again_are_no_lost_identity(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    def week(first: int) -> bytes:
        body = rss(*range(first, first + 6))
        for number in range(first, first + 6):
            body = body.replace(f"<title>Meldung {number}<".encode(), b"<title>Wochenbericht<")
        return body

    serve(web, week(1))
    crawl(make_source())
    serve(web, week(20))

    assert ended(crawl) == ("ok", None)
    assert live(db) == 12


def test_a_source_that_fell_silent_is_stale_and_can_be_accepted(
    web: Web, crawl: Crawl, db: store.Connection, clock: SimulatedClock
) -> None:
    for _ in range(9):
        now = clock.now()
        news = (
            f"<item><title>Neu {now}</title><link>http://amt.example/n/{stamp(now)}</link>"
            f"<pubDate>{now:%d %b %Y %H:%M:%S +0000}</pubDate></item></channel>"
        )
        serve(web, rss(1, 2, 3).replace(b"</channel>", news.encode()))
        assert crawl(make_source(), after=timedelta(days=7))["amt-feed"].state == "ok"

    assert crawl(make_source(), after=timedelta(days=50))["amt-feed"].state == "unchanged"
    report = crawl(make_source(), after=timedelta(days=15))["amt-feed"]
    assert (report.state, report.reason) == ("suspect", "stale")
    accept(db, clock)
    assert ended(crawl) == ("unchanged", None)
    assert ended(crawl) == ("unchanged", None)


def sitemap(web: Web, *numbers: int) -> None:
    told = "".join(f"<url><loc>http://amt.example/s/{n}</loc></url>" for n in numbers)
    web.put("http://amt.example/sitemap.xml", f"<?xml version='1.0'?><urlset>{told}</urlset>",
            media_type="application/xml")  # fmt: skip


SITEMAP = {"kind": SourceKind.SITEMAP, "url": "http://amt.example/sitemap.xml", "details": "always"}


def test_pages_that_keep_their_title_and_lose_their_text_keep_it_in_the_store(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    sitemap(web, *range(1, 6))
    for number in range(1, 6):
        web.put(f"http://amt.example/s/{number}", page(f"Leistung {number}", LONG))
    assert ended(crawl, **SITEMAP) == ("ok", None)
    for number in range(1, 6):
        web.put(f"http://amt.example/s/{number}", page(f"Leistung {number}", "Es lädt."))

    assert ended(crawl, **SITEMAP) == ("suspect", "identity_lost")
    lengths = [row[0] for row in db.execute("SELECT length(text) FROM item")]
    assert min(lengths) > 600
    assert db.execute("SELECT count(*) FROM version").fetchone()[0] == 0


def test_a_page_that_stays_without_its_text_for_days_is_believed_in_the_end(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    sitemap(web, *range(1, 6))
    for number in range(1, 6):
        web.put(f"http://amt.example/s/{number}", page(f"Leistung {number}", LONG))
    crawl(make_source(**SITEMAP))
    web.put("http://amt.example/s/3", page("Leistung 3", "Diese Leistung gibt es nicht mehr."))

    states = {ended(crawl, **SITEMAP)[0] for _ in range(30)}

    assert states <= {"ok", "unchanged"}, "one page of five makes no source suspect"
    assert db.execute("SELECT min(length(text)) FROM item").fetchone()[0] < 100


@pytest.mark.parametrize("left", [3, 1])  # one question makes no FAQ, but a page
def test_a_page_of_many_questions_that_loses_most_of_them_is_believed_only_after_days(
    web: Web, crawl: Crawl, db: store.Connection, left: int
) -> None:
    def faq(count: int) -> str:
        told = "".join(
            f"<h3 id='frage-{n}'>Was gilt in Fall {n}?</h3><p>{LONG[:160]} Nummer {n}.</p>"
            for n in range(count)
        )
        return page("Häufige Fragen", "Antworten auf alles.", more=told)

    sitemap(web, 1)
    web.put("http://amt.example/s/1", faq(8))
    crawl(make_source(**SITEMAP))
    assert live(db) == 8
    web.put("http://amt.example/s/1", faq(left))

    crawl(make_source(**SITEMAP))
    assert live(db) == 8
    told = db.execute("SELECT problems FROM run ORDER BY id DESC LIMIT 1").fetchone()[0]
    assert "von 8 Einträgen der Seite" in told
    for _ in range(20):
        crawl(make_source(**SITEMAP))
    assert live(db) == left


# --- mass vanishing and grace ----------------------------------------------------------------


def test_a_mass_vanishing_is_held_back_until_a_person_accepts_it(
    web: Web, crawl: Crawl, db: store.Connection, clock: SimulatedClock
) -> None:
    sitemap(web, *range(1, 21))
    for number in range(1, 21):
        web.put(f"http://amt.example/s/{number}", page(f"Leistung {number}", LONG))
    crawl(make_source(**SITEMAP))
    sitemap(web, *range(1, 13))  # 8 of 20: less than half, more than max_vanish
    for number in range(13, 21):
        web.drop(f"http://amt.example/s/{number}")

    for _ in range(3):
        report = crawl(make_source(**SITEMAP), after=timedelta(hours=3))["amt-feed"]
        assert (report.state, report.reason) == ("suspect", "mass_vanish")
        assert live(db) == 20
    accept(db, clock)
    assert ended(crawl, **SITEMAP)[0] in ("ok", "unchanged")
    assert live(db) == 12


def test_pages_that_are_all_missing_vanish_only_when_a_person_accepts_it(
    web: Web, crawl: Crawl, db: store.Connection, clock: SimulatedClock
) -> None:
    sitemap(web, *range(1, 11))
    for number in range(1, 11):
        web.put(f"http://amt.example/s/{number}", page(f"Leistung {number}", LONG))
    crawl(make_source(**SITEMAP))
    for number in range(1, 11):
        web.drop(f"http://amt.example/s/{number}")  # the sitemap names them all the same

    reports = [crawl(make_source(**SITEMAP))["amt-feed"] for _ in range(6)]

    assert live(db) == 10
    assert (reports[-1].state, reports[-1].reason) == ("suspect", "mass_vanish")
    accept(db, clock)
    crawl(make_source(**SITEMAP))
    assert live(db) == 0


def test_a_page_that_is_missing_once_has_a_day_of_grace(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    sitemap(web, 1, 2, 3)
    for number in (1, 2, 3):
        web.put(f"http://amt.example/s/{number}", page(f"Leistung {number}", LONG))
    crawl(make_source(**SITEMAP))
    web.drop("http://amt.example/s/2")  # the sitemap names it all the same

    crawl(make_source(**SITEMAP))
    assert live(db) == 3
    web.put("http://amt.example/s/2", page("Leistung 2", LONG))
    crawl(make_source(**SITEMAP))
    web.drop("http://amt.example/s/2")
    for _ in range(9):
        crawl(make_source(**SITEMAP))
    assert live(db) == 2


# --- snapshots -------------------------------------------------------------------------------


def test_the_last_suspect_pages_are_kept_as_text(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    serve(web, rss(*range(1, 11)))
    crawl(make_source())
    for attempt in range(5):
        web.put(FEED, f"<!doctype html><title>Störung {attempt}</title>",
                headers=(("Set-Cookie", "geheim=1"), ("X-Backend", "amt-7")))  # fmt: skip
        crawl(make_source())

    told = snapshots.listed(db, "amt-feed")

    assert [(row["n"], row["reason"], row["stored"]) for row in told] == [
        (5, "feed_is_html", True), (4, "feed_is_html", True), (3, "feed_is_html", True)
    ]  # fmt: skip
    text = snapshots.text_of(db, "amt-feed", 5)
    assert "<title>Störung 4</title>" in text
    assert "x-backend: amt-7" in text
    assert "geheim" not in text
    assert snapshots.prune(db, "2027-01-01T00:00:00Z") == 3
    with pytest.raises(NotFoundError):
        snapshots.text_of(db, "amt-feed", 5)


@pytest.mark.parametrize(
    ("policy", "headers"),
    [(Policy.LINK, ()), (Policy.FULL, (("TDM-Reservation", "1"),)),
     (Policy.FULL, (("X-Robots-Tag", "noarchive"),))],
)  # fmt: skip
def test_a_reserved_page_leaves_its_headers_alone(
    web: Web, crawl: Crawl, db: store.Connection, policy: Policy,
    headers: tuple[tuple[str, str], ...],
) -> None:  # fmt: skip
    web.put(FEED, "<!doctype html><title>Geheimnis</title>", headers=headers)
    crawl(make_source(policy=policy))

    [told] = snapshots.listed(db, "amt-feed")
    assert told["stored"] is False
    assert "Geheimnis" not in snapshots.text_of(db, "amt-feed", told["n"])


def test_of_a_page_that_may_only_be_excerpted_the_structure_is_kept(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    web.put(FEED, "<!doctype html><title>Umbau</title><body><main class='neu'><p>"
            + "Hier entsteht etwas Neues für Sie. " * 30 + "Geheimnis</p></main>")  # fmt: skip
    crawl(make_source(policy=Policy.EXCERPT))

    text = snapshots.text_of(db, "amt-feed", 1)
    assert "Hier entsteht etwas Neues" in text
    assert '<main class="neu"><p>…</p></main>' in text
    assert "Geheimnis" not in text
    assert len(text.partition("Text: ")[2].partition("\n")[0]) <= 301


def test_a_run_that_is_believed_leaves_no_snapshot(
    web: Web, crawl: Crawl, db: store.Connection
) -> None:
    serve(web, rss(1, 2))
    crawl(make_source())
    crawl(make_source())

    assert snapshots.listed(db, "amt-feed") == []
