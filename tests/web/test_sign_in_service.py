"""Signing in with the service of the house: a certified provider, and a proxy's header."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from aggregator.clock import SimulatedClock
from aggregator.config import Settings
from aggregator.errors import ConfigError
from aggregator.model import UserRole
from aggregator.store import accounts, audit
from tests.web.filling import NOW, Filling
from tests.web.people import Browser, add
from web import create_app

FOLDER = Path(__file__).parent / "oidc"
BACK = "http://localhost/login/service/back"
SECRET = "a-secret-of-the-test"
NODE = shutil.which("node")


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """The address of a provider that runs for these tests."""
    if NODE is None or not (FOLDER / "node_modules" / "oidc-provider").is_dir():
        pytest.skip("missing: node, or the provider (tests/node_tools.sh)")
    with subprocess.Popen(
        [NODE, "provider.mjs", BACK], cwd=FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        assert process.stdout
        assert process.stdin
        yield process.stdout.readline().strip()
        process.stdin.close()
        assert process.wait(10) == 0


@pytest.fixture
def house(
    issuer: str, filling: Filling, database: Path, clock: SimulatedClock, tmp_path: Path
) -> Flask:
    """The application of a house with that provider; it lets new people in as readers."""
    return application(database, clock, tmp_path, oidc_issuer=issuer, oidc_new_role="reader")


@pytest.fixture
def visit() -> Iterator["Visit"]:
    """Make somebody with browsers of their own; they are closed in the end."""
    with ExitStack() as stack:
        yield lambda app: Person(app, stack.enter_context(httpx.Client()))


def application(database: Path, clock: SimulatedClock, folder: Path, **more: str) -> Flask:
    (folder / "secret").write_text(SECRET)
    told = {"oidc_client_id": "querverweis", "oidc_secret_file": str(folder / "secret")} | more
    return create_app(database.parent, clock=clock, settings=Settings(**told))  # type: ignore[arg-type] # texts only


class Person:
    """Somebody at a browser that visits us and the provider."""

    def __init__(self, app: Flask, theirs: httpx.Client) -> None:
        self.ours = Browser(app)
        self.theirs = theirs

    def begin(self, then: str = "") -> str:
        """Follow our link to the provider; return the address it shows."""
        answer = self.ours.get("/login/service", query_string={"next": then} if then else {})
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def agree(self, address: str, login: str) -> str:
        """Sign in at the provider and agree; return the address it leads back to."""
        for _ in range(12):
            answer = self.theirs.get(address)
            if answer.status_code == 200:
                action = re.search(r'action="([^"]+)"', answer.text)
                prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
                assert action, answer.text
                assert prompt, answer.text
                form = {"prompt": prompt[1], "login": login, "password": "any"}
                answer = self.theirs.post(httpx.URL(address).join(action[1]), data=form)
            address = str(httpx.URL(address).join(answer.headers["Location"]))
            if address.startswith(BACK):
                return address
        raise AssertionError(address)

    def come_back(self, address: str) -> TestResponse:
        return self.ours.get(address.removeprefix("http://localhost"))

    def sign_in(self, login: str, then: str = "") -> TestResponse:
        return self.come_back(self.agree(self.begin(then), login))


Visit = Callable[[Flask], Person]


def test_a_person_of_the_house_comes_in_and_keeps_the_account(
    visit: Visit, house: Flask, filling: Filling
) -> None:
    person = visit(house)
    answer = person.sign_in("id-Frau.Muster", then="/changes")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/changes")
    assert person.ours.get("/account.json").json["account"] == {  # type: ignore[index] # it is JSON
        "name": "frau.muster", "role": "reader", "locked": False, "must_change": False,
        "created_at": NOW, "seen_at": NOW, "since_at": None, "has_password": False,
    }  # fmt: skip
    assert person.ours.cookie("qv-flow") is None  # the flow leaves nothing behind
    with_role = accounts.get(filling.db, "frau.muster")
    accounts.set_role(filling.db, "frau.muster", UserRole.MODERATOR)
    again = visit(house)
    again.sign_in("id-Frau.Muster")
    assert again.ours.get("/account.json").json["account"]["role"] == "moderator"  # type: ignore[index] # it is JSON
    assert len(accounts.every(filling.db)) == 1
    assert not with_role.has_password


def test_the_way_there_carries_state_nonce_and_a_challenge(
    visit: Visit, house: Flask, issuer: str
) -> None:
    address = visit(house).begin()
    assert address.startswith(f"{issuer}/auth?")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert asked["redirect_uri"] == BACK
    assert asked["code_challenge_method"] == "S256"
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 20
    assert SECRET not in address


def test_an_answer_to_somebody_elses_question_is_refused(
    visit: Visit, house: Flask, filling: Filling
) -> None:
    one, other = visit(house), visit(house)
    address = one.agree(one.begin(), "id-mallory")
    other.begin()
    refused = other.come_back(address)  # a planted link that would sign in as somebody else
    assert refused.status_code == 400
    assert "noch einmal beginnen" in refused.text
    assert other.ours.cookie() is None
    assert one.come_back(address).status_code == 303
    assert one.come_back(address).status_code == 400  # and only once
    assert [account.name for account in accounts.every(filling.db)] == ["mallory"]


def test_who_does_not_agree_reads_so_and_may_begin_again(visit: Visit, house: Flask) -> None:
    person = visit(house)
    state = parse_qs(urlsplit(person.begin()).query)["state"][0]
    answer = person.come_back(f"{BACK}?error=access_denied&state={state}")
    assert answer.status_code == 400
    assert "access_denied" in answer.text
    assert "/login/service" in answer.text


def test_an_account_with_a_password_is_never_taken_over(
    visit: Visit, house: Flask, filling: Filling
) -> None:
    add(filling.db, "chefin", UserRole.ADMIN)
    refused = visit(house).sign_in("id-chefin")
    assert refused.status_code == 403
    assert "ein anderes Konto" in refused.text
    assert accounts.get(filling.db, "chefin").role is UserRole.ADMIN
    assert ("chefin", "sign_in_failed") in {
        (row["by"], row["action"]) for row in audit.entries(filling.db, limit=10)[0]
    }


def test_where_nobody_is_new_an_admin_makes_the_account_first(
    visit: Visit,
    issuer: str,
    filling: Filling,
    database: Path,
    clock: SimulatedClock,
    tmp_path: Path,
) -> None:
    app = application(database, clock, tmp_path, oidc_issuer=issuer)
    refused = visit(app).sign_in("id-neu")
    assert refused.status_code == 403
    assert "users add" in refused.text
    accounts.add(filling.db, "neu", UserRole.MODERATOR, None, NOW, must_change=False)
    person = visit(app)
    assert person.sign_in("id-neu").status_code == 303
    accounts.set_locked(filling.db, "neu", locked=True)
    assert person.ours.get("/account").status_code == 303  # asked to sign in: out at once
    assert visit(app).sign_in("id-neu").status_code == 403


def test_another_page_than_ours_is_never_gone_on_with(visit: Visit, house: Flask) -> None:
    answer = visit(house).sign_in("id-reader", then="https://evil.example/")
    assert answer.headers["Location"] == "/"


def test_without_the_service_accounts_of_the_index_still_hold(
    filling: Filling, database: Path, clock: SimulatedClock, tmp_path: Path
) -> None:
    add(filling.db, "reader")
    app = application(database, clock, tmp_path, oidc_issuer="http://127.0.0.1:9")
    browser = Browser(app)
    answer = browser.get("/login/service")
    assert answer.status_code == 503
    assert "antwortet nicht" in answer.text
    assert browser.sign_in("reader").status_code == 303


def test_a_house_without_a_service_shows_none(app: Flask, filling: Filling) -> None:
    browser = Browser(app)
    assert browser.get("/login/service").status_code == 404
    assert browser.get("/login/service/back?code=1&state=2").status_code == 404
    assert "/login/service" not in browser.get("/login").text


def test_a_service_that_does_not_know_us_is_told_at_the_start(
    database: Path, clock: SimulatedClock, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="kennt uns nicht"):
        application(database, clock, tmp_path, oidc_issuer="http://127.0.0.1:9", oidc_client_id="")


# --- a proxy's header --------------------------------------------------------------------------


def test_a_proxys_header_counts_only_from_the_proxy(
    filling: Filling, database: Path, clock: SimulatedClock
) -> None:
    accounts.add(filling.db, "frau.muster", UserRole.MODERATOR, None, NOW, must_change=False)
    add(filling.db, "chefin", UserRole.ADMIN)
    told = Settings(user_header="X-Remote-User", user_header_from="10.1.0.0/16", proxies=1)
    client = create_app(database.parent, clock=clock, settings=told, proxies=1).test_client()

    def asked(name: str, peer: str, forwarded: str = "192.0.2.7") -> int:
        headers = {"X-Remote-User": name, "X-Forwarded-For": forwarded}
        return client.get(
            "/account", headers=headers, environ_base={"REMOTE_ADDR": peer}
        ).status_code

    assert asked("Frau.Muster", "10.1.2.3") == 200
    assert asked("frau.muster", "192.0.2.7") == 303
    assert asked("frau.muster", "192.0.2.7", forwarded="10.1.2.3") == 303
    assert asked("nobody", "10.1.2.3") == 303
    assert asked("chefin", "10.1.2.3") == 303  # has a password: only by it
