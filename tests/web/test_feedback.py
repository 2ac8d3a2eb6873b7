"""What readers report, and that an admin sees to it."""

from flask import Flask

from aggregator import store
from aggregator.model import UserRole
from aggregator.store import audit, feedback
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


def test_the_log_of_actions_is_for_admins_and_is_forgotten_by_age(
    app: Flask, db: store.Connection, filling: Filling
) -> None:
    assert filling.rows == {}
    for n in range(3):
        audit.note(
            db, "cli", "user_add", f"2026-11-0{n + 1}T08:00:00Z", f"konto-{n}", {"role": "x"}
        )
    add(db, "admin", UserRole.ADMIN)
    admin = Browser(app).enter("admin")

    first = admin.get("/admin/audit.json?limit=2").get_json()
    rest = admin.get(first["next"]).get_json()
    assert [row["object"] for row in first["entries"] + rest["entries"]] == [
        "", "konto-2", "konto-1", "konto-0",
    ]  # fmt: skip
    assert "konto-2" in admin.get("/admin/audit").text
    assert "role" in admin.get("/admin/audit.csv").text

    assert audit.forget(db, "2026-11-03T00:00:00Z") == 2


def test_what_was_seen_to_is_forgotten_by_age_what_is_open_stays(db: store.Connection) -> None:
    for text in ("eins", "zwei"):
        feedback.leave(db, "/", text, "", "2025-01-01T00:00:00Z")
    feedback.done(db, feedback.entries(db)[0]["id"], "2025-02-01T00:00:00Z")

    assert feedback.forget(db, "2026-01-01T00:00:00Z") == 1
    assert [row["text"] for row in feedback.entries(db)] == ["eins"]


def test_the_table_of_reports_does_not_grow_without_bounds(db: store.Connection) -> None:
    db.executemany(
        "INSERT INTO feedback (at, page, text, contact) VALUES ('', '', ?, '')",
        [(str(n),) for n in range(feedback.MOST_OPEN)],
    )

    assert not feedback.leave(db, "/", "zu viel", "", "2026-11-24T08:00:00Z")
