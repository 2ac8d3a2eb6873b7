"""Integers as blobs, little-endian whatever the machine."""

import sys
from array import array
from collections.abc import Iterable


def pack(code: str, values: Iterable[int]) -> bytes:
    """Write integers as a blob; `code` as of the module `array`: H 16, I 32, q 64 bits."""
    found = array(code, values)
    if sys.byteorder == "big":
        found.byteswap()
    return found.tobytes()


def unpack(code: str, blob: bytes) -> "array[int]":
    """Read what `pack` wrote."""
    found: array[int] = array(code)
    found.frombytes(blob)
    if sys.byteorder == "big":
        found.byteswap()
    return found
