"""A live workspace in which a trained version runs, the service over it, and programs that call."""

import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any

import requests
import yaml
from sqlmodel import col, select

from gateway.app import Waits
from gateway.run import Listening, Serving, open_desk, server_over
from imaging.examining import standing_reception
from journeys.define import accept_revision, define_device
from journeys.serve_predictions import DeskLimits, PredictionDesk
from journeys.serving_versions import load_verified
from models.artefacts import MODEL, read_json
from records.definition import find_definition
from records.people import Meaning, find_actor
from records.permissions import Action
from records.product import DatasetVersion, Deployment, ModelVersion
from records.queries import find_site, register_site
from records.service_tokens import make_token
from records.services import ensure_service
from records.settings import REPOSITORY
from records.store import Store
from records.vault import Vault, file_digest
from tests.cli.conftest import write_radiograph
from tests.services.trained import BEGIN, DEVICE, sign_record_as, staff

SITE = "northfield"
ACTOR = "service:gateway"


def in_operation(store: Store, folder: Path, model: Path, *, rules: Any = None) -> ModelVersion:
    """The device in force, its plan too, and the trained version live at one site."""
    staff(store)
    content = yaml.safe_load(find_definition(DEVICE).read_text())
    for check in content["input_requirements"]["checks"]:
        check["refuse"] = False
    if rules is not None:
        content["series_selection"] = rules
    file = folder / "device.yaml"
    file.write_text(yaml.safe_dump(content))
    device = define_device(store, file, actor="emil", reason="first", now=BEGIN)
    sign_record_as(store, device, "emil", Meaning.AUTHOR)
    sign_record_as(store, device, "ada", Meaning.APPROVAL)
    accept_revision(store, device.id or 0, accepted_by="ada", reason="signed", now=BEGIN)
    with store.transaction("setup", now=BEGIN) as tx:
        ensure_service(tx, ACTOR, now=BEGIN)
        register_site(tx, SITE, origin="reported", now=BEGIN)
        tx.add(DatasetVersion(
            device_id=device.id or 0, name="d", manifest_digest="0", content_digest="0",
            vault_path="d", commit="0", studies=0, patients=0, splits={}, datasheet={},
            frozen_at=BEGIN,
        ))  # fmt: skip
    version = frozen(store, model, "m1")
    deploy(store, version)
    return version


def frozen(store: Store, model: Path, name: str) -> ModelVersion:
    """A version of these files, as training freezes them."""
    shutil.copytree(model, Vault(store.workspace.vault).folder / "models" / name)
    with store.transaction("setup", now=BEGIN) as tx:
        dataset = tx.exec(select(DatasetVersion)).one()
        version = ModelVersion(
            device_id=dataset.device_id, dataset_version_id=dataset.id or 0, name=name,
            version_digest=name, weights_hash=read_json(model / MODEL)["weights_hash"],
            architecture="residual", model={}, params={}, dvc_lock_digest="0", code_digest="0",
            operating_point=read_json(model / MODEL)["operating_point"], commit="0",
            vault_path=f"models/{name}", trained_at=BEGIN,
            files={one.name: file_digest(one) for one in model.iterdir()},
        )
        tx.add(version)
    return version


def deploy(store: Store, version: ModelVersion, *, mode: str = "live") -> None:
    """Let the version run at the site in place of the one before; without a mode, none."""
    now = datetime.now(UTC)
    with store.transaction("setup", "released", now=now) as tx:
        site = find_site(tx, SITE)
        for one in tx.exec(select(Deployment).where(col(Deployment.ended_at).is_(None))):
            one.ended_at = now
            tx.add(one)
        assert site is not None
        if mode:
            tx.add(Deployment(
                model_version_id=version.id or 0, site_id=site.id or 0, mode=mode,
                started_at=BEGIN,
            ))  # fmt: skip


def token(store: Store, name: str = "pacs-bridge", act: Action = Action.PREDICT) -> str:
    """A token of a service outside."""
    now = datetime.now(UTC)
    with store.transaction("root", "contract 7", now=now) as tx:
        _, secret = make_token(
            tx, name, acts=[act], until=date(2099, 1, 1), by=find_actor(tx, "root"), now=now
        )
    return secret


def radiograph(folder: Path, number: int, **changes: Any) -> bytes:
    """The bytes of a radiograph of a study of its own."""
    folder.mkdir(exist_ok=True)
    return write_radiograph(folder / f"{number}.dcm", number, **changes).read_bytes()


@dataclass(frozen=True)
class Caller:
    """A program with its token."""

    url: str
    secret: str
    desk: PredictionDesk

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}

    def send(self, content: bytes, **more: Any) -> requests.Response:
        """One file as it is."""
        headers = {"Content-Type": "application/dicom", **self.headers}
        return requests.post(
            f"{self.url}/studies", data=content, headers=headers, timeout=120, **more
        )

    def send_files(self, *contents: bytes) -> requests.Response:
        """Several files as a form."""
        files = [
            ("file", (f"{at}.dcm", one, "application/dicom")) for at, one in enumerate(contents)
        ]
        return requests.post(
            f"{self.url}/studies", files=files, headers=self.headers, timeout=120
        )

    def get(self, path: str) -> requests.Response:
        """A page of the service, with the token."""
        return requests.get(f"{self.url}{path}", headers=self.headers, timeout=60)


@contextmanager
def served(
    store: Store, secret: str, *, limits: DeskLimits | None = None, waits: Waits | None = None,
    load: Callable[..., Any] = load_verified, receive: Callable[..., Any] = standing_reception,
) -> Iterator[Caller]:
    """The service on a socket of its own until the block ends."""
    serving = Serving(
        DEVICE, ACTOR, limits or DeskLimits(workers=1), waits or Waits(answer_seconds=100.0)
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with open_desk(store, serving, load=load, receive=receive) as desk:
        server = server_over(store, desk, serving, Listening(port=port))
        thread = Thread(target=server.run)
        thread.start()
        try:
            until(lambda: server.started)
            yield Caller(f"http://127.0.0.1:{port}", secret, desk)
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def running(home: Path, *more: str) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """The service as an operator starts it; its address, and the process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = subprocess.Popen(
        [sys.executable, "-m", "cli", "--home", str(home), "gateway", "run", "--port", str(port),
         "--workers", "1", *more],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=REPOSITORY,
    )  # fmt: skip
    assert server.stdout is not None
    assert server.stderr is not None
    try:
        address = server.stdout.readline().split()[1]
        until(lambda: server.poll() is not None or _listens(port))
        yield address, server
    finally:
        if server.poll() is None:
            server.kill()
        server.wait()
        server.stdout.close()
        server.stderr.close()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(met: Callable[[], bool], seconds: float = 120.0) -> None:
    """Wait for it."""
    end = monotonic() + seconds
    while not met():
        assert monotonic() < end, "it did not come about"
        sleep(0.02)
