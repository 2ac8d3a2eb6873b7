"""The description of the interface: every route is in it, and every answer is as it says."""

import re
from typing import Any

import jsonschema
import pytest
from flask import Flask
from flask.testing import FlaskClient

from aggregator import derive, store
from aggregator.clock import SimulatedClock
from aggregator.config import vocabulary
from aggregator.text.wordforms import WordForms
from tests.store.report_filling import fill
from tests.web.filling import FORUM, Filling
from web.access import Need, need_of
from web.shapes import SHAPES

VALUES = {
    "platform": "forum", "source": "forum-feed", "topic": "bauen_wohnen", "origin": "forum",
    "target": "ministerium", "n": "1", "token": "x", "queue": "topic",
}  # fmt: skip


@pytest.fixture
def told(client: FlaskClient, filling: Filling) -> dict[str, Any]:
    """The description of a filled index."""
    fill(filling)
    document: dict[str, Any] = client.get("/openapi.json").get_json()
    return document


def address(path: str, db: store.Connection) -> str | None:
    """Return an address of a path that exists, None where the filling has no such thing."""
    row = db.execute("SELECT id FROM item WHERE title = 'Meldung'").fetchone()
    values = VALUES | {"item_id": row["id"]}
    reference = re.match(r"/references/", path)
    level = "/levels/" in path
    values |= {"origin": "kommune", "target": "bund"} if level else {}
    if reference or "versions" in path or "/why/" in path:
        return None
    return re.sub(r"\{(\w+)\}", lambda match: values[match[1]], path)


def test_every_route_is_described_but_pages_of_people(app: Flask, told: dict[str, Any]) -> None:
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule)
        form = (rule.defaults or {}).get("form", "")
        if form in ("json", "csv", "atom", "jsonfeed") and rule.endpoint != "static":
            assert "get" in told["paths"][path], path
        if "POST" in (rule.methods or ()):
            assert "post" in told["paths"][path], path


def test_every_document_that_all_may_read_has_a_shape(app: Flask) -> None:
    lacking = {
        rule.endpoint.removesuffix("_json")
        for rule in app.url_map.iter_rules()
        if (rule.defaults or {}).get("form") == "json"
        and (need_of(app, rule.endpoint) or Need.ADMIN) <= Need.READING
    } - set(SHAPES)

    assert lacking <= {"about.openapi", "suggest.suggest", "monitoring.live", "monitoring.ready"}


def test_answers_are_as_described(
    client: FlaskClient, told: dict[str, Any], db: store.Connection
) -> None:
    checked = 0
    for path, methods in told["paths"].items():
        described = methods.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        if "application/json" not in described or "security" in methods["get"]:
            continue
        url = address(path, db)
        if url is None:
            continue
        answer = client.get(url)
        assert answer.status_code == 200, url
        schema = described["application/json"]["schema"] | {"components": told["components"]}
        jsonschema.Draft202012Validator(schema).validate(answer.get_json())
        checked += bool(described["application/json"]["schema"])
    assert checked >= 20


def test_hits_are_as_described(
    client: FlaskClient, filling: Filling, clock: SimulatedClock, word_forms: WordForms
) -> None:
    filling.item("Register eins")
    filling.item("Register zwei", FORUM, at=None)
    derive.derive(filling.db, clock=clock, vocabulary=vocabulary(), words=word_forms)
    described = client.get("/openapi.json").get_json()
    content = described["paths"]["/search.json"]["get"]["responses"]["200"]["content"]

    schema = content["application/json"]["schema"] | {"components": described["components"]}
    answer = client.get("/search.json?q=register").get_json()

    assert len(answer["hits"]) == 2
    jsonschema.Draft202012Validator(schema).validate(answer)


def test_faults_are_as_described(client: FlaskClient, told: dict[str, Any]) -> None:
    schema = told["components"]["schemas"]["Error"]
    for url in ("/items/abcdefghijkl.json", "/items.json?limit=0", "/platforms/x.json",
                "/account.json", "/coverage.json?by=x", "/changes.json?cursor=x"):  # fmt: skip
        answer = client.get(url)
        assert 400 <= answer.status_code < 405, url
        jsonschema.Draft202012Validator(schema).validate(answer.get_json())


def test_the_description_is_valid_and_tells_where_it_lies(
    client: FlaskClient, told: dict[str, Any]
) -> None:
    assert told["openapi"] == "3.1.0"
    ids = [m["operationId"] for methods in told["paths"].values() for m in methods.values()]
    assert len(ids) == len(set(ids))
    for path, methods in told["paths"].items():
        named = set(re.findall(r"\{(\w+)\}", path))
        for method in methods.values():
            in_path = {p["name"] for p in method["parameters"] if p["in"] == "path"}
            assert in_path == named, path
            assert method["summary"].endswith((".", ":")), method["operationId"]
            for parameter in method["parameters"]:
                jsonschema.Draft202012Validator.check_schema(parameter["schema"])
    for schema in told["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
