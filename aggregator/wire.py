"""How a body goes to a process that reads it, and what it says comes back: pickles with a length.

The values are those of `model`. Frozen, slotted dataclasses are slow to pickle as Python does it
(35 us for an entry with its item, there and back); written field by field they take 16.
"""

import io
import os
import pickle
import select
import time
from collections.abc import Callable, Iterator
from copyreg import dispatch_table
from dataclasses import fields, is_dataclass, replace
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from aggregator import model, reading, usual
from aggregator.sealed import Parcel, Sealed
from aggregator.store.rows import packed, prepare

_LENGTH_BYTES = 8
_PIECE_BYTES = 2**20
_PROTOCOL = 5

_NAMES: dict[type, tuple[str, ...]] = {
    kind: tuple(part.name for part in fields(kind))
    for module in (model, reading)
    for kind in vars(module).values()
    if isinstance(kind, type) and is_dataclass(kind)
}
_SETTERS: dict[type, tuple[Callable[[Any, Any], None], ...]] = {
    kind: tuple(getattr(kind, name).__set__ for name in names) for kind, names in _NAMES.items()
}


def _built(kind: type, *values: Any) -> Any:
    """Return a value of a class from all its fields."""
    value: Any = object.__new__(kind)
    for put, part in zip(_SETTERS[kind], values, strict=True):
        put(value, part)
    return value


def _reducer(kind: type) -> Callable[[Any], tuple[Any, ...]]:
    names = _NAMES[kind]
    if len(names) < 2:  # then an attrgetter returns no tuple

        def reduce(value: Any) -> tuple[Any, ...]:
            return _built, (kind, *(getattr(value, name) for name in names))

        return reduce
    taken = attrgetter(*names)

    def reduce_many(value: Any) -> tuple[Any, ...]:
        return _built, (kind, *taken(value))

    return reduce_many


_TABLE: dict[type, Callable[[Any], Any]] = {
    **dispatch_table,
    **{kind: _reducer(kind) for kind in _NAMES},
    MappingProxyType: lambda value: (dict, (dict(value),)),
}


def sealed(found: reading.Understood, platform: model.Platform) -> reading.Understood:
    """Return what a body says as it goes back: its items as rows, all else of them unopened."""
    entries, several = found.parsed.entries, found.normalised.items
    parcel = Parcel(dumps((entries, several)))
    prepared = (packed(prepare(item, platform) for item in several),)
    return replace(
        found,
        parsed=replace(
            found.parsed, entries=Sealed(parcel, 0, len(entries), usual.shares(entries))
        ),
        normalised=replace(found.normalised, items=Sealed(parcel, 1, len(several), prepared)),
    )


def dumps(value: object) -> bytes:
    """Return a value as bytes."""
    target = io.BytesIO()
    pickler = pickle.Pickler(target, _PROTOCOL)
    pickler.dispatch_table = _TABLE
    pickler.dump(value)
    return target.getvalue()


def send(fd: int, value: object) -> None:
    """Write a value to a pipe.

    Raises:
        BrokenPipeError: Nobody reads there any more.
    """
    told = dumps(value)
    left = memoryview(len(told).to_bytes(_LENGTH_BYTES, "big") + told)
    while left:
        left = left[os.write(fd, left) :]


def receive(fd: int, seconds: float | None = None) -> Any:
    """Read a value from a pipe to one of our own processes.

    Args:
        fd: Where.
        seconds: How long to wait for all of it; None: for ever.

    Raises:
        EOFError: The other side is gone.
        TimeoutError: The time is up.
    """
    pieces = _pieces(fd, None if seconds is None else time.monotonic() + seconds)
    found = bytearray()
    wanted = _LENGTH_BYTES
    size: int | None = None
    for piece in pieces:
        found += piece
        if size is None and len(found) >= _LENGTH_BYTES:
            size = int.from_bytes(found[:_LENGTH_BYTES], "big")
            wanted += size
        if size is not None and len(found) >= wanted:
            return pickle.loads(memoryview(found)[_LENGTH_BYTES:])  # noqa: S301 (our own process)
    raise EOFError


def _pieces(fd: int, until: float | None) -> Iterator[bytes]:
    """Yield what arrives, until the other side closes."""
    ready = select.poll()
    ready.register(fd, select.POLLIN)
    while True:
        if until is not None and not ready.poll(max(0.0, until - time.monotonic()) * 1000):
            raise TimeoutError
        piece = os.read(fd, _PIECE_BYTES)
        if not piece:
            return
        yield piece
