"""Which client sends the requests: the lean one wherever it can, httpx otherwise.

Both keep every rule; the whole test suite of fetching runs over each.
"""

from functools import cache
from importlib.util import find_spec

from aggregator.fetch.exchange import Wire
from aggregator.fetch.guard import Guard
from aggregator.fetch.way import Way

CLIENTS = ("auto", "lean", "httpx")


def open_wire(guard: Guard, agent: str, way: Way) -> Wire:
    """Return the client that `way` asks for.

    Args:
        guard: Resolves names and checks addresses.
        agent: The User-Agent header.
        way: How requests leave the house; its client is one of `CLIENTS`.
    """
    if way.client == "lean" or (way.client == "auto" and _has_lean()):
        from aggregator.fetch.lean import LeanWire

        return LeanWire(guard, agent, way)
    from aggregator.fetch.over_httpx import HttpxWire  # 0.2 s to import

    return HttpxWire(guard, agent, way)


@cache
def _has_lean() -> bool:
    """Whether llhttp is installed: it is compiled, and not for every machine."""
    return find_spec("httptools") is not None
