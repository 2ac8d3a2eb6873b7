"""Takes the pictures of the handbook and of the README from the demo's platforms.

    python docs/handbuch/bilder.py [FOLDER]

FOLDER holds the demo's data; without it the demo is crawled anew. Needs Chromium.
"""

import argparse
import base64
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ViewportSize, sync_playwright
from waitress import server as waitress
from werkzeug.wrappers import Response

from aggregator import store
from aggregator.clock import SimulatedClock, instant
from aggregator.config import Settings
from aggregator.model import UserRole
from aggregator.store import accounts
from aggregator.store.derived import live
from web import create_app, sessions

PICTURES = Path(__file__).parent / "bilder"
CHROMIUM = "/usr/bin/chromium"
NOW = "2026-11-23T10:00:00Z"  # the day of the demo
WIDE: ViewportSize = {"width": 1180, "height": 820}
NARROW: ViewportSize = {"width": 390, "height": 820}
READER = "frau.muster"
SETTINGS = Settings(
    smtp_host="mail.example", mail_from="index@amt.example", web_url="https://index.amt.example"
)
# The item that shows the most kinds of relations.
RICHEST = """
    SELECT item.id FROM item WHERE merged_into IS NULL AND state = 'live' ORDER BY
        min(3, (SELECT count(*) FROM same_{0} WHERE same_{0}.item = item.pk))
        + min(3, (SELECT count(*) FROM link_{0} WHERE link_{0}.target = item.pk AND prose = 1))
        + min(3, (SELECT count(*) FROM related_{0} WHERE related_{0}.item = item.pk))
        + min(3, (SELECT count(*) FROM reference_{0} WHERE reference_{0}.item = item.pk)) DESC,
        item.id LIMIT 1
"""
FOR_ALL = {
    "start": "/",
    "suche": "/search?q=registermodernisierung",
    "eintrag": "/items/{item}",
    "gegenstuecke": "/items/{item}#verlinkt-von",
    "matrix": "/matrix?by=level",
    "abdeckung": "/coverage",
    "bericht": "/report",
}
FOR_READERS = {
    "gespeichert": "/account/searches?q=registermodernisierung&level=bund",
    "konto": "/account",
}
ON_A_PHONE = {"eintrag-schmal": "/items/{item}"}
AS_WEBP = """async png => {
  const image = await createImageBitmap(await (await fetch('data:image/png;base64,' + png)).blob());
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [image.width, image.height];
  canvas.getContext('2d').drawImage(image, 0, 0);
  return canvas.toDataURL('image/webp', 0.75).split(',')[1];
}"""


def main() -> None:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="?", type=Path)
    data = parser.parse_args().data or crawled()
    db = store.connect(data / "querverweis.sqlite3")
    item = db.execute(RICHEST.format(live(db))).fetchone()[0]
    app = create_app(data, clock=SimulatedClock(instant(NOW)), settings=SETTINGS)
    cookie = signed_in(db, app)
    PICTURES.mkdir(exist_ok=True)
    with served(app) as address, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for size, pages, kept in (
            (WIDE, FOR_ALL, ""), (NARROW, ON_A_PHONE, ""), (WIDE, FOR_READERS, cookie),
        ):  # fmt: skip
            told = {name: address + path.format(item=item) for name, path in pages.items()}
            take(browser, told, size, kept)
        browser.close()
    db.close()


def crawled() -> Path:
    """Crawl the demo's platforms into a folder of their own; return it."""
    folder = Path(tempfile.mkdtemp(prefix="querverweis-bilder-"))
    program = Path(sys.executable).with_name("aggregator")
    subprocess.run([program, "--data", folder, "demo", "--once"], check=True)
    return folder


def signed_in(db: store.Connection, app: Any) -> str:
    """Return the cookie of a reader whose account knows no password."""
    if accounts.find(db, READER) is None:
        with store.transaction(db):
            accounts.add(db, READER, UserRole.READER, "!", NOW, must_change=False)
    with app.test_request_context():
        kept = sessions.keep(Response(), sessions.begin(READER)).headers["Set-Cookie"]
    return str(kept).partition(";")[0].partition("=")[2]


@contextmanager
def served(app: Any) -> Iterator[str]:
    """Serve the application on a free port; yields its address."""
    make: Any = waitress.create_server  # waitress has no types
    server = make(app, host="127.0.0.1", port=0, threads=4)
    threading.Thread(target=server.run, daemon=True).start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.task_dispatcher.shutdown()
    server.close()


def take(browser: Browser, pages: dict[str, str], size: ViewportSize, cookie: str) -> None:
    """Take pictures of what a window of this size shows of each page."""
    context = browser.new_context(viewport=size, reduced_motion="reduce")
    blank = browser.new_page()
    if cookie:
        url = next(iter(pages.values())).partition("/account")[0]
        context.add_cookies([{"name": "qv-session", "value": cookie, "url": url}])
    page = context.new_page()
    for name, url in pages.items():
        page.goto("about:blank")  # a mere fragment would be no new page
        answer = page.goto(url, wait_until="networkidle")
        if answer is None or answer.status != 200:
            sys.exit(f"{url}: {answer.status if answer else 'keine Antwort'}")
        png = base64.b64encode(page.screenshot()).decode("ascii")
        webp = base64.b64decode(blank.evaluate(AS_WEBP, png))
        (PICTURES / f"{name}.webp").write_bytes(webp)
        sys.stdout.write(f"{name}: {len(webp) / 1024:.0f} KiB\n")
    blank.close()
    context.close()


if __name__ == "__main__":
    main()
