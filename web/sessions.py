"""Signing in and out: the cookie, the rows behind it, and the patience with wrong passwords.

The cookie holds a random token, signed; the database holds its hash. Every sign-in makes a new
token, so one that was planted before is worth nothing.
"""

import secrets
from datetime import timedelta

from flask import current_app, g, request
from itsdangerous import BadSignature, Signer
from werkzeug.wrappers import Response

from aggregator import passwords
from aggregator.clock import stamp
from aggregator.store import accounts, audit
from aggregator.store.accounts import Account
from web.database import database, now, writing

COOKIE = "qv-session"
ORIGIN_UNKNOWN = "unknown"


class TooManyError(Exception):
    """Attempts are refused for a while."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(wait)
        self.seconds = max(1, round(wait.total_seconds()))


def _signer() -> Signer:
    return Signer(current_app.config["SECRET_KEY"], salt="session")


def presented() -> str | None:
    """Return the token of the cookie if we signed it; it may have ended since."""
    if "session_token" not in g:
        g.session_token = None
        if cookie := request.cookies.get(COOKIE):
            try:
                g.session_token = _signer().unsign(cookie).decode()
            except (BadSignature, UnicodeDecodeError):
                g.session_token = None
    token: str | None = g.session_token
    return token


def current() -> Account | None:
    """Return who is signed in; reads only, and only where a cookie says so."""
    token = presented()
    return accounts.signed_in(database(), token, now()) if token else None


def sign_in(name: str, password: str) -> str | None:
    """Check a password and begin a session; return its token, None if name and password do not fit.

    The attempt is counted before the password is looked at, so guessing at the same time does not
    help; success forgives the account, not the address.

    Raises:
        TooManyError: Name or address have to wait.
    """
    name = name.strip().lower()
    stored = _count(name)
    if not passwords.fits(password, stored):
        with writing() as db:
            audit.note(db, name[:64], "sign_in_failed", stamp(now()))
        return None
    with writing() as db:
        accounts.forgive(db, [accounts.about_account(name)])
        if stored and passwords.is_outdated(stored):
            accounts.rehash(db, name, passwords.hash_of(password))
    return begin(name)


def _count(name: str) -> str | None:
    """Count an attempt and return the hash that the password has to fit.

    Raises:
        TooManyError: Name or address have to wait.
    """
    account = accounts.about_account(name)
    origin = accounts.about_origin(request.remote_addr or ORIGIN_UNKNOWN)
    with writing() as db:
        until = accounts.refused_until(db, (account, origin), now())
        if until is None:
            accounts.count_attempt(db, account, now(), accounts.FREE_FAILURES)
            accounts.count_attempt(db, origin, now(), accounts.FREE_FAILURES_OF_ORIGIN)
            return accounts.password_of(db, name)
    raise TooManyError(until - now())


def begin(name: str, how: str = "password") -> str:
    """Begin a session of an account, which is known to be who it says; return its token.

    Args:
        name: The account.
        how: By what it was recognised, for the audit log.
    """
    token, old = secrets.token_urlsafe(32), presented()
    lasts: timedelta = current_app.config["SETTINGS"].session_time
    with writing() as db:
        if old:
            accounts.end_session(db, old, stamp(now()))
        accounts.begin_session(db, token, name, now(), lasts)
        audit.note(db, name, "sign_in", stamp(now()), detail={"by": how})
    return token


def sign_out() -> None:
    """End this session."""
    token, account = presented(), current()
    if token and account:
        with writing() as db:
            accounts.end_session(db, token, stamp(now()))
            audit.note(db, account.name, "sign_out", stamp(now()))


def keep(response: Response, token: str | None) -> Response:
    """Give the browser a session's cookie, or take it away."""
    path = request.script_root or "/"
    if token is None:
        response.delete_cookie(COOKIE, path=path, httponly=True, samesite="Lax")
        return response
    lasts: timedelta = current_app.config["SETTINGS"].session_time
    response.set_cookie(
        COOKIE, _signer().sign(token).decode(), max_age=int(lasts.total_seconds()), httponly=True,
        samesite="Lax", secure=request.is_secure, path=path,
    )  # fmt: skip
    return response


def this_page() -> str:
    """Return the address of this page within the site, to come back to."""
    query = request.query_string.decode("ascii", "replace")
    return request.script_root + request.path + (f"?{query}" if query else "")
