"""The desk behind a server, until told to stop; then all that waits is answered first."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn

from gateway.app import Waits, make_app
from gateway.problems import Unquoted
from gateway.prompt_end import PromptServer
from imaging.examining import standing_reception
from journeys.serve_predictions import DeskLimits, PredictionDesk
from journeys.serving_versions import ServingVersions, load_verified
from records.store import Store


@dataclass(frozen=True, slots=True)
class Listening:
    """Where the service listens, and the PEM files by which it speaks TLS."""

    host: str = "127.0.0.1"
    port: int = 8443
    certificate: Path | None = None
    key: Path | None = None


@dataclass(frozen=True, slots=True)
class Serving:
    """Of which device, what is taken on, and how long anything may take."""

    device: str
    actor: str
    limits: DeskLimits = field(default_factory=DeskLimits)
    waits: Waits = field(default_factory=Waits)


@contextmanager
def open_desk(
    store: Store, serving: Serving, *, load: Callable[..., Any] = load_verified,
    receive: Callable[..., Any] = standing_reception,
) -> Iterator[PredictionDesk]:
    """A desk that answers until the block ends; what waits then is answered first.

    Raises:
        Refused: A demonstration takes in nothing from outside.
    """
    versions = ServingVersions(store, serving.device, actor=serving.actor, load=load)
    desk = PredictionDesk(store, versions, serving.limits, receive=receive)
    versions.start()
    try:
        desk.start()
        yield desk
    finally:
        desk.close()
        versions.stop()


def server_over(
    store: Store, desk: PredictionDesk, serving: Serving, listening: Listening
) -> PromptServer:
    """The server, not yet listening; it logs no request, because paths hold pseudonyms."""
    app = Unquoted(make_app(store, desk, serving.waits))
    config = uvicorn.Config(
        app, host=listening.host, port=listening.port, log_level="warning", access_log=False,
        server_header=False, ws="none", timeout_keep_alive=15,
        timeout_graceful_shutdown=int(serving.waits.answer_seconds) + 5,
        ssl_certfile=listening.certificate, ssl_keyfile=listening.key,
    )
    return PromptServer(config)
