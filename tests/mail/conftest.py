"""A real SMTP server on loopback, with a certificate of its own and one account."""

import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from aggregator.config import Settings

HOST = "127.0.0.1"
USER, PASSWORD = "querverweis", "planted-Kennwort-4711"


@dataclass
class Postbox:
    """What the server took, and whom it refuses."""

    letters: list[EmailMessage] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    logins: list[str] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address in self.refused:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 (aiosmtpd's name)
        self, server: Any, session: Any, envelope: Any
    ) -> str:
        told = message_from_bytes(envelope.content, policy=policy.default)
        self.letters.append(told)
        return "250 OK"


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


Start = Callable[..., Settings]


@pytest.fixture
def smtp(postbox: Postbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Return a function that starts the server and returns the settings to reach it."""
    started: list[Controller] = []
    authority = trustme.CA()
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(HOST).configure_cert(context)

    def authenticate(
        server: Any, session: Any, envelope: Any, mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        postbox.logins.append(data.login.decode())
        fits = (data.login.decode(), data.password.decode()) == (USER, PASSWORD)
        return AuthResult(success=fits, handled=False)

    def start(security: str = "starttls", *, user: str = USER, password: str = PASSWORD,
              **more: Any) -> Settings:  # fmt: skip
        known: dict[str, Any] = {"authenticator": authenticate, "auth_require_tls": False}
        if security == "tls":
            known["ssl_context"] = context
        if security == "starttls":
            known["tls_context"] = context
        with socket.create_server((HOST, 0)) as place:
            port = int(place.getsockname()[1])  # aiosmtpd wants to know it beforehand
        server = Controller(postbox, hostname=HOST, port=port, **known)
        server.start()
        started.append(server)
        monkeypatch.setenv("AGGREGATOR_SMTP_PASSWORD", password)
        told = {"mail_from": "index@amt.example", "ca_file": str(ca_file)} | more
        return Settings(smtp_host=HOST, smtp_port=port, smtp_security=security,
                        smtp_user=user, **told)  # fmt: skip

    yield start
    for server in started:
        server.stop()
