"""The sign-in service of the house: OpenID Connect, by Authlib (the extra `oidc`).

The code flow with PKCE, state and nonce (OpenID Connect Core 1.0; RFC 7636, 9700). What the flow
has to remember between its two requests stands in a cookie of its own, signed, for an hour.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, request, session
from flask.sessions import SecureCookieSessionInterface
from werkzeug.wrappers import Response

from aggregator.config import Settings
from aggregator.config.settings import oidc_secret
from aggregator.errors import ConfigError

EXTENSION = "sign_in_service"
DISCOVERY = "/.well-known/openid-configuration"  # OpenID Connect Discovery 1.0, section 4
TIMEOUT_S = 10
# What may sign a token: never "none", never a secret that both sides know.
SIGNATURES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
              "EdDSA")  # fmt: skip


class FailedError(Exception):
    """The service, or the person at it, did not bring the sign-in to its end."""


class UnreachableError(Exception):
    """The service does not answer, or answers what no such service does."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whom the service vouches for."""

    subject: str  # issuer and subject, one blank between them
    name: str  # as an account here would be called


class _FlowCookie(SecureCookieSessionInterface):
    """Flask's own signed cookie, used for nothing but the flow."""

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure

    def get_cookie_path(self, app: Flask) -> str:
        return request.script_root or "/"


def init_app(app: Flask) -> None:
    """Get to know the service, if the settings name one; it is asked at the first sign-in.

    Raises:
        ConfigError: The settings are incomplete, or the extra is not installed.
    """
    settings: Settings = app.config["SETTINGS"]
    app.session_interface = _FlowCookie()
    app.config.update(SESSION_COOKIE_NAME="qv-flow", SESSION_COOKIE_SAMESITE="Lax")
    app.extensions[EXTENSION] = _client(app, settings) if settings.oidc_issuer else None


def _client(app: Flask, settings: Settings) -> Any:
    try:
        from authlib.integrations.flask_client import OAuth
    except ImportError as error:
        raise ConfigError(
            "für den Anmeldedienst fehlt Authlib", where="oidc_issuer",
            remedy="pip install 'querverweis[oidc]', oder oidc_issuer leeren",
        ) from error  # fmt: skip
    if not settings.oidc_client_id:
        raise ConfigError("der Anmeldedienst kennt uns nicht", where="oidc_client_id",
                          remedy="die Kennung eintragen, die der Dienst vergeben hat")  # fmt: skip
    told: dict[str, Any] = {"scope": "openid profile", "code_challenge_method": "S256",
                            "default_timeout": TIMEOUT_S}  # fmt: skip
    secret = oidc_secret(settings)
    if settings.ca_file:
        told["verify"] = settings.ca_file
    if not secret:
        told["token_endpoint_auth_method"] = "none"  # noqa: S105 # a method of RFC 7591, no secret
    oauth: Any = OAuth  # Authlib has no types
    return oauth(app).register(
        "house", client_id=settings.oidc_client_id, client_secret=secret or None,
        server_metadata_url=settings.oidc_issuer + DISCOVERY, client_kwargs=told,
    )  # fmt: skip


def role_of_new() -> str:
    """Return the role of an account that is made at the first sign-in; "": none is made."""
    return str(current_app.config["SETTINGS"].oidc_new_role)


def is_there() -> bool:
    """Return whether this installation has a sign-in service."""
    return current_app.extensions[EXTENSION] is not None


def begin(back: str, then: str) -> Response:
    """Lead to the service.

    Args:
        back: Our address to which it leads back.
        then: The page of ours to go on with.

    Raises:
        UnreachableError: It does not answer.
    """
    session.clear()  # one flow at a time for each browser
    session["then"] = then
    client = _known()
    answer: Response = client.authorize_redirect(back)
    return answer


def end() -> tuple[Person, str]:
    """Return whom the service vouches for, and the page to go on with.

    Raises:
        FailedError: It refused, or its answer is not one to our question.
        UnreachableError: It does not answer.
    """
    from authlib.common.errors import AuthlibBaseError
    from joserfc.errors import JoseError
    from requests import RequestException

    then = str(session.get("then", ""))
    client = _known()
    try:
        token = client.authorize_access_token()
        claims = dict(token.get("userinfo") or {})  # of the ID token, which has been verified
        if claims and not claims.get(_name_claim()):
            claims |= {**client.userinfo(token=token), "sub": claims["sub"], "iss": claims["iss"]}
    except RequestException as error:
        raise UnreachableError from error
    except (AuthlibBaseError, JoseError, ValueError) as error:
        raise FailedError(getattr(error, "error", "") or type(error).__name__) from error
    finally:
        session.clear()
    return _person(claims), then


def _known() -> Any:
    """Return the client, once the service has told what it can do.

    Raises:
        UnreachableError: It does not tell, or claims to be somebody else.
    """
    from requests import RequestException

    client = current_app.extensions[EXTENSION]
    try:
        told = client.load_server_metadata()
    except (RequestException, ValueError) as error:
        raise UnreachableError from error
    issuer = current_app.config["SETTINGS"].oidc_issuer
    if str(told.get("issuer", "")).rstrip("/") != issuer:  # Discovery 1.0, section 4.3
        raise UnreachableError
    offered = told.get("id_token_signing_alg_values_supported") or ["RS256"]
    told["id_token_signing_alg_values_supported"] = [a for a in offered if a in SIGNATURES]
    return client


def _name_claim() -> str:
    return str(current_app.config["SETTINGS"].oidc_name_claim)


def _person(claims: Mapping[str, Any]) -> Person:
    """Read who it is.

    Raises:
        FailedError: The service does not say.
    """
    told = claims.get(_name_claim())
    if not claims.get("sub") or not isinstance(told, str):
        raise FailedError(f"{_name_claim()}?")
    name = unicodedata.normalize("NFC", told).strip().lower()
    return Person(f"{claims['iss']} {claims['sub']}", name)
