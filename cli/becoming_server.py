"""How a verb becomes a server: the port tried, the certificate read, then this process is it."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from records.settings import Workspace


@dataclass(frozen=True, slots=True)
class Listening:
    """Where a server listens, and with which certificate and key (PEM), both or neither."""

    address: str
    port: int
    certificate: Path | None
    key: Path | None


def become_server(
    module: str, options: Sequence[str], workspace: Workspace, at: Listening, *, what: str
) -> None:
    """Replace this process by a server over a workspace: every signal reaches it, and none can
    outlive the other.

    module: run with ``--host``, ``--port`` and these options; what: it serves, as it is told.

    Raises:
        InvalidInput: The certificate or its key cannot be used.
        Unavailable: Something else listens there.
    """
    from cli.opening import wall_clock
    from records.certificates import read_certificate
    from records.quiet import QUIET
    from records.settings import REPOSITORY

    command = [
        sys.executable, "-m", module, "--host", at.address,
        "--port", str(free_port(at.address, at.port)), *options,
    ]
    if at.certificate and at.key:
        read = read_certificate(at.certificate, at.key, now=wall_clock())
        typer.echo(f"Certificate for {', '.join(read.names)}, until {read.valid_until:%Y-%m-%d}.",
                   err=True)  # fmt: skip
        command += ["--certificate", str(at.certificate.resolve()), "--key", str(at.key.resolve())]
    shown = f"[{at.address}]" if ":" in at.address else at.address
    typer.echo(f"{what}: {'https' if at.key else 'http'}://{shown}:{at.port} (end with Ctrl+C)")
    sys.stdout.flush()
    path = os.pathsep.join([str(REPOSITORY), *filter(None, [os.environ.get("PYTHONPATH")])])
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
