"""Kinds of records: each is found by its device and its site, itself or through others."""

from datetime import datetime
from typing import Any

import pytest

from records.errors import InvalidInput
from records.kinds import KINDS, Scope, kind_named, name_of_kind, numbers_in
from records.people import Actor
from records.product import DatasetVersion, Deployment, Device, ModelVersion, Site
from records.quality import ChangeRequest, Release
from records.store import Store


def version_of(tx: Any, device: Device, now: datetime) -> int:
    """A model version of a device, with its dataset; its number."""
    dataset = DatasetVersion(
        device_id=device.id or 0, name=f"{device.name}-1", manifest_digest="a" * 64,
        content_digest="b" * 32, vault_path="d", commit="c" * 40, studies=1, patients=1, splits={},
        datasheet={}, frozen_at=now,
    )
    tx.add(dataset)
    tx.flush()
    version = ModelVersion(
        device_id=device.id or 0, dataset_version_id=dataset.id or 0, name=f"{device.name}-1.0",
        version_digest=device.name, weights_hash="2", architecture="small", model={},
        operating_point=0.5, params={}, dvc_lock_digest="3", code_digest="4", commit="5",
        vault_path="m", trained_at=now,
    )
    tx.add(version)
    tx.flush()
    return version.id or 0


def test_a_record_is_found_through_its_version_and_by_its_site(store: Store, now: datetime) -> None:
    with store.transaction("setup", now=now) as tx:
        for number, name in enumerate(("chest", "hip"), start=1):
            device = Device(name=name, revision=1, trade_name=name, definition={},
                            definition_digest=name, defined_at=now)  # fmt: skip
            tx.add_all([device, Site(name=f"{name}-site", registered_at=now)])
            tx.flush()
            version = version_of(tx, device, now)
            change = ChangeRequest(device_id=number, model_version_id=version, title="t",
                                   description="d", reason="r", proposed_by="ed",
                                   proposed_at=now)  # fmt: skip
            tx.add_all([change, Deployment(model_version_id=version, site_id=number, mode="live",
                                           started_at=now)])  # fmt: skip
            tx.flush()
            tx.add(Release(change_request_id=change.id or 0, model_version_id=version,
                           outcome="released", reason="r", decided_by="quentin", decided_at=now))
    with store.reader() as reader:
        for kind in ("device", "dataset-version", "model-version", "deployment", "change-request",
                     "release"):  # fmt: skip
            assert numbers_in(reader, kind, Scope(devices=("hip",))) == [2], kind
        assert numbers_in(reader, "deployment", Scope(sites=("chest-site",))) == [1]
        assert numbers_in(reader, "deployment", Scope(("chest",), ("hip-site",))) == []
        assert numbers_in(reader, "release", Scope(sites=("hip-site",))) == []


def test_a_kind_has_one_name_and_an_unknown_one_lists_the_known() -> None:
    assert all(name_of_kind(kind.table) == name for name, kind in KINDS.items())
    assert name_of_kind(Actor) is None
    with pytest.raises(InvalidInput, match=r"'x' is no kind of record\. Known: device, site"):
        kind_named("x")
