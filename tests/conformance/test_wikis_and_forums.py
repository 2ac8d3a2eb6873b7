"""Answers of real forums and wikis, outside the repository: every topic, post and page once.

The folder is named by QUERVERWEIS_CORPUS; its texts are not copied into this repository. The
answers are served on loopback as their interfaces would, and crawled as a source.
"""

import json
import os
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator import pipeline, store
from aggregator.clock import SimulatedClock
from aggregator.model import Page, Source, SourceKind
from aggregator.parse.confluence import without_macros
from aggregator.parse.document import read as read_document
from aggregator.parse.mediawiki import parse_mediawiki
from aggregator.records import read as read_records
from aggregator.text.html import plain
from tests.builders import make_catalogue, make_source
from tests.parse.golden import make_page
from tests.scripted import Web, serving

CORPUS = Path(os.environ.get("QUERVERWEIS_CORPUS") or "/nonexistent")
FORUM, WIKI = CORPUS / "forum-discourse" / "perceval", CORPUS / "wiki-confluence"
MEDIA = CORPUS / "wiki-mediawiki" / "perceval-rest"
ROOT = "http://amt.example"
JSON = "application/json"
# What in a page of Markdown is no text: code, comments, front matter, tables of contents, targets
# of links, tags, and the words that name the kind of a box.
MARKUP = re.compile(
    r"```.*?```|<!--.*?-->|\[\[.*?\]\]|\[TOC\]|^---.*?^---|\(.*?\)|<[^>]+>"
    r"|^\s*(?:!!!|\?\?\?)\+?\s+[\w ]+|\[![A-Z]+\]|\[STATUS-[A-Z]+\]",
    re.DOTALL | re.MULTILINE,
)
Crawl = Callable[[Source], list[str]]

pytestmark = pytest.mark.skipif(
    not FORUM.is_dir(), reason="QUERVERWEIS_CORPUS names no folder with forum-discourse"
)


def document(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Any:
    with serving(Web()) as web:
        monkeypatch.setenv("AGGREGATOR_ALLOW_PRIVATE", "1")
        monkeypatch.setenv("AGGREGATOR_MIN_DELAY_S", "1")
        monkeypatch.setenv("AGGREGATOR_RESOLVE", web.resolve("amt.example"))
        yield web


@pytest.fixture
def crawl(database: Path, db: store.Connection, clock: SimulatedClock, web: Web) -> Crawl:
    """Refresh a source three hours after the last time; return what was asked for."""

    def run(source: Source) -> list[str]:
        clock.advance(timedelta(hours=3))
        before = len(web.asked())
        engine = pipeline.make_engine(
            db, database, make_catalogue([source]), database.parent, clock, "test"
        )
        try:
            list(pipeline.refresh(engine, [source], forced=True))
        finally:
            engine.close()
        return web.asked()[before:]

    return run


# --- Discourse ---------------------------------------------------------------------------------


def publish_forum(web: Web) -> dict[str, list[int]]:
    """Serve the topics; return the ids of the posts of each."""
    topics = {}
    for number in (1148, 1149, 1150):
        topic = document(FORUM / f"discourse_topic_{number}.json")
        stream = topic["post_stream"]
        web.put(f"{ROOT}/t/{number}.json", json.dumps(topic), media_type=JSON)
        known = {post["id"] for post in stream["posts"]}
        later = [post for post in stream["stream"] if post not in known]
        if later:
            publish_slices(web, number, later)
        topics[str(number)] = stream["stream"]
    return topics


def publish_slices(web: Web, topic: int, later: list[int]) -> None:
    for start in range(0, len(later), 20):
        asked = later[start : start + 20]
        ids = "&".join(f"post_ids%5B%5D={post}" for post in asked)
        posts = [{"id": n, "post_number": 100 + n, "cooked": f"<p>{n}</p>"} for n in asked]
        body = json.dumps({"post_stream": {"posts": posts}})
        web.put(f"{ROOT}/t/{topic}/posts.json?{ids}", body, media_type=JSON)


def publish_lists(web: Web) -> None:
    """Serve the list of topics in two pages."""
    first = document(FORUM / "discourse_topics.json")
    rows = first["topic_list"]["topics"]
    first["topic_list"]["more_topics_url"] = "/latest?page=1"
    second = {"topic_list": {"topics": [dict(rows[0], id=1150, slug="drei", title="Drei")]}}
    web.put(f"{ROOT}/latest.json", json.dumps(first), media_type=JSON)
    web.put(f"{ROOT}/latest.json?page=1", json.dumps(second), media_type=JSON)


def test_every_topic_and_post_of_a_forum_once(web: Web, crawl: Crawl, db: store.Connection) -> None:
    topics = publish_forum(web)
    publish_lists(web)
    source = make_source("forum", kind=SourceKind.DISCOURSE, url=f"{ROOT}/latest.json",
                         details="auto")  # fmt: skip

    asked = crawl(source)

    assert len(asked) == len(set(asked))
    assert len([path for path in asked if "posts.json" not in path]) == 2 + 3
    found = dict(db.execute("SELECT entry_id, parts FROM item").fetchall())
    assert set(found) == set(topics)
    for number, posts in topics.items():
        labels = [part["label"] for part in json.loads(found[number])]
        assert len(labels) == len(set(labels)) == len(posts)
    assert crawl(source) == ["/latest.json"]


def test_a_topic_without_any_answer_has_a_date_of_change(web: Web, crawl: Crawl) -> None:
    topics = document(FORUM / "discourse_topics_last_posted_at_null.json")
    web.put(f"{ROOT}/latest.json", json.dumps(topics), media_type=JSON)
    publish_forum(web)
    source = make_source("forum", kind=SourceKind.DISCOURSE, url=f"{ROOT}/latest.json",
                         details="auto")  # fmt: skip

    assert {"/latest.json", "/t/1148.json", "/t/1149.json"} <= set(crawl(source))
    assert crawl(source) == ["/latest.json"]


# --- Confluence --------------------------------------------------------------------------------


def test_every_page_of_a_wiki_once(web: Web, crawl: Crawl, db: store.Connection) -> None:
    first = document(WIKI / "perceval-rest" / "confluence_contents.json")
    address = "/rest/api/content/search?limit=2&cql=type=page%20order%20by%20lastmodified%20desc"
    first["_links"]["next"] = f"{address}&start=2"
    last = {"results": [{"id": "3", "type": "page", "title": "Drei"}], "_links": {}}
    web.put(f"{ROOT}{address}", json.dumps(first), media_type=JSON)
    web.put(f"{ROOT}{address}&start=2", json.dumps(last), media_type=JSON)
    page = {"type": "page", "body": {"view": {"value": "<p>Text der Seite</p>"}}}
    for number, title in (("1", "TSC"), ("2", "Colorado Release Status"), ("3", "Drei")):
        body = json.dumps({**page, "id": number, "title": title})
        expand = "?expand=body.view,version,history,ancestors"
        web.put(f"{ROOT}/rest/api/content/{number}{expand}", body, media_type=JSON)
    source = make_source("wiki", kind=SourceKind.CONFLUENCE, url=f"{ROOT}{address}",
                         details="auto")  # fmt: skip

    asked = crawl(source)

    assert len(asked) == len(set(asked)) == 2 + 3
    assert {row[0] for row in db.execute("SELECT key FROM item")} == {
        "confluence:1", "confluence:2", "confluence:3"
    }  # fmt: skip
    assert crawl(source) == [address]


@pytest.mark.parametrize(
    "path", sorted((WIKI / "md2conf-source").glob("*.md")), ids=lambda p: p.stem
)
def test_words_of_a_page_are_found_and_no_parameter_leaks(path: Path) -> None:
    target = WIKI / "md2conf-target" / f"{path.stem}.xml"
    if not target.is_file():
        pytest.skip("no storage format of this page")
    text = plain(without_macros(target.read_text(encoding="utf-8")))
    prose = MARKUP.sub(" ", path.read_text(encoding="utf-8"))
    wanted = set(re.findall(r"[A-Za-z]{5,}", prose))
    found = sum(word in text for word in wanted)
    assert found >= 0.85 * len(wanted), sorted(w for w in wanted if w not in text)
    assert "ac:name" not in text


# --- MediaWiki ---------------------------------------------------------------------------------


def test_every_page_of_a_mediawiki_once(web: Web, crawl: Crawl, db: store.Connection) -> None:
    listing = document(MEDIA / "mediawiki_pages_all.json")
    listing["continue"] = {"apcontinue": "Zwei", "continue": "-||"}
    empty = document(MEDIA / "mediawiki_pages_all_empty.json")
    address = "/w/api.php?action=query&list=allpages&format=json"
    web.put(f"{ROOT}{address}", json.dumps(listing), media_type=JSON)
    web.put(f"{ROOT}{address}&apcontinue=Zwei&continue=-||", json.dumps(empty), media_type=JSON)
    numbers = []
    for row in listing["query"]["allpages"]:
        numbers.append(row["pageid"])
        told = {"parse": {"pageid": row["pageid"], "title": row["title"],
                          "text": f"<p>Text von {row['title']}</p>"}}  # fmt: skip
        text = (f"{ROOT}/w/api.php?pageid={row['pageid']}&action=parse&prop=text|revid"
                "&disablelimitreport=1&disableeditsection=1&disabletoc=1&format=json"
                "&formatversion=2")  # fmt: skip
        web.put(text, json.dumps(told), media_type=JSON)
    source = make_source("wiki", kind=SourceKind.MEDIAWIKI, url=f"{ROOT}{address}",
                         details="auto")  # fmt: skip

    asked = crawl(source)

    assert len(asked) == len(set(asked)) == 2 + len(numbers)
    assert {row[0] for row in db.execute("SELECT key FROM item")} == {
        f"mediawiki:{number}" for number in numbers
    }
    assert [path for path in crawl(source) if "action=parse" in path] == []


def test_recent_changes_name_each_page_once() -> None:
    body = (MEDIA / "mediawiki_pages_recent_changes.json").read_bytes()
    page: Page = make_page(body, "https://w.example/api.php")
    entries = parse_mediawiki(make_source(), page).entries
    numbers = [entry.entry_id for entry in entries]
    assert len(numbers) == len(set(numbers)) >= 3


# --- mail and office files ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", sorted(CORPUS.glob("html-cms/pipermail/*.mbox")), ids=lambda p: p.stem
)
def test_every_message_of_an_archive_once(path: Path) -> None:
    entries = [entry for _, entry in read_records(path, "2026-11-24T08:00:00Z")]
    wanted = path.read_text(encoding="utf-8", errors="replace").count("\nMessage-ID:")
    assert len({getattr(entry, "entry_id", None) for entry in entries} - {None}) == wanted


@pytest.mark.parametrize(
    "path",
    sorted(
        p for p in CORPUS.glob("documents/**/*") if p.suffix in (".docx", ".odt", ".ods", ".odp")
    ),
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_an_office_file_is_read(path: Path) -> None:
    read_document(path.read_bytes(), "application/octet-stream")
