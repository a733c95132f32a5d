"""``radvigil serve``: loopback only, the next free port, a workspace that exists."""

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.serve import HOST, free_port
from tests.cli.conftest import Run
from tests.records.test_certificates import self_signed


def test_a_busy_port_is_named_and_the_next_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        busy = taken.getsockname()[1]
        chosen = free_port(busy)
    assert chosen > busy
    assert f"Port {busy} is busy." in capsys.readouterr().err


def test_without_a_workspace_it_is_refused(run: Run, tmp_path: Path) -> None:
    result = run("serve", "--home", tmp_path / "none")
    assert result.exit_code == 1
    assert str(tmp_path / "none") in result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_the_pages_answer_on_loopback_and_end_with_the_command(
    home: Path, tmp_path: Path, ending: signal.Signals
) -> None:
    environment = {**os.environ, "RADVIGIL_HOME": ""}
    environment.pop("RADVIGIL_HOME")
    with (tmp_path / "log").open("w") as log, subprocess.Popen(
        [sys.executable, "-m", "cli", "serve", "--port", "18731", "--home", str(home)],
        stdout=subprocess.PIPE, stderr=log, text=True, env=environment,
    ) as server:
        try:
            assert server.stdout is not None
            said = server.stdout.readline()
            assert said.startswith(f"Radvigil's pages: http://{HOST}:")
            address = said.split()[2]
            assert _answers(f"{address}/_stcore/health")
        finally:
            server.send_signal(ending)
            assert server.wait(timeout=120) == 0
    with socket.socket() as probe:
        assert probe.connect_ex((HOST, int(address.rsplit(":", 1)[1]))) != 0


@pytest.mark.requirement("R-P11-30")
def test_beyond_this_machine_it_is_refused_without_a_certificate(run: Run, home: Path) -> None:
    result = run("serve", "--address", "0.0.0.0", "--home", home)  # noqa: S104
    assert result.exit_code == 1
    assert "would leave this machine unencrypted" in result.stderr


@pytest.mark.slow
@pytest.mark.requirement("R-P11-30")
def test_with_a_certificate_the_pages_answer_by_https_only(home: Path, tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path, begin=datetime.now(UTC))
    trusting = ssl.create_default_context(cafile=str(certificate))
    environment = {name: value for name, value in os.environ.items() if name != "RADVIGIL_HOME"}
    with (tmp_path / "log").open("w") as log, subprocess.Popen(
        [sys.executable, "-m", "cli", "serve", "--port", "18751", "--home", str(home),
         "--certificate", str(certificate), "--key", str(key)],
        stdout=subprocess.PIPE, stderr=log, text=True, env=environment,
    ) as server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().split()[2]
            assert address.startswith(f"https://{HOST}:")
            assert _answers(f"{address}/_stcore/health", trusting)
            with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
                urllib.request.urlopen(address, timeout=60)  # noqa: S310
            with pytest.raises(OSError):
                urllib.request.urlopen(address.replace("https", "http"), timeout=60)  # noqa: S310
            old = ssl.create_default_context(cafile=str(certificate))
            with pytest.warns(DeprecationWarning, match="TLSv1_1"):
                old.maximum_version = ssl.TLSVersion.TLSv1_1
            with pytest.raises(OSError):
                urllib.request.urlopen(address, timeout=60, context=old)  # noqa: S310
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=120)
    assert "localhost, 127.0.0.1" in (tmp_path / "log").read_text()


def _answers(address: str, trusting: ssl.SSLContext | None = None) -> bool:
    for _ in range(120):
        try:
            with urllib.request.urlopen(address, timeout=10, context=trusting) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except OSError:
            time.sleep(0.5)
    return False


@pytest.mark.requirement("R-P11-10d")
def test_the_pages_get_the_path_of_the_providers_file_and_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cli.serve import provider_settings
    from tests.records.test_identity_provider import written

    assert provider_settings() == []
    file = written(tmp_path)
    monkeypatch.setenv("RADVIGIL_OPENID", str(file))
    assert provider_settings() == ["--secrets.files", str(file)]
