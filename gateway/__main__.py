"""``python -m gateway``: what ``radvigil gateway run`` becomes once the workspace was looked at."""

import argparse
import signal
from pathlib import Path
from threading import Event

from gateway.app import Waits
from gateway.run import Listening, Serving, open_desk, server_over
from journeys.serve_predictions import DeskLimits
from records.door import Door
from records.settings import require_workspace
from records.store import open_store


def options() -> argparse.Namespace:
    """What the command line said, checked there."""
    parser = argparse.ArgumentParser(prog="python -m gateway")
    for name in ("device", "actor", "host", "zone"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("port", "queue", "workers", "max-bytes"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--timeout", type=float, required=True)
    parser.add_argument("--certificate", type=Path)
    parser.add_argument("--key", type=Path)
    return parser.parse_args()


def main() -> None:
    """Serve until SIGTERM or Ctrl+C."""
    given = options()
    serving = Serving(
        given.device, given.actor, DeskLimits(queue=given.queue, workers=given.workers),
        Waits(max_bytes=given.max_bytes, answer_seconds=given.timeout),
    )
    listening = Listening(given.host, given.port, given.certificate, given.key)
    ended = Event()
    for one in (signal.SIGINT, signal.SIGTERM):  # the server gives back what it caught at its end
        signal.signal(one, lambda *_: ended.set())
    store = open_store(require_workspace()).through(Door("program by token", given.zone))
    try:
        with open_desk(store, serving) as desk:
            server = server_over(store, desk, serving, listening)
            if not ended.is_set():
                server.run()
    finally:
        store.close()
    print("Ended: all that waited is answered.", flush=True)


if __name__ == "__main__":
    main()
