"""``radvigil serve``: the dashboards, on this machine only, or encrypted."""

from pathlib import Path
from typing import Annotated

import typer

from cli.opening import looking
from cli.options import Home

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

HOST = "127.0.0.1"
TRIES = 50

QUIET_SETTINGS = {
    "server.headless": "true", "server.fileWatcherType": "none",
    "browser.gatherUsageStats": "false", "client.toolbarMode": "viewer",
    "client.showErrorDetails": "none", "client.showErrorLinks": "false",
}


def free_port(wanted: int, host: str = HOST) -> int:
    """The wanted port or the next one that is free; each busy one is named."""
    import socket

    from records.errors import Unavailable

    for port in range(wanted, min(wanted + TRIES, 65536)):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
                return port
            except OSError:
                typer.echo(f"Port {port} is busy.", err=True)
    raise Unavailable(f"No port from {wanted} on is free.", hint="Name another with --port.")


def provider_settings() -> list[str]:
    """Where the pages' server reads of the identity provider: a path, never a secret."""
    from records.identity_provider import identity_provider

    provider = identity_provider()
    return [] if provider is None else ["--secrets.files", str(provider.file)]


@app.command()
def serve(
    port: Annotated[int, typer.Option(min=1024, max=65535, help="The next free one is taken.")] = (
        8501
    ),
    address: Annotated[
        str, typer.Option(help="Where to listen; beyond this machine only with a certificate.")
    ] = HOST,
    certificate: Annotated[
        Path | None, typer.Option(help="HTTPS: the certificate with its chain (PEM).")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="The certificate's key (PEM).")] = None,
    home: Home = None,
) -> None:
    """Open the dashboards over an existing workspace.

    Without a certificate they listen on this machine only; with one, by HTTPS (TLS 1.2 or newer).
    """
    import os
    import sys

    from records.certificates import require_encrypted
    from records.quiet import QUIET
    from records.settings import REPOSITORY

    require_encrypted(address, certificate, key)
    encryption = _encryption(certificate, key) if certificate and key else []
    with looking(home) as store:  # what is missing or damaged is said here, not on a page
        workspace = store.workspace
    chosen = free_port(port, address)
    command = [
        sys.executable, "-m", "streamlit", "run", str(REPOSITORY / "dashboards" / "app.py"),
        "--server.address", address, "--server.port", str(chosen), *encryption,
    ]
    for name, value in QUIET_SETTINGS.items():
        command += [f"--{name}", value]
    command += provider_settings()
    shown = f"[{address}]" if ":" in address else address
    scheme = "https" if encryption else "http"
    typer.echo(f"Radvigil's pages: {scheme}://{shown}:{chosen} (end with Ctrl+C)")
    sys.stdout.flush()
    # This process becomes the server: every signal reaches it, and none can outlive the other.
    os.execve(  # noqa: S606
        sys.executable, command, {**os.environ, **QUIET, "RADVIGIL_HOME": str(workspace.home)}
    )


def _encryption(certificate: Path, key: Path) -> list[str]:
    """What the server is told of a certificate that counts now."""
    from cli.opening import wall_clock
    from records.certificates import read_certificate

    read = read_certificate(certificate, key, now=wall_clock())
    typer.echo(f"Certificate for {', '.join(read.names)}, until {read.valid_until:%Y-%m-%d}.",
               err=True)  # fmt: skip
    return ["--server.sslCertFile", str(certificate.resolve()),
            "--server.sslKeyFile", str(key.resolve())]  # fmt: skip
