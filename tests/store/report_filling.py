"""A database with everything that the report tells apart, each at least once."""

from dataclasses import replace
from typing import Any

from aggregator.model import Level
from tests.builders import make_platform
from tests.web.filling import COUNCIL, FORUM, MINISTRY, Filling

NOW = "2026-11-24T08:00:00Z"
SINCE = "2026-11-01T00:00:00Z"
TOPICS = ("bauen_wohnen", "bildung", "umwelt")
LEFT_THE_LIST = replace(make_platform("altes-amt"), level=Level.LAND)
NEVER_SHOWN = make_platform("verborgenes-amt")


def fill(filling: Filling) -> None:
    """Fill with items, relations, sources and runs; the derivation has tests of its own."""
    item = _items(filling)
    _links(filling, item)
    _relations(filling, item)
    _topics(filling, item)
    _sources(filling)
    _runs(filling)


def _items(filling: Filling) -> dict[str, str]:
    long_ago = "2026-09-01T08:00:00Z"
    item = {
        "law": filling.item("Gesetz <b>Wohngeld</b>", MINISTRY, path="gesetz"),
        "news": filling.item("Meldung", MINISTRY, at="2026-11-22T09:00:00Z", path="meldung"),
        "old": filling.item("Altes", MINISTRY, at="2019-03-01", path="altes", now=long_ago),
        "coming": filling.item("Termin", MINISTRY, at="2027-02-01T09:00:00Z", path="termin"),
        "gone": filling.item("Weg", MINISTRY, path="weg"),
        "hidden": filling.item("Verborgen", MINISTRY, path="verborgen"),
        "question": filling.item("Frage", FORUM, at=None),
        "answer": filling.item("Antwort", FORUM, at="2026-11-01", now=long_ago),
        "copy": filling.item("Gesetz Wohngeld", FORUM),
        "merged": filling.item("Doppelt", FORUM),
        "decision": filling.item("Beschluss", COUNCIL, at="2026-10-01T09:00:00Z"),
        "other": filling.item("Amtliches", LEFT_THE_LIST, at=None),
    }
    filling.hide(item["hidden"])
    filling.hide(filling.item("Nie zu sehen", NEVER_SHOWN))
    filling.merge(item["merged"], item["copy"])
    filling.db.execute("UPDATE item SET state = 'vanished' WHERE id = ?", (item["gone"],))
    filling.db.execute(
        "UPDATE item SET policy = 'excerpt', text = '' WHERE id IN (?, ?)",
        (item["decision"], item["answer"]),
    )
    filling.db.execute("UPDATE item SET excerpt = '' WHERE id = ?", (item["answer"],))
    return item


def _links(filling: Filling, item: dict[str, str]) -> None:
    law, gone = "https://ministerium.example/gesetz", "https://ministerium.example/weg"
    filling.link(item["question"], item["law"], url=law)
    filling.link(item["question"], item["law"], url=law, anchor="noch einmal")  # counts once
    filling.link(item["answer"], item["gone"], url=gone)
    filling.link(item["answer"], None, url="https://www.alt-ministerium.example/vorher")
    filling.link(item["answer"], None, url="https://ministerium.example/fehlt")
    filling.link(item["answer"], None, url="https://leer.example/ohne-www")
    filling.link(item["answer"], None, url="https://fremd.example/aussen")
    filling.link(item["decision"], item["hidden"], url="https://ministerium.example/verborgen")
    filling.link(item["law"], item["news"], url="https://ministerium.example/meldung")  # own
    filling.link(item["law"], item["decision"], url="https://rat.example/seite/1")
    filling.link(item["hidden"], item["question"], url="https://forum.example/frage")
    filling.link(item["other"], item["law"])
    filling.db.execute(
        "INSERT INTO frontier (source, url, canonical, role, reason, due_at, pending, status)"
        " VALUES ('ministerium-feed', :url, :url, 'detail', 'new', :now, 0, 404)",
        {"url": "https://ministerium.example/fehlt", "now": NOW},
    )


def _relations(filling: Filling, item: dict[str, str]) -> None:
    filling.same(item["law"], item["copy"])
    filling.same(item["copy"], item["news"])  # a chain is one group
    filling.same(item["old"], item["coming"])  # within a platform
    filling.same(item["hidden"], item["decision"])
    filling.same(item["hidden"], item["news"])
    filling.related(item["law"], item["decision"])
    filling.related(item["law"], item["old"])
    filling.related(item["law"], item["copy"])  # same content already
    filling.related(item["news"], item["question"], score=0.1)
    filling.related(item["question"], item["hidden"])
    filling.put(
        "related", item=filling.rows[item["answer"]], other=filling.rows[item["old"]], score=100,
        away=1, ruled=1,
    )  # fmt: skip


def _topics(filling: Filling, item: dict[str, str]) -> None:
    for name in ("law", "news", "question", "decision", "hidden"):
        filling.topic(item[name], "bauen_wohnen")
    filling.topic(item["news"], "bildung", auto=False)  # only queued
    filling.topic(item["other"], "verschwundenes_thema")  # the vocabulary knows it no more
    filling.topic(item["copy"], "umwelt")
    filling.topic(item["coming"], "umwelt")  # dated in the future: of age 0


def _sources(filling: Filling) -> None:
    for name in ("leer", "neu", "stumm"):
        _platform(filling, name)
    for name, platform, more in (
        ("ministerium-alt", "ministerium", {"enabled": 0}),
        ("ministerium-post", "ministerium", {"kind": "manual"}),
        ("ministerium-ruht", "ministerium", {}),
        ("ministerium-spaet", "ministerium", {}),
        ("neu-feed", "neu", {}),
        ("leer-alt", "leer", {"enabled": 0}),
        ("stumm-feed", "stumm", {}),  # was read, gave nothing
    ):
        _source(filling, name, platform, **more)
    read = {"state": "ok", "last_success_at": "2026-11-24T06:00:00Z",
            "last_run_at": "2026-11-24T06:00:00Z", "next_at": "2026-11-24T09:00:00Z"}  # fmt: skip
    filling.state("ministerium-feed", **read)
    filling.state("ministerium-ruht", **read, paused=1)
    filling.state("ministerium-spaet", **read | {"next_at": "2026-11-20T09:00:00Z"})
    filling.state("stumm-feed", **read)
    filling.state("rat-feed", **read | {"state": "unchanged"})
    filling.state(
        "forum-feed", state="suspect", reason="mass_vanish",
        last_success_at="2026-11-10T06:00:00Z",
    )  # fmt: skip


def _platform(filling: Filling, name: str) -> None:
    filling.db.execute(
        "INSERT INTO platform (id, position, name, short_name, level, url, definition)"
        " SELECT :id, (SELECT count(*) FROM platform), :name, :id, 'eu', :url,"
        " json_set(definition, '$.id', :id, '$.url', :url, '$.former', json('[]'))"
        " FROM platform WHERE id = 'rat'",
        {"id": name, "name": f"Amt „{name}“ & Co", "url": f"https://www.{name}.example/"},
    )


def _source(filling: Filling, name: str, platform: str, **more: Any) -> None:
    filling.db.execute(
        "INSERT INTO source (id, platform, position, kind, url, enabled, definition)"
        " VALUES (:id, :platform, (SELECT count(*) FROM source), :kind, NULL, :enabled, '{}')",
        {"id": name, "platform": platform, "kind": "feed", "enabled": 1, **more},
    )
    filling.db.execute("INSERT INTO source_state (source) VALUES (?)", (name,))


def _runs(filling: Filling) -> None:
    for source, at, state, reason, new in (
        ("ministerium-feed", "2026-10-20T06:00:00Z", "suspect", "empty", 0),  # before
        ("ministerium-feed", "2026-11-02T06:00:00Z", "ok", None, 1234),
        ("ministerium-feed", "2026-11-24T06:00:00Z", "ok", None, 2),
        ("forum-feed", "2026-11-10T06:00:00Z", "suspect", "mass_vanish", 0),
        ("forum-feed", "2026-11-11T06:00:00Z", "suspect", "mass_vanish", 0),
        ("forum-feed", "2026-11-12T06:00:00Z", "suspect", "=cmd", 0),
        ("rat-feed", "2026-11-24T07:59:00Z", None, None, 0),  # killed
    ):
        filling.db.execute(
            "INSERT INTO run (source, started_at, trigger, state, reason, new, requests,"
            " not_modified) VALUES (?, ?, 'refresh', ?, ?, ?, 7, 3)",
            (source, at, state, reason, new),
        )
