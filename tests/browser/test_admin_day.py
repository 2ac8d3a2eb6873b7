"""The day of an admin and of a moderator in a real browser, with and without script; axe 0."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from aggregator import config, pipeline, store
from aggregator.clock import SimulatedClock
from aggregator.model import UserRole
from aggregator.store import catalogue
from tests.browser.conftest import AXE
from tests.browser.test_pages import WIDER, axe_faults
from tests.builders import rss
from tests.conftest import START
from tests.scripted import Web, serving
from tests.web.filling import Filling
from tests.web.people import PASSWORD, add
from tests.web.test_admin import LIST, XML
from tests.web.test_moderation import pairs
from web import create_app

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LISTING = """<html><body><main><ul>{rows}</ul></main></body></html>"""
ROW = '<li class="{box}"><a href="/n/{n}">Meldung {n} des Landes</a> <time>{n}.11.2026</time></li>'


class Desk:
    """The served application over a list that can be edited, with a web to read."""

    def __init__(self, data: Path, path: Path, web: Web, clock: SimulatedClock) -> None:
        self.data, self.path, self.web, self.clock = data, path, web, clock
        self.db = store.connect(data / "querverweis.sqlite3")
        self.filling = Filling(self.db)
        catalogue.mirror(self.db, config.load(path))
        add(self.db, "chefin", UserRole.ADMIN)
        add(self.db, "zweite", UserRole.ADMIN)
        add(self.db, "moderatorin", UserRole.MODERATOR)
        self.address = ""

    def show_list(self, box: str) -> None:
        rows = "".join(ROW.format(box=box, n=n) for n in range(1, 5))
        self.web.put("http://land.example/liste", LISTING.format(rows=rows))
        for n in range(1, 5):
            self.web.put(
                f"http://land.example/n/{n}", f"<h1>Meldung {n}</h1><p>{'Text. ' * 30}</p>"
            )

    def crawl(self, source: str) -> str:
        """Read a source as the scheduler would; return how it went."""
        listed = config.load(self.path)
        engine = pipeline.make_engine(self.db, self.data / "querverweis.sqlite3", listed, self.data,
                                      self.clock, "schedule")  # fmt: skip
        try:
            wanted = [one for one in listed.sources if one.id == source]
            [report] = pipeline.refresh(engine, wanted, forced=True)
        finally:
            engine.close()
        return str(report.state)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    from waitress import server as waitress

    path, clock = tmp_path / "sources.yaml", SimulatedClock(START)
    path.write_text(LIST, encoding="utf-8")
    with serving(Web()) as web:
        for name, value in {
            "AGGREGATOR_ALLOW_PRIVATE": "1", "AGGREGATOR_MIN_DELAY_S": "0",
            "AGGREGATOR_PARSE_WORKERS": "0",
            "AGGREGATOR_RESOLVE": web.resolve("amt.example", "land.example"),
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        web.put("http://amt.example/feed.xml", rss(1, 2), media_type=XML)
        desk = Desk(tmp_path / "data", path, web, clock)
        make: Any = waitress.create_server  # waitress has no types
        app = create_app(desk.data, clock=clock, sources=path)
        server = make(app, host="127.0.0.1", port=0, threads=4)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        desk.address = f"http://127.0.0.1:{server.effective_port}"
        yield desk
        server.task_dispatcher.shutdown()
        server.close()
        thread.join(5)
        desk.db.close()


def sign_in(
    browser: "Browser", desk: Desk, name: str, *, script: bool = True, **more: Any
) -> "Page":
    page = browser.new_context(java_script_enabled=script, **more).new_page()
    page.goto(f"{desk.address}/login")
    page.fill("#name", name)
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    return page


def press(page: "Page", do: str) -> None:
    page.click(f'main button[name="do"][value="{do}"] >> nth=0')
    page.wait_for_load_state()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_an_admins_day(browser: "Browser", desk: Desk, *, script: bool) -> None:
    desk.show_list("teaser")
    page = sign_in(browser, desk, "chefin", script=script)

    # Add a platform's list by hand, test it, save it: only the new lines are in the difference.
    page.goto(f"{desk.address}/admin/add")
    press(page, "fill")
    for name, value in {"id": "land-liste", "url": "http://land.example/liste",
                        "selectors.item": "li.teaser", "selectors.link": "a"}.items():  # fmt: skip
        page.fill(f'[id="f-{name}"]', value)
    page.select_option("#f-platform", "land")
    page.select_option("#f-kind", "listing")
    page.select_option("#f-details", "never")
    press(page, "test")
    assert "Meldung 1 des Landes" in page.inner_text(".probe")
    press(page, "look")
    assert page.locator("tr.minus").count() == 0
    assert "land-liste" in page.inner_text("tr.plus >> nth=1")
    press(page, "save")
    assert "Gespeichert" in page.inner_text("main")
    assert desk.crawl("land-liste") == "ok"

    # The platform is rebuilt: the run is suspect, and the page says why.
    desk.show_list("kachel")
    assert desk.crawl("land-liste") == "suspect"
    page.goto(f"{desk.address}/admin/sources?health=troubled")
    assert "land-liste" in page.inner_text("tbody tr >> nth=0")
    page.click('tbody tr >> nth=0 >> text="Läufe"')
    page.click("tbody th a >> nth=0")
    assert "Liegt bei der Quelle" in page.inner_text("main")

    # The selector is repaired with the preview, and the source recovers.
    page.click('text="Quelle bearbeiten"')
    press(page, "test")
    assert "misslungen" in page.inner_text(".probe")
    page.fill('[id="f-selectors.item"]', "li.kachel")
    press(page, "test")
    assert "gelesen" in page.inner_text(".probe")
    press(page, "look")
    assert page.locator("tr.plus").count() == 1
    press(page, "save")
    assert desk.crawl("land-liste") in ("ok", "unchanged")
    page.goto(f"{desk.address}/admin/sources?q=land-liste")
    assert "Aktuell" in page.inner_text("tbody tr >> nth=0")
    assert desk.path.read_text("utf-8").startswith(LIST.partition("\n# Ende")[0])
    page.context.close()


def test_two_admins_at_once_and_neither_loses(browser: "Browser", desk: Desk) -> None:
    one, two = sign_in(browser, desk, "chefin"), sign_in(browser, desk, "zweite")
    for page in (one, two):
        page.goto(f"{desk.address}/admin/sources/amt-feed/edit")
    one.fill('[id="f-every"]', "5h")
    two.fill('[id="f-licence"]', "CC0")
    for page in (one, two):
        press(page, "look")
        if page.locator("#untested").count():
            page.check("#untested")
            press(page, "save")

    assert "Inzwischen hat jemand anders gespeichert" in two.inner_text("h1")
    press(two, "merge")
    press(two, "look")
    two.check("#untested")
    press(two, "save")

    text = desk.path.read_text("utf-8")
    assert "every: 5h           # nicht öfter" in text
    assert "licence: CC0" in text
    for page in (one, two):
        page.context.close()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_moderator_clears_a_queue(browser: "Browser", desk: Desk, *, script: bool) -> None:
    pairs(desk.filling, [0.25, 0.251, 0.252])
    page = sign_in(browser, desk, "moderatorin", script=script)
    page.goto(f"{desk.address}/moderation/related")

    for key, do in (("1", "yes"), ("2", "no"), ("3", "skip")):
        if script:
            page.keyboard.press(key)
            page.wait_for_load_state()
            page.wait_for_selector(".undo")
            page.wait_for_timeout(300)
        else:
            press(page, do)

    assert "Hier wartet nichts mehr" in page.inner_text("main")
    kinds = [row[0] for row in desk.db.execute("SELECT kind FROM decision ORDER BY seq")]
    assert kinds == ["related", "not_related"]
    page.click('text="Rückgängig"')
    page.wait_for_load_state()
    assert "noch 1" in page.inner_text("h1")
    page.context.close()


PAGES = (
    "/admin/sources", "/admin/sources/amt-feed/edit", "/admin/sources/amt-feed/edit?tab=yaml",
    "/admin/add", "/admin/runs", "/admin/runs/1", "/admin/list", "/admin/list/file/sources.yaml",
    "/admin/list/import", "/moderation", "/moderation/related", "/precision",
    "/admin/sources/amt-feed/reapply", "/admin/sources/amt-feed/retire",
    "/admin/sources/amt-feed/done/save",
)  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_of_admins_have_no_barrier(
    browser: "Browser", desk: Desk, scheme: Literal["light", "dark"]
) -> None:
    pairs(desk.filling, [0.25])
    desk.crawl("amt-feed")
    script = AXE.read_text("utf-8")
    page = sign_in(browser, desk, "chefin", color_scheme=scheme, bypass_csp=True)
    found = {}
    for url in PAGES:
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(desk.address + url)
            if told := axe_faults(page, script):
                found[url, width] = told
        if page.evaluate(WIDER):
            found[url, 0] = [("wider", "")]
    assert found == {}
    page.context.close()
