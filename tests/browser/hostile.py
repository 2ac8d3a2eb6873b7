"""Content that wants to do something: where it is put, and how we see whether it did.

Every vector is stored twice: as it came through the reading of feeds, and raw, as if a parser had
let it through. So the pages are tested as what they are, the last line of defence.
"""

import html
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flask import Flask

from aggregator import derive, store
from aggregator.clock import SimulatedClock
from aggregator.config import vocabulary
from aggregator.errors import ParseError
from aggregator.model import Entry, Operator, Page, Platform, Site, SourceKind
from aggregator.parse.feed import parse_feed
from aggregator.store import catalogue
from aggregator.text.wordforms import WordForms
from tests.builders import make_catalogue, make_platform, make_source
from tests.conftest import START
from tests.web.filling import FORUM, PLATFORMS, Filling
from web import create_app

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from playwright.sync_api import Page as Tab

FEED = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><id>urn:t</id>
<updated>2026-11-20T09:00:00Z</updated><entry><id>{id}</id><link href="https://amt.example/{n}"/>
<title type="html">Leitfaden {v}</title><author><name>{v}</name></author>
<updated>2026-11-20T09:00:00Z</updated><summary type="html">{v}</summary>
<content type="html">&lt;p&gt;Leitfaden: {v}&lt;/p&gt;&lt;a href="{v}"&gt;{v}&lt;/a&gt;</content>
</entry></feed>"""
MOST_IN_FEED = 2000
HOOKS = """
window.__done = [];
for (const name of ['alert', 'confirm', 'prompt', 'print', 'open'])
  window[name] = (...told) => { window.__done.push(name + ' ' + told.join(' ')); };
"""
# What a page of ours never holds; `on*` and `style` in any element, addresses that run.
STRANGE = """() => {
  const told = [...window.__done];
  if (window.__x) told.push('__x');
  const runs = /^[\\u0000-\\u0020]*(javascript|data|vbscript):/i;
  for (const node of document.querySelectorAll('*')) {
    const name = node.localName;
    if (['iframe', 'frame', 'object', 'embed', 'applet', 'base', 'style', 'audio', 'video', 'math',
         'img', 'foreignobject', 'xss'].includes(name)) told.push('<' + name + '>');
    if (name === 'script' && !node.src.startsWith(location.origin)) told.push('<script>');
    if (name === 'meta' && node.httpEquiv) told.push('<meta ' + node.httpEquiv + '>');
    for (const {name: key, value} of node.attributes) {
      if (key.startsWith('on') || key === 'style') told.push(name + ' ' + key);
      if (runs.test(value.replace(/[\\t\\n\\r]/g, '')) && ['href', 'src', 'action', 'formaction',
          'xlink:href', 'data', 'poster'].includes(key)) told.push(name + ' ' + key + '=' + value);
    }
  }
  return told;
}"""


@dataclass
class Hostile:
    """A served index that holds vectors, and the addresses of its pages."""

    address: str
    app: Flask
    items: list[str] = field(default_factory=list)
    platforms: list[str] = field(default_factory=list)


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serve an application on a free port of loopback; yields its address."""
    from waitress import server as waitress

    make: Any = waitress.create_server  # waitress has no types
    server = make(app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.task_dispatcher.shutdown()
    server.close()
    thread.join(5)


def entries_of(body: bytes) -> list[Entry]:
    """Read a feed as a crawl does; [] where it is none."""
    source = make_source("amt-feed", kind=SourceKind.FEED, url="https://amt.example/feed")
    page = Page(url="", final_url="https://amt.example/feed", body=body)
    try:
        return list(parse_feed(source, page).entries)
    except ParseError:
        return []


def as_feed(n: int, vector: str) -> bytes:
    """Return a feed that has a vector in all its places."""
    told = html.escape(vector[:MOST_IN_FEED])
    return FEED.format(id=f"urn:v:{n}", n=n, v=told).encode("utf-8", "replace")


@contextmanager
def infested(data: Path, vectors: Sequence[str], feeds: Sequence[bytes] = ()) -> Iterator[Hostile]:
    """Serve an index with every vector in every place that shows what others wrote."""
    clock, forms = SimulatedClock(START), WordForms.of({"leitfaden": "leitfaden"})
    db = store.connect(data / "querverweis.sqlite3")
    filling = Filling(db)
    platforms = [_platform(n, vector) for n, vector in enumerate(vectors)]
    sources = [filling._source(platform) for platform in (*PLATFORMS, *platforms)]
    told = make_catalogue(sources, [*PLATFORMS, *platforms])
    site = Site(title=vectors[0], operator=vectors[0], contact=vectors[0])
    catalogue.mirror(db, replace(told, site=site))
    raw = [_raw(filling, n, vector, platforms[n]) for n, vector in enumerate(vectors)]
    read = [
        entry
        for body in (*(as_feed(n, vector) for n, vector in enumerate(vectors)), *feeds)
        for entry in entries_of(body)
    ]
    parsed = [_parsed(filling, n, entry) for n, entry in enumerate(read)]
    derive.derive(db, clock=clock, vocabulary=vocabulary(), words=forms)
    post = filling.item("Beitrag", FORUM)
    for item, vector in zip(raw, vectors, strict=True):
        _relate(filling, post, item, vector)
    app = create_app(data, clock=clock)
    app.extensions["word_forms"] = forms
    with serving(app) as address:
        yield Hostile(address, app, [*raw, *(item for item in parsed if item)],
                      [str(platform.id) for platform in platforms])  # fmt: skip
    db.close()


def _platform(n: int, vector: str) -> Platform:
    return replace(
        make_platform(f"p{n}"), name=vector, short_name=vector[:14], url=f"https://p{n}.example/",
        operator=(Operator(name=vector),), licence=vector,
    )  # fmt: skip


def _raw(filling: Filling, n: int, vector: str, platform: Platform) -> str:
    """Store a vector as if a parser had let it through, in two versions."""
    for hour, end in enumerate(("", " Leitfaden")):
        item = filling.item(
            f"{vector}{end}", platform, path=f"v/{n}", text=f"{vector} Leitfaden {end}",
            authors=(vector,), now=f"2026-11-24T0{hour + 4}:00:00Z", language=vector[:8],
        )  # fmt: skip
    return item


def _parsed(filling: Filling, n: int, entry: Entry) -> str | None:
    """Store what the reading of a feed left of a vector; None where nothing is left."""
    told = {name: getattr(entry, name) for name in ("links", "summary", "authors", "language")}
    if not (entry.title or entry.text):
        return None
    return filling.item(entry.title or "", FORUM, path=f"f/{n}", text=entry.text, **told)


def _relate(filling: Filling, post: str, item: str, vector: str) -> None:
    """Put a vector into everything that stands beside an item."""
    filling.link(post, item, f"Satz {vector}", anchor=vector)
    filling.link(item, None, f"Satz {vector}", url=f"https://fremd.example/{vector}", anchor=vector)
    filling.link(item, None, "", url="https://fremd.example/", anchor=vector, prose=0)
    word = vector.replace("\t", " ")
    filling.words(item, word, "Leitfaden")
    filling.words(post, word, "Leitfaden")
    filling.related(item, post)
    filling.reference(item, "law", vector, vector, vector)
    filling.topic(item, "bildung")
    filling.put("same", item=filling.rows[item], other=filling.rows[post], similarity=900,
                relation="copy", differs=json.dumps([vector]))  # fmt: skip


def overviews() -> tuple[str, ...]:
    """Return the pages that show many items at once."""
    return (
        "/", "/search?q=leitfaden&limit=100&bundle=0", "/search?q=leitfaden&sort=date",
        "/items?limit=100", "/platforms", "/sources", "/topics/bildung?limit=100", "/matrix",
        "/coverage", "/report", "/changes?limit=100", "/questions", "/how-we-crawl",
        "/impressum", "/glossary", "/items.atom", "/topics/bildung.atom",
        "/search.atom?q=leitfaden", "/items.json?limit=100", "/opensearch.xml",
    )  # fmt: skip


def reflecting(vector: str) -> tuple[str, ...]:
    """Return addresses whose pages say what stood in the address."""
    told = quote(vector[:500], safe="")
    return (
        f"/search?q={told}", f"/search?level={told}&platform={told}&since={told}",
        f"/lookup?url={told}", f"/references/law/{told}", f"/suggest?q={told}",
        f"/items?platform={told}&cursor={told}", f"/login?next={told}",
    )  # fmt: skip


class Watch:
    """A tab in which nothing may run and nothing may be loaded from elsewhere."""

    def __init__(self, browser: "Browser", address: str) -> None:
        # Without the policy of the pages: what is written must be harmless by itself.
        self.context = browser.new_context(bypass_csp=True, accept_downloads=True)
        self.context.add_init_script(HOOKS)
        self.address, self.said, self.foreign = address, list[str](), list[str]()
        self.tab: Tab = self.context.new_page()
        self.tab.on("dialog", self._dialog)
        self.tab.on("console", lambda told: self._console(told.type, told.text))
        self.tab.on("pageerror", lambda error: self.said.append(str(error)))
        self.tab.on("request", lambda asked: self._request(asked.url))

    def _dialog(self, dialog: Any) -> None:
        self.said.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def _console(self, kind: str, text: str) -> None:
        if not text.startswith("Failed to load resource: the server responded with a status of 4"):
            self.said.append(f"{kind} {text}")

    def _request(self, url: str) -> None:
        if not url.startswith(self.address):
            self.foreign.append(url)

    def faults(self, path: str) -> list[str]:
        """Open a page; return what happened that should not have."""
        from playwright.sync_api import Error

        self.said.clear()
        self.foreign.clear()
        try:
            answer = self.tab.goto(self.address + path)
        except Error as error:
            if "Download is starting" in str(error):  # a feed that this browser does not show
                return []
            raise
        strange = list(self.tab.evaluate(STRANGE)) if self._is_page(answer) else []
        status = answer.status if answer else 0
        wrong = [f"status {status}"] if status >= 500 else []
        return [*wrong, *strange, *self.said, *(f"request {url}" for url in self.foreign)]

    @staticmethod
    def _is_page(answer: Any) -> bool:
        return bool(answer) and "html" in answer.headers.get("content-type", "")
