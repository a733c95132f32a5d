"""A PostgreSQL server and a PACS of the tests' own, gone when they are done."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import require
from tests.services import pacs


def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of an empty database on a private server; PostgreSQL never runs as root."""
    binaries = _binaries()
    require("postgres", binaries is not None, "PostgreSQL is not installed")
    assert binaries is not None
    folder = Path(tempfile.mkdtemp(prefix="radvigil-pg-"))
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(folder, "postgres")
    port, data = _free_port(), folder / "data"

    def run(*command: str) -> None:
        subprocess.run(
            [*as_user, *command], check=True, cwd=folder, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    run(str(binaries / "initdb"), "-D", str(data), "-U", "radvigil", "--auth=trust", "-N")
    control = str(binaries / "pg_ctl")
    run(control, "-D", str(data), "-w", "-o", f"-p {port} -h 127.0.0.1 -k {folder}", "start")
    try:
        run(str(binaries / "createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", "radvigil", "rv")
        yield f"postgresql://radvigil@127.0.0.1:{port}/rv"
    finally:
        run(control, "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def hospital() -> Iterator[pacs.Hospital]:
    """Two PACS in a network of their own: in clear, and over TLS."""
    why_not = pacs.can_run()
    require("orthanc", not why_not, why_not)
    with (
        tempfile.TemporaryDirectory(prefix="radvigil-pacs-") as folder,
        pacs.hospital(Path(folder)) as one,
    ):
        yield one
