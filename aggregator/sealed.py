"""Values that another process has read, still as bytes: unpacked when somebody looks into them.

Most of what a reading process says of a body is stored as rows that it prepared, and never looked
at in this one.
"""

import pickle
from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class Parcel:
    """Several lists that share their values, packed together."""

    __slots__ = ("_packed", "_unpacked")

    def __init__(self, packed: bytes) -> None:
        """Take the pickle of a tuple of lists, made by our own reading process."""
        self._packed = packed
        self._unpacked: tuple[Sequence[Any], ...] | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return Parcel, (self._packed,)

    def part(self, place: int) -> Sequence[Any]:
        """Return one of the lists."""
        if self._unpacked is None:
            self._unpacked = pickle.loads(self._packed)  # noqa: S301 (our own process)
            self._packed = b""
        return self._unpacked[place]


class Sealed(Sequence[T], Generic[T]):
    """One of the lists of a parcel.

    Args:
        parcel: Where it is.
        place: Which one it is.
        size: How long it is.
        noted: What whoever packed it knows of it; () for nothing.
    """

    __slots__ = ("_parcel", "_place", "_size", "noted")

    def __init__(self, parcel: Parcel, place: int, size: int, noted: tuple[Any, ...] = ()) -> None:
        self._parcel = parcel
        self._place = place
        self._size = size
        self.noted = noted

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._parcel, self._place, self._size, self.noted)

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, place: int) -> T: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[T]: ...

    def __getitem__(self, place: int | slice) -> T | Sequence[T]:
        """Return one of its values, or some of them."""
        return self._parcel.part(self._place)[place]

    def __iter__(self) -> Iterator[T]:
        return iter(self._parcel.part(self._place))
