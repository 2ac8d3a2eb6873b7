"""Reading answers off a connection: fast for what is plain, carefully for the rest.

`FastReader` is llhttp, the parser of Node.js, and strict. Servers are not: bare line feeds, folded
headers, a Content-Length given twice. Where it finds fault with a head, `read_head` reads the same
bytes again with h11, whose verdict is the one that counts (RFC 9112 permits such leniency where no
intermediary can be misled: we send one request at a time and read one answer).
"""

from collections.abc import Callable, Iterator
from typing import Protocol

import httptools

from aggregator.fetch import exchange

Receive = Callable[[], bytes]  # b"": the peer has ended the connection


class MalformedError(Exception):
    """What arrives is no HTTP."""


class TruncatedError(Exception):
    """The connection ended within an answer."""


class Reader(Protocol):
    """Takes bytes as they arrive and makes an answer of them."""

    status: int
    fields: list[tuple[bytes, bytes]]
    has_head: bool
    has_ended: bool

    def feed(self, data: bytes) -> None:
        """Take what arrived; b"" when the peer has ended the connection.

        Raises:
            MalformedError: It is no HTTP.
            TruncatedError: It ended within an answer.
        """

    def pieces(self) -> list[bytes]:
        """Hand over what there is of the body."""

    def is_reusable(self) -> bool:
        """Whether the connection may serve for another request."""


class FastReader:
    """llhttp; interim answers (1xx) are passed over (RFC 9110 15.2)."""

    def __init__(self) -> None:
        self.status = 0
        self.fields: list[tuple[bytes, bytes]] = []
        self.has_head = False
        self.has_ended = False
        self._pieces: list[bytes] = []
        self._ends_with_connection = False
        self._stays = False
        self._parser = httptools.HttpResponseParser(self)
        self._parser.set_dangerous_leniencies(lenient_spaces_after_chunk_size=True)

    def feed(self, data: bytes) -> None:
        """Take what arrived; see `Reader`."""
        if not data:
            if not (self.has_head and self._ends_with_connection):
                raise TruncatedError
            self.has_ended = True
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            raise MalformedError("protocol switched unasked") from None
        except httptools.HttpParserError as error:
            self._stays = False
            if not self.has_ended:  # else it is about bytes after the answer
                raise MalformedError(str(error)) from error

    def on_message_begin(self) -> None:
        """Called by llhttp; a second message is one that nobody asked for."""
        if self.has_ended:
            self._stays = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by llhttp, also for trailers, which are dropped."""
        if not self.has_head:
            self.fields.append((name, value))

    def on_headers_complete(self) -> None:
        """Called by llhttp."""
        if self.has_head:
            return
        status = self._parser.get_status_code()
        if status < 200 and status != 101:
            self.fields.clear()
            return
        self.status = status
        self.has_head = True
        names = {name.lower(): value for name, value in self.fields}
        coding = names.get(b"transfer-encoding")
        if coding is not None and coding.strip().lower() != b"chunked":
            raise ValueError(coding)  # by way of llhttp a MalformedError
        self._ends_with_connection = coding is None and b"content-length" not in names

    def on_body(self, piece: bytes) -> None:
        """Called by llhttp."""
        if not self.has_ended:
            self._pieces.append(piece)

    def on_message_complete(self) -> None:
        """Called by llhttp."""
        if self.has_head and not self.has_ended:
            self.has_ended = True
            self._stays = self._parser.should_keep_alive()

    def pieces(self) -> list[bytes]:
        """Hand over what there is of the body."""
        pieces, self._pieces = self._pieces, []
        return pieces

    def is_reusable(self) -> bool:
        """Whether the connection may serve for another request."""
        return self.has_ended and self._stays


def read_head(receive: Receive) -> Reader:
    """Read up to the end of the headers of the final answer.

    Raises:
        MalformedError: It is no HTTP.
        TruncatedError: The connection ended before; its first argument is whether anything came.
        OverflowError: The headers are too long.
    """
    reader: Reader = FastReader()
    seen: list[bytes] = []
    size = 0
    while True:
        data = receive()
        seen.append(data)
        size += len(data)
        try:
            reader.feed(data)
        except MalformedError:
            if not isinstance(reader, FastReader):
                raise
            reader = _careful()
            reader.feed(b"".join(seen))
        except TruncatedError:
            raise TruncatedError(size > 0) from None
        if reader.has_head:
            return reader
        if not data:
            raise TruncatedError(size > 0)
        if size > exchange.MAX_HEAD_BYTES:
            raise OverflowError(size)


def _careful() -> Reader:
    """Return the reader for the heads that llhttp does not take; few servers need it."""
    from aggregator.fetch.careful import CarefulReader

    return CarefulReader()


def read_body(reader: Reader, receive: Receive) -> Iterator[bytes]:
    """Yield the body piece by piece as it arrives.

    Raises:
        MalformedError: Its chunks are no chunks.
        TruncatedError: The connection ended before.
    """
    while True:
        yield from reader.pieces()
        if reader.has_ended:
            return
        reader.feed(receive())
