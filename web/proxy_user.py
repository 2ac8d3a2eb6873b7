"""Who a reverse proxy of the house says is signed in, by a header (Apache's, Authelia's, ...).

Believed only from the addresses that the settings name: anybody else could send the header too. An
account is needed, as with the sign-in service; it brings the role.
"""

from ipaddress import ip_address, ip_network

from flask import current_app, request

from aggregator.config import Settings
from aggregator.store import accounts
from aggregator.store.accounts import Account
from web.database import database


def current() -> Account | None:
    """Return the account that the proxy names; None without one, or if it is locked."""
    settings: Settings = current_app.config["SETTINGS"]
    if not settings.user_header or not _is_proxy(settings.user_header_from):
        return None
    name = request.headers.get(settings.user_header, "").strip().lower()
    found = accounts.find(database(), name) if name else None
    return found if found and not found.locked and not found.has_password else None


def _is_proxy(networks: str) -> bool:
    """Return whether the connection itself comes from one of these, whatever its headers say."""
    before = request.environ.get("werkzeug.proxy_fix.orig", request.environ)
    try:
        peer = ip_address(before.get("REMOTE_ADDR") or "")
    except ValueError:  # a socket of the file system has no address
        return False
    return any(peer in ip_network(one.strip()) for one in networks.split(",") if one.strip())
