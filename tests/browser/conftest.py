"""Debian's chromium over the served application.

Without it these tests are skipped with the reason; in the full run (`make full`) they fail.
"""

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask

from aggregator import derive, store
from aggregator.clock import SimulatedClock
from aggregator.config import vocabulary
from aggregator.model import UserRole
from aggregator.text.wordforms import WordForms
from tests.conftest import START
from tests.web.filling import COUNCIL, FORUM, MINISTRY, Filling
from tests.web.people import Browser as Reader
from tests.web.people import add
from web import create_app

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

CHROMIUM = Path("/usr/bin/chromium")
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
FULL = os.environ.get("QUERVERWEIS_FULL") == "1"
SWITCHES = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync"]  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what stands in this folder; leave it out where the browser is missing."""
    lacking = [path.name for path in (CHROMIUM, AXE) if not path.exists()]
    for item in items:
        if Path(__file__).parent in Path(item.path).parents:
            item.add_marker(pytest.mark.browser)
            if lacking and not FULL:
                item.add_marker(pytest.mark.skip(reason=f"missing: {', '.join(lacking)}"))


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """One browser for all tests."""
    from playwright.sync_api import sync_playwright

    if lacking := [path.name for path in (CHROMIUM, AXE) if not path.exists()]:
        pytest.fail(f"missing: {', '.join(lacking)} (see tests/browser/install.sh)")
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=str(CHROMIUM), args=SWITCHES)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Site"]:
    """The application, filled and served on a free port of loopback; pages only read."""
    from waitress import server as waitress

    data, clock = tmp_path_factory.mktemp("data"), SimulatedClock(START)
    forms = WordForms.of({"leitfaden": "leitfaden", "register": "register"})
    db = store.connect(data / "querverweis.sqlite3")
    item, other = fill(Filling(db), clock, forms)
    app = create_app(data, clock=clock)
    app.extensions["word_forms"] = forms
    make: Any = waitress.create_server  # waitress has no types
    server = make(app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield Site(f"http://127.0.0.1:{server.effective_port}", item, other, app)
    server.task_dispatcher.shutdown()
    server.close()
    thread.join(5)
    db.close()


class Site:
    """Where the pages are."""

    def __init__(self, address: str, item: str, other: str, app: Flask) -> None:
        self.address = address
        self.item, self.other, self.app = item, other, app
        self.pages = {
            "start": "/",
            "search": "/search?q=leitfaden",
            "nothing_found": "/search?q=leitfaden&level=eu",
            "item": f"/items/{item}",
            "list": "/items?platform=forum",
            "platform": "/platforms/forum",
            "platforms": "/platforms",
            "sources": "/sources",
            "source": "/sources/forum-feed",
            "matrix": "/matrix",
            "between": "/matrix/forum/ministerium",
            "reference": "/references/law/OZG § 1a",
            "topics": "/topics",
            "topic": "/topics/bildung",
            "lookup": "/lookup",
            "crawl": "/how-we-crawl",
            "help": "/query-help",
            "suggest": "/suggest?q=leit",
            "several_pages": "/search?limit=1",
            "legal": "/barrierefreiheit",
            "missing": "/items/abcdefghijkl",
        }

    def enter(self, context: "BrowserContext", name: str) -> None:
        """Sign somebody in, without the form that has tests of its own."""
        cookie = Reader(self.app).enter(name).cookie() or ""
        context.add_cookies([{"name": "qv-session", "value": cookie, "url": self.address}])

    def url(self, name: str) -> str:
        """Return the address of a page."""
        return self.address + self.pages[name]


def fill(filling: Filling, clock: SimulatedClock, forms: WordForms) -> tuple[str, str]:
    """Put in an item with every kind of relation, and sources in every state.

    Returns:
        Its id, and that of an item related to it.
    """
    long = "Leitfaden zur Registermodernisierung für kleine Kommunen im Onlinezugangsgesetz"
    item = filling.item(
        long, MINISTRY, at="2026-11-23T08:15:00Z", path="leitfaden", text=f"{long}. " * 8
    )
    twin = filling.item("Neuer Leitfaden", FORUM, at="2026-11-24T07:00:00Z")
    post = filling.item("Wer trägt die Kosten?", FORUM, at="2026-11-22T08:00:00Z")
    decision = filling.item("Beschluss 2018/36", COUNCIL, at="2018-10-25")
    filling.item("Ohne Datum", COUNCIL, at=None)
    for hour, text in enumerate(("Der erste Stand.", "Der zweite Stand, mit mehr Text.")):
        filling.item(long, MINISTRY, at="2026-11-23T08:15:00Z", path="leitfaden",
                     text=f"{long}. " * 8 + text, now=f"2026-11-24T0{hour + 4}:00:00Z")  # fmt: skip
    for role in UserRole:
        add(filling.db, str(role), role)
    derive.derive(filling.db, clock=clock, vocabulary=vocabulary(), words=forms)
    filling.same(item, twin)
    filling.link(post, item, "Siehe Schritt 4 im Leitfaden.", anchor="Leitfaden")
    filling.link(decision, item, "", anchor="Leitfaden", prose=0)
    filling.link(item, decision, "Grundlage ist der Beschluss.", anchor="Beschluss")
    filling.link(item, None, "Mehr im Portal.", url="https://portal.example/", anchor="Portal")
    filling.words(item, "Melderegister", "Leitfaden")
    filling.words(decision, "Melderegister", "Leitfaden")
    filling.related(item, decision, 0.6)
    filling.reference(item, "law", "OZG § 1a", "§ 1a OZG", "Nach § 1a OZG gilt das.")
    filling.topic(item, "bildung")
    for name in ("ministerium-feed", "forum-feed"):
        filling.state(name, state="ok", last_success_at="2026-11-24T06:00:00Z",
                      last_run_at="2026-11-24T06:00:00Z")  # fmt: skip
    filling.state("rat-feed", state="failed", reason="feed_is_html")
    filling.db.execute(
        "INSERT INTO run (source, started_at, trigger, state, new) VALUES"
        " ('forum-feed', '2026-11-24T06:00:00Z', 'refresh', 'ok', 3)"
    )
    filling.db.execute(
        "INSERT INTO request (at, host, url, status, bytes, ms, waited_ms) VALUES"
        " ('2026-11-24T06:00:00Z', 'forum.example', 'https://forum.example/', 200, 9000, 30, 0)"
    )
    return item, decision
