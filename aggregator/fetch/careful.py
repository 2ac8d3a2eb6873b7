"""Reading answers with h11: whatever llhttp finds fault with (`answers`)."""

import h11

from aggregator.fetch import exchange
from aggregator.fetch.answers import MalformedError, TruncatedError


class CarefulReader:
    """h11, for the heads that llhttp does not take."""

    def __init__(self) -> None:
        self.status = 0
        self.fields: list[tuple[bytes, bytes]] = []
        self.has_head = False
        self.has_ended = False
        self._pieces: list[bytes] = []
        self._peer = h11.Connection(h11.CLIENT, exchange.MAX_HEAD_BYTES)
        self._peer.send(h11.Request(method="GET", target="/", headers=[("Host", "-")]))
        self._peer.send(h11.EndOfMessage())

    def feed(self, data: bytes) -> None:
        """Take what arrived; see `Reader`."""
        try:
            self._peer.receive_data(data)
            while not self.has_ended and self._take(self._peer.next_event()):
                pass
        except h11.RemoteProtocolError as error:
            if not data:
                raise TruncatedError from error
            raise MalformedError(str(error)) from error

    def _take(self, event: object) -> bool:
        """Note one event; False when more must arrive first."""
        match event:
            case h11.Response():
                self.status, self.has_head = event.status_code, True
                self.fields = event.headers.raw_items()
            case h11.Data():
                self._pieces.append(bytes(event.data))
            case h11.EndOfMessage() | h11.ConnectionClosed():
                self.has_ended = True
            case h11.NEED_DATA | h11.PAUSED:
                return False
        return True

    def pieces(self) -> list[bytes]:
        """Hand over what there is of the body."""
        pieces, self._pieces = self._pieces, []
        return pieces

    def is_reusable(self) -> bool:
        """A server that breaks the rules gets a new connection each time."""
        return False
