"""Answers only to names of ours: a page asked for under another one would link and lead there.

It also keeps a page of the web from reading an index on the reader's own machine by letting its own
name point there (DNS rebinding).
"""

import re
import socket
from collections.abc import Collection, Iterable
from ipaddress import ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9._-]{1,255})(?::\d{1,5})?")
REFUSED = (
    "Unter diesem Namen ist der Index nicht erreichbar.\n"
    "Betreiber: den Namen in die Einstellung web_hosts eintragen.\n"
)


class HostCheck:
    """Refuses requests for names that are not ours.

    Args:
        app: What answers the others.
        names: Our names, a leading dot for all below; empty: localhost, any IP address, and the
            name of this machine.
    """

    def __init__(self, app: "WSGIApplication", names: Collection[str]) -> None:
        self._app = app
        self._any_address = not names
        self._names = names or ("localhost", socket.gethostname().lower())

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer a request, or refuse it with 400."""
        if self._is_ours(environ.get("HTTP_HOST") or environ["SERVER_NAME"]):
            return self._app(environ, start_response)
        start_response("400 Bad Request", [("Content-Type", "text/plain; charset=utf-8"),
                                           ("X-Content-Type-Options", "nosniff")])  # fmt: skip
        return [REFUSED.encode()]

    def _is_ours(self, told: str) -> bool:
        match = _HOST.fullmatch(told)
        if match is None:
            return False
        host = match[1].lower().rstrip(".")
        if self._any_address and _is_address(host.strip("[]")):
            return True
        return any(
            host == name or (name[:1] == "." and host.endswith(name)) for name in self._names
        )


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def names_of(setting: str) -> tuple[str, ...]:
    """Read the setting `web_hosts`."""
    return tuple(name.strip().lower() for name in setting.split(",") if name.strip())
