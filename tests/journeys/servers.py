"""Real servers of the test process, on loopback: one that takes e-mail, one that takes webhooks."""

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any


class _Mail(socketserver.StreamRequestHandler):
    """The part of SMTP (RFC 5321) by which a client hands over one message."""

    def handle(self) -> None:
        """Take what the client says, line by line, until it quits."""
        self._say("220 test")
        while line := self.rfile.readline().decode().strip():
            verb = line.split(":")[0].split(" ")[0].upper()
            if verb == "DATA":
                self._say("354 go on")
                lines = iter(self.rfile.readline, b".\r\n")
                self.server.taken.append(b"".join(lines).decode())  # type: ignore[attr-defined]
            self._say("221 bye" if verb == "QUIT" else "250 test")
            if verb == "QUIT":
                return

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


class _Hook(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Take a JSON object, or refuse it where the server is told to."""
        content = self.rfile.read(int(self.headers["Content-Length"]))
        status = self.server.answers.pop(0) if self.server.answers else 200  # type: ignore[attr-defined]
        if status == 200:
            self.server.taken.append(json.loads(content))  # type: ignore[attr-defined]
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_words: Any) -> None:
        """Say nothing."""


@contextmanager
def running(server: Any) -> Iterator[Any]:
    """The server, answering in a thread of its own."""
    server.taken = []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def mail_server() -> Any:
    """A server that takes e-mail without a password; to be run."""
    return socketserver.TCPServer(("127.0.0.1", 0), _Mail)


def hook_server(*answers: int) -> Any:
    """A server that takes webhooks, after refusing with these codes; to be run."""
    server = HTTPServer(("127.0.0.1", 0), _Hook)
    server.answers = list(answers)  # type: ignore[attr-defined]
    return server
