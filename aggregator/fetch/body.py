"""Reading a body within bounds: bytes on the wire and bytes after each content coding.

Every decoder yields small pieces (`PIECE`; zstd: 4 MiB), so a bomb costs little more memory than
the limit that it runs into, whatever its ratio and however often it is wrapped.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator

import brotli  # type: ignore[import-untyped]  # has no stubs
import zstandard

from aggregator.errors import FetchError
from aggregator.model import Code

PIECE = 64 * 1024
MAX_CODINGS = 3  # honest answers have one
ZSTD_WINDOW = 8 * 2**20  # RFC 9659: what a client must support, and no more
ZSTD_SLICE = 128

Chunks = Iterable[bytes]


class Counter:
    """Passes chunks on and counts them.

    Args:
        chunks: Where they come from.
        limit: Bytes; one more ends the reading. None: whoever reads stops by himself.
    """

    def __init__(self, chunks: Chunks, limit: int | None) -> None:
        self._chunks = chunks
        self._limit = limit
        self.bytes = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self.bytes += len(chunk)
            if self._limit is not None and self.bytes > self._limit:
                raise too_large(self._limit)
            yield chunk


def read(chunks: Chunks, codings: str, limit: int, *, cut: bool = False) -> bytes:
    """Return a body with its content codings undone (RFC 9110 8.4).

    Args:
        chunks: As transferred.
        codings: The Content-Encoding header, "" for none.
        limit: Bytes, for the result and for each stage before it.
        cut: Return the first `limit` bytes of a longer body instead of refusing it.

    Raises:
        FetchError: `too_large`, `decode_failed`, `truncated`, or `unsupported` for a coding that
            we did not offer.
    """
    names = [name.strip().lower() for name in codings.split(",")]
    names = [name for name in names if name not in ("", "identity")]
    if len(names) > MAX_CODINGS:
        raise _fault(Code.UNSUPPORTED, f"{len(names)} Kodierungen übereinander")
    stages: Chunks = chunks
    for name in reversed(names):
        if (decoder := _DECODERS.get(name)) is None:
            raise _fault(Code.UNSUPPORTED, f"unbekannte Kodierung {name!r}")
        stages = decoder(Counter(stages, limit))
    body = bytearray()
    try:
        for piece in stages:
            body += piece
            if len(body) > limit:
                if cut:
                    break
                raise too_large(limit)
    except (zlib.error, brotli.error, zstandard.ZstdError) as error:
        raise _fault(Code.DECODE_FAILED, f"die Kodierung {codings!r} ist beschädigt") from error
    return bytes(body[:limit])


def _gzip(chunks: Chunks) -> Iterator[bytes]:
    """Undo gzip, of one or several members; what follows the last one is ignored."""
    stream = zlib.decompressobj(zlib.MAX_WBITS | 16)
    begun = False
    for received in chunks:
        chunk = received
        while chunk:
            if stream.eof:
                if not chunk.startswith(b"\x1f"):
                    return
                stream = zlib.decompressobj(zlib.MAX_WBITS | 16)
            begun = True
            if piece := stream.decompress(chunk, PIECE):
                yield piece
            chunk = stream.unused_data if stream.eof else stream.unconsumed_tail
    yield from _rest(stream)
    _whole(ended=stream.eof, begun=begun)


def _deflate(chunks: Chunks) -> Iterator[bytes]:
    """Undo deflate: zlib's wrapper as the RFC says, or none, as some servers do."""
    stream = None
    for received in chunks:
        chunk = received
        if stream is None and chunk:
            wrapped = chunk[0] & 0x0F == 8 and (
                len(chunk) < 2 or int.from_bytes(chunk[:2]) % 31 == 0
            )
            stream = zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
        while chunk and stream is not None and not stream.eof:
            if piece := stream.decompress(chunk, PIECE):
                yield piece
            chunk = stream.unconsumed_tail
    if stream is not None:
        yield from _rest(stream)
        _whole(ended=stream.eof, begun=True)


def _rest(stream: "zlib._Decompress") -> Iterator[bytes]:
    """Yield what zlib still holds back after the last input."""
    while not stream.eof and (piece := stream.decompress(stream.unconsumed_tail, PIECE)):
        yield piece


def _brotli(chunks: Chunks) -> Iterator[bytes]:
    stream = brotli.Decompressor()
    begun = False
    for chunk in chunks:
        begun = begun or bool(chunk)
        piece = stream.process(chunk, output_buffer_limit=PIECE)
        while piece:
            yield piece
            piece = b"" if stream.is_finished() else stream.process(b"", output_buffer_limit=PIECE)
    _whole(ended=stream.is_finished(), begun=begun)


def _zstd(chunks: Chunks) -> Iterator[bytes]:
    """Undo zstd, of one or several frames.

    The library bounds no output, so it is fed `ZSTD_SLICE` bytes at a time: a block of four bytes
    gives at most 128 KiB (RFC 8878 3.1.1.2.4), a slice therefore at most 4 MiB.
    """
    decompressor = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW)
    stream = decompressor.decompressobj()
    begun = False
    for received in chunks:
        for at in range(0, len(received), ZSTD_SLICE):
            chunk = received[at : at + ZSTD_SLICE]
            while chunk:
                if stream.eof:
                    stream = decompressor.decompressobj()
                begun = True
                if piece := stream.decompress(chunk):
                    yield piece
                chunk = stream.unused_data if stream.eof else b""
    _whole(ended=stream.eof, begun=begun)


_DECODERS: dict[str, Callable[[Chunks], Iterator[bytes]]] = {
    "gzip": _gzip, "x-gzip": _gzip, "deflate": _deflate, "br": _brotli, "zstd": _zstd,
}  # fmt: skip
ACCEPTED = "gzip, deflate, br, zstd"


def _whole(*, ended: bool, begun: bool) -> None:
    if begun and not ended:
        raise _fault(Code.TRUNCATED, "die komprimierte Antwort bricht ab")


def too_large(limit: int) -> FetchError:
    """Return the error of a body beyond its limit in bytes."""
    return FetchError(
        f"die Antwort ist größer als {limit // 2**20} MB", code=Code.TOO_LARGE, retryable=False,
        remedy="eine kleinere Adresse angeben, etwa eine Teilliste",
    )  # fmt: skip


def _fault(code: Code, message: str) -> FetchError:
    return FetchError(message, code=code, retryable=code is Code.TRUNCATED)
