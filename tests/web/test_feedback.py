"""What readers report, and that an admin sees to it."""

from flask import Flask

from aggregator import store
from aggregator.model import UserRole
from tests.web.filling import Filling
from tests.web.people import Browser, add


def test_a_report_arrives_and_an_admin_sees_to_it(
    app: Flask, db: store.Connection, filling: Filling
) -> None:
    assert filling.rows == {}
    add(db, "admin", UserRole.ADMIN)
    anybody, admin = Browser(app), Browser(app).enter("admin")
    fields = {"page": "/items/x", "text": "<b>Kontrast</b>", "contact": "a@b.example"}

    assert anybody.send("/feedback", **fields).location == "/feedback/thanks"
    assert anybody.get("/feedback/thanks").status_code == 200
    [told] = admin.get("/admin/feedback.json").get_json()["reports"]
    assert {name: told[name] for name in fields} == fields
    assert "&lt;b&gt;Kontrast" in admin.get("/admin/feedback").text

    admin.send(f"/admin/feedback/{told['id']}/done", "/admin/feedback")
    [told] = admin.get("/admin/feedback.json").get_json()["reports"]
    assert told["done_at"]
    assert told["contact"] == ""


def test_an_empty_report_is_told_to_be_empty(app: Flask, filling: Filling) -> None:
    assert filling.rows == {}
    answer = Browser(app).send("/feedback", text="  ", page="/here")

    assert answer.status_code == 400
    assert 'value="/here"' in answer.text


def test_many_reports_of_one_address_have_to_wait(app: Flask, filling: Filling) -> None:
    assert filling.rows == {}
    browser = Browser(app)
    told = [browser.send("/feedback", text=f"Nr. {n}").status_code for n in range(8)]

    assert told[:5] == [303] * 5
    assert told[-1] == 429
