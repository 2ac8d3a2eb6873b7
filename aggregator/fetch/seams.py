"""The test seams of the contract that concern fetching, read from the environment.

Each is ignored with one warning unless `AGGREGATOR_ALLOW_PRIVATE=1`.
"""

from collections.abc import Mapping
from datetime import timedelta

from aggregator.clock import seam
from aggregator.errors import ConfigError

MIN_DELAY = timedelta(seconds=1)


def smallest_delay() -> timedelta:
    """Return the smallest spacing of requests to a host (`AGGREGATOR_MIN_DELAY_S`, default 1 s).

    Raises:
        ConfigError: Set, but not a number of seconds.
    """
    text = seam("AGGREGATOR_MIN_DELAY_S")
    if text is None:
        return MIN_DELAY
    try:
        return timedelta(seconds=max(float(text), 0.0))
    except (ValueError, OverflowError) as error:
        raise ConfigError(
            f"keine Zahl von Sekunden: {text!r}", where="AGGREGATOR_MIN_DELAY_S",
            remedy="eine Zahl wie 0 oder 1.5 angeben",
        ) from error  # fmt: skip


def resolve_map() -> Mapping[str, tuple[str, int]]:
    """Return `AGGREGATOR_RESOLVE` as name -> (address, port).

    Names are lower case, with or without a port ("forum.example", "forum.example:8443"). Whether
    an address may be connected to is for the guard to say.

    Raises:
        ConfigError: Set, but not of the form host=address:port,...
    """
    text = seam("AGGREGATOR_RESOLVE") or ""
    return dict(_entry(part.strip()) for part in text.split(",") if part.strip())


def _entry(part: str) -> tuple[str, tuple[str, int]]:
    name, _, endpoint = part.rpartition("=")
    address, _, port = endpoint.rpartition(":")
    if not name or not address or not port.isascii() or not port.isdigit():
        raise ConfigError(
            f"kein Eintrag der Form host=127.0.0.1:8101: {part!r}", where="AGGREGATOR_RESOLVE",
            remedy="Einträge mit Komma trennen, jeder mit Name, Adresse und Port",
        )  # fmt: skip
    return name.strip().lower().rstrip("."), (address.strip().strip("[]"), int(port))
