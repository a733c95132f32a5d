"""``python -m gateway.serve_calendar``: what ``radvigil work serve`` becomes."""

import argparse
import signal
from pathlib import Path
from threading import Event

import uvicorn

from gateway.calendar_feed import make_calendar_feed
from gateway.calling_rate import Allowed
from gateway.problems import Unquoted
from gateway.prompt_end import PromptServer
from gateway.run import Listening
from records.settings import require_workspace
from records.store import Store, open_reader


def calendar_server(
    store: Store, listening: Listening, *, allowed: Allowed | None = None
) -> PromptServer:
    """The server, not yet listening; it logs no request, because the address holds the token."""
    app = Unquoted(make_calendar_feed(store, allowed=allowed))
    config = uvicorn.Config(
        app, host=listening.host, port=listening.port,
        log_level="warning", access_log=False, server_header=False, ws="none",
        timeout_keep_alive=15, timeout_graceful_shutdown=10, proxy_headers=False,
        ssl_certfile=listening.certificate, ssl_keyfile=listening.key,
    )
    return PromptServer(config)


def main() -> None:
    """Serve until SIGTERM or Ctrl+C."""
    parser = argparse.ArgumentParser(prog="python -m gateway.serve_calendar")
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--certificate", type=Path)
    parser.add_argument("--key", type=Path)
    given = parser.parse_args()
    ended = Event()
    for one in (signal.SIGINT, signal.SIGTERM):  # the server gives back what it caught at its end
        signal.signal(one, lambda *_: ended.set())
    store = open_reader(require_workspace().home)
    try:
        listening = Listening(given.host, given.port, given.certificate, given.key)
        server = calendar_server(store, listening)
        if not ended.is_set():
            server.run()
    finally:
        store.close()


if __name__ == "__main__":
    main()
