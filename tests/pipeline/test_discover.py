"""`discover` over real HTTP: proposals with evidence, few requests, robots.txt obeyed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aggregator.cli import run
from aggregator.clock import SimulatedClock
from aggregator.discover import MAX_REQUESTS, Discovery, discover
from aggregator.fetch.client import fetcher_for_inspection
from aggregator.replica.server import Replica
from tests.builders import page, rss
from tests.scripted import Web

HOME = "http://amt.example/"
REPLICA_LIST = Path(__file__).parents[2] / "aggregator" / "replica" / "sources.yaml"
TEXT = "Das Amt erklärt hier in aller Ruhe, worum es geht, und wer zuständig ist. " * 6


def found(clock: SimulatedClock, url: str = HOME) -> Discovery:
    with fetcher_for_inspection(clock) as fetcher:
        return discover(url, fetcher, clock)


def home(head: str = "", body: str = "") -> str:
    return page("Amt", TEXT, more=body).replace("</head>", f"{head}</head>")


def test_feed_of_a_page_is_read_and_counted(web: Web, clock: SimulatedClock) -> None:
    web.put(HOME, home('<link rel="alternate" type="application/rss+xml" href="/feed.xml">'))
    web.put(f"{HOME}feed.xml", rss(1, 2, 3))

    best = found(clock).proposals[0]

    assert (best.kind, best.url, best.checked, best.entries) == (
        "feed", "http://amt.example/feed.xml", True, 3,
    )  # fmt: skip
    assert best.evidence == ("link rel=alternate",)
    assert best.newest == "2026-11-20T09:00:00Z"


def test_feed_that_is_a_page_is_not_proposed(web: Web, clock: SimulatedClock) -> None:
    web.put(HOME, home('<link rel="alternate" type="application/rss+xml" href="/feed.xml">'))
    web.put(f"{HOME}feed.xml", home())

    discovery = found(clock)

    assert discovery.proposals == ()
    assert [problem.code for problem in discovery.problems] == ["feed_is_html"]


def test_sitemap_of_robots_is_proposed(web: Web, clock: SimulatedClock) -> None:
    web.put(HOME, home())
    web.put(f"{HOME}robots.txt", "User-agent: *\nSitemap: http://amt.example/karte.xml\n")
    web.put(f"{HOME}karte.xml", "<urlset><url><loc>http://amt.example/a</loc></url></urlset>")

    assert [(p.kind, p.url) for p in found(clock).proposals] == [
        ("sitemap", "http://amt.example/karte.xml")
    ]


def test_forbidden_address_is_not_asked(web: Web, clock: SimulatedClock) -> None:
    web.put(HOME, home('<link rel="alternate" type="application/rss+xml" href="/SiteGlobals/f">'))
    web.put(f"{HOME}SiteGlobals/f", rss(1))
    web.put(f"{HOME}robots.txt", "User-agent: *\nDisallow: /SiteGlobals/\n")

    discovery = found(clock)

    assert "/SiteGlobals/f" not in web.asked()
    assert "robots_denied" in [problem.code for problem in discovery.problems]


def test_usual_addresses_are_tried_only_in_want_of_better(web: Web, clock: SimulatedClock) -> None:
    web.put(HOME, home('<meta name="generator" content="Joomla! - Open Source">'))
    web.put(f"{HOME}?format=feed&type=rss", rss(1, 2))

    discovery = found(clock)

    assert [p.url for p in discovery.proposals] == ["http://amt.example/?format=feed&type=rss"]
    assert discovery.proposals[0].evidence == ("übliche Adresse ?format=feed&type=rss",)


def test_bound_on_requests_is_kept(web: Web, clock: SimulatedClock) -> None:
    links = "".join(f'<a href="/rss/rubrik{chr(97 + n)}.xml">RSS {n}</a>' for n in range(26))
    web.put(HOME, home(body=links))

    discovery = found(clock)

    assert discovery.requests == MAX_REQUESTS
    assert len(web.asked()) <= MAX_REQUESTS


def test_address_of_a_feed_is_proposed_itself(web: Web, clock: SimulatedClock) -> None:
    web.put(f"{HOME}feed.xml", rss(1, 2))

    discovery = found(clock, f"{HOME}feed.xml")

    assert [(p.kind, p.entries) for p in discovery.proposals] == [("feed", 2)]
    assert web.asked() == ["/feed.xml"]


def test_address_that_does_not_answer_is_a_problem(web: Web, clock: SimulatedClock) -> None:
    discovery = found(clock, f"{HOME}fehlt")

    assert discovery.proposals == ()
    assert [problem.code for problem in discovery.problems] == ["http_error"]


COUNCIL = "<title>Ratsinformationssystem der Stadt</title><p>Sitzungen</p>"
SYSTEM = json.dumps({"id": "http://amt.example/public/oparl/system", "name": "Rat",
                     "type": "https://schema.oparl.org/1.1/System",
                     "body": "http://amt.example/public/oparl/bodies"})  # fmt: skip


@pytest.mark.parametrize("place", ["/public/oparl/system", "/bi/oparl/1.0/system.php"])
def test_interface_of_a_council_is_found_at_its_usual_address(
    web: Web, clock: SimulatedClock, place: str
) -> None:
    web.put(f"{HOME}bi/info.php", COUNCIL)
    web.put(f"http://amt.example{place}", SYSTEM, media_type="application/json")

    best = found(clock, f"{HOME}bi/info.php").proposals[0]

    assert (best.kind, best.url, best.checked) == ("oparl", f"http://amt.example{place}", True)
    assert len(web.asked()) <= 10


def test_council_without_an_interface_gets_no_proposal_of_one(
    web: Web, clock: SimulatedClock
) -> None:
    web.put(f"{HOME}bi/info.php", COUNCIL)
    for place in ("public/oparl/system", "oparl/system"):
        web.put(f"{HOME}{place}", "<title>Fehler</title>")  # with status 200

    assert found(clock, f"{HOME}bi/info.php").proposals == ()


@pytest.fixture
def replica(monkeypatch: pytest.MonkeyPatch) -> Iterator[Replica]:
    served = Replica()
    served.start()
    monkeypatch.setenv("AGGREGATOR_ALLOW_PRIVATE", "1")
    monkeypatch.setenv("AGGREGATOR_RESOLVE", served.resolve)
    monkeypatch.setenv("AGGREGATOR_NOW", "2026-11-24T08:00:00Z")
    yield served
    served.stop()


@pytest.mark.parametrize(
    ("address", "kind", "known_as"),
    [
        ("http://www.digitale-verwaltung.de/", "feed", "dv-presse"),
        ("http://leitfaden.ozg-umsetzung.de/", "confluence", "leitfaden"),
        ("http://www.it-planungsrat.de/", "feed", "itplr-aktuelles"),
        ("http://www.ozg-kommunal.de/", "discourse", "kommunal-forum"),
        (
            "http://www.netze-ministerium.example/DE/Presse/Pressemitteilungen/"
            "pressemitteilungen.html",
            "listing",
            "netze-presse",
        ),
        ("http://www.digitalagentur.example/aktuelles", "listing", "agentur-aktuelles"),
        (
            "http://www.gemeindeverband.example/presseforum/pressemitteilungen",
            "listing",
            "verband-presse",
        ),
        ("http://www.kdz-seenland.example/", "feed", "kdz-meldungen"),
        ("http://daten.mitteland.example/", "ckan", "daten-saetze"),
        (
            "http://leitfaden-archiv.ozg-umsetzung.de/index.html",
            "confluence-static",
            "leitfaden-archiv",
        ),
    ],
)
def test_right_kind_for_each_site_of_the_replica(
    replica: Replica, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    address: str, kind: str, known_as: str,
) -> None:  # fmt: skip
    code = run(["--data", str(tmp_path), "--sources", str(REPLICA_LIST),
                 "sources", "discover", address, "--json"])  # fmt: skip

    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    best = told["proposals"][0]
    assert (code, best["kind"], best["known_as"]) == (0, kind, known_as)
    assert best["definition"]["kind"] == kind
    assert replica.forbidden_requests == []


def test_paper_of_the_replica_is_proposed_by_its_interface_first(
    replica: Replica, clock: SimulatedClock
) -> None:
    proposed = found(clock, "http://www.kommunalblatt.example/").proposals

    assert [(p.kind, p.checked, p.entries) for p in proposed] == [
        ("wordpress", True, 20),
        ("feed", True, 10),
    ]


def test_list_of_the_ministry_is_proposed_with_its_preset(
    replica: Replica, clock: SimulatedClock
) -> None:
    address = (
        "http://www.digitale-verwaltung.de/Webs/DV/DE/aktuelles-service/meldungen/"
        "meldungen-node.html"
    )
    kinds = {p.kind: p for p in found(clock, address).proposals}
    assert (kinds["listing"].preset, kinds["listing"].url) == ("gsb-c", address)
    assert "sitemap" in kinds
