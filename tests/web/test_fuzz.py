"""Any request that the description of the interface allows is answered as it says, never by 5xx.

QV_FUZZ is how many requests to aim at: some addresses have fewer different ones. `make fuzz` aims
at 6,500 and sends more than 5,000; the usual run sends a few to each address.
"""

import os
import zlib
from dataclasses import dataclass
from math import ceil
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, openapi
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from aggregator import store
from aggregator.model import UserRole
from tests.store.report_filling import fill
from tests.web.filling import Filling
from tests.web.people import Browser, add

REQUESTS = int(os.environ.get("QV_FUZZ", "250"))
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance,
          response_schema_conformance]  # fmt: skip
ROLES = (None, *UserRole)
# What is really there, so that not every path ends in 404.
THERE = {
    "platform": ("ministerium", "forum"), "source": ("forum-feed",), "origin": ("forum", "bund"),
    "target": ("ministerium", "kommune"), "topic": ("bildung", "bauen_wohnen"), "n": (1,),
    "kind": ("law",), "key": ("OZG § 1a",), "queue": ("related", "topic"),
}  # fmt: skip


@dataclass(frozen=True)
class Visitor:
    """Who asks: a cookie, and the token of the forms that belongs to it."""

    cookies: dict[str, str]
    headers: dict[str, str]


def visitor(app: Flask, role: UserRole | None) -> Visitor:
    """Return somebody of a role, newly signed in."""
    reader = Browser(app)
    if role:
        reader.enter(str(role))
    token = reader.token("/feedback")
    told = {name: reader.cookie(name) for name in ("qv-session", "qv-form")}
    cookies = {name: value for name, value in told.items() if value}
    return Visitor(cookies, {"X-CSRF-Token": token, "Accept-Encoding": "identity"})


@pytest.fixture
def crowded(app: Flask, filling: Filling, db: store.Connection) -> dict[str, Any]:
    """What is there, with the ids of its items."""
    fill(filling)
    for role in UserRole:
        add(db, str(role), role)
    app.config["TESTING"] = False
    return THERE | {"item_id": tuple(filling.rows)[:3], "other_id": tuple(filling.rows)[3:5]}


def send_some(
    app: Flask, crowded: dict[str, Any], role: UserRole | None, operation: Any, each: int
) -> None:
    """Send requests of one operation, three quarters of them as described."""
    right = operation.as_strategy()
    wrong = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    reading = visitor(app, role)

    @seed(zlib.crc32(operation.label.encode()))
    @settings(max_examples=each, database=None, deadline=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(case=st.one_of(right, right, right, wrong) if each > 1 else right, data=st.data())
    def send(case: Case[Any], data: st.DataObject) -> None:
        if data.draw(st.integers(0, 3)):
            for name in set(case.path_parameters or ()) & set(crowded):
                case.path_parameters[name] = data.draw(st.sampled_from(crowded[name]))
        asking = visitor(app, role) if case.method == "POST" else reading
        answer = case.call(cookies=asking.cookies, headers=asking.headers)
        case.validate_response(answer, checks=CHECKS)

    send()


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES, ids=str)
def test_every_allowed_request_is_answered_as_described(
    app: Flask, crowded: dict[str, Any], role: UserRole | None
) -> None:
    described = openapi.from_wsgi("/openapi.json", app)
    found = [told.ok() for told in described.get_all_operations() if isinstance(told, Ok)]
    each = ceil(REQUESTS / (len(found) * len(ROLES)))
    faults: list[str] = []
    for operation in found:
        try:
            send_some(app, crowded, role, operation, each)
        except Exception as error:  # noqa: BLE001 (every operation is to be tried; told below)
            faults.append(f"{operation.label}: {error}")
    assert faults == []
