"""An outgoing proxy on loopback: it gives tunnels, all to one port, and notes what it was asked."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field


@dataclass
class Proxy:
    """Its port, the heads of the requests that came, and what must be closed in the end."""

    to: int
    answer: bytes
    port: int = 0
    asked: list[str] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)
    sockets: list[socket.socket] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, work: Callable[..., None], *args: object) -> None:
        """Do something in a thread; a socket that is closed under it ends it."""

        def run() -> None:
            with contextlib.suppress(OSError):
                work(*args)

        self.threads.append(threading.Thread(target=run))
        self.threads[-1].start()

    def accept(self, listener: socket.socket) -> None:
        while True:
            client, _ = listener.accept()
            self.sockets.append(client)
            self.start(self.tunnel, client)

    def tunnel(self, client: socket.socket) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n") and (byte := client.recv(1)):
            head += byte
        self.asked.append(head.decode("ascii"))
        client.sendall(self.answer)
        if not self.answer.startswith(b"HTTP/1.1 2"):
            client.shutdown(socket.SHUT_RDWR)
            return
        server = socket.create_connection(("127.0.0.1", self.to))
        self.sockets.append(server)
        self.start(pump, server, client)
        pump(client, server)


def pump(source: socket.socket, target: socket.socket) -> None:
    """Pass on what comes, and the end of it."""
    while data := source.recv(65536):
        target.sendall(data)
    target.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def tunnelling(to: int, answer: bytes = b"HTTP/1.1 200 OK\r\n\r\n") -> Iterator[Proxy]:
    """Answer CONNECT with `answer`, and where that is a yes pass on to a port of loopback."""
    listener = socket.create_server(("127.0.0.1", 0))
    proxy = Proxy(to=to, answer=answer, port=listener.getsockname()[1], sockets=[listener])
    proxy.start(proxy.accept, listener)
    try:
        yield proxy
    finally:
        for open_socket in list(proxy.sockets):
            with contextlib.suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)
        for thread in proxy.threads:
            thread.join()
        for open_socket in proxy.sockets:
            open_socket.close()
