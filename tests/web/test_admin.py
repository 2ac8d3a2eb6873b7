"""Admins at work: the list, the editor with its trial, conflicts, versions, OPML, runs."""

import io
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from aggregator import config, store
from aggregator.clock import SimulatedClock
from aggregator.model import UserRole
from aggregator.store import audit, catalogue, list_versions
from tests.builders import rss
from tests.scripted import Web, serving
from tests.web.filling import Filling
from tests.web.people import Browser, add
from web import create_app

LIST = """\
# Liste des Amtes
platforms:
  - {id: amt, name: Das Amt, short_name: Amt, level: bund, operator: Amt, url: "http://amt.example/"}
  - {id: land, name: Das Land, short_name: Land, level: land, operator: L, url: "http://land.example/"}

sources:
  - id: amt-feed        # der wichtigste
    platform: amt
    kind: feed
    url: http://amt.example/feed.xml
    details: never
    every: 2h           # nicht öfter

  - id: land-feed
    platform: land
    kind: feed
    url: http://land.example/feed.xml
# Ende
"""
XML = "application/rss+xml"


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """Two hosts that the trials of this process's children reach."""
    with serving(Web()) as web:
        monkeypatch.setenv("AGGREGATOR_ALLOW_PRIVATE", "1")
        monkeypatch.setenv("AGGREGATOR_RESOLVE", web.resolve("amt.example", "land.example"))
        monkeypatch.setenv("AGGREGATOR_MIN_DELAY_S", "0")
        web.put("http://amt.example/feed.xml", rss(1, 2), media_type=XML)
        yield web


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "sources.yaml"
    file.write_text(LIST, encoding="utf-8")
    return file


@pytest.fixture
def desk(path: Path, database: Path, clock: SimulatedClock, filling: Filling) -> Browser:
    """A signed-in admin before an index with its list."""
    catalogue.mirror(filling.db, config.load(path))
    add(filling.db, "chefin", UserRole.ADMIN)
    browser = Browser(create_app(database.parent, clock=clock, sources=path))
    browser.sign_in("chefin")
    return browser


def fields(page: str, action: str | None = None) -> dict[str, str]:
    """Return what a browser would send of a page's form: the first, or that of an address."""
    forms = re.findall(r"<form[^>]*method=\"post\"[^>]*>.*?</form>", page, re.DOTALL)
    wanted = next(form for form in forms if action is None or f'action="{action}"' in form)
    told = {}
    for tag in re.findall(r"<input [^>]*>", wanted, re.DOTALL):
        if 'type="checkbox"' in tag or ('type="radio"' in tag and " checked" not in tag):
            continue
        name = re.search(r'name="([^"]*)"', tag)
        value = re.search(r'value="([^"]*)"', tag, re.DOTALL)
        if name:
            told[unescape(name[1])] = unescape(value[1]) if value else ""
    for name, value in re.findall(r'<textarea[^>]* name="([^"]*)"[^>]*>\n?(.*?)</textarea>', wanted,
                                  re.DOTALL):  # fmt: skip
        told[name] = unescape(value)
    for name, options in re.findall(r'<select[^>]* name="([^"]*)">(.*?)</select>', wanted,
                                    re.DOTALL):  # fmt: skip
        chosen = re.search(r"<option(?: value=\"([^\"]*)\")?[^>]* selected>([^<]*)", options)
        first = re.search(r"<option(?: value=\"([^\"]*)\")?[^>]*>([^<]*)", options)
        found = chosen or first
        assert found
        told[name] = unescape(found[1] if found[1] is not None else found[2])
    return told


def open_editor(desk: Browser, source: str, tab: str = "") -> dict[str, str]:
    url = f"/admin/sources/{source}/edit"
    page = desk.get(f"{url}?tab={tab}" if tab else url)
    assert page.status_code == 200, page.text
    return fields(page.text, url)


def step(desk: Browser, source: str, do: str, told: dict[str, str], **more: str) -> Any:
    url = f"/admin/sources/{source}/edit" if source else "/admin/add"
    return desk.client.post(url, data={**told, "do": do, **more})


# --- the list --------------------------------------------------------------------------------


def test_the_worst_stands_first_with_its_days_in_words(desk: Browser, filling: Filling) -> None:
    filling.state("land-feed", state="failed", reason="http_error", message="Status 500",
                  failures=2, last_run_at="2026-11-24T07:00:00Z")  # fmt: skip
    for day, state in (("2026-11-23", "ok"), ("2026-11-24", "failed")):
        filling.db.execute(
            "INSERT INTO run (source, started_at, trigger, state, new) VALUES"
            " ('land-feed', ?, 'schedule', ?, 3)", (f"{day}T07:00:00Z", state),
        )  # fmt: skip

    page = desk.get("/admin/sources").text

    assert page.index("land-feed") < page.index("amt-feed")
    assert "Gestört" in page
    assert "14 Tage: 1 gut, 1 gestört, 12 ohne Lauf, 6 neue Einträge" in page
    assert [
        s["id"] for s in desk.get("/admin/sources.json?health=troubled").get_json()["sources"]
    ] == ["land-feed"]
    assert desk.get("/admin/sources.csv").text.count("\n") == 3


@pytest.mark.parametrize("do", ["pause", "resume", "ask"])
def test_a_source_is_paused_resumed_and_made_due_without_touching_the_file(
    desk: Browser, filling: Filling, path: Path, do: str
) -> None:
    filling.state("amt-feed", next_at="2027-01-01T00:00:00Z", paused=int(do == "resume"))

    told = fields(desk.get("/admin/sources/amt-feed/edit").text, "/admin/sources/amt-feed/act")
    answer = desk.client.post("/admin/sources/amt-feed/act", data={**told, "do": do})

    assert answer.status_code == 303
    row = filling.db.execute(
        "SELECT paused, next_at FROM source_state WHERE source = 'amt-feed'"
    ).fetchone()
    assert tuple(row) == (int(do == "pause"), None)
    assert path.read_text("utf-8") == LIST
    assert audit.entries(filling.db, limit=1)[0][0]["action"] == f"source_{do}"


# --- the editor ------------------------------------------------------------------------------


def test_form_test_look_save_changes_only_its_lines(
    desk: Browser, path: Path, web: Web, filling: Filling
) -> None:
    told = open_editor(desk, "amt-feed")
    told |= {"every": "3h", "include": "/1\n/2"}

    tried = step(desk, "amt-feed", "test", told)
    assert "gelesen" in tried.text
    assert "Meldung 1" in tried.text
    assert filling.db.execute("SELECT count(*) FROM run").fetchone()[0] == 0
    look = step(desk, "amt-feed", "look", fields(tried.text, "/admin/sources/amt-feed/edit"))
    assert "noch nicht mit Erfolg getestet" not in look.text
    assert "every: 3h           # nicht öfter" in unescape(look.text)
    assert path.read_text("utf-8") == LIST, "looking writes nothing"
    saved = step(desk, "amt-feed", "save", fields(look.text))

    assert saved.status_code == 303
    assert path.read_text("utf-8") == LIST.replace("2h  ", "3h  ").replace(
        "# nicht öfter\n", "# nicht öfter\n    include: [/1, /2]\n"
    )
    assert config.load(path).sources[0].include == ("/1", "/2")
    mirrored = filling.db.execute("SELECT value FROM meta WHERE key = 'catalogue'").fetchone()[0]
    assert mirrored.endswith(config.load(path).checksum)
    entry = audit.entries(filling.db, limit=1)[0][0]
    assert (entry["by"], entry["object"]) == ("chefin", "edit amt-feed")


def test_what_was_not_tried_is_saved_only_when_somebody_says_so(desk: Browser, path: Path) -> None:
    told = open_editor(desk, "amt-feed") | {"every": "5h"}

    look = step(desk, "amt-feed", "look", told)
    assert "noch nicht mit Erfolg getestet" in look.text
    refused = step(desk, "amt-feed", "save", fields(look.text))
    assert refused.status_code == 422
    assert path.read_text("utf-8") == LIST

    assert step(desk, "amt-feed", "save", fields(look.text), untested="1").status_code == 303
    assert "every: 5h" in path.read_text("utf-8")


def test_a_proof_of_another_state_is_worth_nothing(desk: Browser, path: Path, web: Web) -> None:
    tried = step(desk, "amt-feed", "test", open_editor(desk, "amt-feed"))
    told = fields(tried.text, "/admin/sources/amt-feed/edit") | {"url": "http://amt.example/x.xml"}

    look = step(desk, "amt-feed", "look", told)

    assert "noch nicht mit Erfolg getestet" in look.text


def test_a_trial_that_fails_says_why_and_saves_nothing(desk: Browser, path: Path, web: Web) -> None:
    told = open_editor(desk, "land-feed")

    tried = step(desk, "land-feed", "test", told)

    assert "misslungen" in tried.text
    assert "404" in tried.text
    assert path.read_text("utf-8") == LIST


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:22/", "http://169.254.169.254/latest/meta-data/", "http://[::1]/",
     "http://10.0.0.1/", "http://localhost/feed.xml"],
)  # fmt: skip
def test_the_trial_opens_no_connection_into_the_house(
    desk: Browser, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AGGREGATOR_ALLOW_PRIVATE", raising=False)
    told = open_editor(desk, "amt-feed") | {"url": url}

    tried = step(desk, "amt-feed", "test", told)

    assert "misslungen" in tried.text or "Adresse" in tried.text
    assert "gelesen</span>" not in tried.text
    assert "SSH-" not in tried.text


def test_mistakes_are_told_in_the_form_with_what_was_typed(desk: Browser, path: Path) -> None:
    told = open_editor(desk, "amt-feed") | {"every": "3 Stunden", "url": "http://amt.example/neu"}

    answer = step(desk, "amt-feed", "look", told)

    assert answer.status_code == 422
    assert "every" in answer.text
    assert 'value="http://amt.example/neu"' in answer.text
    assert path.read_text("utf-8") == LIST


def test_the_yaml_tab_keeps_comments_as_typed(desk: Browser, path: Path) -> None:
    told = open_editor(desk, "amt-feed", "yaml")
    assert "# der wichtigste" in told["text"]
    told["text"] = told["text"].replace("# nicht öfter", "# öfter nicht")

    look = step(desk, "amt-feed", "look", told)
    assert step(desk, "amt-feed", "save", fields(look.text), untested="1").status_code == 303

    assert path.read_text("utf-8") == LIST.replace("# nicht öfter", "# öfter nicht")


def test_two_admins_at_once_lose_nothing(desk: Browser, path: Path) -> None:
    mine = open_editor(desk, "amt-feed") | {"every": "7h", "licence": "meine"}
    other = open_editor(desk, "amt-feed") | {"licence": "ihre", "policy": "link"}
    look = step(desk, "amt-feed", "look", other)
    step(desk, "amt-feed", "save", fields(look.text), untested="1")

    conflict = step(desk, "amt-feed", "look", mine)
    assert conflict.status_code == 409
    told = fields(conflict.text)
    assert told["take.licence"] == "theirs", "the one collision asks; the rest is merged"
    assert "take.every" not in told
    merged = step(desk, "amt-feed", "merge", told | {"take.licence": "mine"})
    look = step(desk, "amt-feed", "look", fields(merged.text, "/admin/sources/amt-feed/edit"))
    assert step(desk, "amt-feed", "save", fields(look.text), untested="1").status_code == 303

    source = config.load(path).sources[0]
    assert (source.licence, source.policy, str(source.every)) == ("meine", "link", "7:00:00")


def test_a_save_between_look_and_save_is_a_conflict_too(desk: Browser, path: Path) -> None:
    look = step(desk, "amt-feed", "look", open_editor(desk, "amt-feed") | {"every": "7h"})
    path.write_text(LIST.replace("# Ende", "# Schluss"), encoding="utf-8")

    assert step(desk, "amt-feed", "save", fields(look.text), untested="1").status_code == 409
    assert "7h" not in path.read_text("utf-8")


# --- adding ----------------------------------------------------------------------------------


def test_a_source_is_added_by_address(desk: Browser, path: Path, web: Web) -> None:
    offer = '<link rel="alternate" type="application/rss+xml" title="Presse" href="/presse.xml">'
    web.put("http://land.example/", f"<html><head>{offer}</head><body><p>Hallo</p></body></html>")
    web.put("http://land.example/presse.xml", rss(5, 6).replace(b"amt", b"land"), media_type=XML)
    form = fields(desk.get("/admin/add").text)

    found = desk.client.post(
        "/admin/add", data={**form, "do": "discover", "url": "http://land.example/"}
    )
    assert "presse.xml" in found.text, found.text
    offered = [f for f in re.findall(r"<form class=\"card\".*?</form>", found.text, re.DOTALL)
               if "presse.xml" in f]  # fmt: skip
    editor = step(desk, "", "fill", fields(offered[0].replace('class="card"', 'class="x"')))
    tried = step(desk, "", "test", fields(editor.text, "/admin/add"))
    assert "Meldung 5" in tried.text
    look = step(desk, "", "look", fields(tried.text, "/admin/add"))
    assert step(desk, "", "save", fields(look.text)).status_code == 303

    added = config.load(path).sources[-1]
    assert (added.platform, added.kind, added.url) == (
        "land",
        "feed",
        "http://land.example/presse.xml",
    )
    assert path.read_text("utf-8").startswith(LIST.partition("# Ende")[0].rstrip("\n"))


def test_retiring_switches_off_and_back_again(desk: Browser, path: Path) -> None:
    page = desk.get("/admin/sources/amt-feed/retire").text
    assert desk.client.post("/admin/sources/amt-feed/retire",
                            data=fields(page) | {"do": "save"}).status_code == 303  # fmt: skip
    assert config.load(path).sources[0].enabled is False

    page = desk.get("/admin/sources/amt-feed/retire?back=1").text
    desk.client.post("/admin/sources/amt-feed/retire", data=fields(page) | {"do": "save"})
    assert config.load(path).sources[0].enabled is True


# --- the list as a whole ---------------------------------------------------------------------


def test_earlier_states_come_back(desk: Browser, path: Path, filling: Filling) -> None:
    look = step(desk, "amt-feed", "look", open_editor(desk, "amt-feed") | {"every": "9h"})
    step(desk, "amt-feed", "save", fields(look.text), untested="1")
    states = list_versions.listed(filling.db)
    assert [(row["n"], row["by_name"]) for row in states] == [(2, "chefin"), (1, "")]

    page = desk.get("/admin/list/versions/1/sources.yaml").text
    assert desk.client.post("/admin/list/versions/1/sources.yaml",
                            data=fields(page) | {"do": "save"}).status_code == 303  # fmt: skip

    assert path.read_text("utf-8") == LIST


def test_a_file_is_edited_as_text_and_mistakes_are_told(desk: Browser, path: Path) -> None:
    url = "/admin/list/file/sources.yaml"
    told = fields(desk.get(url).text)
    assert told["text"] == LIST
    wrong = desk.client.post(url, data=told | {"text": LIST + "  - id: x\n", "do": "look"})
    assert wrong.status_code == 422
    assert "kind" in wrong.text

    look = desk.client.post(url, data=told | {"text": LIST + "# mehr\n", "do": "look"})
    assert desk.client.post(url, data=fields(look.text) | {"do": "save"}).status_code == 303
    assert path.read_text("utf-8") == LIST + "# mehr\n"

    late = desk.client.post(url, data=told | {"text": LIST + "# spät\n", "do": "look"})
    assert late.status_code == 409
    assert "# spät" in late.text


def test_a_file_that_cannot_be_shown_is_not_edited(desk: Browser, path: Path) -> None:
    body = LIST.encode() + b"# Gr\xfc\xdfe\n"
    path.write_bytes(body)

    answer = desk.get("/admin/list/file/sources.yaml")

    assert answer.status_code == 409
    assert "UTF-8" in answer.text
    assert path.read_bytes() == body


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_text_that_is_sent_back_unchanged_changes_nothing(
    desk: Browser, path: Path, ends: str, mark: str
) -> None:
    body = (mark + "\n\n" + LIST).replace("\n", ends).encode()
    path.write_bytes(body)
    url = "/admin/list/file/sources.yaml"
    told = fields(desk.get(url).text)
    sent = told["text"].replace("\r\n", "\n").replace("\n", "\r\n")  # as browsers do

    look = desk.client.post(url, data=told | {"text": sent, "do": "look"})

    assert "An der Datei ändert sich nichts" in look.text
    desk.client.post(url, data=fields(look.text) | {"do": "save"})
    assert path.read_bytes() == body


@pytest.mark.parametrize(
    "name", ["../sources.yaml", "..%2f..%2fetc%2fpasswd", "/etc/passwd", "sources.d/../../x.yaml",
             "settings.toml", "querverweis.sqlite3"],
)  # fmt: skip
def test_no_other_file_can_be_read_or_written(desk: Browser, name: str) -> None:
    for url in (f"/admin/list/file/{name}", f"/admin/list/versions/1/{name}"):
        answer = desk.get(url)
        assert answer.status_code in (404, 308), url
        assert "root:" not in answer.text


def test_opml_goes_in_and_out(desk: Browser, path: Path) -> None:
    opml = (b'<opml version="2.0"><body><outline text="Neu" type="rss"'
            b' xmlUrl="http://amt.example/neu.xml"/></body></opml>')  # fmt: skip
    form = fields(desk.get("/admin/list/import").text)
    upload = {"do": "look", "platform": "amt", "file": (io.BytesIO(opml), "feeds.opml")}
    shown = desk.client.post("/admin/list/import", data={**form, **upload})
    assert "neu.xml" in shown.text
    assert path.read_text("utf-8") == LIST
    second = re.findall(r"<form.*?</form>", shown.text, re.DOTALL)[-1]

    saved = desk.client.post("/admin/list/import", data=fields(second) | {"do": "save"})

    assert saved.status_code == 303
    added = config.load(path).sources[-1]
    assert (added.url, added.enabled) == ("http://amt.example/neu.xml", False)
    assert "neu.xml" in desk.get("/admin/list/export.opml").text


def test_what_is_too_large_is_refused(desk: Browser, path: Path) -> None:
    form = fields(desk.get("/admin/list/import").text)
    for url, size in (("/admin/list/import", 3 << 20), ("/admin/sources/amt-feed/act", 1 << 20)):
        answer = desk.client.post(url, data=form | {"body": "x" * size, "platform": "amt"})
        assert answer.status_code == 413, url


# --- rules and runs --------------------------------------------------------------------------


def test_changed_filters_are_applied_with_counts_before_and_after(
    desk: Browser, path: Path, filling: Filling
) -> None:
    path.write_text(LIST.replace("details: never", "details: never\n    exclude: [/alt/]"), "utf-8")
    for number, place in enumerate(("alt/1", "alt/2", "neu/1")):
        item = filling.item(f"Eintrag {number}", path=place)
        filling.db.execute("UPDATE observation SET source = 'amt-feed' WHERE item = ?",
                           (filling.rows[item],))  # fmt: skip

    page = desk.get("/admin/sources/amt-feed/reapply").text
    assert "3 Einträge jetzt, 1 danach" in page
    done = desk.client.post("/admin/sources/amt-feed/reapply", data=fields(page) | {"do": "apply"})

    assert "3 Einträge vorher, 1 jetzt" in done.text
    states = filling.db.execute("SELECT state, count(*) FROM item GROUP BY state ORDER BY state")
    assert [tuple(row) for row in states] == [("live", 1), ("vanished", 2)]


def test_a_run_tells_what_was_asked_and_whose_fault_it_was(desk: Browser, filling: Filling) -> None:
    filling.db.execute(
        "INSERT INTO run (id, source, started_at, trigger, state, reason, message, problems) VALUES"
        " (7, 'amt-feed', '2026-11-24T07:00:00Z', 'schedule', 'failed', 'http_error', 'Status 500',"
        ' \'[{"code": "parse_failed", "message": "kaputt", "where": "http://amt.example/1"},'
        '  {"code": "offline", "message": "keine Leitung", "where": ""}]\')'
    )
    filling.db.execute(
        "INSERT INTO request (run, at, host, url, status, code, bytes, ms, waited_ms) VALUES"
        " (7, '2026-11-24T07:00:01Z', 'amt.example', 'http://amt.example/feed.xml', 500,"
        " 'http_error', 120, 45, 1000)"
    )

    page = desk.get("/admin/runs/7").text
    told = desk.get("/admin/runs/7.json").get_json()

    assert "Liegt bei der Quelle" in page
    assert "Liegt bei uns" in page
    assert "kaputt" in page
    assert told["fault"] == "source"
    assert (told["requests"][0]["status"], told["requests"][0]["waited_ms"]) == (500, 1000)
    assert "http://amt.example/feed.xml" in desk.get("/admin/runs/7.csv").text
    assert [r["id"] for r in desk.get("/admin/runs.json?state=bad").get_json()["runs"]] == [7]
    assert desk.get("/admin/runs/8").status_code == 404


def test_a_run_under_way_reloads_only_when_asked_to(desk: Browser, filling: Filling) -> None:
    filling.db.execute("INSERT INTO run (id, source, started_at, trigger) VALUES"
                       " (9, 'amt-feed', '2026-11-24T07:59:00Z', 'schedule')")  # fmt: skip

    assert 'http-equiv="refresh"' not in desk.get("/admin/runs/9").text
    live = desk.get("/admin/runs/9?live=1").text
    assert '<meta http-equiv="refresh" content="5">' in live
    assert "Anhalten" in live
    filling.db.execute("UPDATE run SET ended_at = '2026-11-24T08:00:00Z', state = 'ok'")
    assert 'http-equiv="refresh"' not in desk.get("/admin/runs/9?live=1").text


def test_nobody_but_an_admin_gets_near(app: Flask, filling: Filling) -> None:
    add(filling.db, "moderatorin", UserRole.MODERATOR)
    browser = Browser(app)
    assert browser.get("/admin/sources").status_code == 303  # to the sign-in
    browser.sign_in("moderatorin")

    for url in ("/admin/sources", "/admin/runs", "/admin/list", "/admin/add",
                "/admin/sources/amt-feed/edit", "/admin/list/export.opml"):  # fmt: skip
        assert browser.get(url).status_code == 403, url


def test_the_database_remembers_a_hundred_states_of_a_file(db: store.Connection) -> None:
    with store.transaction(db):
        for number in range(130):
            list_versions.keep(db, "sources.yaml", b"%d" % number, by="a", why="", at="2026")

    assert len(list_versions.listed(db)) == 100
    assert list_versions.body_of(db, "sources.yaml", 130) == b"129"
