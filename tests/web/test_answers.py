"""Forms, headers, errors, languages: what holds for every page."""

import gzip
import json
import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from aggregator import store
from aggregator.clock import SimulatedClock
from aggregator.config import Settings
from tests.web.filling import FORUM, Filling
from web import create_app
from web.access import Need, need_of
from web.language import MESSAGES
from web.security import POLICY

FORMS = (
    "/login",
    "/feedback",
    "/feedback/thanks",
)  # pages that are nothing but a form have no document, so no twin


def addresses(app: Flask, item: str) -> list[str]:
    """One address for each page of the application."""
    values = {
        "item_id": item, "platform": "forum", "source": "forum-feed", "topic": "bildung",
        "origin": "forum", "target": "ministerium", "kind": "law", "key": "OZG § 1a",
        "n": 1,
    }  # fmt: skip
    adapter = app.url_map.bind("localhost")
    return [
        adapter.build(rule.endpoint, {name: values[name] for name in rule.arguments - {"form"}})
        for rule in app.url_map.iter_rules()
        if (rule.defaults or {}).get("form") == "html"
        # Of a letter, which nobody was sent here; of a pair, which has tests of its own.
        and not rule.arguments & {"token", "other_id"}
        and "GET" in (rule.methods or ())
        and rule.endpoint.partition(".")[0] != "service"  # there only where one is configured
        and (need_of(app, rule.endpoint) or Need.NOTHING) <= Need.READING
    ]


@pytest.fixture
def item(filling: Filling) -> str:
    """An item with a link, a reference, a topic and a relation."""
    one, other = filling.item("Leitfaden"), filling.item("Frage", FORUM)
    filling.link(other, one, "Siehe den Leitfaden.", anchor="Leitfaden")
    filling.reference(other, "law", "OZG § 1a", "§ 1a OZG")
    filling.topic(one, "bildung")
    filling.same(one, other)
    return one


@pytest.mark.parametrize("lang", ["de", "en"])
def test_every_page_answers_in_both_languages_with_its_json_twin(
    app: Flask, client: FlaskClient, item: str, lang: str
) -> None:
    for url in addresses(app, item):
        page = client.get(url, query_string={"lang": lang})
        assert page.status_code == 200, url
        assert f'<html lang="{lang}"' in page.text
        assert page.text.count("<h1") == 1, url
        if url in FORMS:
            continue
        twin = client.get(("/index" if url == "/" else url) + ".json")
        assert twin.status_code == 200, url
        assert str(twin.mimetype).endswith("json"), url  # also those of a format of their own


def test_the_policy_allows_nothing_inline_and_no_page_needs_it(
    app: Flask, client: FlaskClient, item: str
) -> None:
    for url in addresses(app, item):
        answer = client.get(url)
        assert answer.headers["Content-Security-Policy"] == POLICY
        assert "unsafe" not in POLICY
        assert not re.search(r"\sstyle=|\son\w+=|<style|=.javascript:", answer.text), url
        for script in re.findall(r"<script[^>]*>", answer.text):
            assert "src=" in script
        loaded = re.findall(r'<(?:script|img|iframe)[^>]*src="([^"]+)"', answer.text)
        loaded += re.findall(r'<link rel="(?:stylesheet|icon|preload)" href="([^"]+)"', answer.text)
        assert all(address.startswith("/static/") for address in loaded), url


@pytest.mark.parametrize("form", ["s.json", "s.csv", "s.atom", "s", "s.json?platform=forum"])
def test_who_has_the_answer_gets_304(client: FlaskClient, item: str, form: str) -> None:
    assert item
    url = f"/item{form}"
    first = client.get(url)

    again = client.get(url, headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.data) == (304, b"")


def test_a_changed_list_has_another_etag(filling: Filling, client: FlaskClient, item: str) -> None:
    assert item
    first = client.get("/items.json").headers["ETag"]
    filling.item("Neu")

    assert client.get("/items.json", headers={"If-None-Match": first}).status_code == 200


def test_text_travels_compressed(client: FlaskClient, item: str) -> None:
    assert item
    plain = client.get("/items")
    packed = client.get("/items", headers={"Accept-Encoding": "gzip"})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert "Accept-Encoding" in packed.headers["Vary"]


def test_static_files_are_kept_for_good_by_their_content(client: FlaskClient, item: str) -> None:
    assert item
    found = re.search(r'href="(/static/qv\.css\?v=\w+)"', client.get("/").text)
    assert found

    answer = client.get(found[1], buffered=True)

    assert "immutable" in answer.headers["Cache-Control"]


def test_the_first_visit_weighs_at_most_60_kib(client: FlaskClient, item: str) -> None:
    page = client.get(f"/items/{item}", headers={"Accept-Encoding": "gzip"})
    text = gzip.decompress(page.data).decode()
    files = set(re.findall(r'"(/static/[^"]+)"', text))
    packed = {"Accept-Encoding": "gzip"}
    weights = [len(client.get(f, headers=packed, buffered=True).data) for f in files]

    assert len(page.data) + sum(weights) < 60 * 1024


@pytest.mark.parametrize(
    ("url", "status", "code"),
    [
        ("/nirgends.json", 404, "not_found"),
        ("/items/zzzzzzzzzzzz.json", 404, "not_found"),
        ("/items.json?limit=0", 400, "query_invalid"),
        ("/items.json?limit=x", 400, "query_invalid"),
        ("/items.json?limit=%C2%B2", 400, "query_invalid"),
        ("/items.json?cursor=kaputt", 400, "query_invalid"),
        ("/items.json?since=2026-02-30", 400, "query_invalid"),
        ("/items.json?until=9999-12-31", 400, "query_invalid"),
        ("/items.json?kind=meldung", 400, "query_invalid"),
        ("/items.csv?limit=101", 400, "query_invalid"),
        ("/matrix/forum/rat.json?page=51", 400, "query_invalid"),
    ],
)
def test_errors_carry_the_error_object(
    client: FlaskClient, item: str, url: str, status: int, code: str
) -> None:
    assert item
    answer = client.get(url)

    assert answer.status_code == status
    assert set(answer.get_json()["error"]) == {"code", "message", "where", "remedy"}
    assert answer.get_json()["error"]["code"] == code
    assert answer.get_json()["error"]["remedy"]


@pytest.mark.parametrize(
    ("url", "status"), [("/nirgends", 404), ("/items/zzzz", 404), ("/items?limit=0", 400)]
)
def test_error_pages_help(client: FlaskClient, item: str, url: str, status: int) -> None:
    assert item
    answer = client.get(url)

    assert answer.status_code == status
    assert 'href="/items"' in answer.text
    assert answer.headers["Content-Security-Policy"] == POLICY


def test_a_wrong_method_is_told_what_is_allowed(client: FlaskClient, item: str) -> None:
    assert item
    answer = client.post("/items.json")

    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_without_a_database_every_page_says_so(tmp_path: Path, clock: SimulatedClock) -> None:
    client = create_app(tmp_path, clock=clock).test_client()

    page, twin = client.get("/"), client.get("/health.json")

    assert page.status_code == twin.status_code == 503
    assert page.headers["Retry-After"]
    assert "es gibt noch keine Datenbank" in page.text
    assert twin.get_json()["error"]["code"] == "offline"


def test_reading_a_page_never_writes(
    app: Flask, client: FlaskClient, item: str, db: store.Connection
) -> None:
    before = db.execute("PRAGMA data_version").fetchone()[0]

    for url in addresses(app, item):
        client.get(url)

    assert db.execute("PRAGMA data_version").fetchone()[0] == before


def test_the_language_is_kept_only_when_chosen(app: Flask, item: str) -> None:
    assert item
    client = app.test_client()

    assert "Set-Cookie" not in client.get("/").headers
    chosen = client.get("/?lang=en")
    assert "SameSite=Lax" in chosen.headers["Set-Cookie"]
    assert '<html lang="en"' in client.get("/platforms").text
    assert "lang=xx" not in client.get("/?lang=xx").text


def test_the_other_language_keeps_the_page(client: FlaskClient, item: str) -> None:
    assert item
    page = client.get("/items?platform=forum").text

    assert 'href="/items?platform=forum&amp;lang=en"' in page


def test_keys_can_be_turned_off(app: Flask, item: str) -> None:
    assert item
    client = app.test_client()
    client.get("/query-help?shortcuts=off")

    assert 'data-shortcuts="off"' in client.get("/").text


def test_both_languages_have_the_same_messages_with_the_same_places() -> None:
    de, en = (json.loads((MESSAGES / f"{lang}.json").read_text("utf-8")) for lang in ("de", "en"))

    assert de.keys() == en.keys()
    for key in de:
        places = [set(re.findall(r"\{(\w+)\}", json.dumps(told[key]))) for told in (de, en)]
        assert places[0] == places[1], key


def test_every_message_of_the_templates_exists() -> None:
    de = json.loads((MESSAGES / "de.json").read_text("utf-8"))
    folder = MESSAGES.parent / "templates"

    for template in folder.rglob("*.html"):
        for key in re.findall(r"\bt\('([\w.]+)'[,)]", template.read_text("utf-8")):
            assert key in de, (template.name, key)


def test_a_sub_path_behind_a_proxy_is_kept(
    database: Path, clock: SimulatedClock, item: str
) -> None:
    settings = Settings(web_hosts="index.example")
    client = create_app(database.parent, clock=clock, proxies=1, settings=settings).test_client()
    headers = {"X-Forwarded-Prefix": "/querverweis", "X-Forwarded-Proto": "https",
               "X-Forwarded-Host": "index.example"}  # fmt: skip

    page = client.get(f"/items/{item}", headers=headers).text
    feed = client.get("/items.atom", headers=headers).text

    local = re.findall(r'(?:href|action|src)="(/[^"]*)"', page)
    assert local
    assert all(address.startswith("/querverweis/") for address in local)
    assert "https://index.example/querverweis/items.atom" in feed


def test_forwarded_headers_are_ignored_without_a_proxy(client: FlaskClient, item: str) -> None:
    assert item
    page = client.get("/", headers={"X-Forwarded-Prefix": "/evil"}).text

    assert "/evil" not in page


def test_operators_may_write_their_own_legal_pages(
    database: Path, client: FlaskClient, item: str
) -> None:
    assert item
    folder = database.parent / "pages"
    folder.mkdir()
    (folder / "impressum.de.txt").write_text("Amt für Proben\n\nRathaus <1>", "utf-8")

    page = client.get("/impressum").text

    assert "<p>Amt für Proben</p><p>Rathaus &lt;1&gt;</p>" in page


def test_pages_name_the_operator_and_the_contact(client: FlaskClient, item: str) -> None:
    assert item
    assert "Amt für Proben" in client.get("/impressum").text
    assert "post@proben.example" in client.get("/barrierefreiheit").text


def test_browsers_learn_of_the_search(client: FlaskClient, item: str) -> None:
    assert item
    answer = client.get("/opensearch.xml")

    assert answer.mimetype == "application/opensearchdescription+xml"
    assert "/search?q={searchTerms}" in answer.text
