"""How requests leave the house: client, proxy, certificates."""

import ssl
from dataclasses import dataclass
from functools import cache

import certifi

CONNECT_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How requests leave the house."""

    proxy: str | None = None  # http://host:port; None: directly
    ca_file: str | None = None  # further certificates to trust, PEM
    client: str = "auto"  # one of `wires.CLIENTS`


@cache  # reading the roots costs 75 ms
def trust(ca_file: str | None) -> ssl.SSLContext:
    """Return the system's and Mozilla's roots: administrations use authorities of either.

    Args:
        ca_file: Further certificates to trust, PEM.
    """
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    if ca_file:
        context.load_verify_locations(ca_file)
    context.set_alpn_protocols(["http/1.1"])
    return context
