"""Who may do what: roles, sessions, forms, patience with guessing, names of hosts."""

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from aggregator import store
from aggregator.clock import SimulatedClock
from aggregator.config import Settings
from aggregator.model import UserRole
from aggregator.store import accounts, audit
from tests.web.filling import FORUM, Filling
from tests.web.people import PASSWORD, Browser, add
from web import create_app
from web.access import Need, Route, table

VALUES = {
    "platform": "forum", "source": "forum-feed", "topic": "bildung", "origin": "forum",
    "target": "ministerium", "kind": "law", "key": "OZG § 1a", "n": "1", "filename": "qv.css",
}  # fmt: skip
DOCS = Path(__file__).parents[2] / "docs" / "access.md"


@pytest.fixture
def browser(app: Flask, filling: Filling) -> Browser:
    """A browser in front of an index with three accounts."""
    for role in UserRole:
        add(filling.db, str(role), role)
    return Browser(app)


@pytest.fixture
def closed(database: Path, clock: SimulatedClock, filling: Filling) -> Flask:
    """An index that only people with an account may read."""
    for role in UserRole:
        add(filling.db, str(role), role)
    return create_app(database.parent, clock=clock, settings=Settings(reading="login"))


def build(app: Flask, route: Route, item: str) -> str:
    adapter = app.url_map.bind("localhost")
    names = {name for rule in app.url_map.iter_rules(route.endpoint) for name in rule.arguments}
    values = {name: VALUES.get(name, "1") for name in names - {"form"}} | (
        {"item_id": item} if "item_id" in names else {}
    )
    return adapter.build(route.endpoint, values)


# --- the table -------------------------------------------------------------------------------


def signed_in(app: Flask, name: str | None) -> Browser:
    return Browser(app).enter(name) if name else Browser(app)


HELD = {None: Need.READING, "reader": Need.ACCOUNT, "moderator": Need.MODERATOR,
        "admin": Need.ADMIN}  # fmt: skip


@pytest.mark.parametrize("name", HELD)
@pytest.mark.parametrize("reading", ["open", "login"])
def test_every_route_lets_in_who_may_and_nobody_else(
    database: Path, clock: SimulatedClock, filling: Filling, name: str | None, reading: str
) -> None:
    item = filling.item("Leitfaden", FORUM)
    for role in UserRole:
        add(filling.db, str(role), role)
    app = create_app(database.parent, clock=clock, settings=Settings(reading=reading))
    held = Need.NOTHING if name is None and reading == "login" else HELD[name]
    token = signed_in(app, name).client
    for route in table(app):
        for method in route.methods:
            if route.endpoint == "account.sign_out" and method == "POST":
                continue  # it ends the very session that this test is about
            if route.endpoint == "saved.unsubscribe":
                continue  # its address vouches for it: tests/web/test_saved.py
            answer = token.open(build(app, route, item), method=method)
            answer.close()
            turned_away = answer.status_code in (401, 403) or "/login" in (answer.location or "")
            if route.need > held:
                assert turned_away, route
            elif method == "GET":
                assert not turned_away, route
            else:  # without the token of a form nobody changes anything
                assert answer.status_code == 403, route


def test_a_method_that_a_route_does_not_declare_is_refused(
    app: Flask, filling: Filling, client: FlaskClient
) -> None:
    item = filling.item("Leitfaden", FORUM)
    every = {"GET", "POST", "PUT", "PATCH", "DELETE"}
    adapter = app.url_map.bind("localhost")
    for url in {build(app, route, item) for route in table(app)}:
        for method in every - set(adapter.allowed_methods(url)):  # routes may share an address
            assert client.open(url, method=method).status_code == 405, (method, url)


def test_the_document_lists_every_route_with_its_need(app: Flask) -> None:
    told = DOCS.read_text("utf-8")
    for route in table(app):
        if route.endpoint.endswith(("_json", "_csv", "_atom", "_jsonfeed")):
            continue  # the other forms of a page need what the page needs
        line = f"| `{route.path}` | {' '.join(route.methods)} | {route.need.name.lower()} |"
        assert line in told, line


def test_an_application_with_a_view_that_says_nothing_does_not_start(
    app: Flask, database: Path, clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from web.pages import about

    monkeypatch.delattr(about.health, "need")

    with pytest.raises(LookupError, match="health"):
        create_app(database.parent, clock=clock)


# --- signing in and out ----------------------------------------------------------------------


def test_signing_in_makes_a_new_session_each_time(browser: Browser) -> None:
    browser.client.set_cookie("qv-session", "planted")

    browser.sign_in("reader")
    first = browser.cookie()
    browser.sign_in("reader")
    second = browser.cookie()

    assert len({"planted", first, second}) == 3
    browser.client.set_cookie("qv-session", first or "")
    assert browser.get("/account.json").status_code == 401


def test_the_cookie_is_kept_from_scripts_and_other_sites(app: Flask, browser: Browser) -> None:
    told = browser.sign_in("reader").headers.getlist("Set-Cookie")
    cookie = next(line for line in told if line.startswith("qv-session="))
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie

    token = browser.token()
    answer = browser.client.post(
        "/login", base_url="https://localhost",
        data={"csrf": token, "name": "reader", "password": PASSWORD},
    )  # fmt: skip
    assert any("Secure" in line for line in answer.headers.getlist("Set-Cookie"))


def test_signing_out_ends_the_session_on_the_server(browser: Browser) -> None:
    browser.enter("reader")
    stolen = browser.cookie()

    browser.send("/logout", "/account")
    browser.client.set_cookie("qv-session", stolen or "")

    assert browser.get("/account.json").status_code == 401


def test_a_session_ends_by_itself(browser: Browser, clock: SimulatedClock) -> None:
    browser.enter("reader")
    clock.advance(timedelta(seconds=12 * 3600 - 1))
    assert browser.get("/account.json").status_code == 200

    clock.advance(timedelta(seconds=2))

    assert browser.get("/account.json").status_code == 401


@pytest.mark.parametrize(
    "change",
    [
        lambda db: accounts.set_locked(db, "reader", locked=True),
        lambda db: accounts.remove(db, "reader"),
        lambda db: accounts.set_password(db, "reader", "x", must_change=False),
    ],
    ids=["locked", "removed", "password"],
)
def test_a_change_of_an_account_ends_its_sessions_at_once(
    browser: Browser, db: store.Connection, change: "object"
) -> None:
    browser.enter("reader")

    change(db)  # type: ignore[operator] # a lambda

    assert browser.get("/account.json").status_code == 401


def test_another_role_holds_from_the_next_request(browser: Browser, db: store.Connection) -> None:
    browser.enter("moderator")
    assert browser.get("/account.json").get_json()["account"]["role"] == "moderator"

    accounts.set_role(db, "moderator", UserRole.READER)

    assert browser.get("/account.json").get_json()["account"]["role"] == "reader"


def test_what_was_asked_for_is_shown_after_signing_in(browser: Browser) -> None:
    asked = browser.get("/account")
    assert asked.location == "/login?next=/account"

    assert browser.sign_in("reader", next="/account").location == "/account"


@pytest.mark.parametrize(
    "elsewhere",
    ["https://boese.example/", "//boese.example/", "/\\boese.example", "javascript:alert(1)", "",
     "/\t/boese.example", "konto"],
)  # fmt: skip
def test_nobody_is_led_to_another_site_after_signing_in(browser: Browser, elsewhere: str) -> None:
    assert browser.sign_in("reader", next=elsewhere).location == "/"


def test_a_wrong_password_and_a_wrong_name_are_answered_alike(browser: Browser) -> None:
    wrong = browser.sign_in("reader", "falsch geraten ist das")
    nobody = browser.sign_in("niemand", "falsch geraten ist das")

    assert (wrong.status_code, nobody.status_code) == (401, 401)
    assert wrong.text.replace("reader", "niemand") == nobody.text


def test_guessing_has_to_wait_longer_and_longer(browser: Browser, clock: SimulatedClock) -> None:
    for _ in range(accounts.FREE_FAILURES):
        assert browser.sign_in("reader", "falsch").status_code == 401
    first = browser.sign_in("reader")
    assert (first.status_code, first.headers["Retry-After"]) == (429, "30")

    clock.advance(timedelta(seconds=31))
    assert browser.sign_in("reader", "falsch").status_code == 401
    assert browser.sign_in("reader").headers["Retry-After"] == "60"

    clock.advance(timedelta(seconds=61))
    assert browser.sign_in("reader").status_code == 303
    browser.send("/logout", "/account")
    assert browser.sign_in("reader", "falsch").status_code == 401  # forgiven


def test_names_that_do_not_exist_have_to_wait_as_well(browser: Browser) -> None:
    for _ in range(accounts.FREE_FAILURES):
        browser.sign_in("niemand", "falsch")

    assert browser.sign_in("niemand", "falsch").status_code == 429


def test_many_names_from_one_address_have_to_wait(
    browser: Browser, db: store.Connection, clock: SimulatedClock
) -> None:
    origin = accounts.about_origin("127.0.0.1")
    for _ in range(accounts.FREE_FAILURES_OF_ORIGIN):
        accounts.count_attempt(db, origin, clock.now(), accounts.FREE_FAILURES_OF_ORIGIN)

    assert browser.sign_in("reader").status_code == 429


def test_an_account_is_never_kept_out_for_long(
    browser: Browser, db: store.Connection, clock: SimulatedClock
) -> None:
    for _ in range(400):
        about = accounts.about_account("reader")
        accounts.count_attempt(db, about, clock.now(), accounts.FREE_FAILURES)

    clock.advance(accounts.LONGEST_WAIT + timedelta(seconds=1))
    assert browser.sign_in("reader").status_code == 303


def test_who_got_a_password_from_somebody_else_chooses_one_first(
    browser: Browser, db: store.Connection
) -> None:
    add(db, "neu", must_change=True)
    browser.sign_in("neu")
    assert browser.get("/").location == "/account/password"
    assert browser.get("/items.json").status_code == 403

    simple = browser.send("/account/password", password=PASSWORD, new="neu123456789")
    wrong = browser.send("/account/password", password="x", new="lauter neue Wörter da")
    before = browser.cookie()
    done = browser.send("/account/password", password=PASSWORD, new="lauter neue Wörter da")

    assert (simple.status_code, wrong.status_code, done.status_code) == (400, 400, 303)
    assert browser.cookie() != before
    assert browser.get("/").status_code == 200
    assert Browser(browser.app).sign_in("neu").status_code == 401
    assert Browser(browser.app).sign_in("neu", "lauter neue Wörter da").status_code == 303


# --- forms -----------------------------------------------------------------------------------


def test_a_form_without_its_token_changes_nothing(browser: Browser) -> None:
    browser.enter("reader")
    for fields in ({}, {"csrf": "0" * 40}, {"csrf": Browser(browser.app).token()}):
        assert browser.client.post("/logout", data=fields).status_code == 403
    assert browser.get("/account.json").status_code == 200


def test_a_form_of_another_site_changes_nothing(browser: Browser) -> None:
    browser.enter("reader")
    fields = {"csrf": browser.token("/account")}
    for headers in ({"Origin": "https://boese.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert browser.client.post("/logout", data=fields, headers=headers).status_code == 403

    own = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert browser.client.post("/logout", data=fields, headers=own).status_code == 303


def test_reading_sets_no_cookie(browser: Browser) -> None:
    for url in ("/", "/search?q=x", "/items", "/topics"):
        assert "Set-Cookie" not in browser.get(url).headers


# --- what others may keep --------------------------------------------------------------------


def test_what_somebody_signed_in_sees_is_kept_by_no_shared_cache(browser: Browser) -> None:
    assert browser.get("/items.json").headers["Access-Control-Allow-Origin"] == "*"

    browser.enter("reader")
    answer = browser.get("/items.json")

    assert "private" in answer.headers["Cache-Control"]
    assert "Cookie" in answer.headers["Vary"]
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_closed_index_shows_nothing_but_what_everybody_must_find(closed: Flask) -> None:
    browser = Browser(closed)

    assert browser.get("/search?q=a").location == "/login?next=/search?q%3Da"
    assert browser.get("/search.json?q=a").status_code == 401
    assert browser.get("/search.json?q=a").get_json()["error"]["code"] == "login"
    assert browser.get("/items.atom").headers["WWW-Authenticate"]
    for url in ("/impressum", "/datenschutz", "/barrierefreiheit", "/health.json"):
        assert browser.get(url).status_code == 200, url
    browser.enter("reader")
    assert browser.get("/items.json").status_code == 200


# --- new since -------------------------------------------------------------------------------


def test_what_is_new_counts_from_the_end_of_the_visit_before(
    browser: Browser, clock: SimulatedClock
) -> None:
    def since() -> str | None:
        told: str | None = browser.get("/account.json").get_json()["account"]["since_at"]
        return told

    browser.sign_in("reader")
    assert since() is None
    clock.advance(timedelta(seconds=3600))
    browser.send("/logout", "/account")
    clock.advance(timedelta(seconds=3600))
    browser.sign_in("reader")
    assert since() == "2026-11-24T09:00:00Z"

    browser.send("/account/seen", "/account")
    assert since() == "2026-11-24T10:00:00Z"


# --- the audit log ---------------------------------------------------------------------------


def test_the_log_tells_who_signed_in_and_never_a_password(
    browser: Browser, db: store.Connection
) -> None:
    browser.sign_in("reader", "geheimnisvoll geraten")
    browser.sign_in("reader")

    told, _ = audit.entries(db, limit=10)

    assert [(row["by"], row["action"]) for row in told] == [
        ("reader", "sign_in"), ("reader", "sign_in_failed"),
    ]  # fmt: skip
    assert "geheimnisvoll" not in str([tuple(row) for row in db.execute("SELECT * FROM audit")])


def test_the_log_is_read_in_pages(db: store.Connection) -> None:
    for n in range(5):
        audit.note(db, "cli", "user_add", f"2026-11-24T0{n}:00:00Z", f"nr-{n}")

    first, after = audit.entries(db, limit=3)
    second, end = audit.entries(db, limit=3, before=after)

    assert [row["object"] for row in first + second] == ["nr-4", "nr-3", "nr-2", "nr-1", "nr-0"]
    assert end is None


def test_neither_tokens_nor_addresses_are_stored(browser: Browser, db: store.Connection) -> None:
    browser.sign_in("reader", "falsch")
    browser.sign_in("reader")
    token = (browser.cookie() or "").rpartition(".")[0]

    held = str([tuple(row) for name in ("session", "attempt", "audit", "account")
                for row in db.execute(f"SELECT * FROM {name}")])  # fmt: skip

    assert token
    assert token not in held
    assert "127.0.0.1" not in held


# --- hosts, proxies, the secret --------------------------------------------------------------


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8080", "[::1]:8080", "10.1.2.3"])
def test_names_of_this_machine_are_answered(client: FlaskClient, host: str) -> None:
    assert client.get("/impressum", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["boese.example", "localhost.boese.example", "a b", "x:y", "@"])
def test_other_names_are_refused(client: FlaskClient, host: str) -> None:
    answer = client.get("/impressum", headers={"Host": host})

    assert answer.status_code == 400
    assert "web_hosts" in answer.text
    assert host not in answer.text


def test_only_the_names_that_are_set_are_answered(database: Path, filling: Filling) -> None:
    assert filling.rows == {}
    settings = Settings(web_hosts="index.amt.example, .kreis.example")
    client = create_app(database.parent, settings=settings).test_client()
    told = {
        host: client.get("/impressum", headers={"Host": host}).status_code
        for host in ("index.amt.example", "a.kreis.example", "kreis.example", "localhost")
    }

    assert told == {"index.amt.example": 200, "a.kreis.example": 200, "kreis.example": 400,
                    "localhost": 400}  # fmt: skip


def test_headers_of_a_proxy_count_only_behind_one(database: Path, filling: Filling) -> None:
    assert filling.rows == {}
    settings = Settings(web_hosts="index.amt.example,localhost")
    forwarded = {"X-Forwarded-Host": "index.amt.example", "X-Forwarded-Proto": "https",
                 "X-Forwarded-Prefix": "/qv"}  # fmt: skip
    told = []
    for proxies in (0, 1):
        app = create_app(database.parent, proxies=proxies, settings=settings)
        told.append(app.test_client().get("/items.atom", headers=forwarded).text)

    assert 'href="http://localhost/items.atom"' in told[0]
    assert 'href="https://index.amt.example/qv/items.atom"' in told[1]


def test_the_secret_is_made_once_and_is_nobody_elses(
    database: Path, filling: Filling, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert filling.rows == {}
    first, second = (create_app(database.parent).config["SECRET_KEY"] for _ in range(2))
    path = database.parent / "secret.key"

    assert first == second == path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv("AGGREGATOR_SECRET", "aus der Umgebung, lang genug")
    assert create_app(database.parent).config["SECRET_KEY"] != first


def test_a_wait_is_told_in_seconds_of_the_clock(
    db: store.Connection, clock: SimulatedClock
) -> None:
    about = accounts.about_account("reader")
    for _ in range(accounts.FREE_FAILURES + 2):
        accounts.count_attempt(db, about, clock.now(), accounts.FREE_FAILURES)

    until = accounts.refused_until(db, [about], clock.now())

    assert until == clock.now() + timedelta(seconds=120)
