"""``radvigil gateway``: the prediction service over HTTP, for a hospital's programs."""

from pathlib import Path
from typing import Annotated

import typer

from cli.opening import acting, device_name, local_zone, start_routine, wall_clock
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
    import os
    import sys

    from records.certificates import read_certificate, require_encrypted
    from records.clock import require_no_demonstration
    from records.quiet import QUIET
    from records.settings import REPOSITORY

    require_encrypted(address, certificate, key)
    with acting(home) as store:  # what is missing or not allowed is said here
        actor = start_routine(store, "service:gateway", task="serve predictions")
        with store.reader() as reader:
            require_no_demonstration(reader)
        name, workspace = device_name(store, device), store.workspace
    command = [
        sys.executable, "-m", "gateway", "--device", name, "--actor", actor, "--host", address,
        "--port", str(free_port(address, port)), "--zone", local_zone(), "--queue", str(queue),
        "--workers", str(workers), "--max-bytes", str(max_megabytes * 1024 * 1024),
        "--timeout", str(timeout),
    ]
    if certificate and key:
        read = read_certificate(certificate, key, now=wall_clock())
        typer.echo(f"Certificate for {', '.join(read.names)}, until {read.valid_until:%Y-%m-%d}.",
                   err=True)  # fmt: skip
        command += ["--certificate", str(certificate.resolve()), "--key", str(key.resolve())]
    shown = f"[{address}]" if ":" in address else address
    typer.echo(f"Predictions: {'https' if key else 'http'}://{shown}:{port} (end with Ctrl+C)")
    sys.stdout.flush()
    path = os.pathsep.join([str(REPOSITORY), *filter(None, [os.environ.get("PYTHONPATH")])])
    # This process becomes the server: every signal reaches it, and none can outlive the other.
    os.execve(  # noqa: S606
        sys.executable, command,
        {**os.environ, **QUIET, "RADVIGIL_HOME": str(workspace.home), "PYTHONPATH": path},
    )


def free_port(address: str, port: int) -> int:
    """The port, where it can be had.

    Raises:
        Unavailable: Something else listens there.
    """
    import socket

    from records.errors import Unavailable

    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as busy:
            raise Unavailable(
                f"The service cannot listen on {address}:{port}: {busy.strerror}.",
                hint="Name another --port or --address, or end what listens there.",
            ) from None
    return port
