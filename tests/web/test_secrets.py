"""Nothing secret stands on any page, in any export, in any answer to an admin, or in a log."""

import io
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregator import config, logs
from aggregator.clock import SimulatedClock
from aggregator.config.settings import load_settings, smtp_password
from aggregator.model import UserRole
from aggregator.store import catalogue, saved
from tests.cli.conftest import Program, aggregator
from tests.web.filling import FORUM, NOW, Filling
from tests.web.people import PASSWORD, Browser, add, hash_of
from tests.web.test_access import build
from tests.web.test_admin import LIST
from web import create_app
from web.access import table

__all__ = ["aggregator"]  # fixture

MAIL_SECRET, COOKIE_SECRET = "planted-Mail-4711", "planted-Keks-0815-0815-0815-0815"


@pytest.fixture
def planted(tmp_path: Path, database: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with secrets where settings lead to them."""
    folder = database.parent
    folder.mkdir(parents=True, exist_ok=True)
    (tmp_path / "smtp").write_text(MAIL_SECRET, encoding="utf-8")
    (tmp_path / "key").write_text(COOKIE_SECRET * 2, encoding="utf-8")
    (tmp_path / "key").chmod(0o600)
    (folder / "settings.toml").write_text(
        f'smtp_host = "mail.amt.example"\nsmtp_user = "u"\nmail_from = "a@amt.example"\n'
        f'smtp_password_file = "{tmp_path / "smtp"}"\nsecret_file = "{tmp_path / "key"}"\n'
        'web_url = "https://index.amt.example"\n',
        encoding="utf-8",
    )
    (tmp_path / "sources.yaml").write_text(LIST, encoding="utf-8")
    monkeypatch.setenv("AGGREGATOR_SMTP_PASSWORD", MAIL_SECRET)
    return folder


def test_no_page_and_no_twin_of_one_shows_a_secret_even_to_an_admin(
    planted: Path, tmp_path: Path, clock: SimulatedClock, filling: Filling
) -> None:
    path = tmp_path / "sources.yaml"
    item = filling.item("Leitfaden", FORUM)
    catalogue.mirror(filling.db, config.load(path))
    for name in ("chefin", "leserin"):
        add(filling.db, name, UserRole.ADMIN if name == "chefin" else UserRole.READER)
    saved.add(filling.db, "leserin", "q=x", "x", "leserin@amt.example", 1, at=NOW)
    token = saved.of_account(filling.db, "leserin")[0].token
    app = create_app(planted, clock=clock, sources=path)
    browser = Browser(app)
    browser.sign_in("chefin")
    cookie = (browser.cookie() or "").partition(".")[0]
    secrets = (MAIL_SECRET, COOKIE_SECRET, hash_of(), PASSWORD, token, cookie)
    shown = {}
    for route in table(app):
        if "GET" not in route.methods:
            continue
        answer = browser.get(build(app, route, item))
        body = answer.get_data()
        answer.close()
        found = [secret for secret in secrets if secret and secret.encode() in body]
        if found:
            shown[route.path] = found

    assert shown == {}


@pytest.fixture
def own_handlers() -> Iterator[None]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)


@pytest.mark.usefixtures("own_handlers")
def test_the_password_of_the_mail_server_never_reaches_a_log(planted: Path) -> None:
    assert smtp_password(load_settings(planted)) == MAIL_SECRET
    stream = io.StringIO()
    logs.set_up("json", stream=stream)

    log = logging.getLogger("aggregator.mail")
    log.error("login %s failed for %r", MAIL_SECRET, {"p": MAIL_SECRET})
    logging.getLogger("smtplib").warning("AUTH PLAIN %s", MAIL_SECRET)

    assert MAIL_SECRET not in stream.getvalue()
    assert stream.getvalue().count("\n") == 2


@pytest.mark.parametrize(
    "words",
    [["export"], ["decisions", "export"], ["doctor"], ["doctor", "--json"], ["sources", "export"],
     ["sources", "list", "--json"], ["report", "--format", "json"], ["users", "list"]],
    ids=" ".join,
)  # fmt: skip
def test_no_export_holds_a_secret(
    aggregator: Program, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    from aggregator import store

    monkeypatch.setenv("AGGREGATOR_SMTP_PASSWORD", MAIL_SECRET)
    db = store.connect(aggregator.data / "querverweis.sqlite3")
    add(db, "chefin", UserRole.ADMIN)
    db.close()

    aggregator(*words)

    for secret in (MAIL_SECRET, hash_of(), PASSWORD):
        assert secret not in aggregator.out + aggregator.err
