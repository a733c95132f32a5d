"""``radvigil serve``: the dashboards, on this machine only."""

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


def free_port(wanted: int) -> int:
    """The wanted port or the next one that is free; each busy one is named."""
    import socket

    from records.errors import Unavailable

    for port in range(wanted, min(wanted + TRIES, 65536)):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
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
    home: Home = None,
) -> None:
    """Open the dashboards over an existing workspace, reachable from this machine only."""
    import os
    import sys

    from records.quiet import QUIET
    from records.settings import REPOSITORY

    with looking(home) as store:  # what is missing or damaged is said here, not on a page
        workspace = store.workspace
    chosen = free_port(port)
    command = [
        sys.executable, "-m", "streamlit", "run", str(REPOSITORY / "dashboards" / "app.py"),
        "--server.address", HOST, "--server.port", str(chosen),
    ]
    for name, value in QUIET_SETTINGS.items():
        command += [f"--{name}", value]
    command += provider_settings()
    typer.echo(f"Radvigil's pages: http://{HOST}:{chosen} (end with Ctrl+C)")
    sys.stdout.flush()
    # This process becomes the server: every signal reaches it, and none can outlive the other.
    os.execve(  # noqa: S606
        sys.executable, command, {**os.environ, **QUIET, "RADVIGIL_HOME": str(workspace.home)}
    )
