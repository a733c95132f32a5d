"""``python -m gateway.serve_readers``: what ``radvigil reader serve`` becomes."""

import argparse
import signal
from pathlib import Path
from threading import Event

import uvicorn

from gateway.calling_rate import Allowed
from gateway.problems import Unquoted
from gateway.prompt_end import PromptServer
from gateway.reader_pages import make_reader_pages
from gateway.run import Listening
from records.door import Door
from records.settings import require_workspace
from records.store import Store, open_store


def reader_server(
    store: Store, listening: Listening, *, actor: str, allowed: Allowed | None = None
) -> PromptServer:
    """The server, not yet listening; it logs no request, because the address holds the token."""
    app = Unquoted(make_reader_pages(store, actor=actor, allowed=allowed))
    config = uvicorn.Config(
        app, host=listening.host, port=listening.port,
        log_level="warning", access_log=False, server_header=False, ws="none",
        timeout_keep_alive=15, timeout_graceful_shutdown=10, proxy_headers=False,
        ssl_certfile=listening.certificate, ssl_keyfile=listening.key,
    )
    return PromptServer(config)


def main() -> None:
    """Serve until SIGTERM or Ctrl+C."""
    parser = argparse.ArgumentParser(prog="python -m gateway.serve_readers")
    for name in ("actor", "host"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--certificate", type=Path)
    parser.add_argument("--key", type=Path)
    given = parser.parse_args()
    ended = Event()
    for one in (signal.SIGINT, signal.SIGTERM):  # the server gives back what it caught at its end
        signal.signal(one, lambda *_: ended.set())
    store = open_store(require_workspace()).through(Door("page", ""))
    try:
        listening = Listening(given.host, given.port, given.certificate, given.key)
        server = reader_server(store, listening, actor=given.actor)
        if not ended.is_set():
            server.run()
    finally:
        store.close()


if __name__ == "__main__":
    main()
