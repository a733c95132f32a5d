"""``radvigil gateway``: who may start the service, how it is reached, how it ends."""

import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from records.cases import Prediction
from records.lookup import find_events, list_records
from records.product import ModelVersion
from records.store import Store
from tests.cli.conftest import Run
from tests.gateway.conftest import secret, version
from tests.gateway.operation import radiograph, running
from tests.models.conftest import model_folder, tiny_dataset, tiny_params, training_folder
from tests.records.test_certificates import self_signed

__all__ = ["model_folder", "secret", "tiny_dataset", "tiny_params", "training_folder", "version"]


@pytest.mark.slow
def test_over_tls_a_program_is_answered_and_the_end_is_orderly(
    store: Store, version: ModelVersion, secret: str, tmp_path: Path
) -> None:
    certificate, key = self_signed(tmp_path, begin=datetime.now(UTC))
    tls = ("--certificate", str(certificate), "--key", str(key))
    with running(store.workspace.home, *tls) as (address, server):
        assert address.startswith("https://127.0.0.1:")
        answer = requests.post(
            f"{address}/studies", data=radiograph(tmp_path / "in", 1), verify=str(certificate),
            headers={"Authorization": f"Bearer {secret}", "Content-Type": "application/dicom"},
            timeout=120,
        )
        assert answer.json()["status"] == "read", answer.text
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(f"{address}/health", timeout=120)
        with pytest.raises(requests.exceptions.ConnectionError):
            requests.get(address.replace("https", "http") + "/health", timeout=120)
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=120) == 0
        assert server.stdout is not None
        assert "all that waited is answered" in server.stdout.read()
    with store.reader() as reader:
        assert len(list_records(reader, Prediction)) == 1
        (start,) = find_events(reader, actor="service:gateway", action="start")
        assert "operating_system_user" in start.new
        assert len(find_events(reader, action="serving begun")) == 1


@pytest.mark.slow
def test_what_still_waits_is_read_before_the_end(
    store: Store, secret: str, tmp_path: Path
) -> None:
    with running(store.workspace.home, "--timeout", "0.001") as (address, server):
        answers = [
            requests.post(
                f"{address}/studies", data=radiograph(tmp_path / "in", number), timeout=120,
                headers={"Authorization": f"Bearer {secret}", "Content-Type": "application/dicom"},
            )
            for number in (1, 2, 3)
        ]
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=120) == 0
    assert answers[0].status_code == 202
    with store.reader() as reader:
        assert len(list_records(reader, Prediction)) == 3


def test_beyond_this_machine_without_a_certificate_it_is_refused(run: Run, home: Path) -> None:
    result = run("--home", home, "gateway", "run", "--address", "0.0.0.0")  # noqa: S104
    assert result.exit_code == 1
    assert "would leave this machine unencrypted" in result.stderr


def test_a_demonstration_serves_nobody(run: Run, store: Store, now: datetime) -> None:
    from records.clock import mark_workspace
    from records.product import WorkspaceKind

    with store.transaction("setup", now=now) as tx:
        mark_workspace(tx, WorkspaceKind.DEMONSTRATION, now=now, seed=1)
    result = run("--home", store.workspace.home, "gateway", "run")
    assert result.exit_code == 1
    assert "demonstration" in result.stderr
