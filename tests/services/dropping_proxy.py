"""A TCP proxy before a database server that drops every connection at once, as a bad line does."""

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Thread

_RESET = struct.pack("ii", 1, 0)  # linger for no time: closing sends a reset, not an end


class DroppingProxy:
    """Passes bytes between clients and a server until told to drop them."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._lock = Lock()
        Thread(target=self._accept, daemon=True).start()

    def drop(self) -> int:
        """Reset every connection, whatever is under way; how many there were."""
        with self._lock:
            dropped, self._open = self._open, set()
        for one in dropped:
            with suppress(OSError):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        return len(dropped) // 2

    def close(self) -> None:
        """Take no more connections, and drop those that there are."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with suppress(OSError):
                server = socket.create_connection(self._server)
                with self._lock:
                    self._open |= {client, server}
                for source, target in ((client, server), (server, client)):
                    Thread(target=_pass_on, args=(source, target), daemon=True).start()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while content := source.recv(65536):
            target.sendall(content)
    for one in (source, target):
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


@contextmanager
def dropping_proxy(host: str, port: int) -> Iterator[DroppingProxy]:
    """A proxy before a server, gone afterwards."""
    proxy = DroppingProxy(host, port)
    try:
        yield proxy
    finally:
        proxy.close()
