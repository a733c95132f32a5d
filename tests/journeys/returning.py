"""A hospital in care: a released version, studies taken in and read, and a PACS that receives."""

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset
from pynetdicom import AE, evt
from pynetdicom.sop_class import Verification

from imaging.ingest import Arrival, ingest
from imaging.node.negotiation import FIND_STUDIES, RESULTS
from journeys.return_results import Ways
from records.application_entities import Receiving, register_entity
from records.base import digest_of
from records.cases import Prediction, Study
from records.clock import mark_workspace
from records.lookup import list_records
from records.people import Role, find_actor, register_person
from records.product import (
    DatasetVersion,
    Deployment,
    Device,
    ModelVersion,
    WorkspaceKind,
)
from records.queries import find_site
from records.store import Store
from tests.cli.conftest import write_radiograph
from tests.regulatory.gathering.small_store import definition as shipped_definition

NOW = datetime(2026, 2, 14, 9, tzinfo=UTC)
SITE = "northfield"
WAYS = Ways("RADVIGIL")


SCORE = 0.87
APART = timedelta(minutes=5)


def in_care(
    store: Store,
    folder: Path,
    *,
    studies: int = 1,
    mode: str = "live",
    scores: Sequence[float | None] = (),
) -> list[Study]:
    """Take studies in and let a released version read them, as the day's surveillance does.

    scores: of each study, which then came five minutes after the one before; None: no answer.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [
        write_radiograph(
            folder / f"{number}.dcm", number, AccessionNumber=f"ACC-{number}",
            PatientBirthDate="19610523", StudyTime="101112", SpecificCharacterSet="ISO_IR 100",
            PatientName="Zwetschkenbäumle^Ottilie",
        )
        for number in range(1, studies + 1)
    ]
    return taken_in_care(store, paths, mode=mode, scores=scores)


def taken_in_care(
    store: Store, paths: list[Path], *, mode: str = "live", scores: Sequence[float | None] = ()
) -> list[Study]:
    """The same for files that arrived."""
    with store.transaction("setup", "setup", now=NOW) as tx:
        mark_workspace(tx, WorkspaceKind.LIVE, now=NOW)
        register_person(tx, "ada", full_name="Ada Quality", now=NOW, password="x" * 14,
                        roles=[Role.QUALITY, Role.ADMINISTRATOR])  # fmt: skip
    arrival = Arrival(SITE, "clinical", NOW.date())
    for number, some in enumerate([[path] for path in paths] if scores else [paths]):
        ingest(store, some, arrival, actor="service:intake", now=NOW + number * APART)
    with store.transaction("setup", "setup", now=NOW) as tx:
        version = candidate(tx)
        site = find_site(tx, SITE)
        assert site is not None
        deployment = Deployment(
            model_version_id=version.id or 0, site_id=site.id or 0, mode=mode, started_at=NOW
        )
        tx.add(deployment)
    with store.transaction("setup", "released", now=NOW) as tx:
        tx.get_one(ModelVersion, version.id).status = "released"
    return [*_read(store, version, deployment, scores or [SCORE] * len(paths))]


def _read(
    store: Store, version: ModelVersion, deployment: Deployment, scores: Sequence[float | None]
) -> list[Study]:
    with store.transaction("service:surveillance", "read", now=NOW) as tx:
        studies = list_records(tx, Study)
        tx.add_all(
            Prediction(
                study_id=one.id or 0, model_version_id=version.id or 0, score=score, decision=True,
                deployment_id=deployment.id, out_of_distribution=0.1, predicted_at=NOW,
                returned_to_care=deployment.mode == "live",
            )
            for one, score in zip(studies, scores, strict=False)
            if score is not None
        )
    return studies


def candidate(tx: Any) -> ModelVersion:
    definition = shipped_definition()
    content = definition.model_dump(mode="json")
    device = Device(name=definition.name, revision=1, trade_name=definition.trade_name,
                    definition=content, definition_digest=digest_of(content), defined_at=NOW)
    tx.add(device)
    tx.flush()
    dataset = DatasetVersion(
        device_id=device.id or 0, name="chest-1", manifest_digest="a" * 64, studies=1,
        content_digest="b" * 32, vault_path="datasets/chest-1", commit="c" * 40, patients=1,
        splits={}, datasheet={}, frozen_at=NOW,
    )
    tx.add(dataset)
    tx.flush()
    version = ModelVersion(
        device_id=device.id or 0, dataset_version_id=dataset.id or 0, name="chest-1.0",
        version_digest="1f" * 32, weights_hash="2e" * 32, architecture="small_resnet", model={},
        operating_point=0.4321, params={}, dvc_lock_digest="3" * 64, code_digest="4" * 64,
        commit="5" * 40, vault_path="models/chest-1.0", trained_at=NOW,
    )
    tx.add(version)
    tx.flush()
    return version


def receive_at(store: Store, title: str, *, port: int | None = None, web: str = "",
               tls: bool = False, host: str = "127.0.0.1") -> str:
    """Register a system that gets the results; its label."""
    with store.transaction("ada", "contract 7", now=NOW) as tx:
        entity = register_entity(
            tx, title, SITE, host="" if web else host, port=port, receiving=Receiving(web, tls),
            by=find_actor(tx, "ada"), now=NOW,
        )
        return entity.label


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Pacs:
    """A system that keeps what it gets and answers what it holds."""

    port: int
    calls: list[str] = field(default_factory=list)
    held: dict[str, Dataset] = field(default_factory=dict)
    status: int = 0x0000
    then: Callable[[], object] = lambda: None
    """Done when an object is kept, before it is acknowledged."""


@contextmanager
def pacs(*, port: int = 0, takes: tuple[str, ...] = RESULTS) -> Iterator[Pacs]:
    """A running one, over a real socket."""
    entity = AE(ae_title="PACS1")
    entity.maximum_pdu_size = 131072
    for sop_class in (*takes, FIND_STUDIES, Verification):
        entity.add_supported_context(sop_class)
    one = Pacs(port)

    def store(event: Any) -> int:
        dataset = event.dataset
        dataset.file_meta = event.file_meta
        one.calls.append(str(dataset.SOPInstanceUID))
        if one.status == 0:
            one.held[str(dataset.SOPInstanceUID)] = dataset
        one.then()
        return one.status

    def find(event: Any) -> Iterator[tuple[int, Dataset | None]]:
        for uid in list(one.held):
            if uid == event.identifier.get("SOPInstanceUID", uid):
                yield 0xFF00, one.held[uid]

    server = entity.start_server(
        ("127.0.0.1", port), block=False,
        evt_handlers=[(evt.EVT_C_STORE, store), (evt.EVT_C_FIND, find)],
    )
    assert server is not None
    one.port = int(server.server_address[1])
    try:
        yield one
    finally:
        server.shutdown()
        entity.shutdown()
