"""`inspect`: one row per input, in order, whatever the input."""

import gzip
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

import pytest

from aggregator.cli import run
from aggregator.cli.inspect import summary
from aggregator.cli.inspect_rows import MAX_FILE_BYTES, Task, is_unreadable, row_of
from aggregator.cli.inspect_worker import Worker, as_json, serve
from aggregator.model import Page

RSS = (
    "<rss version='2.0'><channel><title>Amt</title><language>de</language><item><guid>n-1</guid>"
    "<title>Antrag</title><link>/neu</link><pubDate>Mon, 02 Mar 2026 09:30:00 CET</pubDate>"
    "<description>Kurz</description></item></channel></rss>"
)
ITEMS = "<rss version='2.0'><channel>" + "<item><title>x</title></item>" * 12 + "</channel></rss>"
SENTENCE = "Der Antrag auf Wohngeld wird ab März digital gestellt und schneller bearbeitet. "
HTML = (
    "<!doctype html><html lang='de'><head><title>Wohngeld</title>"
    "<meta property='article:published_time' content='2026-03-02'>"
    "<link rel='alternate' type='application/rss+xml' title='Neues' href='/feed.xml'></head>"
    f"<body><main><h1>Wohngeld</h1><p>{SENTENCE * 8}Mehr im <a href='/b'>Bescheid</a>.</p></main>"
)
SITEMAP = "<urlset><url><loc>https://amt.example/a</loc></url></urlset>"
KEYS = {"input", "kind", "entries", "title", "published_at", "date_evidence", "text", "language",
        "links", "feeds", "problems"}  # fmt: skip
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    bodies = {
        "feed.xml": RSS.encode(), "page.html": HTML.encode(), "map.xml": SITEMAP.encode(),
        "map.xml.gz": gzip.compress(SITEMAP.encode()), "page.html.gz": gzip.compress(HTML.encode()),
        "noise.bin": bytes(range(200, 250)) * 9, "empty": b"", "odd.json": b'{"a": "\\ud800"}',
        "broken.gz": gzip.compress(HTML.encode())[:-9], "items.xml": ITEMS.encode(),
    }  # fmt: skip
    for name, body in bodies.items():
        (tmp_path / name).write_bytes(body)
    return tmp_path


@pytest.fixture
def site() -> Iterator[str]:
    """Serve a feed and redirect to a private address, on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issues = "/api/v4/projects/amt%2Fkanal/issues?per_page=1"
            found = {"/feed.xml": RSS, "/page": HTML, "/amt/kanal": HTML, issues: "[]"}.get(
                self.path
            )
            self.send_response(302 if self.path == "/away" else 200 if found else 404)
            self.send_header("Location", "http://10.0.0.1/")
            self.send_header("Content-Type", "text/html" if self.path == "/page" else "text/xml")
            self.end_headers()
            self.wfile.write((found or "").encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def rows(capsys: Capture, *words: str) -> tuple[int, list[dict[str, Any]]]:
    code = run(["inspect", "--json", *words])
    found = [json.loads(line) for line in capsys.readouterr().out.split("\n") if line]
    assert all(row.keys() >= KEYS for row in found)
    return code, found


def test_what_a_body_needs_is_fetched_for_an_address_and_named_for_a_file(
    site: str, files: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGGREGATOR_ALLOW_PRIVATE", "1")
    code, [row] = rows(capsys, "--as", "gitlab", f"{site}/amt/kanal")
    assert (code, row["needs"]) == (0, [])
    assert ["/issues?" in link["url"] for link in row["follow"]] == [True]

    base = "https://git.example/amt/kanal"
    _, [row] = rows(capsys, "--as", "gitlab", str(files / "page.html"), "--base", base)
    assert len(row["needs"]) == 3
    assert "Braucht noch: https://git.example/api/v4/" in summary(row)


def test_every_input_has_its_row_in_order(files: Path, capsys: Capture) -> None:
    names = sorted(str(path) for path in files.iterdir())

    code, found = rows(capsys, *names, "/gibt/es/nicht", str(files))

    assert code == 1
    assert [row["input"] for row in found] == [*names, "/gibt/es/nicht", str(files)]
    kinds = {Path(row["input"]).name: row["kind"] for row in found}
    assert kinds["feed.xml"] == "feed"
    assert kinds["page.html"] == kinds["page.html.gz"] == "page"
    assert kinds["map.xml"] == kinds["map.xml.gz"] == "sitemap"
    codes = {Path(row["input"]).name: [p["code"] for p in row["problems"]] for row in found}
    assert codes["noise.bin"] == codes["odd.json"] == ["unsupported"]
    assert codes["empty"] == ["empty"]
    assert codes["broken.gz"] == ["decode_failed"]
    assert codes["nicht"] == ["not_found"]
    assert codes[files.name] == ["unsupported"]
    assert codes["feed.xml"] == []


def test_a_feed_has_entries_with_their_rules(files: Path, capsys: Capture) -> None:
    code, (row,) = rows(capsys, "--base", "https://amt.example/f", str(files / "feed.xml"))

    (entry,) = row["entries"]
    assert code == 0
    assert row["title"] == "Amt"
    assert row["date_evidence"] == "none"
    assert entry["entry_id"] == "n-1"
    assert entry["url"] == "https://amt.example/neu"
    assert entry["published_at"] == "2026-03-02T08:30:00Z"
    assert entry["date_evidence"] == "feed"
    assert entry["found_by"] == {"published": "published"}


def test_a_page_has_text_date_links_and_feeds(files: Path, capsys: Capture) -> None:
    code, (row,) = rows(capsys, "--base", "https://amt.example/a", str(files / "page.html"))

    assert code == 0
    assert row["title"] == "Wohngeld"
    assert row["published_at"] == "2026-03-02"
    assert row["language"] == "de"
    assert SENTENCE.strip() in row["text"]
    assert [(link["url"], link["anchor"]) for link in row["links"]] == [
        ("https://amt.example/b", "Bescheid")]  # fmt: skip
    assert "Bescheid" in row["links"][0]["sentence"]
    assert row["feeds"][0]["url"] == "https://amt.example/feed.xml"


def test_a_file_is_at_the_address_that_it_states(tmp_path: Path, capsys: Capture) -> None:
    page, feed = tmp_path / "a.html", tmp_path / "f.xml"
    own = "<link href='https://amt.example/x/y?a=1&amp;b=2' rel='canonical'>"
    page.write_text(HTML.replace("</head>", own + "</head>"), encoding="utf-8")
    own = "<link xmlns='http://www.w3.org/2005/Atom' rel='self' href='https://amt.example/f'/>"
    feed.write_text(RSS.replace("<title>Amt", own + "<title>Amt", 1), encoding="utf-8")

    _, (first, second) = rows(capsys, str(page), str(feed))

    assert first["links"][0]["url"] == "https://amt.example/b"
    assert second["entries"][0]["url"] == "https://amt.example/neu"


def test_a_kind_can_be_demanded(files: Path, capsys: Capture) -> None:
    code, (row,) = rows(capsys, "--as", "sitemap", str(files / "feed.xml"))

    assert code == 1
    assert row["kind"] == "sitemap"
    assert [p["code"] for p in row["problems"]] == ["parse_failed"]


def test_an_unknown_kind_is_a_usage_error(files: Path) -> None:
    assert run(["inspect", "--as", "manual", str(files / "feed.xml")]) == 2
    assert run(["inspect"]) == 2


def test_refused_addresses_are_told_by_code(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, site: str
) -> None:
    monkeypatch.delenv("AGGREGATOR_ALLOW_PRIVATE", raising=False)

    code, found = rows(capsys, f"{site}/feed.xml", "file:///etc/hostname", "//10.0.0.1/", "data:,x")

    assert code == 1
    assert [row["problems"][0]["code"] for row in found] == ["address_refused"] * 4
    assert all(row["problems"][0]["message"] for row in found)


def test_addresses_are_fetched_and_read(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, site: str
) -> None:
    monkeypatch.setenv("AGGREGATOR_ALLOW_PRIVATE", "1")
    monkeypatch.setenv("AGGREGATOR_MIN_DELAY_S", "0")

    code, found = rows(capsys, f"{site}/feed.xml", f"{site}/page", f"{site}/weg", f"{site}/away")

    feed, page, missing, away = found
    assert code == 1
    assert feed["entries"][0]["url"] == f"{site}/neu"
    assert page["kind"] == "page"
    assert page["links"][0]["url"] == f"{site}/b"
    assert missing["problems"][0]["code"] in ("not_found", "http_error")
    assert away["problems"][0]["code"] == "address_refused"


def test_the_summary_for_people_is_german(files: Path, capsys: Capture) -> None:
    names = ("feed.xml", "page.html", "items.xml", "empty")

    code = run(["inspect", *(str(files / name) for name in names)])

    text = capsys.readouterr().out
    assert code == 1
    assert "Art: Feed, 1 Einträge" in text
    assert "- 2026-03-02  Antrag" in text
    assert "Art: Webseite" in text
    assert "Datum: 2026-03-02" in text
    assert "… und 2 weitere" in text
    assert "- ohne Datum  x" in text
    assert "Problem (empty)" in text


def test_a_hang_ends_at_the_deadline_and_the_next_input_is_read(tmp_path: Path) -> None:
    pipe, feed = tmp_path / "pipe", tmp_path / "feed.xml"
    os.mkfifo(pipe)
    feed.write_text(RSS, encoding="utf-8")

    with Worker(deadline_s=0.0) as worker:
        hung = json.loads(worker.read(Task(input="a", path=str(feed))))
    with Worker() as worker:
        odd = json.loads(worker.read(Task(input="pipe", path=str(pipe))))
        good = json.loads(worker.read(Task(input="b", path=str(feed))))

    assert hung["input"] == "a"
    assert [p["code"] for p in hung["problems"]] == ["too_slow"]
    assert [p["code"] for p in odd["problems"]] == ["unsupported"]
    assert good["entries"]


def test_a_worker_that_dies_is_replaced(tmp_path: Path) -> None:
    feed = tmp_path / "feed.xml"
    feed.write_text(RSS, encoding="utf-8")

    with Worker() as worker:
        first = json.loads(worker.read(Task(input="a", path=str(feed))))
        process = worker._process
        assert process is not None
        process.kill()
        process.wait()
        second = json.loads(worker.read(Task(input="b", path=str(feed))))

    assert first["entries"] == second["entries"]


def test_too_much_memory_is_a_problem_of_the_input(tmp_path: Path) -> None:
    page = tmp_path / "deep.html"
    page.write_text("<html>" + "<div><b>" * 2_000_000, encoding="utf-8")

    with Worker() as worker:
        row = json.loads(worker.read(Task(input="deep", path=str(page))))

    assert row["problems"]


def test_the_worker_answers_until_the_other_end_is_gone(files: Path) -> None:
    ours, theirs = Pipe()
    answers: list[dict[str, Any]] = []

    def ask() -> None:
        for name in ("feed.xml", "map.xml.gz"):
            ours.send(Task(input=name, path=str(files / name)))
            answers.append(json.loads(ours.recv_bytes()))
        ours.close()

    asker = threading.Thread(target=ask)
    asker.start()
    serve(theirs)
    asker.join()

    assert [answer["kind"] for answer in answers] == ["feed", "sitemap"]


def test_an_index_of_sitemaps_shows_what_it_leads_to(tmp_path: Path) -> None:
    index = tmp_path / "index.xml"
    index.write_text(
        "<sitemapindex><sitemap><loc>https://amt.example/1.xml</loc></sitemap></sitemapindex>",
        encoding="utf-8",
    )

    row = row_of(Task(input="i", path=str(index)))

    assert row["follow"][0]["url"] == "https://amt.example/1.xml"
    assert not is_unreadable(row)
    assert "1 weiterführende Adressen" in summary(row)


def test_rows_of_fetched_pages_and_of_files_that_are_too_large(files: Path) -> None:
    large = files / "large.xml"
    with large.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    page = Page(url="https://amt.example/a", final_url="https://amt.example/a",
                body=HTML.encode(), media_type="text/html")  # fmt: skip

    fetched = row_of(Task(input="a", page=page))
    packed = row_of(Task(input="b", path=str(files / "page.html.gz")))
    refused = row_of(Task(input="c", path=str(large)))
    missing = row_of(Task(input="d", path=str(files / "weg")))

    assert fetched["links"][0]["url"] == "https://amt.example/b"
    assert packed["title"] == "Wohngeld"
    assert [p["code"] for p in refused["problems"]] == ["too_large"]
    assert [p["code"] for p in missing["problems"]] == ["not_found"]
    assert is_unreadable(refused)


def test_half_surrogate_pairs_are_escaped() -> None:
    assert as_json({"a": "\ud800ü"}) == '{"a": "\\ud800\\u00fc"}'
    assert as_json({"a": "ü"}) == '{"a": "ü"}'


def test_reading_feeds_loads_neither_numpy_nor_simplemma(tmp_path: Path) -> None:
    feed = tmp_path / "feed.xml"
    feed.write_text(RSS, encoding="utf-8")
    code = (
        "import sys; from aggregator.cli.inspect_rows import Task, row_of;"
        f"row_of(Task(input='a', path={str(feed)!r}));"
        "print({'numpy', 'simplemma', 'trafilatura', 'httpx'} & set(sys.modules))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"
