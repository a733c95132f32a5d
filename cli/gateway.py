"""``radvigil gateway``: the prediction service over HTTP, for a hospital's programs."""

from pathlib import Path
from typing import Annotated

import typer

from cli.opening import acting, device_name, local_zone, start_routine
from cli.options import ACT, DeviceName, Home, noun

app = noun("The prediction service over HTTP: programs send studies and get the reading.")


@app.callback()
def _gateway() -> None:
    """Keeps 'run' a verb of its own; a noun with one verb would lose its name."""


@app.command(rich_help_panel=ACT)
def run(
    address: Annotated[
        str, typer.Option(help="Where to listen; beyond this machine only with a certificate.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 8443,
    certificate: Annotated[
        Path | None, typer.Option(help="HTTPS: the certificate with its chain (PEM).")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="The certificate's key (PEM).")] = None,
    queue: Annotated[
        int, typer.Option(min=1, max=10_000, help="Studies accepted and not yet answered.")
    ] = 64,
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="Processes that decode what arrives.")
    ] = 2,
    max_megabytes: Annotated[
        int, typer.Option(min=1, max=4096, help="A study may be so large.")
    ] = 256,
    timeout: Annotated[
        float, typer.Option(min=0.001, max=600, help="Seconds until 'it waits' is the answer.")
    ] = 30.0,
    device: DeviceName = None,
    home: Home = None,
) -> None:
    """Serve predictions over HTTP until Ctrl+C; what waits then is answered first.

    Programs show a token that may 'predict' ('radvigil token make'). A version that is released
    while the service runs takes over when it is loaded, verified and warm.
    """
    from cli.becoming_server import Listening, become_server
    from records.certificates import require_encrypted
    from records.clock import require_no_demonstration

    require_encrypted(address, certificate, key)
    with acting(home) as store:  # what is missing or not allowed is said here
        actor = start_routine(store, "service:gateway", task="serve predictions")
        with store.reader() as reader:
            require_no_demonstration(reader)
        name, workspace = device_name(store, device), store.workspace
    options = [
        "--device", name, "--actor", actor, "--zone", local_zone(), "--queue", str(queue),
        "--workers", str(workers), "--max-bytes", str(max_megabytes * 1024 * 1024),
        "--timeout", str(timeout),
    ]
    at = Listening(address, port, certificate, key)
    become_server("gateway", options, workspace, at, what="Predictions")
