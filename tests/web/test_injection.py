"""What people write starts no formula in a table, and what stands in an address no header."""

import csv
import io
import re
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from aggregator import derive, store
from aggregator.clock import SimulatedClock
from aggregator.config import vocabulary
from aggregator.model import UserRole
from aggregator.text.wordforms import WordForms
from tests.web.filling import Filling
from tests.web.people import Browser, add
from web.openapi import PARAMETERS

FORMULAS = ("=1+1", "+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1", " =1+1", "\u00a0=1",
            "=cmd|' /C x'!A0", "\uff1d1+1", "\uff20SUM(1)")  # fmt: skip
STARTS = tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20")
BREAKS = ("x\r\nX-Injected: 1", "x\nX-Injected: 1", "x\r\n\r\n<script>1</script>",
          "\u560d\u560aX-Injected: 1", "x\rX-Injected: 1")  # fmt: skip
VALUES = {
    "item_id": "abcdefghijkl", "platform": "forum", "source": "forum-feed", "topic": "bildung",
    "origin": "forum", "target": "rat", "kind": "law", "key": "x", "n": "1", "token": "x",
    "queue": "topic", "name": "x", "run": "1", "what": "x", "number": "1", "filename": "x",
}  # fmt: skip
OTHERS = ("next", "lang", "shortcuts", "from", "related", "state", "code", "health", "start")


@pytest.fixture
def formulas(
    filling: Filling, clock: SimulatedClock, word_forms: WordForms, db: store.Connection
) -> None:
    for told in FORMULAS:
        item = filling.item(told, text=f"{told} Leitfaden", authors=(told,), path=quote(told))
        filling.item(f"{told} neu", text=f"{told} Leitfaden", authors=(told,), path=quote(told),
                     now="2026-11-24T09:00:00Z")  # fmt: skip
    derive.derive(db, clock=clock, vocabulary=vocabulary(), words=word_forms)
    filling.topic(item, "bildung")


def paths_of(app: Flask, form: str) -> list[str]:
    """Return an address of every page that comes in a form."""
    adapter = app.url_map.bind("localhost")
    return [
        adapter.build(
            rule.endpoint, {name: VALUES.get(name, "1") for name in rule.arguments - {"form"}}
        )
        for rule in app.url_map.iter_rules()
        if (rule.defaults or {}).get("form") == form and "GET" in (rule.methods or ())
    ]


@pytest.mark.usefixtures("formulas")
def test_no_cell_of_any_table_starts_a_formula(app: Flask, client: FlaskClient) -> None:
    rows = 0
    for path in [*paths_of(app, "csv"), "/search.csv?q=leitfaden&bundle=0", "/items.csv?limit=100"]:
        answer = client.get(path)
        if answer.status_code != 200:
            continue
        for row in csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")), delimiter=";"):
            rows += 1
            for cell in row:
                number = re.fullmatch(r"-?\d+(\.\d+)?", cell)
                assert number or not cell.lstrip(" \u00a0").startswith(STARTS), (
                    path,
                    cell,
                )
    assert rows > 2 * len(FORMULAS)


def test_no_parameter_breaks_into_the_headers(
    app: Flask, db: store.Connection, filling: Filling
) -> None:
    add(db, "moderator")
    filling.item("Leitfaden")
    names = [*{name for told in PARAMETERS.values() for name in told}, *OTHERS]
    reader = Browser(app).enter("moderator")
    for form in ("html", "json", "csv", "atom", "jsonfeed", "xml"):
        for path in paths_of(app, form):
            query = "&".join(f"{name}={quote(BREAKS[0])}" for name in names)
            answer = reader.get(f"{path}?{query}")
            assert answer.status_code < 500, path
            assert_clean(dict(answer.headers), path)


@pytest.mark.parametrize("told", BREAKS)
@pytest.mark.parametrize("name", ["next", "lang", "shortcuts", "from", "q", "url"])
def test_no_single_parameter_breaks_into_the_headers(
    client: FlaskClient, filling: Filling, name: str, told: str
) -> None:
    item = filling.item("Leitfaden")
    for path in ("/login", "/search", "/lookup", f"/items/{item}", "/account", "/opensearch.xml"):
        answer = client.get(f"{path}?{name}={quote(told)}")
        assert answer.status_code < 500
        assert_clean(dict(answer.headers), path)


@pytest.mark.parametrize("told", BREAKS)
def test_no_cookie_and_no_field_of_a_form_breaks_into_the_headers(
    app: Flask, filling: Filling, db: store.Connection, told: str
) -> None:
    add(db, "leserin")
    reader = Browser(app)
    reader.client.set_cookie("lang", quote(told))
    reader.client.set_cookie("qv-form", quote(told))
    assert_clean(dict(reader.get("/").headers), "/")
    reader = Browser(app)
    answer = reader.sign_in("leserin", next=f"/{told}")
    assert answer.status_code == 303
    assert_clean(dict(answer.headers), "/login")
    answer = reader.client.post("/account/seen", data={"csrf": told})
    assert_clean(dict(answer.headers), "/account/seen")


def assert_clean(headers: dict[str, str], path: str) -> None:
    assert "X-Injected" not in headers, path
    assert not any("\r" in value or "\n" in value for value in headers.values()), path
    target = headers.get("Location", "/")
    assert target.startswith("/"), (path, target)
    assert not target.startswith("//"), (path, target)


def test_a_mistyped_address_breaks_no_page(client: FlaskClient, filling: Filling) -> None:
    item = filling.item("Leitfaden")
    filling.link(item, None, "Siehe dort.", url="http://[x/", anchor="dort")

    assert client.get(f"/items/{item}").status_code == 200


def test_a_number_that_no_database_holds_has_no_page(
    app: Flask, db: store.Connection, filling: Filling
) -> None:
    add(db, "chefin", UserRole.ADMIN)
    reader, item = Browser(app).enter("chefin"), filling.item("Leitfaden")

    for path in (f"/items/{item}/versions/{2**64}", f"/admin/runs/{2**64}"):
        assert reader.get(path).status_code == 404, path
    assert reader.send(f"/admin/feedback/{2**64}/done", "/feedback").status_code == 404
