"""A small workspace in operation: a device in force, a version deployed at two sites, one day."""

from datetime import datetime

import pytest
from sqlmodel import Session

from journeys.demonstration_setup import define_and_accept, prepare_workspace
from records.definition import find_definition
from records.product import DatasetVersion, Deployment, Device, ModelVersion
from records.queries import register_site
from records.store import Store

DAY = "2026-01-05"
SITES = ("north", "south")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the machine reaches a test."""
    for name in ("RADVIGIL_HOME", "RADVIGIL_DATABASE_URL", "RADVIGIL_EXECUTOR", "DAGSTER_HOME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def operating(store: Store, now: datetime) -> Store:
    """The device is defined and accepted, and a version is deployed at two sites."""
    prepare_workspace(store, {"seed": 1, "data": ""}, now=now)
    device = define_and_accept(store, find_definition("chest-radiograph-pneumonia"), now=now)
    with store.transaction("setup", now=now) as tx:
        version = _version(tx, device, now)
        for name in SITES:
            site = register_site(tx, name, origin="reported", now=now)
            assert site.id is not None
            assert version.id is not None
            tx.add(
                Deployment(
                    model_version_id=version.id, site_id=site.id, mode="shadow", started_at=now
                )
            )
    return store


def _version(tx: Session, device: Device, now: datetime) -> ModelVersion:
    assert device.id is not None
    dataset = DatasetVersion(
        device_id=device.id, name="d", manifest_digest="0", content_digest="0", vault_path="d",
        commit="0", studies=0, patients=0, splits={}, datasheet={}, frozen_at=now,
    )
    tx.add(dataset)
    tx.flush()
    assert dataset.id is not None
    version = ModelVersion(
        device_id=device.id, dataset_version_id=dataset.id, name="m", version_digest="0",
        weights_hash="0", architecture="residual", model={}, operating_point=0.5, params={},
        dvc_lock_digest="0", code_digest="0", commit="0", vault_path="m", trained_at=now,
    )
    tx.add(version)
    tx.flush()
    return version
